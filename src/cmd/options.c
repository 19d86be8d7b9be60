/* SPDX-License-Identifier: ISC */
/* The options of meshssh and meshssh-doctor. */

#include <sys/types.h>
#include <sys/socket.h>

#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/number.h"
#include "base/version.h"
#include "cmd/options.h"

static int
set_family(void *to, const char *value)
{
	struct options	*opts = to;

	if (strcmp(value, "any") == 0)
		opts->family = AF_UNSPEC;
	else if (strcmp(value, "inet") == 0)
		opts->family = AF_INET;
	else if (strcmp(value, "inet6") == 0)
		opts->family = AF_INET6;
	else
		return (-1);
	return (0);
}

static int
set_mss(void *to, const char *value)
{
	struct options	*opts = to;

	if (strcmp(value, "auto") == 0)
		opts->mss = MSS_AUTO;
	else if (strcmp(value, "off") == 0)
		opts->mss = MSS_FULL;
	else
		return (number_parse(value, 88, 32767, &opts->mss));	/* Linux takes no others */
	return (0);
}

/* NAME, or NAME=ADDRESS for a proxy. Arguments are public, so an address has no credentials. */
static int
set_via(void *to, const char *value)
{
	struct options		*opts = to;
	struct plan_choice	*choice = &opts->choice;
	char			 host[ADDR_HOST_MAX + 1];
	size_t			 len = strcspn(value, "=");
	int			 port;

	memset(choice, 0, sizeof(*choice));
	if (strcmp(value, "auto") == 0)
		return (0);
	if ((choice->via = via_find(value, len)) == NULL)
		return (-1);
	if (value[len] == '\0')
		return (0);
	choice->address = value + len + 1;
	return (choice->via->to == VIA_TO_PROXY ? addr_split(choice->address, host, &port) : -1);
}

/* The list is checked where the host is known. */
static int
set_or(void *to, const char *value)
{
	struct options	*opts = to;

	opts->or_names = value;
	return (value[0] != '\0' ? 0 : -1);
}

static int
set_tailscaled(void *to, const char *value)
{
	struct options	*opts = to;

	opts->tailscaled = value;
	return (value[0] != '\0' ? 0 : -1);
}

static int
set_fdpass(void *to, const char *value)
{
	struct options	*opts = to;

	(void)value;
	opts->fdpass = 1;
	return (0);
}

static int
set_timeout(void *to, const char *value)
{
	struct options	*opts = to;

	opts->timeout_given = 1;
	return (number_parse(value, 1, OPTIONS_SECONDS_MAX, &opts->timeout_s));
}

static int
set_connect_timeout(void *to, const char *value)
{
	struct options	*opts = to;

	return (number_parse(value, 1, OPTIONS_SECONDS_MAX, &opts->connect_timeout_s));
}

static int
set_dead_after(void *to, const char *value)
{
	struct options	*opts = to;

	opts->dead_after_given = 1;
	return (number_parse(value, 1, OPTIONS_SECONDS_MAX, &opts->dead_after_s));
}

/* PORT, on loopback there, or ADDRESS:PORT; NULL: what the server offers. */
static int
set_resume_ssh(struct options *opts, const char *value)
{
	struct sockaddr_storage	ss;
	char			host[ADDR_HOST_MAX + 1];

	opts->by_ssh = 1;
	opts->by_ssh_to = value;
	opts->resume = OPTIONS_RESUME_AUTO;
	if (value == NULL)
		return (0);
	if (strchr(value, ':') == NULL)
		return (number_parse(value, 1, 65535, &opts->resume));
	return (addr_split(value, host, &opts->resume) == 0 &&
	    addr_literal(host, 0, &ss) != 0 ? 0 : -1);
}

static int
set_resume(void *to, const char *value)
{
	struct options	*opts = to;

	opts->by_ssh = 0;
	if (strcmp(value, "auto") == 0)
		opts->resume = OPTIONS_RESUME_AUTO;
	else if (strcmp(value, "off") == 0)
		opts->resume = OPTIONS_RESUME_OFF;
	else if (strcmp(value, "ssh") == 0 || strncmp(value, "ssh:", 4) == 0)
		return (set_resume_ssh(opts, value[3] == ':' ? value + 4 : NULL));
	else
		return (number_parse(value, 1, 65535, &opts->resume));
	return (0);
}

static int
set_hold(void *to, const char *value)
{
	struct options	*opts = to;

	return (number_parse(value, 1, OPTIONS_HOLD_MAX, &opts->hold_s));
}

static int
set_no_cache(void *to, const char *value)
{
	struct options	*opts = to;

	(void)value;
	opts->no_cache = 1;
	return (0);
}

static int
set_debug(void *to, const char *value)
{
	struct options	*opts = to;

	(void)value;
	opts->debug++;
	return (0);
}

static int
set_relay(void *to, const char *value)
{
	struct options	*opts = to;

	(void)value;
	opts->relay = 1;
	return (0);
}

static int
set_why(void *to, const char *value)
{
	struct options	*opts = to;

	(void)value;
	opts->mode = OPTIONS_WHY;
	return (0);
}

static int
set_doctor(void *to, const char *value)
{
	struct options	*opts = to;

	(void)value;
	opts->mode = OPTIONS_DOCTOR;
	return (0);
}

static int
set_scan(void *to, const char *value)
{
	struct options	*opts = to;

	(void)value;
	opts->mode = OPTIONS_SCAN;
	return (0);
}

static int
set_tailnet(void *to, const char *value)
{
	struct options	*opts = to;

	(void)value;
	opts->tailnet = 1;
	return (0);
}

static int
set_jobs(void *to, const char *value)
{
	struct options	*opts = to;

	return (number_parse(value, 1, 10000, &opts->jobs));
}

static int
set_json(void *to, const char *value)
{
	struct options	*opts = to;

	(void)value;
	opts->format = OPTIONS_JSON;
	return (0);
}

static int
set_format(void *to, const char *value)
{
	static const char	*const names[] = { [OPTIONS_TEXT] = "text", [OPTIONS_JSON] = "json",
				    [OPTIONS_OPENMETRICS] = "openmetrics" };
	struct options		*opts = to;
	size_t			 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(value, names[i]) == 0) {
			opts->format = (enum options_format)i;
			return (0);
		}
	return (-1);
}

static int
set_output(void *to, const char *value)
{
	struct options	*opts = to;

	opts->output = value;
	return (value[0] != '\0' ? 0 : -1);
}

static int
set_full(void *to, const char *value)
{
	struct options	*opts = to;

	(void)value;
	opts->full = 1;
	return (0);
}

static int
set_replay(void *to, const char *value)
{
	struct options	*opts = to;

	opts->mode = OPTIONS_DOCTOR;
	opts->replay = value;
	return (value[0] != '\0' ? 0 : -1);
}

static int
set_help(void *to, const char *value)
{
	struct options	*opts = to;

	(void)value;
	opts->mode = OPTIONS_HELP;
	return (0);
}

static int
set_version(void *to, const char *value)
{
	struct options	*opts = to;

	(void)value;
	opts->mode = OPTIONS_VERSION;
	return (0);
}

const struct option_row	options_table[] = {
	{ "relay",	NULL,		set_relay,
	    "relay to HOST PORT, which must follow; never run as ssh" },
	{ "why",	NULL,		set_why,
	    "show the last failure: what was tried, and what to do" },
	{ "doctor",	NULL,		set_doctor,
	    "check this machine and the path to HOST [PORT]; say what is wrong" },
	{ "scan",	NULL,		set_scan,
	    "check many hosts, given as arguments or on standard input" },
	{ "tailnet",	NULL,		set_tailnet,	"with --scan: all peers of the mesh" },
	{ "jobs",	"NUMBER",	set_jobs,
	    "with --scan: how many hosts to check at once (256)" },
	{ "json",	NULL,		set_json,
	    "with --doctor and --scan: output for programs" },
	{ "format",	"text|json|openmetrics", set_format,
	    "the same, and for Prometheus with --scan" },
	{ "output",	"FILE",		set_output,
	    "with --scan: replace this file when the scan is complete" },
	{ "full",	NULL,		set_full,
	    "with --doctor: do not redact user names and passwords" },
	{ "replay",	"FILE",		set_replay,	"check a file that --doctor --json wrote" },
	{ "fdpass",	NULL,		set_fdpass,
	    "pass the connected socket to ssh (ProxyUseFdpass yes) and exit" },
	{ "family",	"any|inet|inet6", set_family,	"use only IPv4 or only IPv6 addresses" },
	{ "mss",	"auto|off|BYTES", set_mss,
	    "initial TCP segment size; auto: small where it must be" },
	{ "via",	"auto|direct|localapi|socks5[=ADDRESS]|http[=ADDRESS]", set_via,
	    "the route to the host; auto: through tailscaled where it has no TUN" },
	{ "or",		"NAME[,NAME...]", set_or,
	    "further names or addresses of the host: the first that answers is taken" },
	{ "tailscaled",	"SOCKET",	set_tailscaled,
	    "tailscaled's socket, if not in one of the usual places" },
	{ "timeout",	"SECONDS",	set_timeout,
	    "time limit for each step until the server identifies itself (10)" },
	{ "connect-timeout", "SECONDS",	set_connect_timeout,
	    "ssh's ConnectTimeout: report a failure before ssh gives up" },
	{ "dead-after",	"SECONDS",	set_dead_after,
	    "end the session when the host stops responding for this long (30, later 900)" },
	{ "resume",	"auto|off|PORT|ssh[:PORT|:ADDRESS:PORT]", set_resume,
	    "let the session outlive its connections, where the host runs meshssh-serve" },
	{ "hold",	"SECONDS",	set_hold,
	    "keep such a session without a network for this long (86400)" },
	{ "no-cache",	NULL,		set_no_cache,	"do not read or write the path MTU cache" },
	{ "debug",	NULL,		set_debug,
	    "print what meshssh does; twice: every detail" },
	{ "help",	NULL,		set_help,	"print this text" },
	{ "version",	NULL,		set_version,	"print the version" },
	{ NULL,		NULL,		NULL,		NULL }
};

static int
options_set_cb(void *opts, const struct option_row *row, const char *value, struct error *err)
{
	return (row->set(opts, value) == -1 ? option_bad(row, value, err) : 0);
}

int
options_parse(struct options *opts, int argc, char **argv, int *rest, struct error *err)
{
	const struct option_row	*row;
	const char		*value;
	int			 i = 1, n;

	memset(opts, 0, sizeof(*opts));
	opts->family = AF_UNSPEC;
	opts->mss = MSS_AUTO;
	opts->timeout_s = 10;
	opts->dead_after_s = 30;
	opts->hold_s = OPTIONS_HOLD_S;
	opts->jobs = 256;
	while (i < argc && (n = option_take(options_table, argv + i, &row, &value, err)) != 0) {
		if (n == -1)
			return (-1);
		if (options_set_cb(opts, row, value, err) == -1)
			return (-1);
		i += n;
	}
	*rest = i;
	return (0);
}

int
options_gather(struct options *opts, char **words, struct error *err)
{
	return (option_gather(options_table, words, options_set_cb, opts, err));
}

void
options_usage(FILE *fp)
{
	fprintf(fp,
	    "usage: meshssh [--options] --relay -- HOST PORT  relay, for ssh's ProxyCommand\n"
	    "       meshssh [--options] [ssh arguments]       ssh, through the relay\n"
	    "       meshssh --doctor [--options] [ssh options] [HOST [PORT]]\n"
	    "       meshssh --scan [--options] [HOST...]\n"
	    "       meshssh --why | --help | --version\n\n");
	option_usage(fp, options_table);
	fprintf(fp, "\nSee meshssh(1) and meshssh-messages(7).\n");
}

int
options_answer(const struct options *opts, const char *program, const char *(*libsodium)(void))
{
	if (opts->mode == OPTIONS_HELP)
		options_usage(stdout);
	else if (opts->mode == OPTIONS_VERSION)
		version_print(stdout, program, libsodium());
	return (opts->mode == OPTIONS_HELP || opts->mode == OPTIONS_VERSION);
}
