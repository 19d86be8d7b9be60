#include <sys/types.h>
#include <sys/wait.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "facts/env-ssh.h"
#include "facts/ssh-ask.h"

#define TOLD_MAX	512

/* One of the two streams that are read. */
struct stream {
	char	*buf;
	size_t	 size, len;
	int	 fd;
};

/* In the child: its own group, so that a Match exec ends with it, and of the caller's nothing but the environment. */
static void
ask_exec(char **argv, int out, int err)
{
	int	null;

	setpgid(0, 0);
	/* A script called ssh may lead back to this program. */
	env_ssh_mark(argv[0]);
	if ((null = open("/dev/null", O_RDWR)) != -1 && dup2(null, STDIN_FILENO) != -1 &&
	    dup2(out, STDOUT_FILENO) != -1 &&
	    dup2(err, STDERR_FILENO) != -1)
		execv(argv[0], argv);
	_exit(127);
}

/* What does not fit is read and dropped: a full pipe would stop the program. */
static void
stream_read(struct stream *s)
{
	char	drop[1024];
	size_t	room = s->size - 1 - s->len;
	ssize_t	n;

	n = read(s->fd, room > 0 ? s->buf + s->len : drop, room > 0 ? room : sizeof(drop));
	if (n > 0 && room > 0)
		s->len += (size_t)n;
	else if (n == 0 || (n == -1 && errno != EINTR && errno != EAGAIN)) {
		close(s->fd);
		s->fd = -1;
	}
}

/* Until both streams end: 0, or -1 if that lasts too long. */
static int
ask_read(struct stream s[2], int64_t deadline_ms)
{
	struct pollfd	pfd[2];
	int64_t		left_ms;
	int		i;

	while (s[0].fd != -1 || s[1].fd != -1) {
		if ((left_ms = deadline_ms - clock_ms()) <= 0)
			return (-1);
		for (i = 0; i < 2; i++) {
			pfd[i].fd = s[i].fd;
			pfd[i].events = POLLIN;
			pfd[i].revents = 0;
		}
		if (poll(pfd, 2, (int)left_ms) == -1 && errno != EINTR)
			return (-1);
		for (i = 0; i < 2; i++)
			if (s[i].fd != -1 && pfd[i].revents != 0)
				stream_read(&s[i]);
	}
	return (0);
}

/* Its exit status. Who has closed both streams and goes on is given what is left of the time. */
static int
ask_wait(pid_t pid, int64_t deadline_ms)
{
	int	status;
	pid_t	got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0 && clock_ms() < deadline_ms)
		poll(NULL, 0, 2);
	if (got != pid) {
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
			continue;
		return (-1);
	}
	return (WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static void
pipe_close(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

/* Two pipes whose ends no other program gets. */
static int
ask_pipes(int out[2], int err[2])
{
	int	i;

	if (pipe(out) == -1)
		return (-1);
	if (pipe(err) == -1) {
		pipe_close(out);
		return (-1);
	}
	for (i = 0; i < 2; i++) {
		fcntl(out[i], F_SETFD, FD_CLOEXEC);
		fcntl(err[i], F_SETFD, FD_CLOEXEC);
	}
	return (0);
}

int
ssh_ask(char **argv, int ms, struct ssh_ask *ask)
{
	struct stream	s[2] = { { ask->out, sizeof(ask->out), 0, -1 }, { ask->err, sizeof(ask->err), 0, -1 } };
	int64_t		deadline_ms = clock_ms() + ms;
	void		(*chld)(int);
	pid_t		pid;
	int		out[2], err[2], i;

	if (ask_pipes(out, err) == -1)
		return (-1);
	/* Where a parent ignores it, and we with it, there would be nothing to wait for. */
	chld = signal(SIGCHLD, SIG_DFL);
	if ((pid = fork()) == 0)
		ask_exec(argv, out[1], err[1]);
	if (pid == -1) {
		pipe_close(out);
		pipe_close(err);
		signal(SIGCHLD, chld);
		return (-1);
	}
	/* From both sides, as one of them comes first. */
	setpgid(pid, pid);
	close(out[1]);
	close(err[1]);
	s[0].fd = out[0];
	s[1].fd = err[0];
	if (ask_read(s, deadline_ms) == -1)
		deadline_ms = 0;
	ask->status = ask_wait(pid, deadline_ms);
	signal(SIGCHLD, chld);
	for (i = 0; i < 2; i++) {
		if (s[i].fd != -1)
			close(s[i].fd);
		s[i].buf[s[i].len] = '\0';
	}
	return (0);
}

/* 1 if the word is an option or a variable whose value, which follows, is nobody's business. */
static int
word_secret(const char *word, size_t len)
{
	static const char	names[][12] = { "auth", "pass", "token", "secret" };
	char			copy[64];
	size_t			i;

	if (len == 0 || len >= sizeof(copy))
		return (0);
	memcpy(copy, word, len);
	copy[len] = '\0';
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasestr(copy, names[i]) != NULL && (copy[0] == '-' || strchr(copy, '=') != NULL))
			return (1);
	return (0);
}

/* One word without what stands before "@"; at most so many bytes are written. */
static size_t
word_told(char *to, size_t size, const char *word, size_t len, int full)
{
	size_t	from, i, at = 0, n = 0;

	for (i = 0; i < len; i++)
		if (word[i] == '@')
			at = i;
	for (from = at; from > 0 && strchr("/='\"", word[from - 1]) == NULL; )
		from--;
	/* A user name may be told where everything may, a password with it never. */
	if (full && memchr(word + from, ':', at - from) == NULL)
		at = from;
	for (i = 0; i < len && n + 4 < size; i++) {
		if (at > from && i == from) {
			memcpy(to + n, "...", 3);
			n += 3;
			i = at;
		}
		to[n++] = word[i];
	}
	return (n);
}

static int
path_byte(char c)
{
	return (isalnum((unsigned char)c) || (c != '\0' && strchr("/._-~", c) != NULL));
}

/* The text with "~" for the home, wherever that stands as a whole path or the beginning of one. */
static void
home_told(char *to, size_t size, const char *text, const char *home)
{
	size_t	len = home != NULL ? strlen(home) : 0, n = 0;
	char	last = '\0';

	while (*text != '\0' && n + 1 < size) {
		if (len > 1 && strncmp(text, home, len) == 0 && !path_byte(last) &&
		    (text[len] == '/' || !path_byte(text[len]))) {
			last = to[n++] = '~';
			text += len;
		} else
			last = to[n++] = *text++;
	}
	to[n] = '\0';
}

json_t *
ssh_told(const char *text, const char *home, int full)
{
	char	raw[TOLD_MAX], told[TOLD_MAX], *word = raw;
	size_t	n = 0, len;
	int	secret = 0;

	home_told(raw, sizeof(raw), text, full ? NULL : home);
	for (; *word != '\0' && n + 8 < sizeof(told); word += len) {
		if (isspace((unsigned char)*word)) {
			told[n++] = ' ';
			len = 1;
			continue;
		}
		len = strcspn(word, " \t\r\n\f\v");
		if (secret || (word_secret(word, len) && memchr(word, '=', len) != NULL)) {
			memcpy(told + n, "...", 3);
			n += 3;
			secret = 0;
			continue;
		}
		secret = word_secret(word, len);
		n += word_told(told + n, sizeof(told) - n, word, len, full);
	}
	told[n] = '\0';
	error_vis(raw, sizeof(raw), told);
	return (json_string(raw));
}
