/* SPDX-License-Identifier: ISC */
/* Unit tests: listener. */

#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <unistd.h>

#include "check.h"
#include "os/os.h"

/* A listener of this process, before and after it is there; where the system tells. */
static void
test_listener(void **state)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t		len = sizeof(sin);
	int			fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	if (os_listener((struct sockaddr *)&sin) == OS_LISTENER_UNKNOWN) {
		print_message("this system does not say who listens\n");
		skip();
	}
	assert_int_equal(os_listener((struct sockaddr *)&sin), OS_LISTENER_NONE);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(os_listener((struct sockaddr *)&sin), OS_LISTENER_OURS);
	close(fd);
	assert_int_equal(os_listener((struct sockaddr *)&sin), OS_LISTENER_NONE);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_listener),
	};

	return (cmocka_run_group_tests_name("listener", tests, NULL, NULL));
}
