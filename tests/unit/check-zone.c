/* SPDX-License-Identifier: ISC */
/*
 * Unit tests: IPv6 addresses with a zone, where the C library takes any: macOS' (Libc's inet_pton.c,
 * Libinfo's si_getaddrinfo.c) is played here.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>

#include <arpa/inet.h>
#include <netdb.h>

#include "check.h"

/* The zone, behind the address: NULL if there is none. */
static const char *
zone_of(const char *text, char address[64])
{
	const char	*zone = strrchr(text, '%');

	snprintf(address, 64, "%.*s", (int)(zone != NULL ? (size_t)(zone - text) : strlen(text)),
	    text);
	return (zone != NULL ? zone + 1 : NULL);
}

/* The interface's number goes into the middle of a link-local address. */
static int
own_inet_pton(int family, const char *text, void *to)
{
	char		 address[64];
	const char	*zone = zone_of(text, address);
	unsigned int	 index;

	if (family == AF_INET || zone == NULL)
		return (inet_pton(family, text, to));
	if (inet_pton(family, address, to) != 1)
		return (0);
	index = if_nametoindex(zone);
	if (IN6_IS_ADDR_LINKLOCAL((struct in6_addr *)to)) {
		((struct in6_addr *)to)->s6_addr[2] = (unsigned char)(index >> 8);
		((struct in6_addr *)to)->s6_addr[3] = (unsigned char)index;
	}
	return (1);
}

/* An interface that is not there is none. */
static int
own_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
    struct addrinfo **list)
{
	char		 address[64];
	const char	*zone = zone_of(host, address);
	int		 code = getaddrinfo(address, port, hints, list);

	if (code == 0 && zone != NULL && (*list)->ai_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)(*list)->ai_addr)->sin6_scope_id =
		    if_nametoindex(zone);
	return (code);
}

#undef inet_pton		/* a macro on FreeBSD */
#define inet_pton(family, text, to) own_inet_pton(family, text, to)
#include "base/addr.c"
#undef inet_pton
#define getaddrinfo(host, port, hints, list) own_getaddrinfo(host, port, hints, list)
#include "net/resolve.c"

static void
test_zone(void **state)
{
	struct sockaddr_storage	 ss;
	struct addrinfo		*list;
	char			 name[IF_NAMESIZE], text[64];

	(void)state;
	assert_non_null(if_indextoname(1, name));
	snprintf(text, sizeof(text), "fe80::1%%%s", name);
	/* A zone is getaddrinfo's to read. */
	assert_int_equal(addr_literal(text, 22, &ss), 0);
	assert_int_equal(addr_literal("fd7a:115c:a1e0::2%eth0", 22, &ss), 0);
	assert_int_equal(addr_literal("fe80::1", 22, &ss), sizeof(struct sockaddr_in6));
	assert_int_equal(resolve_literal(text, 22, AF_UNSPEC, &list), 0);
	assert_int_equal(((struct sockaddr_in6 *)(void *)list->ai_addr)->sin6_scope_id, 1);
	freeaddrinfo(list);
	assert_null(resolve_no_interface(text));
	assert_null(resolve_no_interface("nas"));
	assert_null(resolve_no_interface("nas%no-such"));
	assert_string_equal(resolve_no_interface("fe80::1%no-such"), "no-such");
	assert_int_equal(resolve_literal("fe80::1%no-such", 22, AF_UNSPEC, &list), EAI_NONAME);
	assert_int_equal(resolve_literal("fe80::1", 22, AF_UNSPEC, &list), 0);
	freeaddrinfo(list);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_zone),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
