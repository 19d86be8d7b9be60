/* SPDX-License-Identifier: ISC */
/* The platform, in our own terms. What a platform cannot do answers -1 with errno ENOSYS. */

#ifndef OS_OS_H
#define OS_OS_H

#include <sys/types.h>
#include <sys/socket.h>

#include <stdint.h>

/* How the kernel would reach an address. */
struct os_route {
	enum {
		OS_ROUTE_UNKNOWN,	/* not known, or none */
		OS_ROUTE_LOCAL,		/* this machine itself */
		OS_ROUTE_ON_LINK,	/* a neighbour, no router in between */
		OS_ROUTE_GATEWAY	/* through a router */
	}	kind;
	int	tunnel;			/* the interface is one: it has no link addresses */
	int	mtu;			/* bytes, of the route or of the interface; 0: not known */
	char	interface[16];		/* its name; "": not known */
	char	gateway[46];		/* the router's address; "": none, or not known */
};

/* What an ICMP message says of a connection that was not made. */
struct os_icmp {
	int			type;		/* of ICMP, or with an IPv6 socket of ICMPv6 */
	int			code;
	struct sockaddr_storage	from;		/* who sent it */
};

/* What the kernel knows of a TCP connection. Counts are since its start. */
struct os_tcp {
	int		open;		/* both ways */
	int		waiting_bytes;	/* given to the kernel and not acknowledged yet */
	unsigned int	retransmitted;	/* segments */
	unsigned int	in_a_row;	/* retransmissions of what waits now */
	unsigned int	sacked;		/* segments acknowledged behind a gap */
	/* segments came behind one that did not; not seen while others are unread */
	int		gap;
	/* segments that ever came behind such a gap; 0 where the kernel does not count */
	unsigned int	behind;
	int		no_room;	/* the other side takes no more for now */
	/* it was asked so often in a row whether it has room, without an answer */
	unsigned int	probes;
	/* since anything came, for all of it acknowledges; -1: not told */
	int		ack_ms;
	int		rtt_ms;		/* rounded up */
	int		option_bytes;	/* of TCP, in each segment */
	int		send_bytes;	/* the segments that we send, with their options */
	/* what we said that segments towards us may be; 0: not told */
	int		receive_bytes;
	int64_t		acked_bytes;	/* -1: not told */
	int64_t		received_bytes;	/* in order; 0 where that is not told */
};

/* How small the segments of a connection can be made, both ways, before it is made. */
enum os_segments {
	OS_SEGMENTS_ANY,	/* of any size */
	OS_SEGMENTS_LEAST,	/* as each host takes them: 536 bytes, with IPv6 1220 (RFC 9293) */
	OS_SEGMENTS_FIXED	/* not at all: only what we send, once it is made */
};

/* Who listens at an address of this machine. */
enum os_listener {
	OS_LISTENER_UNKNOWN,	/* this system does not tell */
	OS_LISTENER_NONE,
	OS_LISTENER_OURS,	/* root or this user, and no one else */
	OS_LISTENER_OTHERS
};

/* What happened to an address of this machine. */
enum os_address {
	OS_ADDRESS_QUIET,	/* no change to the address or the network */
	OS_ADDRESS_SAME,
	OS_ADDRESS_GONE,
	OS_ADDRESS_BACK
};

/*
 * 1 if this system may keep this program from the hosts of its own network, and says at once that
 * there is no route to them, until a user allows it.
 */
int	os_neighbors_guarded(void);
/*
 * Packets of this socket, of this family, leave by this interface, whatever the routes say; -1 with
 * errno where a user may not choose that.
 */
int	os_bind_device(int, int family, const char *);
void	os_route(const struct sockaddr *, struct os_route *);
/*
 * 1 if the router or neighbor that packets to this address are handed to has answered on its link,
 * 0 if it has not; -1 if that is not known.
 */
int	os_neighbor(const struct sockaddr *);
/*
 * A line of text that tells the network this machine is in from others: its default gateway, that
 * one's link address, the interface. "" where that is not known.
 */
void	os_network(char *, size_t);
/* Who listens at this TCP address, in our own network namespace. */
enum os_listener os_listener(const struct sockaddr *);
/*
 * Keep what ICMP messages say of this TCP socket, from before connect(2), or no longer. While they
 * are kept, such a message also ends a connection that stands. Best effort.
 */
void	os_icmp_keep(int, int keep);
/*
 * The last such message, of a connection that was not made: 1; 0 if there was none; or -1 where
 * the system does not tell.
 */
int	os_icmp(int, struct os_icmp *);
/* Look at a connection; -1 with errno where that is not to be had. */
int	os_tcp(int, struct os_tcp *);
/* The flag of send(2) that keeps what is sent later out of the same segment; 0: there is none. */
int	os_send_apart(void);
enum os_segments os_segments(void);
/*
 * Let the segments of this TCP socket that is not connected have at most so many bytes, or of what
 * can be had what comes next to that. 0, or -1 with errno.
 */
int	os_segments_limit(int, int bytes);
/* The same for what it sends, now that it is connected, where the first does not do that. */
int	os_segments_sent(int, int bytes);
/* Let routers cut the packets of this IPv4 socket from now on (DF cleared). */
int	os_tcp_fragment(int);
/* The limit for bytes that stay unanswered, in seconds; with 0 as the kernel has it. */
int	os_tcp_patience(int, int dead_after_s);
/*
 * Send again at least so often what stays unanswered. The kernel, which counts how often, ends the
 * connection early then, unless there is a limit in seconds.
 */
int	os_tcp_retry(int, int every_ms);
/*
 * A descriptor that becomes readable when the addresses of this machine change; the caller closes
 * it. -1 with errno.
 */
int	os_address_watch(void);
/*
 * The same for all that a new connection may depend on: addresses, links and routes. May become
 * readable though nothing of use has changed.
 */
int	os_network_watch(void);
/*
 * Read what either descriptor has, and tell what last became of this address. On macOS and the BSDs
 * the replies to any program's route queries, ours included, arrive there, too: QUIET.
 */
enum os_address os_address_read(int, const struct sockaddr *);

/*
 * Keepalive after so many idle seconds, then so many probes at an interval, and the end of a
 * connection whose bytes or probes stay unanswered for dead_after_s in all, or with 0 when the
 * kernel thinks so. Best effort: -1 if the platform did not take all of it.
 */
int	os_keepalive(int, int idle_s, int interval_s, int count, int dead_after_s);

/*
 * Move up to so many bytes from a non-blocking stream socket into a pipe without copying. Never
 * blocks. Returns the bytes moved, 0 at the end of the stream, -1 with EAGAIN (the socket is empty
 * or the pipe full), EINVAL where these two descriptors cannot do it, ENOSYS where the platform
 * cannot, or the error of either side.
 */
ssize_t	os_splice(int, int, size_t);
/*
 * A descriptor that knows how much room this pipe or stream socket has, to be closed by the caller;
 * -1 with errno where a pipe takes a fixed piece whenever it is ready, and a socket obeys
 * MSG_DONTWAIT.
 */
int	os_pipe_gauge(int);
/* The bytes that one of them takes without waiting; 0: none now. */
size_t	os_pipe_room(int gauge);
/* Ask for a pipe of so many bytes; 0 if it has that size now, or a larger one. */
int	os_pipe_enlarge(int, int);

/* Close all descriptors from this one on. */
void	os_close_from(int);
/*
 * For how long a descriptor that was sent over a unix socket may still need its sender, if it is
 * not received before: milliseconds, or 0.
 */
int	os_sent_fd_ms(void);
/*
 * The process at the other end of a connected unix socket, as it was when it began to listen; -1 if
 * that is not told.
 */
pid_t	os_peer_pid(int);
/*
 * A descriptor that becomes readable when that process ends, which the caller closes; -1 with errno
 * where that is not told.
 */
int	os_peer_watch(int);
/*
 * Processes of this name that root or this user runs, in our own network namespace as far as that
 * is told: how many of them are in the list; none where that is not to be had.
 */
int	os_processes(const char *name, pid_t *list, int max);
/* The command line of a process, a NUL behind each argument: its length, cut to fit, or -1. */
ssize_t	os_process_args(pid_t, char *, size_t);
/* Milliseconds since this process was made, before it became this program; -1: not told. */
int64_t	os_age_ms(void);
/*
 * 1 if Tailscale has graphical builds for this system. Into the buffer goes the path of the file by
 * which the one from the App Store proves who its user is; "" if that does not run for this user.
 */
int	os_tailscale_gui(char *proof, size_t);

/*
 * Rename without losing a file: the new name must be free, or with `swap` the two files get each
 * other's names. -1 with errno: EEXIST where the name is taken, ENOSYS where the system or the file
 * system has no such call.
 */
int	os_rename(const char *from, const char *to, int swap);
/*
 * Give one open file the access control list and the extended attributes of another. Some, such as
 * security labels, may be the system's own to give; of the others all are copied. 0, or -1 with
 * errno, ENOSYS where it is not known how.
 */
int	os_attributes_copy(int from, int to);

/* No core file has our memory from now on and, on Linux, no other process of this user reads it. */
void	os_keep_secret(void);
/*
 * From now on this process has what is open, its memory, the clock and its end, and nothing else:
 * no existing file, no new socket, no program, no other process. In the folder, if there is one, it
 * can still make, replace, list and remove files. Best effort, for good, and never fatal: what is
 * denied fails as if the platform did not have it. Says what is confined.
 */
const char *os_sandbox(const char *folder);
/* The same, but it can also take connections that others hand over, and tune them. */
const char *os_sandbox_taking(const char *folder);
/*
 * For who looks names up and makes connections: what that reads can be read, besides; sockets to
 * others stay, and processes of its own; no program, no file elsewhere, no port, no signal to
 * others.
 */
const char *os_sandbox_connecting(const char *folder);
/*
 * Let this TCP socket of this family, before it is bound, take an address that is not this
 * machine's. 0, or -1 with errno, EPERM where it takes a privilege.
 */
int	os_transparent(int, int family);
/*
 * Acknowledge now what has come on this TCP socket and was read, instead of with the next bytes or
 * some 40 ms later. Nothing, where that cannot be asked for.
 */
void	os_tcp_acknowledge(int);
/* A line of text that tells this run of the machine from all others; "" where that is not known. */
void	os_boot_id(char *, size_t);
/*
 * Give back memory that this process no longer uses: what is free of the heap, and of the stack
 * what lies below. Best effort; allocates nothing.
 */
void	os_rest(void);
/* The bytes of memory that this process may have, shared with others; INT64_MAX: not known. */
int64_t	os_memory(void);
/* In a child: be killed when the parent ends, where the platform can do that. */
void	os_end_with_parent(void);
/* The path of the running program in the buffer, of PATH_MAX bytes; 0 or -1. */
int	os_exe_path(char *, size_t);

#endif
