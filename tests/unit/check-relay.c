/* SPDX-License-Identifier: ISC */
/* Unit tests: relay. */

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>

#include "base/clock.h"
#include "base/error.h"
#include "catalogue/catalogue.h"
#include "check.h"
#include "net/sock.h"
#include "net/tailscaled.h"
#include "os/os.h"
#include "route/race.h"
#include "route/target.h"
#include "session/relay.h"

#define C "SSH-2.0-client\r\n"
#define S "SSH-2.0-server\r\n"

/* What both sides have done when the relay starts, and what must have come of it. */
static const struct {
	const char	*client;
	int		 client_ends;
	const char	*server;
	int		 server_ends;
	const char	*to_client;	/* NULL: as the server said */
	int		 running;
	enum code	 code;
} cases[] = {
	{ C "xyz", 0, S "abc", 1, NULL, 1, CODE_NONE },
	{ C "xyz", 1, S "abc", 1, NULL, 1, CODE_NONE },
	{ "GET /\r\n", 1, "reply", 1, NULL, 1, CODE_NONE },
	{ C, 0, "", 1, NULL, 0, CODE_SERVER_CLOSED },
	{ C, 1, "", 1, NULL, 0, CODE_SERVER_CLOSED },
	{ C, 0, "", 0, NULL, 0, CODE_SERVER_SILENT },
	{ C, 0, "Welcome\r\n" S "abc", 1, NULL, 1, CODE_NONE },
	{ C, 0, "HTTP/1.1 400 Bad Request\r\n\r\n<html>", 0, "", 0, CODE_NOT_SSH },
	{ C, 0, "220 mail\r\n", 0, NULL, 0, CODE_NOT_SSH },
	{ C, 0, "220 mail\r\n", 1, NULL, 0, CODE_NOT_SSH },
	{ "", 1, "220 mail\r\n", 1, NULL, 1, CODE_NONE },
	{ "", 1, "", 1, NULL, 0, CODE_SERVER_CLOSED },
	{ "", 1, "", 0, NULL, 0, CODE_SERVER_SILENT },
};

static const struct sock_tune	tune = { .dead_after_s = 30 };
static const struct race_config	race = { .tune = &tune };

static void
running_cb(int ssh, void *arg)
{
	(void)ssh;
	++*(int *)arg;
}

static size_t
slurp(int fd, char *buf, size_t size)
{
	size_t	len = 0;
	ssize_t	n;

	while ((n = read(fd, buf + len, size - len)) > 0)
		len += (size_t)n;
	return (len);
}

static void
put(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void
run_case(size_t i)
{
	struct target		 target = { .host = "nas", .port = 22, .timeout_ms = 150 };
	struct connection	 conn = { .fd = -1, .step = { .via = &via_direct } };
	struct relay_config	 conf = { .target = &target, .conn = &conn, .race = &race,
				    .running_cb = running_cb };
	struct error		 err = { .code = CODE_NONE };
	struct event_base	*base = event_base_new();
	const char		*expected = cases[i].to_client != NULL ?
				    cases[i].to_client : cases[i].server;
	char			 buf[256];
	int			 in[2], out[2], net[2], running = 0, result;
	size_t			 len;

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, net), 0);
	put(in[1], cases[i].client);
	put(net[1], cases[i].server);
	if (cases[i].client_ends)
		close(in[1]);
	if (cases[i].server_ends)
		shutdown(net[1], SHUT_WR);
	assert_int_equal(sock_set_blocking(net[0], 0), 0);
	conf.in_fd = in[0];
	conf.out_fd = out[1];
	conn.fd = net[0];
	conf.arg = &running;
	result = relay_run(base, &conf, &err);
	if (err.code != cases[i].code || result != (err.code == CODE_NONE ? 0 : -1))
		fail_msg("case %zu: %s: %s", i, code_row(err.code)->name, err.text);
	assert_int_equal(running, cases[i].running);
	/* Whether the relay ended its output itself or leaves that to the exit, all is in there. */
	close(out[1]);
	len = slurp(out[0], buf, sizeof(buf));
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(buf, expected, len);
	/* The socket is closed, and what the client said before that has gone out. */
	len = slurp(net[1], buf, sizeof(buf));
	if (cases[i].running) {
		assert_int_equal(len, strlen(cases[i].client));
		assert_memory_equal(buf, cases[i].client, len);
	}
	if (!cases[i].client_ends)
		close(in[1]);
	close(in[0]);
	close(out[0]);
	close(net[1]);
	event_base_free(base);
}

static void
test_cases(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		run_case(i);
}

/* Through tailscaled what the client says first goes in small pieces, each a write of its own. */
static void
test_pieces(void **state)
{
	static const size_t	 pieces[] = { 900, 900, 216 };
	struct target		 target = { .host = "nas", .port = 22, .timeout_ms = 5000 };
	struct connection	 conn = { .fd = -1, .step = { .via = &via_localapi } };
	struct relay_config	 conf = { .target = &target, .conn = &conn, .race = &race,
				    .running_cb = running_cb };
	struct error		 err = { .code = CODE_NONE };
	struct event_base	*base = event_base_new();
	char			 buf[4096];
	int			 in[2], out[2], net[2], running = 0;
	int64_t			 began_ms = clock_ms();
	size_t			 i;

	(void)state;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, net), 0);
	memset(buf, 'x', sizeof(buf));
	put(in[1], C);
	assert_int_equal(write(in[1], buf, 2000), 2000);
	close(in[1]);
	put(net[1], S);
	shutdown(net[1], SHUT_WR);
	assert_int_equal(sock_set_blocking(net[0], 0), 0);
	conf.in_fd = in[0];
	conf.out_fd = out[1];
	conn.fd = net[0];
	conf.arg = &running;
	assert_int_equal(relay_run(base, &conf, &err), 0);
	assert_true(clock_ms() - began_ms >= 10);
	for (i = 0; i < COUNT(pieces); i++)
		assert_int_equal(read(net[1], buf, sizeof(buf)), pieces[i]);
	assert_int_equal(read(net[1], buf, sizeof(buf)), 0);
	close(in[0]);
	close(out[0]);
	close(out[1]);
	close(net[1]);
	event_base_free(base);
}

static int	offered;	/* the port */

static int
offered_cb(int port, const struct connection *conn, const struct offer *offer, void *arg)
{
	(void)conn;
	(void)offer;
	(void)arg;
	offered = port;
	return (-1);
}

/* What a server says, a read each, and the port that is taken for its offer. */
static const struct {
	const char	*server[2];
	int		 port;
} offers[] = {
	{ { "SSH-2.0-x meshssh=4622\r\n" }, 4622 },
	{ { "SSH-2.0-x meshssh=4622\r\nKEXINIT" }, 4622 },
	{ { "SSH-2.0-x\r\n", "SSH-2.0-x meshssh=4622\r\n" }, 0 },
	/* The client has heard something. */
	{ { "Welcome\r\n", "SSH-2.0-x meshssh=4622\r\nKEXINIT" }, 0 },
	{ { "SSH-2.0-", "SSH-2.0-x meshssh=4622\r\nKEXINIT" }, 0 },
	{ { "SSH-2.0-x meshssh=", "4622\r\n" }, 0 },
};

static void
test_offered(void **state)
{
	struct target		 target = { .host = "nas", .port = 22, .timeout_ms = 5000 };
	struct connection	 conn = { .fd = -1, .step = { .via = &via_localapi } };
	struct relay_config	 conf = { .target = &target, .conn = &conn, .race = &race,
				    .running_cb = running_cb, .offered_cb = offered_cb };
	struct error		 err = { .code = CODE_NONE };
	struct event_base	*base;
	int			 in[2], out[2], net[2], running = 0;
	size_t			 i, n;

	(void)state;
	for (i = 0; i < COUNT(offers); i++) {
		base = event_base_new();
		assert_int_equal(pipe(in), 0);
		assert_int_equal(pipe(out), 0);
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, net), 0);
		put(in[1], C);
		for (n = 0; n < COUNT(offers[i].server) && offers[i].server[n] != NULL; n++)
			put(net[1], offers[i].server[n]);
		shutdown(net[1], SHUT_WR);
		assert_int_equal(sock_set_blocking(net[0], 0), 0);
		conf.in_fd = in[0];
		conf.out_fd = out[1];
		conn.fd = net[0];
		conf.arg = &running;
		offered = 0;
		assert_int_equal(relay_run(base, &conf, &err), 0);
		if (offered != offers[i].port)
			fail_msg("case %zu: %d", i, offered);
		close(in[0]);
		close(in[1]);
		close(out[0]);
		close(out[1]);
		close(net[1]);
		event_base_free(base);
	}
}

static void
raise_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	raise(*(int *)arg);
}

/*
 * SIGHUP comes while the socket is full and bytes of the client wait in the pipe: all of them still
 * go out.
 */
static void
test_hangup(void **state)
{
	struct target		 target = { .host = "nas", .port = 22, .timeout_ms = 5000 };
	struct connection	 conn = { .fd = -1, .step = { .via = &via_direct } };
	struct relay_config	 conf = { .target = &target, .conn = &conn, .race = &race,
				    .running_cb = running_cb };
	struct error		 err = { .code = CODE_NONE };
	struct event_base	*base = event_base_new();
	struct timeval		 tv = clock_timeval(100);
	struct event		*ev;
	char			 buf[4096];
	size_t			 total = 0, sent = 0;
	ssize_t			 n;
	pid_t			 reader;
	int			 in[2], out[2], net[2], running = 0, sig = SIGHUP, status;

	(void)state;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, net), 0);
	n = 8192;
	setsockopt(net[0], SOL_SOCKET, SO_SNDBUF, &n, sizeof(int));
	memset(buf, 'x', sizeof(buf));
	memcpy(buf, C, strlen(C));
	for (; sent < 60 * 1024; sent += sizeof(buf))
		assert_int_equal(write(in[1], buf, sizeof(buf)), sizeof(buf));
	put(net[1], S);
	assert_int_equal(sock_set_blocking(net[0], 0), 0);
	if ((reader = fork()) == 0) {
		/* Begins to read only after the relay has got stuck and was hung up. */
		close(net[0]);
		usleep(300000);		/* the stall is the thing tested */
		while ((n = read(net[1], buf, sizeof(buf))) > 0)
			total += (size_t)n;
		_exit(total == sent ? 0 : 1);
	}
	close(net[1]);
	conf.in_fd = in[0];
	conf.out_fd = out[1];
	conn.fd = net[0];
	conf.arg = &running;
	assert_non_null(ev = event_new(base, -1, 0, raise_cb, &sig));
	event_add(ev, &tv);
	assert_int_equal(relay_run(base, &conf, &err), 0);
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_int_equal(status, 0);
	event_free(ev);
	event_base_free(base);
	close(in[0]);
	close(in[1]);
	close(out[0]);
	close(out[1]);
}

/* What happens to a full output, moment by moment. */
struct full {
	int	server;
	int	reader;
};

static void
server_ends_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	shutdown(((struct full *)arg)->server, SHUT_WR);
}

static void
reader_reads_cb(evutil_socket_t fd, short what, void *arg)
{
	char	buf[65536];

	(void)fd;
	(void)what;
	while (read(((struct full *)arg)->reader, buf, sizeof(buf)) == (ssize_t)sizeof(buf))
		continue;
}

/*
 * The server ends while the output is full: the relay waits for the reader, and does not spin
 * meanwhile.
 */
static void
test_full_output(void **state)
{
	struct target		 target = { .host = "nas", .port = 22, .timeout_ms = 5000 };
	struct connection	 conn = { .fd = -1, .step = { .via = &via_direct } };
	struct relay_config	 conf = { .target = &target, .conn = &conn, .race = &race,
				    .running_cb = running_cb };
	struct error		 err = { .code = CODE_NONE };
	struct event_base	*base = event_base_new();
	struct timeval		 ends = clock_timeval(50), reads = clock_timeval(550);
	struct event		*ends_ev, *reads_ev;
	struct rusage		 before, after;
	struct full		 full;
	int			 in[2], out[2], net[2], running = 0;
	int64_t			 used_ms;

	(void)state;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, net), 0);
	put(in[1], "GET /\r\n");
	close(in[1]);
	assert_int_equal(sock_set_blocking(out[1], 0), 0);
	while (write(out[1], "x", 1) == 1)
		continue;
	assert_int_equal(sock_set_blocking(out[1], 1), 0);
	assert_int_equal(sock_set_blocking(out[0], 0), 0);
	assert_int_equal(sock_set_blocking(net[0], 0), 0);
	full.server = net[1];
	full.reader = out[0];
	conf.in_fd = in[0];
	conf.out_fd = out[1];
	conn.fd = net[0];
	conf.arg = &running;
	assert_non_null(ends_ev = event_new(base, -1, 0, server_ends_cb, &full));
	assert_non_null(reads_ev = event_new(base, -1, 0, reader_reads_cb, &full));
	event_add(ends_ev, &ends);
	event_add(reads_ev, &reads);
	getrusage(RUSAGE_SELF, &before);
	assert_int_equal(relay_run(base, &conf, &err), 0);
	getrusage(RUSAGE_SELF, &after);
	used_ms = (after.ru_utime.tv_sec + after.ru_stime.tv_sec -
	    before.ru_utime.tv_sec - before.ru_stime.tv_sec) * 1000 +
	    (after.ru_utime.tv_usec + after.ru_stime.tv_usec -
	    before.ru_utime.tv_usec - before.ru_stime.tv_usec) / 1000;
	if (used_ms > 200)
		fail_msg("%lld ms of CPU time", (long long)used_ms);
	event_free(ends_ev);
	event_free(reads_ev);
	event_base_free(base);
	close(in[0]);
	close(out[0]);
	close(out[1]);
	close(net[1]);
}

/* Nobody reads: the end, in order, whether there is something to write or not. */
static void
test_reader_gone(void **state)
{
	struct target		 target = { .host = "nas", .port = 22, .timeout_ms = 5000 };
	struct connection	 conn = { .fd = -1, .step = { .via = &via_direct } };
	struct relay_config	 conf = { .target = &target, .conn = &conn, .race = &race,
				    .running_cb = running_cb };
	struct error		 err = { .code = CODE_NONE };
	struct event_base	*base;
	int64_t			 began_ms = clock_ms();
	int			 in[2], out[2], net[2], running, speaks;

	(void)state;
	for (speaks = 0; speaks < 2; speaks++) {
		base = event_base_new();
		running = 0;
		assert_int_equal(pipe(in), 0);
		assert_int_equal(pipe(out), 0);
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, net), 0);
		put(in[1], C);
		if (speaks)
			put(net[1], S);
		close(in[1]);
		close(out[0]);
		assert_int_equal(sock_set_blocking(net[0], 0), 0);
		conf.in_fd = in[0];
		conf.out_fd = out[1];
		conn.fd = net[0];
		conf.arg = &running;
		assert_int_equal(relay_run(base, &conf, &err), 0);
		event_base_free(base);
		close(in[0]);
		close(out[1]);
		close(net[1]);
	}
	assert_true(clock_ms() - began_ms < 2000);
}

/* In a process of its own: take one connection, end it, and then perhaps oneself. */
static void
carrier(int listener, int ends)
{
	char	buf[64];
	int	fd = accept(listener, NULL, NULL);

	put(fd, S);
	while (read(fd, buf, sizeof(buf)) == -1)
		continue;
	if (!ends)
		close(fd);
	while (!ends)
		pause();
	_exit(0);
}

/* A session that tailscaled carries: its own end is told, that of the server is in order. */
static void
run_carried(int ends)
{
	struct target		 target = { .host = "nas", .port = 22, .timeout_ms = 5000 };
	struct tailscaled	 at = { .port = 0 };
	struct connection	 conn = { .step = { .via = &via_localapi, .tailscaled = &at } };
	struct relay_config	 conf = { .target = &target, .conn = &conn, .race = &race,
				    .running_cb = running_cb };
	struct error		 err = { .code = CODE_NONE };
	struct event_base	*base = event_base_new();
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	int			 in[2], out[2], running = 0, listener, ready[2], watch;
	pid_t			 pid;
	char			 byte;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "/tmp/check-relay.%ld", (long)getpid());
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(ready), 0);
	if ((pid = fork()) == 0) {
		listener = socket(AF_UNIX, SOCK_STREAM, 0);
		if (bind(listener, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
		    listen(listener, 1) == -1)
			_exit(1);
		close(ready[1]);
		carrier(listener, ends);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 0);
	close(ready[0]);
	conn.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(conn.fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	unlink(sun.sun_path);
	if ((watch = os_peer_watch(conn.fd)) == -1) {
		kill(pid, SIGTERM);
		skip();
	}
	close(watch);
	put(in[1], C);
	assert_int_equal(sock_set_blocking(conn.fd, 0), 0);
	conf.in_fd = in[0];
	conf.out_fd = out[1];
	conf.arg = &running;
	assert_int_equal(relay_run(base, &conf, &err), ends ? -1 : 0);
	assert_int_equal(err.code, ends ? CODE_MESH_ENDED : CODE_NONE);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	event_base_free(base);
	close(in[0]);
	close(in[1]);
	close(out[0]);
	close(out[1]);
}

static void
test_carried(void **state)
{
	(void)state;
	run_carried(1);
	run_carried(0);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_offered),
		cmocka_unit_test(test_hangup),
		cmocka_unit_test(test_full_output),
		cmocka_unit_test(test_reader_gone),
		cmocka_unit_test(test_carried),
	};

	signal(SIGPIPE, SIG_IGN);
	return (cmocka_run_group_tests_name("relay", tests, NULL, NULL));
}
