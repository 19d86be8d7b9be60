/* SPDX-License-Identifier: ISC */
/* What a program that is built for tests/run --coverage has besides: it counts until its very end, and is not confined. */

#include <sys/stat.h>

#include <stdlib.h>
#include <unistd.h>

void	__gcov_dump(void);
void	__real__exit(int) __attribute__((__noreturn__));
void	__wrap__exit(int) __attribute__((__noreturn__));
int	__lsan_do_recoverable_leak_check(void);

/* The counts are added to by all users that tests run programs as. */
static void
coverage_end(void)
{
	umask(0);
}

static void __attribute__((__constructor__))
coverage_begin(void)
{
	atexit(coverage_end);
}

/* Most processes end by _exit(2), which writes no counts. */
void
__wrap__exit(int status)
{
	coverage_end();
	__gcov_dump();
	__real__exit(status);
}

/* A sandbox would forbid to write them; where a sanitizer is there is none, and this is a sign of one. */
int
__lsan_do_recoverable_leak_check(void)
{
	return (0);
}
