/* SPDX-License-Identifier: ISC */
/* Names to addresses, without standing still. */

#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "base/code.h"

struct addrinfo;
struct event_base;
struct resolve;

/*
 * Parse a numeric host (IPv6 zones included) without a lookup. Return 0 and the list, which the
 * caller frees with freeaddrinfo(3), or an EAI_ code; EAI_NONAME means that the host is a name.
 * Family is AF_UNSPEC, AF_INET or AF_INET6.
 */
int	resolve_literal(const char *host, int port, int family, struct addrinfo **list);

/*
 * Of an IPv6 address with a zone, behind a percent sign, that names no interface of this machine:
 * the zone; of any other host NULL.
 */
const char *resolve_no_interface(const char *host);

/*
 * Ask getaddrinfo(3) for host and port in a thread: no portable interface to the system's resolver
 * is asynchronous. Exactly one callback, or resolve_cancel and none. The callback gets 0 and the
 * list, which it frees with freeaddrinfo(3), or an EAI_ code and NULL (errno is set for
 * EAI_SYSTEM); the handle is gone by then. Return NULL with errno set if there is no descriptor, or
 * no thread (EAGAIN), for it.
 */
struct resolve	*resolve_start(struct event_base *base, const char *host, int port, int family,
		    void (*cb)(int code, struct addrinfo *list, void *arg), void *arg);
void	resolve_cancel(struct resolve *resolve);
/* What an EAI_ code means: CODE_NAME_UNKNOWN or CODE_NAME_LOOKUP. */
enum code	resolve_code(int eai);

#endif
