/* SPDX-License-Identifier: ISC */
/* Probe: what resolvers say of the host. */

#include <sys/types.h>
#include <sys/socket.h>

#include <event2/event.h>

#include <netinet/in.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "catalogue/catalogue.h"
#include "facts/fact.h"
#include "net/interface.h"
#include "net/nat64.h"
#include "net/resolve.h"
#include "probe/probe-dns.h"
#include "probe/probe-net.h"

#define LONG_NAME	(2 * ADDR_HOST_MAX + 3)

/* One question to the system's resolver. */
struct lookup {
	struct event_base	*base;
	struct addrinfo		*list;		/* to be freed, or NULL */
	int			 code;
	int			 error;
	int			 over;
};

static void
lookup_cb(int code, struct addrinfo *list, void *arg)
{
	struct lookup	*l = arg;

	l->code = code;
	l->error = errno;
	l->list = list;
	l->over = 1;
	event_base_loopbreak(l->base);
}

/* Wait for an answer, of whatever kind, but no longer than until then. */
static void
lookup_run(struct lookup *l, const char *name, const struct probe_input *in, int64_t until_ms)
{
	int64_t		 left_ms = until_ms - clock_ms();
	struct timeval	 tv = clock_timeval(left_ms > 0 ? left_ms : 0);
	struct resolve	*resolve;

	memset(l, 0, sizeof(*l));
	if ((l->base = event_base_new()) == NULL)
		xalloc_fail();
	if ((resolve = resolve_start(l->base, name, in->port, AF_UNSPEC, lookup_cb, l)) != NULL) {
		event_base_loopexit(l->base, &tv);
		event_base_dispatch(l->base);
		if (!l->over)
			resolve_cancel(resolve);
	} else if (errno == EAGAIN)
		/* Without memory for a thread, nothing is known of the name. */
		xalloc_fail();
	else
		lookup_cb(EAI_SYSTEM, NULL, l);
	event_base_free(l->base);
}

static const char *
lookup_text(const struct lookup *l)
{
	if (!l->over)
		return ("no answer");
	return (l->code == EAI_SYSTEM ? strerror(l->error) : gai_strerror(l->code));
}

static enum code
lookup_code(const struct lookup *l)
{
	return (l->over ? resolve_code(l->code) : CODE_NAME_TIMEOUT);
}

/* The addresses of a list as texts. */
static json_t *
names_addresses(const struct addrinfo *list)
{
	json_t	*array = json_array();
	char	 text[ADDR_TEXT_MAX];

	for (; list != NULL && json_array_size(array) < PROBE_ADDRESSES_MAX; list = list->ai_next)
		fact_append_text(array, addr_text(list->ai_addr, list->ai_addrlen, text));
	return (array);
}

/* As every program on this machine would ask. 1 if the name is known, 0 if not. */
static int
names_system(json_t *facts, const struct probe_input *in)
{
	struct lookup	l;
	int64_t		began_ms = clock_ms();

	lookup_run(&l, in->host, in, began_ms + in->timeout_ms);
	fact_put_number(facts, "names.lookups.system.ms", clock_ms() - began_ms);
	if (l.list == NULL) {
		fact_put_text(facts, "names.lookups.system.code", code_row(lookup_code(&l))->name);
		fact_put_text(facts, "names.lookups.system.error", lookup_text(&l));
		return (0);
	}
	fact_put(facts, "names.lookups.system.addresses", names_addresses(l.list));
	freeaddrinfo(l.list);
	return (1);
}

/* With a final dot no search domain is tried. 1 if the name is known as it is, 0 if not. */
static int
names_known(const char *name, const struct probe_input *in, int64_t until_ms, json_t **addresses)
{
	struct lookup	l;
	char		dotted[LONG_NAME + 1];

	snprintf(dotted, sizeof(dotted), "%s.", name);
	if (strlen(dotted) > ADDR_HOST_MAX)
		return (0);
	lookup_run(&l, dotted, in, until_ms);
	if (l.list == NULL)
		return (0);
	if (addresses != NULL)
		*addresses = names_addresses(l.list);
	freeaddrinfo(l.list);
	return (1);
}

/*
 * The name is known only as another one: which search domain makes it one? Together no longer than
 * one question.
 */
static void
names_searched(json_t *facts, const struct probe_input *in)
{
	int64_t		 until_ms = clock_ms() + in->timeout_ms;
	const json_t	*search = fact_at(facts, "names.search");
	json_t		*addresses = NULL;
	const char	*domain;
	char		 name[LONG_NAME];
	size_t		 i;

	if (names_known(in->host, in, until_ms, NULL))
		return;
	for (i = 0; i < json_array_size(search) && i < 6 && clock_ms() < until_ms; i++) {
		if ((domain = json_string_value(json_array_get(search, i))) == NULL ||
		    !addr_host_ok(domain))
			continue;
		snprintf(name, sizeof(name), "%s.%s", in->host, domain);
		if (names_known(name, in, until_ms, &addresses)) {
			fact_put_text(facts, "names.lookups.searched.name", name);
			fact_put(facts, "names.lookups.searched.addresses", addresses);
			return;
		}
	}
}

/* Ask MagicDNS itself, so that a resolver that does not ask it is seen. */
static void
names_magicdns(json_t *facts, const struct probe_input *in)
{
	const char	*state = fact_text(facts, "tailscale.state");
	const char	*suffix = fact_text(facts, "tailscale.suffix");
	char		 name[LONG_NAME];

	if (state == NULL || strcmp(state, "up") != 0 || fact_truth(facts, "tailscale.tun") != 1 ||
	    fact_truth(facts, "tailscale.here") == 0)
		return;
	strlcpy(name, in->host, sizeof(name));
	if (strchr(in->host, '.') == NULL && suffix != NULL && addr_host_ok(suffix))
		snprintf(name, sizeof(name), "%s.%s", in->host, suffix);
	probe_dns(facts, "names.lookups.magicdns", "100.100.100.100", PROBE_DNS_PORT, name, in);
}

/* The addresses of IPv4 as the network's translator has them, if it has IPv6 alone. */
static void
names_nat64(json_t *facts, const struct probe_input *in)
{
	struct probe_addresses	 known;
	struct lookup		 l;
	struct nat64		 nat64;
	struct sockaddr_in6	 in6 = { .sin6_family = AF_INET6 };
	const struct addrinfo	*ai, *of;
	json_t			*list = json_array();
	char			 text[ADDR_TEXT_MAX];

	probe_addresses(&known, facts, in);
	for (of = known.count > 0 ? known.list : NULL; of != NULL; of = of->ai_next)
		if (interface_ipv6_alone(of->ai_addr, of->ai_addrlen))
			break;
	memset(&l, 0, sizeof(l));
	if (of != NULL)
		lookup_run(&l, NAT64_NAME, in, clock_ms() + in->timeout_ms);
	for (ai = l.list; of != NULL && ai != NULL && json_array_size(list) == 0; ai = ai->ai_next)
		if (ai->ai_family == AF_INET6 &&
		    nat64_prefix(&((struct sockaddr_in6 *)(void *)ai->ai_addr)->sin6_addr,
		    &nat64) == 0 && nat64_address(&nat64,
		    &((struct sockaddr_in *)(void *)of->ai_addr)->sin_addr, &in6.sin6_addr) == 0)
			fact_append_text(list,
			    addr_text((struct sockaddr *)&in6, sizeof(in6), text));
	if (l.list != NULL)
		freeaddrinfo(l.list);
	if (json_array_size(list) > 0)
		fact_put(facts, "names.nat64", list);
	else
		json_decref(list);
}

static int
names_useful(const json_t *facts, const struct probe_input *in)
{
	struct sockaddr_storage	ss;

	(void)facts;
	/* Of an address of IPv6 there is nothing to ask. */
	return (addr_literal(in->host, in->port, &ss) == 0 ? strchr(in->host, ':') == NULL :
	    ss.ss_family == AF_INET);
}

static void
names_run(json_t *facts, const struct probe_input *in)
{
	struct sockaddr_storage	ss;
	int			known;

	if (addr_literal(in->host, in->port, &ss) != 0) {
		names_nat64(facts, in);
		return;
	}
	known = names_system(facts, in);
	if (known)
		names_nat64(facts, in);
	names_magicdns(facts, in);
	/* A name in /etc/hosts has no dot at its end either, and is known without a search. */
	if (known && in->host[strlen(in->host) - 1] != '.' &&
	    fact_at(facts, "names.hosts_entry") == NULL)
		names_searched(facts, in);
}

const struct probe probe_names = {
	.name = "names",
	.doing = "asks the resolver",
	.useful = names_useful,
	.run = names_run
};
