#include <sys/types.h>
#include <sys/resource.h>

#include <event2/event.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "advice/glance.h"
#include "base/addr.h"
#include "base/error.h"
#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "facts/facts.h"
#include "probe/scan.h"

#define SCAN_SPARE	64	/* descriptors for everything else */
#define SCAN_EACH	4	/* descriptors that one host may need: two attempts, the resolver's pipe */

struct list {
	const struct options	*opts;
	char			**words;	/* hosts as arguments, */
	FILE			*fp;		/* or lines of them, or NULL */
	char			 line[ADDR_HOST_MAX + 2];
	int			 begun, ok, bad;
	int			 failed[MSG_COUNT];
	int			 odd;		/* words that are no hosts */
};

/* A word that is no host is told, and passed over. */
static const char *
list_host(struct list *list, const char *word)
{
	char	shown[64];

	if (addr_host_ok(word)) {
		list->begun++;
		return (word);
	}
	list->odd++;
	fprintf(stderr, "meshssh: \"%.60s\" is no host name or address\n", error_vis(shown, sizeof(shown), word));
	return (NULL);
}

static const char *
list_next_cb(void *arg)
{
	struct list	*list = arg;
	const char	*host;
	int		 c;

	if (list->fp == NULL) {
		while (*list->words != NULL)
			if ((host = list_host(list, *list->words++)) != NULL)
				return (host);
		return (NULL);
	}
	while (fgets(list->line, sizeof(list->line), list->fp) != NULL) {
		/* The rest of a line that is too long for a host. */
		if (strchr(list->line, '\n') == NULL)
			while ((c = getc(list->fp)) != EOF && c != '\n')
				continue;
		list->line[strcspn(list->line, " \t\r\n#")] = '\0';
		if (list->line[0] != '\0' && (host = list_host(list, list->line)) != NULL)
			return (host);
	}
	return (NULL);
}

static void
list_progress(const struct list *list, int over)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (over)
		fputs("\r\033[K", stderr);
	else
		fprintf(stderr, "\r\033[K%d reached, %d not, %d under way", list->ok, list->bad,
		    list->begun - list->ok - list->bad);
	fflush(stderr);
}

static void
row_text(const struct scan_row *row)
{
	if (row->ok)
		printf("%-32s %6d ms  %-8s %s%s%s\n", row->host, row->ms, row->route, row->address,
		    row->address[0] != '\0' ? "  " : "", row->server);
	else
		printf("%-32s %6d ms  %-8s %s\n", row->host, row->ms, "-", glance_said(row->err.text));
}

static void
row_json(const struct scan_row *row)
{
	json_t	*object = json_pack("{s:s, s:i, s:b, s:i, s:s, s:s}", "host", row->host, "port", row->port, "ok", row->ok,
		    "ms", row->ms, "route", row->route, "address", row->address);

	if (row->ok)
		json_put(object, "server", json_string(row->server));
	else {
		json_put(object, "message", json_string(error_row(row->err.code)->name));
		json_put(object, "text", json_string(row->err.text));
	}
	if (json_dumpf(object, stdout, JSON_COMPACT | JSON_SORT_KEYS) == 0)
		putchar('\n');
	json_decref(object);
}

static void
list_row_cb(const struct scan_row *row, void *arg)
{
	struct list	*list = arg;

	list_progress(list, 1);
	if (list->opts->json)
		row_json(row);
	else
		row_text(row);
	fflush(stdout);
	*(row->ok ? &list->ok : &list->bad) += 1;
	list->failed[row->err.code]++;
	list_progress(list, 0);
}

static void
list_summary(const struct list *list)
{
	int	code;

	printf("\n%d reached, %d not", list->ok, list->bad);
	for (code = MSG_NONE + 1; code < MSG_COUNT; code++)
		if (list->failed[code] > 0)
			printf(", %d %s", list->failed[code], error_row((enum message)code)->name);
	putchar('\n');
}

/* So many hosts at once as were asked for, if there are descriptors for them. */
static int
scan_jobs(const struct options *opts)
{
	struct rlimit	limit;
	rlim_t		most;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return (opts->jobs);
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
			getrlimit(RLIMIT_NOFILE, &limit);
	}
	most = limit.rlim_cur > SCAN_SPARE + SCAN_EACH ? (limit.rlim_cur - SCAN_SPARE) / SCAN_EACH : 1;
	return ((rlim_t)opts->jobs < most ? opts->jobs : (int)most);
}

int
cmd_scan(const struct options *opts, char **hosts, int *status, struct error *err)
{
	struct list		 list = { .opts = opts, .words = hosts, .fp = hosts[0] == NULL ? stdin : NULL };
	struct facts		*facts = calloc(1, sizeof(*facts));
	struct scan_config	 conf = { .choice = &opts->choice, .facts = facts, .family = opts->family, .port = 22,
				    .timeout_ms = opts->timeout_s * 1000, .jobs = scan_jobs(opts), .next_cb = list_next_cb,
				    .row_cb = list_row_cb, .arg = &list };
	int			 result = -1;

	signal(SIGPIPE, SIG_IGN);
	conf.base = event_base_new();
	if (facts == NULL || conf.base == NULL || facts_detect(facts, opts->tailscaled) == -1 || scan_run(&conf) == -1)
		error_errno(err, errno != 0 ? errno : ENOMEM, "cannot scan");
	else if (list.begun == 0)
		error_set(err, MSG_USAGE, "there is no host: --scan takes them as arguments, or a line each on standard input");
	else
		result = 0;
	list_progress(&list, 1);
	if (result == 0 && !opts->json)
		list_summary(&list);
	*status = list.bad > 0 || list.odd > 0;
	if (conf.base != NULL)
		event_base_free(conf.base);
	free(facts);
	return (result);
}
