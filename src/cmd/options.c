#include <sys/types.h>
#include <sys/socket.h>

#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "cmd/options.h"

static int
set_family(struct options *opts, const char *value)
{
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
set_mss(struct options *opts, const char *value)
{
	if (strcmp(value, "auto") == 0)
		opts->mss = LADDER_AUTO;
	else if (strcmp(value, "off") == 0)
		opts->mss = LADDER_FULL;
	else
		return (number_parse(value, 88, 32767, &opts->mss));	/* Linux takes no others */
	return (0);
}

/* NAME, or NAME=ADDRESS for a proxy. Credentials are no part of an address: everybody sees the arguments. */
static int
set_via(struct options *opts, const char *value)
{
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
	return (choice->via->takes_address ? addr_split(choice->address, host, &port) : -1);
}

static int
set_tailscaled(struct options *opts, const char *value)
{
	opts->tailscaled = value;
	return (value[0] != '\0' ? 0 : -1);
}

static int
set_fdpass(struct options *opts, const char *value)
{
	(void)value;
	opts->fdpass = 1;
	return (0);
}

static int
set_timeout(struct options *opts, const char *value)
{
	opts->timeout_given = 1;
	return (number_parse(value, 1, OPTIONS_SECONDS_MAX, &opts->timeout_s));
}

static int
set_dead_after(struct options *opts, const char *value)
{
	opts->dead_after_given = 1;
	return (number_parse(value, 1, OPTIONS_SECONDS_MAX, &opts->dead_after_s));
}

static int
set_no_cache(struct options *opts, const char *value)
{
	(void)value;
	opts->no_cache = 1;
	return (0);
}

static int
set_debug(struct options *opts, const char *value)
{
	(void)value;
	opts->debug++;
	return (0);
}

static int
set_why(struct options *opts, const char *value)
{
	(void)value;
	opts->mode = OPTIONS_WHY;
	return (0);
}

static int
set_doctor(struct options *opts, const char *value)
{
	(void)value;
	opts->mode = OPTIONS_DOCTOR;
	return (0);
}

static int
set_scan(struct options *opts, const char *value)
{
	(void)value;
	opts->mode = OPTIONS_SCAN;
	return (0);
}

static int
set_jobs(struct options *opts, const char *value)
{
	return (number_parse(value, 1, 10000, &opts->jobs));
}

static int
set_json(struct options *opts, const char *value)
{
	(void)value;
	opts->json = 1;
	return (0);
}

static int
set_full(struct options *opts, const char *value)
{
	(void)value;
	opts->full = 1;
	return (0);
}

static int
set_replay(struct options *opts, const char *value)
{
	opts->mode = OPTIONS_DOCTOR;
	opts->replay = value;
	return (value[0] != '\0' ? 0 : -1);
}

static int
set_help(struct options *opts, const char *value)
{
	(void)value;
	opts->mode = OPTIONS_HELP;
	return (0);
}

static int
set_version(struct options *opts, const char *value)
{
	(void)value;
	opts->mode = OPTIONS_VERSION;
	return (0);
}

const struct options_row	options_table[] = {
	{ "why",	NULL,		set_why,	"tell the last failure: what was tried, and what to do" },
	{ "doctor",	NULL,		set_doctor,	"look at this machine and at the path to HOST [PORT]; say what is wrong" },
	{ "scan",	NULL,		set_scan,	"look at many hosts, given as arguments or on standard input" },
	{ "jobs",	"NUMBER",	set_jobs,	"with --scan: so many hosts at once (256)" },
	{ "json",	NULL,		set_json,	"with --doctor and --scan: for programs" },
	{ "full",	NULL,		set_full,	"with --doctor: user names and home folders, too" },
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

/* The row for a word "--name" or "--name=value"; *value is behind the "=", or NULL. */
static const struct options_row *
options_find(const char *word, const char **value)
{
	const struct options_row	*row;
	size_t				 len = strcspn(word + 2, "=");

	*value = word[2 + len] == '=' ? word + 2 + len + 1 : NULL;
	for (row = options_table; row->name != NULL; row++)
		if (strlen(row->name) == len && strncmp(row->name, word + 2, len) == 0)
			return (row);
	return (NULL);
}

int
options_parse(struct options *opts, int argc, char **argv, int *rest, struct error *err)
{
	const struct options_row	*row;
	const char			*value, *word;
	int				 i;

	memset(opts, 0, sizeof(*opts));
	opts->family = AF_UNSPEC;
	opts->mss = LADDER_AUTO;
	opts->timeout_s = 10;
	opts->dead_after_s = 30;
	opts->jobs = 256;
	for (i = 1; i < argc && strncmp(argv[i], "--", 2) == 0 && argv[i][2] != '\0'; i++) {
		word = argv[i];
		if ((row = options_find(word, &value)) == NULL) {
			error_set(err, MSG_USAGE, "%.60s: there is no such option", word);
			return (-1);
		}
		if (row->value == NULL && value != NULL) {
			error_set(err, MSG_USAGE, "--%s takes no value", row->name);
			return (-1);
		}
		if (row->value != NULL && value == NULL)
			value = i + 1 < argc ? argv[++i] : "";
		if (row->set(opts, value) == -1) {
			/* Who wrote a password into an address shall not find it in a log. */
			value = strchr(value, '@') != NULL ? "...@..." : value;
			error_set(err, MSG_USAGE, "--%s=%s, not \"%.40s\"", row->name, row->value, value);
			return (-1);
		}
	}
	*rest = i;
	return (0);
}

void
options_usage(FILE *fp)
{
	const struct options_row	*row;
	char				 word[80];
	const int			 column = 26;

	fprintf(fp, "usage: meshssh [--options] HOST PORT        relay, as ssh's ProxyCommand\n"
	    "       meshssh [--options] [ssh arguments]  ssh, with the relay as its ProxyCommand\n"
	    "       meshssh --doctor [--options] [HOST [PORT]]\n"
	    "       meshssh --scan [--options] [HOST...]\n"
	    "       meshssh --why | --help | --version\n\n");
	for (row = options_table; row->name != NULL; row++) {
		snprintf(word, sizeof(word), "--%s%s%s", row->name, row->value != NULL ? "=" : "",
		    row->value != NULL ? row->value : "");
		if (strlen(word) > (size_t)column)
			fprintf(fp, "  %s\n  %*s %s\n", word, column, "", row->text);
		else
			fprintf(fp, "  %-*s %s\n", column, word, row->text);
	}
	fprintf(fp, "\nSee meshssh(1) and meshssh-messages(7).\n");
}
