/* SPDX-License-Identifier: ISC */
/* Names to addresses, without standing still. */

#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "base/code.h"

struct addrinfo;
struct event_base;
struct resolve;

/*
 * The address of a numeric host (IPv6 zones included), at once. 0 and the list, or an EAI_ code: EAI_NONAME says that
 * the host is a name. Family is AF_UNSPEC, AF_INET or AF_INET6.
 */
int	resolve_literal(const char *, int, int, struct addrinfo **);

/*
 * Ask getaddrinfo(3) for host and port in a thread: no portable interface to the system's resolver is asynchronous.
 * Exactly one callback, or resolve_cancel and none. The callback gets 0 and the list, which it frees with
 * freeaddrinfo(3), or an EAI_ code and NULL (errno is set for EAI_SYSTEM); the handle is gone by then.
 * NULL with errno set if no thread could be started.
 */
struct resolve	*resolve_start(struct event_base *, const char *, int, int, void (*)(int, struct addrinfo *, void *),
		    void *);
void	resolve_cancel(struct resolve *);
/* What an EAI_ code means: CODE_NAME_UNKNOWN, CODE_NAME_LOOKUP or CODE_NO_MEMORY. */
enum code	resolve_code(int eai);

#endif
