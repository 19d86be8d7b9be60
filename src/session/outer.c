/* SPDX-License-Identifier: ISC */
/* Runs the ssh that forwards a connection. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <event2/event.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "os/os.h"
#include "os/run.h"
#include "route/race.h"
#include "session/outer.h"

#define TICK_MS	5
/* how every line of ours begins: the ssh has said nothing, but the relay that it uses has */
#define OWN	"meshssh: "

static void
outer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct outer		*o = arg;
	struct connection	 conn = { .fd = o->fd };
	struct error		 err;

	(void)fd;
	(void)what;
	o->fd = -1;
	if (conn.fd != -1) {
		o->cb(&conn, NULL, o->arg);
		return;
	}
	error_set(&err, CODE_SYSTEM, "cannot run another ssh");
	o->cb(NULL, &err, o->arg);
}

/* In the child: without a terminal, nobody can be asked, and no key that is typed hits it. */
static void
outer_exec(const struct outer_command *command, int fd, int said_fd)
{
	setsid();
	os_end_with_parent();
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	if (dup2(fd, STDIN_FILENO) != -1 && dup2(fd, STDOUT_FILENO) != -1 &&
	    dup2(said_fd, STDERR_FILENO) != -1) {
		/* What was in its place already is closed at exec otherwise. */
		fcntl(STDIN_FILENO, F_SETFD, 0);
		fcntl(STDOUT_FILENO, F_SETFD, 0);
		fcntl(STDERR_FILENO, F_SETFD, 0);
		run_become(command->argv, command->child);
	}
	_exit(127);
}

/* No other program gets these; ours waits for nothing, and with both neither does the other. */
static void
outer_own(const int fds[2], int both)
{
	int	i;

	for (i = 0; i < 2; i++) {
		fcntl(fds[i], F_SETFD, FD_CLOEXEC);
		if (i == 0 || both)
			fcntl(fds[i], F_SETFL, O_NONBLOCK);
	}
}

static void
outer_close(int fd)
{
	if (fd != -1)
		close(fd);
}

void
outer_start(struct outer *o, struct event_base *base, const struct outer_command *command,
    void (*cb)(const struct connection *, const struct error *, void *), void *arg)
{
	struct timeval	now = { .tv_sec = 0 };
	int		pair[2] = { -1, -1 }, said[2] = { -1, -1 };
	pid_t		pid = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && pipe(said) == 0) {
		outer_own(pair, 0);
		/* Nobody reads it before the end, and it shall not stand still when it is full. */
		outer_own(said, 1);
		if ((pid = fork()) == 0)
			outer_exec(command, pair[1], said[1]);
	}
	*o = (struct outer){ .pid = pid > 0 ? pid : 0, .fd = pid > 0 ? pair[0] : -1,
	    .said_fd = pid > 0 ? said[0] : -1, .cb = cb, .arg = arg };
	outer_close(pair[1]);
	outer_close(said[1]);
	if (pid <= 0) {
		outer_close(pair[0]);
		outer_close(said[0]);
	}
	log_debug(1, "another ssh is to forward the connection: process %ld", (long)pid);
	event_assign(&o->ev, base, -1, 0, outer_cb, o);
	event_add(&o->ev, &now);
}

static void
outer_read(struct outer *o)
{
	ssize_t	n;

	while (o->pid != 0 && o->said_len < sizeof(o->said) - 1 &&
	    (n = read(o->said_fd, o->said + o->said_len, sizeof(o->said) - 1 - o->said_len)) > 0)
		o->said_len += (size_t)n;
	o->said[o->said_len] = '\0';
}

void
outer_stop(struct outer *o, int ms)
{
	int64_t	until_ms = clock_ms() + ms;
	int	status;

	if (event_initialized(&o->ev))
		event_del(&o->ev);
	if (o->pid == 0)
		return;
	outer_close(o->fd);
	while (!run_ended(o->pid) && clock_ms() < until_ms)
		poll(NULL, 0, TICK_MS);
	outer_read(o);
	close(o->said_fd);
	/* Its group as well, for what it started; its number is nobody else's yet. */
	kill(-o->pid, SIGKILL);
	kill(o->pid, SIGKILL);
	while (waitpid(o->pid, &status, 0) == -1 && errno == EINTR)
		continue;
	o->pid = 0;
	o->fd = -1;
}

/* The first line that begins so, or NULL. */
static const char *
outer_line(const char *text, const char *begin)
{
	size_t	len = strlen(begin);

	while (text != NULL && strncmp(text, begin, len) != 0)
		if ((text = strchr(text, '\n')) != NULL)
			text++;
	return (text);
}

int
outer_refused(struct outer *o)
{
	outer_read(o);
	return (o->said_len > 0 && outer_line(o->said, OWN) == NULL);
}

/*
 * The line of the relay that it used tells more than what ssh says then. Of ssh's own last two, the
 * one that names a cause behind a colon does; the very last may only say that all has failed.
 */
const char *
outer_said(struct outer *o, char *buf, size_t size)
{
	char		 text[OUTER_SAID_MAX], last[2][OUTER_SAID_MAX] = { "", "" };
	char		*line, *rest = text;
	const char	*own;

	outer_read(o);
	strlcpy(text, o->said, sizeof(text));
	if ((own = outer_line(text, OWN)) != NULL) {
		text[(size_t)(own - text) + strcspn(own, "\r\n")] = '\0';
		return (error_vis(buf, size, own + strlen(OWN)));
	}
	while ((line = strsep(&rest, "\r\n")) != NULL)
		if (line[0] != '\0') {
			strlcpy(last[0], last[1], sizeof(last[0]));
			strlcpy(last[1], line, sizeof(last[1]));
		}
	return (error_vis(buf, size, last[strstr(last[1], ": ") != NULL ||
	    strstr(last[0], ": ") == NULL]));
}
