/* SPDX-License-Identifier: ISC */
/*
 * tailscaled's LocalAPI: HTTP on a unix socket, or, with Tailscale's graphical builds for macOS, on
 * a loopback port.
 */

#ifndef NET_TAILSCALED_H
#define NET_TAILSCALED_H

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#define TAILSCALED_TOKEN_MAX	64

/* Where one listens. */
struct tailscaled {
	char	path[sizeof(((struct sockaddr_un *)0)->sun_path)];	/* "" if it is a port */
	int	port;
	char	token[TAILSCALED_TOKEN_MAX];	/* the password of the port; never shown */
};

/* The path fits; 0, or -1 if it is too long for a socket. */
int	tailscaled_set_path(struct tailscaled *, const char *);
/* Its address, and the length of that. */
socklen_t tailscaled_address(const struct tailscaled *, struct sockaddr_storage *);
/* How people call it: the path, or "port N". */
const char *tailscaled_name(const struct tailscaled *, char *, size_t);
/*
 * The header lines that each request needs: Host, and Authorization if there is a token
 * (Tailscale's ipn/localapi, ServeHTTP). Returns the buffer.
 */
const char *tailscaled_headers(const struct tailscaled *, char *, size_t);

/*
 * GET one document within so many milliseconds, standing still meanwhile. The length of the body in
 * the buffer, or -1 with errno: ETIMEDOUT, EMSGSIZE if it would leave no byte free, EPROTO if the
 * answer is no 200, or what connect(2) and recv(2) say. The listener's process is at *pid, or -1
 * there.
 */
ssize_t	tailscaled_get(const struct tailscaled *, const char *, int, char *, size_t, pid_t *);
/*
 * The same in steps, for who may not connect later: a connection, or -1 with errno; and, on it, a
 * request ("GET PATH"), be it the last one or not.
 */
int	tailscaled_open(const struct tailscaled *, int limit_ms);
ssize_t	tailscaled_talk(int fd, const struct tailscaled *, const char *what, int last, int limit_ms,
	    char *, size_t);
/* The same for a POST without a body. */
ssize_t	tailscaled_post(const struct tailscaled *, const char *, int, char *, size_t);

#endif
