/* SPDX-License-Identifier: ISC */
/* What only Linux tells or does. */

#include <sys/types.h>
#include <sys/resource.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

/*
 * A relay is slower without, no ICMP message says why a connection was not made, proxies that are
 * guessed at are not trusted, and meshssh-serve has no address of its client to give to sshd.
 */

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

enum os_listener
os_listener(const struct sockaddr *sa)
{
	(void)sa;
	return (OS_LISTENER_UNKNOWN);
}

void
os_tcp_acknowledge(int fd)
{
	(void)fd;
}

int
os_tcp_fragment(int fd)
{
	(void)fd;
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

int64_t
os_age_ms(void)
{
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
os_keep_secret(void)
{
	const struct rlimit	none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
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
