/* SPDX-License-Identifier: ISC */
/* Unit tests: outer, with a shell in the place of ssh. */

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>

#include <event2/event.h>

#include "base/error.h"
#include "check.h"
#include "os/run.h"
#include "route/race.h"
#include "session/outer.h"

#define LIMIT_MS	10000

static struct event_base	*base;
static struct run_child		 child;
static int			 fd;		/* what it has called back with */

static void
called_cb(const struct connection *conn, const struct error *err, void *arg)
{
	(void)arg;
	fd = conn != NULL ? conn->fd : -1;
	assert_int_equal(conn == NULL, err != NULL);
}

static void
start(struct outer *o, const char *script)
{
	const char		*argv[] = { "/bin/sh", "-c", script, NULL };
	struct outer_command	 command = { .argv = argv, .child = &child };

	fd = -2;
	outer_start(o, base, &command, called_cb, NULL);
	assert_int_equal(fd, -2);
	assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
	assert_true(fd >= 0);
}

/* What it says before it ends. */
static void
says(const char *script, const char *wanted, int refused)
{
	static struct outer	o;
	char			said[160], byte;
	struct pollfd		pfd;

	start(&o, script);
	pfd = (struct pollfd){ .fd = fd, .events = POLLIN };
	assert_int_equal(poll(&pfd, 1, LIMIT_MS), 1);
	assert_int_equal(read(fd, &byte, 1), 0);
	assert_string_equal(outer_said(&o, said, sizeof(said)), wanted);
	assert_int_equal(outer_refused(&o), refused);
	close(fd);
	outer_stop(&o, 0);
	assert_int_equal(o.pid, 0);
	/* It stays. */
	assert_string_equal(outer_said(&o, said, sizeof(said)), wanted);
}

static void
test_said(void **state)
{
	(void)state;
	says("exit 255", "", 0);
	says("echo 'u@h: Permission denied (publickey).' >&2", "u@h: Permission denied (publickey).", 1);
	says("printf 'a: b\\r\\nchannel 0: open failed: no\\r\\nstdio forwarding failed\\r\\n' >&2",
	    "channel 0: open failed: no", 1);
	says("printf 'No key is known.\\nHost key verification failed.\\n' >&2",
	    "Host key verification failed.", 1);
	says("printf 'meshssh: h port 22: refused; try\\nkex: closed\\nclosed\\n' >&2",
	    "h port 22: refused; try", 0);
	says("printf 'a\\033[2Jb\\n' >&2", "a^[[2Jb", 1);
}

static void
test_bytes(void **state)
{
	static struct outer	o;
	char			buf[8];

	(void)state;
	start(&o, "cat");
	assert_int_equal(write(fd, "hello", 5), 5);
	assert_int_equal(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, LIMIT_MS), 1);
	assert_int_equal(read(fd, buf, sizeof(buf)), 5);
	/* The end of its input ends it in time. */
	close(fd);
	outer_stop(&o, LIMIT_MS);
	assert_int_equal(waitpid(-1, NULL, 0), -1);
	assert_int_equal(errno, ECHILD);
}

/* Who does not end by himself is ended, and what he started with him. */
static void
test_stop(void **state)
{
	static struct outer	o;
	char			byte;
	pid_t			pid;

	(void)state;
	start(&o, "trap '' TERM HUP; sleep 1000 & echo; wait");
	assert_int_equal(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, LIMIT_MS), 1);
	pid = o.pid;
	assert_int_equal(getpgid(pid), pid);
	outer_stop(&o, 1);
	assert_int_equal(kill(pid, 0), -1);
	/* The other end is closed, so the sleep is gone as well. */
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, LIMIT_MS), 1);
	assert_int_equal(read(fd, &byte, 1), 0);
	close(fd);
	outer_stop(&o, 0);
}

/* Before it is called back it can be stopped, and is not called back then. */
static void
test_cancel(void **state)
{
	static struct outer	 o;
	const char		*argv[] = { "/bin/sh", "-c", "cat", NULL };
	struct outer_command	 command = { .argv = argv, .child = &child };

	(void)state;
	fd = -2;
	outer_start(&o, base, &command, called_cb, NULL);
	outer_stop(&o, 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(fd, -2);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_said),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_cancel),
	};
	int				failed;

	base = event_base_new();
	failed = cmocka_run_group_tests_name("outer", tests, NULL, NULL);
	event_base_free(base);
	return (failed);
}
