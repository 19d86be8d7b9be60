/* SPDX-License-Identifier: ISC */
/* Unit tests: offer, and resumable against a far side that this test plays. */

#include <sys/socket.h>
#include <sys/time.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/clock.h"
#include "base/names.h"
#include "check.h"
#include "net/sock.h"
#include "session/offer.h"
#include "session/resumable.h"

static const struct {
	const char	*line;
	int		 port;
} lines[] = {
	{ "SSH-2.0-OpenSSH_9.2p1 Debian-2 meshssh=4622\r\n", 4622 },
	{ "SSH-2.0-OpenSSH_9.2p1 meshssh=1\n", 1 },
	{ "SSH-2.0-OpenSSH_9.2p1 meshssh=65535 more\r\nand more", 65535 },
	{ "SSH-2.0-OpenSSH_9.2p1 meshssh=0\r\n", 0 },
	{ "SSH-2.0-OpenSSH_9.2p1 meshssh=65536\r\n", 0 },
	{ "SSH-2.0-OpenSSH_9.2p1 meshssh=\r\n", 0 },
	{ "SSH-2.0-OpenSSH_9.2p1 meshssh=-1\r\n", 0 },
	{ "SSH-2.0-OpenSSH_9.2p1 meshssh=46x\r\n", 0 },
	{ "SSH-2.0-OpenSSH_9.2p1 xmeshssh=4622\r\n", 0 },
	{ "SSH-2.0-meshssh=4622\r\n", 0 },		/* the version is no comment */
	{ "SSH-2.0-OpenSSH_9.2p1 meshssh=4622", 0 },	/* not whole */
	{ "HTTP/1.1 400 meshssh=4622\r\n", 0 },
	{ "SSH-2.0-Tailscale\r\n", 0 },
	{ "\r\n", 0 },
	{ "", 0 },
};

static void
test_offer(void **state)
{
	static const char	within[] = "SSH-2.0-x\0 meshssh=4622\r\n";
	char			long_line[600];
	size_t			i;

	(void)state;
	for (i = 0; i < COUNT(lines); i++)
		if (sshwire_offer(lines[i].line, strlen(lines[i].line)) != lines[i].port)
			fail_msg("line %zu", i);
	assert_int_equal(sshwire_offer(within, sizeof(within) - 1), 0);
	memset(long_line, 'x', sizeof(long_line));
	memcpy(long_line, "SSH-2.0-x ", 10);
	memcpy(long_line + sizeof(long_line) - 16, " meshssh=4622\r\n", 15);
	assert_int_equal(sshwire_offer(long_line, sizeof(long_line)), 0);
}

static void
test_client(void **state)
{
	struct offer	o = { .len = 0 };
	char		buf[SSHWIRE_ID_MAX];

	(void)state;
	memset(buf, 'a', sizeof(buf));
	offer_client(&o, "SSH-2.0-x\r\n", 11);
	assert_int_equal(o.len, 11);
	assert_memory_equal(o.said, "SSH-2.0-x\r\n", 11);
	offer_client(&o, buf, sizeof(buf) - 11);
	assert_false(o.too_much);
	offer_client(&o, buf, 1);
	assert_true(o.too_much);
}

static void
test_wait(void **state)
{
	(void)state;
	assert_int_equal(resumable_wait_ms(1, 0), 250);
	assert_int_equal(resumable_wait_ms(2, 300), 500);
	assert_int_equal(resumable_wait_ms(3, 900), 1000);
	assert_int_equal(resumable_wait_ms(90, 119999), 1000);
	assert_int_equal(resumable_wait_ms(90, 120000), 5000);
	assert_int_equal(resumable_turned_away_ms(0), 0);
	assert_int_equal(resumable_turned_away_ms(1), 1000);
	assert_int_equal(resumable_turned_away_ms(6), 32000);
	assert_int_equal(resumable_turned_away_ms(7), 60000);
	assert_int_equal(resumable_turned_away_ms(100000), 60000);
}

/* --- an event --------------------------------------------------------------------------------- */

/* The network has changed: when there is another attempt, if there is one. */
static const struct {
	struct resumable	r;		/* began_ms is from now on */
	int			in_ms;		/* -1: none */
	int			stirred;
} stirs[] = {
	/* the connection is good, a position is promised, or one event was enough */
	{ { .lost_ms = 0 }, -1, 0 },
	{ { .lost_ms = 1, .frozen = 1, .busy = 1 }, -1, 0 },
	{ { .lost_ms = 1, .stirred = 1, .busy = 1, .rtt_ms = 50 }, -1, 1 },
	/* what waits need not wait longer, but an attempt a moment ago met nearly the same network */
	{ { .lost_ms = 1, .began_ms = -5000, .tries = 9 }, 0, 0 },
	{ { .lost_ms = 1, .began_ms = -40, .tries = 9 }, 60, 0 },
	/* an attempt that is under way has 4 round trips */
	{ { .lost_ms = 1, .busy = 1, .began_ms = 0, .rtt_ms = 50, .tries = 9 }, 300, 1 },
	{ { .lost_ms = 1, .busy = 1, .began_ms = -100, .rtt_ms = 50 }, 200, 1 },
	{ { .lost_ms = 1, .busy = 1, .began_ms = 0 }, 500, 1 },
	{ { .lost_ms = 1, .busy = 1, .began_ms = -9000, .rtt_ms = 50 }, 0, 1 },
};

static void
stir_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static void
test_event(void **state)
{
	static struct resumable	 r;
	struct event_base	*own = event_base_new();
	struct timeval		 due, now;
	size_t			 i;
	int			 pending, in_ms;

	(void)state;
	for (i = 0; i < COUNT(stirs); i++) {
		r = stirs[i].r;
		r.began_ms += clock_ms();
		event_assign(&r.timer, own, -1, 0, stir_cb, NULL);
		resumable_event(&r);
		pending = event_pending(&r.timer, EV_TIMEOUT, &due);
		assert_int_equal(pending != 0, stirs[i].in_ms != -1);
		assert_int_equal(r.stirred, stirs[i].stirred);
		if (!pending)
			continue;
		event_base_gettimeofday_cached(own, &now);
		timersub(&due, &now, &due);
		in_ms = (int)(due.tv_sec * 1000 + due.tv_usec / 1000);
		/* libevent tells it by another clock. */
		if (in_ms < stirs[i].in_ms - 50 || in_ms > stirs[i].in_ms + 40)
			fail_msg("row %zu: in %d ms", i, in_ms);
		assert_int_equal(r.tries, 0);
		event_del(&r.timer);
	}
	event_base_free(own);
}

/* --- the far side ----------------------------------------------------------------------------- */

static struct event_base	*base;
static struct event		 listen_ev;
static int			 listen_fd;
static uint8_t			 far_boot;	/* the first byte of it */
static enum resume_status	 far_status;	/* of its replies to RESUME */
static const char		*far_says;	/* instead of a reply */
static int			 asked;		/* for RESUME */

/* A hello has come; it is a segment of its own. */
static void
far_hello_cb(evutil_socket_t conn, short what, void *arg)
{
	struct resume_reply	reply = { .status = RESUME_OK, .window = 65536, .hold_s = 1 };
	struct resume_hello	hello;
	uint8_t			bytes[RESUME_HELLO_BYTES], secret[RESUME_SECRET_BYTES];

	(void)what;
	(void)arg;
	assert_int_equal(recv(conn, bytes, sizeof(bytes), MSG_WAITALL), sizeof(bytes));
	assert_int_equal(resume_hello_decode(&hello, bytes), RESUME_RIGHT);
	reply.boot[0] = far_boot;
	if (hello.kind == RESUME_NEW)
		resume_pair(secret, reply.public);
	else {
		asked++;
		assert_int_equal(hello.number, asked);
		reply.status = far_status;
	}
	resume_reply_encode(bytes, &reply, hello.kind);
	if (hello.kind == RESUME_AGAIN && far_says != NULL) {
		memset(bytes, ' ', sizeof(bytes));
		memcpy(bytes, far_says, strlen(far_says));
	}
	assert_int_equal(send(conn, bytes, sizeof(bytes), 0), sizeof(bytes));
	/* The connection stays open until the test is over. */
}

static void
far_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	event_base_once(base, accept(fd, NULL, NULL), EV_READ, far_hello_cb, arg, NULL);
}

static struct target		 target = { .host = "127.0.0.1", .port = 22, .timeout_ms = 1000 };
static struct sock_tune		 tune = { .dead_after_s = 30 };
static struct mss_steps		 steps = { .mss_bytes = MSS_AUTO };
static struct attempts		 attempts;
static struct plan_choice	 choice;
static int			 opened;

static void
plan_cb(struct plan_input *in, void *arg)
{
	(void)arg;
	in->choice = &choice;
}

static int			 waited;	/* attempts that failed */

static void
waits_cb(const struct resumable *r, const char *why, void *arg)
{
	(void)r;
	(void)arg;
	if (why != NULL)
		waited++;
}

static void
opened_cb(int yes, void *arg)
{
	(void)arg;
	opened = yes;
	event_base_loopbreak(base);
}

static void
changed_cb(void *arg)
{
	struct resumable	*r = arg;

	if (r->over.code != CODE_NONE)
		event_base_loopbreak(base);
}

static int
listen_port(void)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET };
	socklen_t		len = sizeof(sin);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listen_fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(listen_fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(listen(listen_fd, 8), 0);
	assert_int_equal(getsockname(listen_fd, (struct sockaddr *)&sin, &len), 0);
	event_assign(&listen_ev, base, listen_fd, EV_READ | EV_PERSIST, far_cb, NULL);
	event_add(&listen_ev, NULL);
	return (ntohs(sin.sin_port));
}

static const struct names	*names;		/* of the host */
static int64_t			 other_ms;	/* another service has answered for so long */

/* Open a session, lose its connection, and come back to a host that answers so. */
static enum code
end_of(enum resume_status status, uint8_t boot, const char *says)
{
	struct race_config	race = { .target = &target, .tune = &tune, .mss_steps = &steps,
				    .attempts = &attempts };
	struct resumable_config	conf = { .race = &race, .names = names, .hold_s = 60,
				    .plan_cb = plan_cb, .waits_cb = waits_cb };
	struct resumable	*r;
	enum code		 code;

	base = race.base = conf.base = event_base_new();
	far_boot = 1;
	asked = opened = waited = 0;
	conf.port = listen_port();
	r = resumable_open(&conf, NULL, "SSH-2.0-x\r\n", 11, 2000, opened_cb, NULL);
	assert_non_null(r);
	event_base_dispatch(base);
	assert_int_equal(opened, 1);
	assert_int_equal(r->hold_ms, 1000);	/* the smaller one */
	r->changed_cb = changed_cb;
	r->changed_arg = r;
	far_status = status;
	far_boot = boot;
	far_says = says;
	r->other_ms = other_ms != 0 ? clock_ms() - other_ms : 0;
	resumable_lost(r, "the test says so");
	event_base_dispatch(base);
	code = r->over.code;
	resumable_free(r);
	event_del(&listen_ev);
	close(listen_fd);
	event_base_free(base);
	return (code);
}

static void
test_ends(void **state)
{
	(void)state;
	if (resume_proof_load() == -1)
		skip();
	assert_int_equal(end_of(RESUME_UNKNOWN, 2, NULL), CODE_HOST_RESTARTED);
	assert_int_equal(asked, 1);
	assert_int_equal(waited, 0);		/* who has ended waits for nothing */
	assert_int_equal(end_of(RESUME_UNKNOWN, 1, NULL), CODE_SESSION_LOST);
	assert_int_equal(end_of(RESUME_NO_SSHD, 1, NULL), CODE_SESSION_LOST);
	/* Once more with a higher number, and no further. */
	assert_int_equal(end_of(RESUME_DENIED, 1, NULL), CODE_SESSION_LOST);
	assert_int_equal(asked, 2);
	/* A login page of a network goes away, another service in the host's place does not. */
	assert_int_equal(end_of(RESUME_OK, 1, "HTTP/1.1 400 Bad Request"), CODE_HELD_TOO_LONG);
	assert_true(asked > 1);
	other_ms = 120000;
	assert_int_equal(end_of(RESUME_OK, 1, "HTTP/1.1 400 Bad Request"), CODE_NOT_RESUMABLE);
	assert_int_equal(asked, 1);
	other_ms = 0;
	/* A proof that is none, or who is busy, until it was away for too long. */
	assert_int_equal(end_of(RESUME_BUSY, 1, NULL), CODE_HELD_TOO_LONG);
	assert_int_equal(end_of(RESUME_OK, 1, NULL), CODE_HELD_TOO_LONG);
	assert_true(asked > 1);
	assert_int_equal(waited, asked - 1);
}

/* Of a host with several names each is asked before that is the end. */
static void
test_names(void **state)
{
	struct names	two;

	(void)state;
	if (resume_proof_load() == -1)
		skip();
	assert_int_equal(names_parse("127.1,127.0.1", "127.0.0.1", &two, NULL), 0);
	names = &two;
	assert_int_equal(end_of(RESUME_UNKNOWN, 2, NULL), CODE_HOST_RESTARTED);
	assert_int_equal(asked, 3);
	other_ms = 120000;
	assert_int_equal(end_of(RESUME_OK, 1, "HTTP/1.1 400 Bad Request\r\n"), CODE_NOT_RESUMABLE);
	assert_int_equal(asked, 3);
	other_ms = 0;
	/* Only the host itself can know of the session and refuse it. */
	assert_int_equal(end_of(RESUME_NO_SSHD, 1, NULL), CODE_SESSION_LOST);
	assert_int_equal(asked, 1);
	names = NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offer),
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_names),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
