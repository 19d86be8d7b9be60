/* SPDX-License-Identifier: ISC */
/* Routes, addresses and TCP details where nothing is known of them. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

/*
 * What only Linux has: a relay is slower without, every route is taken to have a router on the way,
 * nothing is held back and no hole in the path named, and tailscaled's proxies are not found by its
 * command line.
 */

void
os_route(const struct sockaddr *sa, struct os_route *route)
{
	(void)sa;
	memset(route, 0, sizeof(*route));
}

int
os_neighbor(const struct sockaddr *sa)
{
	(void)sa;
	return (-1);
}

void
os_icmp_keep(int fd, int keep)
{
	(void)fd;
	(void)keep;
}

int
os_icmp(int fd, struct os_icmp *icmp)
{
	(void)fd;
	(void)icmp;
	return (-1);
}

void
os_network(char *text, size_t size)
{
	(void)size;
	text[0] = '\0';
}

enum os_listener
os_listener(const struct sockaddr *sa)
{
	(void)sa;
	return (OS_LISTENER_UNKNOWN);
}

int
os_tcp(int fd, struct os_tcp *tcp)
{
	(void)fd;
	(void)tcp;
	errno = ENOSYS;
	return (-1);
}

int
os_tcp_fragment(int fd)
{
	(void)fd;
	errno = ENOSYS;
	return (-1);
}

int
os_tcp_patience(int fd, int dead_after_s)
{
	(void)fd;
	(void)dead_after_s;
	errno = ENOSYS;
	return (-1);
}

int
os_tcp_retry(int fd, int every_ms)
{
	(void)fd;
	(void)every_ms;
	errno = ENOSYS;
	return (-1);
}

int
os_address_watch(void)
{
	errno = ENOSYS;
	return (-1);
}

int
os_network_watch(void)
{
	errno = ENOSYS;
	return (-1);
}

enum os_address
os_address_read(int fd, const struct sockaddr *sa)
{
	(void)fd;
	(void)sa;
	return (OS_ADDRESS_SAME);
}

ssize_t
os_splice(int from, int to, size_t size)
{
	(void)from;
	(void)to;
	(void)size;
	errno = ENOSYS;
	return (-1);
}

int
os_pipe_enlarge(int fd, int size)
{
	(void)fd;
	(void)size;
	errno = ENOSYS;
	return (-1);
}

pid_t
os_peer_pid(int fd)
{
	(void)fd;
	errno = ENOSYS;
	return (-1);
}

int64_t
os_age_ms(void)
{
	return (-1);
}

int
os_peer_watch(int fd)
{
	(void)fd;
	errno = ENOSYS;
	return (-1);
}

int
os_processes(const char *name, pid_t *list, int max)
{
	(void)name;
	(void)list;
	(void)max;
	return (0);
}

ssize_t
os_process_args(pid_t pid, char *buf, size_t size)
{
	(void)pid;
	(void)buf;
	(void)size;
	errno = ENOSYS;
	return (-1);
}

int
os_transparent(int fd, int family)
{
	(void)fd;
	(void)family;
	errno = ENOSYS;
	return (-1);
}

void
os_rest(void)
{
}

void
os_end_with_parent(void)
{
}

int64_t
os_memory(void)
{
#ifdef _SC_PHYS_PAGES
	long	pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);

	if (pages > 0 && bytes > 0)
		return ((int64_t)pages * bytes);
#endif
	return (INT64_MAX);
}
