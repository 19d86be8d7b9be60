/* SPDX-License-Identifier: ISC */
/* Keeps note of a session that is without a connection. */

#include <sys/types.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <event2/event.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/stall.h"
#include "route/target.h"
#include "state/held.h"

#define STALL_FIRST_MS	2000	/* what is over before is not worth a file */
#define STALL_CHILD_MS	5000	/* for a home that hangs */

/* No process is left as one that nobody waits for; in our process group, all are of this file. */
static void
stall_child_cb(evutil_socket_t sig, short what, void *arg)
{
	struct stall	*st = arg;
	pid_t		 pid;

	(void)sig;
	(void)what;
	while ((pid = waitpid(0, NULL, WNOHANG)) > 0)
		if (pid == st->pid)
			st->pid = 0;
}

/* A process that writes or removes the file, and ends soon, whatever hangs: 1 in it. */
static int
stall_fork(struct stall *st)
{
	struct itimerval	it = { .it_value = clock_timeval(STALL_CHILD_MS) };

	if (!event_initialized(&st->child_ev))
		evsignal_assign(&st->child_ev, st->base, SIGCHLD, stall_child_cb, st);
	event_add(&st->child_ev, NULL);
	if ((st->pid = fork()) != 0)
		return (0);
	signal(SIGALRM, SIG_DFL);
	setitimer(ITIMER_REAL, &it, NULL);
	/* That our end is seen at the other end of the pipes must not wait for it. */
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	return (1);
}

void
stall_goes_on(struct stall *st, const struct target *target, int64_t lost_ms, int hold_s,
    const char *why)
{
	struct held	held = { .hold_s = hold_s, .port = target->port };
	int64_t		now_ms = clock_boot_ms();
	const pid_t	self = getpid();

	if (st->since_ms == 0)
		st->since_ms = now_ms - lost_ms;
	if (now_ms - st->since_ms < STALL_FIRST_MS || (st->said_ms != 0 && now_ms - st->said_ms <
	    HELD_AGAIN_MS) || st->pid > 0)
		return;
	st->said_ms = now_ms;
	if (!stall_fork(st))
		return;
	held.said_ms = now_ms;
	held.since_ms = st->since_ms;
	strlcpy(held.host, target->host, sizeof(held.host));
	strlcpy(held.why, why, sizeof(held.why));
	_exit(held_write(self, &held) == 0 ? 0 : 1);
}

void
stall_over(struct stall *st)
{
	const int64_t	said_ms = st->said_ms;
	pid_t		self;

	st->since_ms = st->said_ms = 0;
	if (said_ms == 0)
		return;
	if (st->pid > 0)
		kill(st->pid, SIGKILL);
	self = getpid();
	if (!stall_fork(st))
		return;
	held_remove(self);
	_exit(0);
}

void
stall_end(struct stall *st)
{
	stall_over(st);
	if (event_initialized(&st->child_ev))
		event_del(&st->child_ev);
}
