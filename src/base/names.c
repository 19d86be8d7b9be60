/* SPDX-License-Identifier: ISC */
/* The list of --or. */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/names.h"

static int
names_have(const struct names *names, const char *host)
{
	int	i;

	for (i = 0; i < names->count; i++)
		if (strcasecmp(names->hosts[i], host) == 0)
			return (i);
	return (-1);
}

/* One name of the list. */
static int
names_add(struct names *names, const char *host, struct error *err)
{
	const int	 have = names_have(names, host);
	const char	*colon = strchr(host, ':');

	if (host[0] == '\0')
		error_set(err, CODE_USAGE, "--or: a name in the list is empty");
	else if (!addr_host_ok(host))
		error_set(err, CODE_BAD_HOST, "--or: \"%.60s\" is not a host name or address", host);
	else if (colon != NULL && strchr(colon + 1, ':') == NULL)
		error_set(err, CODE_USAGE, "--or: %.80s has a port; all names take that of the host",
		    host);
	else if (have > 0)
		error_set(err, CODE_USAGE, "--or: %.80s is listed twice", host);
	else if (have == 0)
		return (0);
	else if (names->count > NAMES_MAX)
		error_set(err, CODE_USAGE, "--or: at most %d names", NAMES_MAX);
	else {
		strlcpy(names->hosts[names->count++], host, sizeof(names->hosts[0]));
		return (0);
	}
	return (-1);
}

int
names_parse(const char *list, const char *host, struct names *names, struct error *err)
{
	char	name[ADDR_HOST_MAX + 2];	/* one that is too long stays too long */
	size_t	len;

	memset(names, 0, sizeof(*names));
	strlcpy(names->hosts[names->count++], host, sizeof(names->hosts[0]));
	for (;; list += len + 1) {
		len = strcspn(list, ",");
		snprintf(name, sizeof(name), "%.*s", (int)len, list);
		if (names_add(names, name, err) == -1)
			return (-1);
		if (list[len] == '\0')
			return (0);
	}
}
