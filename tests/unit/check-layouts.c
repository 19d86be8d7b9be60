/* SPDX-License-Identifier: ISC */
/*
 * Unit tests: what macOS and the BSDs tell, as their own headers lay it out (tests/layouts). Their
 * numbers are little-endian: elsewhere there is nothing to read.
 */

#include <sys/socket.h>

#include <netinet/in.h>

#include "base/addr.h"
#include "check.h"
#include "os/process-args.h"
#include "os/route-message.h"
#include "os/tcp-report.h"

#include "../layouts/samples.h"

#define PID	4711
#define SEQ	3

static int
foreign(void)
{
	const int	one = 1;

	return (*(const char *)&one != 1);
}

static struct route_layout
route_layout(const struct samples *s)
{
	struct route_layout	layout;

	assert_int_equal(s->layout_route.len, sizeof(layout));
	memcpy(&layout, s->layout_route.bytes, sizeof(layout));
	return (layout);
}

/* The answer, in memory that ends where the message does. */
static int
answer(const struct samples *s, const struct sample *message, size_t len, int seq,
    struct route_answer *a)
{
	struct route_layout	 layout = route_layout(s);
	char			*bytes = malloc(len + 1);
	int			 result;

	memcpy(bytes + 1, message->bytes, len);
	result = route_message_answer(&layout, bytes + 1, len, PID, seq, a);
	free(bytes);
	return (result);
}

static void
test_question(void **state)
{
	struct sockaddr_storage	ss;
	struct route_layout	layout;
	char			bytes[ROUTE_MESSAGE_MAX];
	size_t			i;

	(void)state;
	assert_true(addr_literal("192.0.2.7", 22, &ss) > 0);
	for (i = 0; i < COUNT(samples) && !foreign(); i++) {
		layout = route_layout(&samples[i]);
		assert_int_equal(route_message_ask(&layout, bytes, PID, SEQ, 0,
		    (struct sockaddr *)&ss), samples[i].question.len);
		assert_memory_equal(bytes, samples[i].question.bytes, samples[i].question.len);
		/* Of a neighbor's link address, NetBSD is asked without RTF_UP. */
		route_message_ask(&layout, bytes, PID, SEQ, 1, (struct sockaddr *)&ss);
		assert_int_equal(layout_number(bytes, sizeof(bytes), &layout.flags),
		    strcmp(samples[i].system, "netbsd") == 0 ? 0x400 : 0x1);
	}
}

/* A zone is within the address, or in its own place. */
static void
test_question_zone(void **state)
{
	struct sockaddr_in6	sin6 = { .sin6_family = AF_INET6, .sin6_scope_id = 5 };
	struct route_layout	layout;
	char			bytes[ROUTE_MESSAGE_MAX];
	size_t			i;

	(void)state;
	sin6.sin6_addr.s6_addr[0] = 0xfe;
	sin6.sin6_addr.s6_addr[1] = 0x80;
	for (i = 0; i < COUNT(samples) && !foreign(); i++) {
		layout = route_layout(&samples[i]);
		route_message_ask(&layout, bytes, PID, SEQ, 0, (struct sockaddr *)&sin6);
		assert_int_equal(bytes[layout.header_bytes + 11], layout.zoned ? 0 : 5);
		assert_int_equal(bytes[layout.header_bytes + 24], layout.zoned ? 5 : 0);
	}
}

static void
test_answers(void **state)
{
	struct route_answer	 a;
	const struct samples	*s;

	(void)state;
	for (s = samples; s < samples + COUNT(samples) && !foreign(); s++) {
		assert_int_equal(answer(s, &s->gateway, s->gateway.len, SEQ, &a), 1);
		assert_int_equal(a.route.kind, OS_ROUTE_GATEWAY);
		assert_string_equal(a.route.gateway, "198.51.100.1");
		assert_string_equal(a.route.interface, "en0");
		assert_int_equal(a.route.mtu, 1420);
		assert_int_equal(a.route.tunnel, 0);
		assert_int_equal(a.index, 4);

		assert_int_equal(answer(s, &s->neighbor, s->neighbor.len, SEQ, &a), 1);
		assert_int_equal(a.route.kind, OS_ROUTE_ON_LINK);
		assert_string_equal(a.route.gateway, "");
		assert_int_equal(a.link_len, 6);
		assert_int_equal(a.link[5], 5);
		assert_int_equal(a.route.mtu, 0);

		assert_int_equal(answer(s, &s->tunnel, s->tunnel.len, SEQ, &a), 1);
		assert_int_equal(a.route.kind, OS_ROUTE_GATEWAY);
		assert_string_equal(a.route.gateway, "fe80::1");
		assert_string_equal(a.route.interface, "utun3");
		assert_int_equal(a.route.tunnel, 1);
		assert_int_equal(a.route.mtu, 1280);

		assert_int_equal(answer(s, &s->local, s->local.len, SEQ, &a), 1);
		assert_int_equal(a.route.kind, OS_ROUTE_LOCAL);
		assert_int_equal(answer(s, &s->loopback, s->loopback.len, SEQ, &a), 1);
		assert_int_equal(a.route.kind, OS_ROUTE_LOCAL);
		assert_int_equal(a.route.tunnel, 0);
		assert_int_equal(answer(s, &s->reject, s->reject.len, SEQ, &a), 1);
		assert_int_equal(a.route.kind, OS_ROUTE_UNKNOWN);
		assert_int_equal(answer(s, &s->none, s->none.len, SEQ, &a), 1);
		assert_int_equal(a.route.kind, OS_ROUTE_UNKNOWN);
	}
}

/*
 * Not laid out, but told by the network code of NetBSD (7.99.34) to process 1: the route to an
 * address behind a router, the link address of that router, and that of a host that is not there.
 */
#define SHMIF0 \
	20, 18, 2, 0, 6, 6, 6, 0, 's', 'h', 'm', 'i', 'f', '0', 0xb2, 0xa0, 0x92, 0xe8, 0x3e, 0x3e
static const unsigned char netbsd_route[200] = {
	200, 0, 4, 4, 2, 0, 0, 0, 0x43, 8, 0, 0, 0x37, 0, 0, 0, 1, 0, 0, 0, 3,
	[120] = 16, 2, [136] = 16, 2, 0, 0, 10, 0, 0, 2, [160] = SHMIF0,
	[184] = 16, 2, 0, 0, 10, 0, 0, 1
}, netbsd_link[192] = {
	192, 0, 4, 4, 2, 0, 0, 0, 0x41, 5, 0, 0, 0x33, 0, 0, 0, 1, 0, 0, 0, 3,
	[104] = 0xa2, 0x8e, 0x0c, 0x6b, [120] = 16, 2, 0, 0, 10, 0, 0, 2,
	[136] = 14, 18, 2, 0, 6, 0, 6, 0, 0xb2, 0xa0, 0xe7, 0xb0, 0xbd, 0x45, [152] = SHMIF0,
	[176] = 16, 2, 0, 0, 10, 0, 0, 1
}, netbsd_nobody[192] = {
	192, 0, 4, 4, 2, 0, 0, 0, 0x41, 5, 0, 0, 0x33, 0, 0, 0, 1, 0, 0, 0, 3,
	[104] = 0xa2, 0x8e, 0x0c, 0x6b, [120] = 16, 2, 0, 0, 10, 0, 0, 99,
	[136] = 14, 18, 2, 0, 6, [152] = SHMIF0, [176] = 16, 2, 0, 0, 10, 0, 0, 1
};

static void
test_netbsd(void **state)
{
	struct route_answer	 a;
	struct route_layout	 layout;
	const struct samples	*s = samples;

	(void)state;
	if (foreign())
		return;
	while (strcmp(s->system, "netbsd") != 0)
		s++;
	layout = route_layout(s);
#define ANSWER(bytes) \
	route_message_answer(&layout, (const char *)bytes, sizeof(bytes), 1, SEQ, &a)
	assert_int_equal(ANSWER(netbsd_route), 1);
	assert_int_equal(a.route.kind, OS_ROUTE_GATEWAY);
	assert_string_equal(a.route.gateway, "10.0.0.2");
	assert_string_equal(a.route.interface, "shmif0");
	assert_int_equal(a.route.tunnel, 0);
	assert_int_equal(a.index, 2);
	assert_int_equal(ANSWER(netbsd_link), 1);
	assert_int_equal(a.route.kind, OS_ROUTE_ON_LINK);
	assert_int_equal(a.link_len, 6);
	assert_memory_equal(a.link, netbsd_link + 144, 6);
	assert_int_equal(ANSWER(netbsd_nobody), 1);
	assert_int_equal(a.link_len, 0);
}

/* A neighbor that does not answer: macOS and OpenBSD say so in its own entry of the table. */
static void
test_mute_neighbor(void **state)
{
	struct route_answer	 a;
	struct route_layout	 layout;
	const struct samples	*s;
	char			 bytes[512];

	(void)state;
	for (s = samples; s < samples + COUNT(samples) && !foreign(); s++) {
		layout = route_layout(s);
		memcpy(bytes, s->neighbor.bytes, s->neighbor.len);
		/* RTF_REJECT and RTF_LLINFO */
		layout_put(bytes, &layout.flags, layout_number(bytes, s->neighbor.len,
		    &layout.flags) | 0x408);
		assert_int_equal(route_message_answer(&layout, bytes, s->neighbor.len, PID, SEQ, &a),
		    1);
		assert_int_equal(a.route.kind, OS_ROUTE_ON_LINK);
		assert_string_equal(a.route.interface, "en0");
		/* RTF_BLACKHOLE */
		layout_put(bytes, &layout.flags, layout_number(bytes, s->neighbor.len,
		    &layout.flags) | 0x1000);
		assert_int_equal(route_message_answer(&layout, bytes, s->neighbor.len, PID, SEQ, &a),
		    1);
		assert_int_equal(a.route.kind, OS_ROUTE_UNKNOWN);
	}
}

/* What others asked, what is no answer, and what is cut short. */
static void
test_others(void **state)
{
	struct route_answer	 a;
	struct route_layout	 layout;
	const struct samples	*s;
	char			 bytes[512];
	size_t			 len;

	(void)state;
	for (s = samples; s < samples + COUNT(samples) && !foreign(); s++) {
		layout = route_layout(s);
		assert_int_equal(answer(s, &s->gateway, s->gateway.len, SEQ + 1, &a), 0);
		assert_int_equal(answer(s, &s->gone, s->gone.len, SEQ, &a), 0);
		for (len = 0; len < s->gateway.len; len++)
			assert_int_equal(answer(s, &s->gateway, len, SEQ, &a), 0);
		/* The header says so, too: what is left of the addresses is read. */
		memcpy(bytes, s->gateway.bytes, s->gateway.len);
		for (len = 0; len < s->gateway.len; len++) {
			bytes[0] = (char)len;
			bytes[1] = 0;
			if (len > 255)
				break;
			route_message_answer(&layout, bytes, s->gateway.len, PID, SEQ, &a);
			assert_true(len >= layout.header_bytes ||
			    a.route.kind == OS_ROUTE_UNKNOWN);
		}
		memcpy(bytes, s->gateway.bytes, s->gateway.len);
		bytes[2]++;
		assert_int_equal(route_message_answer(&layout, bytes, s->gateway.len, PID, SEQ, &a),
		    0);
	}
}

static void
test_news(void **state)
{
	/* RTM_ADD, RTM_DELETE, RTM_CHANGE, RTM_LOSING, RTM_MISS */
	static const struct {
		char		type;
		enum os_address	news;
	}			 types[] = { { 1, OS_ADDRESS_SAME }, { 2, OS_ADDRESS_SAME },
				    { 3, OS_ADDRESS_SAME }, { 5, OS_ADDRESS_QUIET },
				    { 7, OS_ADDRESS_QUIET } };
	struct sockaddr_storage	 own, other, link;
	struct route_layout	 layout;
	const struct samples	*s;
	char			 bytes[ROUTE_MESSAGE_MAX];
	size_t			 i;
	int			 lost;

	(void)state;
	assert_true(addr_literal("198.51.100.9", 22, &own) > 0);
	assert_true(addr_literal("198.51.100.255", 22, &other) > 0);
	memset(&link, 0, sizeof(link));
	link.ss_family = AF_INET6;
	((struct sockaddr_in6 *)&link)->sin6_addr.s6_addr[0] = 0xfe;
	((struct sockaddr_in6 *)&link)->sin6_addr.s6_addr[1] = 0x80;
	((struct sockaddr_in6 *)&link)->sin6_addr.s6_addr[15] = 2;
	for (s = samples; s < samples + COUNT(samples) && !foreign(); s++) {
		layout = route_layout(s);
		lost = 0;
#define NEWS(which, address) \
	route_message_news(&layout, (const char *)s->which.bytes, s->which.len, \
	    (struct sockaddr *)&address, &lost)
		assert_int_equal(NEWS(gone, own), OS_ADDRESS_GONE);
		assert_int_equal(NEWS(gone, other), OS_ADDRESS_SAME);
		assert_int_equal(NEWS(gone, link), OS_ADDRESS_SAME);
		assert_int_equal(NEWS(come, link), OS_ADDRESS_BACK);
		assert_int_equal(NEWS(come, own), OS_ADDRESS_SAME);
		/* What somebody asked, and this very program, is no news. */
		assert_int_equal(NEWS(gateway, own), OS_ADDRESS_QUIET);
		memcpy(bytes, s->gateway.bytes, s->gateway.len);
		for (i = 0; i < COUNT(types); i++) {
			bytes[3] = types[i].type;
			assert_int_equal(route_message_news(&layout, bytes, s->gateway.len,
			    (struct sockaddr *)&own, &lost), types[i].news);
		}
		assert_int_equal(lost, 0);
	}
}

static const struct samples *
freebsd(void)
{
	const struct samples	*s = samples;

	while (strcmp(s->system, "freebsd") != 0)
		s++;
	return (s);
}

/* What FreeBSD 13.2 said as 10.0.0.1 went, while 10.0.0.9 of the same network stayed. */
static void
test_network_gone(void **state)
{
	char			bytes[200] = {
		[0] = (char)200, 0, 5, 2, 2, 0, 0, 0, 0x40, 0, 0x10, 0, 7,
		[152] = 16, 2, 0, 0, 10, 0, 0, 0,
		[168] = 16, 18, 2, 0, 6,
		[184] = 16, 2, 0, 0, (char)255, (char)255, (char)255, 0
	};
	struct route_layout	layout = route_layout(freebsd());
	struct sockaddr_storage	own;
	size_t			len;
	int			lost = 0;

	(void)state;
	if (foreign())
		return;
	assert_true(addr_literal("10.0.0.1", 22, &own) > 0);
#define GONE(len) \
	route_message_news(&layout, bytes, (len), (struct sockaddr *)&own, &lost)
	for (len = 0; len < sizeof(bytes); len++)
		assert_int_equal(GONE(len), OS_ADDRESS_QUIET);
	assert_int_equal(lost, 0);
	assert_int_equal(GONE(sizeof(bytes)), OS_ADDRESS_SAME);
	assert_int_equal(lost, 1);
	/* A host's route, a router's, and one that comes. */
	lost = 0;
	bytes[8] = 0x44;
	GONE(sizeof(bytes));
	bytes[8] = 0x42;
	GONE(sizeof(bytes));
	bytes[8] = 0x40;
	bytes[3] = 1;
	assert_int_equal(GONE(sizeof(bytes)), OS_ADDRESS_SAME);
	/* A neighbor is found, or forgotten; there is no route to a destination. */
	bytes[9] = 4;
	assert_int_equal(GONE(sizeof(bytes)), OS_ADDRESS_QUIET);
	bytes[3] = 2;
	assert_int_equal(GONE(sizeof(bytes)), OS_ADDRESS_QUIET);
	bytes[9] = 0;
	bytes[3] = 7;
	assert_int_equal(GONE(sizeof(bytes)), OS_ADDRESS_QUIET);
	assert_int_equal(lost, 0);
}

/* What FreeBSD 13.2 said of a server that reads nothing, before its window was filled up. */
static void
test_tcp_full(void **state)
{
	const unsigned char	bytes[236] = {
		[0] = 4, [5] = 7, [16] = 200, [68] = 0x4f, 0x12, [100] = 128
	};
	struct tcp_layout	layout;
	struct os_tcp		tcp;

	(void)state;
	if (foreign())
		return;
	memcpy(&layout, freebsd()->layout_tcp.bytes, sizeof(layout));
	assert_int_equal(tcp_report(&layout, bytes, sizeof(bytes), 57224, &tcp), 0);
	assert_int_equal(tcp.open, 1);
	assert_int_equal(tcp.send_bytes, 200);
	assert_int_equal(tcp.rtt_ms, 5);
	assert_int_equal(tcp.no_room, 1);
	assert_int_equal(tcp_report(&layout, bytes, sizeof(bytes), 0, &tcp), 0);
	assert_int_equal(tcp.no_room, 0);
}

static void
test_tcp(void **state)
{
	const struct samples	*s;
	struct tcp_layout	 layout;
	struct os_tcp		 tcp;
	int			 mac, bsd;

	(void)state;
	for (s = samples; s < samples + COUNT(samples) && !foreign(); s++) {
		mac = strcmp(s->system, "macos") == 0;
		bsd = strcmp(s->system, "openbsd") == 0;
		assert_int_equal(s->layout_tcp.len, sizeof(layout));
		memcpy(&layout, s->layout_tcp.bytes, sizeof(layout));
		assert_int_equal(tcp_report(&layout, s->tcp.bytes, s->tcp.len, 777, &tcp), 0);
		assert_int_equal(tcp.open, 1);
		assert_int_equal(tcp.waiting_bytes, 777);
		assert_int_equal(tcp.send_bytes, 1460);
		assert_int_equal(tcp.option_bytes, 12);
		assert_int_equal(tcp.rtt_ms, 41);
		assert_int_equal(tcp.retransmitted, 3);
		assert_int_equal(tcp.behind, 5);
		assert_int_equal(tcp.gap, 0);
		assert_int_equal(tcp.no_room, 0);
		assert_int_equal(tcp.ack_ms, -1);
		assert_true(tcp.acked_bytes == -1);
		assert_true(tcp.received_bytes == (mac ? 123456789012 : 0));
		assert_int_equal(tcp_report(&layout, s->tcp_closed.bytes, s->tcp_closed.len, 777, &tcp),
		    0);
		assert_int_equal(tcp.open, 0);
		assert_int_equal(tcp.no_room, 1);
		assert_int_equal(tcp.option_bytes, 0);
		assert_int_equal(tcp.send_bytes, 1460);
		/* An older kernel tells less. */
		assert_int_equal(tcp_report(&layout, s->tcp.bytes, 28, 777, &tcp), -1);
		if (s->tcp_kept.bytes != NULL)
			assert_int_equal(tcp_report(&layout, s->tcp_kept.bytes, s->tcp_kept.len,
			    0, &tcp), bsd ? -1 : 0);
	}
}

static void
test_arguments(void **state)
{
	const struct {
		int	count;
		char	text[48];
	}		counted = { 2, "/bin/tailscaled\0\0\0tailscaled\0--tun=x\0A=B" };
	struct {
		const char	*list[3];
		char		 text[24];
	}		pointed = { { "a", "b", NULL }, "tailscaled\0--tun=x" };
	char		to[64];
	size_t		len;

	(void)state;
	assert_int_equal(process_args_counted((const char *)&counted, sizeof(counted), to,
	    sizeof(to)), 19);
	assert_memory_equal(to, "tailscaled\0--tun=x", 19);
	assert_int_equal(process_args_counted((const char *)&counted, sizeof(counted), to, 5), 5);
	for (len = 0; len < 22; len++)
		assert_int_equal(process_args_counted((const char *)&counted, len, to, sizeof(to)),
		    -1);
	assert_int_equal(process_args_pointed((const char *)&pointed, sizeof(pointed.list) + 19, to,
	    sizeof(to)), 19);
	assert_memory_equal(to, "tailscaled\0--tun=x", 19);
	assert_int_equal(process_args_pointed((const char *)&pointed, sizeof(pointed), to, 5), 5);
	for (len = 0; len <= sizeof(pointed.list); len++)
		assert_int_equal(process_args_pointed((const char *)&pointed, len, to, sizeof(to)),
		    -1);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_question),
		cmocka_unit_test(test_question_zone),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_netbsd),
		cmocka_unit_test(test_mute_neighbor),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_news),
		cmocka_unit_test(test_network_gone),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_tcp_full),
		cmocka_unit_test(test_arguments),
	};

	return (cmocka_run_group_tests_name("layouts", tests, NULL, NULL));
}
