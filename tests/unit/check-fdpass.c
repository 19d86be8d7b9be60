/* SPDX-License-Identifier: ISC */
/* Unit tests: fdpass. */

#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "base/clock.h"
#include "base/error.h"
#include "check.h"
#include "session/fdpass.h"

/* As ssh does it (monitor_fdpass.c): one byte, one descriptor. */
static int
receive(int from)
{
	union {
		struct cmsghdr	header;
		char		bytes[CMSG_SPACE(sizeof(int))];
	}		 control;
	char		 byte;
	struct iovec	 iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr	 msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
			    .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr	*cmsg;
	int		 fd;

	assert_int_equal(recvmsg(from, &msg, 0), 1);
	if ((cmsg = CMSG_FIRSTHDR(&msg)) == NULL)
		return (-1);
	assert_int_equal(cmsg->cmsg_type, SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return (fd);
}

static void
test_send(void **state)
{
	struct error	err = { .code = CODE_NONE };
	char		text[3];
	int		way[2], pair[2], got;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, way), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fdpass_expected(way[0]), 1);
	assert_int_equal(fdpass_send(way[0], pair[0], &err), 0);
	close(pair[0]);
	got = receive(way[1]);
	assert_int_equal(fcntl(got, F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(write(pair[1], "abc", 3), 3);
	assert_int_equal(read(got, text, 3), 3);
	assert_memory_equal(text, "abc", 3);
	/* Nothing but the one byte was sent. */
	close(way[0]);
	assert_int_equal(read(way[1], text, 1), 0);
	close(way[1]);
	close(pair[1]);
	close(got);
}

static void
test_refused(void **state)
{
	struct error	err = { .code = CODE_NONE };
	int		fds[2], way[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fdpass_expected(fds[1]), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, way), 0);
	/* A program that speaks first does not wait for a descriptor; its bytes stay for the relay. */
	assert_int_equal(write(way[1], "SSH-", 4), 4);
	assert_int_equal(fdpass_expected(way[0]), 0);
	assert_int_equal(fdpass_expected(way[0]), 0);
	close(way[1]);
	assert_int_equal(fdpass_send(way[0], fds[0], &err), -1);
	close(way[0]);
	close(fds[0]);
	close(fds[1]);
}

static void
test_wait(void **state)
{
	int64_t	began_ms;
	int	way[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, way), 0);
	began_ms = clock_ms();
	fdpass_wait(way[0], 0);
	fdpass_wait(way[0], 50);
	assert_true(clock_ms() - began_ms >= 50);
	/* Who says something has not closed yet. */
	assert_int_equal(write(way[1], "a", 1), 1);
	began_ms = clock_ms();
	fdpass_wait(way[0], 50);
	assert_true(clock_ms() - began_ms >= 50);
	close(way[1]);
	began_ms = clock_ms();
	fdpass_wait(way[0], 60000);
	assert_true(clock_ms() - began_ms < 30000);
	close(way[0]);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_wait),
	};

	signal(SIGPIPE, SIG_IGN);
	return (cmocka_run_group_tests_name("handover", tests, NULL, NULL));
}
