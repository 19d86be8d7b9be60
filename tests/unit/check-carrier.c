/* SPDX-License-Identifier: ISC */
/* Unit tests: carrier, with a tailscaled whose answers are there before it is asked. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <event2/event.h>

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "check.h"
#include "net/tailscaled.h"
#include "os/os.h"
#include "route/race.h"
#include "route/target.h"
#include "session/carrier.h"

#define LIMIT_S	30
#define PING	"POST /localapi/v0/ping?ip=100.64.0.7&type=disco "
#define STATUS	"GET /localapi/v0/status "
#define HEAD	"HTTP/1.1 200 OK\r\nContent-Length: "
#define PONG	HEAD "50\r\n\r\n{\"IP\":\"100.64.0.7\",\"Err\":\"\",\"LatencySeconds\":0.01}"
#define NO_PONG	HEAD "41\r\n\r\n{\"IP\":\"100.64.0.7\",\"Err\":\"no such peer!\"}"
#define PEERS	"HTTP/1.0 200 OK\r\n\r\n{\"BackendState\":\"Running\",\"MagicDNSSuffix\":\"mesh.example\"," \
	"\"Peer\":{\"nodekey:77\":{\"HostName\":\"nas\",\"DNSName\":\"nas.mesh.example.\",\"TailscaleIPs\":[\"100.64.0.7\"]}}}"

static struct event_base	*base;
static struct tailscaled	 at;
static struct carrier		 c;
static struct target		 target;
static struct connection	 conn;
static struct error		 lost;
static int			 listener, ping_fd, status_fd, losses;

static void
lost_cb(const struct error *err, int mss_bytes, void *arg)
{
	assert_int_equal(mss_bytes, 0);
	assert_ptr_equal(arg, &lost);
	lost = *err;
	losses++;
}

static void
answer(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* A session to this host; what tailscaled would have to say to a ping, and of its peers, or NULL. */
static void
begin(const char *host, const char *pong, const char *peers)
{
	struct carrier_config	conf = { .base = base, .conn = &conn, .target = &target,
				    .limit_s = LIMIT_S, .lost_cb = lost_cb, .arg = &lost };
	int			pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	close(pair[1]);
	conn = (struct connection){ .fd = pair[0], .step.tailscaled = &at };
	target = (struct target){ .host = host, .port = 22 };
	losses = 0;
	status_fd = -1;
	carrier_begin(&c, &conf);
	assert_true((ping_fd = accept(listener, NULL, NULL)) != -1);
	if (pong != NULL)
		answer(ping_fd, pong);
	if (peers == NULL)
		return;
	assert_true((status_fd = accept(listener, NULL, NULL)) != -1);
	answer(status_fd, peers);
	shutdown(status_fd, SHUT_WR);
}

static void
end(void)
{
	carrier_stop(&c);
	close(conn.fd);
	close(ping_fd);
	if (status_fd != -1)
		close(status_fd);
}

/* The host has been silent for so long. */
static void
silence(void)
{
	carrier_sent(&c);
	c.waiting_ms -= LIMIT_S * 1000;
	event_active(&c.timer, EV_TIMEOUT, 0);
	assert_int_not_equal(event_base_loop(base, EVLOOP_NONBLOCK), -1);
}

/* What was asked there since the last look begins so; nothing was asked for NULL. */
static void
expect_asked(int fd, const char *text)
{
	char	request[1024];
	ssize_t	n = recv(fd, request, sizeof(request) - 1, MSG_DONTWAIT);

	request[n > 0 ? n : 0] = '\0';
	if (text == NULL)
		assert_string_equal(request, "");
	else if (strncmp(request, text, strlen(text)) != 0)
		fail_msg("asked \"%s\", not \"%s\"", request, text);
}

/* A host that answers is waited for again, and asked again after as long. */
static void
test_answers(void **state)
{
	(void)state;
	begin("100.64.0.7", PONG, NULL);
	silence();
	expect_asked(ping_fd, PING);
	assert_int_equal(losses, 0);
	assert_true(event_pending(&c.timer, EV_TIMEOUT, NULL));
	assert_within(c.waiting_ms, clock_ms() - 10000, clock_ms());
	answer(ping_fd, PONG);
	silence();
	expect_asked(ping_fd, PING);
	assert_int_equal(losses, 0);
	/* It has said something: nothing is asked. */
	carrier_received(&c);
	event_active(&c.timer, EV_TIMEOUT, 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	expect_asked(ping_fd, NULL);
	end();
}

/* By its name, whose address is asked for once. */
static void
test_name(void **state)
{
	(void)state;
	begin("nas", PONG, PEERS);
	silence();
	expect_asked(status_fd, STATUS);
	expect_asked(ping_fd, PING);
	assert_int_equal(losses, 0);
	answer(ping_fd, PONG);
	silence();
	expect_asked(status_fd, NULL);
	expect_asked(ping_fd, PING);
	end();
}

/* Only a host that is silent, and does not answer the ping, has gone. */
static void
test_gone(void **state)
{
	(void)state;
	begin("100.64.0.7", NULL, NULL);
	carrier_sent(&c);
	event_active(&c.timer, EV_TIMEOUT, 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	expect_asked(ping_fd, NULL);
	silence();
	expect_asked(ping_fd, PING);
	assert_int_equal(losses, 1);
	assert_int_equal(lost.code, CODE_DEAD_PATH);
	assert_string_equal(lost.text, "100.64.0.7 port 22: the host stopped answering, and does "
	    "not answer tailscaled's ping either");
	end();
}

/* Whatever else tailscaled says, the session stays, and it is not asked again. */
static void
test_unable(void **state)
{
	static const struct {
		const char	*host, *pong, *peers;
	} rows[] = {
		{ "100.64.0.7", NO_PONG, NULL },
		{ "100.64.0.7", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", NULL },
		{ "100.64.0.7", HEAD "9\r\n\r\n{\"IP\":7}}", NULL },
		{ "100.64.0.7", "HTTP/1.1 200 OK\r\n\r\n", NULL },
		{ "100.64.0.7", HEAD "999999\r\n\r\n", NULL },
		{ "100.64.0.7", "SSH-2.0-OpenSSH_9.2\r\n\r\n", NULL },
		{ "100.64.0.7", HEAD "40\r\n\r\n{\"IP\":", NULL },
		{ "other", NULL, PEERS },
		{ "nas", NULL, "HTTP/1.0 500 no\r\n\r\n" },
		{ "nas", NULL, "HTTP/1.0 200 OK\r\n\r\n[]" },
		{ "nas", NULL, "" },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		begin(rows[i].host, rows[i].pong, rows[i].peers);
		shutdown(ping_fd, SHUT_WR);
		silence();
		expect_asked(ping_fd, rows[i].peers == NULL ? PING : NULL);
		silence();
		expect_asked(ping_fd, NULL);
		if (losses != 0)
			fail_msg("row %zu: %s", i, lost.text);
		end();
	}
}

/* Nothing listens, or nothing carries the session: there is nothing to look after it. */
static void
test_none(void **state)
{
	struct carrier_config	conf = { .base = base, .conn = &conn, .target = &target,
				    .limit_s = LIMIT_S, .lost_cb = lost_cb, .arg = &lost };
	struct tailscaled	none;
	struct error		err;

	(void)state;
	losses = 0;
	target = (struct target){ .host = "nas", .port = 22 };
	assert_int_equal(tailscaled_set_path(&none, "/nonexistent/socket"), 0);
	conn = (struct connection){ .fd = -1, .step.tailscaled = &none };
	carrier_begin(&c, &conf);
	silence();
	assert_int_equal(losses, 0);
	assert_int_equal(carrier_ended(&c, &err), 0);
	carrier_stop(&c);

	conn.step.tailscaled = NULL;
	carrier_begin(&c, &conf);
	carrier_sent(&c);
	assert_false(event_pending(&c.timer, EV_TIMEOUT, NULL));
	carrier_stop(&c);
}

/* It was tailscaled that ended, and not the host. */
static void
test_ended(void **state)
{
	struct carrier_config	 conf = { .base = base, .conn = &conn, .target = &target,
				    .limit_s = 0, .lost_cb = lost_cb, .arg = &lost };
	struct sockaddr_storage	 ss;
	socklen_t		 len = tailscaled_address(&at, &ss);
	struct error		 err = { .code = CODE_NONE };
	pid_t			 pid;
	int			 ended;

	(void)state;
	target = (struct target){ .host = "nas", .port = 22 };
	/* The process at the other end is what connects here. */
	assert_true((pid = fork()) != -1);
	if (pid == 0) {
		int	fd = socket(AF_UNIX, SOCK_STREAM, 0);

		if (connect(fd, (struct sockaddr *)&ss, len) == 0)
			for (;;)
				pause();
		_exit(1);
	}
	conn = (struct connection){ .fd = accept(listener, NULL, NULL),
		.step.tailscaled = &at };
	assert_true(conn.fd != -1);
	carrier_begin(&c, &conf);
	ended = carrier_ended(&c, &err);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(ended, 0);
	if (c.ended_fd == -1)
		return;		/* this system cannot tell */
	assert_int_equal(carrier_ended(&c, &err), 1);
	assert_int_equal(err.code, CODE_MESH_ENDED);
	carrier_stop(&c);
	close(conn.fd);
}

static int
set_up(void **state)
{
	static char		folder[] = "/tmp/check-carrier.XXXXXX";
	struct sockaddr_storage	ss;
	char			path[64];
	socklen_t		len;

	*state = folder;
	if (mkdtemp(folder) == NULL || (base = event_base_new()) == NULL)
		return (-1);
	snprintf(path, sizeof(path), "%s/socket", folder);
	tailscaled_set_path(&at, path);
	len = tailscaled_address(&at, &ss);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	return (bind(listener, (struct sockaddr *)&ss, len) == 0 ? listen(listener, 4) : -1);
}

static int
tear_down(void **state)
{
	event_base_free(base);
	close(listener);
	unlink(at.path);
	return (rmdir(*state));
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_unable),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_ended),
	};

	return (cmocka_run_group_tests_name("carrier", tests, set_up, tear_down));
}
