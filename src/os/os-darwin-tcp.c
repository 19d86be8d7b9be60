/* SPDX-License-Identifier: ISC */
/* TCP of macOS. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>

#include "os/os-bsd-layout.h"
#include "os/os.h"

int
os_keepalive(int fd, int idle_s, int interval_s, int count, int dead_after_s)
{
	/* The name differs from Linux', not what it does: the idle time. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPALIVE, &idle_s, sizeof(idle_s)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count)) == -1)
		return (-1);
	return (os_tcp_patience(fd, dead_after_s));
}

/*
 * PERSIST_TIMEOUT would also end the connection to a host that takes nothing and says so, and is
 * not lifted once it runs (xnu's tcp_setpersist). Of one that is gone, keepalive tells even then.
 */
int
os_tcp_patience(int fd, int dead_after_s)
{
	return (setsockopt(fd, IPPROTO_TCP, TCP_RXT_CONNDROPTIME, &dead_after_s,
	    sizeof(dead_after_s)));
}

int
os_tcp(int fd, struct os_tcp *tcp)
{
	struct tcp_connection_info	info;
	socklen_t			len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_CONNECTION_INFO, &info, &len) == -1)
		return (-1);
	if (tcp_report(&os_tcp_layout, &info, len, 0, tcp) == -1) {
		errno = ENOSYS;
		return (-1);
	}
	tcp->receive_bytes = os_bsd_receives(fd);
	return (0);
}

/* With MSG_EOR, send(2) on a stream is EINVAL. */
int
os_send_apart(void)
{
	return (0);
}
