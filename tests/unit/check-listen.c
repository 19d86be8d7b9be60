/* SPDX-License-Identifier: ISC */
/* Unit tests: the hellos of meshssh-serve. */

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>

#include "base/clock.h"
#include "check.h"
#include "os/os.h"
#include "serve/door.h"
#include "wire/resume.h"

static int	sent_fd_ms;	/* for which a descriptor on its way needs its sender */

static int
own_sent_fd_ms(void)
{
	return (sent_fd_ms);
}

static enum resume_status
own_door_hand(const struct serve *serve, const uint8_t *id, const uint8_t *hello, int fd)
{
	(void)serve;
	(void)id;
	(void)hello;
	assert_int_not_equal(fcntl(fd, F_GETFD), -1);
	return (RESUME_OK);
}

#define os_sent_fd_ms() own_sent_fd_ms()
#define door_hand(serve, id, hello, fd) own_door_hand(serve, id, hello, fd)
#include "serve/listen.c"

static void
hand(struct listen *l, int fds[2])
{
	struct resume_hello	 hello = { .kind = RESUME_AGAIN };
	struct hello		*h = &l->hello[0];
	int			 i;

	memset(l, 0, sizeof(*l));
	for (i = 0; i < LIMITS_HELLOS; i++)
		l->hello[i].fd = -1;
	l->news[0] = -1;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	h->fd = fds[0];
	resume_hello_encode(h->bytes, &hello);
	hello_answer(l, h);
}

/*
 * The session's process has the connection. Where the kernel may take it for garbage until it was
 * received, ours stays open, and nothing of it is read.
 */
static void
test_handed(void **state)
{
	static const struct serve	serve;
	static struct listen		l;
	struct pollfd			pfd[WATCHED];
	int				fds[2];

	(void)state;
	hand(&l, fds);
	assert_int_equal(l.hello[0].fd, -1);
	assert_int_equal(fcntl(fds[0], F_GETFD), -1);
	close(fds[1]);
	sent_fd_ms = 2000;
	hand(&l, fds);
	l.serve = &serve;
	assert_int_equal(l.hello[0].fd, fds[0]);
	assert_int_equal(write(fds[1], "x", 1), 1);
	l.pause_ms = clock_ms() + 1;
	listen_wait(&l, pfd);
	assert_int_equal(pfd[1 + SERVE_LISTENERS].fd, -1);
	assert_int_not_equal(fcntl(fds[0], F_GETFD), -1);
	l.hello[0].one.since_ms = clock_ms() - LIMITS_HELLO_MS;
	l.pause_ms = clock_ms() + 1;
	listen_wait(&l, pfd);
	assert_int_equal(l.hello[0].fd, -1);
	assert_int_equal(fcntl(fds[0], F_GETFD), -1);
	close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_handed),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
