/* SPDX-License-Identifier: ISC */
/* Unit tests: limits for a connection on macOS, whose kernel is played here (xnu's tcp_timer.c). */

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "check.h"
#include "os/os-bsd-layout.h"

#ifndef TCP_CONNECTION_INFO
#define TCP_KEEPALIVE		0x10
#define PERSIST_TIMEOUT		0x40
#define TCP_RXT_CONNDROPTIME	0x80
#define TCP_CONNECTION_INFO	0x106

#ifndef TCP_KEEPINTVL
#define TCP_KEEPINTVL		0x101
#define TCP_KEEPCNT		0x102
#endif

struct tcp_connection_info {
	int	unused;
};

const struct tcp_layout	os_tcp_layout = { .rtt_per_ms = 1 };
#endif

static struct kernel {
	int	idle_s, interval_s, count;
	int	unacked_s;		/* for bytes that are sent again */
	int	persist_s, persist_on;	/* for a closed window, and its timer */
} kernel;

static int
fake_setsockopt(int fd, int level, int option, const int *value, socklen_t len)
{
	assert_int_equal(fd, 7);
	assert_int_equal(level, IPPROTO_TCP);
	assert_int_equal(len, sizeof(*value));
	*(option == TCP_KEEPALIVE ? &kernel.idle_s : option == TCP_KEEPINTVL ? &kernel.interval_s :
	    option == TCP_KEEPCNT ? &kernel.count : option == TCP_RXT_CONNDROPTIME ?
	    &kernel.unacked_s : &kernel.persist_s) = *value;
	return (0);
}

#define setsockopt	fake_setsockopt
#include "os/os-darwin-tcp.c"
#undef setsockopt

#ifndef __APPLE__
int
os_bsd_receives(int fd)
{
	(void)fd;
	return (0);
}
#endif

/* The other side takes no more; what it answers to the probes changes nothing. */
static void
window_closes(void)
{
	kernel.persist_on |= kernel.persist_s != 0;
}

/* A limit that has begun to run is not lifted by another value. */
static void
test_closed_window(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	assert_int_equal(os_keepalive(7, 15, 5, 3, 30), 0);
	assert_int_equal(kernel.idle_s, 15);
	assert_int_equal(kernel.interval_s, 5);
	assert_int_equal(kernel.count, 3);
	assert_int_equal(kernel.unacked_s, 30);
	window_closes();
	assert_int_equal(os_tcp_patience(7, 0), 0);
	assert_int_equal(kernel.unacked_s, 0);
	assert_int_equal(kernel.persist_on, 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_closed_window),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
