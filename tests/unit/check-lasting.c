/* SPDX-License-Identifier: ISC */
/* Unit tests: lasting. */

#include <sys/stat.h>

#include <limits.h>
#include <stdio.h>

#include "check.h"
#include "facts/lasting.h"

#define STORE	"/nix/store/8ha1dhmx807cjjczmwy078s4r9s254il-meshssh-0.9/bin/meshssh"
#define CELLAR	"/opt/homebrew/Cellar/meshssh/0.9/bin/meshssh"

static char	dir[] = "/tmp/check-lasting.XXXXXX";

static const struct {
	const char		*path;
	struct lasting_user	 user;
	const char		*wanted;	/* all places, a blank after each */
} places[] = {
	{ STORE, { "/home/u", "u", NULL, 0 },
	    "/run/current-system/sw/bin/meshssh /nix/var/nix/profiles/default/bin/meshssh "
	    "/usr/local/bin/meshssh /usr/bin/meshssh /etc/profiles/per-user/u/bin/meshssh "
	    "/home/u/.nix-profile/bin/meshssh /home/u/.local/state/nix/profile/bin/meshssh " },
	{ STORE, { "/home/u", "u", "/home/u/state", 0 },
	    "/run/current-system/sw/bin/meshssh /nix/var/nix/profiles/default/bin/meshssh "
	    "/usr/local/bin/meshssh /usr/bin/meshssh /etc/profiles/per-user/u/bin/meshssh "
	    "/home/u/.nix-profile/bin/meshssh /home/u/state/nix/profile/bin/meshssh " },
	/* A variable that is no whole path counts for nothing (the XDG specification). */
	{ STORE, { "/home/u", NULL, "state", 0 },
	    "/run/current-system/sw/bin/meshssh /nix/var/nix/profiles/default/bin/meshssh "
	    "/usr/local/bin/meshssh /usr/bin/meshssh "
	    "/home/u/.nix-profile/bin/meshssh /home/u/.local/state/nix/profile/bin/meshssh " },
	/* Root is not to run what a user can replace. */
	{ STORE, { "/home/u", "u", "/home/u/state", 1 },
	    "/run/current-system/sw/bin/meshssh /nix/var/nix/profiles/default/bin/meshssh "
	    "/usr/local/bin/meshssh /usr/bin/meshssh /etc/profiles/per-user/u/bin/meshssh " },
	{ CELLAR, { NULL, NULL, NULL, 0 },
	    "/run/current-system/sw/bin/meshssh /nix/var/nix/profiles/default/bin/meshssh "
	    "/opt/homebrew/bin/meshssh /opt/homebrew/opt/meshssh/bin/meshssh "
	    "/usr/local/bin/meshssh /usr/bin/meshssh " },
	{ "/home/linuxbrew/.linuxbrew/Cellar/meshssh/0.9/bin/meshssh-serve", { NULL, NULL, NULL, 1 },
	    "/run/current-system/sw/bin/meshssh-serve /nix/var/nix/profiles/default/bin/meshssh-serve "
	    "/home/linuxbrew/.linuxbrew/bin/meshssh-serve "
	    "/home/linuxbrew/.linuxbrew/opt/meshssh/bin/meshssh-serve "
	    "/usr/local/bin/meshssh-serve /usr/bin/meshssh-serve " },
	{ "meshssh", { NULL, NULL, NULL, 0 }, "" },
};

static void
test_places(void **state)
{
	char	place[PATH_MAX], all[2048];
	size_t	i, number;
	int	is;

	(void)state;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		all[0] = '\0';
		for (number = 0; (is = lasting_place(places[i].path, &places[i].user, number,
		    place)) != -1; number++) {
			assert_true(number < 100);
			if (is) {
				strlcat(all, place, sizeof(all));
				strlcat(all, " ", sizeof(all));
			}
		}
		assert_string_equal(all, places[i].wanted);
	}
}

/* A path as long as paths may be has no place, and no part of one. */
static void
test_long(void **state)
{
	const struct lasting_user	user = { .home = "/h" };
	char				path[PATH_MAX], place[PATH_MAX];
	size_t				number;
	int				is;

	(void)state;
	memset(path, 'x', sizeof(path));
	memcpy(path, "/Cellar/", 8);
	path[sizeof(path) - 1] = '\0';
	for (number = 0; (is = lasting_place(path, &user, number, place)) != -1; number++)
		assert_true(!is || place[strlen(place) - 1] == 'x');
	assert_true(number > 0);
}

static const struct {
	const char	*path;
	const char	*folder;	/* or NULL: it stays */
} stores[] = {
	{ STORE, "/nix/store/" },
	{ CELLAR, "/Cellar/" },
	{ "/usr/local/Cellar/meshssh/0.9/bin/meshssh", "/Cellar/" },
	{ "/home/u/.nix-profile/bin/meshssh", NULL },
	{ "/opt/homebrew/bin/meshssh", NULL },
	{ "/usr/bin/meshssh", NULL },
	{ "/home/u/nix/store/meshssh", NULL },
	{ "/backup/nix/store/x/bin/meshssh", NULL },
};

static void
test_stores(void **state)
{
	const struct lasting_store	*store;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(stores) / sizeof(stores[0]); i++) {
		store = lasting_store(stores[i].path);
		assert_int_equal(store != NULL, stores[i].folder != NULL);
		if (store != NULL)
			assert_string_equal(store->folder, stores[i].folder);
	}
}

static void
make(const char *name, const char *target)
{
	char	path[PATH_MAX];
	FILE	*fp;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (target != NULL)
		assert_int_equal(symlink(target, path), 0);
	else if (strchr(name, '.') == NULL)
		assert_int_equal(mkdir(path, 0755), 0);
	else {
		assert_non_null(fp = fopen(path, "w"));
		fclose(fp);
	}
}

static void
is_path(const char *from, const char *home, const char *wanted)
{
	char	path[PATH_MAX], at_home[PATH_MAX], full[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, from);
	snprintf(full, sizeof(full), "%s/%s", dir, wanted);
	snprintf(at_home, sizeof(at_home), "%s/%s", dir, home);
	lasting_path(path, &(struct lasting_user){ .home = at_home });
	assert_string_equal(path, full);
}

/* By what is there: a link to the program, a link to another version, a link to nothing, none. */
static void
test_links(void **state)
{
	static const char	*const dirs[] = { "Cellar", "Cellar/1", "Cellar/2", "bin", "opt",
				    "opt/meshssh", "home", "empty", "old", "old/.nix-profile",
				    "old/.nix-profile/bin", "gone", "gone/.nix-profile",
				    "gone/.nix-profile/bin" };
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (strchr(dirs[i], '.') == NULL)
			make(dirs[i], NULL);
	make("Cellar/1/meshssh.1", NULL);
	make("Cellar/2/meshssh.1", NULL);
	/* Not linked into bin; then linked by the folder; then by a link to a link. */
	is_path("Cellar/1/meshssh.1", "empty", "Cellar/1/meshssh.1");
	make("opt/meshssh/bin", "../../Cellar/1");
	is_path("Cellar/1/meshssh.1", "empty", "opt/meshssh/bin/meshssh.1");
	make("bin/meshssh.1", "../opt/meshssh/bin/meshssh.1");
	is_path("Cellar/1/meshssh.1", "empty", "bin/meshssh.1");
	/* The other version has no name but its own. */
	is_path("Cellar/2/meshssh.1", "empty", "Cellar/2/meshssh.1");
	make("profile-2-link", "generation");
	make("generation", NULL);
	make("generation/bin", "../Cellar/2");
	make("home/.nix-profile", "../profile-2-link");
	is_path("Cellar/2/meshssh.1", "home", "home/.nix-profile/bin/meshssh.1");
	is_path("home/.nix-profile/bin/meshssh.1", "home", "home/.nix-profile/bin/meshssh.1");
	make("gone/.nix-profile", "/nonexistent");
	is_path("Cellar/2/meshssh.1", "gone", "Cellar/2/meshssh.1");
}

static int
setup(void **state)
{
	(void)state;
	return (mkdtemp(dir) == NULL);
}

static int
teardown(void **state)
{
	char	command[PATH_MAX];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return (system(command));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_stores),
		cmocka_unit_test(test_links),
	};

	return (cmocka_run_group_tests(tests, setup, teardown));
}
