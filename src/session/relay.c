/* SPDX-License-Identifier: ISC */
/* Relays bytes between standard input and output and the connection. */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "net/sock.h"
#include "os/os.h"
#include "route/mss.h"
#include "route/race.h"
#include "route/target.h"
#include "session/carrier.h"
#include "session/holdback.h"
#include "session/identification.h"
#include "session/input.h"
#include "session/lifeline.h"
#include "session/offer.h"
#include "session/output.h"
#include "session/pace.h"
#include "session/relay.h"
#include "session/rest.h"
#include "session/watch.h"

#define RELAY_DRAIN_MS	2000		/* for the last bytes after SIGHUP */
#define RELAY_LINGER_MS	10000		/* for the side that goes on after the other ended */
#define RELAY_LAST_MS	20000		/* for the same where it is SSH, in all */
/*
 * SSH has no half-close, the end of the server is the end; but ssh takes it ill if it cannot say
 * its last word.
 */
#define RELAY_FAREWELL_MS 1000
/* at most so many at a time, and the pipe that bulk asks for */
#define RELAY_SPLICE	(1 << 20)
#define RELAY_PIPE	65536		/* what a pipe holds unless it is enlarged */
#define RELAY_SMALL	4096		/* the server may say more when it is acknowledged */
#define RELAY_FULL	4		/* found full so often, a pipe is worth enlarging */

struct relay {
	const struct relay_config *conf;
	struct event_base	*base;
	struct connection	 conn;		/* the relay's own, with its descriptor */
	struct holdback		*hold;		/* until the path is proven */
	struct watch		*watch;		/* from then on */
	struct pace		 pace;		/* where others cut the segments */
	int			 pause_ms;	/* before it may be given more */
	struct event		 in_ev;		/* the client sent something */
	struct event		 net_ev;	/* the server sent something */
	struct event		 room_ev;	/* the socket has room again */
	struct event		 pause_ev;	/* the pause is over */
	struct event		 out_ev;	/* the output has room again */
	/* the identification's limit, then the lingering, or the end that is held back */
	struct event		 timer;
	/* ssh has ended: this long is borne what the server still says */
	struct event		 last_ev;
	struct event		 hup_ev;
	struct event		 term_ev;
	/* while the input cannot tell that the caller died */
	struct lifeline		*lifeline;

	struct rest	 up;		/* to be sent; the input waits meanwhile */
	struct rest	 down;		/* to be written; the socket waits meanwhile */
	int			 in_open;
	int			 net_open;
	/* the client has ended, and the server was not told */
	int			 end_held;
	struct output		 out;
	int			 can_splice;
	/* it is SSH, and running_cb waits for the end of the key exchange */
	int			 begun_late;
	/* how often in a row the input was full, and the socket took it all */
	int			 in_full;
	int			 out_full;	/* how often the output was full */
	struct identification	 identification;
	int			 identified;	/* the identification is over */
	int			 heard;		/* the client has had one */
	struct offer		 offer;
	int			 taken;		/* the session goes on elsewhere */
	int			 send_error;	/* errno; the reading side has the rest to tell */
	int			 cut;		/* it took no more, and the client had not ended */
	struct carrier		 carrier;
	struct error		 err;
};

/*
 * Hundreds of relays may be idle: none shall hold pages that it does not use. Not from malloc(3),
 * which writes to the last page of what is large; and as a common symbol, which comes last in
 * memory: its beginning, where each relay reads first, is on the page of the small variables.
 */
char	relay_buf[3 * REST_BYTES] __attribute__((__common__));

static struct relay	relay_session;	/* there is one at a time */

static void	relay_events(struct relay *);
static void	relay_checked(struct relay *);

/* --- what both directions share --------------------------------------------------------------- */

/* The end of the session, in order or, if the error is set, not. */
static void
relay_done(struct relay *r)
{
	event_base_loopbreak(r->base);
}

/* It was tailscaled's own end. Where the client has ended, nothing is to be said of that. */
static int
relay_carrier_ended(struct relay *r)
{
	if ((!r->in_open && !r->cut) || !carrier_ended(&r->carrier, &r->err))
		return (0);
	relay_done(r);
	return (1);
}

/*
 * The socket failed with this errno, or the wait for the identification ended so; the latter is 0
 * if nothing is wrong.
 */
static void
relay_net_failed(struct relay *r, int error)
{
	char	target[TARGET_TEXT_MAX];
	int	mss_bytes;

	if ((error == ECONNRESET || error == EPIPE) && relay_carrier_ended(r))
		return;
	target_text(r->conf->target, target);
	if (r->watch != NULL && watch_explains(error)) {
		if ((mss_bytes = watch_explain(r->watch, &r->err)) != 0)
			r->conf->learned_cb(mss_bytes, r->conf->arg);
	} else
		identification_failed(&r->identification, error, target, &r->err);
	relay_done(r);
}

static int
relay_check(struct relay *r, enum identification_end end)
{
	char	target[TARGET_TEXT_MAX];

	if (identification_check(&r->identification, end, target_text(r->conf->target, target),
	    &r->err) == 0)
		return (0);
	relay_done(r);
	return (-1);
}

/* One side has said something, and this is the identification's new state. */
static void
relay_identified(struct relay *r, enum identification_state state)
{
	if (r->identified || state == IDENTIFICATION_OPEN)
		return;
	r->identified = 1;
	r->identification.state = state;
	event_del(&r->timer);
	if (state == IDENTIFICATION_PASSED) {
		r->heard = 1;
		relay_checked(r);
	} else
		relay_check(r, IDENTIFICATION_EOF);
}

/* Whoever reads the output is gone: a callback of the lifeline. */
static void
relay_gone_cb(void *arg)
{
	log_debug(1, "nobody reads the output");
	relay_done(arg);
}

/*
 * After the server's end: bear so long a client that does not end, but not while we keep it waiting
 * ourselves.
 */
static void
relay_linger(struct relay *r, int on)
{
	struct timeval	tv = clock_timeval(r->identification.server.state == SSHWIRE_SSH ?
			    RELAY_FAREWELL_MS : RELAY_LINGER_MS);

	if (r->net_open)
		return;
	if (on)
		event_add(&r->timer, &tv);
	else
		event_del(&r->timer);
}

/*
 * The client has ended. Where the way to the server has no half-close, telling it would lose what
 * the server still sends: it is told when it has been silent for a while. Called again whenever it
 * was not.
 */
static void
relay_end(struct relay *r)
{
	struct timeval	tv = clock_timeval(RELAY_LINGER_MS);

	r->end_held = !r->conf->half_close;
	if (!r->end_held)
		shutdown(r->conn.fd, SHUT_WR);
	else if (r->identified)
		event_add(&r->timer, &tv);
}

/*
 * One side has ended. SSH has no half-close: the other may still say so much, but not for long, be
 * it never silent.
 */
static void
relay_last(struct relay *r)
{
	struct timeval	tv = clock_timeval(RELAY_LAST_MS);

	if (r->identification.client == CLIENT_SSH && !event_pending(&r->last_ev, EV_TIMEOUT, NULL))
		event_add(&r->last_ev, &tv);
}

/*
 * Look after the caller's life while the input cannot tell of it; after the server's end the output
 * cannot either.
 */
static void
relay_watch_caller(struct relay *r, int on)
{
	if (!on) {
		lifeline_stop(r->lifeline);
		r->lifeline = NULL;
	} else if (r->net_open && r->lifeline == NULL)
		r->lifeline = lifeline_start(r->base, r->conf->out_fd, relay_gone_cb, r);
}

/* --- from the client to the server ------------------------------------------------------------ */

/* The client says no more; pass that on and read to the end. */
static void
relay_in_ended(struct relay *r)
{
	r->in_open = 0;
	event_del(&r->in_ev);
	relay_identified(r, identification_client_end(&r->identification));
	if (r->hold != NULL)
		holdback_end(r->hold);
	if (!r->net_open) {
		if (relay_check(r, IDENTIFICATION_EOF) == 0)
			relay_done(r);
		return;
	}
	relay_last(r);
	relay_end(r);
	relay_watch_caller(r, 1);
}

/*
 * Send so many bytes of the buffer, or with 0 the rest: 1 if all went, 0 if there is a rest, -1 if
 * it failed.
 */
static int
relay_send(struct relay *r, size_t len)
{
	const char	*buf = len > 0 ? relay_buf : r->up.buf + r->up.off;
	ssize_t		 n;

	len = len > 0 ? len : r->up.len;
	r->pause_ms = 0;
	while (len > 0) {
		if (r->pause_ms != 0) {
			rest_keep(&r->up, buf, len);
			return (0);
		}
		n = send(r->conn.fd, buf, pace_most(&r->pace, len), MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			rest_keep(&r->up, buf, len);
			return (0);
		}
		if (n == -1) {
			/*
			 * EPIPE comes after the server's orderly end; anything else is told when
			 * all was read.
			 */
			r->send_error = errno == EPIPE ? 0 : errno;
			r->cut = 1;
			r->up.len = 0;
			return (-1);
		}
		watch_sent(r->watch, (size_t)n);
		carrier_sent(&r->carrier);
		r->pause_ms = pace_given(&r->pace, (size_t)n);
		buf += n;
		len -= (size_t)n;
	}
	r->up.len = 0;
	return (1);
}

/* There is a rest. */
static void
relay_room_wait(struct relay *r)
{
	struct timeval	tv = clock_timeval(r->pause_ms);

	if (r->pause_ms != 0)
		event_add(&r->pause_ev, &tv);
	else
		event_add(&r->room_ev, NULL);
}

static void
relay_in_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;
	ssize_t		 n;

	(void)what;
	n = input_read(fd, relay_buf, REST_BYTES, &r->err);
	if (n == -1 && r->err.code == CODE_NONE)
		return;
	if (n == -1) {
		relay_done(r);
		return;
	}
	if (n == 0) {
		relay_in_ended(r);
		return;
	}
	log_debug(2, "%zd bytes from the client", n);
	offer_client(&r->offer, relay_buf, (size_t)n);
	relay_identified(r, identification_client(&r->identification, relay_buf, (size_t)n));
	if (r->hold != NULL)
		holdback_client(r->hold, relay_buf, (size_t)n);
	if (!r->net_open && relay_check(r, IDENTIFICATION_EOF) == -1)
		return;
	switch (relay_send(r, (size_t)n)) {
	case 0:
		r->in_full = 0;
		event_del(&r->in_ev);
		relay_room_wait(r);
		relay_linger(r, 0);
		relay_watch_caller(r, 1);
		break;
	case 1:
		/*
		 * A client that is faster than we are gets room; where the network is slow it would
		 * only wait in there.
		 */
		r->in_full = n >= RELAY_PIPE ? r->in_full + 1 : 0;
		if (r->in_full == RELAY_FULL)
			os_pipe_enlarge(fd, REST_BYTES);
		relay_linger(r, 1);
		break;
	case -1:
		relay_in_ended(r);
		break;
	}
}

static void
relay_room_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;

	(void)fd;
	(void)what;
	switch (relay_send(r, 0)) {
	case 0:
		relay_room_wait(r);
		break;
	case -1:
		relay_in_ended(r);
		break;
	default:
		relay_linger(r, 1);
		relay_watch_caller(r, 0);
		event_add(&r->in_ev, NULL);
	}
}

/* --- from the server to the client ------------------------------------------------------------ */

static void
relay_net_ended(struct relay *r)
{
	r->net_open = 0;
	event_del(&r->net_ev);
	if (r->send_error != 0) {
		relay_net_failed(r, r->send_error);
		return;
	}
	if (relay_carrier_ended(r) || relay_check(r, IDENTIFICATION_EOF) == -1)
		return;
	if (!r->in_open) {
		relay_done(r);
		return;
	}
	if (r->hold != NULL)
		holdback_end(r->hold);
	output_end(&r->out, r->conf->out_fd);
	relay_watch_caller(r, 0);
	relay_last(r);
	relay_linger(r, r->up.len == 0);
}

static void
relay_out_failed(struct relay *r, int error)
{
	if (error == EPIPE || error == ECONNRESET) {
		relay_gone_cb(r);
		return;
	}
	error_set(&r->err, CODE_OUTPUT, "cannot write to standard output: %s", strerror(error));
	relay_done(r);
}

/* The output is full: nothing more from the server until it has room. */
static void
relay_out_wait(struct relay *r)
{
	event_del(&r->net_ev);
	event_add(&r->out_ev, NULL);
}

/* Write this; what does not go now is kept, and the socket waits for it. */
static void
relay_write(struct relay *r, const char *buf, size_t len)
{
	ssize_t	n;

	while (len > 0) {
		n = output_write(&r->out, buf, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			rest_keep(&r->down, buf, len);
			relay_out_wait(r);
			return;
		}
		if (n == -1) {
			relay_out_failed(r, errno);
			return;
		}
		buf += n;
		len -= (size_t)n;
	}
	r->down.len = 0;
}

/* Nothing to read, or it failed. */
static void
relay_unread(struct relay *r, int error)
{
	char	target[TARGET_TEXT_MAX];

	if (error == EAGAIN || error == EWOULDBLOCK) {
		if (r->hold != NULL && holdback_holds(r->hold))
			event_del(&r->net_ev);
	} else if (error == EPROTO && r->hold != NULL) {
		error_set(&r->err, CODE_SERVER_CHANGED,
		    "%s: a second connection, with smaller packets, met another server",
		    target_text(r->conf->target, target));
		relay_done(r);
	} else if (error != EINTR)
		relay_net_failed(r, error);
}

/* The server has said something, of which this is for the client. */
static void
relay_pass(struct relay *r, const char *buf, size_t len)
{
	relay_write(r, buf, len);
	if (r->err.code == CODE_NONE)
		relay_identified(r, r->identification.state);
	if (r->begun_late && !pace_listens(&r->pace)) {
		r->begun_late = 0;
		r->conf->running_cb(1, r->conf->arg);
	}
}

/*
 * What the server says first may offer another connection, and the client has heard nothing yet: 1
 * if both wait until relay_answered.
 */
static int
relay_offered(struct relay *r, size_t len)
{
	int	port;

	if (r->conf->offered_cb == NULL ||
	    r->identification.client == CLIENT_OTHER || r->offer.too_much || !r->in_open ||
	    r->up.len > 0 || (port = sshwire_offer(relay_buf, len)) == 0 ||
	    r->conf->offered_cb(port, &r->conn, &r->offer, r->conf->arg) == -1)
		return (0);
	rest_keep(&r->down, relay_buf, len);
	event_del(&r->in_ev);
	event_del(&r->net_ev);
	return (1);
}

void
relay_answered(int taken)
{
	struct relay	*r = &relay_session;

	r->taken = taken;
	if (taken) {
		relay_done(r);
		return;
	}
	event_add(&r->in_ev, NULL);
	event_add(&r->net_ev, NULL);
	relay_pass(r, r->down.buf + r->down.off, r->down.len);
}

static void
relay_copy(struct relay *r)
{
	enum identification_state	state;
	ssize_t			n;
	int			again = 0, first = r->identification.server.total == 0;

	if (r->hold != NULL)
		n = holdback_read(r->hold, relay_buf, REST_BYTES, &again);
	else
		n = read(r->conn.fd, relay_buf, REST_BYTES);
	if (n == -1) {
		relay_unread(r, errno);
		return;
	}
	if (n == 0) {
		relay_net_ended(r);
		return;
	}
	log_debug(2, "%zd bytes from the server", n);
	watch_received(r->watch);
	carrier_received(&r->carrier);
	pace_heard(&r->pace, relay_buf, (size_t)n);
	state = identification_server(&r->identification, relay_buf, (size_t)n);
	if (!first || again || !relay_offered(r, (size_t)n))
		relay_pass(r, relay_buf, state != IDENTIFICATION_FAILED && !again ? (size_t)n : 0);
}

static void
relay_splice(struct relay *r)
{
	ssize_t	n = os_splice(r->conn.fd, r->out.fd, RELAY_SPLICE);

	if (n > 0) {
		watch_received(r->watch);
		carrier_received(&r->carrier);
		if (n < RELAY_SMALL)
			os_tcp_acknowledge(r->conn.fd);
	} else if (n == 0)
		relay_net_ended(r);
	else if (errno == EAGAIN) {
		/*
		 * It does not say which side it was. At TCP's urgent mark it is the socket, and
		 * only read(2) goes on there.
		 */
		if (!output_full(&r->out))
			relay_copy(r);
		else if (++r->out_full != RELAY_FULL || os_pipe_enlarge(r->out.fd,
		    RELAY_SPLICE) == -1)
			relay_out_wait(r);
	} else if (errno == EINVAL || errno == ENOSYS)
		r->can_splice = 0;
	else if (errno == EPIPE)
		relay_out_failed(r, errno);
	else if (errno != EINTR)
		relay_net_failed(r, errno);
}

static void
relay_net_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;

	(void)fd;
	(void)what;
	/* Who has to be judged yet must be read. */
	if (r->can_splice && r->identified && r->hold == NULL && !pace_listens(&r->pace))
		relay_splice(r);
	else
		relay_copy(r);
	if (r->end_held && r->net_open)
		relay_end(r);
}

static void
relay_out_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;

	(void)fd;
	(void)what;
	event_add(&r->net_ev, NULL);
	relay_write(r, r->down.buf + r->down.off, r->down.len);
}

/* --- the care for the path -------------------------------------------------------------------- */

/* The session is under way, and what goes wrong from now on is not its beginning. */
static void
relay_settled_cb(void *arg)
{
	struct relay	*r = arg;

	r->conf->running_cb(1, r->conf->arg);
}

static void
relay_lost_cb(const struct error *err, int mss_bytes, void *arg)
{
	struct relay	*r = arg;

	r->err = *err;
	if (mss_bytes != 0)
		r->conf->learned_cb(mss_bytes, r->conf->arg);
	relay_done(r);
}

/* The way has its address besides, for it moves. */
static void
relay_take(struct relay *r, const struct connection *conn)
{
	r->conn = *conn;
	r->conn.step.to = (struct sockaddr *)&r->conn.to;
}

/* What kind of session it is has turned out. */
static void
relay_checked(struct relay *r)
{
	int	ssh = r->identification.client == CLIENT_SSH;

	/* A proxy on this machine may read nothing for as long as the network behind it is gone. */
	if (r->hold == NULL && r->watch == NULL)
		sock_begun(r->conn.fd, r->conf->race->tune);
	r->begun_late = ssh && pace_listens(&r->pace);
	if (r->hold == NULL && (!ssh || r->watch == NULL) && !r->begun_late)
		r->conf->running_cb(ssh, r->conf->arg);
}

/* Behind tailscaled or a proxy, the server stays silent when it is its turn: a callback. */
static void
relay_silent_cb(void *arg)
{
	struct relay	*r = arg;
	char		 target[TARGET_TEXT_MAX];

	/* Of a proxy it is not known what is behind it. */
	if (!r->begun_late || r->conn.step.via->to != VIA_TO_TAILSCALED)
		return;
	error_set(&r->err, CODE_MESH_MTU, "%s: no answer in the key exchange through %s for %d s",
	    target_text(r->conf->target, target), r->conn.step.via->peer, PACE_SILENT_S);
	relay_done(r);
}

/*
 * The path is proven. From here on nothing needs a new descriptor, and running_cb may put up a
 * sandbox.
 */
static void
relay_committed(struct relay *r, const struct holdback_proof *proof)
{
	struct watch_config	conf = { .base = r->base, .conn = &r->conn,
				    .target = r->conf->target,
				    .tune = r->conf->race->tune,
				    .proof = *proof, .ssh = r->identification.client == CLIENT_SSH,
				    .settled_cb = relay_settled_cb, .lost_cb = relay_lost_cb,
				    .arg = r };

	r->watch = watch_start(&conf);
	if (r->identified && (!conf.ssh || r->watch == NULL))
		r->conf->running_cb(conf.ssh, r->conf->arg);
}

static void
relay_committed_cb(int mss_bytes, const struct holdback_proof *proof, void *arg)
{
	struct relay	*r = arg;

	r->hold = NULL;
	if (mss_bytes != 0)
		r->conf->learned_cb(mss_bytes, r->conf->arg);
	relay_committed(r, proof);
	/* What the output has no room for waits as ever. */
	if (r->net_open && r->down.len == 0)
		event_add(&r->net_ev, NULL);
}

/* 1 if this connection leads to another address than the session's. */
static int
relay_elsewhere(const struct relay *r, const struct connection *conn)
{
	return (memcmp(&conn->to, &r->conn.to, sizeof(conn->to)) != 0);
}

/* The connection is another one, whose server has not identified itself yet. */
static void
relay_switched_cb(const struct connection *conn, const char *said, size_t len, void *arg)
{
	struct relay	*r = arg;
	struct timeval	 tv = clock_timeval(r->conf->target->timeout_ms);
	char		 to[64], what[80];

	if (relay_elsewhere(r, conn))
		strlcpy(what, "the server of another address said nothing: taken instead",
		    sizeof(what));
	else
		snprintf(what, sizeof(what),
		    "large packets were lost: once more, with segments of %d bytes",
		    conn->mss_bytes);
	event_del(&r->net_ev);
	event_del(&r->room_ev);
	close(r->conn.fd);
	relay_take(r, conn);
	attempts_add(r->conf->race->attempts, via_text(&r->conn.step, to, sizeof(to)), what, 0);
	event_del(&r->in_ev);
	relay_events(r);
	if (r->down.len == 0)
		event_add(&r->net_ev, NULL);
	identification_again(&r->identification);
	r->identified = 0;
	event_add(&r->timer, &tv);
	memcpy(r->up.buf, said, len);
	r->up.off = 0;
	r->up.len = len;
	relay_room_cb(r->conn.fd, EV_WRITE, r);
}

/* Begin to guard the path, where it needs that, and end it. */
static void
relay_guard(struct relay *r)
{
	struct holdback_config	conf = { .conn = &r->conn, .race = r->conf->race,
				    .switched_cb = relay_switched_cb,
				    .committed_cb = relay_committed_cb, .arg = r };

	if (r->conn.guarded || r->conn.other.ss_family != AF_UNSPEC)
		r->hold = holdback_start(&conf);
}

static void
relay_carry(struct relay *r)
{
	struct carrier_config	conf = { .base = r->base, .conn = &r->conn,
				    .target = r->conf->target, .limit_s = r->conf->carrier_s,
				    .lost_cb = relay_lost_cb, .arg = r };

	carrier_begin(&r->carrier, &conf);
}

static void
relay_guard_stop(struct relay *r)
{
	/*
	 * The first connection lost packets, and one in its place was of no use: with this server,
	 * there shall be no second.
	 */
	if (r->hold != NULL && r->err.code != CODE_NONE &&
	    r->conn.mss_bytes != r->conf->conn->mss_bytes &&
	    !relay_elsewhere(r, r->conf->conn))
		r->conf->learned_cb(MSS_LAST, r->conf->arg);
	holdback_stop(r->hold);
	watch_stop(r->watch);
}

/* --- the life of a session -------------------------------------------------------------------- */

static void
relay_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;
	struct timeval	 tv = clock_timeval(r->conf->target->timeout_ms);

	(void)fd;
	(void)what;
	/*
	 * A client that has not spoken yet is no reason to end, and may still turn out to be ssh.
	 */
	if (!r->net_open)
		relay_done(r);
	else if (r->end_held && r->identified)
		shutdown(r->conn.fd, SHUT_WR);
	else if (relay_check(r, IDENTIFICATION_TIMEOUT) == 0)
		event_add(&r->timer, &tv);
}

/*
 * Send so many bytes of the buffer, or with 0 the rest, before then: 1, 0 if the time was too
 * short, -1 if it failed.
 */
static int
relay_drain(struct relay *r, size_t len, int64_t end_ms)
{
	int	sent;

	for (; (sent = relay_send(r, len)) == 0; len = 0)
		if (sock_wait(r->conn.fd, POLLOUT, end_ms) != 1)
			return (0);
	return (sent);
}

/* ssh is done and says so before its last bytes were read: they are in the pipe, and go out now. */
static void
relay_hup_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;
	int64_t		 end_ms = clock_ms() + RELAY_DRAIN_MS;
	ssize_t		 n;
	int		 queued, sent;

	(void)fd;
	(void)what;
	sent = relay_drain(r, 0, end_ms);
	while (sent == 1 && r->in_open && clock_ms() < end_ms) {
		if (ioctl(r->conf->in_fd, FIONREAD, &queued) == -1 || queued <= 0 ||
		    (n = read(r->conf->in_fd, relay_buf, REST_BYTES)) <= 0)
			break;
		sent = relay_drain(r, (size_t)n, end_ms);
	}
	sock_farewell(r->conn.fd, end_ms);
	relay_done(r);
}

static void
relay_last_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;

	(void)fd;
	(void)what;
	log_debug(1, "one side has ended, and the other one goes on: enough waited");
	if (event_pending(&r->out_ev, EV_WRITE, NULL))
		error_set(&r->err, CODE_OUTPUT,
		    "cannot write to standard output: it stayed full after ssh had ended");
	else if (event_pending(&r->room_ev, EV_WRITE, NULL))
		relay_net_failed(r, EHOSTDOWN);
	relay_done(r);
}

static void
relay_term_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	relay_done(arg);
}

/* The socket is this one from now on; nothing waits for it yet. */
static void
relay_events(struct relay *r)
{
	event_assign(&r->net_ev, r->base, r->conn.fd, EV_READ | EV_PERSIST, relay_net_cb, r);
	event_assign(&r->room_ev, r->base, r->conn.fd, EV_WRITE, relay_room_cb, r);
}

static int
relay_begin(struct relay *r)
{
	const struct relay_config	*conf = r->conf;
	struct timeval			 tv = clock_timeval(conf->target->timeout_ms);

	event_assign(&r->in_ev, r->base, conf->in_fd, EV_READ | EV_PERSIST, relay_in_cb, r);
	relay_events(r);
	event_assign(&r->out_ev, r->base, r->out.fd, EV_WRITE, relay_out_cb, r);
	event_assign(&r->timer, r->base, -1, 0, relay_timer_cb, r);
	event_assign(&r->last_ev, r->base, -1, 0, relay_last_cb, r);
	event_assign(&r->pause_ev, r->base, -1, 0, relay_room_cb, r);
	/* Of a connection to a proxy elsewhere, the segments to there are ours. */
	if (r->conn.step.via->peer != NULL && !r->conn.guarded)
		pace_start(&r->pace, r->base, relay_silent_cb, r);
	evsignal_assign(&r->hup_ev, r->base, SIGHUP, relay_hup_cb, r);
	evsignal_assign(&r->term_ev, r->base, SIGTERM, relay_term_cb, r);
	if (event_add(&r->in_ev, NULL) == -1 || event_add(&r->net_ev, NULL) == -1 ||
	    event_add(&r->timer, &tv) == -1 || event_add(&r->hup_ev, NULL) == -1 ||
	    event_add(&r->term_ev, NULL) == -1) {
		error_errno(&r->err, errno != 0 ? errno : ENOMEM, "cannot start the relay");
		return (-1);
	}
	if (input_pending())
		event_active(&r->in_ev, EV_READ, 0);
	relay_guard(r);
	return (0);
}

int
relay_run(struct event_base *base, const struct relay_config *conf, struct error *err)
{
	struct relay	*r = &relay_session;

	memset(r, 0, sizeof(*r));
	r->up.buf = relay_buf + REST_BYTES;
	r->down.buf = relay_buf + 2 * REST_BYTES;
	r->conf = conf;
	r->base = base;
	relay_take(r, conf->conn);
	r->in_open = r->net_open = 1;
	output_open(&r->out, conf->out_fd);
	r->can_splice = r->out.kind == OUTPUT_PIPE;
	relay_carry(r);
	if (relay_begin(r) == 0 && event_base_dispatch(base) == -1)
		error_errno(&r->err, errno, "cannot wait for the network");
	event_del(&r->in_ev);
	event_del(&r->net_ev);
	event_del(&r->room_ev);
	event_del(&r->pause_ev);
	event_del(&r->out_ev);
	event_del(&r->timer);
	pace_stop(&r->pace);
	event_del(&r->last_ev);
	event_del(&r->hup_ev);
	event_del(&r->term_ev);
	lifeline_stop(r->lifeline);
	relay_guard_stop(r);
	carrier_stop(&r->carrier);
	output_close(&r->out);
	close(r->conn.fd);
	*err = r->err;
	return (err->code != CODE_NONE ? -1 : r->taken);
}

int
relay_waits(void)
{
	return (relay_session.base != NULL && !relay_session.heard);
}

void
relay_expire(void)
{
	event_active(&relay_session.timer, EV_TIMEOUT, 0);
}
