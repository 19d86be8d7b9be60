/* SPDX-License-Identifier: ISC */
/*
 * User and password for a proxy: from the environment or from a file that is the user's alone,
 * never from arguments.
 */

#ifndef FACTS_PROXY_AUTH_H
#define FACTS_PROXY_AUTH_H

#include <limits.h>

#define PROXY_AUTH_MAX	256

struct proxy_auth {
	char	user[PROXY_AUTH_MAX];
	char	password[PROXY_AUTH_MAX];
};

/*
 * For the proxy HOST:PORT, if the user named it: one that was found by itself is told nothing. 1 if
 * there are credentials, 0 if not, -1 if the file is not to be trusted or makes no sense: then the
 * text, for messages, says why.
 */
int	proxy_auth_find(const char *, struct proxy_auth *, char *text, size_t);

/* The parts of that. */

/*
 * "USER:PASSWORD", as RFC 7617 has it; with escapes, as in a URL (RFC 3986 2.1). 1, or 0 if it is
 * not that.
 */
int	proxy_auth_parse(const char *, int escapes, struct proxy_auth *);
/* A file of lines HOST:PORT USER:PASSWORD; as proxy_auth_find. */
int	proxy_auth_file(const char *, const char *, struct proxy_auth *, char *text, size_t);

#endif
