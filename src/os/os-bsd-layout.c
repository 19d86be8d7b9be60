/* SPDX-License-Identifier: ISC */
/* Where macOS and the BSDs have what is in routing messages and TCP_INFO, by their own headers. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <net/if.h>
#include <net/if_dl.h>
#include <net/if_types.h>
#include <net/route.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "os/os-bsd-layout.h"

/* What route-message.c takes for the same everywhere. */
_Static_assert(AF_INET == 2 && AF_LINK == 18 && RTAX_DST == 0 && RTAX_GATEWAY == 1 &&
    RTAX_IFP == 4 && RTAX_IFA == 5 && RTF_UP == 0x1 && RTF_GATEWAY == 0x2 && RTF_HOST == 0x4 &&
    RTF_REJECT == 0x8 && RTF_BLACKHOLE == 0x1000 && IFT_LOOP == 24 && RTM_DELETE == 2 &&
    RTM_CHANGE == 3 && RTM_LOSING == 5 && RTM_MISS == 7, "a number differs");
#ifdef RTF_LLINFO
_Static_assert(RTF_LLINFO == 0x400, "a number differs");
#else
_Static_assert(RTF_LLDATA == 0x400, "a number differs");
#endif
_Static_assert(offsetof(struct rt_msghdr, rtm_msglen) == 0 &&
    offsetof(struct rt_msghdr, rtm_version) == 2 && offsetof(struct rt_msghdr, rtm_type) == 3 &&
    offsetof(struct ifa_msghdr, ifam_type) == 3 && offsetof(struct sockaddr_in, sin_addr) == 4 &&
    sizeof(struct sockaddr_in) == 16 && offsetof(struct sockaddr_in6, sin6_addr) == 8 &&
    offsetof(struct sockaddr_in6, sin6_scope_id) == 24 && sizeof(struct sockaddr_in6) == 28 &&
    offsetof(struct sockaddr_dl, sdl_nlen) == 5 && offsetof(struct sockaddr_dl, sdl_alen) == 6 &&
    offsetof(struct sockaddr_dl, sdl_data) == 8, "a place differs");

#if defined(__APPLE__)
#define STEP	sizeof(uint32_t)
#elif defined(__NetBSD__)
#define STEP	sizeof(uint64_t)	/* RT_ROUNDUP */
#else
#define STEP	sizeof(long)		/* SA_SIZE of FreeBSD */
#endif

const struct route_layout os_route_layout = {
	.version = RTM_VERSION,
	.get = RTM_GET,
	.newaddr = RTM_NEWADDR,
	.deladdr = RTM_DELADDR,
#ifdef RTM_DESYNC
	.lost = RTM_DESYNC,
#endif
	.step = STEP,
	.family6 = AF_INET6,
#ifdef __FreeBSD__
	.zoned = 1,
#endif
	.header_bytes = sizeof(struct rt_msghdr),
	.news_bytes = sizeof(struct ifa_msghdr),
	.link_bytes = sizeof(struct sockaddr_dl),
#ifdef __OpenBSD__
	.hdrlen = LAYOUT_FIELD(struct rt_msghdr, rtm_hdrlen),
	.news_hdrlen = LAYOUT_FIELD(struct ifa_msghdr, ifam_hdrlen),
#endif
	.index = LAYOUT_FIELD(struct rt_msghdr, rtm_index),
	.flags = LAYOUT_FIELD(struct rt_msghdr, rtm_flags),
	.addrs = LAYOUT_FIELD(struct rt_msghdr, rtm_addrs),
	.pid = LAYOUT_FIELD(struct rt_msghdr, rtm_pid),
	.seq = LAYOUT_FIELD(struct rt_msghdr, rtm_seq),
	.error = LAYOUT_FIELD(struct rt_msghdr, rtm_errno),
	.mtu = LAYOUT_FIELD(struct rt_msghdr, rtm_rmx.rmx_mtu),
	.news_addrs = LAYOUT_FIELD(struct ifa_msghdr, ifam_addrs),
#ifdef __NetBSD__
	.ask_link = RTF_LLDATA,
#else
	.ask_link = RTF_UP,
#endif
	.local = RTF_LOCAL
};

#ifdef __APPLE__

/* Times are in milliseconds. */
#define CONNECTION(member)	LAYOUT_FIELD(struct tcp_connection_info, member)

const struct tcp_layout os_tcp_layout = {
	.established = 4,		/* TCPS_ESTABLISHED, which is in the kernel's header */
	.timestamps = TCPCI_OPT_TIMESTAMPS,
	.rtt_per_ms = 1,
	.state = CONNECTION(tcpi_state),
	.options = CONNECTION(tcpi_options),
	.mss = CONNECTION(tcpi_maxseg),
	.window = CONNECTION(tcpi_snd_wnd),
	.rtt = CONNECTION(tcpi_srtt),
	.waiting = CONNECTION(tcpi_snd_sbbytes),
	.retransmitted = CONNECTION(tcpi_txretransmitpackets),
	.behind = CONNECTION(tcpi_rxoutoforderbytes),
	.received = CONNECTION(tcpi_rxbytes)
};

#else

/* Times are in microseconds; what waits is asked for by FIONWRITE, where there is that. */
#define INFO(member)	LAYOUT_FIELD(struct tcp_info, member)

const struct tcp_layout os_tcp_layout = {
	.established = 4,		/* TCPS_ESTABLISHED */
	.timestamps = TCPI_OPT_TIMESTAMPS,
#ifdef __NetBSD__
	/* Its unit is 1/64 s, which it takes for 1/8 of 10 ms: 12.5 times too little. */
	.rtt_per_ms = 80,
#else
	.rtt_per_ms = 1000,
#endif
	.state = INFO(tcpi_state),
	.options = INFO(tcpi_options),
	.mss = INFO(tcpi_snd_mss),
	.window = INFO(tcpi_snd_wnd),
	.rtt = INFO(tcpi_rtt),
#ifdef __OpenBSD__
	/* What stands behind tcpi_rcv_space is root's to see. */
	.told = INFO(tcpi_so_snd_sb_hiwat),
	.waiting = INFO(tcpi_so_snd_sb_cc),
#endif
#ifdef __FreeBSD__
	.whole = 1,
#endif
	.retransmitted = INFO(tcpi_snd_rexmitpack),
	.behind = INFO(tcpi_rcv_ooopack)
};

#endif
