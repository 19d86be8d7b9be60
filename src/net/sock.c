/* SPDX-License-Identifier: ISC */
/* Sockets: options before connect, connect, errors. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "net/sock.h"
#include "os/os.h"

/* While a session is silent, NATs are to remember it; tcp(7) has 75 s between probes, too. */
#define IDLE_S	15
#define PROBE_S	75

static void
sock_option(int fd, int proto, int option, int value, const char *name)
{
	/* A connection without one of these is still better than none. */
	if (setsockopt(fd, proto, option, &value, sizeof(value)) == -1)
		log_debug(1, "%s is not to be had on this socket", name);
}

/* Half of the time in silence, then about three probes. */
static int
sock_keepalive(int fd, int dead_after_s)
{
	int	idle_s, interval_s, count;

	idle_s = dead_after_s > 1 ? dead_after_s / 2 : 1;
	interval_s = (dead_after_s - idle_s) / 3 > 1 ? (dead_after_s - idle_s) / 3 : 1;
	count = (dead_after_s - idle_s) / interval_s > 0 ? (dead_after_s - idle_s) / interval_s : 1;
	return (os_keepalive(fd, idle_s, interval_s, count, dead_after_s));
}

int
sock_stream(int family)
{
	int	fd;

	if ((fd = socket(family, SOCK_STREAM, 0)) == -1)
		return (-1);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && sock_set_blocking(fd, 0) == 0)
		return (fd);
	file_close(fd);
	return (-1);
}

int
sock_open(const struct sockaddr *sa, const struct sock_tune *tune, int mss_bytes)
{
	int	fd;

	if ((fd = sock_stream(sa->sa_family)) == -1)
		return (-1);
	sock_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
	if (sa->sa_family == AF_INET6)
		sock_option(fd, IPPROTO_IPV6, IPV6_TCLASS, 0, "IPV6_TCLASS");
	else
		sock_option(fd, IPPROTO_IP, IP_TOS, 0, "IP_TOS");
	sock_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE");
	/* Linux takes the limit of unacknowledged bytes for the connection attempt, too. */
	if (sock_keepalive(fd, tune->connect_s > tune->dead_after_s ?
	    tune->connect_s : tune->dead_after_s) == -1)
		log_debug(1, "keepalive times are not to be had on this socket");
	if (mss_bytes != 0 && os_segments_limit(fd, mss_bytes) == -1)
		log_debug(1, "smaller segments are not to be had on this socket");
	os_icmp_keep(fd, 1);
	return (fd);
}

void
sock_connected(int fd, const struct sock_tune *tune, int mss_bytes)
{
	if (mss_bytes != 0)
		os_segments_sent(fd, mss_bytes);
	if (tune->connect_s > tune->dead_after_s)
		sock_keepalive(fd, tune->dead_after_s);
}

void
sock_begun(int fd, const struct sock_tune *tune)
{
	if (tune->patient)
		os_keepalive(fd, IDLE_S, PROBE_S, (SOCK_SILENCE_S - IDLE_S) / PROBE_S, 0);
}

int
sock_error(int fd)
{
	struct sockaddr_storage	ss;
	socklen_t		len = sizeof(int), ss_len = sizeof(ss);
	int			error;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return (errno);
	/* An ICMP message that came just after the connection was made does not end it. */
	if (error != 0 && getpeername(fd, (struct sockaddr *)&ss, &ss_len) == 0)
		error = 0;
	if (error == 0)
		os_icmp_keep(fd, 0);
	return (error);
}

int
sock_wait(int fd, short events, int64_t until_ms)
{
	struct pollfd	pfd = { .fd = fd, .events = events };
	int64_t		left_ms;
	int		n;

	/* Data that is there already would win against every deadline. */
	do {
		left_ms = until_ms - clock_ms();
		n = left_ms > 0 ? poll(&pfd, 1, (int)left_ms) : 0;
	} while (n == -1 && errno == EINTR);
	return (n);
}

void
sock_farewell(int fd, int64_t until_ms)
{
	char	buf[4096];

	shutdown(fd, SHUT_WR);
	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0 && clock_ms() < until_ms)
		continue;
}

int
sock_set_blocking(int fd, int blocking)
{
	int	flags;

	if ((flags = fcntl(fd, F_GETFL)) == -1)
		return (-1);
	return (fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK));
}
