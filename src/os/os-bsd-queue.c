/* SPDX-License-Identifier: ISC */
/* What macOS and the BSDs tell by kqueue(2). */

#include <sys/types.h>
#include <sys/event.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

/*
 * FreeBSD hands over 8192 bytes and more from the memory of their writer, whatever room there is:
 * a write(2) that may wait then waits until all of them are read.
 */
#define PIPE_PIECE	4096

/* A queue that watches for one thing; -1 with errno. */
static int
queue_of(uintptr_t ident, int filter, unsigned int flags)
{
	struct kevent	change;
	int		fd = kqueue(), error;

	if (fd == -1)
		return (-1);
	memset(&change, 0, sizeof(change));
	change.ident = ident;
	change.filter = (__typeof__(change.filter))filter;
	change.flags = EV_ADD;
	change.fflags = flags;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && kevent(fd, &change, 1, NULL, 0, NULL) == 0)
		return (fd);
	error = errno;
	close(fd);
	errno = error;
	return (-1);
}

int
os_peer_watch(int fd)
{
	pid_t	pid = os_peer_pid(fd);

	if (pid == -1) {
		errno = ENOSYS;
		return (-1);
	}
	return (queue_of((uintptr_t)pid, EVFILT_PROC, NOTE_EXIT));
}

int
os_pipe_gauge(int fd)
{
	return (queue_of((uintptr_t)fd, EVFILT_WRITE, 0));
}

size_t
os_pipe_room(int gauge)
{
	const struct timespec	now = { 0, 0 };
	struct kevent		event;

	if (kevent(gauge, NULL, 0, &event, 1, &now) != 1)
		return (0);
	/* Without a reader there is no room, but the next write tells that. */
	if (event.data <= 0)
		return (1);
	return (event.data < PIPE_PIECE ? (size_t)event.data : PIPE_PIECE);
}
