/* SPDX-License-Identifier: ISC */
/* meshssh --scan. */

#include <sys/types.h>
#include <sys/resource.h>

#include <event2/event.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/terminal.h"
#include "base/xalloc.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/scan-format.h"
#include "cmd/scan-list.h"
#include "facts/facts.h"
#include "facts/mesh.h"
#include "scan/scan.h"

#define SCAN_SPARE	64	/* descriptors for everything else */
/* descriptors that one host may need: two attempts, the resolver's pipe */
#define SCAN_EACH	4
#define SCAN_MOST	3000	/* at once: each of them takes 12 KiB */

/* The rows so far. */
struct list {
	struct scan_list		 hosts;
	const struct scan_format	*format;
	FILE				*fp;
	struct scan_sum			 sum;
};

static const struct scan_host *
list_next_cb(void *arg, int *later)
{
	return (scan_list_next(&((struct list *)arg)->hosts, later));
}

static void
list_progress(const struct list *list, int over)
{
	char	line[80] = "";

	if (!over)
		snprintf(line, sizeof(line), "%d reached, %d not, %d under way", list->sum.ok,
		    list->sum.bad, list->hosts.begun - list->sum.ok - list->sum.bad);
	terminal_progress(line);
}

static void
list_row_cb(const struct scan_row *row, void *arg)
{
	struct list	*list = arg;

	list_progress(list, 1);
	list->format->row(list->fp, &list->sum, row);
	fflush(list->fp);
	*(row->ok ? &list->sum.ok : &list->sum.bad) += 1;
	list->sum.failed[row->err.code]++;
	list_progress(list, 0);
}

/* So many hosts at once as were asked for, if there are descriptors and memory for them. */
static int
scan_jobs(const struct options *opts)
{
	struct rlimit	limit;
	rlim_t		most;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		limit.rlim_cur = limit.rlim_max = SCAN_SPARE + SCAN_EACH * SCAN_MOST;
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
			getrlimit(RLIMIT_NOFILE, &limit);
	}
	most = limit.rlim_cur > SCAN_SPARE + SCAN_EACH ?
	    (limit.rlim_cur - SCAN_SPARE) / SCAN_EACH : 1;
	if (most > SCAN_MOST)
		most = SCAN_MOST;
	return ((rlim_t)opts->jobs < most ? opts->jobs : (int)most);
}

/*
 * Where the hosts come from: the words; without any, all peers if that is asked for, or if nobody
 * gives a list but a person at a terminal; else standard input. 0, or -1 with the error set.
 */
static int
scan_hosts(const struct options *opts, char **words, struct scan_list *hosts, struct error *err)
{
	hosts->words = words;
	hosts->fd = -1;
	if (words[0] != NULL) {
		if (opts->tailnet)
			error_set(err, CODE_USAGE,
			    "--tailnet are all peers, and hosts are some: say one of them");
		return (opts->tailnet ? -1 : 0);
	}
	if (opts->tailnet || isatty(STDIN_FILENO))
		return ((hosts->peers = mesh_peers(opts->tailscaled, err)) != NULL ? 0 : -1);
	hosts->fd = STDIN_FILENO;
	return (0);
}

/* All of them, row by row. */
static int
scan_all(struct list *list, const struct scan_config *conf, struct facts *facts, struct error *err)
{
	int64_t	began_ms = clock_ms();
	int	result;

	if (file_room() == -1) {
		error_errno(err, errno, "cannot scan");
		return (-1);
	}
	facts_detect(facts, conf->tailscaled);
	result = scan_run(conf);
	list_progress(list, 1);
	if (result == -1) {
		error_errno(err, errno, "cannot scan");
		return (-1);
	}
	if (list->hosts.begun == 0) {
		error_set(err, CODE_USAGE,
		    "there is no host: --scan takes them as arguments, or a line each on standard input");
		return (-1);
	}
	list->sum.odd = list->hosts.odd;
	list->sum.took_ms = clock_ms() - began_ms;
	list->format->end(list->fp, &list->sum);
	return (0);
}

/* The same to a file, which changes when all is known: whoever reads it sees no half of a scan. */
static int
scan_to(const char *path, struct list *list, const struct scan_config *conf, struct facts *facts,
    struct error *err)
{
	char	*bytes = NULL, *tried;
	size_t	 len = 0;
	int	 result;

	list->fp = xmemstream(&bytes, &len);
	result = scan_all(list, conf, facts, err);
	xmemstream_close(list->fp);
	if (result == 0 && (result = file_output(path, bytes, len)) == -1) {
		tried = xasprintf("cannot write %.100s", path);
		error_errno(err, errno, tried);
		free(tried);
	}
	free(bytes);
	return (result);
}

int
cmd_scan(const struct options *opts, char **words, int *status, struct error *err)
{
	struct list		 list = { .format = &scan_formats[opts->format], .fp = stdout };
	struct facts		*facts = xcalloc(1, sizeof(*facts));
	struct scan_config	 conf = { .base = event_base_new(), .choice = &opts->choice,
				    .facts = facts, .tailscaled = opts->tailscaled,
				    .family = opts->family,
				    .timeout_ms = opts->timeout_s * 1000, .jobs = scan_jobs(opts),
				    .more_fd = STDIN_FILENO, .next_cb = list_next_cb,
				    .row_cb = list_row_cb, .arg = &list };
	int			 result = -1;

	signal(SIGPIPE, SIG_IGN);
	if (conf.base == NULL)
		error_errno(err, errno, "cannot scan");
	else if (scan_hosts(opts, words, &list.hosts, err) == 0)
		result = opts->output != NULL ? scan_to(opts->output, &list, &conf, facts, err) :
		    scan_all(&list, &conf, facts, err);
	*status = list.sum.ok < list.hosts.begun || list.hosts.odd > 0;
	scan_metrics_free(&list.sum.metrics);
	json_decref(list.hosts.peers);
	if (conf.base != NULL)
		event_base_free(conf.base);
	free(facts);
	return (result);
}
