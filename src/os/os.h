/* The platform, in our own terms. What a platform cannot do answers -1 with errno ENOSYS. */

#ifndef OS_OS_H
#define OS_OS_H

#include <sys/types.h>
#include <sys/socket.h>

enum os_route {
	OS_ROUTE_UNKNOWN,	/* not known, or none */
	OS_ROUTE_LOCAL,		/* this machine itself */
	OS_ROUTE_ON_LINK,	/* a neighbour, no router in between */
	OS_ROUTE_GATEWAY	/* through a router */
};

/* How the kernel would reach the address. */
enum os_route	os_route(const struct sockaddr *);

/*
 * Keepalive after so many idle seconds, then so many probes at an interval, and the end of a connection whose bytes or
 * probes stay unanswered for dead_after_s in all. Best effort: -1 if the platform did not take all of it.
 */
int	os_keepalive(int, int idle_s, int interval_s, int count, int dead_after_s);

/*
 * Move up to so many bytes from a non-blocking stream socket into a pipe without copying. Never blocks. Returns the
 * bytes moved, 0 at the end of the stream, -1 with EAGAIN (the socket is empty or the pipe full), EINVAL where these
 * two descriptors cannot do it, ENOSYS where the platform cannot, or the error of either side.
 */
ssize_t	os_splice(int, int, size_t);
/* Ask for a pipe of so many bytes; 0 if it has that size now, or a larger one. */
int	os_pipe_enlarge(int, int);

/* The process at the other end of a connected unix socket, as it was when it began to listen; -1 if that is not told. */
pid_t	os_peer_pid(int);
/* The command line of a process, a NUL behind each argument: its length, cut to fit, or -1. */
ssize_t	os_process_args(pid_t, char *, size_t);
/* The root folder under which Tailscale's graphical builds for macOS leave their files, or NULL where there are none. */
const char *os_tailscale_gui(void);

/* Close every descriptor from this one on. */
void	os_close_from(int);
/* The path of the running program in the buffer; 0 or -1. */
int	os_exe_path(char *, size_t);

#endif
