/* SPDX-License-Identifier: ISC */
/* The proxies that tailscaled, or the user's environment, offers on this machine. */

#ifndef FACTS_ENV_PROXY_H
#define FACTS_ENV_PROXY_H

#include <sys/types.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "os/os.h"

#define ENV_PROXY_MAX	10

enum proxy_kind {
	PROXY_SOCKS5,
	PROXY_HTTP
};

struct proxy {
	enum proxy_kind		 kind;
	/* HOST:PORT, for people and for its credentials */
	char			 name[ADDR_TEXT_MAX];
	struct sockaddr_storage	 ss;
	socklen_t		 len;
	const char		*source;	/* who says so */
	int			 named;		/* the user does, and means it for any program */
	/* nobody does: it is where such proxies often are */
	int			 guess;
	/* who listens there, where the address alone is not trusted */
	enum os_listener	 listener;
};

struct env_proxy {
	struct proxy	list[ENV_PROXY_MAX];
	int		count;
};

/*
 * Gather them, the surest first: TS_SOCKS5_SERVER and TS_OUTBOUND_HTTP_PROXY_LISTEN, ALL_PROXY
 * where that is this machine, the command line of the daemon with this process id (or -1), those of
 * so many processes that are only known to have its name, its defaults files, and two guesses.
 * Nothing is connected to.
 */
void	env_proxy_detect(struct env_proxy *, pid_t, const pid_t *, int);

/*
 * Whether a guess may be used: any user of this machine can listen there, so only if root or this
 * user does, or where that cannot be known, if the caller asked for such a proxy. Others than
 * guesses always may.
 */
int	env_proxy_usable(const struct proxy *, int asked);

/* The parts of that, pure. A proxy that is known already is not added again. */

/*
 * "[ip]:port" as tailscaled takes it; no ip, 0.0.0.0 and localhost are this machine. Returns the
 * proxy, NULL for none.
 */
struct proxy *env_proxy_add(struct env_proxy *, enum proxy_kind, const char *, const char *source,
    int guess);
/*
 * A URL socks5://, socks5h:// or http:// with an address and port of this machine; others are none
 * of ours.
 */
void	env_proxy_url(struct env_proxy *, const char *, const char *source);
/* Words with a NUL behind each, as of a command line: the flags of Go's flag package. */
void	env_proxy_words(struct env_proxy *, const char *, size_t, const char *source);
/*
 * A file of shell assignments, such as /etc/default/tailscaled; the text, a NUL at its end, is
 * taken apart in its place.
 */
void	env_proxy_defaults(struct env_proxy *, char *, size_t, const char *source);

#endif
