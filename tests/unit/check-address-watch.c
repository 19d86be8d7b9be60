/* SPDX-License-Identifier: ISC */
/* Unit tests: address-watch. */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include "check.h"
#include "os/os.h"

#define TIMES	200	/* addresses that come and go; the smallest buffer holds the news of a few */

static struct sockaddr_in	own;

/* In a network of its own: the loopback has this address from now on, in the place of another. */
static void
address_set(int fd, const char *text)
{
	struct ifreq	ifr;

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, "lo", sizeof(ifr.ifr_name));
	ifr.ifr_addr.sa_family = AF_INET;
	assert_int_equal(inet_pton(AF_INET, text,
	    &((struct sockaddr_in *)(void *)&ifr.ifr_addr)->sin_addr), 1);
	assert_int_equal(ioctl(fd, SIOCSIFADDR, &ifr), 0);
}

/* A watch that has read nothing: the address in question came, then so many that news is lost. */
static int
flooded(int fd, const char *last)
{
	char	text[INET_ADDRSTRLEN];
	int	watch, small = 1, i;

	address_set(fd, "10.9.0.4");
	assert_int_not_equal(watch = os_address_watch(), -1);
	assert_int_equal(setsockopt(watch, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	address_set(fd, "10.9.0.1");
	for (i = 0; i < TIMES; i++) {
		snprintf(text, sizeof(text), "10.9.1.%d", 1 + i % 250);
		address_set(fd, text);
	}
	address_set(fd, last);
	return (watch);
}

static void
test_lost(void **state)
{
	static const struct {
		const char	*last;
		enum os_address	 address;
	} rows[] = {
		{ "10.9.0.1", OS_ADDRESS_BACK },
		{ "10.9.0.2", OS_ADDRESS_GONE },
	};
	struct sockaddr	*sa = (struct sockaddr *)(void *)&own;
	size_t		 i;
	int		 fd, watch;

	(void)state;
	if (unshare(CLONE_NEWNET) == -1 && unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1)
		skip();
	own.sin_family = AF_INET;
	assert_int_equal(inet_pton(AF_INET, "10.9.0.1", &own.sin_addr), 1);
	assert_int_not_equal(fd = socket(AF_INET, SOCK_DGRAM, 0), -1);
	for (i = 0; i < COUNT(rows); i++) {
		watch = flooded(fd, rows[i].last);
		assert_int_equal(os_address_read(watch, sa), rows[i].address);
		/* All was read, and what comes now is news again. */
		assert_int_equal(os_address_read(watch, sa), OS_ADDRESS_SAME);
		address_set(fd, "10.9.0.3");
		os_address_read(watch, sa);
		address_set(fd, "10.9.0.1");
		assert_int_equal(os_address_read(watch, sa), OS_ADDRESS_BACK);
		address_set(fd, "10.9.0.3");
		assert_int_equal(os_address_read(watch, sa), OS_ADDRESS_GONE);
		close(watch);
	}
	close(fd);
}

static int
readable(int fd)
{
	struct pollfd	p = { .fd = fd, .events = POLLIN };

	return (poll(&p, 1, 0));
}

/* A link that goes up or down is news of the network, and of no address. */
static void
test_network(void **state)
{
	struct sockaddr	*sa = (struct sockaddr *)(void *)&own;
	struct ifreq	 ifr;
	int		 fd, addresses, network, i;

	(void)state;
	if (unshare(CLONE_NEWNET) == -1)
		skip();
	own.sin_family = AF_INET;
	assert_int_equal(inet_pton(AF_INET, "10.9.0.1", &own.sin_addr), 1);
	assert_int_not_equal(fd = socket(AF_INET, SOCK_DGRAM, 0), -1);
	address_set(fd, "10.9.0.1");
	assert_int_not_equal(addresses = os_address_watch(), -1);
	assert_int_not_equal(network = os_network_watch(), -1);
	assert_false(readable(network));
	address_set(fd, "10.9.0.3");
	assert_int_equal(os_address_read(addresses, sa), OS_ADDRESS_GONE);
	assert_int_equal(os_address_read(network, sa), OS_ADDRESS_GONE);
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, "lo", sizeof(ifr.ifr_name));
	for (i = 0; i < 2; i++) {
		assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &ifr), 0);
		ifr.ifr_flags ^= IFF_UP;
		assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
		assert_true(readable(network));
		assert_int_equal(os_address_read(network, sa), OS_ADDRESS_SAME);
		assert_false(readable(network));
	}
	close(addresses);
	close(network);
	close(fd);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_network),
	};

	return (cmocka_run_group_tests_name("address-watch", tests, NULL, NULL));
}
