/* SPDX-License-Identifier: ISC */
/* meshssh --doctor. */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/terminal.h"
#include "base/xalloc.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "facts/upgrade.h"
#include "os/os.h"
#include "probe/collect.h"
#include "probe/probe.h"
#include "rules/rules.h"
#include "sshconf/ssh-host.h"

#define REPLAY_BYTES_MAX (4 << 20)
/* No list and no text of a document comes near: rules compare lists with lists. */
#define REPLAY_MEMBERS_MAX	1024
#define REPLAY_TEXT_MAX		4096
/* Jump hosts of jump hosts that are looked at, or read. */
#define JUMPS_MAX		4

/* Before anything is done that leaves a trace on the server. */
static void
doctor_announce(const char *host)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr,
		    "%s will be connected to up to %d times; its log will show connections that end before a login.\n",
		    host, PROBE_CONNECTIONS_MAX);
}

/* ssh's ProxyCommand runs meshssh so: the doctor looks as that one does. */
static int
doctor_own(struct collect *exam, char **words, const char *host, int port)
{
	struct options	 opts;
	struct error	 err = { .code = CODE_NONE };
	int		 count = 0, rest;

	while (words[count] != NULL)
		count++;
	if (options_parse(&opts, count, words, &rest, &err) == -1 || opts.mode != OPTIONS_RUN ||
	    opts.tailscaled != NULL || opts.or_names != NULL)
		return (-1);
	rest += rest < count && strcmp(words[rest], "--") == 0;
	if (count != rest + 2 || strcasecmp(words[rest], host) != 0 ||
	    addr_port(words[rest + 1]) != port)
		return (-1);
	exam->choice = opts.choice;
	exam->family = exam->family != AF_UNSPEC ? exam->family : opts.family;
	return (0);
}

/*
 * Look at the machine and, if there is a host, at the path to it; the port may be meant for ssh
 * whatever its number.
 */
static json_t *
doctor_look(const struct options *opts, const char *host, int port, int ssh,
    char *const *ssh_args)
{
	struct collect	exam = { .look = { .root = "", .host = host, .port = port,
			    .tailscaled = opts->tailscaled, .full = opts->full,
			    .ssh_args = ssh_args },
			    .ssh = ssh,
			    .timeout_ms = opts->timeout_given ? opts->timeout_s * 1000 : 5000,
			    .dead_after_s = opts->dead_after_s, .announce = doctor_announce,
			    .progress = terminal_doing,
			    .as_ssh = 1, .own = doctor_own,
			    .choice = opts->choice, .family = opts->family };

	return (collect(&exam));
}

/*
 * The host that ssh connects to first, of "[ssh://][USER@]HOST[:PORT][,...]"; the port is 0 if none
 * is given. 0, or -1 if there is none.
 */
static int
doctor_jump(const json_t *doc, char host[ADDR_HOST_MAX + 1], int *port)
{
	const char	*text = json_text_at(doc, "facts.ssh.options.proxyjump"), *at;
	char		 hop[ADDR_AUTHORITY_MAX];
	size_t		 len;

	if (text == NULL || json_at(doc, "facts.connect.unseen") == NULL)
		return (-1);
	if (strncmp(text, "ssh://", 6) == 0)
		text += 6;
	snprintf(hop, sizeof(hop), "%.*s", (int)strcspn(text, ","), text);
	text = (at = strrchr(hop, '@')) != NULL ? at + 1 : hop;
	*port = 0;
	if (addr_split(text, host, port) == 0)
		return (addr_host_ok(host) ? 0 : -1);
	len = strlen(text);
	if (text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	snprintf(host, ADDR_HOST_MAX + 1, "%.*s", (int)len, text);
	return (addr_host_ok(host) && strcmp(host, "...") != 0 ? 0 : -1);
}

/* The -F of ssh's options, as one word, of which the last counts; or NULL. */
static char *
doctor_file(const struct options *opts)
{
	char	**at, *file = NULL;

	for (at = opts->ssh_args; *at != NULL; at++)
		if ((*at)[1] == 'F')
			file = *at;
	return (file);
}

/*
 * ssh starts at a jump host, and that one may be behind another. Of its options, the ssh that goes
 * there is given -F alone.
 */
static void
doctor_look_jumps(const struct options *opts, json_t *doc)
{
	char	 host[ADDR_HOST_MAX + 1], *args[] = { doctor_file(opts), NULL };
	json_t	*jump;
	int	 n, port;

	for (n = 0; n < JUMPS_MAX && doctor_jump(doc, host, &port) == 0; n++) {
		if ((jump = doctor_look(opts, host, port, 1, args)) == NULL)
			return;
		json_put(doc, "jump", jump);
		doc = json_object_get(doc, "jump");
	}
}

/*
 * Only memory and standard output are needed from here on, and what others have written is about to
 * be read.
 */
static void
doctor_confine(void)
{
	/* What keeps a document from choosing its hashes comes from a file. */
	json_object_seed(0);
	log_debug(1, "the sandbox confines: %s", os_sandbox(NULL));
}

/* 0 if it is a document of ours, and those of its jump hosts are. */
static int
doctor_upgrade(json_t *doc)
{
	int	 n = 0;

	do {
		if (facts_upgrade(doc) == -1)
			return (-1);
		doc = json_object_get(doc, "jump");
	} while (n++ < JUMPS_MAX && doc != NULL);
	return (0);
}

/* A document that was saved, to be judged again; NULL with the error set. */
static json_t *
doctor_replay(const char *path, struct error *err)
{
	json_t	*doc = NULL;
	char	*buf = xmalloc(REPLAY_BYTES_MAX);
	ssize_t	 len = file_read(path, buf, REPLAY_BYTES_MAX);
	int	 error = errno;

	doctor_confine();
	if (len == -1)
		error_set(err, CODE_INPUT, "%.100s: %s", path, strerror(error));
	else if ((doc = json_parse(buf, (size_t)len, 0)) == NULL || doctor_upgrade(doc) == -1)
		error_set(err, CODE_INPUT,
		    "%.100s: not a document of --doctor --json, version 1 to %d", path,
		    FACTS_VERSION);
	else if (!json_within(doc, REPLAY_MEMBERS_MAX, REPLAY_TEXT_MAX))
		error_set(err, CODE_INPUT,
		    "%.100s: a list or text in it is longer than any that --doctor writes", path);
	free(buf);
	if (err->code == CODE_NONE)
		return (doc);
	json_decref(doc);
	return (NULL);
}

/* In colour only where a person looks on who has not asked for none (no-color.org). */
static int
doctor_colour(void)
{
	const char	*no = getenv("NO_COLOR");

	return (terminal_can(STDOUT_FILENO) && (no == NULL || no[0] == '\0'));
}

/* As addr_host_ok; a ProxyCommand may understand paths as well: vsock/3, unix%/run/x. */
static int
doctor_host_ok(const char *host)
{
	char	 plain[ADDR_HOST_MAX + 2], *slash;

	strlcpy(plain, host, sizeof(plain));
	while ((slash = strchr(plain, '/')) != NULL)
		*slash = '.';
	return (addr_host_ok(plain));
}

static void
doctor_bad_host(struct error *err, const char *host)
{
	error_set(err, CODE_BAD_HOST, "\"%.60s\" is not a host name or address", host);
}

/*
 * The operands: HOST may be "HOST:PORT", which goes into the buffer. 0, and the port or 0 for that
 * of ssh; or -1 with the error set.
 */
static int
doctor_operands(const struct options *opts, const char **host, const char *port,
    char split[ADDR_HOST_MAX + 1], int *number, struct error *err)
{
	const char	*file = doctor_file(opts);
	int		 its_own;

	*number = 0;
	if (*host != NULL && ssh_host_split(*host, file != NULL ? file + 2 : NULL, split,
	    &its_own) == 0) {
		if (port != NULL) {
			error_set(err, CODE_USAGE, "\"%.60s\" already has a port; remove \"%.20s\"",
			    *host, port);
			return (-1);
		}
		*host = split;
		*number = its_own;
	}
	if (*host != NULL && !doctor_host_ok(*host)) {
		doctor_bad_host(err, *host);
		return (-1);
	}
	if (port != NULL && (*number = addr_port(port)) == -1) {
		error_set(err, CODE_BAD_PORT, "\"%.40s\" is not a port", port);
		return (-1);
	}
	return (0);
}

/*
 * The document and those of its jump hosts, judged. The exit status is the worst: 2 before 1 before
 * 0.
 */
static int
doctor_judge(json_t *doc)
{
	int	 n = 0, status = 0, one;

	do {
		rules_check(doc);
		if ((one = report_status(doc)) > status)
			status = one;
		doc = json_object_get(doc, "jump");
	} while (n++ < JUMPS_MAX && json_is_object(doc));
	return (status);
}

static void
doctor_print(const json_t *doc)
{
	int	 n = 0;

	report_text(stdout, doc, doctor_colour());
	for (doc = json_object_get(doc, "jump"); n++ < JUMPS_MAX && json_is_object(doc);
	    doc = json_object_get(doc, "jump")) {
		printf("\nssh connects to this jump host first:\n");
		report_text(stdout, doc, doctor_colour());
	}
}

int
cmd_doctor(const struct options *opts, const char *host, const char *port, int *status,
    struct error *err)
{
	char	 split[ADDR_HOST_MAX + 1];
	json_t	*doc;
	int	 number;

	if (doctor_operands(opts, &host, port, split, &number, err) == -1)
		return (-1);
	if (opts->replay != NULL) {
		if ((doc = doctor_replay(opts->replay, err)) == NULL)
			return (-1);
	} else {
		doc = doctor_look(opts, host, number, 0, opts->ssh_args);
		if (doc == NULL && errno == EINVAL && host != NULL) {
			doctor_bad_host(err, host);
			return (-1);
		}
		if (doc == NULL) {
			error_errno(err, errno, "cannot look at this machine");
			return (-1);
		}
		doctor_look_jumps(opts, doc);
		doctor_confine();
	}
	*status = doctor_judge(doc);
	if (opts->format != OPTIONS_JSON)
		doctor_print(doc);
	else
		json_print(stdout, doc, JSON_INDENT(1) | JSON_SORT_KEYS);
	json_decref(doc);
	return (0);
}
