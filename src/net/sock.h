/* SPDX-License-Identifier: ISC */
/* TCP sockets, tuned before they connect. */

#ifndef NET_SOCK_H
#define NET_SOCK_H

#include <sys/socket.h>

#include <stdint.h>

/* As Linux has it, see tcp(7): for what is sent and stays unanswered, and where nothing waits. */
#define SOCK_SESSION_S	900
#define SOCK_SILENCE_S	7890

struct sock_tune {
	/* connecting may take so long, even if that is more than the next; 0: not said */
	int	connect_s;
	int	dead_after_s;	/* then bear so much silence, or unacknowledged bytes */
	int	patient;	/* but once the session has begun, as much as the kernel does */
};

/*
 * A non-blocking, close-on-exec stream socket of this family. The caller closes it. -1 with errno.
 */
int	sock_stream(int);
/*
 * A non-blocking, close-on-exec TCP socket for the address, not yet connected: no delay, DSCP 0,
 * keepalive, segments of at most so many bytes, or with 0 as the kernel has it. What ICMP messages
 * say is kept (os_icmp) until sock_error. The caller closes it. -1 with errno.
 */
int	sock_open(const struct sockaddr *, const struct sock_tune *, int mss_bytes);
/* The socket is connected, and has the time to do that behind it; the size is that of sock_open. */
void	sock_connected(int, const struct sock_tune *, int mss_bytes);
/* The session has begun: from now on a patient one bears what any TCP connection does. */
void	sock_begun(int, const struct sock_tune *);
/*
 * Why a socket was not connected, errno values; 0 if it is, and then no ICMP message can end it.
 */
int	sock_error(int);
/*
 * Wait for this (poll(2)) until then, and never look after that: 1, 0 when the time is over, or -1
 * with errno.
 */
int	sock_wait(int, short events, int64_t until_ms);
/*
 * No more is sent; what has come is read, for closing a socket with unread bytes would send a
 * reset, which may overtake what was sent last.
 */
void	sock_farewell(int, int64_t until_ms);
/* Switch O_NONBLOCK on or off. */
int	sock_set_blocking(int, int);

#endif
