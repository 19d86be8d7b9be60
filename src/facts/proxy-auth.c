/* SPDX-License-Identifier: ISC */
/* User and password for a proxy. */

#include <sys/types.h>
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/file.h"
#include "base/wipe.h"
#include "base/xdg.h"
#include "facts/proxy-auth.h"

#define FILE_BYTES_MAX	(1 << 20)

static int
hex_digit(char c)
{
	static const char	digits[] = "0123456789abcdef0123456789ABCDEF";
	const char		*at = c != '\0' ? strchr(digits, c) : NULL;

	return (at == NULL ? -1 : (int)(at - digits) % 16);
}

/*
 * So many bytes, unescaped where that is asked for; 0, or -1 if they do not fit or have control
 * characters (RFC 7617 2).
 */
static int
auth_copy(char *to, const char *from, size_t len, int escapes)
{
	size_t	n = 0, i;

	for (i = 0; i < len; i++) {
		if (n == PROXY_AUTH_MAX - 1)
			return (-1);
		to[n] = from[i];
		if (escapes && from[i] == '%' && i + 2 < len && hex_digit(from[i + 1]) != -1 &&
		    hex_digit(from[i + 2]) != -1) {
			to[n] = (char)(hex_digit(from[i + 1]) * 16 + hex_digit(from[i + 2]));
			i += 2;
		}
		if (iscntrl((unsigned char)to[n++]))
			return (-1);
	}
	to[n] = '\0';
	return (0);
}

int
proxy_auth_parse(const char *text, int escapes, struct proxy_auth *auth)
{
	size_t	len = strcspn(text, ":");

	return (text[len] == ':' && auth_copy(auth->user, text, len, escapes) == 0 &&
	    auth_copy(auth->password, text + len + 1, strlen(text + len + 1), escapes) == 0);
}

/* scheme://USER:PASSWORD@HOST:PORT, for this proxy. */
static int
auth_url(const char *url, const char *name, struct proxy_auth *auth)
{
	char	login[ADDR_AUTHORITY_MAX], address[ADDR_AUTHORITY_MAX];
	int	found = 0;

	if (url != NULL && addr_authority(url, login, address) == 0)
		found = addr_same(address, name) && proxy_auth_parse(login, 1, auth);
	wipe(login, sizeof(login));
	return (found);
}

/* The line for this proxy; as proxy_auth_find. */
static int
auth_lines(char *bytes, const char *path, const char *name, struct proxy_auth *auth, char *text,
    size_t size)
{
	char	*line, *rest;

	while ((line = strsep(&bytes, "\n")) != NULL) {
		line[strcspn(line, "\r")] = '\0';
		rest = line + strcspn(line, " \t");
		if (*rest != '\0')
			*rest++ = '\0';
		if (!addr_same(line, name))
			continue;
		if (proxy_auth_parse(rest + strspn(rest, " \t"), 0, auth))
			return (1);
		snprintf(text, size, "%s: the line of %s is not HOST:PORT USER:PASSWORD", path,
		    name);
		return (-1);
	}
	return (0);
}

int
proxy_auth_file(const char *path, const char *name, struct proxy_auth *auth, char *text,
    size_t size)
{
	struct stat	 sb;
	char		*bytes;
	int		 result = -1;

	if ((bytes = file_load(path, FILE_BYTES_MAX, 1, &sb)) == NULL && errno != EINVAL)
		return (0);
	if (bytes == NULL || sb.st_uid != geteuid() || (sb.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		snprintf(text, size, "%s must be yours, and readable by you alone (chmod 600)",
		    path);
	else {
		bytes[sb.st_size] = '\0';
		result = auth_lines(bytes, path, name, auth, text, size);
	}
	if (bytes != NULL)
		wipe(bytes, (size_t)sb.st_size);
	free(bytes);
	return (result);
}

int
proxy_auth_find(const char *name, struct proxy_auth *auth, char *text, size_t size)
{
	const char	*variable = getenv("MESHSSH_PROXY_AUTH");
	char		 path[PATH_MAX];

	if (variable != NULL) {
		if (proxy_auth_parse(variable, 0, auth))
			return (1);
		snprintf(text, size, "MESHSSH_PROXY_AUTH is not USER:PASSWORD");
		return (-1);
	}
	if (auth_url(getenv("ALL_PROXY"), name, auth) || auth_url(getenv("all_proxy"), name, auth))
		return (1);
	if (xdg_path("XDG_CONFIG_HOME", ".config", "proxy-auth", path) == -1)
		return (0);
	return (proxy_auth_file(path, name, auth, text, size));
}
