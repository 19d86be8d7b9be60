/* SPDX-License-Identifier: ISC */
/* Unit tests: watch. */

#include <sys/socket.h>

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>

#include "base/clock.h"
#include "base/error.h"
#include "check.h"
#include "net/sock.h"
#include "os/os.h"
#include "route/race.h"
#include "session/watch.h"

/* The kernel's view and the clock are the test's own, in the files that ask for them. */

static int		 own_os_tcp(int, struct os_tcp *);
static int64_t		 own_clock_ms(void);
static int		 own_os_tcp_fragment(int);
static int		 own_os_tcp_patience(int, int);
static int		 own_os_tcp_retry(int, int);
static int		 own_os_keepalive(int, int, int, int, int);
static int		 own_os_address_watch(void);
static enum os_address	 own_os_address_read(int, const struct sockaddr *);

#define os_tcp(fd, to) own_os_tcp(fd, to)
#define clock_ms() own_clock_ms()
#define os_tcp_fragment(fd) own_os_tcp_fragment(fd)
#define os_tcp_patience(fd, s) own_os_tcp_patience(fd, s)
#define os_tcp_retry(fd, ms) own_os_tcp_retry(fd, ms)
#define os_keepalive(fd, idle, interval, count, s) own_os_keepalive(fd, idle, interval, count, s)
#define os_address_watch() own_os_address_watch()
#define os_address_read(fd, sa) own_os_address_read(fd, sa)
#include "net/sock.c"
#include "session/watch.c"

static struct os_tcp	 tcp;
static int64_t		 now_ms;
static int		 fragments, patience, retry_ms, looks, proven_bytes;
static enum os_address	 address;
static int		 news[2];	/* a pipe in the place of the kernel's */

static int
own_os_tcp(int fd, struct os_tcp *to)
{
	(void)fd;
	*to = tcp;
	looks++;
	return (0);
}

static int64_t
own_clock_ms(void)
{
	return (now_ms);
}

static int
own_os_tcp_fragment(int fd)
{
	(void)fd;
	fragments++;
	return (0);
}

static int
own_os_tcp_patience(int fd, int dead_after_s)
{
	(void)fd;
	patience = dead_after_s;
	return (0);
}

static int
own_os_tcp_retry(int fd, int every_ms)
{
	(void)fd;
	retry_ms = every_ms;
	return (0);
}

/* Each probe that is not answered counts as long as the interval is. */
static int
own_os_keepalive(int fd, int idle_s, int interval_s, int count, int dead_after_s)
{
	(void)fd;
	assert_int_equal(idle_s, 15);
	assert_int_equal(idle_s + interval_s * count, SOCK_SILENCE_S);
	patience = dead_after_s;
	return (0);
}

static int
own_os_address_watch(void)
{
	assert_int_equal(pipe(news), 0);
	return (news[0]);
}

static enum os_address
own_os_address_read(int fd, const struct sockaddr *sa)
{
	char	c;

	assert_int_equal(read(fd, &c, 1), 1);
	assert_int_equal(sa->sa_family, AF_INET);
	return (address);
}

static const struct sock_tune	given = { .dead_after_s = 30 };
static const struct sock_tune	patient = { .dead_after_s = 30, .patient = 1 };

struct scene {
	struct watch_config	 conf;
	struct target		 target;
	struct connection		 conn;
	struct watch		*w;
	int			 settled;
	struct error		 err;
	int			 next;		/* -1: not lost */
};

static void
settled_cb(void *arg)
{
	((struct scene *)arg)->settled++;
}

static void
lost_cb(const struct error *err, int mss_bytes, void *arg)
{
	struct scene	*s = arg;

	assert_int_equal(s->next, -1);
	s->err = *err;
	s->next = mss_bytes;
}

static void
begin_with(struct scene *s, int family, int ssh, const struct sock_tune *tune)
{
	struct sockaddr_in	in = { .sin_family = AF_INET };

	memset(s, 0, sizeof(*s));
	memset(&tcp, 0, sizeof(tcp));
	tcp.open = 1;
	tcp.rtt_ms = 1;
	tcp.send_bytes = 1440;
	tcp.receive_bytes = 1460;
	tcp.ack_ms = 1000;
	now_ms = 1000;
	fragments = looks = 0;
	patience = retry_ms = -1;
	s->next = -1;
	s->target = (struct target){ .host = "nas", .port = 22 };
	s->conn.to.ss_family = (sa_family_t)family;
	assert_true((s->conn.fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	assert_int_equal(bind(s->conn.fd, (struct sockaddr *)&in, sizeof(in)), 0);
	s->conf = (struct watch_config){ .base = event_base_new(), .conn = &s->conn,
	    .target = &s->target, .tune = tune, .proof = { proven_bytes, proven_bytes },
	    .ssh = ssh, .settled_cb = settled_cb, .lost_cb = lost_cb, .arg = s };
	s->w = watch_start(&s->conf);
}

static void
begin(struct scene *s, int family, int ssh)
{
	begin_with(s, family, ssh, &given);
}

static void
end(struct scene *s)
{
	watch_stop(s->w);
	close(s->conn.fd);
	close(news[1]);
	event_base_free(s->conf.base);
}

/* So much time goes by, and the timer runs once, if it does at all. */
static void
pass(struct scene *s, int64_t ms)
{
	now_ms += ms;
	event_base_loop(s->conf.base, EVLOOP_ONCE);
}

static void
settle(struct scene *s)
{
	int	i;

	for (i = 0; i < 3; i++) {
		assert_int_equal(s->settled, 0);
		watch_received(s->w);
		watch_sent(s->w, 100);
		watch_sent(s->w, 100);
	}
	assert_int_equal(s->settled, 1);
}

/*
 * A look after so many ms, with what the kernel says then, and what that means.
 */
struct look {
	int		ms, waiting, acked, received, sacked, in_a_row, gap;
	enum watch_sign	sign;
	int		ack_ms;		/* 0: none came since the first look */
};

/* In the key exchange. */
static const struct look	looking[][8] = {
	{	/* healthy: what waits is acknowledged by and by, a loss is mended */
		{ 0, 100, 0, 0, 0, 0, 0, WATCH_WAITING },
		{ 200, 900, 100, 50, 0, 0, 0, WATCH_WAITING },
		{ 3900, 900, 100, 50, 3, 1, 1, WATCH_STALLED },
		{ 200, 800, 200, 90, 0, 0, 0, WATCH_WAITING },
		{ 3900, 0, 1000, 90, 0, 0, 0, WATCH_QUIET },
		{ 9000, 0, 1000, 90, 0, 0, 0, WATCH_QUIET },
	},
	{	/* there: small ones pass, a large one does not */
		{ 0, 1500, 40, 0, 1, 0, 0, WATCH_WAITING },
		{ 900, 1500, 40, 0, 1, 1, 0, WATCH_WAITING },
		{ 200, 1500, 40, 0, 1, 2, 0, WATCH_STALLED },
		{ 2800, 1500, 40, 0, 1, 4, 0, WATCH_STALLED },
		{ 200, 1500, 40, 0, 1, 4, 0, WATCH_HOLE_THERE },
	},
	{	/* there: none arrives, but the server speaks */
		{ 0, 9000, 40, 0, 0, 0, 0, WATCH_WAITING },
		{ 1000, 9000, 40, 5000, 0, 1, 0, WATCH_WAITING, 1 },
		{ 2000, 9000, 40, 5000, 0, 3, 0, WATCH_STALLED },
		{ 1000, 9000, 40, 5000, 0, 3, 0, WATCH_HOLE_THERE },
	},
	{	/* the last of the server's words may have been on the way when the path died */
		{ 0, 9000, 40, 0, 0, 0, 0, WATCH_WAITING },
		{ 400, 9000, 40, 5000, 0, 1, 0, WATCH_WAITING, 1 },
		{ 9000, 9000, 40, 5000, 0, 3, 0, WATCH_STALLED },
	},
	{	/* a dead path is no hole */
		{ 0, 1500, 40, 0, 0, 0, 0, WATCH_WAITING },
		{ 9000, 1500, 40, 0, 0, 5, 0, WATCH_STALLED },
		{ 20900, 1500, 40, 0, 0, 7, 0, WATCH_STALLED },
		{ 100, 1500, 40, 0, 0, 7, 0, WATCH_DEAD },
	},
	{	/* nor is one where the small is what is missing: that is small enough everywhere */
		{ 0, 500, 40, 0, 1, 0, 0, WATCH_WAITING },
		{ 9000, 500, 40, 0, 1, 5, 0, WATCH_STALLED },
	},
	{	/* back: behind the large one that does not come, small ones come */
		{ 0, 0, 40, 100, 0, 0, 0, WATCH_QUIET },
		{ 200, 0, 40, 100, 0, 0, 1, WATCH_WAITING },
		{ 3800, 0, 40, 100, 0, 0, 1, WATCH_WAITING },
		{ 200, 0, 40, 100, 0, 0, 1, WATCH_HOLE_BACK },
	},
	{	/* a path that loses much goes on all the same: each gap is another one */
		{ 0, 0, 40, 100, 0, 0, 1, WATCH_WAITING },
		{ 3900, 0, 40, 200, 0, 0, 1, WATCH_WAITING },
		{ 3900, 0, 40, 300, 0, 0, 1, WATCH_WAITING },
		{ 3900, 0, 40, 400, 0, 0, 0, WATCH_QUIET },
		{ 3900, 0, 40, 400, 0, 0, 1, WATCH_WAITING },
		{ 3900, 0, 40, 400, 0, 0, 1, WATCH_WAITING },
	},
};

/* In a session whose limit is the kernel's. */
static const struct look	bearing[][8] = {
	{	/* a dead path is borne for a quarter of an hour, and not longer */
		{ 0, 100, 40, 0, 0, 0, 0, WATCH_WAITING, 10 },
		{ 30000, 100, 40, 0, 0, 20, 0, WATCH_STALLED },
		{ 869900, 5000, 40, 0, 0, 250, 0, WATCH_STALLED },
		{ 100, 5000, 40, 0, 0, 250, 0, WATCH_DEAD },
	},
	{	/* it is back: what waited is acknowledged */
		{ 0, 100, 40, 0, 0, 0, 0, WATCH_WAITING, 10 },
		{ 899000, 100, 40, 0, 0, 200, 0, WATCH_STALLED },
		{ 200, 100, 140, 0, 0, 0, 0, WATCH_WAITING, 10 },
		{ 60000, 100, 140, 0, 0, 20, 0, WATCH_STALLED },
	},
	{	/* a hole: the path is alive all the time */
		{ 0, 0, 40, 100, 0, 0, 1, WATCH_WAITING, 10 },
		{ 15000, 0, 40, 100, 0, 0, 1, WATCH_WAITING, 15000 },
		{ 14900, 0, 40, 100, 0, 0, 1, WATCH_WAITING, 14900 },
		{ 200, 0, 40, 100, 0, 0, 1, WATCH_HOLE_BACK, 100 },
	},
	{	/* there: a burst of which only the small arrived */
		{ 0, 0, 5000, 100, 0, 0, 0, WATCH_QUIET, 10 },
		{ 200, 1500, 5000, 100, 1, 1, 0, WATCH_WAITING, 10 },
		{ 29700, 1500, 5000, 100, 1, 20, 0, WATCH_STALLED },
		{ 200, 1500, 5000, 100, 1, 20, 0, WATCH_HOLE_THERE },
	},
	{	/* there: the server speaks, and acknowledges nothing */
		{ 0, 9000, 40, 100, 0, 0, 0, WATCH_WAITING, 10 },
		{ 15000, 9000, 40, 300, 0, 9, 0, WATCH_STALLED, 10 },
		{ 15000, 9000, 40, 500, 0, 9, 0, WATCH_HOLE_THERE, 10 },
	},
	{	/* random losses on both paths, and then it died, and is back */
		{ 0, 90000, 40, 100, 1, 0, 1, WATCH_WAITING, 10 },
		{ 200, 90000, 9000, 100, 9, 1, 1, WATCH_WAITING, 10 },
		{ 1100, 90000, 9000, 100, 9, 1, 1, WATCH_STALLED, 10 },
		{ 30000, 90000, 9000, 100, 9, 9, 1, WATCH_STALLED, 30010 },
		{ 30000, 90000, 9000, 100, 9, 9, 1, WATCH_STALLED, 60010 },
		/* Ours is sent again every two seconds, theirs after a minute. */
		{ 2000, 0, 99000, 100, 0, 0, 1, WATCH_WAITING, 10 },
		{ 48000, 0, 99000, 100, 0, 0, 1, WATCH_WAITING, 10000 },
		{ 100, 0, 99000, 9000, 0, 0, 0, WATCH_QUIET, 10 },
	},
	{	/* the same where ours is late, too: the server speaks first */
		{ 0, 9000, 40, 100, 0, 0, 0, WATCH_WAITING, 10 },
		{ 20100, 9000, 40, 100, 0, 7, 0, WATCH_STALLED, 20110 },
		{ 40000, 9000, 40, 100, 0, 8, 0, WATCH_STALLED, 60110 },
		{ 200, 9000, 40, 5000, 0, 8, 0, WATCH_STALLED, 10 },
		{ 48000, 9000, 40, 9000, 0, 8, 0, WATCH_STALLED, 10 },
		{ 200, 0, 9040, 9000, 0, 0, 0, WATCH_QUIET, 10 },
	},
};

static void
look(const char *name, size_t row, const struct look *seen, size_t count,
    const struct watch_limits *limits)
{
	struct watch_view	 view;
	enum watch_sign		 sign;
	struct os_tcp		 t;
	int64_t			 at_ms = 1000;
	size_t			 i;

	memset(&view, 0, sizeof(view));
	for (i = 0; i < count && (i == 0 || seen[i].ms > 0); i++) {
		at_ms += seen[i].ms;
		t = (struct os_tcp){ .waiting_bytes = seen[i].waiting,
		    .acked_bytes = seen[i].acked, .received_bytes = seen[i].received,
		    .sacked = (unsigned int)seen[i].sacked, .send_bytes = 1440,
		    .in_a_row = (unsigned int)seen[i].in_a_row, .gap = seen[i].gap, .rtt_ms = 1,
		    .ack_ms = seen[i].ack_ms != 0 ? seen[i].ack_ms : (int)at_ms };
		if ((sign = watch_look(&view, &t, at_ms, limits)) != seen[i].sign)
			fail_msg("%s, row %zu, look %zu: %d", name, row, i, sign);
	}
}

static void
test_look(void **state)
{
	struct watch_limits	limits;
	size_t			i;

	(void)state;
	watch_limits(&limits, &patient, 0);
	for (i = 0; i < COUNT(looking); i++)
		look("looking", i, looking[i], COUNT(looking[i]), &limits);
	watch_limits(&limits, &patient, 1);
	for (i = 0; i < COUNT(bearing); i++)
		look("bearing", i, bearing[i], COUNT(bearing[i]), &limits);
}

/* 30 s in the key exchange, then 15 minutes; but what the user said holds all the time. */
static void
test_limits(void **state)
{
	struct watch_limits	limits;

	(void)state;
	watch_limits(&limits, &patient, 0);
	assert_int_equal(limits.hole_ms, 4000);
	assert_int_equal(limits.dead_ms, 30000);
	watch_limits(&limits, &patient, 1);
	assert_int_equal(limits.hole_ms, 30000);
	assert_int_equal(limits.dead_ms, 15 * 60 * 1000);
	watch_limits(&limits, &given, 0);
	assert_int_equal(limits.dead_ms, 30000);
	watch_limits(&limits, &given, 1);
	assert_int_equal(limits.hole_ms, 30000);
	assert_int_equal(limits.dead_ms, 30000);
	/* A probe of a second's silence comes, and its answer, before that is suspicious. */
	watch_limits(&limits, &(struct sock_tune){ .dead_after_s = 1 }, 1);
	assert_int_equal(limits.silent_ms, 2000);
}

/* In the key exchange a hole is named after 4 s, later after --dead-after. */
static void
test_holes(void **state)
{
	struct scene	s;

	(void)state;
	begin(&s, AF_INET, 1);
	tcp.waiting_bytes = 1500;
	tcp.sacked = 1;
	watch_sent(s.w, 100);
	pass(&s, 200);
	tcp.in_a_row = 2;
	pass(&s, 3700);
	assert_int_equal(s.next, -1);
	assert_int_equal(fragments, 1);
	pass(&s, 400);
	assert_int_equal(s.err.code, CODE_PMTU_FORWARD);
	assert_string_equal(s.err.text,
	    "nas port 22: packets of 1480 bytes are lost on the forward path, smaller ones pass");
	assert_int_equal(s.next, 536);
	end(&s);

	/* In a session of another protocol there is no key exchange. */
	begin(&s, AF_INET, 0);
	tcp.gap = 1;
	pass(&s, 200);
	pass(&s, 29900);
	assert_int_equal(s.next, -1);
	end(&s);

	begin(&s, AF_INET6, 1);
	settle(&s);
	tcp.gap = 1;
	tcp.receive_bytes = 960;
	tcp.waiting_bytes = 10;
	tcp.in_a_row = 2;
	pass(&s, 200);
	pass(&s, 29700);
	assert_int_equal(s.next, -1);
	pass(&s, 200);
	assert_int_equal(s.err.code, CODE_PMTU_REVERSE);
	assert_string_equal(s.err.text,
	    "nas port 22: packets of up to 1020 bytes are lost on the reverse path, smaller ones pass");
	/* Nothing is known to prove the next step, so it is the last. */
	assert_int_equal(s.next, 536);
	/* Routers do not cut packets of IPv6. */
	assert_int_equal(fragments, 0);
	end(&s);
}

/* It looks while something is outstanding, and a little longer, and then no more. */
static void
test_idle(void **state)
{
	struct scene	s;

	(void)state;
	begin(&s, AF_INET, 1);
	settle(&s);
	pass(&s, 4900);
	pass(&s, 200);
	assert_int_equal(looks, 2);
	/* the address */
	assert_int_equal(event_base_get_num_events(s.conf.base, EVENT_BASE_COUNT_ADDED), 1);
	watch_received(s.w);
	pass(&s, 200);
	assert_int_equal(looks, 3);
	/* What is sent after a long time has not waited since. */
	now_ms += 3600000;
	tcp.waiting_bytes = 10;
	watch_sent(s.w, 100);
	pass(&s, 29000);
	assert_int_equal(s.next, -1);
	assert_int_equal(looks, 4);
	assert_int_equal(event_base_get_num_events(s.conf.base, EVENT_BASE_COUNT_ADDED), 2);
	end(&s);

	/* A session of another protocol has no key exchange to wait for. */
	begin(&s, AF_INET, 0);
	watch_received(s.w);
	watch_sent(s.w, 100);
	assert_int_equal(s.settled, 0);
	end(&s);
	watch_sent(NULL, 1);
	watch_received(NULL);
	watch_stop(NULL);
}

/* Why the kernel gave up. */
static void
test_explain(void **state)
{
	struct scene	s;
	struct error	err;
	int		i;

	(void)state;
	begin(&s, AF_INET, 1);
	settle(&s);
	tcp.waiting_bytes = 100;
	tcp.received_bytes = tcp.acked_bytes = 5000;
	watch_received(s.w);
	watch_sent(s.w, 100);
	pass(&s, 200);
	assert_int_equal(watch_explain(s.w, &err), 0);
	assert_int_equal(err.code, CODE_DSCP_REVERSE);
	/* Not if a probe was answered later on. */
	now_ms += 40000;
	tcp.ack_ms = 10000;
	watch_explain(s.w, &err);
	assert_int_equal(err.code, CODE_DEAD_PATH);
	tcp.ack_ms = 40000;
	watch_explain(s.w, &err);
	assert_int_equal(err.code, CODE_DSCP_REVERSE);
	tcp.ack_ms = 1000;
	now_ms -= 40000;
	/* Not if something large is what was lost. */
	watch_received(s.w);
	watch_sent(s.w, 30000);
	pass(&s, 200);
	watch_explain(s.w, &err);
	assert_int_equal(err.code, CODE_DEAD_PATH);
	watch_received(s.w);
	watch_sent(s.w, 100);
	/* Not if much has gone either way, nor if the client took its time. */
	tcp.received_bytes = 10000;
	pass(&s, 200);
	watch_explain(s.w, &err);
	assert_int_equal(err.code, CODE_DEAD_PATH);
	tcp.received_bytes = 5000;
	tcp.acked_bytes = 10000000;
	pass(&s, 200);
	watch_explain(s.w, &err);
	assert_int_equal(err.code, CODE_DEAD_PATH);
	tcp.acked_bytes = 5000;
	watch_received(s.w);
	now_ms += 1500;
	watch_sent(s.w, 100);
	pass(&s, 200);
	watch_explain(s.w, &err);
	assert_int_equal(err.code, CODE_DEAD_PATH);
	/* Large packets wait, and none so large is known to have passed. */
	tcp.waiting_bytes = 5000;
	pass(&s, 200);
	assert_int_equal(watch_explain(s.w, &err), 536);
	assert_int_equal(err.code, CODE_PMTU_FORWARD);
	assert_string_equal(err.text,
	    "nas port 22: nothing comes back since packets of 1480 bytes are sent");
	tcp.waiting_bytes = 700;
	pass(&s, 200);
	assert_int_equal(watch_explain(s.w, &err), 536);
	assert_string_equal(err.text,
	    "nas port 22: nothing comes back since packets of 740 bytes are sent");
	/* What is as small as this arrives everywhere. */
	tcp.waiting_bytes = 536;
	pass(&s, 200);
	assert_int_equal(watch_explain(s.w, &err), 0);
	tcp.waiting_bytes = 5000;
	tcp.acked_bytes = 1000000;
	pass(&s, 200);
	assert_int_equal(watch_explain(s.w, &err), 0);
	assert_int_equal(err.code, CODE_DEAD_PATH);
	/* Where much has just arrived, a loss is none for its size. */
	tcp.sacked = tcp.in_a_row = 1;
	pass(&s, 200);
	assert_int_equal(watch_explain(s.w, &err), 0);
	assert_int_equal(err.code, CODE_DEAD_PATH);
	tcp.waiting_bytes = 0;
	pass(&s, 200);
	tcp.waiting_bytes = 5000;
	pass(&s, 200);
	assert_int_equal(watch_explain(s.w, &err), 536);
	assert_int_equal(err.code, CODE_PMTU_FORWARD);
	tcp.waiting_bytes = tcp.sacked = 0;
	tcp.gap = 1;
	pass(&s, 200);
	assert_int_equal(watch_explain(s.w, &err), 536);
	assert_int_equal(err.code, CODE_PMTU_REVERSE);
	/* What is missing in a path that has been dead for long is not missing for its size. */
	tcp.ack_ms = 21000;
	pass(&s, 20000);
	assert_int_equal(watch_explain(s.w, &err), 0);
	assert_int_equal(err.code, CODE_DEAD_PATH);
	end(&s);

	/* Keys were typed, and echoed. */
	begin(&s, AF_INET, 1);
	settle(&s);
	tcp.waiting_bytes = 36;
	tcp.received_bytes = tcp.acked_bytes = 5000;
	for (i = 0; i < 20; i++) {
		watch_received(s.w);
		watch_sent(s.w, 36);
	}
	pass(&s, 200);
	watch_explain(s.w, &err);
	assert_int_equal(err.code, CODE_DEAD_PATH);
	end(&s);

	/* So large ones are known to have passed. */
	proven_bytes = 1440;
	begin(&s, AF_INET, 1);
	settle(&s);
	tcp.waiting_bytes = 5000;
	tcp.received_bytes = 10000;
	pass(&s, 200);
	assert_int_equal(watch_explain(s.w, &err), 0);
	assert_int_equal(err.code, CODE_DEAD_PATH);
	tcp.gap = 1;
	pass(&s, 200);
	assert_int_equal(watch_explain(s.w, &err), 960);
	end(&s);
	proven_bytes = 0;

	/* In the key exchange the server has not marked anything yet. */
	begin(&s, AF_INET, 1);
	tcp.waiting_bytes = 100;
	watch_received(s.w);
	watch_sent(s.w, 100);
	pass(&s, 200);
	watch_explain(s.w, &err);
	assert_int_equal(err.code, CODE_DEAD_PATH);
	end(&s);
}

/*
 * A server without room that says so is alive, however long that takes; one that stops saying it is
 * not.
 */
static void
test_room(void **state)
{
	struct scene	s;

	(void)state;
	begin(&s, AF_INET, 1);
	settle(&s);
	tcp.received_bytes = 10000;
	tcp.waiting_bytes = 100000;
	tcp.no_room = 1;
	pass(&s, 200);
	assert_int_equal(patience, 0);
	tcp.ack_ms = 60000;
	tcp.probes = 1;
	tcp.in_a_row = tcp.sacked = 1;
	tcp.gap = 0;
	pass(&s, 100000);
	assert_int_equal(s.next, -1);
	tcp.in_a_row = tcp.sacked = 0;
	tcp.no_room = 0;
	pass(&s, 200);
	assert_int_equal(patience, 30);
	tcp.no_room = 1;
	tcp.probes = 3;
	tcp.ack_ms = 29000;
	pass(&s, 200);
	assert_int_equal(s.next, -1);
	tcp.ack_ms = 30000;
	pass(&s, 200);
	assert_int_equal(s.next, 0);
	assert_int_equal(s.err.code, CODE_DEAD_PATH);
	end(&s);
}

/*
 * In a session what is dead is borne as the kernel has it, and sent again more often; but not with
 * a server that has no room, for the kernel counts its probes.
 */
static void
test_patience(void **state)
{
	struct scene	s;

	(void)state;
	begin_with(&s, AF_INET, 1, &patient);
	tcp.waiting_bytes = 100;
	tcp.in_a_row = 1;
	watch_sent(s.w, 100);
	pass(&s, 200);
	pass(&s, 2000);
	assert_int_equal(fragments, 1);
	/* The key exchange still has its limit. */
	assert_int_equal(patience, -1);
	assert_int_equal(retry_ms, -1);
	tcp.waiting_bytes = tcp.in_a_row = 0;
	watch_received(s.w);
	watch_sent(s.w, 100);
	watch_received(s.w);
	watch_sent(s.w, 100);
	assert_int_equal(s.settled, 1);
	assert_int_equal(patience, 0);
	tcp.waiting_bytes = 100;
	tcp.in_a_row = 1;
	tcp.acked_bytes = 1000;
	pass(&s, 200);
	assert_int_equal(retry_ms, -1);
	pass(&s, 2000);
	assert_int_equal(retry_ms, 2000);
	assert_int_equal(patience, SOCK_SILENCE_S);
	tcp.no_room = 1;
	pass(&s, 200);
	assert_int_equal(retry_ms, 120000);
	assert_int_equal(patience, 0);
	tcp.ack_ms = 30000;
	tcp.probes = 3;
	pass(&s, 30000);
	assert_int_equal(s.next, -1);
	/* It stands still again. */
	tcp.no_room = 0;
	pass(&s, 200);
	assert_int_equal(patience, 0);
	pass(&s, 2000);
	assert_int_equal(retry_ms, 2000);
	assert_int_equal(patience, SOCK_SILENCE_S);
	tcp.ack_ms = 890000;
	pass(&s, 890000);
	assert_int_equal(s.next, -1);
	tcp.ack_ms = 900000;
	pass(&s, 10000);
	assert_int_equal(s.next, 0);
	assert_int_equal(s.err.code, CODE_DEAD_PATH);
	end(&s);

	/* Where the user set the limit, the kernel has it. */
	begin(&s, AF_INET, 1);
	settle(&s);
	assert_int_equal(patience, -1);
	tcp.waiting_bytes = 100;
	tcp.in_a_row = 1;
	pass(&s, 200);
	pass(&s, 2000);
	assert_int_equal(retry_ms, 2000);
	assert_int_equal(patience, -1);
	end(&s);

	/* Another protocol has no key exchange. */
	begin_with(&s, AF_INET, 0, &patient);
	assert_int_equal(patience, 0);
	end(&s);
}

static void
tell(struct scene *s, enum os_address what)
{
	address = what;
	assert_int_equal(write(news[1], "x", 1), 1);
	pass(s, 0);
}

/* An address that is gone may come back; when the limit is over, it was the cause. */
static void
test_address(void **state)
{
	struct scene	s;
	struct error	err;

	(void)state;
	begin(&s, AF_INET, 1);
	settle(&s);
	pass(&s, 6000);
	tell(&s, OS_ADDRESS_SAME);
	tell(&s, OS_ADDRESS_GONE);
	tell(&s, OS_ADDRESS_BACK);
	watch_explain(s.w, &err);
	assert_int_equal(err.code, CODE_DEAD_PATH);
	tell(&s, OS_ADDRESS_GONE);
	assert_int_equal(event_base_get_num_events(s.conf.base, EVENT_BASE_COUNT_ADDED), 1);
	tcp.waiting_bytes = 100;
	tcp.in_a_row = 1;
	watch_sent(s.w, 100);
	pass(&s, 200);
	pass(&s, 29700);
	assert_int_equal(s.next, -1);
	pass(&s, 100);
	assert_int_equal(s.next, 0);
	assert_int_equal(s.err.code, CODE_ADDRESS_GONE);
	assert_string_equal(s.err.text,
	    "nas port 22: this machine no longer has the address 0.0.0.0");
	end(&s);
}

/*
 * A kernel that does not tell what is acknowledged, nor when anything came: what was sent and does
 * not wait is, so that an upload that never waits for nothing is not taken for a dead path.
 */
static void
test_untold(void **state)
{
	struct scene	s;
	int		i;

	(void)state;
	begin(&s, AF_INET, 1);
	settle(&s);
	tcp.ack_ms = -1;
	tcp.acked_bytes = -1;
	tcp.receive_bytes = 0;
	tcp.waiting_bytes = 50000;
	for (i = 0; i < 5 && s.next == -1; i++) {
		watch_sent(s.w, 60000);
		pass(&s, 20000);
	}
	assert_int_equal(s.next, -1);
	/* Now nothing leaves the buffer any more. */
	pass(&s, 20000);
	assert_int_equal(s.next, -1);
	pass(&s, 20000);
	assert_int_not_equal(s.next, -1);
	assert_int_equal(s.err.code, CODE_DEAD_PATH);
	end(&s);
}

/* With what a kernel ends a connection whose path is gone. */
static void
test_explains(void **state)
{
	/* The last is macOS', for a connection from an address that this machine has no longer. */
	static const int	path[] = { ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ENETDOWN,
				    EADDRNOTAVAIL };
	static const int	other[] = { 0, ECONNRESET, EPIPE, EPERM, EACCES, ENOBUFS };
	size_t			i;

	(void)state;
	for (i = 0; i < COUNT(path); i++)
		if (!watch_explains(path[i]))
			fail_msg("%s", strerror(path[i]));
	for (i = 0; i < COUNT(other); i++)
		if (watch_explains(other[i]))
			fail_msg("%s", strerror(other[i]));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_explains),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_untold),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
