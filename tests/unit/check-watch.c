/* SPDX-License-Identifier: ISC */
/* Unit tests: watch. */

#include <sys/socket.h>

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>

#include "base/clock.h"
#include "base/error.h"
#include "check.h"
#include "os/os.h"
#include "route/race.h"
#include "session/watch.h"

/* The kernel's view and the clock are the test's own. */

int		 __wrap_os_tcp(int, struct os_tcp *);
int64_t		 __wrap_clock_ms(void);
int		 __wrap_os_tcp_fragment(int);
int		 __wrap_os_tcp_patience(int, int);
int		 __wrap_os_address_watch(void);
enum os_address	 __wrap_os_address_read(int, const struct sockaddr *);

static struct os_tcp	 tcp;
static int64_t		 now_ms;
static int		 fragments, patience, looks, proven_bytes;
static enum os_address	 address;
static int		 news[2];	/* a pipe in the place of the kernel's */

int
__wrap_os_tcp(int fd, struct os_tcp *to)
{
	(void)fd;
	*to = tcp;
	looks++;
	return (0);
}

int64_t
__wrap_clock_ms(void)
{
	return (now_ms);
}

int
__wrap_os_tcp_fragment(int fd)
{
	(void)fd;
	fragments++;
	return (0);
}

int
__wrap_os_tcp_patience(int fd, int dead_after_s)
{
	(void)fd;
	patience = dead_after_s;
	return (0);
}

int
__wrap_os_address_watch(void)
{
	assert_int_equal(pipe(news), 0);
	return (news[0]);
}

enum os_address
__wrap_os_address_read(int fd, const struct sockaddr *sa)
{
	char	c;

	assert_int_equal(read(fd, &c, 1), 1);
	assert_int_equal(sa->sa_family, AF_INET);
	return (address);
}

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
begin(struct scene *s, int family, int ssh)
{
	struct sockaddr_in	in = { .sin_family = AF_INET };

	memset(s, 0, sizeof(*s));
	memset(&tcp, 0, sizeof(tcp));
	tcp.open = 1;
	tcp.rtt_ms = 1;
	tcp.send_bytes = 1440;
	tcp.receive_bytes = 1460;
	tcp.ack_ms = 1000000;
	now_ms = 1000;
	fragments = looks = 0;
	patience = -1;
	s->next = -1;
	s->target = (struct target){ .host = "nas", .port = 22 };
	s->conn.to.ss_family = (sa_family_t)family;
	assert_true((s->conn.fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	assert_int_equal(bind(s->conn.fd, (struct sockaddr *)&in, sizeof(in)), 0);
	s->conf = (struct watch_config){ .base = event_base_new(), .conn = &s->conn,
	    .target = &s->target, .dead_after_s = 30, .proof = { proven_bytes, proven_bytes },
	    .ssh = ssh, .settled_cb = settled_cb, .lost_cb = lost_cb, .arg = s };
	s->w = watch_start(&s->conf);
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
 * A look after so many ms, with what the kernel says then, and what that means; the limit is 4 s.
 */
static const struct look {
	int		ms, waiting, acked, received, sacked, in_a_row, gap;
	enum watch_sign	sign;
	int		ack_ms;		/* 0: none came since the first look */
} looking[][8] = {
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

static void
test_look(void **state)
{
	const struct look	*look;
	struct watch_view	 view;
	enum watch_sign		 sign;
	struct os_tcp		 t;
	int64_t			 at_ms;
	size_t			 i, j;

	(void)state;
	for (i = 0; i < COUNT(looking); i++) {
		memset(&view, 0, sizeof(view));
		at_ms = 1000;
		for (j = 0; j < COUNT(looking[i]) && (j == 0 || looking[i][j].ms > 0); j++) {
			look = &looking[i][j];
			at_ms += look->ms;
			t = (struct os_tcp){ .waiting_bytes = look->waiting,
			    .acked_bytes = look->acked, .received_bytes = look->received,
			    .sacked = (unsigned int)look->sacked,
			    .in_a_row = (unsigned int)look->in_a_row, .gap = look->gap, .rtt_ms = 1,
			    .ack_ms = look->ack_ms != 0 ? look->ack_ms : (int)at_ms };
			if ((sign = watch_look(&view, &t, at_ms, 4000)) != look->sign)
				fail_msg("row %zu, look %zu: %d", i, j, sign);
		}
	}
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
	pass(&s, 3800);
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
	pass(&s, 29900);
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
	tcp.waiting_bytes = 10;
	watch_sent(s.w, 100);
	pass(&s, 60000);
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
	tcp.sacked = tcp.in_a_row = 1;
	pass(&s, 200);
	assert_int_equal(watch_explain(s.w, &err), 536);
	assert_int_equal(err.code, CODE_PMTU_FORWARD);
	tcp.waiting_bytes = tcp.sacked = 0;
	tcp.gap = 1;
	pass(&s, 200);
	assert_int_equal(watch_explain(s.w, &err), 536);
	assert_int_equal(err.code, CODE_PMTU_REVERSE);
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

/* A lease that is renewed takes the address away and brings it back. */
static void
test_address(void **state)
{
	struct scene	s;

	(void)state;
	begin(&s, AF_INET, 1);
	settle(&s);
	pass(&s, 6000);
	address = OS_ADDRESS_SAME;
	assert_int_equal(write(news[1], "x", 1), 1);
	pass(&s, 0);
	address = OS_ADDRESS_GONE;
	assert_int_equal(write(news[1], "x", 1), 1);
	pass(&s, 0);
	address = OS_ADDRESS_BACK;
	assert_int_equal(write(news[1], "x", 1), 1);
	pass(&s, 0);
	assert_int_equal(event_base_get_num_events(s.conf.base, EVENT_BASE_COUNT_ADDED), 1);
	address = OS_ADDRESS_GONE;
	assert_int_equal(write(news[1], "x", 1), 1);
	pass(&s, 0);
	assert_int_equal(s.next, -1);
	pass(&s, 0);
	assert_int_equal(s.next, 0);
	assert_int_equal(s.err.code, CODE_ADDRESS_GONE);
	assert_string_equal(s.err.text,
	    "nas port 22: this machine no longer has the address 0.0.0.0");
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_address),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
