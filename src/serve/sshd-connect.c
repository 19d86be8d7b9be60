/* SPDX-License-Identifier: ISC */
/* Connects to sshd: as the client, as an address for each client, or as ourselves. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "net/sock.h"
#include "os/os.h"
#include "serve/serve.h"
#include "serve/sshd-connect.h"

#define SSHD_MS		3000

/* A port of 0 lets the kernel choose one. */
static void
sockaddr_set_port(struct sockaddr_storage *ss, int port)
{
	if (ss->ss_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)ss)->sin6_port = htons((in_port_t)port);
	else
		((struct sockaddr_in *)(void *)ss)->sin_port = htons((in_port_t)port);
}

/*
 * An address of 127.0.0.0/8 that stands for the client's, so that sshd's limits for one address
 * hold for one client. None of 127.0.0.0/16, where machines have addresses of their own.
 */
static void
source_hash(const struct serve_peer *peer, struct sockaddr_storage *from)
{
	struct sockaddr_in	*in = (void *)from;
	const char		*text;
	uint32_t		 hash = 2166136261u;	/* FNV-1a */

	for (text = peer->text; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	in->sin_family = AF_INET;
	in->sin_port = 0;
	in->sin_addr.s_addr = htonl(0x7f000000u | (1 + hash % 254) << 16 |
	    (hash >> 8 & 0xff) << 8 | (1 + (hash >> 16) % 254));
}

/* Give the socket its address; 0, or -1 with errno. */
static int
source_bind(int fd, const struct serve *serve, const struct serve_peer *peer, int own_port)
{
	struct sockaddr_storage	from = peer->ss;

	if (serve->source == SERVE_LOOPBACK)
		return (0);
	if (serve->source == SERVE_HASH) {
		source_hash(peer, &from);
		return (bind(fd, (struct sockaddr *)&from, sizeof(struct sockaddr_in)));
	}
	if (os_transparent(fd, from.ss_family) == -1)
		return (-1);
	sockaddr_set_port(&from, own_port ? peer->port : 0);
	return (bind(fd, (struct sockaddr *)&from, peer->len));
}

/* One attempt: a descriptor, or -1 with errno. */
static int
sshd_try(const struct serve *serve, const struct serve_peer *peer, int which, int own_port)
{
	const struct sockaddr_storage	*to = &serve->sshd[which];
	int				 fd, error, one = 1;

	if ((fd = sock_stream(to->ss_family)) == -1)
		return (-1);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (source_bind(fd, serve, peer, own_port) == -1)
		error = errno;
	else if (connect(fd, (const struct sockaddr *)to, serve->sshd_len[which]) == 0)
		return (fd);
	else if (errno != EINPROGRESS)
		error = errno;
	else if (sock_wait(fd, POLLOUT, clock_ms() + SSHD_MS) == 0)
		error = ETIMEDOUT;
	else if ((error = sock_error(fd)) == 0)
		return (fd);
	file_close(fd);
	errno = error;
	return (-1);
}

/* The address of sshd for a client; -1 with errno if there is none of its family. */
static int
sshd_which(const struct serve *serve, const struct serve_peer *peer)
{
	int	which = peer->ss.ss_family == AF_INET6;

	if (serve->source == SERVE_HASH)
		which = 0;
	else if (serve->source == SERVE_LOOPBACK && serve->sshd_len[which] == 0)
		which = !which;
	if (serve->sshd_len[which] != 0)
		return (which);
	errno = EAFNOSUPPORT;
	return (-1);
}

/* The same, as the client's own port or, where that is in use, another. -1 with errno. */
static int
sshd_reach(const struct serve *serve, const struct serve_peer *peer)
{
	int	which, fd;

	if ((which = sshd_which(serve, peer)) == -1)
		return (-1);
	if ((fd = sshd_try(serve, peer, which, 1)) == -1 && serve->source == SERVE_CLIENT &&
	    (errno == EADDRINUSE || errno == EADDRNOTAVAIL))
		fd = sshd_try(serve, peer, which, 0);
	return (fd);
}

int
sshd_connect(const struct serve *serve, const struct serve_peer *peer, struct error *err)
{
	int	fd;

	if ((fd = sshd_reach(serve, peer)) == -1)
		error_errno(err, errno, "cannot connect to sshd");
	return (fd);
}

/* What is wrong, in words, where connecting for this client failed with this errno. */
static void
check_failed(const struct serve *serve, const struct serve_peer *peer, int error,
    struct error *err)
{
	char	to[ADDR_TEXT_MAX];
	int	which = sshd_which(serve, peer);

	if (which == -1) {
		error_set(err, CODE_SERVE_SOURCE, "no --sshd address for IPv%d clients",
		    peer->ss.ss_family == AF_INET6 ? 6 : 4);
		return;
	}
	addr_text((const struct sockaddr *)&serve->sshd[which], serve->sshd_len[which], to);
	if (error == ETIMEDOUT)
		error_set(err, CODE_SERVE_SOURCE,
		    "no answer from %s to a client's address: its ip rule or route is missing", to);
	else
		error_set(err, CODE_SERVE_SOURCE, "cannot connect to %s as a client: %s", to,
		    strerror(error));
}

/* Addresses for documentation (RFC 5737, RFC 3849), which no machine has. */
static const char *const	strangers[2] = { "192.0.2.1", "2001:db8::1" };

/* The same for one family: 0, or -1 with *err set. */
static int
check_family(const struct serve *serve, int which, struct error *err)
{
	struct serve_peer	peer = { .port = 0 };
	int			fd;

	peer.len = addr_literal(strangers[which], 0, &peer.ss);
	strlcpy(peer.text, strangers[which], sizeof(peer.text));
	if ((fd = sshd_reach(serve, &peer)) != -1) {
		file_close(fd);
		return (0);
	}
	/* That is an answer, which found its way back. */
	if (errno == ECONNREFUSED) {
		serve_say("sshd is not up: its port refuses the connection");
		return (0);
	}
	check_failed(serve, &peer, errno, err);
	return (-1);
}

/* Note for which families that socket listens: for both, where it is at no address of IPv6. */
static void
check_listener(int fd, int families[2])
{
	struct sockaddr_storage	ss;
	socklen_t		len = sizeof(ss);
	int			only = 1;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1)
		return;
	families[ss.ss_family == AF_INET6] = 1;
	len = sizeof(only);
	if (ss.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&((struct sockaddr_in6 *)(void *)&ss)->sin6_addr) &&
	    getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &len) == 0 && !only)
		families[0] = 1;
}

int
sshd_check(const struct serve *serve, struct error *err)
{
	int	i, families[2] = { 0, 0 };

	for (i = 0; i < serve->listeners; i++)
		check_listener(serve->listener[i], families);
	for (i = 0; i < 2; i++)
		if (families[i] && check_family(serve, i, err) == -1)
			return (-1);
	return (0);
}
