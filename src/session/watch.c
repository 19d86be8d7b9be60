/* SPDX-License-Identifier: ISC */
/* Watches a session by TCP_INFO and says why it stalls. */

#include <sys/types.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "route/mss.h"
#include "route/race.h"
#include "session/watch.h"

#define TICK_MS		200
/* a reply that comes out of order may come so late after the last byte */
#define QUIET_MS	5000
/* about four retransmissions of one segment: that is no random loss */
#define KEX_LIMIT_MS	4000
#define STALL_MS	1000	/* with four round trips */
#define ADDRESS_MS	1000	/* a renewed lease may take an address away and bring it back */
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

struct watch {
	struct watch_config	 conf;
	struct event		 timer;
	struct event		 address_ev;
	struct event		 gone;		/* the address; a timer */
	int			 address_fd;
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
	int			 patient;	/* the kernel's limit is lifted */
};

enum watch_sign
watch_look(struct watch_view *view, const struct os_tcp *tcp, int64_t now_ms, int64_t limit_ms)
{
	int64_t	stall_ms = STALL_MS + 4 * (int64_t)tcp->rtt_ms;
	int	alive;

	if (tcp->waiting_bytes == 0 || tcp->acked_bytes != view->acked_bytes ||
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

	/*
	 * Something of ours arrived behind what did not, or the server speaks and still
	 * acknowledges nothing.
	 */
	alive = now_ms - tcp->ack_ms - view->sent_ms >= stall_ms / 2;
	view->swallowed = tcp->waiting_bytes > 0 && tcp->in_a_row > 0 && !tcp->no_room &&
	    (tcp->sacked > 0 || alive || view->swallowed);
	if (view->swallowed && now_ms - view->sent_ms >= limit_ms)
		return (WATCH_HOLE_THERE);
	if (view->gap_ms != 0 && now_ms - view->gap_ms >= limit_ms)
		return (WATCH_HOLE_BACK);
	if (tcp->waiting_bytes > 0 && tcp->in_a_row > 0 && now_ms - view->sent_ms >= stall_ms)
		return (WATCH_STALLED);
	return (tcp->waiting_bytes > 0 || view->gap_ms != 0 ? WATCH_WAITING : WATCH_QUIET);
}

/*
 * The segment size for the next connection: the next step, if what is said first will prove it, for
 * hold-back goes on from there; else the last, for nobody shall fail twice.
 */
static int
watch_next(int mss_bytes, int proof_bytes)
{
	int	next_bytes = mss_next(mss_bytes);

	return (next_bytes != 0 && proof_bytes < next_bytes ? MSS_LAST : next_bytes);
}

/* Say what it is; returns the segment size for the next connection. */
static int
watch_black_hole(const struct watch *w, enum watch_sign sign, struct error *err)
{
	const struct sockaddr	*to = (const struct sockaddr *)&w->conf.conn->to;
	char			 target[TARGET_TEXT_MAX];
	int			 mss_bytes = sign == WATCH_HOLE_THERE ?
				    w->tcp.send_bytes : w->tcp.receive_bytes;

	target_text(w->conf.target, target);
	if (sign == WATCH_HOLE_THERE)
		error_set(err, CODE_PMTU_FORWARD,
		    "%s: packets of %d bytes are lost on the forward path, smaller ones pass", target,
		    mss_packet(mss_bytes, to));
	else
		error_set(err, CODE_PMTU_REVERSE,
		    "%s: packets of up to %d bytes are lost on the reverse path, smaller ones pass",
		    target, mss_packet(mss_bytes, to));
	return (watch_next(mss_bytes, sign == WATCH_HOLE_THERE ?
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
 * spoken, and with something small, as a request for a shell or a command is.
 */
static int
watch_young(const struct watch *w)
{
	return (w->conf.ssh && w->settled && w->tcp.received_bytes < YOUNG_BYTES &&
	    w->tcp.acked_bytes < YOUNG_BYTES && w->answered_ms != 0 &&
	    w->answered_ms - w->heard_ms < YOUNG_MS &&
	    w->answered_bytes < (size_t)w->tcp.send_bytes);
}

int
watch_explain(struct watch *w, struct error *err)
{
	char	target[TARGET_TEXT_MAX];
	int	bytes;

	target_text(w->conf.target, target);
	if (w->view.swallowed)
		return (watch_black_hole(w, WATCH_HOLE_THERE, err));
	if (w->view.gap_ms != 0)
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
 * A server that takes nothing for a while but says so is alive: the kernel's limit would end it. 1
 * if it has stopped even that.
 */
static int
watch_room(struct watch *w)
{
	if (w->tcp.no_room != w->patient) {
		w->patient = w->tcp.no_room;
		os_tcp_patience(w->conf.conn->fd, w->patient ? 0 : w->conf.dead_after_s);
	}
	return (w->patient && w->tcp.probes >= UNANSWERED &&
	    w->tcp.ack_ms >= w->conf.dead_after_s * 1000);
}

static void
watch_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct watch	*w = arg;
	struct error	 err;
	enum watch_sign	 sign;
	int64_t		 now_ms = clock_ms();
	int		 mss_bytes;

	(void)fd;
	(void)what;
	if (os_tcp(w->conf.conn->fd, &w->tcp) == -1)
		return;
	sign = watch_look(&w->view, &w->tcp, now_ms, w->settled ?
	    w->conf.dead_after_s * 1000 : KEX_LIMIT_MS);
	if (sign == WATCH_HOLE_THERE || sign == WATCH_HOLE_BACK) {
		mss_bytes = watch_black_hole(w, sign, &err);
		watch_lost(w, &err, mss_bytes);
	} else if (watch_room(w))
		watch_lost(w, &err, watch_explain(w, &err));
	else if (sign == WATCH_STALLED)
		watch_fragment(w);
	else if (sign == WATCH_QUIET && now_ms - w->active_ms >= QUIET_MS) {
		event_del(&w->timer);
		w->ticking = 0;
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
	if (w->answered_ms != 0)
		return;
	w->answered_ms = w->active_ms;
	w->answered_bytes = bytes;
	if (!w->settled && ++w->turns == KEX_TURNS) {
		w->settled = 1;
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

static void
watch_gone_cb(evutil_socket_t fd, short what, void *arg)
{
	struct watch	*w = arg;
	struct error	 err;
	char		 target[TARGET_TEXT_MAX], own[ADDR_TEXT_MAX];

	(void)fd;
	(void)what;
	error_set(&err, CODE_ADDRESS_GONE, "%s: this machine no longer has the address %.46s",
	    target_text(w->conf.target, target), addr_text((struct sockaddr *)&w->own, w->own_len,
	    own));
	watch_lost(w, &err, 0);
}

static void
watch_address_cb(evutil_socket_t fd, short what, void *arg)
{
	struct watch	*w = arg;
	struct timeval	 tv = clock_timeval(ADDRESS_MS);

	(void)what;
	switch (os_address_read(fd, (struct sockaddr *)&w->own)) {
	case OS_ADDRESS_GONE:
		event_add(&w->gone, &tv);
		break;
	case OS_ADDRESS_BACK:
		event_del(&w->gone);
		break;
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
	w->own_len = sizeof(w->own);
	event_assign(&w->timer, conf->base, -1, EV_PERSIST, watch_timer_cb, w);
	event_assign(&w->gone, conf->base, -1, 0, watch_gone_cb, w);
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
	event_del(&w->gone);
	if (w->address_fd != -1) {
		event_del(&w->address_ev);
		close(w->address_fd);
	}
}
