/* SPDX-License-Identifier: ISC */
/* Runs a program with a time limit and reads what it prints. */

#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "os/run.h"

extern char	**environ;

#define TICK_MS	5	/* how often a program that has closed its output is looked after */

int
run_place(const char **dirs, const char *root, const char *program, char path[PATH_MAX])
{
	const char	*dir;
	size_t		 len;

	while ((dir = *dirs) != NULL && *dir != '\0') {
		len = strcspn(dir, ":");
		*dirs = dir + len + (dir[len] == ':');
		if (*dir == '/' && snprintf(path, PATH_MAX, "%s%.*s/%s", root, (int)len, dir,
		    program) < PATH_MAX)
			return (1);
	}
	return (0);
}

void
run_become(const char *const argv[], const struct run_child *child)
{
	long	pid = getpid();
	int	i;

	for (i = RUN_DIGITS - 1; child != NULL && child->number != NULL && i >= 0; i--) {
		child->number[i] = (char)('0' + pid % 10);
		pid /= 10;
	}
	if (child != NULL && child->hook != NULL)
		child->hook();
	execve(argv[0], (char *const *)(uintptr_t)argv,
	    child != NULL && child->envp != NULL ? child->envp : environ);
}

/*
 * In the child: its own group, so that what it starts ends with it, and of the caller's nothing but
 * the environment.
 */
static void
run_exec(const char *const argv[], int out, int err, const struct run_child *child)
{
	int	null;

	setpgid(0, 0);
	if ((null = open("/dev/null", O_RDWR)) != -1 && dup2(null, STDIN_FILENO) != -1 &&
	    dup2(out, STDOUT_FILENO) != -1 && dup2(err != -1 ? err : null, STDERR_FILENO) != -1)
		run_become(argv, child);
	_exit(127);
}

/* What does not fit is read and dropped: a full pipe would stop the program. */
static void
run_read(struct run_text *text, int *fd)
{
	char	drop[1024];
	size_t	room = text->size - 1 - text->len;
	ssize_t	n;

	n = read(*fd, room > 0 ? text->buf + text->len : drop, room > 0 ? room : sizeof(drop));
	if (n > 0 && room > 0)
		text->len += (size_t)n;
	else if (n == 0 || (n == -1 && errno != EINTR && errno != EAGAIN)) {
		close(*fd);
		*fd = -1;
	}
}

/* Until both streams end: 0, or -1 if that lasts too long. */
static int
run_hear(struct run_text *texts[2], int fds[2], int64_t deadline_ms)
{
	struct pollfd	pfd[2];
	int64_t		left_ms;
	int		i;

	while (fds[0] != -1 || fds[1] != -1) {
		if ((left_ms = deadline_ms - clock_ms()) <= 0)
			return (-1);
		for (i = 0; i < 2; i++)
			pfd[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
		if (poll(pfd, 2, (int)left_ms) == -1 && errno != EINTR)
			return (-1);
		for (i = 0; i < 2; i++)
			if (fds[i] != -1 && pfd[i].revents != 0)
				run_read(texts[i], &fds[i]);
	}
	return (0);
}

int
run_ended(pid_t pid)
{
	siginfo_t	info = { .si_pid = 0 };

	return (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == -1 ||
	    info.si_pid == pid);
}

/* Its exit status. Who has closed both streams and goes on is given what is left of the time. */
static int
run_wait(pid_t pid, int64_t deadline_ms)
{
	int	status, ended;

	while (!(ended = run_ended(pid)) && clock_ms() < deadline_ms)
		poll(NULL, 0, TICK_MS);
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return (-1);
	return (ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/* A pipe whose ends no other program gets; where no text is wanted, none. */
static int
run_pipe(const struct run_text *text, int fds[2])
{
	fds[0] = fds[1] = -1;
	if (text == NULL)
		return (0);
	if (pipe(fds) == -1)
		return (-1);
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	return (0);
}

static void
run_close(int fd)
{
	if (fd != -1)
		close(fd);
}

/* The program is started: its status, and what it prints in the texts. */
static int
run_attend(pid_t pid, struct run_text *texts[2], int fds[2], int64_t deadline_ms)
{
	/* From both sides, as one of them comes first. */
	setpgid(pid, pid);
	return (run_wait(pid, run_hear(texts, fds, deadline_ms) == 0 ? deadline_ms : 0));
}

int
run(const char *const argv[], int ms, struct run_text *out, struct run_text *err,
    const struct run_child *child)
{
	struct run_text	*texts[2] = { out, err };
	int64_t		 deadline_ms = clock_ms() + ms;
	void		(*chld)(int);
	pid_t		 pid;
	int		 pipes[2][2], fds[2], i, status = -1;

	out->len = 0;
	if (err != NULL)
		err->len = 0;
	for (i = 0; i < 2; i++)
		pipes[i][0] = pipes[i][1] = -1;
	if (ms > 0 && run_pipe(out, pipes[0]) == 0 && run_pipe(err, pipes[1]) == 0) {
		/* Where a parent ignores it, and we with it, there would be nothing to wait for. */
		chld = signal(SIGCHLD, SIG_DFL);
		if ((pid = fork()) == 0)
			run_exec(argv, pipes[0][1], pipes[1][1], child);
		for (i = 0; i < 2; i++) {
			run_close(pipes[i][1]);
			fds[i] = pipes[i][0];
			pipes[i][0] = pipes[i][1] = -1;
		}
		if (pid != -1)
			status = run_attend(pid, texts, fds, deadline_ms);
		signal(SIGCHLD, chld);
		run_close(fds[0]);
		run_close(fds[1]);
	}
	for (i = 0; i < 2; i++) {
		run_close(pipes[i][0]);
		run_close(pipes[i][1]);
		if (texts[i] != NULL)
			texts[i]->buf[texts[i]->len] = '\0';
	}
	return (status);
}
