/* SPDX-License-Identifier: ISC */
/* Which of a mesh's peers the user's own files name. */

#include <sys/types.h>
#include <sys/stat.h>

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "facts/read.h"
#include "facts/ssh-named.h"
#include "sshconf/redact.h"
#include "sshconf/ssh-config.h"

#define OWN_FILE	"meshssh.conf"
#define HOST_NAME	256		/* of this machine, and the NUL */

struct named {
	json_t		*peers;		/* by each name or address, the addresses of the peer */
	json_t		*found;		/* by each name or address, who names it */
	const char	*root, *home;
	const char	*suffix;
	struct stat	 own[2];	/* our own files: the user's, the system's */
	int		 own_count;
};

static void
named_put(struct named *n, const char *name, const char *by, const char *file)
{
	char	shown[80];

	if (json_object_get(n->found, name) == NULL)
		json_object_set_new(n->found, name, json_pack("{s:s, s:o}", "by",
		    error_vis(shown, sizeof(shown), by),
		    "file", redact(REDACT_PATH, file, n->home, 0)));
}

/* 1 if it is called that by these words, patterns as Host and Match have them. */
static int
words_name(char *const words[], int count, const char *name)
{
	int	i, not, result = 0;

	for (i = 0; i < count; i++) {
		not = words[i][0] == '!';
		if (!ssh_config_pattern(name, words[i] + not, 1))
			continue;
		if (not)
			return (0);
		/* Of "*" and the like nobody means this one. */
		result |= words[i][strspn(words[i], "*?.:-")] != '\0';
	}
	return (result);
}

/*
 * A word by itself may be a peer's, or a name below the mesh's domain that no peer has: what is for
 * all names there is not for this one.
 */
static void
words_plain(struct named *n, char *const words[], int count, const char *by, const char *file)
{
	char	name[ADDR_HOST_MAX + 1];
	int	i;

	for (i = 0; i < count; i++)
		if ((json_object_get(n->peers, addr_host_lower(words[i], name)) != NULL ||
		    addr_name_under(name, n->suffix)) && words_name(words, count, name))
			named_put(n, name, by, file);
}

static void
words_look(struct named *n, char *const words[], int count, const char *by, const char *file)
{
	const char	*name;
	json_t		*addresses;
	int		 i;

	words_plain(n, words, count, by, file);
	for (i = 0; i < count && strpbrk(words[i], "*?") == NULL; i++)
		continue;
	/* Only where there is a pattern, all peers are gone through. */
	if (i < count)
		json_object_foreach(n->peers, name, addresses)
			if (words_name(words, count, name))
				named_put(n, name, by, file);
}

/* The words of a Host line. */
static void
block_host(struct named *n, char *value, char **words, const char *by, const char *file)
{
	int	count = 0;

	while ((words[count] = ssh_config_word(&value, 0)) != NULL)
		count++;
	words_look(n, words, count, by, file);
}

/* Each list of hosts in a Match. */
static void
block_match(struct named *n, char *value, char **words, const char *by, const char *file)
{
	char	*what, *list;
	int	 count;

	while ((what = ssh_config_word(&value, 1)) != NULL) {
		if (strcasecmp(what, "all") == 0 || strcasecmp(what, "final") == 0 ||
		    strcasecmp(what, "canonical") == 0)
			continue;
		value += strspn(value, " \t=");
		if ((list = ssh_config_word(&value, 0)) == NULL)
			return;
		if (strcasecmp(what, "host") != 0 && strcasecmp(what, "originalhost") != 0)
			continue;
		for (count = 0; (words[count] = strsep(&list, ",")) != NULL; count++)
			continue;
		words_look(n, words, count, by, file);
	}
}

/* 1 if this is what install writes, by whichever path it is included. */
static int
named_ours(const struct named *n, const char *file)
{
	struct stat	sb;
	char		path[PATH_MAX];
	int		i;

	if (snprintf(path, sizeof(path), "%s%s", n->root, file) < (int)sizeof(path) &&
	    stat(path, &sb) == 0)
		for (i = 0; i < n->own_count; i++)
			if (sb.st_dev == n->own[i].st_dev && sb.st_ino == n->own[i].st_ino)
				return (1);
	return (0);
}

static void
named_block_cb(void *arg, const struct ssh_config_line *line)
{
	struct named	*n = arg;
	char		*value, **words, by[128];

	if (named_ours(n, line->file))
		return;
	value = xstrdup(line->value);
	/* Each has a byte, and one that parts it from the next; then there is the NULL. */
	words = xcalloc(strlen(line->value) + 2, sizeof(*words));
	snprintf(by, sizeof(by), "%s %.100s", line->keyword[0] == 'h' ? "Host" : "Match",
	    line->value);
	if (line->keyword[0] == 'h')
		block_host(n, value, words, by, line->file);
	else
		block_match(n, value, words, by, line->file);
	free(words);
	free(value);
}

static void
named_line_cb(void *arg, const struct ssh_config_line *line)
{
	(void)arg;
	(void)line;
}

static void
named_file_cb(void *arg, const struct ssh_config_file *file)
{
	(void)arg;
	(void)file;
}

/* What leads to the peer's own address says the same as the mesh. */
static void
named_hosts_cb(void *arg, const char *address, const char *name)
{
	struct named	*n = arg;
	char		 lower[ADDR_HOST_MAX + 1];
	const json_t	*addresses = json_object_get(n->peers, addr_host_lower(name, lower)), *one;
	const char	*own;
	size_t		 i;

	if (addresses == NULL)
		return;
	json_array_foreach(addresses, i, one)
		if ((own = json_string_value(one)) != NULL && strcasecmp(own, address) == 0)
			return;
	named_put(n, lower, address, "/etc/hosts");
}

static void
named_machine(struct named *n)
{
	char	name[HOST_NAME], lower[ADDR_HOST_MAX + 1];

	if (gethostname(name, sizeof(name)) == -1)
		return;
	name[sizeof(name) - 1] = '\0';
	name[strcspn(name, ".")] = '\0';
	if (json_object_get(n->peers, addr_host_lower(name, lower)) != NULL)
		named_put(n, lower, "the name of this machine", "");
}

/* By this name a peer may be called; a name that two have has the addresses of both. */
static void
peers_add(struct named *n, const char *name, json_t *addresses)
{
	json_t	*list = json_object_get(n->peers, name);

	if (name[0] == '\0' || !json_is_array(addresses))
		return;
	/* A name that was cut within a character is no key. */
	if (list == NULL && json_object_set_new(n->peers, name, list = json_array()) == -1)
		return;
	json_array_extend(list, addresses);
}

static void
peers_read(struct named *n, const json_t *peers)
{
	json_t	*row, *addresses, *one;
	char	 name[ADDR_HOST_MAX + 1];
	size_t	 i, j;

	json_array_foreach(peers, i, row) {
		addresses = json_object_get(row, "addresses");
		peers_add(n, addr_host_lower(json_text_at(row, "name"), name), addresses);
		json_array_foreach(addresses, j, one)
			peers_add(n, addr_host_lower(json_string_value(one), name), addresses);
		addr_host_lower(json_text_at(row, "name"), name);
		if (name[strcspn(name, ".")] == '.') {
			name[strcspn(name, ".")] = '\0';
			peers_add(n, name, addresses);
		}
	}
}

json_t *
ssh_named(const char *root, const json_t *peers, const char *suffix, int *blind)
{
	const struct passwd		*pw = getpwuid(geteuid());
	struct named			 n = { .peers = json_object(), .found = json_object(),
					     .root = root, .suffix = suffix };
	const struct ssh_config		 config = { .root = root,
					     .home = pw != NULL ? pw->pw_dir : NULL,
					     .tilde = ssh_config_tilde(),
					     .user = pw != NULL ? pw->pw_name : NULL,
					     .uid = geteuid(), .host = "" };
	const struct ssh_config_reader	 reader = { .line = named_line_cb, .file = named_file_cb,
					     .block = named_block_cb, .arg = &n };
	char				 path[PATH_MAX];

	n.home = config.home;
	if (n.home != NULL && snprintf(path, sizeof(path), "%s%s/.ssh/" OWN_FILE, root,
	    n.home) < (int)sizeof(path))
		n.own_count += stat(path, &n.own[0]) == 0;
	snprintf(path, sizeof(path), "%s/etc/ssh/" OWN_FILE, root);
	n.own_count += stat(path, &n.own[n.own_count]) == 0;
	peers_read(&n, peers);
	*blind = ssh_config_read(&config, &reader);
	read_hosts(root, named_hosts_cb, &n);
	named_machine(&n);
	json_decref(n.peers);
	return (n.found);
}
