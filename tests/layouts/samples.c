/* SPDX-License-Identifier: ISC */
/*
 * Messages of the routing socket and answers of TCP_INFO, laid out by the headers of the system
 * that this is compiled for; tests/layouts/compare takes their bytes from the object file.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <net/if.h>
#include <net/if_dl.h>
#include <net/if_types.h>
#include <net/route.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <stdint.h>

#include "os/os-bsd-layout.c"

/* Room for an address, as far as the next one. */
#if defined(__APPLE__)
#define ROOM(size)	(((size) + 3) / 4 * 4)
#elif defined(__NetBSD__)
#define ROOM(size)	RT_ROUNDUP(size)
#else
#define ROOM(size)	(((size) + sizeof(long) - 1) / sizeof(long) * sizeof(long))
#endif
#define PLACE(type, name)	union { type sa; char room[ROOM(sizeof(type))]; } name
#define SAMPLE(name, ...) \
	extern const __typeof__(__VA_ARGS__) sample_##name; \
	extern const uint32_t bytes_##name; \
	const uint32_t bytes_##name = sizeof(sample_##name); \
	const __typeof__(__VA_ARGS__) sample_##name =

#if defined(__OpenBSD__)
#define HEAD(type)	.rtm_version = RTM_VERSION, .rtm_type = type, .rtm_hdrlen = sizeof(struct rt_msghdr)
#define NEWS(type)	.ifam_version = RTM_VERSION, .ifam_type = type, .ifam_hdrlen = sizeof(struct ifa_msghdr)
#else
#define HEAD(type)	.rtm_version = RTM_VERSION, .rtm_type = type
#define NEWS(type)	.ifam_version = RTM_VERSION, .ifam_type = type
#endif
#define PID		4711
#define SEQ		3

#ifdef __NetBSD__
#define LINK(iftype, n, a, ...)	{ .sdl_len = sizeof(struct sockaddr_dl), .sdl_family = AF_LINK, .sdl_index = 4, \
	.sdl_addr = { .dl_type = iftype, .dl_nlen = n, .dl_alen = a, .dl_data = __VA_ARGS__ } }
#else
#define LINK(iftype, n, a, ...)	{ .sdl_len = sizeof(struct sockaddr_dl), .sdl_family = AF_LINK, .sdl_index = 4, \
	.sdl_type = iftype, .sdl_nlen = n, .sdl_alen = a, .sdl_data = __VA_ARGS__ }
#endif
#define ETHER	LINK(IFT_ETHER, 3, 6, { 'e', 'n', '0', 2, 0, 0, 0, 0, 7 })
#define IP4(a, b, c, d)	{ .sin_len = sizeof(struct sockaddr_in), .sin_family = AF_INET, \
	.sin_addr = { .s_addr = (uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24 } }

/* A question about 192.0.2.7. */
struct question {
	struct rt_msghdr		header;
	PLACE(struct sockaddr_in,	to);
	PLACE(struct sockaddr_dl,	link);
};
SAMPLE(question, struct question) {
	.header = { .rtm_msglen = sizeof(struct question), HEAD(RTM_GET), .rtm_flags = RTF_UP,
	    .rtm_addrs = RTA_DST | RTA_IFP, .rtm_pid = PID, .rtm_seq = SEQ },
	.to.sa = IP4(192, 0, 2, 7),
	.link.sa = { .sdl_len = sizeof(struct sockaddr_dl), .sdl_family = AF_LINK }
};

/* Behind a router: the mask of the default route is empty, which takes one step. */
struct gateway {
	struct rt_msghdr		header;
	PLACE(struct sockaddr_in,	to);
	PLACE(struct sockaddr_in,	gateway);
	char				mask[ROOM(1)];
	PLACE(struct sockaddr_dl,	link);
	PLACE(struct sockaddr_in,	own);
};
SAMPLE(gateway, struct gateway) {
	.header = { .rtm_msglen = sizeof(struct gateway), HEAD(RTM_GET),
	    .rtm_addrs = RTA_DST | RTA_GATEWAY | RTA_NETMASK | RTA_IFP | RTA_IFA, .rtm_index = 4,
	    .rtm_flags = RTF_UP | RTF_GATEWAY | RTF_DONE | RTF_STATIC, .rtm_pid = PID, .rtm_seq = SEQ,
	    .rtm_rmx = { .rmx_mtu = 1420 } },
	.to.sa = IP4(0, 0, 0, 0),
	.gateway.sa = IP4(198, 51, 100, 1),
	.link.sa = ETHER,
	.own.sa = IP4(198, 51, 100, 9)
};

/* A neighbor, whose link address is with the route. */
struct neighbor {
	struct rt_msghdr		header;
	PLACE(struct sockaddr_in,	to);
	PLACE(struct sockaddr_dl,	gateway);
	PLACE(struct sockaddr_dl,	link);
};
SAMPLE(neighbor, struct neighbor) {
	.header = { .rtm_msglen = sizeof(struct neighbor), HEAD(RTM_GET),
	    .rtm_addrs = RTA_DST | RTA_GATEWAY | RTA_IFP, .rtm_index = 4,
	    .rtm_flags = RTF_UP | RTF_HOST | RTF_DONE, .rtm_pid = PID, .rtm_seq = SEQ },
	.to.sa = IP4(198, 51, 100, 5),
	.gateway.sa = LINK(IFT_ETHER, 0, 6, { 2, 0, 0, 0, 0, 5 }),
	.link.sa = ETHER
};

/* A tunnel, over IPv6, with a router of this link. */
struct tunnel {
	struct rt_msghdr		header;
	PLACE(struct sockaddr_in6,	to);
	PLACE(struct sockaddr_in6,	gateway);
	PLACE(struct sockaddr_dl,	link);
};
SAMPLE(tunnel, struct tunnel) {
	.header = { .rtm_msglen = sizeof(struct tunnel), HEAD(RTM_GET),
	    .rtm_addrs = RTA_DST | RTA_GATEWAY | RTA_IFP, .rtm_index = 9,
	    .rtm_flags = RTF_UP | RTF_GATEWAY | RTF_DONE, .rtm_pid = PID, .rtm_seq = SEQ,
	    .rtm_rmx = { .rmx_mtu = 1280 } },
	.to.sa = { .sin6_len = sizeof(struct sockaddr_in6), .sin6_family = AF_INET6,
	    .sin6_addr = { { { 0x20, 1, 0xd, 0xb8 } } } },
	.gateway.sa = { .sin6_len = sizeof(struct sockaddr_in6), .sin6_family = AF_INET6,
	    .sin6_addr = { { { 0xfe, 0x80, 0, 9, [15] = 1 } } } },
	.link.sa = LINK(IFT_PPP, 5, 0, { 'u', 't', 'u', 'n', '3' })
};

struct local {
	struct rt_msghdr		header;
	PLACE(struct sockaddr_in,	to);
	PLACE(struct sockaddr_dl,	link);
};
SAMPLE(local, struct local) {
	.header = { .rtm_msglen = sizeof(struct local), HEAD(RTM_GET), .rtm_addrs = RTA_DST | RTA_IFP,
	    .rtm_flags = RTF_UP | RTF_HOST | RTF_LOCAL, .rtm_pid = PID, .rtm_seq = SEQ },
	.to.sa = IP4(198, 51, 100, 9),
	.link.sa = ETHER
};
SAMPLE(loopback, struct local) {
	.header = { .rtm_msglen = sizeof(struct local), HEAD(RTM_GET), .rtm_addrs = RTA_DST | RTA_IFP,
	    .rtm_flags = RTF_UP | RTF_HOST, .rtm_pid = PID, .rtm_seq = SEQ },
	.to.sa = IP4(127, 0, 0, 1),
	.link.sa = LINK(IFT_LOOP, 3, 0, { 'l', 'o', '0' })
};
SAMPLE(reject, struct local) {
	.header = { .rtm_msglen = sizeof(struct local), HEAD(RTM_GET), .rtm_addrs = RTA_DST | RTA_IFP,
	    .rtm_flags = RTF_UP | RTF_REJECT, .rtm_pid = PID, .rtm_seq = SEQ },
	.to.sa = IP4(192, 0, 2, 7),
	.link.sa = LINK(IFT_LOOP, 3, 0, { 'l', 'o', '0' })
};
SAMPLE(none, struct local) {
	.header = { .rtm_msglen = sizeof(struct local), HEAD(RTM_GET), .rtm_addrs = RTA_DST | RTA_IFP,
	    .rtm_flags = RTF_UP, .rtm_pid = PID, .rtm_seq = SEQ, .rtm_errno = ESRCH },
	.to.sa = IP4(192, 0, 2, 7)
};

/* The address 198.51.100.9 goes, and fe80::2 comes. */
struct news4 {
	struct ifa_msghdr		header;
	PLACE(struct sockaddr_in,	mask);
	PLACE(struct sockaddr_dl,	link);
	PLACE(struct sockaddr_in,	own);
	PLACE(struct sockaddr_in,	broadcast);
};
SAMPLE(gone, struct news4) {
	.header = { .ifam_msglen = sizeof(struct news4), NEWS(RTM_DELADDR), .ifam_index = 4,
	    .ifam_addrs = RTA_NETMASK | RTA_IFP | RTA_IFA | RTA_BRD },
	.mask.sa = IP4(255, 255, 255, 0),
	.link.sa = ETHER,
	.own.sa = IP4(198, 51, 100, 9),
	.broadcast.sa = IP4(198, 51, 100, 255)
};
struct news6 {
	struct ifa_msghdr		header;
	PLACE(struct sockaddr_in6,	mask);
	PLACE(struct sockaddr_dl,	link);
	PLACE(struct sockaddr_in6,	own);
};
SAMPLE(come, struct news6) {
	.header = { .ifam_msglen = sizeof(struct news6), NEWS(RTM_NEWADDR), .ifam_index = 4,
	    .ifam_addrs = RTA_NETMASK | RTA_IFP | RTA_IFA },
	.mask.sa = { .sin6_len = sizeof(struct sockaddr_in6), .sin6_family = AF_INET6 },
	.link.sa = ETHER,
	.own.sa = { .sin6_len = sizeof(struct sockaddr_in6), .sin6_family = AF_INET6,
	    .sin6_addr = { { { 0xfe, 0x80, 0, 4, [15] = 2 } } } }
};

/* A connection with segments of 1448 bytes besides 12 of options, 40 ms away, that lost three. */
#ifdef __APPLE__
SAMPLE(tcp, struct tcp_connection_info) {
	.tcpi_state = 4, .tcpi_options = TCPCI_OPT_TIMESTAMPS | TCPCI_OPT_SACK, .tcpi_maxseg = 1448,
	.tcpi_snd_wnd = 65536, .tcpi_snd_sbbytes = 777, .tcpi_srtt = 40, .tcpi_txretransmitpackets = 3,
	.tcpi_rxoutoforderbytes = 5, .tcpi_rxbytes = 123456789012
};
SAMPLE(tcp_closed, struct tcp_connection_info) {
	.tcpi_state = 5, .tcpi_maxseg = 1460, .tcpi_snd_sbbytes = 777, .tcpi_srtt = 0
};
#else
SAMPLE(tcp, struct tcp_info) {
	.tcpi_state = 4, .tcpi_options = TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK, .tcpi_snd_wnd = 65536,
	.tcpi_snd_rexmitpack = 3, .tcpi_rcv_ooopack = 5,
#if defined(__OpenBSD__)
	.tcpi_rtt = 40000, .tcpi_snd_mss = 1448, .tcpi_so_snd_sb_cc = 777, .tcpi_so_snd_sb_hiwat = 16384
#elif defined(__NetBSD__)
	.tcpi_rtt = 3200, .tcpi_snd_mss = 1448	/* in units of its own */
#else
	.tcpi_rtt = 40000, .tcpi_snd_mss = 1460
#endif
};
SAMPLE(tcp_closed, struct tcp_info) {
	.tcpi_state = 5, .tcpi_snd_mss = 1460,
#ifdef __OpenBSD__
	.tcpi_so_snd_sb_cc = 777, .tcpi_so_snd_sb_hiwat = 16384
#endif
};
/* Without privilege, the rest is 0. */
SAMPLE(tcp_kept, struct tcp_info) {
	.tcpi_state = 4, .tcpi_snd_mss = 1448, .tcpi_rtt = 40000
};
#endif

extern const uint32_t	bytes_layout_route, bytes_layout_tcp;
const uint32_t	bytes_layout_route = sizeof(struct route_layout);
const uint32_t	bytes_layout_tcp = sizeof(struct tcp_layout);
