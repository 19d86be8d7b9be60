/* TCP sockets, tuned before they connect. */

#ifndef NET_SOCK_H
#define NET_SOCK_H

#include <sys/socket.h>

#define SOCK_MSS_AUTO	-1	/* clamp where a router is on the way */
#define SOCK_MSS_OFF	0	/* leave it to the kernel */

struct sock_tune {
	int	connect_s;	/* connecting may take so long, even if that is more than the next; 0: not said */
	int	dead_after_s;	/* then bear so much silence, or unacknowledged bytes */
	int	mss;		/* a segment size in bytes, or one of the above */
};

/* A non-blocking, close-on-exec stream socket of this family. The caller closes it. -1 with errno. */
int	sock_stream(int);
/*
 * A non-blocking, close-on-exec TCP socket for the address, not yet connected: no delay, DSCP 0, keepalive, segment size.
 * The caller closes it. -1 with errno.
 */
int	sock_open(const struct sockaddr *, const struct sock_tune *);
/* The socket is connected, and has the time to do that behind it. */
void	sock_connected(int, const struct sock_tune *);
/* The segment size to ask for towards the address, or 0 for none. */
int	sock_mss(const struct sockaddr *, int);
/* The pending error of a socket, errno values; 0 if there is none. */
int	sock_error(int);
/* Switch O_NONBLOCK on or off. */
int	sock_set_blocking(int, int);

#endif
