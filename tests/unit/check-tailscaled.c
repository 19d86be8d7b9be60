/* SPDX-License-Identifier: ISC */
/* Unit tests: tailscaled, on a connection that is kept, and what one says that is no tailscaled. */

#include <sys/socket.h>

#include <errno.h>
#include <pthread.h>

#include "check.h"
#include "net/tailscaled.h"

#define BODY_MAX	16	/* the room for a body: 15 bytes fit */
#define OK(length)	"HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n"

static const struct {
	const char	*what;
	const char	*said;
	int		 ends;
	int		 last;
	int		 error;		/* 0: there is a body */
	const char	*body;
} rows[] = {
	{ "a body", OK("4") "body", 0, 0, 0, "body" },
	{ "as long as there is room", OK("15") "123456789012345", 0, 0, 0, "123456789012345" },
	{ "no body", OK("0"), 0, 0, 0, "" },
	/* What follows is not read with it. */
	{ "more than a body", OK("4") "bodyHTTP/1.1", 0, 0, 0, "body" },
	{ "too long", OK("16") "1234567890123456", 0, 0, EMSGSIZE, "" },
	{ "far too long", OK("99999999999999999999"), 0, 0, EPROTO, "" },
	{ "less than nothing", OK("-1"), 0, 0, EPROTO, "" },
	{ "no length", "HTTP/1.1 200 OK\r\n\r\nbody", 0, 0, EPROTO, "" },
	{ "cut", OK("4") "bod", 1, 0, EPROTO, "" },
	{ "stuck", OK("4") "bod", 0, 0, ETIMEDOUT, "" },
	{ "stuck in the head", "HTTP/1.1 200 OK\r\nContent-", 0, 0, ETIMEDOUT, "" },
	{ "a head without an end", "HTTP/1.1 200 OK\r\nContent-", 1, 0, EPROTO, "" },
	{ "nothing", "", 1, 0, EPROTO, "" },
	{ "an error", "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nbody", 0, 0, EPROTO, "" },
	{ "SSH", "SSH-2.0-OpenSSH_9.9\r\n", 0, 0, EPROTO, "" },
	{ "the last", "HTTP/1.0 200 OK\r\n\r\nbody", 1, 1, 0, "body" },
	{ "the last, too long", "HTTP/1.0 200 OK\r\n\r\n1234567890123456", 1, 1, EMSGSIZE, "" },
	{ "the last, without an end", "HTTP/1.0 200 OK\r\n\r\nbody", 0, 1, ETIMEDOUT, "" },
};

struct daemon {
	int		 fd;
	size_t		 row;
	size_t		 piece;
	char		 asked[512];
};

/* One request is answered in pieces, so that the end of one is nowhere in particular. */
static void *
daemon_thread(void *arg)
{
	struct daemon	*d = arg;
	const char	*p = rows[d->row].said;
	size_t		 left = strlen(p), n;
	ssize_t		 len;

	len = recv(d->fd, d->asked, sizeof(d->asked) - 1, 0);
	d->asked[len > 0 ? len : 0] = '\0';
	for (; left > 0; p += n, left -= n) {
		n = left < d->piece ? left : d->piece;
		if (send(d->fd, p, n, MSG_NOSIGNAL) != (ssize_t)n)
			break;
	}
	if (rows[d->row].ends)
		shutdown(d->fd, SHUT_WR);
	return (NULL);
}

/* Whether the daemon has heard what Go's server wants: no POST of HTTP/1.1 without a length. */
static int
asked_well(const char *asked, int last)
{
	const char	*first = last ? "GET /x HTTP/1.0\r\n" : "POST /x HTTP/1.1\r\n";

	return (strncmp(asked, first, strlen(first)) == 0 &&
	    strstr(asked, "\r\nHost: local-tailscaled.sock\r\n") != NULL &&
	    (strstr(asked, "\r\nContent-Length: 0\r\n") != NULL) == !last);
}

static void
talk(size_t row, size_t piece)
{
	struct tailscaled	at;
	struct daemon		d = { .row = row, .piece = piece };
	char			body[BODY_MAX], rest[16];
	const char		*wanted = rows[row].body;
	pthread_t		thread;
	ssize_t			len;
	int			fds[2], error;

	assert_int_equal(tailscaled_set_path(&at, "/run/tailscaled.sock"), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	d.fd = fds[1];
	assert_int_equal(pthread_create(&thread, NULL, daemon_thread, &d), 0);
	len = tailscaled_talk(fds[0], &at, rows[row].last ? "GET /x" : "POST /x", rows[row].last,
	    rows[row].error == ETIMEDOUT ? 50 : 30000, body, sizeof(body));
	error = errno;
	pthread_join(thread, NULL);
	if (rows[row].error != 0 ? len != -1 || error != rows[row].error :
	    len != (ssize_t)strlen(wanted) || memcmp(body, wanted, (size_t)len) != 0)
		fail_msg("%s, by %zu bytes: %zd, %s", rows[row].what, piece, len, strerror(error));
	assert_true(asked_well(d.asked, rows[row].last));
	if (strcmp(rows[row].what, "more than a body") == 0)
		assert_int_equal(recv(fds[0], rest, sizeof(rest), MSG_DONTWAIT), 8);
	close(fds[0]);
	close(fds[1]);
}

static void
test_talk(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		talk(i, 1);
		talk(i, 4096);
	}
}

/* The daemon is gone, and another request is to be sent on its connection. */
static void
test_gone(void **state)
{
	struct tailscaled	at;
	char			body[BODY_MAX];
	int			fds[2];

	(void)state;
	assert_int_equal(tailscaled_set_path(&at, "/run/tailscaled.sock"), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	close(fds[1]);
	assert_int_equal(tailscaled_talk(fds[0], &at, "GET /x", 0, 1000, body,
	    sizeof(body)), -1);
	assert_int_equal(errno, EPIPE);
	close(fds[0]);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_talk),
		cmocka_unit_test(test_gone),
	};

	return (cmocka_run_group_tests_name("tailscaled", tests, NULL, NULL));
}
