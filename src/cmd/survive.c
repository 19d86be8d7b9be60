/* SPDX-License-Identifier: ISC */
/* Makes a session one that outlives its connections, where the host can do that. */

#include <event2/event.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/names.h"
#include "base/xalloc.h"
#include "cmd/options.h"
#include "cmd/outer-command.h"
#include "cmd/ssh-parent.h"
#include "cmd/survive.h"
#include "facts/facts.h"
#include "facts/ssh-refusal.h"
#include "os/os.h"
#include "route/target.h"
#include "session/input.h"
#include "session/relay.h"
#include "state/path-cache.h"

#define STAGGER_MS	250	/* as for a further address: RFC 8305 5 */
#define OUTER_MS	10000	/* for a login that asks nobody */

static void	survive_timer_cb(evutil_socket_t, short, void *);

static void
survive_plan_cb(struct plan_input *in, void *arg)
{
	struct survive	*s = arg;

	free(s->facts);
	s->facts = NULL;
	in->choice = &s->opts->choice;
	if (!plan_needs_facts(in->target, in->choice))
		return;
	s->facts = xmalloc(sizeof(*s->facts));
	facts_detect(s->facts, s->opts->tailscaled);
	in->facts = s->facts;
}

/* The text of a failed attempt names the host, which is known here. */
static void
survive_waits_cb(const struct resumable *r, const char *why, void *arg)
{
	struct survive	*s = arg;
	char		 head[TARGET_TEXT_MAX];
	size_t		 len = strlen(target_text(&r->target, head));

	if (why == NULL) {
		stall_over(&s->stall);
		return;
	}
	if (strncmp(why, head, len) == 0 && strncmp(why + len, ": ", 2) == 0)
		why += len + 2;
	s->stall.base = s->base;
	stall_goes_on(&s->stall, s->race->target, clock_ms() - r->lost_ms,
	    (int)(r->hold_ms / 1000), why);
}

static void
survive_remember(const struct survive *s, int port)
{
	path_cache_port_put(s->network, s->race->target->host, s->race->target->port, port);
}

/* What was read too early is read again by another. */
static void
survive_give_back(struct survive *s)
{
	if (s->offer.len > 0)
		input_unread(s->offer.said, s->offer.len);
	s->offer.len = 0;
}

static struct resumable *
survive_open(struct survive *s, int port, const struct connection *by, const struct offer *offer,
    int limit_ms, void (*cb)(int, void *))
{
	const struct resumable_config	conf = { .base = s->base, .race = s->race,
					    .names = s->outer == NULL ? s->names : NULL,
					    .outer = s->outer, .port = port,
					    .hold_s = s->opts->hold_s, .plan_cb = survive_plan_cb,
					    .waits_cb = survive_waits_cb, .arg = s };

	return (resumable_open(&conf, by, offer->said, offer->len, limit_ms, cb, s));
}

/* --- through another ssh ---------------------------------------------------------------------- */

/* What is left of the time of the ssh that waits for us is for the plain session. */
static int
survive_outer_ms(const struct survive *s)
{
	int	limit_s = s->opts->connect_timeout_s > 0 ? s->opts->connect_timeout_s :
		    ssh_parent_timeout();

	return (limit_s > 0 && limit_s < 2 * OUTER_MS / 1000 ? limit_s * 1000 / 2 : OUTER_MS);
}

/* It did not lead there. */
static void
survive_outer_failed(struct survive *s)
{
	struct outer	*outer = &s->resume->outer;
	char		 said[sizeof(s->why.text)], target[TARGET_TEXT_MAX];
	int		 login = ssh_refusal_login(outer->said);

	if (outer_said(outer, said, sizeof(said))[0] == '\0')
		strlcpy(said, "no answer", sizeof(said));
	error_set(&s->why, login ? CODE_OUTER_LOGIN : CODE_OUTER_FAILED, "%s: %s: %s",
	    target_text(s->race->target, target), login ?
	    "the session will not survive: a second ssh cannot log in" :
	    "the session will not survive: a second ssh led nowhere", said);
	s->outer = NULL;
}

/* Open the session there; NULL if that cannot even be tried. */
static struct resumable *
survive_outer(struct survive *s, const char *address, int port, const struct offer *offer,
    void (*cb)(int, void *))
{
	struct resumable	*r;
	char			 target[TARGET_TEXT_MAX];

	s->outer_tried = 1;
	s->outer = outer_command(s->opts, s->race->target, address, port);
	if (s->outer != NULL) {
		r = survive_open(s, port, NULL, offer, survive_outer_ms(s), cb);
		s->outer = r != NULL ? s->outer : NULL;
		return (r);
	}
	error_set(&s->why, CODE_OUTER_FAILED, "%s: the session will not survive: there is no ssh "
	    "that could forward it", target_text(s->race->target, target));
	return (NULL);
}

/* --- a port that is known --------------------------------------------------------------------- */

static void
survive_direct(struct survive *s)
{
	if (s->direct)
		return;
	s->direct = 1;
	s->cb(SURVIVE_DIRECT, s->arg);
}

static void
survive_begun_cb(int opened, void *arg)
{
	struct survive	*s = arg;

	event_del(&s->timer);
	if (opened) {
		s->opened = 1;
		s->cb(SURVIVE_OPENED, s->arg);
		return;
	}
	if (s->outer != NULL)
		survive_outer_failed(s);
	s->resume = NULL;
	survive_give_back(s);
	survive_direct(s);
	s->cb(SURVIVE_OVER, s->arg);
}

/* A connection that is there may have the time of the reply, too. */
static void
survive_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct survive	*s = arg;
	struct os_tcp	 tcp;
	struct timeval	 tv;

	(void)fd;
	(void)what;
	if (s->asked_ms == 0 && resumable_connected(s->resume)) {
		s->asked_ms = STAGGER_MS;
		if (os_tcp(s->resume->stream.fd, &tcp) == 0)
			s->asked_ms += 2 * tcp.rtt_ms;
		tv = clock_timeval(s->asked_ms);
		event_add(&s->timer, &tv);
		return;
	}
	survive_direct(s);
}

/* What ssh has said by now goes along with the first packet. */
static void
survive_read(struct survive *s)
{
	struct pollfd	pfd = { .fd = STDIN_FILENO, .events = POLLIN };
	ssize_t		n;

	if (poll(&pfd, 1, 0) != 1 || (pfd.revents & POLLIN) == 0)
		return;
	if ((n = read(STDIN_FILENO, s->offer.said, sizeof(s->offer.said))) > 0)
		s->offer.len = (size_t)n;
}

/* No direct way is begun beside this one: a login takes longer, and would always be late. */
static int
survive_begin_outer(struct survive *s)
{
	char	host[ADDR_HOST_MAX + 1] = "127.0.0.1";
	int	port = s->opts->resume;

	if (strchr(s->opts->by_ssh_to, ':') != NULL)
		addr_split(s->opts->by_ssh_to, host, &port);
	if ((s->resume = survive_outer(s, host, port, &s->offer, survive_begun_cb)) != NULL)
		return (0);
	survive_give_back(s);
	return (-1);
}

/* The port that is remembered for one of the host's names, or what there is for the last one. */
static int
survive_known(struct survive *s)
{
	const struct target	*target = s->race->target;
	int			 port, i;

	s->known = target->host;
	port = path_cache_port_get(s->network, s->known, target->port);
	for (i = 0; port <= 0 && s->names != NULL && i < s->names->count; i++) {
		s->known = s->names->hosts[i];
		port = path_cache_port_get(s->network, s->known, target->port);
	}
	return (port);
}

int
survive_begin(struct survive *s, void (*cb)(enum survive_event, void *), void *arg)
{
	struct timeval	tv = clock_timeval(STAGGER_MS);
	int		port = s->opts->resume;

	if (s->opts->fdpass || port == OPTIONS_RESUME_OFF)
		return (-1);
	if (port == OPTIONS_RESUME_AUTO)
		port = survive_known(s);
	if (port <= 0)
		return (-1);
	log_debug(1, "port %d is known to resume sessions: it is tried first", port);
	s->cb = cb;
	s->arg = arg;
	event_assign(&s->timer, s->base, -1, 0, survive_timer_cb, s);
	survive_read(s);
	if (s->opts->by_ssh_to != NULL)
		return (survive_begin_outer(s));
	if ((s->resume = survive_open(s, port, NULL, &s->offer, RESUMABLE_OPEN_MS,
	    survive_begun_cb)) == NULL) {
		survive_give_back(s);
		return (-1);
	}
	event_add(&s->timer, &tv);
	return (0);
}

int
survive_busy(const struct survive *s)
{
	return (s->resume != NULL && !s->opened);
}

void
survive_drop(struct survive *s)
{
	if (!survive_busy(s))
		return;
	log_debug(1, "a direct connection is there first");
	event_del(&s->timer);
	resumable_free(s->resume);
	s->resume = NULL;
	survive_give_back(s);
	if (s->known != NULL)
		path_cache_port_drop(s->network, s->known, s->race->target->port);
}

/* --- a port that a server offers -------------------------------------------------------------- */

static void
survive_offered_outer_cb(int opened, void *arg)
{
	struct survive	*s = arg;

	s->opened = opened;
	if (!opened) {
		survive_outer_failed(s);
		s->resume = NULL;
	}
	relay_answered(opened);
}

/* The way that led to sshd does not lead to this port: the host itself reaches it there. */
static int
survive_offered_outer(struct survive *s, int port)
{
	const struct connection	*conn = s->offered_conn;
	char			 address[ADDR_TEXT_MAX] = "127.0.0.1";

	if (!s->opts->by_ssh || s->outer_tried)
		return (-1);
	if (conn->step.via->to == VIA_TO_TARGET)
		addr_text((const struct sockaddr *)&conn->to, sizeof(conn->to), address);
	s->resume = survive_outer(s, address, port, s->offered, survive_offered_outer_cb);
	return (s->resume != NULL ? 0 : -1);
}

static void
survive_offered_cb(int opened, void *arg)
{
	struct survive	*s = arg;
	int		 port = s->resume->conf.port;

	s->opened = opened;
	/* What is dropped on the way would cost each session the wait. */
	if (opened || !s->resume->reached)
		survive_remember(s, opened ? port : 0);
	if (!opened) {
		s->resume = NULL;
		if (survive_offered_outer(s, port) == 0)
			return;
	}
	relay_answered(opened);
}

int
survive_offered(struct survive *s, int port, const struct connection *conn,
    const struct offer *offer)
{
	struct os_tcp	tcp;
	int		limit_ms = STAGGER_MS;

	if (s->opts->fdpass || s->opts->resume == OPTIONS_RESUME_OFF || s->resume != NULL)
		return (-1);
	s->offered_conn = conn;
	s->offered = offer;
	if (path_cache_port_get(s->network, s->race->target->host, s->race->target->port) == 0)
		return (survive_offered_outer(s, port));
	if (os_tcp(conn->fd, &tcp) == 0)
		limit_ms += 2 * tcp.rtt_ms;
	s->resume = survive_open(s, port, conn, offer, limit_ms, survive_offered_cb);
	return (s->resume != NULL ? 0 : -1);
}

struct resumable *
survive_session(const struct survive *s)
{
	return (s->opened ? s->resume : NULL);
}

void
survive_free(struct survive *s)
{
	if (survive_busy(s)) {
		if (event_initialized(&s->timer))
			event_del(&s->timer);
		resumable_free(s->resume);
	}
	stall_end(&s->stall);
	free(s->facts);
}
