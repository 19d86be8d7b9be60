/* SPDX-License-Identifier: ISC */
/* What a program that is built for tests/run --coverage has besides: it counts until its very end, and is not confined. */

#include <unistd.h>

void	__gcov_dump(void);
void	__real__exit(int) __attribute__((__noreturn__));
void	__wrap__exit(int) __attribute__((__noreturn__));
int	__lsan_do_recoverable_leak_check(void);

/* Most processes end by _exit(2), which writes no counts. */
void
__wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}

/* A sandbox would forbid to write them; where a sanitizer is there is none, and this is a sign of one. */
int
__lsan_do_recoverable_leak_check(void)
{
	return (0);
}
