/* SPDX-License-Identifier: ISC */
/* Runs a ProxyCommand as ssh does. */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "os/command.h"

#define TICK_MS	5	/* how often one that is to end by itself is looked after */
#define HANGUP_MS	200	/* for what ssh's SIGHUP makes it do before it ends */

/* A descriptor that no other program gets, and that nobody waits for. */
static int
command_own(int fd)
{
	if (fd != -1) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		fcntl(fd, F_SETFL, O_NONBLOCK);
	}
	return (fd);
}

/* Two ends of a pipe or socket: the first is ours. */
static int
command_pipe(int fds[2], int ours, int sockets)
{
	int	pair[2];

	if ((sockets ? socketpair(AF_UNIX, SOCK_STREAM, 0, pair) : pipe(pair)) == -1)
		return (-1);
	fds[0] = command_own(pair[ours]);
	fds[1] = pair[!ours];
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	return (0);
}

/* A terminal for it: where there is none to be had, it goes without. */
static void
command_terminal(struct command *c)
{
	const char	*name;

	c->held = -1;
	if ((c->tty = command_own(posix_openpt(O_RDWR | O_NOCTTY))) == -1)
		return;
	if (grantpt(c->tty) == 0 && unlockpt(c->tty) == 0 && (name = ptsname(c->tty)) != NULL)
		c->held = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (c->held == -1) {
		close(c->tty);
		c->tty = -1;
	}
}

/* In the child: as ssh's own, with the descriptors in, out and err. */
static void
command_exec(const struct command *c, const char *const argv[], int in, int out, int err)
{
	setsid();
	if (c->held != -1)
		ioctl(c->held, TIOCSCTTY, 0);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(in, STDIN_FILENO) != -1 && dup2(out, STDOUT_FILENO) != -1 &&
	    dup2(err, STDERR_FILENO) != -1)
		execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static void
command_close(int fd)
{
	if (fd != -1)
		close(fd);
}

/* Its three streams are there. */
static int
command_fork(struct command *c, const char *line, int in, int out, int err)
{
	const char	*shell = getenv("SHELL");
	const char	*argv[] = { "/bin/sh", "-c", line, NULL };

	if (shell != NULL && shell[0] != '\0')
		argv[0] = shell;
	command_terminal(c);
	/* Where a parent ignores it, and we with it, there would be nothing to wait for. */
	signal(SIGCHLD, SIG_DFL);
	if ((c->pid = fork()) == 0)
		command_exec(c, argv, in, out, err);
	return (c->pid == -1 ? -1 : 0);
}

static void
command_close_streams(const struct command *c)
{
	command_close(c->in);
	if (c->out != c->in)
		command_close(c->out);
	command_close(c->err);
}

/* The session's leader gets a SIGHUP for that. */
static void
command_close_terminal(const struct command *c)
{
	command_close(c->held);
	command_close(c->tty);
}

int
command_start(struct command *c, const char *line, int fdpass)
{
	int	in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 }, error, result = -1;

	*c = (struct command){ .pid = -1, .tty = -1, .held = -1 };
	if (command_pipe(in, 1, fdpass) == 0 && (fdpass || command_pipe(out, 0, 0) == 0) &&
	    command_pipe(err, 0, 0) == 0)
		result = command_fork(c, line, in[1], fdpass ? in[1] : out[1], err[1]);
	error = errno;
	command_close(in[1]);
	command_close(out[1]);
	command_close(err[1]);
	c->in = in[0];
	c->out = fdpass ? in[0] : out[0];
	c->err = err[0];
	if (result == -1) {
		command_close_streams(c);
		command_close_terminal(c);
	}
	errno = error;
	return (result);
}

int
command_receive(const struct command *c)
{
	union {
		struct cmsghdr	align;
		char		buf[CMSG_SPACE(sizeof(int))];
	}		 control;
	char		 byte;
	struct iovec	 iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr	 msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
			    .msg_controllen = sizeof(control.buf) };
	struct cmsghdr	*cmsg;
	ssize_t		 n;
	int		 fd;

	if ((n = recvmsg(c->out, &msg, 0)) == -1)
		return (-1);
	errno = EPIPE;
	cmsg = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	if (cmsg == NULL || cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS ||
	    cmsg->cmsg_len != CMSG_LEN(sizeof(int)))
		return (-1);
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return (command_own(fd));
}

int
command_hides(const struct command *c)
{
	struct termios	mode;

	return (c->held != -1 && tcgetattr(c->held, &mode) == 0 && (mode.c_lflag & ECHO) == 0);
}

/* 1 if it has ended; it is left there, so that its number is nobody else's yet. */
static int
command_ended(pid_t pid, int ms)
{
	const int64_t	until_ms = clock_ms() + ms;
	siginfo_t	info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == -1 ||
		    info.si_pid == pid)
			return (1);
		if (clock_ms() >= until_ms)
			return (0);
		poll(NULL, 0, TICK_MS);
	}
}

int
command_end(struct command *c, int ms)
{
	int	status, ended;

	command_close_streams(c);
	ended = command_ended(c->pid, ms);
	command_close_terminal(c);
	/* A shell's jobs are in its group, and so is all that does not leave it on purpose. */
	kill(-c->pid, SIGHUP);
	if (!ended)
		command_ended(c->pid, HANGUP_MS);
	kill(-c->pid, SIGKILL);
	kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) == -1)
		if (errno != EINTR)
			return (-1);
	return (ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}
