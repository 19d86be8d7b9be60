/* SPDX-License-Identifier: ISC */
/* Sizes of segments on macOS and the BSDs. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <string.h>

#include "os/os-bsd-layout.h"
#include "os/os.h"

/*
 * TCP_MAXSEG takes no more than the default before the connection, and is forgotten when it is
 * made. TCP_NOOPT leaves all options out of the SYN, so that the other side must keep to the
 * default of RFC 9293, without window scaling and selective acknowledgments. NetBSD has the name
 * alone.
 */
#if defined(__APPLE__) || defined(__FreeBSD__)

enum os_segments
os_segments(void)
{
	return (OS_SEGMENTS_LEAST);
}

int
os_segments_limit(int fd, int bytes)
{
	int	yes = 1;

	(void)bytes;
	return (setsockopt(fd, IPPROTO_TCP, TCP_NOOPT, &yes, sizeof(yes)));
}

int
os_bsd_receives(int fd)
{
	struct sockaddr_storage	ss;
	socklen_t		len = sizeof(int), ss_len = sizeof(ss);
	int			least = 0;

	memset(&ss, 0, sizeof(ss));
	if (getsockopt(fd, IPPROTO_TCP, TCP_NOOPT, &least, &len) == -1 || !least ||
	    getsockname(fd, (struct sockaddr *)&ss, &ss_len) == -1)
		return (0);
	return (ss.ss_family == AF_INET6 ? 1220 : 536);
}

#else

enum os_segments
os_segments(void)
{
	return (OS_SEGMENTS_FIXED);
}

int
os_segments_limit(int fd, int bytes)
{
	(void)fd;
	(void)bytes;
	errno = ENOSYS;
	return (-1);
}

int
os_bsd_receives(int fd)
{
	(void)fd;
	return (0);
}

#endif

int
os_segments_sent(int fd, int bytes)
{
	return (setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &bytes, sizeof(bytes)));
}
