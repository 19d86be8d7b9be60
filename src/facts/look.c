#include <sys/types.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "facts/look.h"

#define LOOK_TEXT	256	/* bytes of a text in the facts */
#define LOOK_POLL_MS	5	/* how often a program that has closed its output is looked after */

FILE *
look_open(const char *root, const char *path)
{
	struct stat	 sb;
	char		 full[PATH_MAX];
	FILE		*fp = NULL;
	int		 fd;

	snprintf(full, sizeof(full), "%s%s", root, path);
	/* A FIFO in its place shall not make us wait. */
	if ((fd = open(full, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1)
		return (NULL);
	if (fstat(fd, &sb) == -1 || !S_ISREG(sb.st_mode) || (fp = fdopen(fd, "r")) == NULL)
		close(fd);
	return (fp);
}

int
look_line(FILE *fp, char *line, size_t size)
{
	if (fgets(line, (int)size, fp) == NULL)
		return (0);
	line[strcspn(line, "\r\n")] = '\0';
	return (1);
}

int
look_first(const char *root, const char *path, char *line, size_t size)
{
	FILE	*fp = look_open(root, path);
	int	 result;

	if (fp == NULL)
		return (-1);
	result = look_line(fp, line, size) ? 0 : -1;
	fclose(fp);
	return (result);
}

int
look_there(const char *root, const char *path)
{
	struct stat	sb;
	char		full[PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", root, path);
	return (lstat(full, &sb) == 0);
}

int
look_put(json_t *facts, const char *path, const char *raw)
{
	char	text[LOOK_TEXT];

	return (json_put(facts, path, json_string(error_vis(text, sizeof(text), raw))));
}

int
look_append(json_t *list, const char *raw)
{
	char	text[LOOK_TEXT];

	return (json_array_append_new(list, json_string(error_vis(text, sizeof(text), raw))));
}

static void
look_exec(const char *const argv[], int out)
{
	int	null;

	if ((null = open("/dev/null", O_RDWR)) != -1 && dup2(null, STDIN_FILENO) != -1 &&
	    dup2(null, STDERR_FILENO) != -1 && dup2(out, STDOUT_FILENO) != -1)
		execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* Until the end of the output, whose overflow is read and forgotten, or until the deadline. */
static ssize_t
look_read(int fd, int64_t deadline, char *buf, size_t size)
{
	struct pollfd	pfd = { .fd = fd, .events = POLLIN };
	char		rest[512];
	size_t		len = 0;
	ssize_t		n;
	int64_t		left;

	while ((left = deadline - clock_ms()) > 0) {
		if (poll(&pfd, 1, (int)left) <= 0)
			continue;
		n = len + 1 < size ? read(fd, buf + len, size - 1 - len) : read(fd, rest, sizeof(rest));
		if (n == 0) {
			buf[len] = '\0';
			return ((ssize_t)len);
		}
		if (n == -1)
			return (-1);
		len += len + 1 < size ? (size_t)n : 0;
	}
	return (-1);
}

/* Wait for its end, or make one: 1 if it went well. */
static int
look_reap(pid_t pid, int64_t deadline)
{
	pid_t	ended;
	int	status;

	while ((ended = waitpid(pid, &status, WNOHANG)) == 0 && clock_ms() < deadline)
		poll(NULL, 0, LOOK_POLL_MS);
	if (ended == pid)
		return (WIFEXITED(status) && WEXITSTATUS(status) == 0);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	return (0);
}

ssize_t
look_run(const char *const argv[], int ms, char *buf, size_t size)
{
	void	(*chld)(int);
	int64_t	 deadline = clock_ms() + ms;
	ssize_t	 len = -1;
	pid_t	 pid;
	int	 fds[2];

	if (access(argv[0], X_OK) == -1 || pipe(fds) == -1)
		return (-1);
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	/* Where a parent ignores it, and we with it, there would be nothing to wait for. */
	chld = signal(SIGCHLD, SIG_DFL);
	if ((pid = fork()) == 0)
		look_exec(argv, fds[1]);
	close(fds[1]);
	if (pid != -1) {
		len = look_read(fds[0], deadline, buf, size);
		if (!look_reap(pid, len == -1 ? 0 : deadline))
			len = -1;
	}
	close(fds[0]);
	signal(SIGCHLD, chld);
	return (len);
}
