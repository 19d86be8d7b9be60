/* SPDX-License-Identifier: ISC */
/* The options of meshssh and meshssh-doctor. */

#include <sys/types.h>
#include <sys/socket.h>

#include <string.h>

#include "base/error.h"
#include "base/number.h"
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

/* NAME, or NAME=ADDRESS for a proxy. Credentials are no part of an address: everybody sees the arguments. */
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
set_dead_after(void *to, const char *value)
{
	struct options	*opts = to;

	opts->dead_after_given = 1;
	return (number_parse(value, 1, OPTIONS_SECONDS_MAX, &opts->dead_after_s));
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
	opts->json = 1;
	return (0);
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
	    "relay to HOST PORT, which must follow; never become ssh" },
	{ "why",	NULL,		set_why,	"tell the last failure: what was tried, and what to do" },
	{ "doctor",	NULL,		set_doctor,	"look at this machine and at the path to HOST [PORT]; say what is wrong" },
	{ "scan",	NULL,		set_scan,	"look at many hosts, given as arguments or on standard input" },
	{ "tailnet",	NULL,		set_tailnet,	"with --scan: all peers of the mesh" },
	{ "jobs",	"NUMBER",	set_jobs,	"with --scan: so many hosts at once (256)" },
	{ "json",	NULL,		set_json,	"with --doctor and --scan: for programs" },
	{ "full",	NULL,		set_full,	"with --doctor: user names and passwords, too" },
	{ "replay",	"FILE",		set_replay,	"judge a file that --doctor --json has written once more" },
	{ "fdpass",	NULL,		set_fdpass,	"hand the connection to ssh (ProxyUseFdpass yes) and end" },
	{ "family",	"any|inet|inet6", set_family,	"use only IPv4 or only IPv6 addresses" },
	{ "mss",	"auto|off|BYTES", set_mss,	"size of TCP segments to begin with; auto: small where it must be" },
	{ "via",	"auto|direct|localapi|socks5[=ADDRESS]|http[=ADDRESS]", set_via,
	    "the way to the host; auto: tailscaled's where there is no TUN" },
	{ "tailscaled",	"SOCKET",	set_tailscaled,	"where tailscaled listens, if not at the usual place" },
	{ "timeout",	"SECONDS",	set_timeout,	"limit for each step until the server has spoken (10)" },
	{ "dead-after",	"SECONDS",	set_dead_after,	"give up when the other side is silent for so long (30)" },
	{ "no-cache",	NULL,		set_no_cache,	"neither use nor keep what was learned of the path" },
	{ "debug",	NULL,		set_debug,	"say what is done; twice: everything" },
	{ "help",	NULL,		set_help,	"this text" },
	{ "version",	NULL,		set_version,	"the version" },
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
	fprintf(fp, "usage: meshssh [--options] --relay -- HOST PORT  relay, as ssh's ProxyCommand\n"
	    "       meshssh [--options] [ssh arguments]       ssh, with the relay as its ProxyCommand\n"
	    "       meshssh --doctor [--options] [HOST [PORT]]\n"
	    "       meshssh --scan [--options] [HOST...]\n"
	    "       meshssh --why | --help | --version\n\n");
	option_usage(fp, options_table);
	fprintf(fp, "\nSee meshssh(1) and meshssh-messages(7).\n");
}
