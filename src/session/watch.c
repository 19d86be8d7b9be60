/* SPDX-License-Identifier: ISC */
/* Watches a session by TCP_INFO and says why it stalls. */

#include <sys/types.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "net/sock.h"
#include "route/mss.h"
#include "route/race.h"
#include "session/watch.h"

#define TICK_MS		200
/* a reply that comes out of order may come so late after the last byte */
#define QUIET_MS	5000
/* about four retransmissions of one segment: that is no random loss */
#define KEX_LIMIT_MS	4000
#define STALL_MS	1000	/* with four round trips */
#define SILENT_MS	2000	/* on a path that is alive: no probe comes sooner than after 1 s */
/* what waits is sent again this often, once it stands still; and at least so often */
#define HURRY_MS	2000
#define BACKOFF_MS	120000
/* of the client: its half of the exchange, its new keys, its first request */
#define KEX_TURNS	3
#define UNANSWERED	3	/* probes */
#define BULK_BYTES	65536	/* do not go by in small packets alone */
/*
 * At the beginning of a session each side has said so much at most, and the client answers at the
 * pace of a machine.
 */
#define YOUNG_BYTES	8192
#define YOUNG_MS	1000
#define YOUNG_TURNS	20	/* for the key exchange, a login with many keys, and the request */

struct watch {
	struct watch_config	 conf;
	struct event		 timer;
	struct event		 address_ev;
	int			 address_fd;
	int			 gone;		/* the address */
	struct sockaddr_storage	 own;
	socklen_t		 own_len;

	struct watch_view	 view;
	struct os_tcp		 tcp;		/* the last look */
	int			 ticking;
	int64_t			 active_ms;
	int64_t			 heard_ms;	/* the server's last bytes */
	/* the client's first bytes after them; 0: none yet */
	int64_t			 answered_ms;
	size_t			 answered_bytes; /* how many those were */
	int			 turns;		/* of the client */
	int			 settled;
	int			 fragmenting;	/* routers may cut our packets */
	int			 no_room;	/* the kernel's limit is lifted */
	int			 hurried;	/* what waits is sent again every HURRY_MS */
	int64_t			 sent_bytes;	/* since the watch began */
};

void
watch_limits(struct watch_limits *limits, const struct sock_tune *tune, int settled)
{
	int64_t	limit_ms = (int64_t)tune->dead_after_s * 1000;

	limits->hole_ms = settled ? limit_ms : KEX_LIMIT_MS;
	/* The probes begin after half of the limit; a key exchange is over before they do. */
	limits->silent_ms = !settled ? INT_MAX :
	    2 * limit_ms / 3 > SILENT_MS ? 2 * limit_ms / 3 : SILENT_MS;
	limits->dead_ms = settled && tune->patient ? (int64_t)SOCK_SESSION_S * 1000 : limit_ms;
}

/* Note what has changed since the last look. */
static void
watch_note(struct watch_view *view, const struct os_tcp *tcp, int64_t now_ms)
{
	if (tcp->waiting_bytes == 0 || view->sent_ms == 0)
		view->quiet_bytes = tcp->acked_bytes;
	if (tcp->waiting_bytes == 0 || tcp->no_room || tcp->acked_bytes != view->acked_bytes ||
	    view->sent_ms == 0) {
		view->sent_ms = now_ms;
		view->swallowed = 0;
	}
	view->acked_bytes = tcp->acked_bytes;
	if (!tcp->gap)
		view->gap_ms = 0;
	else if (tcp->received_bytes != view->received_bytes || view->gap_ms == 0)
		view->gap_ms = now_ms;
	view->received_bytes = tcp->received_bytes;
}

/*
 * Whether large packets of ours are lost while small ones pass: something of ours arrived behind
 * what did not, or the server speaks and still acknowledges nothing.
 */
static int
watch_swallows(struct watch_view *view, const struct os_tcp *tcp, int64_t now_ms, int64_t stall_ms,
    int64_t silent_ms)
{
	/* Where full segments have arrived just before, one that did not is a random loss. */
	int	behind = tcp->sacked > 0 &&
		    tcp->acked_bytes - view->quiet_bytes <= tcp->send_bytes;
	int64_t	since_ms = view->sent_ms;

	/*
	 * A path that was dead and is back shows the same, until each side has sent again what it
	 * waits for: that may be as late again.
	 */
	view->silent = tcp->ack_ms > silent_ms && !behind;
	if (view->silent)
		view->calm_ms = now_ms + (tcp->ack_ms < BACKOFF_MS ? tcp->ack_ms : BACKOFF_MS);
	if (since_ms < view->calm_ms)
		since_ms = view->calm_ms;
	return (tcp->waiting_bytes > MSS_LAST && tcp->in_a_row > 0 && !tcp->no_room && (behind ||
	    now_ms - tcp->ack_ms - since_ms >= stall_ms / 2 || (view->swallowed && !view->silent)));
}

enum watch_sign
watch_look(struct watch_view *view, const struct os_tcp *tcp, int64_t now_ms,
    const struct watch_limits *limits)
{
	int64_t	stall_ms = STALL_MS + 4 * (int64_t)tcp->rtt_ms, since_ms;

	watch_note(view, tcp, now_ms);
	view->swallowed = watch_swallows(view, tcp, now_ms, stall_ms, limits->silent_ms);
	since_ms = now_ms - limits->hole_ms;
	if (view->swallowed && view->sent_ms <= since_ms && view->calm_ms <= since_ms)
		return (WATCH_HOLE_THERE);
	if (view->gap_ms != 0 && view->gap_ms <= since_ms && view->calm_ms <= since_ms)
		return (WATCH_HOLE_BACK);
	if (tcp->waiting_bytes > 0 && (tcp->no_room ?
	    tcp->probes >= UNANSWERED && tcp->ack_ms >= limits->dead_ms :
	    now_ms - view->sent_ms >= limits->dead_ms))
		return (WATCH_DEAD);
	if (tcp->waiting_bytes > 0 && tcp->in_a_row > 0 && now_ms - view->sent_ms >= stall_ms)
		return (WATCH_STALLED);
	return (tcp->waiting_bytes > 0 || view->gap_ms != 0 ? WATCH_WAITING : WATCH_QUIET);
}

/*
 * The segment size for the next connection: the next step, if what is said first will prove it, for
 * hold-back goes on from there; else the last, for nobody shall fail twice.
 */
static int
watch_next(const struct watch *w, int mss_bytes, int proof_bytes)
{
	int	next_bytes = mss_next(mss_bytes, os_segments(), w->conf.conn->to.ss_family);

	return (next_bytes != 0 && proof_bytes < next_bytes ? MSS_LAST : next_bytes);
}

/* Say what it is; returns the segment size for the next connection. */
static int
watch_black_hole(const struct watch *w, enum watch_sign sign, struct error *err)
{
	const struct sockaddr	*to = (const struct sockaddr *)&w->conf.conn->to;
	char			 target[TARGET_TEXT_MAX];
	int			 mss_bytes = sign == WATCH_HOLE_THERE ?
				    w->tcp.send_bytes : mss_reverse(&w->tcp);

	target_text(w->conf.target, target);
	if (sign == WATCH_HOLE_THERE)
		error_set(err, CODE_PMTU_FORWARD,
		    "%s: packets of %d bytes are lost on the forward path, smaller ones pass", target,
		    mss_packet(mss_bytes, to));
	else
		error_set(err, CODE_PMTU_REVERSE,
		    "%s: packets of up to %d bytes are lost on the reverse path, smaller ones pass",
		    target, mss_packet(mss_bytes, to));
	return (watch_next(w, mss_bytes, sign == WATCH_HOLE_THERE ?
	    w->conf.proof.forward_bytes : w->conf.proof.reverse_bytes));
}

/*
 * The size of the segment that waits, if none so large is known to have passed and it is above the
 * last step; or 0.
 */
static int
watch_unproven(const struct watch *w)
{
	int	bytes = w->tcp.waiting_bytes < w->tcp.send_bytes ?
		    w->tcp.waiting_bytes : w->tcp.send_bytes;

	if (w->tcp.no_room || bytes <= MSS_LAST || w->conf.proof.forward_bytes >= bytes ||
	    w->tcp.acked_bytes >= BULK_BYTES)
		return (0);
	return (bytes);
}

/*
 * 1 if the silence began with the session: quickly after a login, of which alone the server had
 * spoken, and with something small, as a request for a shell or a command is. Not if a probe was
 * answered since: the answer had the session's mark.
 */
static int
watch_young(const struct watch *w)
{
	struct os_tcp	last;

	return (w->conf.ssh && w->settled && w->turns <= YOUNG_TURNS &&
	    w->tcp.received_bytes < YOUNG_BYTES &&
	    w->tcp.acked_bytes < YOUNG_BYTES && w->answered_ms != 0 &&
	    w->answered_ms - w->heard_ms < YOUNG_MS &&
	    w->answered_bytes < (size_t)w->tcp.send_bytes &&
	    os_tcp(w->conf.conn->fd, &last) == 0 &&
	    clock_ms() - last.ack_ms - w->answered_ms < STALL_MS + 4 * last.rtt_ms);
}

int
watch_explains(int error)
{
	/* The last is macOS', once this machine no longer has the connection's address. */
	return (error == ETIMEDOUT || error == EHOSTUNREACH || error == ENETUNREACH ||
	    error == ENETDOWN || error == EADDRNOTAVAIL);
}

int
watch_explain(struct watch *w, struct error *err)
{
	char	target[TARGET_TEXT_MAX], own[ADDR_TEXT_MAX];
	int	bytes;

	target_text(w->conf.target, target);
	if (w->gone) {
		error_set(err, CODE_ADDRESS_GONE,
		    "%s: this machine no longer has the address %.46s", target,
		    addr_text((const struct sockaddr *)&w->own, w->own_len, own));
		return (0);
	}
	if (w->view.swallowed)
		return (watch_black_hole(w, WATCH_HOLE_THERE, err));
	if (w->view.gap_ms != 0 && !w->view.silent)
		return (watch_black_hole(w, WATCH_HOLE_BACK, err));
	if ((bytes = watch_unproven(w)) != 0) {
		error_set(err, CODE_PMTU_FORWARD,
		    "%s: nothing comes back since packets of %d bytes are sent", target,
		    mss_packet(bytes, (const struct sockaddr *)&w->conf.conn->to));
		return (MSS_LAST);
	}
	if (watch_young(w))
		error_set(err, CODE_DSCP_REVERSE, "%s: nothing comes back since the session began",
		    target);
	else
		error_set(err, CODE_DEAD_PATH,
		    "%s: the host stopped answering, or stopped accepting data", target);
	return (0);
}

static void
watch_lost(struct watch *w, const struct error *err, int mss_bytes)
{
	event_del(&w->timer);
	w->conf.lost_cb(err, mss_bytes, w->conf.arg);
}

/* Where packets of IPv4 are lost for their size, a router may be willing to cut them. */
static void
watch_fragment(struct watch *w)
{
	if (w->fragmenting || w->conf.conn->to.ss_family != AF_INET)
		return;
	w->fragmenting = 1;
	log_debug(1, "the server does not acknowledge: routers may cut our packets from now on");
	os_tcp_fragment(w->conf.conn->fd);
}

/*
 * The kernel waits twice as long each time before it sends again, and after an outage as long again
 * as that took. Its count of attempts would be over within half a minute now.
 */
static void
watch_hurry(struct watch *w)
{
	if (w->hurried || !w->settled)
		return;
	w->hurried = 1;
	if (w->conf.tune->patient)
		os_tcp_patience(w->conf.conn->fd, SOCK_SILENCE_S);
	os_tcp_retry(w->conf.conn->fd, HURRY_MS);
}

/*
 * A server that takes nothing for a while but says so is alive: the kernel's limit would end it. So
 * would its count of probes, if they went out in a hurry.
 */
static void
watch_room(struct watch *w)
{
	if (w->tcp.no_room == w->no_room)
		return;
	w->no_room = w->tcp.no_room;
	if (w->no_room && w->hurried) {
		w->hurried = 0;
		os_tcp_retry(w->conf.conn->fd, BACKOFF_MS);
	}
	os_tcp_patience(w->conf.conn->fd, w->no_room || (w->settled && w->conf.tune->patient) ?
	    0 : w->conf.tune->dead_after_s);
}

static void
watch_quiet(struct watch *w)
{
	event_del(&w->timer);
	w->ticking = 0;
}

static void
watch_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct watch		*w = arg;
	struct watch_limits	 limits;
	struct error		 err;
	enum watch_sign		 sign;
	int64_t			 now_ms = clock_ms();
	int			 mss_bytes;

	(void)fd;
	(void)what;
	if (os_tcp(w->conf.conn->fd, &w->tcp) == -1)
		return;
	/* Not told: but what does not wait is acknowledged. */
	if (w->tcp.acked_bytes == -1)
		w->tcp.acked_bytes = w->sent_bytes > w->tcp.waiting_bytes ?
		    w->sent_bytes - w->tcp.waiting_bytes : 0;
	watch_room(w);
	watch_limits(&limits, w->conf.tune, w->settled);
	switch (sign = watch_look(&w->view, &w->tcp, now_ms, &limits)) {
	case WATCH_HOLE_THERE:
	case WATCH_HOLE_BACK:
		mss_bytes = watch_black_hole(w, sign, &err);
		watch_lost(w, &err, mss_bytes);
		break;
	case WATCH_DEAD:
		mss_bytes = watch_explain(w, &err);
		watch_lost(w, &err, mss_bytes);
		break;
	case WATCH_STALLED:
		watch_fragment(w);
		watch_hurry(w);
		break;
	case WATCH_WAITING:
		break;
	case WATCH_QUIET:
		if (now_ms - w->active_ms >= QUIET_MS)
			watch_quiet(w);
		break;
	}
}

static void
watch_active(struct watch *w)
{
	struct timeval	tv = clock_timeval(TICK_MS);

	w->active_ms = clock_ms();
	if (!w->ticking)
		event_add(&w->timer, &tv);
	w->ticking = 1;
}

void
watch_sent(struct watch *w, size_t bytes)
{
	if (w == NULL)
		return;
	watch_active(w);
	w->sent_bytes += (int64_t)bytes;
	if (w->tcp.waiting_bytes == 0)
		w->view.sent_ms = w->active_ms;
	if (w->answered_ms != 0)
		return;
	w->answered_ms = w->active_ms;
	w->answered_bytes = bytes;
	w->turns++;
	if (!w->settled && w->turns == KEX_TURNS) {
		w->settled = 1;
		sock_begun(w->conf.conn->fd, w->conf.tune);
		w->conf.settled_cb(w->conf.arg);
	}
}

void
watch_received(struct watch *w)
{
	if (w == NULL)
		return;
	watch_active(w);
	w->heard_ms = w->active_ms;
	w->answered_ms = 0;
}

/* A lease that is renewed, or a daemon that starts again, brings the address back: wait. */
static void
watch_address_cb(evutil_socket_t fd, short what, void *arg)
{
	struct watch	*w = arg;

	(void)what;
	switch (os_address_read(fd, (struct sockaddr *)&w->own)) {
	case OS_ADDRESS_GONE:
		w->gone = 1;
		break;
	case OS_ADDRESS_BACK:
		w->gone = 0;
		break;
	case OS_ADDRESS_QUIET:
	case OS_ADDRESS_SAME:
		break;
	}
}

struct watch *
watch_start(const struct watch_config *conf)
{
	static struct watch	 session;	/* one at a time: a session allocates nothing */
	struct watch		*w = &session;

	memset(w, 0, sizeof(*w));
	w->conf = *conf;
	w->settled = !conf->ssh;
	if (w->settled)
		sock_begun(conf->conn->fd, conf->tune);
	w->own_len = sizeof(w->own);
	event_assign(&w->timer, conf->base, -1, EV_PERSIST, watch_timer_cb, w);
	if ((w->address_fd = os_address_watch()) != -1) {
		event_assign(&w->address_ev, conf->base, w->address_fd, EV_READ | EV_PERSIST,
		    watch_address_cb, w);
		if (getsockname(conf->conn->fd, (struct sockaddr *)&w->own, &w->own_len) == 0)
			event_add(&w->address_ev, NULL);
	}
	watch_active(w);
	return (w);
}

void
watch_stop(struct watch *w)
{
	if (w == NULL)
		return;
	event_del(&w->timer);
	if (w->address_fd != -1) {
		event_del(&w->address_ev);
		close(w->address_fd);
	}
}
