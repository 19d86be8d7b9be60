/* SPDX-License-Identifier: ISC */
/* Holds the server's KEXINIT back until the path has proven itself. */

#include <sys/types.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "os/os.h"
#include "route/mss.h"
#include "route/race.h"
#include "session/holdback.h"
#include "wire/sshwire.h"

#define TICK_MS		5	/* an acknowledgement wakes nobody up */
#define LIMIT_MS	10000	/* then all passes, proven or not */
/* a client that says nothing for so long waits for the server's KEXINIT */
#define SHY_MS		250
#define SILENT_MS	1000	/* a server that takes longer to say its KEXINIT is in doubt */
#define BESIDE_MS	3000	/* a second connection that is silent, too, is not taken before */
#define ACK_MS		60	/* a delayed acknowledgement: 40 ms on Linux */
#define SLACK_MS	20	/* for timers of the kernel, besides round trips */

struct holdback {
	struct holdback_config	 conf;
	struct race_config	 race;		/* for connections of ours */
	struct mss_steps		 mss_steps;
	struct event		 timer;
	struct connection		 conn;		/* in use */
	struct connection		 spare;		/* its descriptor is -1 if there is none */
	struct race		*dial;		/* towards a spare one */
	int			 no_spare;	/* none can be had */
	int			 descended;	/* rungs */

	int64_t			 began_ms;
	/* when the client got the identification; 0: not yet */
	int64_t			 passed_ms;
	/* since when all that the client said is acknowledged; 0: it is not */
	int64_t			 told_ms;
	/* since when the connection is in doubt; 0: it is not */
	int64_t			 doubt_ms;
	int64_t			 acked_bytes;	/* then */
	/* since when the same is said on the spare one; 0: it is not */
	int64_t			 beside_ms;
	unsigned int		 retransmitted;	/* for the connection itself */

	struct sshwire_id	 id;		/* of the server, on this connection */
	struct sshwire_line	 line;		/* its last one so far */
	struct sshwire_line	 passed;	/* the identification that the client got */
	const char		*due;		/* why to commit when it has come again; or NULL */
	int			 holding;	/* there is more behind it */
	struct sshwire_hello	 hello;
	size_t			 said_len;
	char			 said[SSHWIRE_HELLO_MAX];	/* by the client */
};

static void	holdback_timer_cb(evutil_socket_t, short, void *);

/* In memory of its own, which goes back to the system: a relay may be idle for days after this. */
struct holdback *
holdback_start(const struct holdback_config *conf)
{
	struct timeval	 tv = clock_timeval(TICK_MS);
	struct holdback	*h;
	struct os_tcp	 tcp;

	h = mmap(NULL, sizeof(*h), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
	if (h == MAP_FAILED)
		xalloc_fail();
	h->conf = *conf;
	h->conn = *conf->conn;
	h->spare.fd = -1;
	h->began_ms = clock_ms();
	if (os_tcp(h->conn.fd, &tcp) == 0)
		h->retransmitted = tcp.retransmitted;
	event_assign(&h->timer, conf->race->base, -1, EV_PERSIST, holdback_timer_cb, h);
	event_add(&h->timer, &tv);
	return (h);
}

static void
holdback_drop_spare(struct holdback *h)
{
	race_cancel(h->dial);
	h->dial = NULL;
	if (h->spare.fd != -1)
		close(h->spare.fd);
	h->spare.fd = -1;
	h->beside_ms = 0;
}

void
holdback_stop(struct holdback *h)
{
	if (h == NULL)
		return;
	event_del(&h->timer);
	holdback_drop_spare(h);
	munmap(h, sizeof(*h));
}

/*
 * 1 if the handle is gone; 0 if a second server has not identified itself yet: only what follows
 * that may pass.
 */
static int
holdback_commit(struct holdback *h, const struct holdback_proof *proof, const char *why)
{
	struct holdback_config	conf = h->conf;
	int			mss_bytes = h->descended > 0 ? h->conn.mss_bytes : 0;

	if (h->passed.len > 0 && h->id.state == SSHWIRE_MORE) {
		h->due = why;
		event_del(&h->timer);
		holdback_drop_spare(h);
		return (0);
	}
	log_debug(1, "%s: the session passes, after %lld ms", why,
	    (long long)(clock_ms() - h->began_ms));
	holdback_stop(h);
	conf.committed_cb(mss_bytes, proof != NULL ? proof : &(struct holdback_proof){ 0, 0 },
	    conf.arg);
	return (1);
}

void
holdback_client(struct holdback *h, const char *buf, size_t len)
{
	if (sshwire_hello_feed(&h->hello, buf, len) == SSHWIRE_HELLO_OTHER ||
	    len > sizeof(h->said) - h->said_len) {
		holdback_commit(h, NULL, "the client says what cannot be said again");
		return;
	}
	/* The spare connection has not got this. */
	if (h->beside_ms != 0)
		holdback_drop_spare(h);
	memcpy(h->said + h->said_len, buf, len);
	h->said_len += len;
	h->told_ms = 0;
}

void
holdback_end(struct holdback *h)
{
	holdback_commit(h, NULL, "one side has ended");
}

int
holdback_holds(const struct holdback *h)
{
	return (h->holding);
}

/* --- what is proven, and what is in doubt ----------------------------------------------------- */

enum doubt {
	DOUBT_NONE,
	DOUBT_SIGN,		/* something was lost */
	DOUBT_SILENCE,		/* something does not come; the server may as well be slow */
	DOUBT_MUTE		/* nothing came at all, and the host has another address */
};

static enum doubt
holdback_doubt(struct holdback *h, const struct os_tcp *tcp, int64_t now_ms)
{
	int64_t	silent_ms = 5 * (int64_t)tcp->rtt_ms;
	size_t	packet = h->hello.packet;

	if (silent_ms < SILENT_MS)
		silent_ms = SILENT_MS;
	/* A server identifies itself unasked. */
	if (h->id.total == 0 && h->said_len > 0 && h->conn.other.ss_family != AF_UNSPEC)
		return (now_ms - h->began_ms >= silent_ms ? DOUBT_MUTE : DOUBT_NONE);
	/*
	 * An identification alone fits into any segment, and where a full one has arrived, what is
	 * missing is not missing for its size. RFC 7323's option takes 12 bytes of each.
	 */
	if (tcp->waiting_bytes > 0)
		return (packet > 0 && tcp->retransmitted > h->retransmitted &&
		    packet < (size_t)tcp->waiting_bytes + (size_t)tcp->send_bytes - 12 ?
		    DOUBT_SIGN : DOUBT_NONE);
	/* What came waits for what did not: the server's first full segment. */
	if (tcp->gap && !h->holding)
		return (DOUBT_SIGN);
	if (h->holding || h->hello.state != SSHWIRE_HELLO_WHOLE || h->id.state != SSHWIRE_SSH)
		return (DOUBT_NONE);
	/* A server that was late with its identification is not late with its KEXINIT, too. */
	return (now_ms - (h->told_ms > h->passed_ms ? h->told_ms : h->passed_ms) >= silent_ms ?
	    DOUBT_SILENCE : DOUBT_NONE);
}

/* Whether all may pass, and why; NULL if not yet. */
static const char *
holdback_proven(const struct holdback *h, const struct os_tcp *tcp, int64_t now_ms)
{
	if (!tcp->open)
		return ("the connection has ended");
	if (now_ms - h->began_ms >= LIMIT_MS)
		return ("enough waited");
	if (tcp->waiting_bytes > 0 || !h->holding)
		return (NULL);
	if (h->hello.state == SSHWIRE_HELLO_WHOLE)
		return ("both ways are proven");
	if (h->hello.packet == 0 && now_ms - h->passed_ms >= SHY_MS)
		return ("the client waits for the server");
	return (NULL);
}

static void
holdback_dialled_cb(const struct connection *conn, const struct error *err, void *arg)
{
	struct holdback	*h = arg;

	(void)err;
	h->dial = NULL;
	h->no_spare = conn == NULL;
	if (conn != NULL)
		h->spare = *conn;
}

/* A second connection: to another address, or with the next smaller segments. */
static void
holdback_dial(struct holdback *h, enum doubt doubt, const struct os_tcp *tcp)
{
	int	mss_bytes = mss_reverse(tcp);

	h->race = *h->conf.race;
	h->race.cb = holdback_dialled_cb;
	h->race.arg = h;
	if (doubt == DOUBT_MUTE) {
		log_debug(1, "the server says nothing: another address of the host is tried");
		h->dial = race_other(&h->race, &h->conn);
		return;
	}
	if (tcp->waiting_bytes > 0 && tcp->send_bytes < mss_bytes)
		mss_bytes = tcp->send_bytes;
	if ((h->mss_steps.mss_bytes = mss_next(mss_bytes, os_segments(),
	    h->conn.to.ss_family)) == 0) {
		/* No other connection gets more through; what this one sends can be smaller. */
		if (tcp->waiting_bytes > 0 && os_segments() == OS_SEGMENTS_FIXED &&
		    os_segments_sent(h->conn.fd, MSS_LAST) == 0)
			log_debug(1, "packets of %d bytes may be lost; sending smaller ones",
			    mss_packet(mss_bytes, (struct sockaddr *)&h->conn.to));
		h->no_spare = 1;
		return;
	}
	log_debug(1,
	    "packets of %d bytes are in doubt (%d bytes wait, %u segments were sent again%s)",
	    mss_packet(mss_bytes, (struct sockaddr *)&h->conn.to), tcp->waiting_bytes,
	    tcp->retransmitted, tcp->gap ? ", one did not come" : "");
	h->race.mss_steps = &h->mss_steps;
	h->dial = race_again(&h->race, &h->conn);
}

/* Throw the connection away and say the same on the spare one. */
static void
holdback_switch(struct holdback *h, enum doubt doubt)
{
	struct os_tcp	tcp;
	size_t		len = h->beside_ms != 0 ? 0 : h->said_len;

	if (doubt == DOUBT_MUTE)
		log_debug(1, "the other address is taken: its server speaks");
	else {
		log_debug(1, "again with segments of %d bytes", h->spare.mss_bytes);
		h->descended++;
	}
	h->conn = h->spare;
	h->spare.fd = -1;
	h->doubt_ms = h->told_ms = h->beside_ms = 0;
	h->holding = 0;
	memset(&h->line, 0, sizeof(h->line));
	memset(&h->id, 0, sizeof(h->id));
	h->retransmitted = os_tcp(h->conn.fd, &tcp) == 0 ? tcp.retransmitted : 0;
	h->conf.switched_cb(&h->conn, h->said, len, h->conf.arg);
}

/*
 * The server is silent: say the same on the spare connection, too, and take whichever it answers
 * first. 1 if the spare one is to be taken, for it has said more than its identification (anything,
 * where the other said nothing), or loses something already, or has had its time.
 */
static int
holdback_beside(struct holdback *h, enum doubt doubt, int64_t now_ms)
{
	struct os_tcp	 tcp;
	char		 buf[2 * SSHWIRE_ID_MAX], *end;
	ssize_t		 n;

	if (h->beside_ms == 0) {
		h->beside_ms = now_ms;
		/* A new socket has room for it; if not, the connection is of no use. */
		if (send(h->spare.fd, h->said, h->said_len, MSG_NOSIGNAL) != (ssize_t)h->said_len) {
			holdback_drop_spare(h);
			h->no_spare = 1;
		}
		return (0);
	}
	n = recv(h->spare.fd, buf, sizeof(buf), MSG_PEEK);
	if (doubt == DOUBT_MUTE)
		return (n > 0);
	end = n > 0 ? memchr(buf, '\n', (size_t)n) : NULL;
	/*
	 * Its identification is not read yet, so that a gap does not show, but what came behind one
	 * was counted.
	 */
	return ((end != NULL && end < buf + n - 1) || (os_tcp(h->spare.fd, &tcp) == 0 &&
	    (tcp.gap || tcp.behind > 0)) || now_ms - h->beside_ms >= BESIDE_MS);
}

/* The spare connection is there: whether it is to be taken now. */
static int
holdback_takes(struct holdback *h, enum doubt doubt, const struct os_tcp *tcp, int64_t now_ms)
{
	/*
	 * What arrives in order may be acknowledged late, what fills a gap is acknowledged at once
	 * (RFC 5681 4.2).
	 */
	int	slack_ms = tcp->waiting_bytes > 0 && tcp->sacked == 0 ? ACK_MS : SLACK_MS;

	/* A line that the client has a part of must come to its end from where it began. */
	if (now_ms - h->doubt_ms < 2 * tcp->rtt_ms + slack_ms ||
	    (h->passed.len == 0 && h->line.len > 0 && !h->line.ended))
		return (0);
	return (doubt == DOUBT_SIGN ? 1 : holdback_beside(h, doubt, now_ms));
}

/* In doubt: make a second connection, and take it, each in its time. */
static void
holdback_descend(struct holdback *h, enum doubt doubt, const struct os_tcp *tcp, int64_t now_ms)
{
	/* Where it is not told what is acknowledged, all that is said and does not wait is. */
	int64_t	acked_bytes = tcp->acked_bytes != -1 ? tcp->acked_bytes :
		    (int64_t)h->said_len - tcp->waiting_bytes;

	if (h->doubt_ms == 0 || acked_bytes != h->acked_bytes) {
		h->doubt_ms = now_ms;
		h->acked_bytes = acked_bytes;
	}
	if (h->spare.fd != -1) {
		if (holdback_takes(h, doubt, tcp, now_ms))
			holdback_switch(h, doubt);
	} else if (h->dial == NULL && !h->no_spare &&
	    now_ms - h->doubt_ms >= tcp->rtt_ms + SLACK_MS / 4)
		holdback_dial(h, doubt, tcp);
}

/* Look where the connection is; 1 if it is committed, and the handle gone. */
static int
holdback_look(struct holdback *h)
{
	struct holdback_proof	 proof = { 0, 0 };
	struct os_tcp		 tcp = { .waiting_bytes = -1 };
	int64_t			 now_ms = clock_ms();
	const char		*why;
	enum doubt		 doubt;

	why = os_tcp(h->conn.fd, &tcp) == -1 ? "there is no telling what is acknowledged here" :
	    holdback_proven(h, &tcp, now_ms);
	if (why != NULL) {
		if (tcp.waiting_bytes == 0)
			proof.forward_bytes = (int)h->hello.packet;
		if (h->holding)
			proof.reverse_bytes = (int)(tcp.received_bytes - (int64_t)h->id.total);
		return (holdback_commit(h, &proof, why));
	}
	if (tcp.waiting_bytes > 0)
		h->told_ms = 0;
	else if (h->told_ms == 0)
		h->told_ms = now_ms;
	if ((doubt = holdback_doubt(h, &tcp, now_ms)) != DOUBT_NONE)
		holdback_descend(h, doubt, &tcp, now_ms);
	else {
		h->doubt_ms = 0;
		holdback_drop_spare(h);
	}
	return (0);
}

static void
holdback_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	holdback_look(arg);
}

/* --- what the server says --------------------------------------------------------------------- */

/*
 * How many of these bytes belong to the identification and what comes before it; the line that it
 * ends in is kept.
 */
static size_t
holdback_id(struct holdback *h, const char *buf, size_t len)
{
	size_t	n;

	for (n = 0; n < len && h->id.state == SSHWIRE_MORE; n++) {
		sshwire_line_feed(&h->line, buf[n]);
		sshwire_id_feed(&h->id, buf + n, 1);
	}
	return (n);
}

/*
 * The identification has come, or never will; -1 with errno if it is another one than before. May
 * commit.
 */
static int
holdback_identified(struct holdback *h)
{
	if (h->passed.len > 0) {
		if (memcmp(&h->line, &h->passed, sizeof(h->line)) != 0) {
			errno = EPROTO;
			return (-1);
		}
		if (h->due != NULL)
			holdback_commit(h, NULL, h->due);
		return (0);
	}
	h->passed = h->line;
	h->passed_ms = clock_ms();
	if (h->id.state != SSHWIRE_SSH || h->id.column > SSHWIRE_ID_MAX ||
	    !sshwire_is_version_2(h->line.text, h->line.len))
		holdback_commit(h, NULL, "the server speaks no SSH-2.0");
	return (0);
}

ssize_t
holdback_read(struct holdback *h, char *buf, size_t size, int *again)
{
	ssize_t	n;
	int	fd = h->conn.fd;

	*again = h->passed.len > 0;
	if ((n = recv(fd, buf, size, MSG_PEEK)) <= 0)
		return (n);
	if (h->id.state == SSHWIRE_SSH) {
		*again = 0;
		h->holding = 1;
		if (holdback_look(h) == 1)
			return (read(fd, buf, size));
		errno = EAGAIN;
		return (-1);
	}
	n = read(fd, buf, holdback_id(h, buf, (size_t)n));
	if (h->id.state != SSHWIRE_MORE && holdback_identified(h) == -1)
		return (-1);
	return (n);
}
