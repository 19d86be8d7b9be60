/* SPDX-License-Identifier: ISC */
/* Relays between standard input and output and a stream that outlives its connections. */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "net/sock.h"
#include "os/os.h"
#include "session/doubt.h"
#include "session/identification.h"
#include "session/input.h"
#include "session/lifeline.h"
#include "session/output.h"
#include "session/relay-resume.h"
#include "session/relay.h"
#include "session/resumable.h"

#define TURN_SPLICE	(1 << 20)
#define TURN_READ	61440		/* of the input: with its head it is one piece for TCP */
#define TURN_BUDGET	32		/* turns for one side before the other has its own */
#define FULL		4		/* found full so often, a pipe is worth enlarging */
#define IN_PIPE		(256 * 1024)
#define PAUSE_MS	200		/* a full pipe is waited for, before its ring is used */
#define FAREWELL_MS	1000		/* for ssh's last words after the server's end */
#define LAST_MS		20000		/* for what the server says after the client's end */
#define CLOSE_MS	2000		/* for the last bytes, and to say that it is over */
#define ALONE_MS	120000		/* the same, where whoever started us is gone */
#define JUMP_MS		5000		/* the clock went on so far without us */
#define PROOF_BYTES	4096		/* have come: the segments are small enough */
#define LOOK_MS		200		/* between looks, however much is relayed */

struct relay {
	const struct relay_config *conf;
	struct event_base	*base;
	struct resumable		*resume;
	struct stream		*stream;	/* its own */
	struct event		 in_ev, out_ev, net_ev;
	struct event		 tick_ev;	/* the stream or the doubt is due */
	struct event		 last_ev;	/* one side has ended, and enough was waited */
	struct event		 network_ev, hup_ev, term_ev;
	int			 network_fd;
	struct sockaddr_storage	 own;		/* the address that the connection is from */
	int			 gone;		/* this machine no longer has it */
	struct lifeline		*lifeline;
	struct output		 out;
	int			 can_splice;
	int			 out_full;	/* how often */
	int			 out_waits;	/* the output takes nothing now */
	int			 paused;	/* and nothing is read until it does */
	int			 in_open;
	int			 in_full;	/* how often it gave as much as is taken */
	int			 net_ended;	/* the server's stream, and the output with it */
	int			 closing;
	int			 let_go;	/* of standard input and output */
	int			 told;		/* the far side knows that it is over */
	int			 alone;
	pid_t			 parent;
	int			 identified;
	short			 net_what;	/* what the connection is waited for */
	int			 carriers;	/* the connection is this one of the stream's */
	int			 learned;	/* the size of its segments was told */
	struct doubt_view	 view;
	int64_t			 event_ms;
	int64_t			 turn_ms, turn_boot_ms;	/* the last turn, by two clocks */
	int64_t			 tick_ms;	/* when the next is due; -1: none is */
	int64_t			 look_ms;	/* not looked at again before that */
	struct error		 err;
};

/* One at a time, and apart from the variables that each relay uses. */
static struct relay	*relay_session;

static void	relay_turn(struct relay *);

static void
relay_done(struct relay *r)
{
	event_base_loopbreak(r->base);
}

/* The session is over for us: say so, on the connection there is or on another. */
static void
relay_close(struct relay *r, enum resume_reason reason)
{
	struct timeval	tv = clock_timeval(CLOSE_MS);

	if (r->closing)
		return;
	r->closing = 1;
	stream_close(r->stream, reason, "");
	event_add(&r->last_ev, &tv);
}

static void
relay_gone_cb(void *arg)
{
	struct relay	*r = arg;

	log_debug(1, "nobody reads the output");
	relay_close(r, RESUME_CLOSE_CLIENT);
	relay_turn(r);
}

/* Once the input does not tell of the caller's life, look after it. */
static void
relay_watch_caller(struct relay *r, int on)
{
	if (!on) {
		lifeline_stop(r->lifeline);
		r->lifeline = NULL;
	} else if (!r->net_ended && r->lifeline == NULL)
		r->lifeline = lifeline_start(r->base, r->conf->out_fd, relay_gone_cb, r);
}

static void
relay_identified(struct relay *r, enum identification_state state)
{
	char	target[TARGET_TEXT_MAX];

	if (r->identified || state == IDENTIFICATION_OPEN)
		return;
	r->identified = 1;
	event_del(&r->last_ev);
	if (state == IDENTIFICATION_PASSED)
		r->conf->running_cb(r->resume->identification.client == CLIENT_SSH, r->conf->arg);
	else
		identification_check(&r->resume->identification, IDENTIFICATION_EOF,
		    target_text(r->conf->target, target), &r->err);
}

/* --- from the client -------------------------------------------------------------------------- */

static void
relay_in_ended(struct relay *r)
{
	struct timeval	tv = clock_timeval(LAST_MS);

	r->in_open = 0;
	stream_end(r->stream);
	relay_identified(r, identification_client_end(&r->resume->identification));
	if (r->resume->identification.client == CLIENT_SSH && r->identified)
		event_add(&r->last_ev, &tv);
	relay_watch_caller(r, 1);
}

static void
relay_in_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;
	struct iovec	 iov[2];
	ssize_t		 n;

	(void)what;
	if (stream_space(r->stream, TURN_READ, iov) == 0)
		return;
	n = input_read(fd, iov[0].iov_base, iov[0].iov_len, &r->err);
	if (n == -1 && r->err.code == CODE_NONE)
		return;
	if (n == -1)
		relay_done(r);
	else if (n == 0)
		relay_in_ended(r);
	else {
		relay_identified(r, identification_client(&r->resume->identification,
		    iov[0].iov_base, (size_t)n));
		stream_added(r->stream, (size_t)n, clock_ms());
		/* A client that is faster than we are gets room. */
		if (n > TURN_READ / 2 && ++r->in_full == FULL)
			os_pipe_enlarge(fd, IN_PIPE);
	}
	relay_turn(r);
}

/* --- to the client ---------------------------------------------------------------------------- */

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

/* Write what waits, as far as there is room. */
static void
relay_deliver(struct relay *r)
{
	struct iovec	iov[2];
	ssize_t		n;

	while (!r->closing && !r->out_waits && stream_data(r->stream, iov) > 0) {
		n = output_write(&r->out, iov[0].iov_base, iov[0].iov_len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			r->out_waits = 1;
			event_add(&r->out_ev, NULL);
			return;
		}
		if (n == -1) {
			relay_out_failed(r, errno);
			return;
		}
		relay_identified(r, identification_server(&r->resume->identification,
		    iov[0].iov_base, (size_t)n));
		stream_delivered(r->stream, (size_t)n, clock_ms());
	}
}

static void
relay_out_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;

	(void)fd;
	/* A client that has stopped: what comes is read all the same, an answer may be in it. */
	if ((r->out_waits = (what & EV_TIMEOUT) != 0))
		event_add(&r->out_ev, NULL);
	r->paused = 0;
	relay_turn(r);
}

/* The client is slower than the network: what comes can wait there, and is not copied. */
static void
relay_pause(struct relay *r)
{
	struct timeval	tv = clock_timeval(PAUSE_MS);

	r->paused = 1;
	event_add(&r->out_ev, &tv);
}

/* Move bytes past us: 1 if there may be more, 0 to wait, -1 to read them. */
static int
relay_splice(struct relay *r)
{
	size_t	most = stream_direct(r->stream);
	ssize_t	n;

	n = os_splice(r->stream->fd, r->out.fd, most < TURN_SPLICE ? most : TURN_SPLICE);
	if (n > 0) {
		stream_directed(r->stream, (size_t)n, clock_ms());
		return (1);
	}
	if (n == -1 && errno == EAGAIN && output_full(&r->out)) {
		if (++r->out_full == FULL && os_pipe_enlarge(r->out.fd, TURN_SPLICE) == 0)
			return (1);
		relay_pause(r);
		return (0);
	}
	if (n == -1 && (errno == EINVAL || errno == ENOSYS))
		r->can_splice = 0;
	return (-1);
}

static void
relay_receive(struct relay *r)
{
	int	budget = TURN_BUDGET, direct = r->can_splice && r->identified && !r->out_waits, n;
	char	why[80];

	while (budget-- > 0 && r->stream->fd != -1) {
		if ((n = stream_readable(r->stream, direct, clock_ms())) == -1) {
			snprintf(why, sizeof(why), "%s", r->stream->wrong == STREAM_SYSTEM ?
			    strerror(r->stream->error) : r->stream->wrong == STREAM_EOF ?
			    "it ended" : "what came is no frame of the session");
			r->told = r->stream->close == STREAM_SAID &&
			    r->stream->wrong == STREAM_EOF;
			if (!r->told)
				resumable_lost(r->resume, why);
			return;
		}
		if (n == 0)
			return;
		if ((n = relay_splice(r)) == 0)
			return;
		if (n == -1)
			direct = 0;
	}
}

static void
relay_net_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;
	uint64_t	 heard_bytes = r->stream->heard_bytes;

	(void)fd;
	if (r->resume->frozen || r->stream->fd == -1)
		return;
	if ((what & EV_READ) != 0)
		relay_receive(r);
	if (r->stream->fd != -1 && r->stream->heard_bytes != heard_bytes)
		resumable_heard(r->resume);
	relay_turn(r);
}

/* --- the connection --------------------------------------------------------------------------- */

static void
relay_send(struct relay *r)
{
	if (r->stream->fd == -1 || r->resume->frozen ||
	    (stream_want(r->stream, clock_ms()) & STREAM_WRITE) == 0)
		return;
	if (stream_writable(r->stream, clock_ms()) == -1)
		resumable_lost(r->resume, strerror(r->stream->error));
	/* The peer's last frames may have been read. */
	if (r->stream->fd == -1 || r->stream->closed)
		relay_deliver(r);
}

/* Wait for the connection as it needs now. */
static void
relay_net_wait(struct relay *r)
{
	int	want = r->resume->frozen ? 0 : stream_want(r->stream, clock_ms());
	short	what = (short)((want & STREAM_READ && !r->paused ? EV_READ : 0) |
		    (want & STREAM_WRITE ? EV_WRITE : 0));

	if (r->stream->fd == -1)
		what = 0;
	if (r->carriers == r->stream->carriers && what == r->net_what)
		return;
	event_del(&r->net_ev);
	r->net_what = what;
	if (what == 0)
		return;
	event_assign(&r->net_ev, r->base, r->stream->fd, what | EV_PERSIST, relay_net_cb, r);
	event_add(&r->net_ev, NULL);
}

/* Where large packets were lost, those of this connection arrive: the next one begins so. */
static void
relay_learn(struct relay *r)
{
	if (r->learned || r->resume->smaller_bytes == 0 || r->stream->fd == -1 ||
	    r->stream->heard_bytes < PROOF_BYTES)
		return;
	r->learned = 1;
	r->conf->learned_cb(r->resume->smaller_bytes, r->conf->arg);
}

/* Another connection is in use, of which nothing is known. */
static void
relay_carried(struct relay *r)
{
	socklen_t	len = sizeof(r->own);

	if (r->carriers == r->stream->carriers || r->stream->fd == -1)
		return;
	memset(&r->view, 0, sizeof(r->view));
	r->gone = r->learned = 0;
	if (getsockname(r->stream->fd, (struct sockaddr *)&r->own, &len) == -1)
		r->own.ss_family = AF_UNSPEC;
	relay_net_wait(r);
	r->carriers = r->stream->carriers;
}

static void
relay_doubt_facts(struct relay *r, struct doubt_facts *facts, struct os_tcp *tcp)
{
	memset(facts, 0, sizeof(*facts));
	facts->now_ms = clock_ms();
	facts->event_ms = r->event_ms;
	facts->gone = r->gone;
	doubt_stream(facts, r->stream);
	if (facts->now_ms >= r->look_ms && os_tcp(r->stream->fd, tcp) == 0) {
		facts->tcp = tcp;
		r->resume->rtt_ms = tcp->rtt_ms;
	}
	facts->rtt_ms = r->resume->rtt_ms;
}

/* Look at the connection; when to look again, or -1. */
static int64_t
relay_look(struct relay *r)
{
	struct doubt_facts	facts;
	struct os_tcp		tcp;

	if (r->stream->fd == -1 || r->resume->frozen)
		return (-1);
	relay_doubt_facts(r, &facts, &tcp);
	if (facts.now_ms < r->look_ms)
		return (doubt_next_ms(&r->view, &facts));
	r->look_ms = facts.now_ms + LOOK_MS;
	switch (doubt_look(&r->view, &facts)) {
	case DOUBT_PING:
		stream_ping(r->stream, facts.now_ms);
		relay_send(r);
		break;
	case DOUBT_ATTEMPT:
		resumable_attempt(r->resume, 0);
		break;
	case DOUBT_SMALLER:
		resumable_attempt(r->resume, 1);
		break;
	case DOUBT_NONE:
		break;
	}
	if (r->stream->fd == -1)
		return (-1);
	doubt_stream(&facts, r->stream);
	return (doubt_next_ms(&r->view, &facts));
}

/* The network has changed, or time has passed us by. */
static void
relay_event(struct relay *r, const char *what)
{
	int64_t	now_ms = clock_ms();

	log_debug(1, "%s", what);
	/* Much that follows upon one event costs no more than it. */
	if (r->event_ms == 0 || now_ms - r->event_ms >= LOOK_MS)
		r->look_ms = 0;
	r->event_ms = now_ms;
	resumable_event(r->resume);
}

static void
relay_network_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;
	enum os_address	 address;

	(void)what;
	if ((address = os_address_read(fd, (struct sockaddr *)&r->own)) == OS_ADDRESS_QUIET)
		return;
	if (address != OS_ADDRESS_SAME && (r->own.ss_family == AF_INET ||
	    r->own.ss_family == AF_INET6))
		r->gone = address == OS_ADDRESS_GONE;
	relay_event(r, "the network of this machine has changed");
	relay_turn(r);
}

/* A machine that slept, or a process that was stopped. */
static void
relay_jump(struct relay *r)
{
	int64_t	now_ms = clock_ms(), boot_ms = clock_boot_ms();
	int	slept = boot_ms - r->turn_boot_ms - (now_ms - r->turn_ms) > JUMP_MS;
	int	late = r->tick_ms != -1 && now_ms - r->tick_ms > JUMP_MS;

	r->turn_ms = now_ms;
	r->turn_boot_ms = boot_ms;
	if (!slept && !late)
		return;
	r->tick_ms = -1;
	stream_forgive(r->stream, now_ms);
	relay_event(r, "the machine was asleep");
}

/* --- the end ---------------------------------------------------------------------------------- */

/* What the far side said when it closed the session. */
static void
relay_closed(struct relay *r)
{
	static const struct {
		int		 reason;
		enum code	 code;
		const char	*text;
	}	reasons[] = {
		{ RESUME_CLOSE_SSHD, CODE_SESSION_LOST, "its sshd ended the session" },
		{ RESUME_CLOSE_HELD, CODE_HELD_TOO_LONG, "the session was held for too long" },
		{ RESUME_CLOSE_FAULT, CODE_SESSION_LOST, "the host could not go on" },
		{ 0, CODE_SESSION_LOST, "the host ended the session" },	/* one that is new */
	};
	char	target[TARGET_TEXT_MAX];
	size_t	i = 0;

	relay_done(r);
	if (!r->in_open || r->stream->reason == RESUME_CLOSE_DONE ||
	    r->stream->reason == RESUME_CLOSE_CLIENT)
		return;
	/* sshd lets nobody in, and says why before it hangs up. */
	if (!r->identified && identification_check(&r->resume->identification, IDENTIFICATION_EOF,
	    target_text(r->conf->target, target), &r->err) == -1)
		return;
	while (reasons[i].reason != 0 && reasons[i].reason != r->stream->reason)
		i++;
	error_set(&r->err, reasons[i].code, "%s: %s%s%.80s", target_text(r->conf->target, target),
	    reasons[i].text, r->stream->text[0] != '\0' ? ": " : "", r->stream->text);
}

/* The server's stream has ended, and ssh has all of it. */
static void
relay_net_ended(struct relay *r)
{
	struct timeval	tv = clock_timeval(r->resume->identification.client == CLIENT_SSH ?
			    FAREWELL_MS : LAST_MS);
	char		target[TARGET_TEXT_MAX];

	r->net_ended = 1;
	relay_watch_caller(r, 0);
	if (identification_check(&r->resume->identification, IDENTIFICATION_EOF,
	    target_text(r->conf->target, target), &r->err) == -1) {
		relay_close(r, RESUME_CLOSE_CLIENT);
		return;
	}
	event_del(&r->out_ev);
	output_end(&r->out, r->conf->out_fd);
	event_add(&r->last_ev, &tv);
}

/* What is without a connection now is nothing for --why. */
static void
relay_waits_cb(const struct resumable *resume, const char *why, void *arg)
{
	(void)resume;
	(void)why;
	(void)arg;
}

/* Nothing is relayed any longer, and whoever reads or writes here shall see that at once. */
static void
relay_let_go(struct relay *r)
{
	if (r->let_go)
		return;
	r->let_go = 1;
	relay_watch_caller(r, 0);
	event_del(&r->in_ev);
	event_del(&r->out_ev);
	event_del(&r->term_ev);
	if (!r->net_ended)
		output_end(&r->out, r->conf->out_fd);
	close(r->conf->in_fd);
	r->net_ended = 1;
	r->in_open = r->can_splice = r->paused = 0;
	r->resume->conf.waits_cb(r->resume, NULL, r->resume->conf.arg);
	r->resume->conf.waits_cb = relay_waits_cb;
}

/*
 * 1 while the far side does not know that it is over: where that was said, it hangs up. Without
 * this it would hold the session for a client that does not come back.
 */
static int
relay_tells(struct relay *r)
{
	if (r->told)
		return (0);
	/* A failure is reported first. */
	if (r->err.code != CODE_NONE)
		return (r->stream->fd != -1 && r->stream->close != STREAM_SAID);
	relay_let_go(r);
	return (1);
}

/* 1 if the session is over. */
static int
relay_ended(struct relay *r)
{
	struct iovec	iov[2];

	if (r->err.code == CODE_NONE && r->resume->over.code != CODE_NONE && !r->closing)
		r->err = r->resume->over;
	if (!r->net_ended && stream_ended(r->stream))
		relay_net_ended(r);
	if (stream_done(r->stream))
		relay_close(r, RESUME_CLOSE_DONE);
	if (r->closing)
		relay_send(r);
	if (r->stream->closed && (r->closing || stream_data(r->stream, iov) == 0)) {
		relay_closed(r);
		return (1);
	}
	if (r->resume->over.code == CODE_NONE && (!r->closing || relay_tells(r)))
		return (0);
	relay_done(r);
	return (1);
}

static void
relay_last_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;
	struct timeval	 tv = clock_timeval(ALONE_MS);
	char		 target[TARGET_TEXT_MAX];

	(void)fd;
	(void)what;
	if (!r->identified && !r->closing) {
		identification_check(&r->resume->identification, IDENTIFICATION_TIMEOUT,
		    target_text(r->conf->target, target), &r->err);
		if (r->err.code == CODE_NONE)
			return;
	}
	if (r->let_go && r->identified && !r->alone && getppid() != r->parent) {
		r->alone = 1;
		event_add(&r->last_ev, &tv);
	} else if (r->closing)
		relay_done(r);
	relay_close(r, RESUME_CLOSE_CLIENT);
	relay_turn(r);
}

/* ssh is done: what it has written by now still goes out. */
static void
relay_hup_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;
	struct iovec	 iov[2];
	ssize_t		 n;
	int		 queued;

	(void)fd;
	(void)what;
	while (r->in_open && ioctl(r->conf->in_fd, FIONREAD, &queued) == 0 && queued > 0 &&
	    stream_space(r->stream, TURN_READ, iov) > 0) {
		if ((n = read(r->conf->in_fd, iov[0].iov_base, iov[0].iov_len)) <= 0)
			break;
		stream_added(r->stream, (size_t)n, clock_ms());
	}
	relay_close(r, RESUME_CLOSE_CLIENT);
	relay_turn(r);
}

static void
relay_term_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;

	(void)fd;
	(void)what;
	relay_close(r, RESUME_CLOSE_CLIENT);
	relay_turn(r);
}

/* --- the loop --------------------------------------------------------------------------------- */

static void
relay_in_wait(struct relay *r)
{
	struct iovec	iov[2];
	int		room = r->in_open && !r->closing && stream_space(r->stream, 1, iov) > 0;

	if (room == (event_pending(&r->in_ev, EV_READ, NULL) != 0))
		return;
	if (room)
		event_add(&r->in_ev, NULL);
	else
		event_del(&r->in_ev);
	relay_watch_caller(r, !room);
}

static void
relay_tick_wait(struct relay *r, int64_t look_ms)
{
	int64_t		next_ms = stream_next_ms(r->stream), now_ms = clock_ms();
	struct timeval	tv;

	if (next_ms == -1 || (look_ms != -1 && look_ms < next_ms))
		next_ms = look_ms;
	/* Once too often is cheaper than to set it anew at each turn. */
	if (next_ms == -1 || (r->tick_ms != -1 && r->tick_ms <= next_ms))
		return;
	r->tick_ms = next_ms;
	tv = clock_timeval(next_ms > now_ms ? next_ms - now_ms : 1);
	event_add(&r->tick_ev, &tv);
}

/* Something has happened: do what it makes possible, and wait for the next. */
static void
relay_turn(struct relay *r)
{
	int64_t	look_ms;

	relay_jump(r);
	relay_deliver(r);
	relay_send(r);
	look_ms = relay_look(r);
	if (r->err.code != CODE_NONE && !r->closing)
		relay_close(r, RESUME_CLOSE_CLIENT);
	if (relay_ended(r))
		return;
	relay_carried(r);
	relay_learn(r);
	relay_net_wait(r);
	relay_in_wait(r);
	relay_tick_wait(r, look_ms);
}

static void
relay_tick_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;
	int		 awake;

	(void)fd;
	(void)what;
	relay_jump(r);
	r->tick_ms = -1;
	awake = r->stream->rest_ms != -1;
	stream_tick(r->stream, clock_ms());
	if (awake && r->stream->rest_ms == -1)
		os_rest();
	relay_turn(r);
}

static void
relay_changed_cb(void *arg)
{
	relay_turn(arg);
}

static void
relay_begin(struct relay *r)
{
	struct timeval	tv = clock_timeval(r->conf->target->timeout_ms);

	event_assign(&r->in_ev, r->base, r->conf->in_fd, EV_READ | EV_PERSIST, relay_in_cb, r);
	event_assign(&r->out_ev, r->base, r->out.fd, EV_WRITE, relay_out_cb, r);
	event_assign(&r->net_ev, r->base, r->stream->fd, EV_READ, relay_net_cb, r);
	event_assign(&r->tick_ev, r->base, -1, 0, relay_tick_cb, r);
	event_assign(&r->last_ev, r->base, -1, 0, relay_last_cb, r);
	evsignal_assign(&r->hup_ev, r->base, SIGHUP, relay_hup_cb, r);
	evsignal_assign(&r->term_ev, r->base, SIGTERM, relay_term_cb, r);
	event_add(&r->last_ev, &tv);
	event_add(&r->hup_ev, NULL);
	event_add(&r->term_ev, NULL);
	if ((r->network_fd = os_network_watch()) != -1) {
		event_assign(&r->network_ev, r->base, r->network_fd, EV_READ | EV_PERSIST,
		    relay_network_cb, r);
		event_add(&r->network_ev, NULL);
	}
	r->resume->changed_cb = relay_changed_cb;
	r->resume->changed_arg = r;
	relay_turn(r);
}

static void
relay_end(struct relay *r)
{
	event_del(&r->in_ev);
	event_del(&r->out_ev);
	event_del(&r->net_ev);
	event_del(&r->tick_ev);
	event_del(&r->last_ev);
	event_del(&r->hup_ev);
	event_del(&r->term_ev);
	if (r->network_fd != -1) {
		event_del(&r->network_ev);
		close(r->network_fd);
	}
	lifeline_stop(r->lifeline);
	if (r->stream->fd != -1 && r->stream->close == STREAM_SAID)
		sock_farewell(r->stream->fd, clock_ms() + FAREWELL_MS / 10);
	output_close(&r->out);
	resumable_free(r->resume);
}

int
relay_resume_run(struct event_base *base, const struct relay_config *conf, struct resumable *resume,
    struct error *err)
{
	struct relay	*r = relay_session = xcalloc(1, sizeof(*r));

	r->conf = conf;
	r->base = base;
	r->resume = resume;
	r->stream = &resume->stream;
	r->in_open = 1;
	r->parent = getppid();
	r->tick_ms = -1;
	r->turn_ms = clock_ms();
	r->turn_boot_ms = clock_boot_ms();
	output_open(&r->out, conf->out_fd);
	r->can_splice = r->out.kind == OUTPUT_PIPE;
	relay_begin(r);
	if (event_base_dispatch(base) == -1)
		error_errno(&r->err, errno, "cannot wait for the network");
	relay_end(r);
	*err = r->err;
	relay_session = NULL;
	free(r);
	return (err->code == CODE_NONE ? 0 : -1);
}

int
relay_resume_waits(void)
{
	const struct relay	*r = relay_session;

	return (r != NULL && !r->identified && !r->closing);
}

void
relay_resume_expire(void)
{
	event_active(&relay_session->last_ev, EV_TIMEOUT, 0);
}
