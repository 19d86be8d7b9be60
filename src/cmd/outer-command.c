/* SPDX-License-Identifier: ISC */
/* How the ssh that forwards a connection is called. */

#include <sys/types.h>
#include <sys/socket.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/outer-command.h"
#include "cmd/self.h"
#include "cmd/ssh-parent.h"
#include "os/run.h"
#include "route/target.h"
#include "sshconf/ssh-program.h"

/*
 * They come first, and so count, whatever the user's words and files say. Nothing is asked; nothing
 * else is forwarded; no shared connection is used, which may be the one that this session is for;
 * and one whose path is gone ends by itself, should we be killed.
 */
static const char *const	fixed[] = {
	"-oBatchMode=yes", "-oControlMaster=no", "-oControlPath=none", "-oControlPersist=no",
	"-oClearAllForwardings=yes", "-oForwardAgent=no", "-oForwardX11=no", "-oTunnel=no",
	"-oPermitLocalCommand=no", "-oRemoteCommand=none", "-oRequestTTY=no", "-oAddKeysToAgent=no",
	"-oGSSAPIDelegateCredentials=no", "-oProxyUseFdpass=no", "-oCompression=no",
	"-oLogLevel=INFO", "-oServerAliveInterval=5", "-oServerAliveCountMax=3"
};
#define FIXED	(sizeof(fixed) / sizeof(fixed[0]))

static struct outer_command	outer;
static struct run_child		outer_child;

/*
 * "-oProxyCommand=...": this relay once more, which resumes nothing. It stands on the command line,
 * so that no configuration can lead from there to here again. NULL if it cannot be named.
 */
static char *
outer_proxy(const struct options *opts, const char *self)
{
	struct options			 plain = *opts;
	const struct ssh_program	 none = { .family = AF_UNSPEC };
	char				*command = xmalloc(CMD_PROXY_MAX);

	plain.resume = OPTIONS_RESUME_OFF;
	plain.by_ssh = 0;
	plain.debug = 0;
	if (self[0] == '/' && cmd_proxy_command(&plain, &none, self, command) == NULL)
		return (command);
	free(command);
	return (NULL);
}

/* What led to this host: the words of the ssh that runs us, or the host as we know it. */
static char **
outer_words(const struct target *target)
{
	char	**words = ssh_parent_connect();

	if (words != NULL)
		return (words);
	words = xcalloc(4, sizeof(*words));
	words[0] = xasprintf("-p%d", target->port);
	words[1] = xstrdup("--");
	words[2] = xstrdup(target->host);
	return (words);
}

const struct outer_command *
outer_command(const struct options *opts, const struct target *target, const char *address,
    int port)
{
	const char	**argv;
	char		  self[PATH_MAX] = "", ssh[PATH_MAX], **words, *proxy;
	size_t		  n = 0, i;

	if (self_path("", self) == -1 || ssh_program_find(self, ssh) == -1 ||
	    (proxy = outer_proxy(opts, self)) == NULL)
		return (NULL);
	words = outer_words(target);
	for (i = 0; words[i] != NULL; i++)
		continue;
	argv = xcalloc(FIXED + i + 5, sizeof(*argv));
	argv[n++] = xstrdup(ssh);
	memcpy(argv + n, fixed, sizeof(fixed));
	n += FIXED;
	argv[n++] = proxy;
	argv[n++] = "-W";
	argv[n++] = xasprintf(strchr(address, ':') != NULL ? "[%s]:%d" : "%s:%d", address, port);
	memcpy(argv + n, words, i * sizeof(*argv));
	free(words);
	ssh_program_child(ssh, &outer_child);
	log_debug(1, "another ssh forwards to %s", argv[n - 1]);
	outer = (struct outer_command){ .argv = argv, .child = &outer_child };
	return (&outer);
}
