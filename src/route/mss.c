/* SPDX-License-Identifier: ISC */
/* Segment sizes: which to begin with, and which is next. */

#include <sys/types.h>
#include <sys/socket.h>

#include <stddef.h>

#include "base/addr.h"
#include "base/log.h"
#include "facts/env-wsl.h"
#include "os/os.h"
#include "route/mss.h"

/*
 * 960: a KEXINIT of OpenSSH's server (992 bytes from 10.0 on with one host key, up to 1168 before
 * with three) fills one such segment, so that its arrival proves the reverse path before anything
 * is committed. It costs about 2 % of the throughput. 768: for tunnels within tunnels that are
 * still worth more than the last. 536: every IPv4 host must take it (RFC 9293 3.7.1).
 */
static const int	mss_sizes[] = { 960, 768, MSS_LAST };

/* The first step of each class, and why. */
static const struct mss_class
	/* Nothing is between. */
	class_local = { "this machine", MSS_FULL, 0 },
	/*
	 * Its own MTU is known, that of what carries it is not: 1280 within 1280 loses whatever is
	 * larger than 1200.
	 */
	class_mesh = { "a mesh", 960, 1 },
	class_tunnel = { "a tunnel", 960, 1 },
	/* It was made small for a reason, and may not have made it small enough. */
	class_small = { "a link with a small MTU", 960, 1 },
	/*
	 * Windows is between, with adapters whose MTU is not that of the link (9000,
	 * microsoft/WSL#41419).
	 */
	class_wsl = { "a neighbor, under WSL", 960, 1 },
	/* Both are on one link, which takes what the MTU says unless it was set wrong. */
	class_link = { "a neighbor", MSS_FULL, 1 },
	/* Nobody knows what is on the way. */
	class_far = { "behind a router", 960, 1 };

#define ETHERNET_MTU	1500
#define MSS_LAST6	1220	/* what IPv6 has in its place, where the size cannot be chosen */

const struct mss_class *
mss_class(const struct sockaddr *sa, const struct os_route *route, int wsl)
{
	if (addr_is_loopback(sa) || route->kind == OS_ROUTE_LOCAL)
		return (&class_local);
	if (addr_is_tailnet(sa))
		return (&class_mesh);
	if (route->tunnel)
		return (&class_tunnel);
	if (route->mtu != 0 && route->mtu < ETHERNET_MTU)
		return (&class_small);
	if (route->kind != OS_ROUTE_ON_LINK)
		return (&class_far);
	return (wsl ? &class_wsl : &class_link);
}

int
mss_begin(const struct mss_steps *mss_steps, const struct mss_class *class,
    enum os_segments segments)
{
	int	mss_bytes = mss_steps->mss_bytes, cached_bytes = class->guarded ?
		    mss_steps->cached_bytes : 0;

	if (segments == OS_SEGMENTS_ANY && mss_bytes == MSS_AUTO)
		mss_bytes = class->first_bytes;
	/* What is not asked for in so many words is too dear here without a need. */
	if (mss_bytes == MSS_AUTO)
		mss_bytes = MSS_FULL;
	if (cached_bytes != 0 && (mss_bytes == MSS_FULL || cached_bytes < mss_bytes))
		mss_bytes = cached_bytes;
	return (mss_bytes != MSS_FULL && segments == OS_SEGMENTS_LEAST ? MSS_LAST : mss_bytes);
}

int
mss_first(const struct mss_steps *mss_steps, const struct sockaddr *sa, int *guarded)
{
	const struct mss_class	*class;
	struct os_route			 route;
	int				 mss_bytes;

	os_route(sa, &route);
	class = mss_class(sa, &route, route.kind == OS_ROUTE_ON_LINK && env_wsl(""));
	mss_bytes = mss_begin(mss_steps, class, os_segments());
	if (mss_bytes == MSS_FULL)
		log_debug(1, "%s: segments as the kernel has them", class->name);
	else
		log_debug(1, "%s: segments of %d bytes", class->name, mss_bytes);
	*guarded = class->guarded;
	return (mss_bytes);
}

int
mss_next(int mss_bytes, enum os_segments segments, int family)
{
	size_t	i;

	if (segments == OS_SEGMENTS_FIXED)
		return (0);
	if (segments == OS_SEGMENTS_LEAST)
		return (mss_bytes > (family == AF_INET6 ? MSS_LAST6 : MSS_LAST) ? MSS_LAST : 0);
	for (i = 0; i < sizeof(mss_sizes) / sizeof(mss_sizes[0]); i++)
		if (mss_sizes[i] < mss_bytes)
			return (mss_sizes[i]);
	return (0);
}

int
mss_reverse(const struct os_tcp *tcp)
{
	return (tcp->receive_bytes != 0 ? tcp->receive_bytes : tcp->send_bytes);
}

int
mss_packet(int mss_bytes, const struct sockaddr *sa)
{
	/* The headers of IP and TCP; options of TCP are within the segment. */
	return (mss_bytes + (sa->sa_family == AF_INET6 ? 60 : 40));
}
