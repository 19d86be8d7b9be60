/* SPDX-License-Identifier: ISC */
/* The honest default for any other system. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

/*
 * A dead peer is noticed later, ssh must find us by argv[0], every route is taken to have a router
 * on the way, nothing is held back and no hole in the path named, and tailscaled's proxies are not
 * found by its command line.
 */

int
os_keepalive(int fd, int idle_s, int interval_s, int count, int dead_after_s)
{
	(void)fd;
	(void)idle_s;
	(void)interval_s;
	(void)count;
	(void)dead_after_s;
	errno = ENOSYS;
	return (-1);
}

int
os_neighbors_guarded(void)
{
	return (0);
}

int
os_bind_device(int fd, int family, const char *name)
{
	(void)fd;
	(void)family;
	(void)name;
	errno = ENOSYS;
	return (-1);
}

int
os_rename(const char *from, const char *to, int swap)
{
	(void)from;
	(void)to;
	(void)swap;
	errno = ENOSYS;
	return (-1);
}

int
os_attributes_copy(int from, int to)
{
	(void)from;
	(void)to;
	errno = ENOSYS;
	return (-1);
}

int
os_exe_path(char *buf, size_t size)
{
	(void)buf;
	(void)size;
	errno = ENOSYS;
	return (-1);
}

int
os_tailscale_gui(char *proof, size_t size)
{
	(void)proof;
	(void)size;
	return (0);
}

const char *
os_sandbox(const char *folder)
{
	(void)folder;
	return ("none");
}

void
os_boot_id(char *text, size_t size)
{
	(void)size;
	text[0] = '\0';
}

const char *
os_sandbox_taking(const char *folder)
{
	return (os_sandbox(folder));
}

const char *
os_sandbox_connecting(const char *folder)
{
	return (os_sandbox(folder));
}

void
os_route(const struct sockaddr *sa, struct os_route *route)
{
	(void)sa;
	memset(route, 0, sizeof(*route));
}

void
os_network(char *text, size_t size)
{
	(void)size;
	text[0] = '\0';
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
os_tcp_patience(int fd, int dead_after_s)
{
	(void)fd;
	(void)dead_after_s;
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

pid_t
os_peer_pid(int fd)
{
	(void)fd;
	errno = ENOSYS;
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
os_segments_sent(int fd, int bytes)
{
	(void)fd;
	(void)bytes;
	errno = ENOSYS;
	return (-1);
}

int
os_send_apart(void)
{
	return (0);
}

void
os_close_from(int from)
{
	int	max = (int)sysconf(_SC_OPEN_MAX);

	for (; from < max; from++)
		close(from);
}

int
os_sent_fd_ms(void)
{
	return (0);
}

int
os_pipe_gauge(int fd)
{
	(void)fd;
	errno = ENOSYS;
	return (-1);
}

size_t
os_pipe_room(int gauge)
{
	(void)gauge;
	return (0);
}
