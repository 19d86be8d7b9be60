/* SPDX-License-Identifier: ISC */
/* Fuzz target: what macOS and the BSDs tell of routes, addresses, connections and processes. */

#include <netinet/in.h>

#include <stdint.h>
#include <string.h>

#include "os/process-args.h"
#include "os/route-message.h"
#include "os/tcp-report.h"
#include "../layouts/samples.h"

#define PID	4711
#define SEQ	3

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The first byte says whose layout. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	struct sockaddr_in6	 sin6 = { .sin6_family = AF_INET6 };
	const struct samples	*s;
	struct route_layout	 route;
	struct route_answer	 answer;
	struct tcp_layout	 info;
	struct os_tcp		 tcp;
	const char		*bytes = (const char *)data + 1;
	char			 to[64];
	int			 lost = 0;

	if (size == 0)
		return (0);
	s = &samples[data[0] % (sizeof(samples) / sizeof(samples[0]))];
	memcpy(&route, s->layout_route.bytes, sizeof(route));
	memcpy(&info, s->layout_tcp.bytes, sizeof(info));
	size--;
	route_message_answer(&route, bytes, size, PID, SEQ, &answer);
	if (memchr(answer.route.interface, '\0', sizeof(answer.route.interface)) == NULL ||
	    memchr(answer.route.gateway, '\0', sizeof(answer.route.gateway)) == NULL ||
	    answer.route.mtu < 0 || answer.link_len > (int)sizeof(answer.link))
		__builtin_trap();
	route_message_news(&route, bytes, size, (struct sockaddr *)&sin, &lost);
	route_message_news(&route, bytes, size, (struct sockaddr *)&sin6, &lost);
	if (tcp_report(&info, bytes, size, 0, &tcp) == 0 && (tcp.rtt_ms <= 0 || tcp.send_bytes < 0))
		__builtin_trap();
	process_args_counted(bytes, size, to, sizeof(to));
	process_args_pointed(bytes, size, to, sizeof(to));
	return (0);
}
