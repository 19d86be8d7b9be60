/* SPDX-License-Identifier: ISC */
/* Unit tests: names-race. The races themselves are the test's own. */

#include <sys/socket.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/error.h"
#include "catalogue/catalogue.h"
#include "check.h"
#include "route/names-race.h"

#define RACES		4
#define IN_TIME_MS	(ROUTE_STAGGER_MS + 4000)	/* of a loaded machine */

struct race {
	const struct race_config	*conf;
	const struct facts	*facts;
	int			 over;		/* cancelled, or it has called back */
	int			 expired;
};

struct outcome {
	const struct names *names;
	int		 calls;
	char		 host[ADDR_HOST_MAX + 1];
	int		 cached_bytes;
	int		 fd;
	struct error	 err;
};

static struct race	races[RACES];
static int		begun;

static struct race *
own_race_start(const struct race_config *conf, const struct plan_input *in)
{
	assert_within(begun, 0, RACES - 1);
	assert_ptr_equal(in->target, conf->target);
	assert_int_equal(conf->identified, 1);
	races[begun] = (struct race){ .conf = conf, .facts = in->facts };
	return (&races[begun++]);
}

static void
own_race_cancel(struct race *r)
{
	if (r == NULL)
		return;
	assert_int_equal(r->over, 0);
	r->over = 1;
}

static void
own_race_expire(struct race *r)
{
	assert_int_equal(r->over, 0);
	r->expired = 1;
}

#define race_start(conf, in) own_race_start(conf, in)
#define race_cancel(r) own_race_cancel(r)
#define race_expire(r) own_race_expire(r)
#include "route/names-race.c"

/* This race has won with a descriptor, or is lost with a code, whose text is the name and more. */
static void
race_ends(int n, int fd, enum code code)
{
	struct connection	conn = { .fd = fd };
	struct error		err;
	struct race		*r = &races[n];

	assert_int_equal(r->over, 0);
	r->over = 1;
	attempts_add(r->conf->attempts, "address", "attempt", n);
	error_set(&err, code, "%s port 22: lost", r->conf->target->host);
	r->conf->cb(code == CODE_NONE ? &conn : NULL, code == CODE_NONE ? NULL : &err,
	    r->conf->arg);
}

static void
begin_cb(struct name *name, void *arg)
{
	(void)arg;
	name->mss_steps.cached_bytes = begun + 100;
}

static void
outcome_cb(const struct name *name, const struct connection *conn, const struct error *err,
    void *arg)
{
	struct outcome	*o = arg;

	o->calls++;
	strlcpy(o->host, name->target.host, sizeof(o->host));
	o->cached_bytes = name->mss_steps.cached_bytes;
	o->fd = conn != NULL ? conn->fd : -1;
	if (err == NULL)
		return;
	o->err = *err;
	names_also(o->names, name->tried, o->host, &o->err);
}

struct setting {
	struct race_config	 race;
	struct target		 target;
	struct attempts		 attempts;
	struct names		 names;
	struct plan_choice	 choice;
	struct outcome		 o;
	struct names_race	*r;
};

static void
set_up(struct setting *s, const char *list)
{
	struct names_race_config	conf = { .race = &s->race, .names = &s->names,
				    .choice = &s->choice, .stagger_ms = ROUTE_STAGGER_MS,
				    .begin_cb = begin_cb, .cb = outcome_cb,
				    .arg = &s->o };
	struct error		err;

	memset(s, 0, sizeof(*s));
	memset(races, 0, sizeof(races));
	begun = 0;
	s->target = (struct target){ .host = "a", .port = 22, .timeout_ms = 5 };
	s->race = (struct race_config){ .base = event_base_new(), .target = &s->target,
	    .attempts = &s->attempts };
	s->o.names = &s->names;
	assert_int_equal(names_parse(list, "a", &s->names, &err), 0);
	s->r = names_race_start(&conf);
	assert_int_equal(begun, 1);
	assert_string_equal(races[0].conf->target->host, "a");
	assert_int_equal(races[0].conf->target->timeout_ms, 5);
}

/* Exactly one callback, every race is over, and nothing is left in the loop. */
static void
tear_down(struct setting *s, int calls)
{
	int	i;

	event_base_loop(s->race.base, EVLOOP_NONBLOCK);
	assert_int_equal(event_base_get_num_events(s->race.base, EVENT_BASE_COUNT_ADDED), 0);
	assert_int_equal(s->o.calls, calls);
	for (i = 0; i < begun; i++)
		assert_int_equal(races[i].over, 1);
	event_base_free(s->race.base);
}

static void
test_first(void **state)
{
	struct setting	s;

	(void)state;
	set_up(&s, "b,c");
	race_ends(0, 7, CODE_NONE);
	assert_int_equal(begun, 1);
	assert_string_equal(s.o.host, "a");
	assert_int_equal(s.o.fd, 7);
	assert_int_equal(s.o.cached_bytes, 100);
	assert_int_equal(s.attempts.count, 2);
	assert_string_equal(s.attempts.list[0].to, "a");
	assert_string_equal(s.attempts.list[1].to, "address");
	tear_down(&s, 1);
}

/* One that is lost makes place at once; the one that wins ends what still runs. */
static void
test_next(void **state)
{
	struct setting	s;

	(void)state;
	set_up(&s, "b,c");
	race_ends(0, -1, CODE_REFUSED);
	assert_int_equal(begun, 2);
	assert_string_equal(races[1].conf->target->host, "b");
	event_base_loop(s.race.base, EVLOOP_ONCE);
	assert_int_equal(begun, 3);
	race_ends(2, 8, CODE_NONE);
	assert_string_equal(s.o.host, "c");
	assert_int_equal(s.o.cached_bytes, 102);
	assert_string_equal(s.attempts.list[0].what, "lost");
	assert_string_equal(s.attempts.list[2].to, "b");
	assert_string_equal(s.attempts.list[2].what, "not over yet");
	tear_down(&s, 1);
}

static void
test_stagger(void **state)
{
	struct setting	s;
	int64_t		began_ms = clock_ms();

	(void)state;
	set_up(&s, "b");
	event_base_loop(s.race.base, EVLOOP_ONCE);
	assert_within(clock_ms() - began_ms, ROUTE_STAGGER_MS - 20, IN_TIME_MS);
	assert_int_equal(begun, 2);
	/* The second name is slower. */
	race_ends(0, 9, CODE_NONE);
	assert_string_equal(s.o.host, "a");
	tear_down(&s, 1);
}

/* The error that tells most, and every name. */
static void
test_lost(void **state)
{
	struct setting	s;

	(void)state;
	set_up(&s, "b,c");
	race_ends(0, -1, CODE_NAME_UNKNOWN);
	race_ends(1, -1, CODE_REFUSED);
	assert_int_equal(s.o.calls, 0);
	race_ends(2, -1, CODE_NO_ANSWER);
	assert_int_equal(s.o.fd, -1);
	assert_string_equal(s.o.host, "b");
	assert_int_equal(s.o.err.code, CODE_REFUSED);
	assert_string_equal(s.o.err.text, "b port 22: lost; also tried: a, c");
	assert_int_equal(s.attempts.count, 6);
	tear_down(&s, 1);
	/* Of equals, the first. */
	set_up(&s, "b");
	race_ends(0, -1, CODE_REFUSED);
	race_ends(1, -1, CODE_REFUSED);
	assert_string_equal(s.o.err.text, "a port 22: lost; also tried: b");
	tear_down(&s, 1);
	/* One alone: the host itself was the whole list. */
	set_up(&s, "A");
	race_ends(0, -1, CODE_REFUSED);
	assert_string_equal(s.o.err.text, "a port 22: lost");
	tear_down(&s, 1);
}

/* Names that do not fit are counted; nine have a line each, however many attempts there were. */
static void
test_room(void **state)
{
	const char	*list = "this-is-a-name-of-some-length.example,this-is-another-one-of-them.in-all.example,"
			    "and-this-is-the-third-one-of-them.in-all.example";
	char		line[ERROR_LINE_BYTES + 1];
	struct setting	s;
	int		i, j;

	(void)state;
	set_up(&s, list);
	for (i = 0; i < 4; i++) {
		for (j = 0; j < ATTEMPTS_MAX; j++)
			attempts_add(races[i].conf->attempts, "address", "attempt", j);
		race_ends(i, -1, CODE_REFUSED);
	}
	assert_string_equal(s.o.err.text, "a port 22: lost; also tried: 3 other names");
	assert_int_equal(s.attempts.count, 12);
	for (i = 0; i < 4; i++)
		assert_string_equal(s.attempts.list[3 * i].to, s.names.hosts[i]);
	/* Where even that has no room, the error gives way. */
	error_set(&s.o.err, CODE_REFUSED, "%0200d", 0);
	names_also(&s.names, 4, "a", &s.o.err);
	assert_non_null(strstr(s.o.err.text, "00; also tried: 3 other names"));
	error_line(&s.o.err, line);
	assert_non_null(strstr(line, "00; also tried: 3 other names; "));
	tear_down(&s, 1);
}

/* No more time: what runs ends, and nothing is begun. */
static void
test_expire(void **state)
{
	struct setting	s;

	(void)state;
	set_up(&s, "b,c");
	race_ends(0, -1, CODE_REFUSED);
	names_race_expire(s.r);
	assert_int_equal(races[0].expired, 0);
	assert_int_equal(races[1].expired, 1);
	race_ends(1, -1, CODE_NO_ANSWER);
	assert_int_equal(begun, 2);
	assert_string_equal(s.o.err.text, "a port 22: lost; also tried: b");
	tear_down(&s, 1);
}

static void
test_cancel(void **state)
{
	struct setting	s;

	(void)state;
	set_up(&s, "b");
	names_race_cancel(s.r);
	tear_down(&s, 0);
	set_up(&s, "b,c");
	race_ends(0, -1, CODE_REFUSED);
	names_race_cancel(s.r);
	tear_down(&s, 0);
	names_race_cancel(NULL);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_stagger),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_expire),
		cmocka_unit_test(test_cancel),
	};

	return (cmocka_run_group_tests_name("names-race", tests, NULL, NULL));
}
