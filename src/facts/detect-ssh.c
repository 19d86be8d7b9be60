/* SPDX-License-Identifier: ISC */
/* Facts: the ssh program and its configuration for a host. */

#include <sys/types.h>
#include <sys/stat.h>

#include <ctype.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/shell.h"
#include "base/xalloc.h"
#include "facts/detect-ssh.h"
#include "facts/detect.h"
#include "facts/fact.h"
#include "facts/ssh-refusal.h"
#include "sshconf/redact.h"
#include "sshconf/ssh-ask.h"
#include "sshconf/ssh-key.h"
#include "sshconf/ssh-program.h"
#include "sshconf/ssh-proxy.h"

#define LIST_MAX	32
/* for ssh -G, where what it says decides what is looked at */
#define ANSWER_MS	5000
#define VALUE_MAX	1024
#define VERSION_BYTES	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-"
/*
 * Where nobody names a host, this one shows whether ssh takes its configuration; no such name can
 * be (RFC 6761).
 */

/* What is told of `ssh -G`. */
static const char	told_options[][36] = {
	"addressfamily", "batchmode", "bindaddress", "bindinterface", "canonicalizehostname", "checkhostip",
	"connectionattempts", "connecttimeout",
	"controlmaster", "controlpath", "controlpersist", "globalknownhostsfile", "gssapitrustdns",
	"hostbasedauthentication", "hostkeyalias", "hostname", "identitiesonly",
	"ipqos", "knownhostscommand", "nohostauthenticationforlocalhost", "port", "proxycommand",
	"proxyjump", "proxyusefdpass",
	"serveralivecountmax", "serveraliveinterval", "stricthostkeychecking", "tcpkeepalive",
	"userknownhostsfile",
	"verifyhostkeydns"
};

/* Its lists of algorithms, names with commas between them. */
static const char	told_lists[][24] = { "kexalgorithms", "hostkeyalgorithms", "ciphers",
			    "macs", "casignaturealgorithms" };

/* One run of the detector. */
struct view {
	const struct detect_input	*in;
	json_t				*facts;		/* that are filled */
	const char			*home, *user;
	/* what ssh -G printed; NULL if it did not */
	const char			*options;
};

static json_t *
view_told(const struct view *l, enum redact kind, const char *text)
{
	return (redact(kind, text, l->home, l->in->full));
}

/* The value, cut to fit, of the nth line of ssh -G with this keyword; NULL if there is none. */
static const char *
view_option(const struct view *l, const char *keyword, int nth, char value[VALUE_MAX])
{
	const char	*found;
	size_t		 len;

	if (l->options == NULL || (found = ssh_answer(l->options, keyword, nth, &len)) == NULL)
		return (NULL);
	snprintf(value, VALUE_MAX, "%.*s", (int)(len < VALUE_MAX ? len : VALUE_MAX), found);
	return (value);
}

/*
 * Why ssh refuses the owner or mode of a file: "store" (a link to what Nix made, whose owner is not
 * root in here), "drive" (of Windows, which has no modes), "owner", or "mode".
 */
static const char *
refusal_kind(const char *file)
{
	static const char	store[] = "/nix/store/", drives[] = "/mnt/";
	char			real[PATH_MAX] = "";
	struct stat		sb;

	if (realpath(file, real) != NULL && strncmp(real, store, strlen(store)) == 0)
		return ("store");
	if (strncmp(file, drives, strlen(drives)) == 0 || strncmp(real, drives,
	    strlen(drives)) == 0)
		return ("drive");
	return (stat(file, &sb) == 0 && sb.st_uid != 0 && sb.st_uid != geteuid() ?
	    "owner" : "mode");
}

static void
view_refuses(struct view *l, struct ssh_ask *ask)
{
	const char	*file;

	ssh_ask_refusal(ask);
	if (ask->err[0] == '\0')
		return;
	fact_put(l->facts, "ssh.refuses", view_told(l, REDACT_ERROR, ask->err));
	fact_put_text(l->facts, "ssh.refuses_code", ssh_refusal(ask->err, &file));
	if (file == NULL)
		return;
	fact_put(l->facts, "ssh.refuses_file", view_told(l, REDACT_PATH, file));
	fact_put_text(l->facts, "ssh.refuses_kind", refusal_kind(file));
}

/* "OpenSSH_9.2p1 Debian-2, OpenSSL ..." */
static void
view_version(struct view *l, const char *ssh, struct ssh_ask *ask)
{
	const char	*argv[] = { ssh, "-V", NULL };
	const char	*digit;
	int		 major, minor;

	ssh_ask(argv, detect_left_ms(l->in), ask);
	if (strncmp(ask->err, "OpenSSH_", 8) != 0) {
		/* In containers, where a user may have a number and no name. */
		if (strncmp(ask->err, "No user exists", 14) == 0)
			view_refuses(l, ask);
		return;
	}
	ask->err[strspn(ask->err, VERSION_BYTES)] = '\0';
	fact_put(l->facts, "ssh.version", json_string(ask->err));
	for (digit = ask->err; *digit != '\0' && !isdigit((unsigned char)*digit); )
		digit++;
	if (sscanf(digit, "%3d.%2d", &major, &minor) == 2)
		fact_put_number(l->facts, "ssh.version_number", major * 100 + minor);
}

/* What ssh takes of the server's, in this group; a list that does not fit is not told. */
static void
view_algorithms(struct view *l, const char *group)
{
	char	 value[VALUE_MAX], path[64], *at, *name;
	json_t	*list;
	size_t	 i;

	for (i = 0; i < sizeof(told_lists) / sizeof(told_lists[0]); i++) {
		if (view_option(l, told_lists[i], 0, value) == NULL)
			continue;
		list = json_array();
		for (at = value; (name = strsep(&at, ",")) != NULL;)
			fact_append_text(list, name);
		snprintf(path, sizeof(path), "ssh.%.12s.%.24s", group, told_lists[i]);
		fact_put(l->facts, path, list);
	}
}

/* Run ssh -G for the host, or for any. */
static void
view_ask(const struct view *l, const char *ssh, struct ssh_ask *ask)
{
	static const char	*const any[] = { SSH_ASK_ANY };
	const int64_t		 began_ms = clock_ms();
	const int		 left_ms = detect_left_ms(l->in);
	const char		**argv;
	size_t			 i, n = 3;

	for (i = 0; l->in->ssh_args != NULL && l->in->ssh_args[i] != NULL; i++)
		continue;
	argv = xcalloc(i + n + sizeof(any) / sizeof(any[0]) + 1, sizeof(*argv));
	argv[0] = ssh;
	argv[1] = "-G";
	argv[2] = "-T";
	for (i = 0; l->in->ssh_args != NULL && l->in->ssh_args[i] != NULL; i++)
		argv[n++] = l->in->ssh_args[i];
	if (l->in->host != NULL)
		argv[n] = l->in->host;
	else
		memcpy(argv + n, any, sizeof(any));
	ssh_ask(argv, l->in->host != NULL && l->in->answer != NULL ? ANSWER_MS : left_ms, ask);
	if (ask->status == -1 || clock_ms() - began_ms > left_ms)
		fact_put_truth(l->facts, "ssh.slow", 1);
	free(argv);
}

/* What ssh would do for the host, or why it would do nothing at all. */
static void
view_options(struct view *l, const char *ssh, struct ssh_ask *ask)
{
	char		 value[VALUE_MAX], path[64];
	size_t		 i;

	/* Before 6.8 there is no -G. */
	if (fact_number(l->facts, "ssh.version_number", 0) < 608)
		return;
	view_ask(l, ssh, ask);
	if (ask->status == -1)
		return;
	if (ask->status != 0) {
		view_refuses(l, ask);
		return;
	}
	if (l->in->host == NULL)
		return;
	l->options = ask->out;
	if (l->in->answer != NULL)
		*l->in->answer = xstrdup(ask->out);
	fact_put(l->facts, "ssh.options", json_object());
	for (i = 0; i < sizeof(told_options) / sizeof(told_options[0]); i++) {
		snprintf(path, sizeof(path), "ssh.options.%.40s", told_options[i]);
		if (view_option(l, told_options[i], 0, value) != NULL)
			fact_put(l->facts, path,
			    view_told(l, (enum redact)redact_keyword(told_options[i]), value));
	}
	view_algorithms(l, "algorithms");
}

static void
view_keys(struct view *l)
{
	json_t		*list = json_array(), *one;
	struct ssh_key	 key;
	char		 value[VALUE_MAX], path[PATH_MAX];
	int		 i, home;

	for (i = 0; i < LIST_MAX && view_option(l, "identityfile", i, value) != NULL; i++) {
		home = value[0] == '~' && value[1] == '/';
		if (strchr(value, '%') != NULL || strchr(value, '$') != NULL ||
		    (!home && value[0] != '/') || snprintf(path, sizeof(path), "%s%s",
		    home ? l->home : "", value + home) >= (int)sizeof(path))
			continue;
		ssh_key_look(l->in->root, path, geteuid(), &key);
		if (key.there != 1)
			continue;
		one = json_pack("{s:o}", "file", view_told(l, REDACT_PATH, path));
		if (key.mode_ok != -1)
			json_object_set_new(one, "mode_ok", json_boolean(key.mode_ok));
		if (key.encrypted != -1)
			json_object_set_new(one, "encrypted", json_boolean(key.encrypted));
		json_array_append_new(list, one);
	}
	fact_put(l->facts, "ssh.key_files", list);
}

/* The port that counts: of two, the one that the user named. */
static int
view_port(const struct view *l)
{
	char	value[VALUE_MAX];

	if (l->in->port != 0)
		return (l->in->port);
	return (view_option(l, "port", 0, value) != NULL ? atoi(value) : 22);
}

static void
view_proxy(struct view *l)
{
	struct ssh_proxy	p;
	char			value[VALUE_MAX];

	if (view_option(l, "proxycommand", 0, value) == NULL || strcmp(value, "none") == 0)
		return;
	fact_put_truth(l->facts, "ssh.proxy.ours", ssh_proxy_ours(value));
	if (shell_deaf(getenv("SHELL")))
		fact_put_truth(l->facts, "ssh.proxy.no_shell", 1);
	if (ssh_proxy_look(value, l->in->root, l->home, &p) == -1)
		return;
	fact_put(l->facts, "ssh.proxy.program", view_told(l, REDACT_COMMAND, p.program));
	fact_put_truth(l->facts, "ssh.proxy.absolute", p.absolute);
	if (p.there != -1)
		fact_put_truth(l->facts, "ssh.proxy.there", p.there);
	if (p.everywhere != -1)
		fact_put_truth(l->facts, "ssh.proxy.everywhere", p.everywhere);
	if (p.passes_fd != -1)
		fact_put_truth(l->facts, "ssh.proxy.passes_fd", p.passes_fd);
}

/* ssh, what is asked of it, and what hangs on the answers. */
static void
view_program(struct view *l, struct ssh_ask *ask)
{
	char	ssh[PATH_MAX];

	if (ssh_program_find(NULL, ssh) == -1)
		return;
	fact_put(l->facts, "ssh.path", view_told(l, REDACT_PATH, ssh));
	view_version(l, ssh, ask);
	view_options(l, ssh, ask);
	if (l->options == NULL)
		return;
	view_proxy(l);
	if (l->home != NULL) {
		view_keys(l);
		detect_ssh_known(l->facts, l->in, l->home, l->options, view_port(l));
	}
}

/* 1 if a line of a file, or an option, may set one of the lists. */
static int
view_sets_lists(const struct view *l)
{
	char		 path[64];
	size_t		 i;
	char *const	*at = l->in->ssh_args;

	for (; at != NULL && *at != NULL; at++)
		if ((*at)[1] == 'o')
			return (1);
	for (i = 0; i < sizeof(told_lists) / sizeof(told_lists[0]); i++) {
		snprintf(path, sizeof(path), "ssh.where.%.24s", told_lists[i]);
		if (fact_at(l->facts, path) != NULL)
			return (1);
		snprintf(path, sizeof(path), "ssh.conditional.%.24s", told_lists[i]);
		if (fact_at(l->facts, path) != NULL)
			return (1);
	}
	return (0);
}

/* What ssh would take by itself, where the user has it otherwise. */
static void
view_defaults(struct view *l, struct ssh_ask *ask)
{
	char		 ssh[PATH_MAX];
	const char	*argv[] = { ssh, "-F", "none", "-G", "-T", SSH_ASK_ANY, NULL };

	if (l->options == NULL || !view_sets_lists(l) || ssh_program_find(NULL, ssh) == -1)
		return;
	/* Without them, the server would be blamed for a line of the user's. */
	ssh_ask(argv, ANSWER_MS, ask);
	l->options = ask->status == 0 ? ask->out : NULL;
	view_algorithms(l, "defaults");
}

static void
ssh_detect(json_t *facts, const struct detect_input *in)
{
	const struct passwd	*pw = getpwuid(geteuid());
	struct view		 l = { .in = in, .facts = facts };
	struct ssh_ask		*ask = xmalloc(sizeof(*ask));
	char			 home[PATH_MAX] = "", user[64] = "";

	if (pw != NULL) {
		strlcpy(home, pw->pw_dir, sizeof(home));
		strlcpy(user, pw->pw_name, sizeof(user));
		l.home = home;
		l.user = user;
	}
	view_program(&l, ask);
	detect_ssh_where(facts, in, l.home, l.user);
	view_defaults(&l, ask);
	free(ask);
}

const struct detector detect_ssh = {
	.name = "ssh",
	.detect = ssh_detect
};
