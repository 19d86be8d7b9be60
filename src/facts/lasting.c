/* SPDX-License-Identifier: ISC */
/* Paths of programs that outlast an upgrade, as configuration needs them. */

#include <sys/types.h>
#include <sys/stat.h>

#include <stdio.h>
#include <string.h>

#include "facts/lasting.h"

static const struct lasting_store	stores[] = {
	{ "/nix/store/", 1, "nix-collect-garbage",
	    "install meshssh into a profile (nix profile install; for what root runs, with --profile "
	    "/nix/var/nix/profiles/default), then do this again" },
	{ "/Cellar/", 0, "brew upgrade", "brew link meshssh, then do this again" },
};

enum base {
	BASE_ROOT,
	BASE_PREFIX,	/* what a Cellar is in */
	BASE_NAME,	/* the user's name stands between two parts */
	BASE_HOME,
	BASE_STATE
};

/* What all users have comes first. */
static const struct {
	enum base	base;
	char		folder[40];
	char		rest[8];
} places[] = {
	{ BASE_ROOT, "/run/current-system/sw/bin", "" },	/* NixOS, nix-darwin */
	{ BASE_ROOT, "/nix/var/nix/profiles/default/bin", "" },
	{ BASE_PREFIX, "/bin", "" },
	{ BASE_PREFIX, "/opt/meshssh/bin", "" },		/* where it is not linked */
	{ BASE_ROOT, "/usr/local/bin", "" },
	{ BASE_ROOT, "/usr/bin", "" },				/* of update-alternatives */
	{ BASE_NAME, "/etc/profiles/per-user/", "/bin" },	/* home-manager as a module */
	{ BASE_HOME, "/.nix-profile/bin", "" },
	{ BASE_STATE, "/nix/profile/bin", "" },
};

const struct lasting_store *
lasting_store(const char *path)
{
	const char	*at;
	size_t		 i;

	for (i = 0; i < sizeof(stores) / sizeof(stores[0]); i++)
		if ((at = strstr(path, stores[i].folder)) != NULL && (at == path ||
		    !stores[i].first))
			return (&stores[i]);
	return (NULL);
}

/* What stands before the folder of a place: 1, or 0 if there is no such thing. */
static int
place_base(const char *path, const struct lasting_user *user, enum base base,
    char before[PATH_MAX])
{
	const char	*cellar = strstr(path, "/Cellar/");
	int		 own = !user->shared && user->home != NULL && user->home[0] == '/';

	before[0] = '\0';
	switch (base) {
	case BASE_ROOT:
		return (1);
	case BASE_PREFIX:
		return (cellar != NULL && snprintf(before, PATH_MAX, "%.*s", (int)(cellar - path),
		    path) < PATH_MAX);
	case BASE_NAME:
		return (user->name != NULL);
	case BASE_HOME:
		return (own && strlcpy(before, user->home, PATH_MAX) < PATH_MAX);
	case BASE_STATE:
		if (own && user->state != NULL && user->state[0] == '/')
			return (strlcpy(before, user->state, PATH_MAX) < PATH_MAX);
		return (own && snprintf(before, PATH_MAX, "%s/.local/state", user->home) < PATH_MAX);
	}
	return (0);
}

int
lasting_place(const char *path, const struct lasting_user *user, size_t number,
    char place[PATH_MAX])
{
	const char	*name = strrchr(path, '/');
	char		 before[PATH_MAX];
	enum base	 base;

	if (number >= sizeof(places) / sizeof(places[0]) || name == NULL)
		return (-1);
	base = places[number].base;
	return (place_base(path, user, base, before) && snprintf(place, PATH_MAX, "%s%s%s%s%s",
	    before, places[number].folder, base == BASE_NAME ? user->name : "",
	    places[number].rest, name) < PATH_MAX);
}

/* By the kernel, which follows every link. */
static int
same_file(const char *one, const char *other)
{
	struct stat	a, b;

	return (stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
	    a.st_ino == b.st_ino);
}

void
lasting_path(char path[PATH_MAX], const struct lasting_user *user)
{
	char	place[PATH_MAX], found[PATH_MAX] = "";
	size_t	i;
	int	is;

	for (i = 0; (is = lasting_place(path, user, i, place)) != -1; i++) {
		if (is && strcmp(place, path) == 0)
			return;
		if (is && found[0] == '\0' && same_file(place, path))
			strlcpy(found, place, sizeof(found));
	}
	if (found[0] != '\0')
		strlcpy(path, found, PATH_MAX);
}
