/* SPDX-License-Identifier: ISC */
/* meshssh as ssh. */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/log.h"
#include "base/names.h"
#include "base/shell.h"
#include "base/xalloc.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/self.h"
#include "cmd/ssh-args.h"
#include "net/sock.h"
#include "os/os.h"
#include "sshconf/ssh-program.h"
#include "state/path-cache.h"

#define EXTRA_MAX	8	/* arguments that we add at most */

static int
ssh_seconds(int seconds)
{
	return (seconds < OPTIONS_SECONDS_MAX ? seconds : OPTIONS_SECONDS_MAX);
}

/* " --via=NAME", with the address of a proxy in quotes: it may have brackets. */
static void
ssh_via(const struct plan_choice *choice, char *out, size_t size)
{
	const char	*from = choice->address;
	size_t		 len;

	out[0] = '\0';
	if (choice->via == NULL)
		return;
	len = (size_t)snprintf(out, size, " --via=%s%s", choice->via->name,
	    from != NULL ? "=\"" : "");
	if (from == NULL)
		return;
	for (; *from != '\0' && len + 3 < size; from++) {
		out[len++] = *from;
		if (*from == '%')
			out[len++] = '%';
	}
	out[len] = '\0';
	strlcat(out, "\"", size);
}

const char *
cmd_proxy_command(const struct options *opts, const struct ssh_program *env, const char *self,
    char command[CMD_PROXY_MAX])
{
	char	path[2 * PATH_MAX], mss[32] = "", timeout[32] = "", limit[40] = "",
		    via[2 * ADDR_HOST_MAX + 64], tailscaled[512] = "", dead_after[32] = "",
		resume[ADDR_HOST_MAX + 32] = "", hold[32] = "", or_names[CMD_OR_MAX] = "";
	int	family = opts->family != AF_UNSPEC ? opts->family : env->family;

	if (shell_word("", self, path, sizeof(path)) == -1)
		return (self);
	if (opts->tailscaled != NULL &&
	    shell_word("--tailscaled=", opts->tailscaled, tailscaled, sizeof(tailscaled)) == -1)
		return (opts->tailscaled);
	if (opts->or_names != NULL &&
	    shell_word("--or=", opts->or_names, or_names, sizeof(or_names)) == -1)
		return (opts->or_names);
	ssh_via(&opts->choice, via, sizeof(via));
	if (opts->mss == MSS_FULL)
		strlcpy(mss, " --mss=off", sizeof(mss));
	else if (opts->mss != MSS_AUTO)
		snprintf(mss, sizeof(mss), " --mss=%d", opts->mss);
	if (opts->timeout_given || env->connect_timeout_s > 0)
		snprintf(timeout, sizeof(timeout), " --timeout=%d",
		    opts->timeout_given ? opts->timeout_s : ssh_seconds(env->connect_timeout_s));
	if (env->connect_timeout_s > 0)
		snprintf(limit, sizeof(limit), " --connect-timeout=%d",
		    ssh_seconds(env->connect_timeout_s));
	/* Who told ssh to bear more is not overruled. */
	if (opts->dead_after_given || ssh_program_patience(env) > SOCK_SESSION_S)
		snprintf(dead_after, sizeof(dead_after), " --dead-after=%d",
		    opts->dead_after_given ? opts->dead_after_s :
		    ssh_seconds(ssh_program_patience(env)));
	if (opts->resume == OPTIONS_RESUME_OFF)
		strlcpy(resume, " --resume=off", sizeof(resume));
	else if (opts->by_ssh)
		snprintf(resume, sizeof(resume), opts->by_ssh_to != NULL ? " --resume=\"ssh:%s\"" :
		    " --resume=ssh", opts->by_ssh_to);
	else if (opts->resume != OPTIONS_RESUME_AUTO)
		snprintf(resume, sizeof(resume), " --resume=%d", opts->resume);
	if (opts->hold_s != OPTIONS_HOLD_S)
		snprintf(hold, sizeof(hold), " --hold=%d", opts->hold_s);
	snprintf(command, CMD_PROXY_MAX, "-oProxyCommand=%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s",
	    path, opts->fdpass || env->fdpass ? " --fdpass" : "", via,
	    or_names[0] != '\0' ? " " : "", or_names,
	    tailscaled[0] != '\0' ? " " : "", tailscaled, mss, timeout, limit, dead_after, resume, hold,
	    family == AF_INET ? " --family=inet" : family == AF_INET6 ? " --family=inet6" : "",
	    opts->no_cache ? " --no-cache" : "", opts->debug > 0 ? " --debug" : "",
	    opts->debug > 1 ? " --debug" : "", SHELL_RELAY);
	return (NULL);
}

/*
 * ssh runs a ProxyCommand in the user's shell; where that runs nothing, plain ssh would still
 * connect.
 */
static void
ssh_shell(void)
{
	if (shell_deaf(getenv("SHELL")))
		setenv("SHELL", "/bin/sh", 1);
}

static int
ssh_exec(const char *ssh, const char *name, char **argv, struct error *err)
{
	char	text[128];

	argv[0] = (char *)(uintptr_t)name;
	ssh_program_mark(ssh);
	execv(ssh, argv);
	snprintf(text, sizeof(text), "cannot run %.100s", ssh);
	if (errno == ENOENT)
		error_set(err, CODE_NO_SSH, "%s: %s", text, strerror(errno));
	else
		error_errno(err, errno, text);
	return (-1);
}

/*
 * 1 if the configuration, but not the command line, lets ssh end a session that would outlive its
 * connections.
 */
static int
ssh_alive_ends(const struct options *opts, const struct ssh_program *env)
{
	char	network[PATH_CACHE_NETWORK_MAX];

	if (env->alive_interval_s == 0 || opts->fdpass || env->fdpass ||
	    opts->resume == OPTIONS_RESUME_OFF)
		return (0);
	if (opts->resume != OPTIONS_RESUME_AUTO || opts->by_ssh)
		return (1);
	if (opts->no_cache)
		return (0);
	os_network(network, sizeof(network));
	return (path_cache_port_get(network, env->host, env->port) > 0);
}

/* ssh with our own options behind the user's, which win. */
static int
ssh_exec_proxied(const struct options *opts, const struct ssh_program *env, const char *ssh,
    char *command, int insert, char **args, struct error *err)
{
	char	**argv;
	int	  count = 0, n;

	while (args[count] != NULL)
		count++;
	argv = xcalloc((size_t)count + EXTRA_MAX, sizeof(*argv));
	n = 1;
	memcpy(argv + n, args, (size_t)insert * sizeof(*argv));
	n += insert;
	argv[n++] = command;
	/* ssh would mark the socket that it is given again. */
	if (opts->fdpass) {
		argv[n++] = (char *)(uintptr_t)"-oProxyUseFdpass=yes";
		argv[n++] = (char *)(uintptr_t)"-oIPQoS=none";
	}
	/* What cannot be walked over may come behind, and would not win. */
	if (insert > 0 && ssh_alive_ends(opts, env)) {
		log_debug(1, "sessions of this host are resumed: ssh sends no alive messages");
		argv[n++] = (char *)(uintptr_t)"-oServerAliveInterval=0";
	}
	if (env->canonicalize)
		argv[n++] = (char *)(uintptr_t)"-oCanonicalizeHostname=always";
	memcpy(argv + n, args + insert, (size_t)(count - insert) * sizeof(*argv));
	log_debug(1, "%s ... %s ...", ssh, command);
	ssh_shell();
	ssh_exec(ssh, ssh, argv, err);
	free(argv);
	return (-1);
}

/*
 * 1 if this host may stand in our ProxyCommand, or else 0 with the error set. The destination is
 * checked for control characters as well: ssh before 9.6 accepts a line break in it, and the line
 * of ssh -G that tells the host then ends there.
 */
static int
ssh_host_ok(const struct ssh_program *env, const char *destination, struct error *err)
{
	const char	*p = destination != NULL ? destination : "", *odd = env->host;

	while ((unsigned char)*p >= ' ')
		p++;
	if (*p != '\0')
		odd = destination;
	else if (addr_host_ok(env->host))
		return (1);
	error_set(err, CODE_BAD_HOST, "\"%.60s\" is not a host name or address", odd);
	return (0);
}

/* 1 if this path can stand in a command as it is, for ssh does not quote it there. */
static int
ssh_bare(const char *path)
{
	char	word[2 * PATH_MAX];

	return (path[0] == '/' && strchr(path, '%') == NULL && shell_word("", path, word,
	    sizeof(word)) == 0 && strcmp(word, path) == 0);
}

int
cmd_ssh(const struct options *opts, const char *argv0, char **args, struct error *err)
{
	struct ssh_args	walk;
	struct ssh_program	env;
	const char	*odd;
	char		self[PATH_MAX], ssh[PATH_MAX], command[CMD_PROXY_MAX];
	int		count = 0, asked = 1, through;

	if (self_path(argv0, self) == -1)
		self[0] = '\0';
	if (ssh_program_find(self, ssh) == -1) {
		error_set(err, CODE_NO_SSH, "there is no ssh in PATH");
		return (-1);
	}
	while (args[count] != NULL)
		count++;
	ssh_args_walk(count, args, &walk);
	if (!walk.local && (asked = ssh_program_ask(ssh, args, &env, err)) == -1)
		return (-1);
	/* Blocks written by hand or by an earlier version may lack the quotation marks. */
	if (asked == 0 && ((!env.taken && !env.jumps) || env.relayed) &&
	    !ssh_host_ok(&env, walk.destination, err))
		return (-1);
	/* args has room for argv[0] in front. */
	if (asked != 0 || env.taken || env.jumps) {
		/* ssh reaches the hosts of a ProxyJump by what its own argv[0] names: by us. */
		through = asked == 0 && !env.taken && env.jumps && ssh_bare(self);
		log_debug(1, "plain %s%s", ssh,
		    through ? ", and ProxyJump through this program" : "");
		return (ssh_exec(ssh, through ? self : ssh, args - 1, err));
	}
	if (opts->or_names != NULL &&
	    names_parse(opts->or_names, env.host, &(struct names){ .count = 0 }, err) == -1)
		return (-1);
	odd = self[0] == '\0' ? argv0 : cmd_proxy_command(opts, &env, self, command);
	if (odd != NULL) {
		error_set(err, CODE_UNQUOTABLE_PATH, "%s: cannot stand in a ProxyCommand", odd);
		return (-1);
	}
	return (ssh_exec_proxied(opts, &env, ssh, command, walk.insert, args, err));
}
