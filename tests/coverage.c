/* SPDX-License-Identifier: ISC */
/* What a program that is built for tests/run --coverage has besides: it counts until its very end, and is not confined. */

#include <sys/resource.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

void	__gcov_dump(void);
void	__real__exit(int) __attribute__((__noreturn__));
void	__wrap__exit(int) __attribute__((__noreturn__));
void	(*__real_signal(int, void (*)(int)))(int);
void	(*__wrap_signal(int, void (*)(int)))(int);
int	__lsan_do_recoverable_leak_check(void);

/*
 * The counts are added to by all users that tests run programs as, whatever limits these have; that they could not be is
 * nothing that the program says.
 */
static void
coverage_end(void)
{
	static const struct {
		int	what;
		rlim_t	most;
	} limits[] = { { RLIMIT_AS, RLIM_INFINITY }, { RLIMIT_FSIZE, RLIM_INFINITY }, { RLIMIT_NOFILE, 1024 } };
	size_t	i;
	int	null;

	umask(0);
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		setrlimit(limits[i].what, &(struct rlimit){ limits[i].most, limits[i].most });
	if ((null = open("/dev/null", O_WRONLY | O_CLOEXEC)) != -1)
		dup2(null, STDERR_FILENO);
}

/* Who is killed by a signal, as meshssh-serve always is, has counts, too. */
static void
coverage_killed(int sig)
{
	sigset_t	set;

	/* They may be what was interrupted: then the process ends without them. */
	__real_signal(SIGALRM, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	alarm(5);
	coverage_end();
	__gcov_dump();
	__real_signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(sig);
}

static int
coverage_deadly(int sig)
{
	return (sig == SIGHUP || sig == SIGINT || sig == SIGTERM || sig == SIGPIPE);
}

/* A program that takes the default takes ours. */
void
(*__wrap_signal(int sig, void (*handler)(int)))(int)
{
	return (__real_signal(sig, handler == SIG_DFL && coverage_deadly(sig) ? coverage_killed : handler));
}

static void __attribute__((__constructor__))
coverage_begin(void)
{
	struct sigaction	action;
	int			sig;

	atexit(coverage_end);
	for (sig = 1; sig < NSIG; sig++)
		if (coverage_deadly(sig) && sigaction(sig, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
			__real_signal(sig, coverage_killed);
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
