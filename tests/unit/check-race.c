/* SPDX-License-Identifier: ISC */
/* Unit tests: race. */

#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/error.h"
#include "check.h"
#include "net/sock.h"
#include "route/mss.h"
#include "route/race.h"

#define ADDRESSES 4

/* What an address does. */
enum behaviour {
	END,
	TAKES,		/* accepts */
	REFUSES,	/* answers with a reset */
	SILENT		/* never answers: the queue of its listener is full */
};

struct outcome {
	struct event_base	*base;
	int			 calls;
	int			 fd;
	const struct via	*via;
	struct sockaddr_storage	 other;
	struct error		 err;
};

static const struct plan_choice	anything;

static struct addrinfo	*answer;	/* of the resolver that the race asks */
static int		 answer_code;
static useconds_t	 answer_delay;
static int		 asked_family;

static int
own_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
    struct addrinfo **list)
{
	(void)host;
	(void)port;
	asked_family = hints->ai_family;
	if (hints->ai_flags & AI_NUMERICHOST)
		return (EAI_NONAME);
	if (answer_delay > 0)
		/* the resolver is slow: the thing tested, in its own thread */
		usleep(answer_delay);
	*list = answer;
	return (answer_code);
}

/* What pthread_create(3) fails with, or 0. */
static int	thread_error;

static int
own_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	return (thread_error != 0 ? thread_error : pthread_create(thread, attr, fn, arg));
}

static void
own_freeaddrinfo(struct addrinfo *list)
{
	assert_ptr_equal(list, answer);
}

#define getaddrinfo(host, port, hints, list) own_getaddrinfo(host, port, hints, list)
#define pthread_create(thread, attr, fn, arg) own_pthread_create(thread, attr, fn, arg)
#define freeaddrinfo(list) own_freeaddrinfo(list)
#include "net/resolve.c"
#include "route/race.c"

/*
 * A listener on a loopback address of its own, behaving so; the descriptors that keep it that way.
 */
struct place {
	struct sockaddr_storage	 ss;
	struct addrinfo		 ai;
	int			 listener;
	int			 fillers[4];
};

static void
place_make(struct place *p, enum behaviour how, int family)
{
	struct sockaddr_in	*in = (void *)&p->ss;
	struct sockaddr_in6	*in6 = (void *)&p->ss;
	size_t			 i;

	memset(p, 0, sizeof(*p));
	p->ss.ss_family = (sa_family_t)family;
	p->ai.ai_addrlen = family == AF_INET ? sizeof(*in) : sizeof(*in6);
	if (family == AF_INET)
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		in6->sin6_addr = in6addr_loopback;
	p->ai.ai_family = family;
	p->ai.ai_addr = (struct sockaddr *)&p->ss;
	p->listener = socket(family, SOCK_STREAM, 0);
	assert_int_equal(bind(p->listener, p->ai.ai_addr, p->ai.ai_addrlen), 0);
	assert_int_equal(getsockname(p->listener, p->ai.ai_addr, &p->ai.ai_addrlen), 0);
	for (i = 0; i < COUNT(p->fillers); i++)
		p->fillers[i] = -1;
	if (how != REFUSES)
		assert_int_equal(listen(p->listener, how == SILENT ? 0 : 5), 0);
	if (how != SILENT)
		return;
	for (i = 0; i < COUNT(p->fillers); i++) {
		assert_true((p->fillers[i] = socket(family, SOCK_STREAM, 0)) != -1);
		assert_int_equal(sock_set_blocking(p->fillers[i], 0), 0);
		connect(p->fillers[i], p->ai.ai_addr, p->ai.ai_addrlen);
	}
}

static void
place_free(struct place *p)
{
	size_t	i;

	close(p->listener);
	for (i = 0; i < COUNT(p->fillers); i++)
		if (p->fillers[i] != -1)
			close(p->fillers[i]);
}

static void
outcome_cb(const struct connection *conn, const struct error *err, void *arg)
{
	struct outcome	*o = arg;

	o->calls++;
	o->fd = conn != NULL ? conn->fd : -1;
	o->via = conn != NULL ? conn->step.via : NULL;
	if (conn != NULL)
		o->other = conn->other;
	if (err != NULL)
		o->err = *err;
	event_base_loopbreak(o->base);
}

static struct race *
start(struct outcome *o, const struct plan_input *in, const struct sock_tune *tune,
    struct attempts *attempts)
{
	static const struct mss_steps	mss_steps = { MSS_AUTO, 0 };
	struct race_config		conf = { o->base, in->target, tune, &mss_steps, attempts,
					    outcome_cb, o };

	return (race_start(&conf, in));
}

static const struct {
	const char	*name;
	enum behaviour	 how[ADDRESSES];	/* in the order of the resolver */
	int		 families[ADDRESSES];	/* 4 or 6 */
	int		 timeout_ms;
	int		 winner;		/* which address, or -1 */
	enum code	 code;
	int64_t		 min_ms, max_ms;
	int		 tried;
	int		 other;		/* what it may turn to, counted from 1; 0: nothing */
} cases[] = {
	{ "one that takes", { TAKES }, { 4 }, 5000, 0, CODE_NONE, 0, 200, 1 },
	{ "one that refuses", { REFUSES }, { 4 }, 5000, -1, CODE_REFUSED, 0, 200, 1 },
	{ "one that is silent", { SILENT }, { 4 }, 1000, -1, CODE_NO_ANSWER, 950, 2500, 1 },
	{ "the next at once after a refusal", { REFUSES, TAKES }, { 4, 4 }, 5000, 1, CODE_NONE, 0,
	    200, 2 },
	{ "the next after 250 ms of silence", { SILENT, TAKES }, { 6, 4 }, 5000, 1, CODE_NONE, 240,
	    900, 1, 1 },
	{ "families in turn", { SILENT, SILENT, TAKES }, { 6, 6, 4 }, 5000, 2, CODE_NONE, 240, 450,
	    1, 1 },
	{ "the first wins if it is quick", { TAKES, TAKES }, { 6, 4 }, 5000, 0, CODE_NONE, 0, 200,
	    1, 2 },
	{ "the other one of the other family", { TAKES, TAKES, TAKES }, { 4, 4, 6 }, 5000, 0,
	    CODE_NONE, 0, 200, 1, 3 },
	{ "the other one of the same family", { TAKES, TAKES }, { 4, 4 }, 5000, 0, CODE_NONE, 0,
	    200, 1, 2 },
	{ "refusal tells more than silence", { SILENT, REFUSES }, { 4, 4 }, 1000, -1, CODE_REFUSED,
	    950, 2500, 2 },
	{ "silence first, then two refusals", { SILENT, REFUSES, REFUSES, TAKES }, { 4, 4, 4, 4 },
	    5000, 3, CODE_NONE, 240, 900, 3, 1 },
};

static void
run_case(size_t n)
{
	struct sock_tune	tune = { .dead_after_s = 30 };
	struct target		target = { .host = "name", .port = 22,
				    .timeout_ms = cases[n].timeout_ms };
	struct plan_input	in = { .target = &target, .choice = &anything };
	struct attempts		attempts = { .count = 0 };
	struct outcome		o = { .fd = -1 };
	struct place		places[ADDRESSES];
	struct sockaddr_storage	peer;
	socklen_t		len = sizeof(peer);
	int64_t			took_ms;
	int			i, count;

	for (count = 0; count < ADDRESSES && cases[n].how[count] != END; count++)
		place_make(&places[count], cases[n].how[count],
		    cases[n].families[count] == 4 ? AF_INET : AF_INET6);
	for (i = 0; i + 1 < count; i++)
		places[i].ai.ai_next = &places[i + 1].ai;
	answer = &places[0].ai;
	answer_code = 0;
	o.base = event_base_new();
	took_ms = clock_ms();
	assert_non_null(start(&o, &in, &tune, &attempts));
	assert_int_equal(o.calls, 0);
	event_base_dispatch(o.base);
	took_ms = clock_ms() - took_ms;
	/* Nothing is left in the loop. */
	event_base_loop(o.base, EVLOOP_NONBLOCK);
	assert_int_equal(o.calls, 1);
	if (took_ms < cases[n].min_ms || took_ms > cases[n].max_ms)
		fail_msg("%s: %lld ms", cases[n].name, (long long)took_ms);
	if (cases[n].winner == -1) {
		assert_int_equal(o.fd, -1);
		if (o.err.code != cases[n].code)
			fail_msg("%s: %s", cases[n].name, o.err.text);
	} else {
		assert_int_equal(getpeername(o.fd, (struct sockaddr *)&peer, &len), 0);
		assert_ptr_equal(o.via, &via_direct);
		assert_int_equal(len, places[cases[n].winner].ai.ai_addrlen);
		assert_memory_equal(&peer, &places[cases[n].winner].ss, len);
		if (cases[n].other == 0 ? o.other.ss_family != AF_UNSPEC :
		    memcmp(&o.other, &places[cases[n].other - 1].ss, sizeof(o.other)) != 0)
			fail_msg("%s: the other address", cases[n].name);
		close(o.fd);
	}
	assert_int_equal(attempts.count, cases[n].tried);
	event_base_free(o.base);
	for (i = 0; i < count; i++)
		place_free(&places[i]);
}

static void
test_race(void **state)
{
	size_t	n;

	(void)state;
	for (n = 0; n < COUNT(cases); n++)
		run_case(n);
}

/* Resolver errors, and a resolver that takes longer than the limit while its thread goes on. */
static void
test_names(void **state)
{
	static const struct {
		int		code;
		useconds_t	delay;
		enum code	msg;
	}			names[] = {
		{ EAI_NONAME, 0, CODE_NAME_UNKNOWN }, { EAI_AGAIN, 0, CODE_NAME_LOOKUP },
		    { EAI_FAIL, 0, CODE_NAME_LOOKUP },
		{ EAI_FAIL, 400000, CODE_NAME_TIMEOUT },
	};
	struct sock_tune	tune = { .dead_after_s = 30 };
	struct target		target = { .host = "name", .port = 22, .family = AF_INET6,
				    .timeout_ms = 200 };
	struct plan_input	in = { .target = &target, .choice = &anything };
	struct attempts		attempts = { .count = 0 };
	struct outcome		o;
	size_t			n;

	(void)state;
	for (n = 0; n < COUNT(names); n++) {
		memset(&o, 0, sizeof(o));
		o.base = event_base_new();
		answer = NULL;
		answer_code = names[n].code;
		answer_delay = names[n].delay;
		assert_non_null(start(&o, &in, &tune, &attempts));
		event_base_dispatch(o.base);
		assert_int_equal(o.calls, 1);
		assert_int_equal(o.fd, -1);
		assert_int_equal(o.err.code, names[n].msg);
		assert_int_equal(asked_family, AF_INET6);
		event_base_free(o.base);
	}
	assert_int_equal(attempts.count, COUNT(names));
	answer_delay = 0;
}

/* A system that gives this user no further thread is not out of memory. */
static void
test_no_thread(void **state)
{
	struct sock_tune	tune = { .dead_after_s = 30 };
	struct target		target = { .host = "name", .port = 22, .timeout_ms = 200 };
	struct plan_input	in = { .target = &target, .choice = &anything };
	struct attempts		attempts = { .count = 0 };
	struct outcome		o = { .base = event_base_new() };

	(void)state;
	thread_error = EAGAIN;
	assert_non_null(start(&o, &in, &tune, &attempts));
	event_base_dispatch(o.base);
	thread_error = 0;
	assert_int_equal(o.calls, 1);
	assert_int_equal(o.fd, -1);
	assert_int_equal(o.err.code, CODE_SYSTEM);
	assert_non_null(strstr(o.err.text, "cannot start a thread for the name lookup: "));
	event_base_free(o.base);
}

static void
expire_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	race_expire(arg);
}

/* No more time, in the look-up or while an address is silent: that is told, and nothing begun. */
static void
test_expire(void **state)
{
	static const struct {
		useconds_t	delay;
		enum code	code;
	}			rows[] = { { 400000, CODE_NAME_TIMEOUT }, { 0, CODE_NO_ANSWER } };
	struct sock_tune	tune = { .dead_after_s = 30 };
	struct target		target = { .host = "name", .port = 22, .timeout_ms = 60000 };
	struct plan_input	in = { .target = &target, .choice = &anything };
	struct timeval		tv = clock_timeval(100);
	struct attempts		attempts;
	struct outcome		o;
	struct place		places[2];
	struct race		*r;
	int64_t			began_ms;
	size_t			i;

	(void)state;
	place_make(&places[0], SILENT, AF_INET);
	place_make(&places[1], TAKES, AF_INET);
	places[0].ai.ai_next = &places[1].ai;
	for (i = 0; i < COUNT(rows); i++) {
		memset(&o, 0, sizeof(o));
		memset(&attempts, 0, sizeof(attempts));
		o.base = event_base_new();
		answer = &places[0].ai;
		answer_code = 0;
		answer_delay = rows[i].delay;
		began_ms = clock_ms();
		assert_non_null(r = start(&o, &in, &tune, &attempts));
		event_base_once(o.base, -1, EV_TIMEOUT, expire_cb, r, &tv);
		event_base_dispatch(o.base);
		assert_within(clock_ms() - began_ms, 90, 5000);
		assert_int_equal(o.calls, 1);
		assert_int_equal(o.fd, -1);
		assert_int_equal(o.err.code, rows[i].code);
		assert_int_equal(attempts.count, 1);
		event_base_loop(o.base, EVLOOP_NONBLOCK);
		assert_int_equal(o.calls, 1);
		event_base_free(o.base);
		answer_delay = 0;
	}
	place_free(&places[0]);
	place_free(&places[1]);
}

/* Cancelled at any moment, there is no callback and nothing left. */
static void
test_cancel(void **state)
{
	struct sock_tune	tune = { .dead_after_s = 30 };
	struct target		target = { .host = "name", .port = 22, .timeout_ms = 5000 };
	struct plan_input	in = { .target = &target, .choice = &anything };
	struct attempts		attempts = { .count = 0 };
	struct outcome		o = { .calls = 0 };
	struct place		place;
	struct race		*d;
	int			rounds, i;

	(void)state;
	place_make(&place, SILENT, AF_INET);
	answer = &place.ai;
	answer_code = 0;
	for (rounds = 0; rounds < 6; rounds++) {
		o.base = event_base_new();
		assert_non_null(d = start(&o, &in, &tune, &attempts));
		for (i = 0; i < rounds; i++)
			event_base_loop(o.base, EVLOOP_NONBLOCK);
		race_cancel(d);
		event_base_loop(o.base, EVLOOP_NONBLOCK);
		assert_int_equal(o.calls, 0);
		event_base_free(o.base);
	}
	race_cancel(NULL);
	place_free(&place);
}

static int
wait_cb(const struct sockaddr *to, void *arg)
{
	(void)arg;
	assert_int_equal(to->sa_family, AF_INET);
	return (150);
}

/*
 * Where connections to an address are limited in number, one waits for its turn: that does not
 * count as time that the host took, and the wait can be given up.
 */
static void
test_rate_limit(void **state)
{
	static const struct mss_steps	mss_steps = { MSS_AUTO, 0 };
	static const enum behaviour	hows[] = { TAKES, REFUSES, TAKES };
	struct sock_tune		tune = { .dead_after_s = 30 };
	struct target			target = { .host = "name", .port = 22, .timeout_ms = 100 };
	struct plan_input		in = { .target = &target, .choice = &anything };
	struct attempts			attempts = { .count = 0 };
	struct outcome			o;
	struct race_config		conf = { .target = &target, .tune = &tune,
					    .mss_steps = &mss_steps, .attempts = &attempts,
					    .cb = outcome_cb, .arg = &o, .rate_limit_cb = wait_cb };
	struct place			place;
	struct race			*d;
	int64_t				began_ms;
	size_t				i;

	(void)state;
	for (i = 0; i < COUNT(hows); i++) {
		o = (struct outcome){ .fd = -1, .base = event_base_new() };
		conf.base = o.base;
		place_make(&place, hows[i], AF_INET);
		answer = &place.ai;
		answer_code = 0;
		assert_non_null(d = race_start(&conf, &in));
		began_ms = clock_ms();
		if (i == 2) {
			while (d->resolve != NULL)
				event_base_loop(o.base, EVLOOP_ONCE);
			race_cancel(d);
			event_base_loop(o.base, EVLOOP_NONBLOCK);
			assert_int_equal(o.calls, 0);
		} else {
			event_base_dispatch(o.base);
			assert_true(clock_ms() - began_ms >= 145);
			assert_int_equal(o.calls, 1);
			assert_int_equal(o.fd != -1, hows[i] == TAKES);
			assert_int_equal(o.err.code, hows[i] == TAKES ? CODE_NONE : CODE_REFUSED);
		}
		close(o.fd);
		event_base_free(o.base);
		place_free(&place);
	}
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_race),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_no_thread),
		cmocka_unit_test(test_expire),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_rate_limit),
	};

	return (cmocka_run_group_tests_name("race", tests, NULL, NULL));
}
