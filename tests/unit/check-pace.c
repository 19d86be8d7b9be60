/* SPDX-License-Identifier: ISC */
/* Unit tests: pace. */

#include <event2/event.h>

#include "check.h"
#include "session/pace.h"

#define ID	"SSH-2.0-x\r\n"
/* a packet of 12 bytes, RFC 4253 6 */
#define PACKET	"\0\0\0\010\004\024abcdef"

static void
silent_cb(void *arg)
{
	++*(int *)arg;
}

static int
waits(const struct pace *p)
{
	return (event_pending(&p->timer, EV_TIMEOUT, NULL) != 0);
}

/* Whose turn it is in the key exchange, and that nothing is awaited of who has to speak next. */
static void
test_turns(void **state)
{
	struct event_base	*base = event_base_new();
	struct pace		 p;
	int			 silent = 0;

	(void)state;
	pace_start(&p, base, silent_cb, &silent);
	assert_true(pace_listens(&p));
	assert_false(waits(&p));
	pace_heard(&p, ID, sizeof(ID) - 1);
	assert_false(waits(&p));
	pace_given(&p, 20);
	assert_true(waits(&p));
	pace_heard(&p, PACKET, 5);
	assert_true(waits(&p));
	pace_heard(&p, &PACKET[5], sizeof(PACKET) - 1 - 5);
	assert_int_equal(p.turn, PACE_CLIENT);
	assert_false(waits(&p));
	pace_given(&p, 100);
	assert_true(waits(&p));
	pace_heard(&p, "x", 1);
	assert_false(pace_listens(&p));
	assert_false(waits(&p));
	/* A user may think about the host key for as long as he likes. */
	pace_given(&p, 1);
	assert_false(waits(&p));
	pace_stop(&p);
	assert_int_equal(silent, 0);
	/* Who says more than that is not judged. */
	pace_start(&p, base, silent_cb, &silent);
	pace_given(&p, 20);
	pace_heard(&p, ID PACKET "more", sizeof(ID PACKET "more") - 1);
	assert_false(pace_listens(&p));
	assert_false(waits(&p));
	pace_stop(&p);
	/* Silence in the reply's turn is told once, and nothing is awaited then. */
	pace_start(&p, base, silent_cb, &silent);
	pace_given(&p, 20);
	event_active(&p.timer, EV_TIMEOUT, 0);
	assert_int_not_equal(event_base_loop(base, EVLOOP_NONBLOCK), -1);
	assert_int_equal(silent, 1);
	pace_given(&p, 20);
	assert_false(pace_listens(&p));
	assert_false(waits(&p));
	pace_stop(&p);
	event_base_free(base);
}

/* Small pieces to begin with, all at once later, and always where it was not begun. */
static void
test_pieces(void **state)
{
	struct event_base	*base = event_base_new();
	struct pace		 p = { 0 };
	size_t			 given;

	(void)state;
	assert_int_equal(pace_most(&p, 50000), 50000);
	assert_int_equal(pace_given(&p, 50000), 0);
	pace_start(&p, base, silent_cb, NULL);
	assert_int_equal(pace_most(&p, 10), 10);
	for (given = 0; pace_most(&p, 50000) < 50000; given += 900) {
		assert_int_equal(pace_most(&p, 50000), 900);
		assert_within(pace_given(&p, 900), 1, 10);
	}
	assert_within(given, 16384, 16384 + 900);
	assert_int_equal(pace_given(&p, 50000), 0);
	pace_stop(&p);
	event_base_free(base);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_pieces),
	};

	return (cmocka_run_group_tests_name("pace", tests, NULL, NULL));
}
