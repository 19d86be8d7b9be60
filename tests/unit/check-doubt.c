/* SPDX-License-Identifier: ISC */
/* Unit tests: doubt. */

#include "check.h"
#include "session/doubt.h"
#include "session/stream.h"

#define LOOK_MS	200

/* A connection, and what becomes of it from a moment on. */
static struct doubt_view	view;
static struct doubt_facts	facts;
static struct os_tcp		tcp;

static void
begin(int rtt_ms)
{
	memset(&view, 0, sizeof(view));
	memset(&facts, 0, sizeof(facts));
	memset(&tcp, 0, sizeof(tcp));
	facts.now_ms = 100000;
	facts.tcp = &tcp;
	facts.heard_ms = facts.now_ms;
	facts.owed_ms = -1;
	facts.heard_bytes = 5000;
	view.heard_bytes = view.asked_bytes = 5000;
	tcp.open = 1;
	tcp.rtt_ms = rtt_ms;
	tcp.acked_bytes = 3000;
	doubt_look(&view, &facts);
}

static enum doubt_sign
look(void)
{
	facts.now_ms += LOOK_MS;
	if (tcp.ack_ms != -1)
		tcp.ack_ms += LOOK_MS;
	return (doubt_look(&view, &facts));
}

/* What the session does about a sign: the question leaves, or finds no room. */
static void
ask(int room)
{
	facts.asked = 1;
	facts.said = room;
	if (facts.owed_ms == -1)
		facts.owed_ms = facts.now_ms;
}

/* Bytes came from the other side, and acknowledge all. */
static void
hear(uint64_t bytes)
{
	facts.heard_ms = facts.now_ms;
	facts.heard_bytes += bytes;
	facts.asked = facts.said = 0;
	facts.owed_ms = -1;
	tcp.ack_ms = 0;
}

/* Look until there is such a sign: after how many ms, or -1 if after a minute there is none. */
static int
until(enum doubt_sign wanted, int room)
{
	enum doubt_sign	sign;
	int		ms;

	for (ms = LOOK_MS; ms <= 60000; ms += LOOK_MS) {
		if ((sign = look()) == wanted)
			return (ms);
		if (sign == DOUBT_PING)
			ask(room);
		else if (sign != DOUBT_NONE)
			return (-(int)sign);
	}
	return (-1);
}

/* The path dies while data is owed: it is asked after 1 s, given up after 2 s and 4 round trips. */
static void
test_cut(void **state)
{
	(void)state;
	begin(20);
	facts.owed_ms = facts.now_ms;
	assert_int_equal(until(DOUBT_PING, 1), 1000);
	ask(1);
	assert_int_equal(until(DOUBT_ATTEMPT, 1), 1200);
	begin(500);
	facts.owed_ms = facts.now_ms;
	assert_int_equal(until(DOUBT_ATTEMPT, 1), 4000);
	/* Where the connection shows nothing, the last round trip is that of another. */
	begin(20);
	facts.tcp = NULL;
	facts.rtt_ms = 100;
	facts.owed_ms = facts.now_ms;
	assert_int_equal(until(DOUBT_ATTEMPT, 1), 2400);
}

/* The same where the kernel tells neither what is acknowledged nor when anything came. */
static void
test_untold(void **state)
{
	(void)state;
	begin(20);
	tcp.ack_ms = -1;
	tcp.acked_bytes = -1;
	facts.owed_ms = facts.now_ms;
	assert_int_equal(until(DOUBT_PING, 1), 1000);
	ask(1);
	assert_int_equal(until(DOUBT_ATTEMPT, 1), 1200);
}

/* Who only listens is owed nothing: it asks when the other side falls silent, once, and when idle. */
static void
test_lull(void **state)
{
	(void)state;
	begin(20);
	facts.heard_bytes += 50;
	assert_int_equal(until(DOUBT_PING, 1), 2000);
	ask(1);
	look();
	hear(12);
	view.asked_bytes = facts.heard_bytes;
	assert_int_equal(until(DOUBT_PING, 1), 15000);
	ask(1);
	assert_int_equal(until(DOUBT_ATTEMPT, 1), 2200);
}

/* An answer ends the doubt; a reader that stands still leaves data owed, and answers. */
static void
test_reader_stops(void **state)
{
	int	ms, asked = 0;

	(void)state;
	begin(20);
	facts.owed_ms = facts.now_ms;
	for (ms = 0; ms < 60000; ms += LOOK_MS) {
		switch (look()) {
		case DOUBT_PING:
			asked++;
			facts.heard_ms = facts.now_ms;
			facts.heard_bytes += RESUME_HEAD_BYTES;
			tcp.ack_ms = 0;
			break;
		case DOUBT_NONE:
			break;
		default:
			fail_msg("doubted after %d ms", ms);
		}
	}
	assert_within(asked, 50, 60);
}

/* The question stands behind data that the socket does not take: for as long as that moves, wait. */
static void
test_no_room(void **state)
{
	int	ms;

	(void)state;
	begin(20);
	facts.owed_ms = facts.now_ms;
	for (ms = 0; ms < 30000; ms += LOOK_MS) {
		tcp.acked_bytes += 1000;
		tcp.ack_ms = 0;
		if (look() == DOUBT_PING)
			ask(0);
	}
	assert_int_equal(facts.asked, 1);
	assert_int_equal(until(DOUBT_ATTEMPT, 0), 2200);
	/* Through a local daemon, what it takes shows the same. */
	begin(20);
	facts.tcp = NULL;
	facts.rtt_ms = 20;
	facts.owed_ms = facts.now_ms;
	for (ms = 0; ms < 30000; ms += LOOK_MS) {
		facts.sent += 1000;
		if (look() == DOUBT_PING)
			ask(0);
	}
	assert_int_equal(facts.asked, 1);
	assert_int_equal(until(DOUBT_ATTEMPT, 0), 2200);
}

/* The other kernel acknowledges and nothing arrives: a hole. */
static void
test_hole(void **state)
{
	int	ms;

	(void)state;
	begin(20);
	facts.owed_ms = facts.now_ms;
	for (ms = LOOK_MS; ms < 10000; ms += LOOK_MS) {
		tcp.ack_ms = 0;
		switch (look()) {
		case DOUBT_PING:
			ask(1);
			break;
		case DOUBT_NONE:
			break;
		case DOUBT_ATTEMPT:
			fail_msg("an attempt, and not smaller segments");
			break;
		case DOUBT_SMALLER:
			assert_within(ms, 2500, 2700);
			return;
		}
	}
	fail_msg("no hole was seen");
}

/* The segments of a connection that was just made do not pass either. */
static void
test_fresh(void **state)
{
	(void)state;
	begin(20);
	facts.resumed = 1;
	facts.heard_bytes = view.heard_bytes = view.asked_bytes = 0;
	facts.owed_ms = facts.now_ms;
	assert_int_equal(until(DOUBT_SMALLER, 1), 600);
	/* Once it has brought something, it is as any other. */
	begin(20);
	facts.resumed = 1;
	facts.owed_ms = facts.now_ms;
	assert_int_equal(until(DOUBT_ATTEMPT, 1), 2200);
}

/* After an event it is asked at once, and not waited for long. */
static void
test_event(void **state)
{
	(void)state;
	begin(20);
	facts.now_ms += 10000;
	facts.event_ms = facts.now_ms;
	assert_int_equal(until(DOUBT_PING, 1), LOOK_MS);
	ask(1);
	assert_int_equal(until(DOUBT_ATTEMPT, 1), 600);
	begin(20);
	facts.now_ms += 10000;
	facts.event_ms = facts.now_ms;
	assert_int_equal(until(DOUBT_PING, 1), LOOK_MS);
	hear(12);
	view.asked_bytes = facts.heard_bytes;
	assert_int_equal(until(DOUBT_PING, 1), 15000);
	/* Its own address is gone: no need to ask. */
	begin(20);
	facts.gone = 1;
	assert_int_equal(look(), DOUBT_ATTEMPT);
}

/* Something came behind a gap and the gap stays: the reverse path may be broken for large packets. */
static void
test_gap(void **state)
{
	(void)state;
	begin(20);
	tcp.behind = 1;
	assert_int_equal(look(), DOUBT_PING);
	ask(1);
	assert_int_equal(until(DOUBT_ATTEMPT, 1), 2200);
	begin(20);
	tcp.behind = 1;
	facts.heard_bytes += 1000;
	assert_int_equal(look(), DOUBT_NONE);
}

/*
 * As the kernel showed it at 10 % loss both ways, 20 ms: retransmissions double their wait, and
 * now and then nothing comes for as long as 1.6 s.
 */
static void
test_loss(void **state)
{
	static const int	gaps_ms[] = { 0, 0, 200, 0, 400, 0, 0, 800, 0, 200, 1600, 0, 400, 1000 };
	size_t			i, again;
	int			ms;

	(void)state;
	begin(20);
	for (again = 0; again < 20; again++)
		for (i = 0; i < COUNT(gaps_ms); i++) {
			facts.owed_ms = facts.now_ms;
			for (ms = 0; ms < gaps_ms[i]; ms += LOOK_MS)
				switch (look()) {
				case DOUBT_PING:
					ask(1);
					break;
				case DOUBT_NONE:
					break;
				default:
					fail_msg("doubted after %d ms", ms);
				}
			hear(100);
		}
}

/* How often it looks: while something is to be found out, and not in an idle session. */
static void
test_next(void **state)
{
	(void)state;
	begin(20);
	assert_int_equal(doubt_next_ms(&view, &facts), facts.now_ms + 200);
	facts.now_ms += 5000;
	assert_int_equal(doubt_next_ms(&view, &facts), facts.heard_ms + 15000);
	facts.owed_ms = facts.now_ms;
	assert_int_equal(doubt_next_ms(&view, &facts), facts.now_ms + 200);
	facts.owed_ms = -1;
	facts.event_ms = facts.now_ms;
	assert_int_equal(doubt_next_ms(&view, &facts), facts.now_ms + 200);
	assert_int_equal(doubt_connect_ms(100), 1400);
	assert_int_equal(doubt_connect_ms(0), 2000);
}

/* What it is told of a stream. */
static void
test_stream(void **state)
{
	struct stream	s;

	(void)state;
	assert_int_equal(stream_init(&s, RING_FIRST), 0);
	doubt_stream(&facts, &s);
	assert_int_equal(facts.resumed, 0);
	assert_int_equal(facts.owed_ms, -1);
	assert_int_equal(facts.asked, 0);
	assert_int_equal(stream_attach(&s, 0, 0, 7), 0);
	assert_int_equal(stream_attach(&s, 0, 0, 9), 0);
	stream_ping(&s, 11);
	doubt_stream(&facts, &s);
	assert_int_equal(facts.resumed, 1);
	assert_int_equal(facts.heard_ms, 9);
	assert_int_equal(facts.owed_ms, 11);
	assert_int_equal(facts.asked, 1);
	assert_int_equal(facts.said, 0);
	stream_forgive(&s, 20);
	doubt_stream(&facts, &s);
	assert_int_equal(facts.heard_ms, 20);
	assert_int_equal(facts.owed_ms, 20);
	stream_free(&s);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_untold),
		cmocka_unit_test(test_lull),
		cmocka_unit_test(test_reader_stops),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_hole),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_stream),
	};

	return (cmocka_run_group_tests_name("doubt", tests, NULL, NULL));
}
