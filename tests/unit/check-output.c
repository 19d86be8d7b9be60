#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "check.h"
#include "session/output.h"

/* Fill it until it says EAGAIN: it must never stand still, and never leave O_NONBLOCK behind. */
static size_t
fill(int fd, enum output_kind kind)
{
	char	buf[8192];
	size_t	total = 0;
	ssize_t	n;

	memset(buf, 'x', sizeof(buf));
	while ((n = output_write(fd, kind, buf, sizeof(buf))) > 0)
		total += (size_t)n;
	assert_int_equal(n, -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	return (total);
}

static void
test_pipe(void **state)
{
	char	buf[65536];
	int	fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(output_kind(fds[1]), OUTPUT_PIPE);
	assert_true(fill(fds[1], OUTPUT_PIPE) >= 4096);
	assert_true(read(fds[0], buf, sizeof(buf)) > 0);
	assert_true(output_write(fds[1], OUTPUT_PIPE, buf, 10) == 10);
	assert_false(output_gone(fds[1]));
	close(fds[0]);
	assert_true(output_gone(fds[1]));
	assert_int_equal(output_write(fds[1], OUTPUT_PIPE, buf, 1), -1);
	assert_int_equal(errno, EPIPE);
	close(fds[1]);
}

static void
test_socket(void **state)
{
	char	byte;
	int	fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(output_kind(fds[1]), OUTPUT_SOCKET);
	assert_true(fill(fds[1], OUTPUT_SOCKET) > 0);
	assert_false(output_gone(fds[1]));
	close(fds[0]);
	assert_true(output_gone(fds[1]));
	close(fds[1]);
	/* The end is seen even where another descriptor of the same socket stays open. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	output_end(dup(fds[1]), OUTPUT_SOCKET);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);
	close(fds[1]);
}

static void
test_file(void **state)
{
	char	buf[20000];
	FILE	*fp;
	int	fd;

	(void)state;
	memset(buf, 'x', sizeof(buf));
	assert_non_null(fp = tmpfile());
	assert_int_equal(output_kind(fileno(fp)), OUTPUT_FILE);
	assert_int_equal(output_write(fileno(fp), OUTPUT_FILE, buf, sizeof(buf)), sizeof(buf));
	assert_false(output_gone(fileno(fp)));
	fclose(fp);
	assert_true((fd = open("/dev/null", O_WRONLY)) != -1);
	assert_int_equal(output_kind(fd), OUTPUT_FILE);
	close(fd);
	assert_true((fd = posix_openpt(O_RDWR | O_NOCTTY)) != -1);
	assert_int_equal(output_kind(fd), OUTPUT_OTHER);
	close(fd);
	assert_true(output_gone(fd));
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_socket),
		cmocka_unit_test(test_file),
	};

	signal(SIGPIPE, SIG_IGN);
	return (cmocka_run_group_tests_name("output", tests, NULL, NULL));
}
