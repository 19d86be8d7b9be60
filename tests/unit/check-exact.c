/* SPDX-License-Identifier: ISC */
/* Unit tests: exact. */

#include <sys/socket.h>

#include <errno.h>

#include "check.h"
#include "net/exact.h"
#include "net/sock.h"

#define HEAD "HTTP/1.1 200 OK\r\nX: y\r\n\r\n"
#define REST "SSH-2.0-x\r\n"

static void
pair(int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(sock_set_blocking(fds[0], 0), 0);
}

static void
put(int fd, const char *text, size_t len)
{
	assert_int_equal(write(fd, text, len), len);
}

/* What is left in the socket. */
static void
check_rest(int fd, const char *rest)
{
	char	buf[256];
	ssize_t	n;

	n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (rest[0] == '\0') {
		assert_int_equal(n, -1);
		assert_int_equal(errno, EAGAIN);
		return;
	}
	assert_int_equal(n, strlen(rest));
	assert_memory_equal(buf, rest, strlen(rest));
}

static void
test_read(void **state)
{
	char	buf[16] = "";
	size_t	got = 77;
	int	fds[2];

	(void)state;
	pair(fds);
	assert_int_equal(exact_read(fds[0], buf, 4, &got), 0);
	assert_int_equal(got, 77);
	put(fds[1], "abcdef", 6);
	assert_int_equal(exact_read(fds[0], buf, 4, &got), 1);
	assert_int_equal(got, 4);
	assert_memory_equal(buf, "abcd", 5);
	assert_int_equal(exact_read(fds[0], buf, 4, &got), 1);
	assert_int_equal(got, 2);
	assert_int_equal(exact_read(fds[0], buf, 4, &got), 0);
	/* The end comes behind the bytes. */
	put(fds[1], "g", 1);
	close(fds[1]);
	assert_int_equal(exact_read(fds[0], buf, 4, &got), 1);
	errno = EIO;
	assert_int_equal(exact_read(fds[0], buf, 4, &got), -1);
	assert_int_equal(errno, 0);
	close(fds[0]);
	assert_int_equal(exact_read(fds[0], buf, 4, &got), -1);
	assert_int_equal(errno, EBADF);
}

/* unix(7): a peer that closes with bytes unread resets the connection. */
static void
test_reset(void **state)
{
	struct http1	head = { .state = HTTP1_MORE };
	char		buf[4];
	size_t		got;
	int		fds[2];

	(void)state;
	pair(fds);
	put(fds[0], "unread", 6);
	close(fds[1]);
	assert_int_equal(exact_read(fds[0], buf, sizeof(buf), &got), -1);
	assert_int_equal(errno, ECONNRESET);
	close(fds[0]);
	pair(fds);
	put(fds[0], "unread", 6);
	close(fds[1]);
	assert_int_equal(exact_head(fds[0], &head), -1);
	assert_int_equal(errno, ECONNRESET);
	close(fds[0]);
}

static int
read_head(int fd, struct http1 *head)
{
	int	result;

	while ((result = exact_head(fd, head)) == 1 && head->state == HTTP1_MORE)
		continue;
	return (result);
}

/* In two pieces, cut everywhere: what is behind the head stays in the socket. */
static void
test_head(void **state)
{
	static const char	text[] = HEAD REST;
	struct http1		head;
	size_t			cut;
	int			fds[2];

	(void)state;
	for (cut = 0; cut < sizeof(text); cut++) {
		pair(fds);
		memset(&head, 0, sizeof(head));
		assert_int_equal(exact_head(fds[0], &head), 0);
		put(fds[1], text, cut);
		if (cut < strlen(HEAD)) {
			assert_int_equal(read_head(fds[0], &head), 0);
			assert_int_equal(head.state, HTTP1_MORE);
			check_rest(fds[0], "");
		}
		put(fds[1], text + cut, strlen(text) - cut);
		assert_int_equal(read_head(fds[0], &head), 1);
		if (head.state != HTTP1_HEAD)
			fail_msg("cut at %zu", cut);
		check_rest(fds[0], REST);
		close(fds[0]);
		close(fds[1]);
	}
}

static void
test_head_bytes(void **state)
{
	struct http1	head = { .state = HTTP1_MORE };
	size_t		i;
	int		fds[2];
	struct sshwire_id	id = { .total = 0 };

	(void)state;
	pair(fds);
	for (i = 0; i < strlen(HEAD); i++) {
		assert_int_equal(head.state, HTTP1_MORE);
		put(fds[1], &HEAD[i], 1);
		assert_int_equal(exact_head(fds[0], &head), 1);
	}
	assert_int_equal(head.state, HTTP1_HEAD);
	assert_int_equal(head.status, 200);
	assert_int_equal(exact_spoken(fds[0], &id), 0);
	assert_int_equal(id.total, 0);
	close(fds[0]);
	close(fds[1]);
}

/* Larger than any piece that is looked at, with interim replies before. */
static void
test_head_long(void **state)
{
	struct http1	head = { .state = HTTP1_MORE };
	char		text[20000];
	size_t		i;
	int		fds[2], len;

	(void)state;
	pair(fds);
	put(fds[1], "HTTP/1.1 100 Continue\r\n\r\n", 25);
	len = snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nX: %015000d\r\n", 7);
	put(fds[1], text, (size_t)len);
	for (i = 0; i < 100; i++)
		put(fds[1], "Y: z\r\n", 6);
	put(fds[1], "\r\n" REST, 2 + strlen(REST));
	assert_int_equal(read_head(fds[0], &head), 1);
	assert_int_equal(head.state, HTTP1_HEAD);
	check_rest(fds[0], REST);
	close(fds[0]);
	close(fds[1]);
}

static void
test_head_end(void **state)
{
	struct http1	head = { .state = HTTP1_MORE };
	int		fds[2];

	(void)state;
	pair(fds);
	put(fds[1], "HTTP/1.1 2", 10);
	close(fds[1]);
	assert_int_equal(exact_head(fds[0], &head), 1);
	errno = EIO;
	assert_int_equal(exact_head(fds[0], &head), -1);
	assert_int_equal(errno, 0);
	assert_int_equal(head.state, HTTP1_MORE);
	close(fds[0]);

	/* What is no HTTP is told at once. */
	memset(&head, 0, sizeof(head));
	pair(fds);
	put(fds[1], "SSH", 3);
	assert_int_equal(exact_head(fds[0], &head), 1);
	assert_int_equal(head.state, HTTP1_BAD);
	close(fds[0]);
	close(fds[1]);
}

/* What was said so far, each time from the beginning. */
static enum sshwire_id_state
spoken(int fd, int result)
{
	struct sshwire_id	id = { .total = 0 };

	assert_int_equal(exact_spoken(fd, &id), result);
	return (id.state);
}

static void
test_spoken(void **state)
{
	int	fds[2];

	(void)state;
	pair(fds);
	assert_int_equal(spoken(fds[0], 0), SSHWIRE_MORE);
	put(fds[1], REST, 4);
	assert_int_equal(spoken(fds[0], 1), SSHWIRE_MORE);
	put(fds[1], &REST[4], strlen(REST) - 4);
	assert_int_equal(spoken(fds[0], 1), SSHWIRE_SSH);
	close(fds[1]);
	assert_int_equal(spoken(fds[0], 1), SSHWIRE_SSH);
	check_rest(fds[0], REST);
	errno = EIO;
	assert_int_equal(spoken(fds[0], -1), SSHWIRE_MORE);
	assert_int_equal(errno, 0);
	close(fds[0]);
	assert_int_equal(spoken(fds[0], -1), SSHWIRE_MORE);
	assert_int_equal(errno, EBADF);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_head_bytes),
		cmocka_unit_test(test_head_long),
		cmocka_unit_test(test_head_end),
		cmocka_unit_test(test_spoken),
	};

	return (cmocka_run_group_tests_name("exact", tests, NULL, NULL));
}
