/* SPDX-License-Identifier: ISC */
/*
 * A preloaded library, for tests: the clocks jump by the seconds that stand in the file JUMP_FILE, 8 bytes of this machine.
 * The boot clock goes forward, as in a suspended machine; the time of day goes back.
 */

#define _GNU_SOURCE

#include <sys/mman.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t	*jump;

/* Mapped, for a program in its sandbox opens no file. */
__attribute__((constructor)) static void
begin(void)
{
	const char	*path = getenv("JUMP_FILE");
	void		*map;
	int		 fd;

	if (path == NULL || (fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return;
	map = mmap(NULL, sizeof(*jump), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map != MAP_FAILED)
		jump = map;
}

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	int	result = (int)syscall(SYS_clock_gettime, clock, ts);

	if (jump != NULL && clock == CLOCK_BOOTTIME)
		ts->tv_sec += *jump;
	else if (jump != NULL && clock == CLOCK_REALTIME)
		ts->tv_sec -= *jump;
	return (result);
}
