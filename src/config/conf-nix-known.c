/* SPDX-License-Identifier: ISC */
/* The builder's key, held against known_hosts. */

#include <sys/types.h>

#include <ctype.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/number.h"
#include "config/conf-nix.h"
#include "config/conf.h"
#include "facts/detect.h"
#include "facts/ssh-known.h"
#include "facts/ssh-trust.h"

#define KNOWN_MS	10000	/* for all files and names */
#define KNOWN_NAMES	8

/* By which names known_hosts may have it. */
struct known_names {
	char	text[KNOWN_NAMES][ADDR_HOST_MAX + 9];	/* "[name]:port" and the NUL */
	int	count;
};

/* The lines that were found. */
struct known_list {
	struct detect_input	 in;
	json_t			*lines;
};

static void
names_add(struct known_names *names, const char *name, int port)
{
	char	*to = names->text[names->count], *c;
	int	 i;

	if (name == NULL || name[0] == '\0' || names->count == KNOWN_NAMES)
		return;
	if (port == 22)
		strlcpy(to, name, sizeof(names->text[0]));
	else
		snprintf(to, sizeof(names->text[0]), "[%.255s]:%d", name, port);
	for (c = to; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	for (i = 0; i < names->count; i++)
		if (strcmp(names->text[i], to) == 0)
			return;
	names->count++;
}

/* The lines of these files with one of the names: 0, or -1 if a file could not be looked at. */
static int
known_gather(const struct known_list *list, const char *files, const struct known_names *names,
    int other)
{
	const struct ssh_known	known = { .in = &list->in, .files = files };
	int			i, result = 0;

	for (i = 0; i < names->count; i++)
		result |= ssh_trust_add(list->lines, &known, names->text[i], other);
	return (result);
}

/* What a user has where OpenSSH looks by itself, as far as this user may read it. */
static void
known_home(const struct known_list *list, uid_t uid, const struct known_names *names)
{
	const struct passwd	*pw = getpwuid(uid);
	char			 files[2 * PATH_MAX];

	if (pw != NULL && snprintf(files, sizeof(files), "%s/.ssh/known_hosts %s/.ssh/known_hosts2",
	    pw->pw_dir, pw->pw_dir) < (int)sizeof(files))
		known_gather(list, files, names, 0);
}

/* Who called sudo(8) has known_hosts of their own. */
static void
known_homes(const struct known_list *list, const struct known_names *names)
{
	const char	*sudo = getenv("SUDO_UID");
	int		 uid;

	known_home(list, 0, names);
	if (geteuid() == 0 && sudo != NULL && number_parse(sudo, 1, INT_MAX, &uid) == 0)
		known_home(list, (uid_t)uid, names);
}

json_t *
conf_nix_known(const char *answer, const json_t *found, const char *alias, struct error *err)
{
	const char		*peer = json_truth_at(found, "facts.tailscale.peer.found") == 1 ?
				    json_text_at(found, "facts.tailscale.peer.name") : NULL;
	const struct known_list	 list = { .in = { .root = "", .until_ms = clock_ms() + KNOWN_MS },
				    .lines = json_array() };
	struct known_names	 names = { .count = 0 }, plain = { .count = 0 },
				    own = { .count = 0 };
	char			 files[CONF_KNOWN_FILES], value[ADDR_HOST_MAX + 9];
	const char		*each[] = { json_text_at(found, "target.name"),
				    json_text_at(found, "target.host"), peer };
	int			 port = (int)json_number_at(found, "target.port", 22);
	size_t			 i;

	names_add(&names, conf_ssh_value(answer, "hostkeyalias", value, sizeof(value)), 22);
	for (i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		names_add(&names, each[i], port);
		if (port != 22)
			names_add(&plain, each[i], 22);
	}
	names_add(&own, alias, 22);
	conf_ssh_known(answer, files);
	if ((known_gather(&list, files, &names, 0) | known_gather(&list, files, &plain, 1)) == -1)
		conf_ssh_unread(files, err);
	else {
		known_homes(&list, &names);
		if (known_gather(&list, EMIT_NIX_KNOWN_HOSTS, &own, 0) == 0)
			return (list.lines);
		error_set(err, CODE_CONFIG_READ, "%s could not be searched", EMIT_NIX_KNOWN_HOSTS);
	}
	json_decref(list.lines);
	return (NULL);
}
