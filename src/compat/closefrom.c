/* SPDX-License-Identifier: ISC */
/* closefrom(3), for a libc that lacks it. */

#include <sys/types.h>
#include <sys/syscall.h>

#include <unistd.h>

void
closefrom(int from)
{
	int	max;

#ifdef SYS_close_range	/* Linux 5.9 */
	if (syscall(SYS_close_range, from, ~0U, 0) == 0)
		return;
#endif
	for (max = getdtablesize(); from < max; from++)
		close(from);
}
