/* SPDX-License-Identifier: ISC */
/* meshssh-config nix check. */

#include <sys/types.h>
#include <sys/ioctl.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/json.h"
#include "config/conf-nix.h"
#include "config/conf.h"
#include "facts/nix-daemon.h"
#include "facts/nix-machines.h"
#include "os/run.h"
#include "rules/rules.h"
#include "state/record.h"

#define VERSION_MS	5000
#define ASK_MS		45000	/* three times what a block of ours gives ssh to connect */
#define SAID_MAX	2048
#define URL_MAX		4096
#define DAEMON_PATH	"/usr/bin:/bin:/usr/sbin:/sbin"	/* launchd's, and near systemd's */
#define NIXOS_BIN	"/run/current-system/sw/bin"

/* Where installers put it; a daemon's PATH, or sudo's, may have none of these. */
static const char	places[][48] = {
	"/nix/var/nix/profiles/default/bin/nix", NIXOS_BIN "/nix", "/usr/bin/nix",
	"/usr/local/bin/nix"
};

/* One call. */
struct check {
	struct conf	*conf;
	const char	*host;		/* the one that is wanted; NULL: each one */
	char		 nix[PATH_MAX];
	int		 old;		/* before 2.19, info was called ping */
	int		 seen;
	int		 failed;
};

static int
check_find(struct check *c, struct error *err)
{
	const char	*dirs = getenv("PATH");
	size_t		 i;

	while (run_place(&dirs, "", "nix", c->nix))
		if (access(c->nix, X_OK) == 0)
			return (0);
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		strlcpy(c->nix, places[i], sizeof(c->nix));
		if (access(c->nix, X_OK) == 0)
			return (0);
	}
	error_set(err, CODE_NO_NIX, "there is no nix here");
	return (-1);
}

/* "nix (Nix) 2.8.0" */
static int
check_version(struct check *c, struct error *err)
{
	char		text[256];
	struct run_text	out = { .buf = text, .size = sizeof(text) };
	const char	*argv[] = { c->nix, "--version", NULL }, *word;
	int		major, minor;

	if (run(argv, VERSION_MS, &out, NULL, NULL) != 0 || (word = strrchr(text, ' ')) == NULL ||
	    sscanf(word, "%4d.%4d", &major, &minor) != 2) {
		error_set(err, CODE_NO_NIX, "%.100s does not say its version", c->nix);
		return (-1);
	}
	c->old = major < 2 || (major == 2 && minor < 19);
	return (0);
}

/* In the child: no terminal. */
static void
check_as_daemon(void)
{
	int	fd;

	if ((fd = open("/dev/tty", O_RDWR | O_CLOEXEC)) != -1)
		ioctl(fd, TIOCNOTTY);
	if (chdir("/") == -1)
		_exit(127);
}

/* What nix-daemon gives to ssh: no agent, no home, nothing of the caller's environment. */
static void
check_environment(char dirs[128], char sshopts[528], char *envp[4])
{
	static char	tmp[] = "TMPDIR=/tmp", options[512];

	snprintf(dirs, 128, "PATH=%s%s", DAEMON_PATH, access(NIXOS_BIN, F_OK) == 0 ?
	    ":" NIXOS_BIN : "");
	nix_daemon_sshopts("", options, sizeof(options));
	snprintf(sshopts, 528, "NIX_SSHOPTS=%s", options);
	envp[0] = dirs;
	envp[1] = tmp;
	envp[2] = options[0] != '\0' ? sshopts : NULL;
	envp[3] = NULL;
}

/* The URL that Nix makes of the line. */
static void
check_url(const struct nix_machine *m, char url[URL_MAX])
{
	int	v6 = strchr(m->host, ':') != NULL;
	char	port[12] = "";

	if (m->port != 0)
		snprintf(port, sizeof(port), ":%d", m->port);
	snprintf(url, URL_MAX, "%s://%s%s%s%s%s%s%s%s%s%s", m->scheme, m->user,
	    m->user[0] != '\0' ? "@" : "", v6 ? "[" : "", m->host, v6 ? "]" : "", port,
	    m->key[0] != '\0' ? "?ssh-key=" : "", m->key,
	    m->pinned[0] == '\0' ? "" : m->key[0] != '\0' ? "&base64-ssh-public-host-key=" :
	    "?base64-ssh-public-host-key=", m->pinned);
}

/* Without the colours that nix gives even where nobody looks. */
static void
check_strip(char *text)
{
	char	*to = text;

	while (*text != '\0')
		if (text[0] == '\033' && text[1] == '[') {
			text += 2;
			text += strspn(text, "0123456789;");
			text += *text != '\0';
		} else
			*to++ = *text++;
	*to = '\0';
}

/* The lines of nix and of ssh that tell why, and what meshssh put on record meanwhile. */
static void
check_said(char *said, time_t since)
{
	static struct record	record;
	char			path[PATH_MAX], line[400], *rest = said, *word;

	check_strip(said);
	/* ssh ends its lines as a terminal in raw mode wants them. */
	while ((word = strsep(&rest, "\r\n")) != NULL)
		if (word[strspn(word, " \t\r")] != '\0' && strncmp(word, "warning: ", 9) != 0)
			printf("    %s\n", error_vis(line, sizeof(line), word));
	if (record_path(path) == 0 && record_read(path, 0, &record, NULL) == 1 &&
	    record.when >= since)
		printf("    on record: %s\n    do: %s\n", record.err.text,
		    code_row(record.err.code)->cure);
}

/*
 * Whether the builder trusts who asks, as Nix from 2.14 on tells for ssh-ng: 1, 0, or -1 if it does
 * not. Without that it answers, and takes no build.
 */
static int
check_trust(char *text)
{
	const char	*at;

	check_strip(text);
	at = strstr(text, "Trusted: ");
	return (at == NULL ? -1 : at[strlen("Trusted: ")] == '1');
}

/* 0 if the builder answers, and does not say that it takes no builds. */
static int
check_ask(const struct check *c, const char *url, const char *how, const struct run_child *child)
{
	static char	said[SAID_MAX], out[SAID_MAX];
	struct run_text	text = { .buf = out, .size = sizeof(out) },
			    errors = { .buf = said, .size = sizeof(said) };
	const char	*argv[] = { c->nix, "--extra-experimental-features", "nix-command", "store",
			    c->old ? "ping" : "info", "--store", url, NULL };
	time_t		since = time(NULL);
	int		status, trust = -1;

	fflush(stdout);
	status = run(argv, ASK_MS, &text, &errors, child);
	if (status == 0 && (trust = check_trust(out)) == -1)
		trust = check_trust(said);
	printf("  %s: %s%s\n", how, status == 0 ? "it answers" : status == -1 ?
	    "no answer in time" : "it does not answer", status != 0 ? "" :
	    trust == 1 ? ", and trusts this user" : trust == 0 ?
	    ", and does not trust this user, so it takes no builds" :
	    "; that it trusts this user, without which it takes no builds, Nix does not tell");
	if (trust == 0)
		printf("    do: on the builder, in nix.conf: trusted-users = root and this user; then "
		    "restart nix-daemon\n");
	if (status != 0)
		check_said(said, since);
	return (status == 0 && trust != 0 ? 0 : -1);
}

/* What the doctor thinks of it. */
static void
check_doctor(struct check *c, const char *host)
{
	struct error	 err = { .code = CODE_NONE };
	json_t		*doc = conf_document(c->conf, host, &err);

	if (doc != NULL && rules_check(doc) == 0) {
		printf("\n");
		report_text(stdout, doc, 0);
	}
	json_decref(doc);
}

static void
check_machine_cb(void *arg, const struct nix_machine *m)
{
	struct check	*c = arg;
	char		 url[URL_MAX], where[300] = "not on Nix's list", shown[300];
	char		 dirs[128], sshopts[528], *envp[4];
	struct run_child daemon = { .envp = envp, .hook = check_as_daemon };
	int		 failed;

	if (!m->ssh || (c->host != NULL && strcasecmp(c->host, m->host) != 0))
		return;
	if (m->file[0] != '\0')
		snprintf(where, sizeof(where), "%s:%d", m->file, m->line);
	printf("%s%s (%s)\n", c->seen++ > 0 ? "\n" : "", error_vis(url, 256, m->uri),
	    error_vis(shown, sizeof(shown), where));
	if (m->error[0] != '\0')
		printf("  Nix cannot read this line: %s\n",
		    error_vis(shown, sizeof(shown), m->error));
	check_url(m, url);
	failed = m->error[0] != '\0' || check_ask(c, url, "as you are", NULL) == -1;
	if (geteuid() == 0) {
		/* The relay keeps its record where it finds a home, and so it is sought. */
		unsetenv("XDG_CACHE_HOME");
		check_environment(dirs, sshopts, envp);
		failed = m->error[0] != '\0' || check_ask(c, url, "as nix-daemon runs it",
		    &daemon) == -1;
	} else
		printf("  as nix-daemon runs it: only root can try\n");
	if (failed && addr_host_ok(m->host))
		check_doctor(c, m->host);
	c->failed |= failed;
}

/* The list that nix --install wrote, and that a later line keeps Nix from reading. */
static void
check_list(struct check *c)
{
	char	builders[NIX_BUILDERS_MAX], where[256], shown[300];
	int	line;

	nix_builders("", builders);
	if (access(EMIT_NIX_MACHINES, F_OK) == -1 ||
	    strstr(builders, "@" EMIT_NIX_MACHINES) != NULL)
		return;
	c->failed = 1;
	if ((line = nix_builders_where("", where)) > 0)
		printf("%s is not read: %s:%d sets builders without it, and the last such line counts\n",
		    EMIT_NIX_MACHINES, error_vis(shown, sizeof(shown), where), line);
	else
		printf("%s is not read: no line of nix.conf names it\n", EMIT_NIX_MACHINES);
}

int
conf_nix_check(struct conf *conf, const char *host, struct error *err)
{
	struct check		c = { .conf = conf, .host = host };
	struct nix_machine	m;
	char			text[ADDR_HOST_MAX + 1];

	if (host != NULL && conf_host_ok(conf, host, err) == -1)
		return (-1);
	if (check_find(&c, err) == -1 || check_version(&c, err) == -1)
		return (-1);
	check_list(&c);
	nix_machines_read("", check_machine_cb, &c);
	if (c.seen == 0 && host == NULL) {
		error_set(err, CODE_USAGE, "Nix's list of builders has none that ssh reaches");
		return (-1);
	}
	strlcpy(text, host != NULL ? host : "", sizeof(text));
	if (c.seen == 0 && nix_machine_parse(text, &m) == 1) {
		strlcpy(m.scheme, "ssh-ng", sizeof(m.scheme));
		check_machine_cb(&c, &m);
	}
	conf->status = c.failed;
	return (0);
}
