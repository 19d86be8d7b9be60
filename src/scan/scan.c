/* SPDX-License-Identifier: ISC */
/* Reaches many hosts at once. */

#include <sys/types.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "net/sock.h"
#include "route/mesh-reason.h"
#include "route/mss.h"
#include "route/race.h"
#include "scan/rate-limit.h"
#include "scan/scan.h"
#include "session/identification.h"

#define REASON_MS	1000	/* for tailscaled to tell its peers, once */

struct scan;

/* One host under way. */
struct scan_job {
	struct scan		*scan;
	struct scan_host	 host;
	struct target		 target;
	struct attempts		 attempts;
	struct plan_input	 in;
	struct race_config	 race;
	struct event		 ev;
	int			 fd;
	int64_t			 began_ms;	/* without what it had to wait */
	int64_t			 until_ms;	/* for the identification */
	struct identification		 identification;
	struct sshwire_line	 line;		/* the last one, so far */
	struct scan_row		 row;
};

struct scan {
	const struct scan_config *conf;
	struct sock_tune	 tune;
	struct mss_steps		 mss_steps;
	struct rate_limit		*rate_limit;
	struct event		 more;		/* hosts may have come */
	struct mesh_reason	*reason;
	int			 running;
	int			 ended;		/* there are no more hosts */
	int			 filling;	/* scan_fill is at work: it goes on by itself */
};

static void	scan_fill(struct scan *);

/* The row is known. */
static void
job_end(struct scan_job *job)
{
	struct scan	*scan = job->scan;

	if (job->fd != -1) {
		event_del(&job->ev);
		close(job->fd);
	}
	job->row.ms = (int)(clock_ms() - job->began_ms);
	scan->conf->row_cb(&job->row, scan->conf->arg);
	free(job);
	scan->running--;
	scan_fill(scan);
}

/* The server has ended, reset or said nothing in time, or what it says is no SSH. */
static void
job_check(struct scan_job *job, enum identification_end end)
{
	char	target[TARGET_TEXT_MAX];

	/* Nobody is behind us: it is judged as if an SSH client were. */
	identification_client(&job->identification, "SSH-", 4);
	identification_check(&job->identification, end, target_text(&job->target, target),
	    &job->row.err);
	job_end(job);
}

/* Keep the line that comes; 1 when the identification is whole. */
static int
job_read(struct scan_job *job, const char *buf, size_t len)
{
	size_t	i;

	for (i = 0; i < len; i++) {
		sshwire_line_feed(&job->line, buf[i]);
		identification_server(&job->identification, buf + i, 1);
		if (job->identification.server.state == SSHWIRE_SSH)
			return (1);
	}
	return (0);
}

/* Wait for more of it. */
static void
job_wait(struct scan_job *job)
{
	int64_t		left_ms = job->until_ms - clock_ms();
	struct timeval	tv = clock_timeval(left_ms > 0 ? left_ms : 0);

	if (event_add(&job->ev, &tv) == 0)
		return;
	error_errno(&job->row.err, errno, "cannot look");
	job_end(job);
}

/* SSH, and in a version that no ssh of today speaks. */
static void
job_other(struct scan_job *job, const char *line)
{
	char	target[TARGET_TEXT_MAX], shown[64];

	error_set(&job->row.err, CODE_NOT_SSH, "%s: it says \"%.40s\", and is not SSH 2",
	    target_text(&job->target, target), error_vis(shown, sizeof(shown), line));
	job_end(job);
}

static void
job_cb(evutil_socket_t fd, short what, void *arg)
{
	static const char	 prefix[] = "SSH-2.0-";
	struct scan_job		*job = arg;
	char			 buf[1024], *line = job->line.text;
	ssize_t			 n;

	if (what & EV_TIMEOUT) {
		job_check(job, IDENTIFICATION_TIMEOUT);
		return;
	}
	if ((n = read(fd, buf, sizeof(buf))) == -1 && (errno == EAGAIN || errno == EINTR)) {
		job_wait(job);
		return;
	}
	if (n <= 0) {
		job_check(job, n == 0 ? IDENTIFICATION_EOF : IDENTIFICATION_RESET);
		return;
	}
	if (!job_read(job, buf, (size_t)n)) {
		if (job->identification.server.state == SSHWIRE_NOT_SSH)
			job_check(job, IDENTIFICATION_EOF);
		else
			job_wait(job);
		return;
	}
	/* Its end, or the last byte of a line that is too long, gives way. */
	line[job->line.len - 1] = '\0';
	line[strcspn(line, "\r")] = '\0';
	if (!sshwire_is_version_2(line, strlen(line))) {
		job_other(job, line);
		return;
	}
	if (strncmp(line, prefix, strlen(prefix)) == 0)
		line += strlen(prefix);
	error_vis(job->row.server, sizeof(job->row.server), line);
	job->row.ok = 1;
	job_end(job);
}

static void
job_connected_cb(const struct connection *conn, const struct error *err, void *arg)
{
	struct scan_job	*job = arg;

	if (conn == NULL) {
		job->row.err = *err;
		mesh_reason_tell(job->scan->reason, &job->target, NULL,
		    &job->row.err);
		job_end(job);
		return;
	}
	job->fd = conn->fd;
	job->row.route = conn->step.via->name;
	if (conn->step.via->to == VIA_TO_TARGET)
		addr_text((const struct sockaddr *)&conn->to, conn->step.to_len, job->row.address);
	job->until_ms = clock_ms() + job->scan->conf->timeout_ms;
	event_assign(&job->ev, job->scan->conf->base, conn->fd, EV_READ, job_cb, job);
	job_wait(job);
}

static int
job_pace_cb(const struct sockaddr *to, void *arg)
{
	struct scan_job	*job = arg;
	int		 wait_ms = rate_limit_wait_ms(job->scan->rate_limit, to, clock_ms());

	job->began_ms += wait_ms;
	return (wait_ms);
}

static void
job_start(struct scan *scan, const struct scan_host *host)
{
	const struct scan_config	*conf = scan->conf;
	struct scan_job			*job = xcalloc(1, sizeof(*job));

	job->scan = scan;
	job->fd = -1;
	job->began_ms = clock_ms();
	job->host = *host;
	job->target = (struct target){ .host = job->host.host, .port = host->port,
	    .family = conf->family != AF_UNSPEC ? conf->family : host->family,
	    .timeout_ms = conf->timeout_ms };
	job->in = (struct plan_input){ .target = &job->target, .choice = conf->choice,
	    .facts = conf->facts };
	job->race = (struct race_config){ .base = conf->base, .target = &job->target,
	    .tune = &scan->tune, .mss_steps = &scan->mss_steps, .attempts = &job->attempts,
	    .cb = job_connected_cb, .arg = job, .rate_limit_cb = job_pace_cb };
	job->row = (struct scan_row){ .host = job->host.name, .port = host->port, .route = "" };
	scan->running++;
	if (host->unseen == NULL || conf->choice->via != NULL) {
		race_start(&job->race, &job->in);
		return;
	}
	error_set(&job->row.err, CODE_WAY_NOT_CHECKED, "%.255s: %.60s; that way was not checked",
	    job->host.name, host->unseen);
	job_end(job);
}

/* As many as may be under way at once. */
static void
scan_fill(struct scan *scan)
{
	const struct scan_host	*host;
	int			 later = 0;

	if (scan->filling)
		return;
	scan->filling = 1;
	while (!scan->ended && !later && scan->running < scan->conf->jobs) {
		if ((host = scan->conf->next_cb(scan->conf->arg, &later)) != NULL)
			job_start(scan, host);
		else if (later)
			event_add(&scan->more, NULL);
		else
			scan->ended = 1;
	}
	scan->filling = 0;
	if (scan->running == 0 && scan->ended)
		event_base_loopbreak(scan->conf->base);
}

static void
scan_more_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	scan_fill(arg);
}

int
scan_run(const struct scan_config *conf)
{
	struct scan	 scan = { .conf = conf,
			    .tune = { .connect_s = (conf->timeout_ms + 999) / 1000,
			    .dead_after_s = (conf->timeout_ms + 999) / 1000 },
			    .mss_steps = { MSS_AUTO, 0 } };
	int		 result = 0, error = 0;

	scan.rate_limit = rate_limit_new();
	event_assign(&scan.more, conf->base, conf->more_fd, EV_READ, scan_more_cb, &scan);
	scan.reason = mesh_reason_new(conf->tailscaled, REASON_MS);
	scan_fill(&scan);
	if ((scan.running > 0 || !scan.ended) && event_base_dispatch(conf->base) == -1) {
		error = errno;
		result = -1;
	}
	event_del(&scan.more);
	rate_limit_free(scan.rate_limit);
	mesh_reason_free(scan.reason);
	errno = error;
	return (result);
}
