#include <sys/types.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "os/os.h"
#include "route/ladder.h"
#include "route/race.h"
#include "session/holdback.h"
#include "wire/sshwire.h"

#define TICK_MS		5	/* an acknowledgement wakes nobody up */
#define LIMIT_MS	10000	/* then all passes, proven or not */
#define SHY_MS		250	/* a client that says nothing for so long waits for the server's KEXINIT */
#define SILENT_MS	1000	/* a server that takes longer to say its KEXINIT is in doubt */
#define SLACK_MS	20	/* for timers of the kernel, besides round trips */

struct holdback {
	struct holdback_config	 conf;
	struct race_config	 race;		/* for connections of ours */
	struct ladder		 ladder;
	struct event		 timer;
	struct race_way		 way;		/* in use */
	struct race_way		 spare;		/* its descriptor is -1 if there is none */
	struct race		*dial;		/* towards a spare one */
	int			 no_spare;	/* none can be had */
	int			 descended;	/* rungs */

	int64_t			 began_ms;
	int64_t			 passed_ms;	/* when the client got the identification; 0: not yet */
	int64_t			 told_ms;	/* since when all that the client said is acknowledged; 0: it is not */
	int64_t			 doubt_ms;	/* since when the connection is in doubt; 0: it is not */
	int64_t			 acked_bytes;	/* then */
	unsigned int		 retransmitted;	/* for the connection itself */

	struct sshwire_id	 id;		/* of the server, on this connection */
	char			 line[SSHWIRE_ID_MAX];		/* its last line so far */
	size_t			 line_len;
	char			 passed[SSHWIRE_ID_MAX];	/* the identification that the client got */
	size_t			 passed_len;
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
		return (NULL);
	h->conf = *conf;
	h->way = *conf->way;
	h->spare.fd = -1;
	h->began_ms = clock_ms();
	if (os_tcp(h->way.fd, &tcp) == 0)
		h->retransmitted = tcp.retransmitted;
	event_assign(&h->timer, conf->race->base, -1, EV_PERSIST, holdback_timer_cb, h);
	if (event_add(&h->timer, &tv) == 0)
		return (h);
	munmap(h, sizeof(*h));
	return (NULL);
}

static void
holdback_drop_spare(struct holdback *h)
{
	race_cancel(h->dial);
	h->dial = NULL;
	if (h->spare.fd != -1)
		close(h->spare.fd);
	h->spare.fd = -1;
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

static void
holdback_commit(struct holdback *h, int proven_bytes, const char *why)
{
	struct holdback_config	conf = h->conf;
	int			mss_bytes = h->descended > 0 ? h->way.mss_bytes : 0;

	log_debug(1, "%s: the session passes, after %lld ms", why, (long long)(clock_ms() - h->began_ms));
	holdback_stop(h);
	conf.committed_cb(mss_bytes, proven_bytes, conf.arg);
}

void
holdback_client(struct holdback *h, const char *buf, size_t len)
{
	if (sshwire_hello_feed(&h->hello, buf, len) == SSHWIRE_HELLO_OTHER) {
		holdback_commit(h, 0, "the client says what cannot be said again");
		return;
	}
	/* It is no longer than the hello may be. */
	memcpy(h->said + h->said_len, buf, len);
	h->said_len += len;
	h->told_ms = 0;
}

void
holdback_client_end(struct holdback *h)
{
	holdback_commit(h, 0, "the client has ended");
}

int
holdback_holds(const struct holdback *h)
{
	return (h->holding);
}

/* --- what is proven, and what is in doubt --------------------------------------------------------------------------- */

/* 1 if it is in doubt. */
static int
holdback_doubt(struct holdback *h, const struct os_tcp *tcp, int64_t now_ms)
{
	int	silent_ms = 5 * tcp->rtt_ms;

	/* An identification alone fits into any segment. */
	if (tcp->waiting_bytes > 0)
		return (h->hello.packet > 0 && tcp->retransmitted > h->retransmitted);
	if (h->hello.state != SSHWIRE_HELLO_WHOLE || h->id.state != SSHWIRE_SSH || h->holding)
		return (0);
	/* What came waits for what did not: the server's first full segment. */
	if (tcp->gap)
		return (1);
	return (now_ms - h->told_ms >= (silent_ms > SILENT_MS ? silent_ms : SILENT_MS));
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
holdback_dialled_cb(const struct race_way *way, const struct error *err, void *arg)
{
	struct holdback	*h = arg;

	(void)err;
	h->dial = NULL;
	h->no_spare = way == NULL;
	if (way != NULL)
		h->spare = *way;
}

/* A second connection, with the next smaller segments. */
static void
holdback_dial(struct holdback *h, const struct os_tcp *tcp)
{
	int	mss_bytes = tcp->receive_bytes;

	if (tcp->waiting_bytes > 0 && tcp->send_bytes < mss_bytes)
		mss_bytes = tcp->send_bytes;
	if ((h->ladder.mss_bytes = ladder_next(mss_bytes)) == 0) {
		h->no_spare = 1;
		return;
	}
	log_debug(1, "packets of %d bytes are in doubt (%d bytes wait, %u segments were sent again%s)",
	    ladder_packet(mss_bytes, (struct sockaddr *)&h->way.to), tcp->waiting_bytes, tcp->retransmitted,
	    tcp->gap ? ", one did not come" : "");
	h->race = *h->conf.race;
	h->race.ladder = &h->ladder;
	h->race.cb = holdback_dialled_cb;
	h->race.arg = h;
	if ((h->dial = race_again(&h->race, &h->way)) == NULL)
		h->no_spare = 1;
}

/* Throw the connection away and say the same on the spare one. */
static void
holdback_switch(struct holdback *h)
{
	struct os_tcp	tcp;

	log_debug(1, "again with segments of %d bytes", h->spare.mss_bytes);
	h->way = h->spare;
	h->spare.fd = -1;
	h->descended++;
	h->doubt_ms = h->told_ms = 0;
	h->holding = 0;
	h->line_len = 0;
	memset(&h->id, 0, sizeof(h->id));
	h->retransmitted = os_tcp(h->way.fd, &tcp) == 0 ? tcp.retransmitted : 0;
	h->conf.switched_cb(&h->way, h->said, h->said_len, h->conf.arg);
}

/* Look where the connection is; 1 if it is committed, and the handle gone. */
static int
holdback_look(struct holdback *h)
{
	struct os_tcp	 tcp = { .waiting_bytes = -1 };
	int64_t		 now_ms = clock_ms();
	const char	*why;

	if (os_tcp(h->way.fd, &tcp) == -1)
		why = "there is no telling what is acknowledged here";
	else
		why = holdback_proven(h, &tcp, now_ms);
	if (why != NULL) {
		holdback_commit(h, tcp.waiting_bytes == 0 ? (int)h->hello.packet : 0, why);
		return (1);
	}
	if (tcp.waiting_bytes > 0)
		h->told_ms = 0;
	else if (h->told_ms == 0)
		h->told_ms = now_ms;
	if (!holdback_doubt(h, &tcp, now_ms)) {
		h->doubt_ms = 0;
		holdback_drop_spare(h);
		return (0);
	}
	if (h->doubt_ms == 0 || tcp.acked_bytes != h->acked_bytes) {
		h->doubt_ms = now_ms;
		h->acked_bytes = tcp.acked_bytes;
	}
	if (h->spare.fd == -1 && h->dial == NULL && !h->no_spare && now_ms - h->doubt_ms >= tcp.rtt_ms + SLACK_MS / 4)
		holdback_dial(h, &tcp);
	if (h->spare.fd != -1 && now_ms - h->doubt_ms >= 2 * tcp.rtt_ms + SLACK_MS)
		holdback_switch(h);
	return (0);
}

static void
holdback_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	holdback_look(arg);
}

/* --- what the server says ------------------------------------------------------------------------------------------- */

/* How many of these bytes belong to the identification and what comes before it; the line that it ends in is kept. */
static size_t
holdback_id(struct holdback *h, const char *buf, size_t len)
{
	size_t	n;

	for (n = 0; n < len && h->id.state == SSHWIRE_MORE; n++) {
		if (n > 0 && buf[n - 1] == '\n')
			h->line_len = 0;
		if (h->line_len < sizeof(h->line))
			h->line[h->line_len++] = buf[n];
		sshwire_id_feed(&h->id, buf + n, 1);
	}
	/* The rest of a line that ends here goes with it. */
	if (n > 0 && h->id.state == SSHWIRE_MORE && buf[n - 1] == '\n')
		h->line_len = 0;
	return (n);
}

/* The identification has come, or never will; -1 with errno if it is another one than before. May commit. */
static int
holdback_identified(struct holdback *h)
{
	if (h->descended > 0) {
		if (h->line_len == h->passed_len && memcmp(h->line, h->passed, h->passed_len) == 0)
			return (0);
		errno = EPROTO;
		return (-1);
	}
	memcpy(h->passed, h->line, h->line_len);
	h->passed_len = h->line_len;
	h->passed_ms = clock_ms();
	if (h->id.state != SSHWIRE_SSH || h->id.column > SSHWIRE_ID_MAX || !sshwire_is_version_2(h->line, h->line_len))
		holdback_commit(h, 0, "the server speaks no SSH-2.0");
	return (0);
}

ssize_t
holdback_read(struct holdback *h, char *buf, size_t size, int *again)
{
	ssize_t	n;
	int	fd = h->way.fd;

	*again = h->descended > 0;
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
