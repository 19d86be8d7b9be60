/* SPDX-License-Identifier: ISC */
/* Unit tests: race-routes. */

#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <event2/event.h>
#include <poll.h>
#include <pthread.h>

#include "base/clock.h"
#include "check.h"
#include "facts/facts.h"
#include "net/sock.h"
#include "route/mss.h"
#include "route/race.h"

#define OK_LOCALAPI	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: ts-dial\r\nConnection: upgrade\r\n\r\n"
#define OK_HTTP		"HTTP/1.1 200 OK\r\n\r\n"
#define REFUSED_502	"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 38\r\n\r\ndial failure: connection was refused.\n\n"
#define UNKNOWN_502	"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 32\r\n\r\nresolve failure: no such host...\n"
#define DIAL_SELF	"HTTP/1.1 200 OK\r\nDial-Self: true\r\nDial-Addr: 100.64.0.9:22\r\nContent-Length: 0\r\n\r\n"
#define FAILED_500	"HTTP/1.1 500 Failed\r\nContent-Length: 0\r\n\r\n"
#define BANNER		"SSH-2.0-test\r\n"
#define NEVER		-1
#define CLOSES		-2

/*
 * A way, as somebody at its other end behaves: times are in milliseconds from the request and from
 * the reply.
 */
struct behaviour {
	const char	*reply;		/* NULL: there is nobody */
	int		 reply_ms;
	int		 identification_ms;	/* or NEVER, or CLOSES */
};

struct server {
	struct behaviour	 how;
	int			 listener;
	pthread_t		 thread;
	int			 stop[2];
};

struct outcome {
	struct event_base	*base;
	int			 calls;
	int			 fd;
	const struct via	*via;
	struct error		 err;
};

/* 1 if the test is over before so many milliseconds, or, if never, when it is. */
static int
server_pause(struct server *s, int ms)
{
	struct pollfd	pfd = { .fd = s->stop[0], .events = POLLIN };

	return (poll(&pfd, 1, ms) != 0);
}

/* After the reply: the server's first word, if it has one, and then silence. */
static void
server_speak(struct server *s, int fd)
{
	if (s->how.identification_ms == CLOSES)
		return;
	if (s->how.identification_ms != NEVER && (server_pause(s, s->how.identification_ms) ||
	    send(fd, BANNER, strlen(BANNER), MSG_NOSIGNAL) == -1))
		return;
	server_pause(s, -1);
}

static void *
server_thread(void *arg)
{
	struct server	*s = arg;
	struct pollfd	 pfd[2] = { { .fd = s->listener, .events = POLLIN },
			    { .fd = s->stop[0], .events = POLLIN } };
	char		 buf[4096];
	int		 fd;

	if (poll(pfd, 2, -1) <= 0 || (pfd[0].revents & POLLIN) == 0 ||
	    (fd = accept(s->listener, NULL, NULL)) == -1)
		return (NULL);
	if (read(fd, buf, sizeof(buf)) > 0 && !server_pause(s, s->how.reply_ms) &&
	    send(fd, s->how.reply, strlen(s->how.reply), MSG_NOSIGNAL) > 0)
		server_speak(s, fd);
	close(fd);
	return (NULL);
}

static void
server_start(struct server *s, const struct behaviour *how, struct sockaddr *sa, socklen_t *len)
{
	s->how = *how;
	s->listener = socket(sa->sa_family, SOCK_STREAM, 0);
	assert_int_equal(bind(s->listener, sa, *len), 0);
	assert_int_equal(getsockname(s->listener, sa, len), 0);
	assert_int_equal(pipe(s->stop), 0);
	if (how->reply == NULL)
		return;
	assert_int_equal(listen(s->listener, 5), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, server_thread, s), 0);
}

static void
server_stop(struct server *s)
{
	close(s->stop[1]);
	if (s->how.reply != NULL)
		pthread_join(s->thread, NULL);
	close(s->stop[0]);
	close(s->listener);
}

static void
outcome_cb(const struct connection *conn, const struct error *err, void *arg)
{
	struct outcome	*o = arg;

	o->calls++;
	o->fd = conn != NULL ? conn->fd : -1;
	o->via = conn != NULL ? conn->step.via : NULL;
	if (err != NULL)
		o->err = *err;
	event_base_loopbreak(o->base);
}

static const struct {
	const char		*name;
	struct behaviour	 localapi, first, second;	/* HTTP proxies */
	const struct via	*winner;
	int			 second_won;
	enum code		 code;
	int64_t			 min_ms, max_ms;
} cases[] = {
	{ "alone it wins when it is connected", { OK_LOCALAPI, 0, NEVER }, { OK_HTTP, 0, 0 },
	    { OK_HTTP, 0, 0 },
	    &via_localapi, 0, CODE_NONE, 0, 500 },
	{ "the next at once after a refusal", { FAILED_500, 0, NEVER }, { OK_HTTP, 0, 0 },
	    { OK_HTTP, 0, 0 },
	    &via_http, 0, CODE_NONE, 0, 500 },
	{ "the next after a second of silence", { OK_LOCALAPI, 60000, NEVER }, { OK_HTTP, 0, 0 },
	    { OK_HTTP, 0, 0 },
	    &via_http, 0, CODE_NONE, 950, 1800 },
	{ "a late one still wins if its server speaks first", { OK_LOCALAPI, 1100, 50 },
	    { OK_HTTP, 0, 60000 },
	    { NULL, 0, 0 }, &via_localapi, 0, CODE_NONE, 1100, 1900 },
	{ "a proxy that says yes and goes silent", { NULL, 0, 0 }, { OK_HTTP, 0, NEVER },
	    { OK_HTTP, 0, 50 },
	    &via_http, 1, CODE_NONE, 200, 1500 },
	{ "a proxy that says yes and closes", { NULL, 0, 0 }, { OK_HTTP, 0, CLOSES },
	    { OK_HTTP, 0, 0 },
	    &via_http, 1, CODE_NONE, 0, 500 },
	{ "the last one needs no word of the server", { NULL, 0, 0 }, { FAILED_500, 0, NEVER },
	    { OK_HTTP, 0, NEVER },
	    &via_http, 1, CODE_NONE, 0, 500 },
	{ "a refusal by the host tells more than a failing proxy", { REFUSED_502, 0, NEVER },
	    { FAILED_500, 0, NEVER },
	    { NULL, 0, 0 }, NULL, 0, CODE_REFUSED, 0, 500 },
	{ "a failing proxy tells more than one that is not there", { NULL, 0, 0 }, { NULL, 0, 0 },
	    { FAILED_500, 0, NEVER },
	    NULL, 0, CODE_MESH_DOWN, 0, 500 },
	{ "no such peer", { UNKNOWN_502, 0, NEVER }, { NULL, 0, 0 }, { NULL, 0, 0 }, NULL, 0,
	    CODE_NAME_UNKNOWN, 0, 500 },
	{ "an address of the mesh is not dialled outside of it", { DIAL_SELF, 0, NEVER },
	    { NULL, 0, 0 }, { NULL, 0, 0 },
	    NULL, 0, CODE_PEER_UNKNOWN, 0, 500 },
	{ "all silent", { OK_LOCALAPI, 60000, NEVER }, { OK_HTTP, 60000, NEVER },
	    { OK_HTTP, 60000, NEVER },
	    NULL, 0, CODE_NO_ANSWER, 3000, 5500 },
};

/* The same where only an identification wins: the server's word, after the reply. */
static const struct {
	const char		*name;
	struct behaviour	 localapi, first;
	const struct via	*winner;
	enum code		 code;
	int64_t			 min_ms, max_ms;
} identified[] = {
	{ "alone it wins when it has identified itself", { OK_LOCALAPI, 0, 100 }, { NULL, 0, 0 },
	    &via_localapi, CODE_NONE, 90, 1000 },
	{ "connected is not enough", { OK_LOCALAPI, 0, NEVER }, { NULL, 0, 0 }, NULL,
	    CODE_SERVER_SILENT, 1400, 3900 },
	{ "nor is it through a proxy", { NULL, 0, 0 }, { OK_HTTP, 0, NEVER }, NULL,
	    CODE_SERVER_SILENT, 1400, 3900 },
	{ "what is closed makes place at once", { OK_LOCALAPI, 0, CLOSES }, { OK_HTTP, 0, 50 },
	    &via_http, CODE_NONE, 0, 900 },
	{ "a line and no more is not one", { OK_LOCALAPI "220 mail\r\n", 0, NEVER },
	    { OK_HTTP, 0, 50 }, &via_http, CODE_NONE, 950, 1900 },
	{ "nor is the half of one", { OK_LOCALAPI "SSH-2.0-te", 0, NEVER }, { NULL, 0, 0 }, NULL,
	    CODE_SERVER_SILENT, 1400, 3900 },
	{ "other words are told", { OK_LOCALAPI "220 mail\r\n", 0, NEVER }, { NULL, 0, 0 }, NULL,
	    CODE_NOT_SSH, 1400, 3900 },
	{ "those of HTTP at once", { OK_LOCALAPI "HTTP/1.1 200 OK\r\n", 0, NEVER }, { NULL, 0, 0 },
	    NULL, CODE_NOT_SSH, 0, 900 },
	{ "who has no room says so at once", { OK_LOCALAPI "Exceeded MaxStartups\r\n", 0, NEVER },
	    { NULL, 0, 0 }, NULL, CODE_SERVER_CLOSED, 0, 900 },
	{ "it may come in two pieces", { OK_LOCALAPI "Welcome\r\n", 0, 300 }, { NULL, 0, 0 },
	    &via_localapi, CODE_NONE, 290, 1200 },
};

struct scene {
	struct server		servers[3];
	struct facts		facts;
	struct plan_choice	choice;
	struct target		target;
	struct plan_input	in;
	struct sock_tune	tune;
	struct attempts		attempts;
	char			dir[32];
};

static void
scene_set(struct scene *s, const struct behaviour *localapi, const struct behaviour *first,
    const struct behaviour *second)
{
	struct sockaddr_storage	ss;
	struct sockaddr_in	*in = (void *)&ss;
	socklen_t		len;
	char			path[64], text[32];
	int			i;

	memset(s, 0, sizeof(*s));
	strlcpy(s->dir, "/tmp/check-race.XXXXXX", sizeof(s->dir));
	assert_non_null(mkdtemp(s->dir));
	snprintf(path, sizeof(path), "%s/sock", s->dir);
	s->facts.tailscale.state = ENV_TAILSCALE_UP;
	s->facts.tailscale.status.tun = TSJSON_TUN_NO;
	tailscaled_set_path(&s->facts.tailscale.at, path);
	strlcpy(s->facts.tailscale.status.suffix, "mesh.test",
	    sizeof(s->facts.tailscale.status.suffix));
	len = tailscaled_address(&s->facts.tailscale.at, &ss);
	server_start(&s->servers[0], localapi, (struct sockaddr *)&ss, &len);
	for (i = 1; i < 3; i++) {
		memset(&ss, 0, sizeof(ss));
		in->sin_family = AF_INET;
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		len = sizeof(*in);
		server_start(&s->servers[i], i == 1 ? first : second,
		    (struct sockaddr *)&ss, &len);
		snprintf(text, sizeof(text), ":%hu", ntohs(in->sin_port));
		env_proxy_add(&s->facts.proxy, PROXY_HTTP, text, "test", 0);
	}
	s->target = (struct target){ .host = "node.mesh.test", .port = 22, .timeout_ms = 3000 };
	s->tune = (struct sock_tune){ .dead_after_s = 30 };
	s->in = (struct plan_input){ .target = &s->target, .choice = &s->choice,
	    .facts = &s->facts };
}

static struct race *
start(struct outcome *o, struct scene *s, int only_identified)
{
	static const struct mss_steps	mss_steps = { MSS_AUTO, 0 };
	struct race_config		conf = { o->base, &s->target, &s->tune, &mss_steps,
					    &s->attempts, outcome_cb, o };

	conf.identified = only_identified;
	return (race_start(&conf, &s->in));
}

static void
scene_clear(struct scene *s)
{
	char	path[64];
	int	i;

	for (i = 0; i < 3; i++)
		server_stop(&s->servers[i]);
	snprintf(path, sizeof(path), "%s/sock", s->dir);
	unlink(path);
	rmdir(s->dir);
}

static int	 unmet;		/* attempts that did not come to tailscaled, or to the proxy */

static void
run_case(size_t n)
{
	struct sockaddr_in	peer;
	socklen_t		len = sizeof(peer);
	struct outcome		o = { .fd = -1 };
	struct scene		s;
	const struct attempt	*attempt;
	int64_t			took_ms;
	int			i;

	scene_set(&s, &cases[n].localapi, &cases[n].first, &cases[n].second);
	o.base = event_base_new();
	took_ms = clock_ms();
	assert_non_null(start(&o, &s, 0));
	event_base_dispatch(o.base);
	took_ms = clock_ms() - took_ms;
	event_base_loop(o.base, EVLOOP_NONBLOCK);
	assert_int_equal(o.calls, 1);
	if (took_ms < cases[n].min_ms || took_ms > cases[n].max_ms)
		fail_msg("%s: %lld ms", cases[n].name, (long long)took_ms);
	if (o.via != cases[n].winner || (o.fd == -1 && o.err.code != cases[n].code))
		fail_msg("%s: %s", cases[n].name, o.fd == -1 ? o.err.text : o.via->name);
	if (cases[n].winner == &via_http) {
		assert_int_equal(getpeername(o.fd, (struct sockaddr *)&peer, &len), 0);
		if ((peer.sin_port == ((struct sockaddr_in *)(void *)&s.facts.proxy.list[1].ss)->sin_port) !=
		    cases[n].second_won)
			fail_msg("%s: the wrong proxy", cases[n].name);
	}
	assert_true(s.attempts.count > 0);
	for (i = 0; i < s.attempts.count; i++) {
		attempt = &s.attempts.list[i];
		assert_int_equal(attempt->unmet, strstr(attempt->what,
		    "cannot be reached") != NULL);
		unmet += attempt->unmet;
	}
	if (o.fd != -1)
		close(o.fd);
	event_base_free(o.base);
	scene_clear(&s);
}

static void
test_routes(void **state)
{
	size_t	n;

	(void)state;
	for (n = 0; n < COUNT(cases); n++)
		run_case(n);
	assert_true(unmet > 0);
}

static void
run_identified(size_t n)
{
	static const struct behaviour	none = { NULL, 0, 0 };
	struct outcome		o = { .fd = -1 };
	struct scene		s;
	int64_t			took_ms;

	scene_set(&s, &identified[n].localapi, &identified[n].first, &none);
	s.target.timeout_ms = 1500;
	o.base = event_base_new();
	took_ms = clock_ms();
	assert_non_null(start(&o, &s, 1));
	event_base_dispatch(o.base);
	took_ms = clock_ms() - took_ms;
	assert_int_equal(o.calls, 1);
	if (took_ms < identified[n].min_ms || took_ms > identified[n].max_ms)
		fail_msg("%s: %lld ms", identified[n].name, (long long)took_ms);
	if (o.via != identified[n].winner || (o.fd == -1 && o.err.code != identified[n].code))
		fail_msg("%s: %s", identified[n].name, o.fd == -1 ? o.err.text : o.via->name);
	if (o.fd != -1)
		close(o.fd);
	event_base_free(o.base);
	scene_clear(&s);
}

static void
test_identified(void **state)
{
	size_t	n;

	(void)state;
	for (n = 0; n < COUNT(identified); n++)
		run_identified(n);
}

/* Cancelled after any number of turns of the loop, there is no callback and nothing left. */
static void
test_cancel(void **state)
{
	struct outcome	o = { .calls = 0 };
	struct scene	s;
	struct race	*race;
	int		 rounds, i;

	(void)state;
	for (rounds = 0; rounds < 8; rounds++) {
		scene_set(&s, &cases[COUNT(cases) - 1].localapi, &cases[COUNT(cases) - 1].first,
		    &cases[COUNT(cases) - 1].second);
		o.base = event_base_new();
		assert_non_null(race = start(&o, &s, 0));
		for (i = 0; i < rounds; i++)
			event_base_loop(o.base, EVLOOP_NONBLOCK);
		race_cancel(race);
		event_base_loop(o.base, EVLOOP_NONBLOCK);
		assert_int_equal(o.calls, 0);
		event_base_free(o.base);
		scene_clear(&s);
	}
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_identified),
		cmocka_unit_test(test_cancel),
	};

	return (cmocka_run_group_tests_name("race-routes", tests, NULL, NULL));
}
