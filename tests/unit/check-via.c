/* SPDX-License-Identifier: ISC */
/* Unit tests: via. */

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>

#include "base/addr.h"
#include "base/base64.h"
#include "catalogue/catalogue.h"
#include "check.h"
#include "net/sock.h"
#include "net/tailscaled.h"
#include "route/target.h"
#include "route/via.h"

#define PROXY		"127.0.0.1:1055"
#define BASIC		"dXNlcjpzZWNyZXQ="		/* user:secret */
#define TOKEN		"0123456789abcdef0123"
#define BASIC_TOKEN	"OjAxMjM0NTY3ODlhYmNkZWYwMTIz"	/* :TOKEN */
#define REST		"SSH-2.0-x\r\n"
#define ANY		CODE_COUNT			/* whichever message it is */

#define DIAL(host, network, authorization) \
	"POST /localapi/v0/dial HTTP/1.1\r\nHost: local-tailscaled.sock\r\n" authorization "Connection: upgrade\r\n" \
	"Upgrade: ts-dial\r\nDial-Host: " host "\r\nDial-Port: 22\r\nDial-Network: " network "\r\nContent-Length: 0\r\n\r\n"
#define CONNECT(to, authorization) "CONNECT " to " HTTP/1.1\r\nHost: " to "\r\n" authorization "\r\n"

/* Text with NULs in it, and its length. */
#define BYTES(text)	(text), sizeof(text) - 1

static char	dir[] = "/tmp/meshssh-check.XXXXXX";

/* One handshake: the hop, and the other end of its socket. */
struct talk {
	struct tailscaled	tailscaled;
	struct target		target;
	struct via_step		step;
	struct via_attempt		attempt;
	int			peer;
	enum via_want		want;
};

static int
setup(void **state)
{
	(void)state;
	/* The handshake must not rely on this, but the tests' own writes do. */
	signal(SIGPIPE, SIG_DFL);
	unsetenv("ALL_PROXY");
	unsetenv("all_proxy");
	unsetenv("MESHSSH_PROXY_AUTH");
	if (mkdtemp(dir) == NULL)
		return (-1);
	return (setenv("XDG_CONFIG_HOME", dir, 1));
}

static int
teardown(void **state)
{
	(void)state;
	return (rmdir(dir));
}

static void
talk_open(struct talk *t, const struct via *via, const char *host)
{
	int	fds[2];

	memset(t, 0, sizeof(*t));
	assert_int_equal(tailscaled_set_path(&t->tailscaled, "/run/x.sock"), 0);
	t->target.host = host;
	t->target.port = 22;
	t->target.timeout_ms = 5000;
	t->step.via = via;
	t->step.tailscaled = &t->tailscaled;
	t->step.proxy = PROXY;
	t->step.proxy_named = 1;
	t->step.host = host;
	t->attempt.step = &t->step;
	t->attempt.target = &t->target;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(sock_set_blocking(fds[0], 0), 0);
	assert_int_equal(sock_set_blocking(fds[1], 0), 0);
	t->attempt.fd = fds[0];
	t->peer = fds[1];
}

static void
talk_close(struct talk *t)
{
	close(t->attempt.fd);
	if (t->peer != -1)
		close(t->peer);
	free(t->attempt.talk);
}

static void
begin(struct talk *t)
{
	t->want = t->step.via->begin(&t->attempt);
}

static int
is_open(const struct talk *t)
{
	return (t->want == VIA_WANT_READ || t->want == VIA_WANT_WRITE);
}

/* As the race does it: a step whenever there is what it waits for. */
static void
go_on(struct talk *t)
{
	struct pollfd	pfd = { .fd = t->attempt.fd };

	while (is_open(t)) {
		pfd.events = t->want == VIA_WANT_READ ? POLLIN : POLLOUT;
		if (poll(&pfd, 1, 0) == 0)
			return;
		t->want = t->step.via->step(&t->attempt);
	}
}

static void
put(struct talk *t, const char *bytes, size_t len)
{
	assert_int_equal(write(t->peer, bytes, len), len);
}

/* What has arrived at the peer. */
static size_t
arrived(struct talk *t, char *buf, size_t size)
{
	ssize_t	n;

	n = recv(t->peer, buf, size, MSG_DONTWAIT);
	return (n > 0 ? (size_t)n : 0);
}

static void
check_arrived(struct talk *t, const char *name, const char *bytes, size_t len)
{
	char	buf[4096];
	size_t	n;

	n = arrived(t, buf, sizeof(buf));
	if (n != len || memcmp(buf, bytes, len) != 0)
		fail_msg("%s: %zu bytes instead of %zu: %.*s", name, n, len, (int)n, buf);
}

/*
 * The error of a hop: of this kind, of the target, printable, and without what nobody should read.
 */
static void
check_error(struct talk *t, const char *name, enum code code, const char *text)
{
	char		 target[TARGET_TEXT_MAX + 2];
	const char	*err = t->attempt.err.text, *c;
	size_t		 len;

	if (t->want != VIA_FAIL)
		fail_msg("%s: %d", name, t->want);
	if (code == ANY ? t->attempt.err.code == CODE_NONE : t->attempt.err.code != code)
		fail_msg("%s: %s: %s", name, code_row(t->attempt.err.code)->name, err);
	target_text(&t->target, target);
	strlcat(target, ": ", sizeof(target));
	len = strlen(target);
	if (strncmp(err, target, len) != 0 || err[len] == '\0')
		fail_msg("%s does not begin with its target: %s", name, err);
	/* Of the direct way, the record says to whom already. */
	if (t->attempt.what == NULL || (t->step.via != &via_direct &&
	    strcmp(t->attempt.what, err + len) != 0))
		fail_msg("%s: what: %s", name, t->attempt.what != NULL ? t->attempt.what : "-");
	if (text != NULL && strstr(err + len, text) == NULL)
		fail_msg("%s: \"%s\" is not in: %s", name, text, err);
	for (c = err; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			fail_msg("%s: byte %d", name, *c);
	if (strstr(err, "secret") != NULL || strstr(err, BASIC) != NULL ||
	    strstr(err, TOKEN) != NULL || strstr(err, BASIC_TOKEN) != NULL)
		fail_msg("%s tells secrets: %s", name, err);
}

/* What arrives at the peer first. */
static const struct {
	const char		*name;
	const struct via	*via;
	const char		*host;
	int			 family;
	const char		*token;
	const char		*login;		/* MESHSSH_PROXY_AUTH */
	int			 named;
	const char		*bytes;
	size_t			 len;
} requests[] = {
	{ "dial a name", &via_localapi, "build-01", AF_UNSPEC, "", NULL, 0,
	    BYTES(DIAL("build-01", "tcp", "")) },
	{ "dial a long name", &via_localapi, "build-01.mesh.example.", AF_UNSPEC, "", NULL, 0,
	    BYTES(DIAL("build-01.mesh.example.", "tcp", "")) },
	{ "dial IPv4", &via_localapi, "100.64.0.2", AF_INET, "", NULL, 0,
	    BYTES(DIAL("100.64.0.2", "tcp4", "")) },
	{ "dial IPv6", &via_localapi, "fd7a::2", AF_INET6, "", NULL, 0,
	    BYTES(DIAL("fd7a::2", "tcp6", "")) },
	{ "dial with a token", &via_localapi, "nas", AF_UNSPEC, TOKEN, "user:secret", 1,
	    BYTES(DIAL("nas", "tcp", "Authorization: Basic " BASIC_TOKEN "\r\n")) },
	{ "CONNECT to a name", &via_http, "nas", AF_UNSPEC, "", NULL, 1,
	    BYTES(CONNECT("nas:22", "")) },
	{ "CONNECT to IPv4", &via_http, "100.64.0.2", AF_UNSPEC, "", NULL, 0,
	    BYTES(CONNECT("100.64.0.2:22", "")) },
	{ "CONNECT to IPv6", &via_http, "fd7a:115c:a1e0::2", AF_UNSPEC, "", NULL, 0,
	    BYTES(CONNECT("[fd7a:115c:a1e0::2]:22", "")) },
	/* Not before it is asked for. */
	{ "CONNECT with a login", &via_http, "nas", AF_UNSPEC, "", "user:secret", 1,
	    BYTES(CONNECT("nas:22", "")) },
	{ "CONNECT with another's login", &via_http, "nas", AF_UNSPEC, "", "user:secret", 0,
	    BYTES(CONNECT("nas:22", "")) },
	{ "greeting", &via_socks5, "nas", AF_UNSPEC, "", NULL, 1, BYTES("\005\001\0") },
	{ "greeting with a login", &via_socks5, "nas", AF_UNSPEC, "", "user:secret", 1,
	    BYTES("\005\002\0\002") },
	{ "greeting with another's login", &via_socks5, "nas", AF_UNSPEC, "", "user:secret", 0,
	    BYTES("\005\001\0") },
};

static void
test_requests(void **state)
{
	struct talk	t;
	size_t		i;

	(void)state;
	for (i = 0; i < COUNT(requests); i++) {
		if (requests[i].login != NULL)
			setenv("MESHSSH_PROXY_AUTH", requests[i].login, 1);
		talk_open(&t, requests[i].via, requests[i].host);
		t.target.family = requests[i].family;
		t.step.proxy_named = requests[i].named;
		strlcpy(t.tailscaled.token, requests[i].token, sizeof(t.tailscaled.token));
		begin(&t);
		if (t.want != VIA_WANT_READ)
			fail_msg("%s: %d", requests[i].name, t.want);
		check_arrived(&t, requests[i].name, requests[i].bytes, requests[i].len);
		talk_close(&t);
		unsetenv("MESHSSH_PROXY_AUTH");
	}
}

/* The host as this way is to name it, which need not be what the user said. */
static void
test_named_otherwise(void **state)
{
	struct talk	t;

	(void)state;
	talk_open(&t, &via_http, "nas");
	t.step.host = "nas.mesh.example";
	begin(&t);
	check_arrived(&t, "CONNECT", BYTES(CONNECT("nas.mesh.example:22", "")));
	put(&t, BYTES("x"));
	go_on(&t);
	check_error(&t, "CONNECT", CODE_NOT_A_PROXY, NULL);
	assert_int_equal(strncmp(t.attempt.err.text, "nas port 22: ", 13), 0);
	talk_close(&t);
}

/* An address of the host's, which tailscaled is only asked about: that it is none is no error. */
static void
test_asked(void **state)
{
	struct sockaddr_storage	ss;
	struct talk		t;

	(void)state;
	talk_open(&t, &via_localapi, "nas");
	t.step.ask_len = addr_literal("192.168.50.10", 22, &ss);
	t.step.ask = (struct sockaddr *)&ss;
	t.step.dial_self = 1;
	begin(&t);
	check_arrived(&t, "the address", BYTES(DIAL("192.168.50.10", "tcp", "")));
	put(&t, BYTES("HTTP/1.1 200 OK\r\nDial-Self: true\r\nDial-Addr: 192.168.50.10:22\r\n\r\n"));
	go_on(&t);
	check_error(&t, "none of its", CODE_NONE, "knows no way");
	talk_close(&t);
}

/*
 * A guessed proxy whose listener has gone since the plan was made, so that anybody may be connected
 * now: not a word to it.
 */
static void
test_guess(void **state)
{
	struct sockaddr_in	in = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t		len = sizeof(in);
	struct talk		t;
	int			fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&in, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	talk_open(&t, &via_socks5, "nas");
	t.step.proxy_named = 0;
	t.step.proxy_guess = 1;
	t.step.to = (struct sockaddr *)&in;
	begin(&t);
	check_error(&t, "a guess", CODE_NO_PROXY, PROXY);
	check_arrived(&t, "nothing", BYTES(""));
	talk_close(&t);
	close(fd);
}

/* Asked again, by the proxy's own wish, with the user and the password; a second no is the end. */
static void
test_login(void **state)
{
	static const char	no[] = "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n";
	struct talk		t;

	(void)state;
	setenv("MESHSSH_PROXY_AUTH", "user:secret", 1);
	talk_open(&t, &via_http, "nas");
	t.attempt.login = 1;
	begin(&t);
	check_arrived(&t, "CONNECT again",
	    BYTES(CONNECT("nas:22", "Proxy-Authorization: Basic " BASIC "\r\n")));
	put(&t, BYTES(no));
	go_on(&t);
	check_error(&t, "CONNECT again", CODE_PROXY_AUTH, "does not accept");
	talk_close(&t);
	unsetenv("MESHSSH_PROXY_AUTH");
}

/* The turns of SOCKS5. */
static void
test_socks5_turns(void **state)
{
	struct talk	t;

	(void)state;
	setenv("MESHSSH_PROXY_AUTH", "user:secret", 1);
	talk_open(&t, &via_socks5, "nas");
	begin(&t);
	check_arrived(&t, "greeting", BYTES("\005\002\0\002"));
	go_on(&t);
	check_arrived(&t, "nothing", BYTES(""));
	put(&t, BYTES("\005\002"));
	go_on(&t);
	assert_int_equal(t.want, VIA_WANT_READ);
	check_arrived(&t, "login", BYTES("\001\004user\006secret"));
	put(&t, BYTES("\001\0"));
	go_on(&t);
	check_arrived(&t, "request", BYTES("\005\001\0\003\003nas\0\026"));
	put(&t, BYTES("\005\0\0\001\0\0\0\0\0\0"));
	go_on(&t);
	assert_int_equal(t.want, VIA_DONE);
	check_arrived(&t, "nothing", BYTES(""));
	talk_close(&t);
	unsetenv("MESHSSH_PROXY_AUTH");
}

/* The longest of everything fits. */
static void
test_longest(void **state)
{
	const struct via *const	vias[] = { &via_localapi, &via_http, &via_socks5 };
	struct talk		t;
	char			host[256], login[2 * 255 + 2], text[BASE64_SIZE(2 * 255 + 1)],
				    buf[4096];
	size_t			i, len;

	(void)state;
	memset(host, 'h', 255);
	host[255] = '\0';
	memset(login, 'x', sizeof(login));
	login[255] = ':';
	login[sizeof(login) - 1] = '\0';
	base64(text, sizeof(text), login, strlen(login));
	setenv("MESHSSH_PROXY_AUTH", login, 1);
	for (i = 0; i < COUNT(vias); i++) {
		talk_open(&t, vias[i], host);
		t.attempt.login = 1;
		memset(t.tailscaled.token, 'a', sizeof(t.tailscaled.token) - 1);
		begin(&t);
		assert_int_equal(t.want, VIA_WANT_READ);
		len = arrived(&t, buf, sizeof(buf) - 1);
		buf[len] = '\0';
		if (vias[i] != &via_socks5) {
			assert_true(len > 4);
			assert_string_equal(buf + len - 4, "\r\n\r\n");
			assert_non_null(strstr(buf, host));
		}
		if (vias[i] == &via_http)
			assert_non_null(strstr(buf, text));
		put(&t, BYTES("x"));
		go_on(&t);
		check_error(&t, vias[i]->name, ANY, NULL);
		talk_close(&t);
	}
	unsetenv("MESHSSH_PROXY_AUTH");
}

/* What cannot be asked for is not begun. */
static void
test_begin_bad(void **state)
{
	const struct via *const	vias[] = { &via_http, &via_socks5 };
	struct talk		t;
	char			path[PATH_MAX];
	size_t			i;
	FILE			*fp;

	(void)state;
	for (i = 0; i < COUNT(vias); i++) {
		talk_open(&t, vias[i], "fe80::1%eth0");
		begin(&t);
		check_error(&t, vias[i]->name, CODE_BAD_HOST, NULL);
		check_arrived(&t, "zone", BYTES(""));
		talk_close(&t);

		setenv("MESHSSH_PROXY_AUTH", "secret", 1);
		talk_open(&t, vias[i], "nas");
		t.attempt.login = 1;
		begin(&t);
		check_error(&t, vias[i]->name, CODE_PROXY_AUTH, "MESHSSH_PROXY_AUTH");
		check_arrived(&t, "bad variable", BYTES(""));
		talk_close(&t);
		unsetenv("MESHSSH_PROXY_AUTH");

		snprintf(path, sizeof(path), "%s/meshssh", dir);
		assert_int_equal(mkdir(path, 0700), 0);
		strlcat(path, "/proxy-auth", sizeof(path));
		assert_non_null(fp = fopen(path, "w"));
		fputs(PROXY " user:secret\n", fp);
		fclose(fp);
		assert_int_equal(chmod(path, 0644), 0);
		talk_open(&t, vias[i], "nas");
		t.attempt.login = 1;
		begin(&t);
		check_error(&t, vias[i]->name, CODE_PROXY_AUTH, "chmod 600");
		check_arrived(&t, "open file", BYTES(""));
		talk_close(&t);
		unlink(path);
		*strrchr(path, '/') = '\0';
		assert_int_equal(rmdir(path), 0);
	}
	/* RFC 1929 has no empty password. */
	setenv("MESHSSH_PROXY_AUTH", "secret:", 1);
	talk_open(&t, &via_socks5, "nas");
	begin(&t);
	check_error(&t, "empty password", CODE_PROXY_AUTH, NULL);
	talk_close(&t);
	unsetenv("MESHSSH_PROXY_AUTH");
}

#define S5(reply)	"\005\0" reply
#define S5_END		"\0\001\0\0\0\0\0\0"		/* of a refusal */
#define BAD_GATEWAY(body) "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain; charset=utf-8\r\n" \
	"X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n" body "\n"

/* What the peer says, and what becomes of it. */
static const struct {
	const char		*name;
	const struct via	*via;
	const char		*login;
	const char		*bytes;
	size_t			 len;
	int			 dial_self;
	int			 ends;		/* and then closes */
	enum via_want		 want;
	enum code		 code;
	const char		*text;		/* a part of the error's, or NULL */
	int			 asked;		/* for the login, by an earlier answer */
} cases[] = {
	{ "101", &via_localapi, NULL,
	    BYTES("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nTailscale-Cap: 113\r\n"
	    "Upgrade: ts-dial\r\n\r\n"), 0, 0, VIA_DONE, CODE_NONE, NULL },
	{ "100, 101", &via_localapi, NULL,
	    BYTES("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 x\r\n\r\n"), 0, 0, VIA_DONE, CODE_NONE,
	    NULL },
	{ "Dial-Self", &via_localapi, NULL,
	    BYTES("HTTP/1.1 200 OK\r\nDial-Addr: 192.0.2.7:22\r\nDial-Self: true\r\n"
	    "Content-Length: 0\r\n\r\n"), 1, 0, VIA_DIAL_SELF, CODE_NONE, NULL },
	{ "Dial-Self unwanted", &via_localapi, NULL,
	    BYTES("HTTP/1.1 200 OK\r\nDial-Self: true\r\nDial-Addr: 192.0.2.7:22\r\nContent-Length: 0\r\n\r\n"),
	    0, 0, VIA_FAIL, CODE_PEER_UNKNOWN, "192.0.2.7:22" },
	{ "Dial-Self without address", &via_localapi, NULL,
	    BYTES("HTTP/1.1 200 OK\r\nDial-Self: true\r\n\r\n"), 1, 0, VIA_FAIL,
	    CODE_MESH_UNEXPECTED, NULL },
	{ "Dial-Self to a name", &via_localapi, NULL,
	    BYTES("HTTP/1.1 200 OK\r\nDial-Self: true\r\nDial-Addr: nas:22\r\n\r\n"), 1, 0,
	    VIA_FAIL, CODE_MESH_UNEXPECTED, NULL },
	{ "Dial-Self to port 0", &via_localapi, NULL,
	    BYTES("HTTP/1.1 200 OK\r\nDial-Self: true\r\nDial-Addr: 192.0.2.7:0\r\n\r\n"), 1, 0,
	    VIA_FAIL, CODE_MESH_UNEXPECTED, NULL },
	{ "Dial-Self: false", &via_localapi, NULL,
	    BYTES("HTTP/1.1 200 OK\r\nDial-Self: false\r\nDial-Addr: 192.0.2.7:22\r\n\r\n"), 1, 0,
	    VIA_FAIL, CODE_MESH_UNEXPECTED, NULL },
	{ "200 and no more", &via_localapi, NULL, BYTES("HTTP/1.1 200 OK\r\n\r\n"), 1, 0, VIA_FAIL,
	    CODE_MESH_UNEXPECTED, NULL },
	{ "refused", &via_localapi, NULL,
	    BYTES(BAD_GATEWAY("dial failure: connection was refused")), 0, 1, VIA_FAIL,
	    CODE_REFUSED, "connection was refused" },
	{ "refused, said otherwise", &via_localapi, NULL,
	    BYTES(BAD_GATEWAY("dial failure: dial tcp 100.64.0.9:22: connect: connection refused")),
	    0, 1, VIA_FAIL, CODE_REFUSED, "100.64.0.9:22" },
	{ "timed out", &via_localapi, NULL, BYTES(BAD_GATEWAY("dial failure: operation timed out")),
	    0, 1, VIA_FAIL, CODE_NO_ANSWER, "timed out" },
	{ "timeout", &via_localapi, NULL,
	    BYTES(BAD_GATEWAY("dial failure: dial tcp 100.64.0.9:22: i/o timeout")), 0, 1, VIA_FAIL,
	    CODE_NO_ANSWER, NULL },
	{ "deadline", &via_localapi, NULL,
	    BYTES(BAD_GATEWAY("dial failure: context deadline exceeded")), 0, 1, VIA_FAIL,
	    CODE_NO_ANSWER, NULL },
	{ "no route", &via_localapi, NULL, BYTES(BAD_GATEWAY("dial failure: no route to host")), 0,
	    1, VIA_FAIL, CODE_NO_ROUTE, NULL },
	{ "network unreachable", &via_localapi, NULL,
	    BYTES(BAD_GATEWAY("dial failure: connect: network is unreachable")), 0, 1, VIA_FAIL,
	    CODE_NO_ROUTE, NULL },
	{ "no such host", &via_localapi, NULL,
	    BYTES(BAD_GATEWAY("resolve failure: lookup nas on 127.0.0.53:53: no such host")), 0, 1,
	    VIA_FAIL, CODE_NAME_UNKNOWN, "no such host" },
	{ "old no such host", &via_localapi, NULL,
	    BYTES(BAD_GATEWAY("dial failure: lookup nas: no such host")), 0, 1, VIA_FAIL,
	    CODE_NAME_UNKNOWN, NULL },
	{ "502 with a length", &via_localapi, NULL,
	    BYTES("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 36\r\n\r\n"
	    "dial failure: connection was refused"), 0, 0, VIA_FAIL, CODE_REFUSED, NULL },
	{ "502 without a text", &via_localapi, NULL,
	    BYTES("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"), 0, 0, VIA_FAIL, ANY,
	    "Bad Gateway" },
	{ "502 with an empty line", &via_localapi, NULL,
	    BYTES("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 1\r\n\r\n\n"), 0, 0, VIA_FAIL, ANY,
	    "Bad Gateway" },
	{ "502 with a page", &via_localapi, NULL,
	    BYTES("HTTP/1.1 502 Bad Gateway\r\n\r\n<html>refused</html>\n"), 0, 1, VIA_FAIL, ANY,
	    "Bad Gateway" },
	{ "502 with other bytes", &via_localapi, NULL,
	    BYTES(BAD_GATEWAY("dial failure: \033[2J\007\r\nsecond line")), 0, 1, VIA_FAIL, ANY,
	    "dial failure: ^[[2J" },
	{ "502 cut", &via_localapi, NULL,
	    BYTES("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 100\r\n\r\ndial failure: connection was "
	    "refused"), 0, 1, VIA_FAIL, CODE_REFUSED, NULL },
	{ "403", &via_localapi, NULL,
	    BYTES("HTTP/1.1 403 Forbidden\r\nContent-Length: 25\r\n\r\ninvalid localapi request\n"),
	    0, 0, VIA_FAIL, CODE_MESH_UNEXPECTED, "invalid localapi request" },
	{ "404", &via_localapi, NULL,
	    BYTES("HTTP/1.1 404 Not Found\r\nContent-Length: 19\r\n\r\n404 page not found\n"), 0, 0,
	    VIA_FAIL, CODE_MESH_UNEXPECTED, "404" },
	{ "405", &via_localapi, NULL,
	    BYTES("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 14\r\n\r\nPOST required\n"),
	    0, 0, VIA_FAIL, CODE_MESH_UNEXPECTED, "POST required" },
	{ "400", &via_localapi, NULL,
	    BYTES("HTTP/1.1 400 Bad Request\r\nContent-Length: 20\r\n\r\nbad ts-dial upgrade\n"), 0,
	    0, VIA_FAIL, CODE_MESH_UNEXPECTED, "bad ts-dial upgrade" },
	{ "something else on the socket", &via_localapi, NULL, BYTES("SSH-2.0-OpenSSH_9.2\r\n"), 0,
	    0, VIA_FAIL, CODE_MESH_UNEXPECTED, NULL },
	{ "end", &via_localapi, NULL, BYTES(""), 0, 1, VIA_FAIL, CODE_MESH_UNEXPECTED,
	    "tailscaled" },
	{ "end within the head", &via_localapi, NULL,
	    BYTES("HTTP/1.1 101 Switching Protocols\r\nUpgrade: "), 0, 1, VIA_FAIL,
	    CODE_MESH_UNEXPECTED, NULL },
	{ "end after an interim reply", &via_localapi, NULL, BYTES("HTTP/1.1 100 Continue\r\n\r\n"),
	    0, 1, VIA_FAIL, CODE_MESH_UNEXPECTED, NULL },

	{ "200", &via_http, NULL, BYTES("HTTP/1.1 200 OK\r\n\r\n"), 0, 0, VIA_DONE, CODE_NONE,
	    NULL },
	{ "200 of an older kind", &via_http, NULL,
	    BYTES("HTTP/1.0 200 Connection established\r\nProxy-agent: tinyproxy/1.11.1\r\n\r\n"),
	    0, 0, VIA_DONE, CODE_NONE, NULL },
	/* RFC 9110 9.3.6: to be ignored. */
	{ "200 with a length", &via_http, NULL,
	    BYTES("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), 0, 0, VIA_DONE, CODE_NONE,
	    NULL },
	{ "200 in chunks", &via_http, NULL,
	    BYTES("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), 0, 0, VIA_DONE,
	    CODE_NONE, NULL },
	{ "204", &via_http, NULL, BYTES("HTTP/1.1 204\r\n\r\n"), 0, 0, VIA_DONE, CODE_NONE, NULL },
	{ "299", &via_http, NULL, BYTES("HTTP/1.1 299 x\n\n"), 0, 0, VIA_DONE, CODE_NONE, NULL },
	{ "100, 200", &via_http, "user:secret",
	    BYTES("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), 0, 0, VIA_DONE,
	    CODE_NONE, NULL },
	{ "407", &via_http, NULL,
	    BYTES("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
	    "Content-Length: 0\r\n\r\n"), 0, 0, VIA_FAIL, CODE_PROXY_AUTH,
	    "wants a user and a password" },
	{ "407 and a login", &via_http, "user:secret",
	    BYTES("HTTP/1.1 407 x\r\nProxy-Authenticate: Negotiate\r\n"
	    "proxy-authenticate: Digest realm=\"a, b\", nonce=\"x\", basic realm=\"x\"\r\n\r\n"),
	    0, 0, VIA_AGAIN, CODE_NONE, NULL },
	{ "407 without Basic", &via_http, "user:secret",
	    BYTES("HTTP/1.1 407 x\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n"
	    "Content-Length: 0\r\n\r\n"), 0, 0, VIA_FAIL, CODE_PROXY_SCHEME,
	    PROXY " wants a login by Negotiate or NTLM" },
	{ "407 that only names Basic", &via_http, "user:secret",
	    BYTES("HTTP/1.1 407 x\r\nProxy-Authenticate: Digest realm=\"no, Basic \\\", Basic\"\r\n"
	    "Content-Length: 0\r\n\r\n"), 0, 0, VIA_FAIL, CODE_PROXY_SCHEME, "by Digest" },
	{ "407 that offers nothing", &via_http, "user:secret",
	    BYTES("HTTP/1.1 407 x\r\nContent-Length: 0\r\n\r\n"), 0, 0, VIA_FAIL,
	    CODE_PROXY_AUTH, "wants a user and a password" },
	{ "CONNECT 403", &via_http, NULL,
	    BYTES("HTTP/1.1 403 Filtered\r\nContent-Type: text/html\r\n\r\n<html><body>x"), 0, 1,
	    VIA_FAIL, CODE_PROXY_REFUSED, "403 Filtered" },
	{ "CONNECT 403 with a login", &via_http, "user:secret",
	    BYTES("HTTP/1.1 403 Forbidden\r\nContent-Length: 17\r\n\r\n" BASIC "\n"), 0, 0,
	    VIA_FAIL, CODE_PROXY_REFUSED, "403 Forbidden", 1 },
	{ "CONNECT 405", &via_http, NULL,
	    BYTES("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n"), 0, 0, VIA_FAIL,
	    CODE_PROXY_REFUSED, "405" },
	{ "401", &via_http, "user:secret",
	    BYTES("HTTP/1.0 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"), 0, 0, VIA_FAIL,
	    CODE_PROXY_AUTH, "does not accept", 1 },
	/* A captive portal. */
	{ "302", &via_http, NULL,
	    BYTES("HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\nContent-Length: 0\r\n\r\n"),
	    0, 0, VIA_FAIL, CODE_NOT_A_PROXY, "302 Found" },
	{ "500", &via_http, NULL,
	    BYTES("HTTP/1.1 500 Unable to connect\r\nContent-Length: 0\r\n\r\n"), 0, 0, VIA_FAIL,
	    CODE_PROXY_FAILED, "500 Unable to connect" },
	{ "503", &via_http, NULL,
	    BYTES("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"), 0, 0, VIA_FAIL,
	    CODE_PROXY_FAILED, "503 Service Unavailable" },
	{ "504", &via_http, NULL,
	    BYTES("HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n"), 0, 0, VIA_FAIL,
	    CODE_NO_ANSWER, "504 Gateway Timeout" },
	{ "503 in chunks", &via_http, NULL,
	    BYTES("HTTP/1.1 503 Service Unavailable\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nx"),
	    0, 0, VIA_FAIL, CODE_PROXY_FAILED, "503 Service Unavailable" },
	/* As tailscaled says it. */
	{ "500 of tailscaled, no answer", &via_http, NULL,
	    BYTES("HTTP/1.1 500 Internal Server Error\r\n"
	    "Tailscale-Connect-Error: dial tcp 100.64.0.9:22: i/o timeout\r\nContent-Length: 36\r\n\r\n"
	    "dial tcp 100.64.0.9:22: i/o timeout\n"), 0, 0, VIA_FAIL, CODE_NO_ANSWER,
	    "dial tcp 100.64.0.9:22: i/o timeout" },
	{ "500 of tailscaled, refused", &via_http, NULL,
	    BYTES("HTTP/1.1 500 Internal Server Error\r\n"
	    "Tailscale-Connect-Error: connection was refused\r\nContent-Length: 24\r\n\r\nconnection was refused\r\n"),
	    0, 0, VIA_FAIL, CODE_REFUSED, "connection was refused" },
	{ "500 of tailscaled, no such name", &via_http, NULL,
	    BYTES("HTTP/1.1 500 Internal Server Error\r\n"
	    "Tailscale-Connect-Error: lookup nosuch: no such host\r\nContent-Length: 0\r\n\r\n"), 0,
	    0, VIA_FAIL, CODE_NAME_UNKNOWN, NULL },
	{ "SSH for HTTP", &via_http, NULL, BYTES("SSH-2.0-OpenSSH_9.2\r\n"), 0, 0, VIA_FAIL,
	    CODE_NOT_A_PROXY, NULL },
	{ "SOCKS for HTTP", &via_http, NULL, BYTES("\005\377"), 0, 0, VIA_FAIL, CODE_NOT_A_PROXY,
	    NULL },
	{ "CONNECT end", &via_http, NULL, BYTES(""), 0, 1, VIA_FAIL, CODE_PROXY_CLOSED, PROXY },
	{ "CONNECT end within the head", &via_http, "user:secret", BYTES("HTTP/1.1 200 OK\r\n"), 0,
	    1, VIA_FAIL, CODE_PROXY_CLOSED, PROXY },

	{ "SOCKS5, IPv4", &via_socks5, NULL, BYTES(S5("\005\0\0\001\177\0\0\001\0\026")), 0, 0,
	    VIA_DONE, CODE_NONE, NULL },
	{ "SOCKS5, IPv6", &via_socks5, NULL,
	    BYTES(S5("\005\0\0\004\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\001\0\026")), 0, 0, VIA_DONE,
	    CODE_NONE, NULL },
	{ "SOCKS5, name", &via_socks5, NULL, BYTES(S5("\005\0\0\003\003nas\0\026")), 0, 0, VIA_DONE,
	    CODE_NONE, NULL },
	{ "SOCKS5, empty name", &via_socks5, NULL, BYTES(S5("\005\0\0\003\0\0\026")), 0, 0,
	    VIA_DONE, CODE_NONE, NULL },
	{ "SOCKS5, login", &via_socks5, "user:secret",
	    BYTES("\005\002\001\0\005\0\0\001\0\0\0\0\0\0"), 0, 0, VIA_DONE, CODE_NONE, NULL },
	{ "SOCKS5, no login wanted", &via_socks5, "user:secret",
	    BYTES(S5("\005\0\0\001\0\0\0\0\0\0")), 0, 0, VIA_DONE, CODE_NONE, NULL },
	{ "SOCKS5, login refused", &via_socks5, "user:secret", BYTES("\005\002\001\001"), 0, 1,
	    VIA_FAIL, CODE_PROXY_AUTH, PROXY },
	{ "SOCKS5, login wanted", &via_socks5, NULL, BYTES("\005\377"), 0, 1, VIA_FAIL,
	    CODE_PROXY_AUTH, PROXY },
	{ "SOCKS5, login useless", &via_socks5, "user:secret", BYTES("\005\377"), 0, 1, VIA_FAIL,
	    CODE_PROXY_AUTH, PROXY },
	{ "SOCKS5, login not offered", &via_socks5, NULL, BYTES("\005\002"), 0, 0, VIA_FAIL,
	    CODE_PROXY_AUTH, PROXY },
	{ "SOCKS5, method not offered", &via_socks5, NULL, BYTES("\005\001"), 0, 0, VIA_FAIL,
	    CODE_NOT_A_PROXY, PROXY },
	{ "SOCKS5, failure", &via_socks5, NULL, BYTES(S5("\005\001" S5_END)), 0, 1, VIA_FAIL,
	    CODE_PROXY_FAILED, PROXY },
	{ "SOCKS5, forbidden", &via_socks5, NULL, BYTES(S5("\005\002" S5_END)), 0, 1, VIA_FAIL,
	    CODE_PROXY_REFUSED, PROXY },
	{ "SOCKS5, unreachable", &via_socks5, NULL, BYTES(S5("\005\004" S5_END)), 0, 1, VIA_FAIL,
	    CODE_NO_ROUTE, PROXY },
	{ "SOCKS5, refused", &via_socks5, NULL, BYTES(S5("\005\005" S5_END)), 0, 0, VIA_FAIL,
	    CODE_REFUSED, PROXY },
	{ "SOCKS5, refused in short", &via_socks5, NULL, BYTES(S5("\005\005")), 0, 1, VIA_FAIL,
	    CODE_REFUSED, PROXY },
	{ "SOCKS5, expired", &via_socks5, NULL, BYTES(S5("\005\006" S5_END)), 0, 1, VIA_FAIL,
	    CODE_NO_ANSWER, PROXY },
	{ "SOCKS4", &via_socks5, NULL, BYTES("\0\133\0\0\0\0\0\0"), 0, 0, VIA_FAIL,
	    CODE_NOT_A_PROXY, PROXY },
	{ "HTTP for SOCKS5", &via_socks5, NULL, BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), 0, 1,
	    VIA_FAIL, CODE_NOT_A_PROXY, PROXY },
	{ "SOCKS5, address of unknown kind", &via_socks5, NULL,
	    BYTES(S5("\005\0\0\011\0\0\0\0\0\0")), 0, 0, VIA_FAIL, CODE_NOT_A_PROXY, PROXY },
	{ "SOCKS5, end", &via_socks5, NULL, BYTES(""), 0, 1, VIA_FAIL, CODE_PROXY_CLOSED, PROXY },
	{ "SOCKS5, end after the method", &via_socks5, NULL, BYTES("\005\0"), 0, 1, VIA_FAIL,
	    CODE_PROXY_CLOSED, PROXY },
	{ "SOCKS5, end within the login", &via_socks5, "user:secret", BYTES("\005\002\001"), 0, 1,
	    VIA_FAIL, CODE_PROXY_CLOSED, PROXY },
	{ "SOCKS5, end within the reply", &via_socks5, NULL, BYTES(S5("\005\0\0\001\0\0")), 0, 1,
	    VIA_FAIL, CODE_PROXY_CLOSED, PROXY },
};

/* How the bytes come. */
enum feeding {
	WHOLE,
	GLUED,		/* with the host's own behind */
	SINGLE		/* one by one, with a step after each */
};

static void
run_case(size_t i, enum feeding how)
{
	static const char *const	feedings[] = { "whole", "glued", "single" };
	struct talk			t;
	char				name[128], buf[64];
	size_t				n;

	snprintf(name, sizeof(name), "%s (%s)", cases[i].name, feedings[how]);
	if (cases[i].login != NULL)
		setenv("MESHSSH_PROXY_AUTH", cases[i].login, 1);
	talk_open(&t, cases[i].via, "nas");
	t.step.dial_self = cases[i].dial_self;
	t.attempt.login = cases[i].asked;
	strlcpy(t.tailscaled.token, TOKEN, sizeof(t.tailscaled.token));
	begin(&t);
	assert_int_equal(t.want, VIA_WANT_READ);
	if (how == SINGLE)
		for (n = 0; n < cases[i].len && is_open(&t); n++) {
			put(&t, cases[i].bytes + n, 1);
			go_on(&t);
			if (n + 1 < cases[i].len && (t.want == VIA_DONE || t.want == VIA_DIAL_SELF))
				fail_msg("%s: done after %zu bytes", name, n + 1);
		}
	else
		put(&t, cases[i].bytes, cases[i].len);
	if (how == GLUED)
		put(&t, BYTES(REST));
	if (cases[i].ends) {
		/* All that it said has been read by it: else the socket would be reset. */
		while (arrived(&t, buf, sizeof(buf)) > 0)
			continue;
		shutdown(t.peer, SHUT_WR);
	}
	go_on(&t);
	if (t.want != cases[i].want)
		fail_msg("%s: %d instead of %d: %s", name, t.want, cases[i].want,
		    t.want == VIA_FAIL ? t.attempt.err.text : "-");
	if (t.want == VIA_FAIL)
		check_error(&t, name, cases[i].code, cases[i].text);
	if (t.want == VIA_DONE && how == GLUED) {
		n = (size_t)recv(t.attempt.fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n != strlen(REST) || memcmp(buf, REST, n) != 0)
			fail_msg("%s: %zd bytes left of %zu", name, (ssize_t)n, strlen(REST));
	}
	talk_close(&t);
	unsetenv("MESHSSH_PROXY_AUTH");
}

static void
test_cases(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		run_case(i, WHOLE);
		run_case(i, SINGLE);
		if (cases[i].want == VIA_DONE)
			run_case(i, GLUED);
	}
}

static void
test_dial_self(void **state)
{
	struct sockaddr_in	*in;
	struct sockaddr_in6	*in6;
	struct talk		t;
	char			text[INET6_ADDRSTRLEN];

	(void)state;
	talk_open(&t, &via_localapi, "nas");
	t.step.dial_self = 1;
	begin(&t);
	put(&t,
	    BYTES("HTTP/1.1 200 OK\r\nDial-Self: true\r\nDial-Addr: 192.0.2.7:2222\r\nContent-Length: 0\r\n\r\n"));
	go_on(&t);
	assert_int_equal(t.want, VIA_DIAL_SELF);
	in = (void *)&t.attempt.self;
	assert_int_equal(t.attempt.self_len, sizeof(*in));
	assert_int_equal(in->sin_family, AF_INET);
	assert_int_equal(ntohs(in->sin_port), 2222);
	assert_string_equal(inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text)), "192.0.2.7");
	talk_close(&t);

	talk_open(&t, &via_localapi, "nas");
	t.step.dial_self = 1;
	begin(&t);
	put(&t,
	    BYTES("HTTP/1.1 200 OK\r\nDial-Self: true\r\nDial-Addr: [2001:db8::7]:22\r\nContent-Length: 0\r\n\r\n"));
	go_on(&t);
	assert_int_equal(t.want, VIA_DIAL_SELF);
	in6 = (void *)&t.attempt.self;
	assert_int_equal(t.attempt.self_len, sizeof(*in6));
	assert_int_equal(ntohs(in6->sin6_port), 22);
	assert_string_equal(inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text)),
	    "2001:db8::7");
	talk_close(&t);
}

/*
 * The catalogue: name-unknown is for a resolver that says so, and not for one that does not answer.
 */
static void
test_resolver(void **state)
{
	static const char *const	texts[] = {
		BAD_GATEWAY("resolve failure: lookup nas on 127.0.0.53:53: read udp 127.0.0.1:4->127.0.0.53:53: i/o timeout"),
		BAD_GATEWAY("resolve failure: lookup nas on 127.0.0.53:53: server misbehaving"),
		BAD_GATEWAY("resolve failure: context deadline exceeded"),
	};
	struct talk			t;
	size_t				i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		talk_open(&t, &via_localapi, "nas");
		begin(&t);
		put(&t, texts[i], strlen(texts[i]));
		shutdown(t.peer, SHUT_WR);
		go_on(&t);
		check_error(&t, texts[i], ANY, NULL);
		if (t.attempt.err.code == CODE_NAME_UNKNOWN)
			fail_msg("%s: %s", code_row(t.attempt.err.code)->name, t.attempt.err.text);
		talk_close(&t);
	}
}

/* The peer is gone, in the roughest ways. */
static void
test_gone(void **state)
{
	const struct via *const	vias[] = { &via_localapi, &via_http, &via_socks5 };
	struct talk		t;
	size_t			i;

	(void)state;
	for (i = 0; i < COUNT(vias); i++) {
		/* Before anything is said: EPIPE, and no signal. */
		talk_open(&t, vias[i], "nas");
		close(t.peer);
		t.peer = -1;
		begin(&t);
		check_error(&t, vias[i]->name, vias[i]->broken, strerror(EPIPE));
		talk_close(&t);
		/* With the request unread: ECONNRESET. */
		talk_open(&t, vias[i], "nas");
		begin(&t);
		close(t.peer);
		t.peer = -1;
		go_on(&t);
		check_error(&t, vias[i]->name, vias[i]->broken, strerror(ECONNRESET));
		talk_close(&t);
	}
}

/* The socket takes nothing for now: the request arrives whole all the same. */
static void
test_full(void **state)
{
	struct talk	t;
	char		buf[4096];
	size_t		filled = 0, n, len = 0;
	ssize_t		sent;
	int		room = 1;

	(void)state;
	talk_open(&t, &via_localapi, "build-01");
	/* The least that the system allows. */
	setsockopt(t.attempt.fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	memset(buf, '#', sizeof(buf));
	while ((sent = send(t.attempt.fd, buf, 512, MSG_DONTWAIT)) > 0)
		filled += (size_t)sent;
	begin(&t);
	assert_int_equal(t.want, VIA_WANT_WRITE);
	/* A step too many does no harm. */
	t.want = t.step.via->step(&t.attempt);
	assert_int_equal(t.want, VIA_WANT_WRITE);
	while (filled > 0) {
		n = arrived(&t, buf, filled < sizeof(buf) ? filled : sizeof(buf));
		assert_true(n > 0);
		filled -= n;
	}
	while (t.want == VIA_WANT_WRITE) {
		t.want = t.step.via->step(&t.attempt);
		len += arrived(&t, buf + len, sizeof(buf) - len);
	}
	assert_int_equal(t.want, VIA_WANT_READ);
	len += arrived(&t, buf + len, sizeof(buf) - len);
	assert_int_equal(len, strlen(DIAL("build-01", "tcp", "")));
	assert_memory_equal(buf, DIAL("build-01", "tcp", ""), len);
	talk_close(&t);
}

/* No answer in time: what had come by then, and what is said of it. */
static const struct {
	const char		*name;
	const struct via	*via;
	const char		*bytes;
	int			 hung;
	enum code		 code;
	const char		*text;
} silences[] = {
	{ "LocalAPI", &via_localapi, "", 0, CODE_NO_ANSWER, "tailscaled in 5 s" },
	{ "LocalAPI, hung", &via_localapi, "", 1, CODE_MESH_HUNG, "5 s" },
	{ "LocalAPI, half a head", &via_localapi, "HTTP/1.1 101 Switching", 0, CODE_NO_ANSWER,
	    "5 s" },
	{ "LocalAPI, interim reply", &via_localapi, "HTTP/1.1 100 Continue\r\n\r\n", 0,
	    CODE_NO_ANSWER, "5 s" },
	{ "LocalAPI, half a refusal", &via_localapi,
	    "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 100\r\n\r\ndial failure: "
	    "connection was refused", 1, CODE_REFUSED, "connection was refused" },
	{ "LocalAPI, refusal without text", &via_localapi,
	    "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n", 0, CODE_MESH_UNEXPECTED,
	    "404 Not Found" },
	{ "CONNECT", &via_http, "", 0, CODE_PROXY_SILENT, PROXY " gave no answer in 5 s" },
	{ "CONNECT, half a head", &via_http, "HTTP/1.1 200 OK\r\n", 0, CODE_PROXY_SILENT, "5 s" },
	{ "CONNECT, half a refusal", &via_http, "HTTP/1.1 403 Forbidden\r\n\r\nport", 0,
	    CODE_PROXY_REFUSED, "403 port" },
	{ "CONNECT, 407", &via_http, "HTTP/1.1 407 x\r\n\r\n", 0, CODE_PROXY_AUTH, NULL },
	{ "SOCKS5", &via_socks5, "", 0, CODE_PROXY_SILENT, PROXY " gave no answer in 5 s" },
	{ "SOCKS5, half a reply", &via_socks5, "\005", 0, CODE_PROXY_SILENT, "5 s" },
};

static void
test_silent(void **state)
{
	struct talk	t;
	size_t		i;

	(void)state;
	for (i = 0; i < COUNT(silences); i++) {
		talk_open(&t, silences[i].via, "nas");
		t.step.hung = silences[i].hung;
		strlcpy(t.tailscaled.token, TOKEN, sizeof(t.tailscaled.token));
		begin(&t);
		put(&t, silences[i].bytes, strlen(silences[i].bytes));
		go_on(&t);
		if (!is_open(&t))
			fail_msg("%s: %d", silences[i].name, t.want);
		silences[i].via->silent(&t.attempt, 4900);
		t.want = VIA_FAIL;
		check_error(&t, silences[i].name, silences[i].code, silences[i].text);
		talk_close(&t);
	}
}

static const struct {
	const struct via	*via;
	int			 error;
	enum code		 code;
	const char		*text;
} unconnected[] = {
	{ &via_localapi, ENOENT, CODE_MESH_DOWN, NULL },
	{ &via_localapi, ECONNREFUSED, CODE_MESH_DOWN, NULL },
	{ &via_localapi, EACCES, CODE_MESH_PERMISSION_DENIED, "user" },
	{ &via_localapi, EPERM, CODE_MESH_PERMISSION_DENIED, "user" },
	{ &via_localapi, EMFILE, CODE_NO_DESCRIPTORS, "file" },
	{ &via_localapi, ENOBUFS, CODE_NO_MEMORY, NULL },
	{ &via_localapi, EAGAIN, CODE_MESH_HUNG, NULL },
	{ &via_localapi, ETIMEDOUT, CODE_MESH_HUNG, NULL },
	{ &via_http, ECONNREFUSED, CODE_PROXY_DOWN, PROXY },
	{ &via_http, ETIMEDOUT, CODE_PROXY_DOWN, "5 s" },
	{ &via_socks5, ECONNREFUSED, CODE_PROXY_DOWN, PROXY },
	{ &via_socks5, EHOSTUNREACH, CODE_NO_ROUTE, PROXY },
	{ &via_socks5, ENETUNREACH, CODE_NO_ROUTE, PROXY },
	{ &via_socks5, EADDRNOTAVAIL, CODE_NO_ROUTE, PROXY },
	{ &via_socks5, EMFILE, CODE_NO_DESCRIPTORS, "file" },
	{ &via_http, ENFILE, CODE_NO_DESCRIPTORS, NULL },
	{ &via_http, ENOMEM, CODE_NO_MEMORY, NULL },
	{ &via_http, EPERM, CODE_BLOCKED, PROXY },
	{ &via_socks5, EACCES, CODE_BLOCKED, PROXY },
	{ &via_direct, ECONNREFUSED, CODE_REFUSED, "127.0.0.1" },
	{ &via_direct, ETIMEDOUT, CODE_NO_ANSWER, "127.0.0.1 in 5 s" },
	{ &via_direct, EHOSTUNREACH, CODE_NO_ROUTE, "127.0.0.1" },
	{ &via_direct, ENETUNREACH, CODE_NO_ROUTE, "127.0.0.1" },
	{ &via_direct, EACCES, CODE_BLOCKED, "127.0.0.1" },
	{ &via_direct, EMFILE, CODE_NO_DESCRIPTORS, "127.0.0.1" },
	{ &via_direct, ENOBUFS, CODE_NO_MEMORY, "127.0.0.1" },
	{ &via_direct, EPERM, CODE_BLOCKED, "127.0.0.1" },
	{ &via_direct, EADDRNOTAVAIL, CODE_NO_ROUTE, "127.0.0.1" },
	{ &via_direct, EIO, CODE_SYSTEM, "127.0.0.1" },
};

static void
test_unconnected(void **state)
{
	struct sockaddr_in	in = { .sin_family = AF_INET };
	struct talk		t;
	size_t			i;

	(void)state;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (i = 0; i < COUNT(unconnected); i++) {
		talk_open(&t, unconnected[i].via, "nas");
		t.step.to = (struct sockaddr *)&in;
		t.step.to_len = sizeof(in);
		unconnected[i].via->unconnected(&t.attempt, unconnected[i].error, 4900);
		t.want = VIA_FAIL;
		check_error(&t, strerror(unconnected[i].error), unconnected[i].code,
		    unconnected[i].text);
		/* Only of a way that this machine does not have does a failure tell little. */
		assert_int_equal(t.attempt.local, unconnected[i].error == EADDRNOTAVAIL &&
		    unconnected[i].via == &via_direct);
		talk_close(&t);
	}
}

static void
test_texts(void **state)
{
	struct sockaddr_in	 in = { .sin_family = AF_INET };
	const struct via *const	*via;
	struct talk		 t;
	char			 buf[128], small[9];

	(void)state;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (via = via_table; *via != NULL; via++) {
		talk_open(&t, *via, "nas");
		t.step.to = (struct sockaddr *)&in;
		t.step.to_len = sizeof(in);
		assert_ptr_equal((*via)->address(&t.step, buf, sizeof(buf)), buf);
		assert_string_equal(buf, *via == &via_direct ? "127.0.0.1" : *via == &via_localapi ?
		    "/run/x.sock" : PROXY);
		assert_ptr_equal(via_text(&t.step, buf, sizeof(buf)), buf);
		assert_string_equal(buf, *via == &via_direct ? "127.0.0.1" : *via == &via_localapi ?
		    "localapi /run/x.sock" :
		    *via == &via_http ? "http " PROXY : "socks5 " PROXY);
		/* Too long: cut. */
		memset(small, '#', sizeof(small));
		(*via)->address(&t.step, small, 8);
		assert_non_null(memchr(small, '\0', 8));
		assert_int_equal(small[8], '#');
		via_text(&t.step, small, 8);
		assert_non_null(memchr(small, '\0', 8));
		assert_int_equal(small[8], '#');
		talk_close(&t);
	}
	/* A port of this machine, whose password is nobody's business. */
	talk_open(&t, &via_localapi, "nas");
	memset(&t.tailscaled, 0, sizeof(t.tailscaled));
	t.tailscaled.port = 41112;
	strlcpy(t.tailscaled.token, TOKEN, sizeof(t.tailscaled.token));
	assert_string_equal(via_text(&t.step, buf, sizeof(buf)), "localapi port 41112");
	talk_close(&t);
}

/* The longest names: the error still begins with the target, and says something. */
static void
test_long_names(void **state)
{
	const struct via *const	vias[] = { &via_localapi, &via_http, &via_socks5 };
	struct sockaddr_in	in = { .sin_family = AF_INET };
	struct talk		t;
	char			host[ADDR_HOST_MAX + 1], proxy[ADDR_HOST_MAX + sizeof("[]:65535")];
	size_t			i;

	(void)state;
	memset(host, 'h', sizeof(host));
	host[ADDR_HOST_MAX] = '\0';
	memset(proxy, 'p', sizeof(proxy));
	proxy[sizeof(proxy) - 1] = '\0';
	for (i = 0; i < COUNT(vias); i++) {
		talk_open(&t, vias[i], host);
		memset(t.tailscaled.path, 'x', sizeof(t.tailscaled.path) - 1);
		t.step.proxy = proxy;
		t.step.to = (struct sockaddr *)&in;
		t.step.to_len = sizeof(in);
		begin(&t);
		close(t.peer);
		t.peer = -1;
		go_on(&t);
		check_error(&t, vias[i]->name, vias[i]->broken, NULL);
		vias[i]->silent(&t.attempt, 4900);
		check_error(&t, vias[i]->name, ANY, NULL);
		vias[i]->unconnected(&t.attempt, ECONNREFUSED, 4900);
		check_error(&t, vias[i]->name, ANY, NULL);
		talk_close(&t);
	}
}

static void
test_find(void **state)
{
	const struct via *const	*via;

	(void)state;
	for (via = via_table; *via != NULL; via++)
		assert_ptr_equal(via_find((*via)->name, strlen((*via)->name)), *via);
	assert_ptr_equal(via_find("socks5=127.0.0.1:1055", 6), &via_socks5);
	assert_ptr_equal(via_find("http", 4), &via_http);
	assert_null(via_find("http", 3));
	assert_null(via_find("httpx", 5));
	assert_null(via_find("", 0));
	assert_null(via_find("HTTP", 4));
	assert_true(via_direct.to == VIA_TO_TARGET && via_localapi.to == VIA_TO_TAILSCALED);
	assert_true(via_socks5.to == VIA_TO_PROXY && via_http.to == VIA_TO_PROXY);
	assert_null(via_direct.peer);
	/* tailscaled drops both ways at the first end; the direct way does not. */
	assert_true(via_direct.half_close);
	assert_false(via_localapi.half_close || via_socks5.half_close || via_http.half_close);
}

static void
test_message(void **state)
{
	static const struct {
		const char	*text;
		enum code	 code;
	}	words[] = {
		{ "connection was refused", CODE_REFUSED }, { "Connection Refused", CODE_REFUSED },
		{ "dial tcp: lookup x: no such host", CODE_NAME_UNKNOWN },
		    { "no route to host", CODE_NO_ROUTE },
		{ "network is unreachable", CODE_NO_ROUTE },
		    { "operation timed out", CODE_NO_ANSWER },
		{ "i/o timeout", CODE_NO_ANSWER }, { "context deadline exceeded", CODE_NO_ANSWER },
		{ "", CODE_INPUT }, { "something else", CODE_INPUT },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(words); i++)
		if (via_message(words[i].text, CODE_INPUT) != words[i].code)
			fail_msg("\"%s\"", words[i].text);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_named_otherwise),
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_guess),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_socks5_turns),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_begin_bad),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_dial_self),
		cmocka_unit_test(test_resolver),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_unconnected),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_message),
	};

	return (cmocka_run_group_tests_name("via", tests, setup, teardown));
}
