/* SPDX-License-Identifier: ISC */
/* Unit tests: output. */

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "check.h"
#include "os/os.h"

static int	gauging;	/* the room is told, as on macOS and the BSDs */
static size_t	told_room;

static int
own_pipe_gauge(int fd)
{
	return (gauging ? dup(fd) : os_pipe_gauge(fd));
}

static size_t
own_pipe_room(int gauge)
{
	return (gauging ? told_room : os_pipe_room(gauge));
}

/* On macOS, what has no room waits for it, whatever the flags (xnu's sosendcheck). */
static ssize_t
own_send(int fd, const void *buf, size_t len, int flags)
{
	if (gauging && len > told_room)
		fail_msg("stands still: %zu bytes, room for %zu", len, told_room);
	return (send(fd, buf, len, flags));
}

#define os_pipe_gauge(fd) own_pipe_gauge(fd)
#define os_pipe_room(gauge) own_pipe_room(gauge)
#define send(fd, buf, len, flags) own_send(fd, buf, len, flags)
#include "session/output.c"
#undef send

/* Fill it until it says EAGAIN: it must never stand still, and never leave O_NONBLOCK behind. */
static size_t
fill(int fd, int kind)
{
	struct output	o;
	char		buf[8192];
	size_t		total = 0;
	ssize_t		n;

	memset(buf, 'x', sizeof(buf));
	output_open(&o, fd);
	assert_int_equal(o.kind, kind);
	assert_int_equal(o.fd, fd);
	while ((n = output_write(&o, buf, sizeof(buf))) > 0)
		total += (size_t)n;
	assert_int_equal(n, -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	return (total);
}

static void
test_pipe(void **state)
{
	struct output	o;
	char		buf[65536];
	int		fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_true(fill(fds[1], OUTPUT_PIPE) >= 4096);
	assert_true(read(fds[0], buf, sizeof(buf)) > 0);
	output_open(&o, fds[1]);
	assert_true(output_write(&o, buf, 10) == 10);
	assert_false(output_gone(fds[1]));
	close(fds[0]);
	assert_true(output_gone(fds[1]));
	assert_int_equal(output_write(&o, buf, 1), -1);
	assert_int_equal(errno, EPIPE);
	output_close(&o);
	assert_int_equal(close(fds[1]), 0);
}

static void
test_socket(void **state)
{
	struct output	o;
	char		byte;
	int		fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_true(fill(fds[1], OUTPUT_SOCKET) > 0);
	assert_false(output_gone(fds[1]));
	close(fds[0]);
	assert_true(output_gone(fds[1]));
	close(fds[1]);
	/* The end is seen even where another descriptor of the same socket stays open. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	output_open(&o, fds[1]);
	output_end(&o, dup(fds[1]));
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);
	close(fds[1]);
}

static void
test_room(void **state)
{
	struct output	o;
	char		buf[100];
	int		fds[2];

	(void)state;
	memset(buf, 'x', sizeof(buf));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	gauging = 1;
	output_open(&o, fds[1]);
	told_room = 60;
	assert_int_equal(output_write(&o, buf, sizeof(buf)), 60);
	told_room = 0;
	assert_int_equal(output_write(&o, buf, sizeof(buf)), -1);
	assert_int_equal(errno, EAGAIN);
	told_room = 1000;
	assert_int_equal(output_write(&o, buf, sizeof(buf)), sizeof(buf));
	assert_int_equal(read(fds[0], buf, 60), 60);
	output_close(&o);
	gauging = 0;
	close(fds[0]);
	close(fds[1]);
}

static void
test_file(void **state)
{
	struct output	o;
	char		buf[20000];
	FILE		*fp;
	int		fd;

	(void)state;
	memset(buf, 'x', sizeof(buf));
	assert_non_null(fp = tmpfile());
	output_open(&o, fileno(fp));
	assert_int_equal(o.kind, OUTPUT_PLAIN);
	assert_int_equal(o.fd, fileno(fp));
	assert_int_equal(output_write(&o, buf, sizeof(buf)), sizeof(buf));
	assert_false(output_gone(fileno(fp)));
	fclose(fp);
	assert_true((fd = open("/dev/null", O_WRONLY)) != -1);
	output_open(&o, fd);
	assert_int_equal(o.kind, OUTPUT_PLAIN);
	assert_int_equal(o.fd, fd);
	close(fd);
	assert_true(output_gone(fd));
}

/* A terminal that takes no more: we wait, and the caller's descriptor stays as it was. */
static void
test_terminal(void **state)
{
	struct output	o;
	char		buf[8192];
	ssize_t		n;
	int		master, fd;

	(void)state;
	assert_true((master = posix_openpt(O_RDWR | O_NOCTTY)) != -1);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	assert_true((fd = open(ptsname(master), O_RDWR | O_NOCTTY)) != -1);
	output_open(&o, fd);
	assert_int_not_equal(o.fd, fd);
	memset(buf, 'x', sizeof(buf));
	while ((n = output_write(&o, buf, sizeof(buf))) > 0)
		continue;
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	output_close(&o);
	assert_int_equal(fcntl(o.fd, F_GETFD), -1);
	close(fd);
	close(master);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_socket),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_terminal),
	};

	signal(SIGPIPE, SIG_IGN);
	return (cmocka_run_group_tests_name("output", tests, NULL, NULL));
}
