#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "facts/env-ssh.h"
#include "facts/run.h"

#define ENV_SSH_MARK	"MESHSSH_TRIED"		/* process id, number, whether the last was a script */

/* Settings under which ssh connects by itself in a way that a ProxyCommand would change: such hosts stay as they are. */
static const struct env_ssh_keyword {
	const char	*keyword;
	const char	*harmless;	/* a value that changes nothing; NULL if there is none */
} taken[] = {
	{ "proxycommand",			NULL },
	{ "proxyjump",				NULL },
	{ "bindaddress",			NULL },
	{ "bindinterface",			NULL },
	{ "connectionattempts",			"1" },
	{ "nohostauthenticationforlocalhost",	"no" },
	{ NULL,					NULL }
};

static int
env_ssh_usable(const char *path, const struct stat *self)
{
	struct stat	sb;

	return (stat(path, &sb) == 0 && S_ISREG(sb.st_mode) && access(path, X_OK) == 0 &&
	    (sb.st_dev != self->st_dev || sb.st_ino != self->st_ino));
}

/* How many of those in PATH this same process, or the script above it, has been already. */
static int
env_ssh_tried(void)
{
	const char	*mark = getenv(ENV_SSH_MARK);
	long		 pid;
	int		 tried, script;

	if (mark == NULL || sscanf(mark, "%ld:%d:%d", &pid, &tried, &script) != 3)
		return (0);
	/* ssh itself has children that are nobody's second try: a ProxyCommand, a Match exec. */
	return (pid == (long)getpid() || (script && pid == (long)getppid()) ? tried : 0);
}

void
env_ssh_mark(const char *path)
{
	char	mark[64], head[2] = "";
	int	fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) != -1) {
		if (read(fd, head, sizeof(head)) == -1)
			head[0] = '\0';
		close(fd);
	}
	snprintf(mark, sizeof(mark), "%ld:%d:%d", (long)getpid(), env_ssh_tried() + 1, memcmp(head, "#!", 2) == 0);
	setenv(ENV_SSH_MARK, mark, 1);
}

int
env_ssh_find(const char *self, char path[PATH_MAX])
{
	const char	*dirs = getenv("PATH"), *fallback = "/usr/bin/ssh";
	struct stat	 self_sb;
	int		 skip = env_ssh_tried();

	if (stat(self, &self_sb) == -1)
		memset(&self_sb, 0, sizeof(self_sb));
	/* ssh takes its argv[0] for ProxyJump, from whatever directory: only whole paths will do. */
	while (run_place(&dirs, "", "ssh", path))
		if (env_ssh_usable(path, &self_sb) && skip-- <= 0)
			return (0);
	strlcpy(path, fallback, PATH_MAX);
	return (skip <= 0 && env_ssh_usable(path, &self_sb) ? 0 : -1);
}

void
env_ssh_line(struct env_ssh *env, const char *keyword, const char *value)
{
	const struct env_ssh_keyword	*row;

	for (row = taken; row->keyword != NULL; row++)
		if (strcasecmp(row->keyword, keyword) == 0)
			env->taken |= row->harmless == NULL || strcasecmp(row->harmless, value) != 0;
	if (strcasecmp(keyword, "addressfamily") == 0)
		env->family = strcasecmp(value, "inet") == 0 ? AF_INET :
		    strcasecmp(value, "inet6") == 0 ? AF_INET6 : AF_UNSPEC;
	else if (strcasecmp(keyword, "connecttimeout") == 0)
		env->connect_timeout_s = atoi(value) > 0 ? atoi(value) : 0;
	else if (strcasecmp(keyword, "tcpkeepalive") == 0)
		env->no_keepalive = strcasecmp(value, "no") == 0;
	else if (strcasecmp(keyword, "serveraliveinterval") == 0)
		env->alive_interval_s = atoi(value);
	else if (strcasecmp(keyword, "serveralivecountmax") == 0)
		env->alive_count = atoi(value);
	else if (strcasecmp(keyword, "proxyusefdpass") == 0)
		env->fdpass = strcasecmp(value, "yes") == 0;
	else if (strcasecmp(keyword, "canonicalizehostname") == 0)
		env->canonicalize = strcasecmp(value, "yes") == 0 || strcasecmp(value, "true") == 0;
}

int
env_ssh_patience(const struct env_ssh *env)
{
	int64_t	alive_s = (int64_t)env->alive_interval_s * env->alive_count;

	if (env->no_keepalive || alive_s > INT_MAX)
		return (INT_MAX);
	return (alive_s > 0 ? (int)alive_s : 0);
}

/* The lines of ssh -G; 0 if there is a configuration among them, 1 if not, -1 with errno. */
static int
env_ssh_read(FILE *fp, struct env_ssh *env)
{
	char	*line = NULL, *value;
	size_t	 size = 0;
	int	 hostname = 0;

	while (getline(&line, &size, fp) != -1) {
		line[strcspn(line, "\r\n")] = '\0';
		if ((value = strchr(line, ' ')) == NULL)
			continue;
		*value++ = '\0';
		hostname |= strcmp(line, "hostname") == 0;
		env_ssh_line(env, line, value);
	}
	free(line);
	if (!feof(fp))
		return (-1);
	return (hostname ? 0 : 1);
}

/* In the child: be `ssh -G args`, with nothing of the caller's but the environment. */
static void
env_ssh_exec(const char *ssh, char **argv, int out)
{
	int	null;

	env_ssh_mark(ssh);
	if ((null = open("/dev/null", O_RDWR)) != -1 && dup2(null, STDIN_FILENO) != -1 &&
	    dup2(null, STDERR_FILENO) != -1 && dup2(out, STDOUT_FILENO) != -1)
		execv(ssh, argv);
	_exit(127);
}

/* Run it, read what it prints, and wait for its end. */
static int
env_ssh_run(const char *ssh, char **argv, struct env_ssh *env)
{
	void	(*chld)(int);
	pid_t	 pid;
	FILE	*fp;
	int	 fds[2], status = -1, result = -1;

	if (pipe(fds) == -1)
		return (-1);
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	if ((fp = fdopen(fds[0], "r")) == NULL) {
		close(fds[0]);
		close(fds[1]);
		return (-1);
	}
	/* Where a parent ignores it, and we with it, there would be nothing to wait for. */
	chld = signal(SIGCHLD, SIG_DFL);
	if ((pid = fork()) == 0)
		env_ssh_exec(ssh, argv, fds[1]);
	close(fds[1]);
	if (pid != -1) {
		result = env_ssh_read(fp, env);
		fclose(fp);
		fp = NULL;
		while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
			continue;
		if (result == 0 && status != 0)
			result = 1;
	}
	signal(SIGCHLD, chld);
	if (fp != NULL)
		fclose(fp);
	return (result);
}

int
env_ssh_ask(const char *ssh, char **args, struct env_ssh *env)
{
	char	**argv;
	int	  result, n = 0;

	memset(env, 0, sizeof(*env));
	while (args[n] != NULL)
		n++;
	if ((argv = calloc((size_t)n + 3, sizeof(*argv))) == NULL)
		return (-1);
	argv[0] = (char *)(uintptr_t)ssh;
	argv[1] = (char *)(uintptr_t)"-G";
	memcpy(argv + 2, args, (size_t)n * sizeof(*argv));
	result = env_ssh_run(ssh, argv, env);
	free(argv);
	return (result);
}
