/* SPDX-License-Identifier: ISC */
/* The ssh to run, and what it would do with given arguments. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/number.h"
#include "base/xalloc.h"
#include "base/yes-no.h"
#include "os/os.h"
#include "os/run.h"
#include "sshconf/ssh-program.h"

#define ENV_SSH_MARK	"MESHSSH_TRIED"		/* process id, number, whether the last was a script */
#define NOT_RUN		127		/* exit status of a program that could not be run */
#define TRIED_MAX	20		/* where every ssh leads back here, the loop ends */
#define MARK_MAX	64
#define ASK_MS		30000		/* for ssh -G, where nobody at a terminal can end it */
#define SAID_MS		200	/* what is still running then may wait for an answer */
#define ASK_BYTES	8192		/* of memory at a time */

extern char	**environ;

/*
 * Settings under which ssh connects by itself in a way that a ProxyCommand would change: such hosts
 * stay as they are.
 */
static const struct ssh_program_keyword {
	const char	*keyword;
	const char	*harmless;	/* a value that changes nothing; NULL if there is none */
} taken[] = {
	{ "proxycommand",			NULL },
	{ "bindaddress",			NULL },
	{ "bindinterface",			NULL },
	{ "connectionattempts",			"1" },
	{ "nohostauthenticationforlocalhost",	"no" },
	/* the server is told, or asked for by, a name that ssh has of the socket's address */
	{ "gssapitrustdns",			"no" },
	{ "hostbasedauthentication",		"no" },
	{ NULL,					NULL }
};

static int
ssh_program_usable(const char *path, const struct stat *self)
{
	struct stat	sb;

	return (stat(path, &sb) == 0 && S_ISREG(sb.st_mode) && access(path, X_OK) == 0 &&
	    (sb.st_dev != self->st_dev || sb.st_ino != self->st_ino));
}

/* How many of those in PATH this same process, or the script above it, has been already. */
static int
ssh_program_tried(void)
{
	const char	*mark = getenv(ENV_SSH_MARK);
	char		 copy[64], *rest = copy;
	int		 pid, tried, script;

	if (mark == NULL || strlcpy(copy, mark, sizeof(copy)) >= sizeof(copy) ||
	    number_parse(strsep(&rest, ":"), 1, INT_MAX, &pid) == -1 ||
	    rest == NULL || number_parse(strsep(&rest, ":"), 0, TRIED_MAX, &tried) == -1 ||
	    rest == NULL || number_parse(rest, 0, 1, &script) == -1)
		return (0);
	/* ssh itself has children that are nobody's second try: a ProxyCommand, a Match exec. */
	return (pid == getpid() || (script && pid == getppid()) ? tried : 0);
}

/* 1 if the file begins as a script does. */
static int
ssh_program_script(const char *path)
{
	char	head[2] = "";
	int	fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return (0);
	if (read(fd, head, sizeof(head)) == -1)
		head[0] = '\0';
	close(fd);
	return (memcmp(head, "#!", 2) == 0);
}

static void
ssh_program_text(const char *path, char mark[MARK_MAX])
{
	snprintf(mark, MARK_MAX, "%0*ld:%d:%d", RUN_DIGITS, (long)getpid(), ssh_program_tried() + 1,
	    ssh_program_script(path));
}

void
ssh_program_mark(const char *path)
{
	char	mark[MARK_MAX];

	ssh_program_text(path, mark);
	setenv(ENV_SSH_MARK, mark, 1);
}

void
ssh_program_child(const char *path, struct run_child *child)
{
	static const char	name[] = ENV_SSH_MARK "=";
	char			mark[MARK_MAX];
	size_t			i, n = 0;

	ssh_program_text(path, mark);
	for (i = 0; environ[i] != NULL; i++)
		continue;
	child->envp = xcalloc(i + 2, sizeof(*child->envp));
	child->envp[n++] = xasprintf("%s%s", name, mark);
	child->number = child->envp[0] + sizeof(name) - 1;
	for (i = 0; environ[i] != NULL; i++)
		if (strncmp(environ[i], name, sizeof(name) - 1) != 0)
			child->envp[n++] = environ[i];
}

void
ssh_program_child_free(struct run_child *child)
{
	free(child->envp[0]);
	free(child->envp);
}

int
ssh_program_find(const char *self, char path[PATH_MAX])
{
	const char	*dirs = getenv("PATH"), *fallback = "/usr/bin/ssh";
	char		 own[PATH_MAX], passed[PATH_MAX] = "";
	struct stat	 self_sb;
	int		 skip = ssh_program_tried();

	if (skip == TRIED_MAX)
		return (-1);
	if (self == NULL && os_exe_path(own, sizeof(own)) == 0)
		self = own;
	if (self == NULL || stat(self, &self_sb) == -1)
		memset(&self_sb, 0, sizeof(self_sb));
	/*
	 * ssh takes its argv[0] for ProxyJump, from whatever directory: only whole paths will do.
	 */
	while (run_place(&dirs, "", "ssh", path)) {
		if (!ssh_program_usable(path, &self_sb))
			continue;
		if (skip-- <= 0)
			return (0);
		if (!ssh_program_script(path))
			strlcpy(passed, path, sizeof(passed));
	}
	strlcpy(path, fallback, PATH_MAX);
	if (ssh_program_usable(path, &self_sb) && (skip <= 0 || !ssh_program_script(path)))
		return (0);
	/*
	 * The mark may come from another process of the same number: it must not hide the only ssh.
	 */
	strlcpy(path, passed, PATH_MAX);
	return (path[0] != '\0' ? 0 : -1);
}

/* A value of ssh -G as a number; 0 for a word, a negative number or one that is too large. */
static int
ssh_program_number(const char *value)
{
	int	n;

	return (number_parse(value, 0, INT_MAX, &n) == 0 ? n : 0);
}

/* 1 if a word of the command, or the last part of its path, is this program's name. */
static int
ssh_program_ours(const char *command)
{
	static const char	 name[] = "meshssh";
	const char		*p = command;

	for (; (p = strstr(p, name)) != NULL; p += strlen(name))
		if ((p == command || strchr("/ \t\"'", p[-1]) != NULL) &&
		    strchr(" \t\"'", p[strlen(name)]) != NULL)
			return (1);
	return (0);
}

void
ssh_program_line(struct ssh_program *env, const char *keyword, const char *value)
{
	const struct ssh_program_keyword	*row;

	for (row = taken; row->keyword != NULL; row++)
		if (strcasecmp(row->keyword, keyword) == 0)
			env->taken |= row->harmless == NULL || !yes_no_same(row->harmless, value);
	if (strcasecmp(keyword, "proxycommand") == 0)
		env->relayed = ssh_program_ours(value);
	else if (strcasecmp(keyword, "proxyjump") == 0)
		env->jumps = 1;
	/* Only a host name with a line break makes more than one such line: a bad one stays. */
	if (strcasecmp(keyword, "hostname") == 0 && (env->host[0] == '\0' || !addr_host_ok(value)))
		strlcpy(env->host, value, sizeof(env->host));
	else if (strcasecmp(keyword, "addressfamily") == 0)
		env->family = addr_family(value);
	else if (strcasecmp(keyword, "port") == 0)
		env->port = ssh_program_number(value);
	else if (strcasecmp(keyword, "connecttimeout") == 0)
		env->connect_timeout_s = ssh_program_number(value);
	else if (strcasecmp(keyword, "tcpkeepalive") == 0)
		env->no_keepalive = yes_no(value) == 0;
	else if (strcasecmp(keyword, "serveraliveinterval") == 0)
		env->alive_interval_s = ssh_program_number(value);
	else if (strcasecmp(keyword, "serveralivecountmax") == 0)
		env->alive_count = ssh_program_number(value);
	else if (strcasecmp(keyword, "proxyusefdpass") == 0)
		env->fdpass = yes_no(value) == 1;
	else if (strcasecmp(keyword, "canonicalizehostname") == 0)
		env->canonicalize = yes_no(value) == 1;
}

int
ssh_program_patience(const struct ssh_program *env)
{
	int64_t	alive_s = (int64_t)env->alive_interval_s * env->alive_count;

	if (env->no_keepalive || alive_s > INT_MAX)
		return (INT_MAX);
	return (alive_s > 0 ? (int)alive_s : 0);
}

/* The lines of ssh -G: 0 if there is a configuration among them, or 1. */
static int
ssh_program_lines(char *text, struct ssh_program *env)
{
	char	*line, *value;
	int	 result = 1;

	while ((line = strsep(&text, "\n")) != NULL) {
		line[strcspn(line, "\r")] = '\0';
		if ((value = strchr(line, ' ')) == NULL)
			continue;
		*value++ = '\0';
		if (strcmp(line, "hostname") == 0)
			result = 0;
		ssh_program_line(env, line, value);
	}
	return (result);
}

/* What comes on standard error while ssh -G runs: a Match exec may ask a person something. */
struct said {
	int	fd;		/* -1: nobody is there to see it */
	int	passing;	/* the person sees it as it comes */
	char	buf[1024];
	size_t	len;
};

/*
 * What is said at once is said again by the ssh that connects, and an error before that one's end;
 * what waits for an answer is not.
 */
static void
said_pass(struct said *said)
{
	const char	*buf = said->buf;
	ssize_t		 n;

	said->passing = 1;
	for (; said->len > 0; buf += n, said->len -= (size_t)n)
		if ((n = write(STDERR_FILENO, buf, said->len)) <= 0)
			n = (ssize_t)said->len;
}

static void
said_read(struct said *said)
{
	ssize_t	n = read(said->fd, said->buf + said->len, sizeof(said->buf) - said->len);

	if (n <= 0)
		said->fd = -1;
	else
		said->len += (size_t)n;
	if (said->passing || said->len == sizeof(said->buf))
		said_pass(said);
}

/*
 * All that comes, to be freed; NULL with errno, ETIMEDOUT if it takes longer than so many ms; -1 is
 * no limit.
 */
static char *
ssh_program_read(int fd, struct said *said, int ms)
{
	struct pollfd	 pfds[2] = { { .fd = fd, .events = POLLIN }, { .events = POLLIN } };
	const int64_t	 until_ms = clock_ms() + ms;
	int64_t		 left_ms;
	char		*text = NULL;
	size_t		 size = 0, len = 0;
	ssize_t		 n;

	for (;;) {
		if (len + 1 >= size) {
			size += ASK_BYTES;
			text = xreallocarray(text, size, 1);
		}
		pfds[1].fd = said->fd;
		left_ms = ms != -1 ? until_ms - clock_ms() : said->len > 0 ? SAID_MS : -1;
		errno = ETIMEDOUT;
		/* What goes on and on must not win. */
		n = ms != -1 && left_ms <= 0 ? 0 : poll(pfds, 2, (int)left_ms);
		if (n == 0 && ms == -1)
			said_pass(said);
		else if (n > 0 && pfds[0].revents == 0)
			said_read(said);
		else if (n > 0 && (n = read(fd, text + len, size - 1 - len)) == 0) {
			text[len] = '\0';
			return (text);
		} else if (n > 0)
			len += (size_t)n;
		else if (n == 0 || (errno != EINTR && errno != EAGAIN))
			break;
	}
	free(text);
	return (NULL);
}

/*
 * In the child: be `ssh -G args`, with nothing of the caller's but the environment, and the
 * terminal, where a person may be asked something. Without one, what it starts is to end with it.
 */
static void
ssh_program_exec(char **argv, const struct run_child *child, int group, int null, int out, int err)
{
	if (group)
		setpgid(0, 0);
	if (dup2(null, STDIN_FILENO) != -1 && dup2(err, STDERR_FILENO) != -1 &&
	    dup2(out, STDOUT_FILENO) != -1)
		run_become((const char *const *)(uintptr_t)argv, child);
	_exit(NOT_RUN);
}

/* Both ends close when another program is run. */
static int
ssh_program_pipe(int fds[2])
{
	if (pipe(fds) == -1)
		return (-1);
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	return (0);
}

/*
 * The process, and descriptors of what it prints, and, unless it is in a group of its own, of what
 * it says; -1 with errno.
 */
static pid_t
ssh_program_start(char **argv, int group, int *out, int *said)
{
	struct run_child child = { .envp = NULL };
	pid_t		 pid = -1;
	int		 fds[2], saids[2] = { -1, -1 }, null, error;

	if (ssh_program_pipe(fds) == -1)
		return (-1);
	ssh_program_child(argv[0], &child);
	/* Not in the child, which could not report that it has no descriptor left. */
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null != -1 && (group || ssh_program_pipe(saids) == 0) && (pid = fork()) == 0)
		ssh_program_exec(argv, &child, group, null, fds[1], group ? null : saids[1]);
	error = errno;
	ssh_program_child_free(&child);
	if (null != -1)
		close(null);
	close(fds[1]);
	if (saids[1] != -1)
		close(saids[1]);
	if (pid == -1) {
		close(fds[0]);
		if (saids[0] != -1)
			close(saids[0]);
	} else if (group)
		setpgid(pid, pid);
	*out = fds[0];
	*said = saids[0];
	errno = error;
	return (pid);
}

/* 1 if a person may see what goes on, and end it. */
static int
ssh_program_attended(void)
{
	int	fd;

	if ((fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)) == -1)
		return (0);
	close(fd);
	return (1);
}

/*
 * How it ended. If ssh refuses its arguments, plain ssh will say so again. If it did not run, plain
 * ssh might connect, by another way than asked for and without a word.
 */
static int
ssh_program_ended(const char *ssh, pid_t pid, struct error *err)
{
	int	status = -1;

	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	if (WIFEXITED(status) && WEXITSTATUS(status) != NOT_RUN)
		return (status == 0 ? 0 : 1);
	if (err->code == CODE_NONE)
		error_set(err, CODE_SYSTEM, "%.90s -G %s", ssh, WIFEXITED(status) ?
		    "cannot be run" : "was ended by a signal");
	return (-1);
}

/* What is run in a group of its own does not hear what ends us. */
static volatile sig_atomic_t	asked;

static void
ssh_program_signal(int sig)
{
	kill(-(pid_t)asked, SIGKILL);
	signal(sig, SIG_DFL);
	raise(sig);
}

/* While that process is asked, or with 0 no more: what ends us ends it. */
static void
ssh_program_follow(pid_t pid)
{
	static const int	ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	size_t			i;

	asked = pid;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (signal(ends[i], pid != 0 ? ssh_program_signal : SIG_DFL) == SIG_IGN)
			signal(ends[i], SIG_IGN);
}

/* Run it, read what it prints, and wait for its end. */
static int
ssh_program_run(char **argv, struct ssh_program *env, struct error *err)
{
	/* Where a parent ignores it, and we with it, there would be nothing to wait for. */
	void	(*chld)(int) = signal(SIGCHLD, SIG_DFL);
	int	 attended = ssh_program_attended(), out, errors, result = -1;
	struct said said = { .passing = 0 };
	pid_t	 pid;
	char	*text;

	if ((pid = ssh_program_start(argv, !attended, &out, &errors)) == -1)
		error_errno(err, errno, "cannot ask ssh -G");
	else {
		if (!attended)
			ssh_program_follow(pid);
		said.fd = errors;
		if ((text = ssh_program_read(out, &said, attended ? -1 : ASK_MS)) == NULL) {
			if (errno == ETIMEDOUT)
				error_set(err, CODE_CONFIG_SLOW,
				    "%.90s -G did not end within %d s", argv[0], ASK_MS / 1000);
			else
				error_errno(err, errno, "cannot read what ssh -G prints");
			kill(attended ? pid : -pid, SIGKILL);
		}
		close(out);
		if (errors != -1)
			close(errors);
		result = ssh_program_ended(argv[0], pid, err);
		if (!attended)
			ssh_program_follow(0);
		if (text == NULL)
			result = -1;
		else if (result == 0)
			result = ssh_program_lines(text, env);
		free(text);
	}
	signal(SIGCHLD, chld);
	return (result);
}

int
ssh_program_ask(const char *ssh, char **args, struct ssh_program *env, struct error *err)
{
	char	**argv;
	int	  result, n = 0;

	memset(env, 0, sizeof(*env));
	while (args[n] != NULL)
		n++;
	argv = xcalloc((size_t)n + 3, sizeof(*argv));
	argv[0] = (char *)(uintptr_t)ssh;
	argv[1] = (char *)(uintptr_t)"-G";
	memcpy(argv + 2, args, (size_t)n * sizeof(*argv));
	result = ssh_program_run(argv, env, err);
	free(argv);
	return (result);
}
