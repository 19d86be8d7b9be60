/* SPDX-License-Identifier: ISC */
/* Route: tailscaled's LocalAPI. */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "net/tailscaled.h"
#include "os/os.h"
#include "route/http-talk.h"
#include "route/target.h"
#include "route/via.h"

/* tailscaled dials for us: `POST /localapi/v0/dial`, Tailscale's ipn/localapi, serveDial. */

static enum via_want
localapi_begin(struct via_attempt *attempt)
{
	struct http_talk	*t = http_talk_new(attempt);
	const struct via_step	*step = attempt->step;
	char			 headers[256], address[ADDR_TEXT_MAX];
	int			 family = attempt->target->family;

	t->head.upgrade = 1;
	t->len = (size_t)snprintf(t->request, sizeof(t->request),
	    "POST /localapi/v0/dial HTTP/1.1\r\n%sConnection: upgrade\r\nUpgrade: ts-dial\r\n"
	    "Dial-Host: %s\r\nDial-Port: %d\r\nDial-Network: %s\r\nContent-Length: 0\r\n\r\n",
	    tailscaled_headers(step->tailscaled, headers, sizeof(headers)), step->ask != NULL ?
	    addr_text(step->ask, step->ask_len, address) : step->host,
	    attempt->target->port, family == AF_INET ?
	    "tcp4" : family == AF_INET6 ? "tcp6" : "tcp");
	return (http_talk_step(attempt));
}

/*
 * 1 if the kernel leads to an address by another interface than to the internet, or to a neighbour:
 * what is like an address of the mesh may be one of another network.
 */
static int
localapi_routed(const struct sockaddr_storage *ss, struct os_route *route)
{
	struct sockaddr_storage	far;
	struct os_route		internet;

	/* RFC 5737 and RFC 3849: addresses that nobody has. */
	addr_literal(ss->ss_family == AF_INET ? "192.0.2.1" : "2001:db8::1", 1, &far);
	os_route((const struct sockaddr *)ss, route);
	os_route((const struct sockaddr *)&far, &internet);
	return (route->kind != OS_ROUTE_UNKNOWN && route->interface[0] != '\0' &&
	    (route->kind == OS_ROUTE_ON_LINK ||
	    strcmp(route->interface, internet.interface) != 0));
}

/* 200: the host is none of the mesh, and the daemon says where it is. */
static enum via_want
localapi_dial_self(struct via_attempt *attempt, const struct http_talk *t)
{
	const struct via_step	*step = attempt->step;
	char			 host[ADDR_HOST_MAX + 1];
	struct os_route		 route;
	int			 port, address;

	if (strcmp(t->head.dial_self, "true") != 0 || addr_split(t->head.dial_addr, host,
	    &port) == -1 || (attempt->self_len = addr_literal(host, port, &attempt->self)) == 0)
		return (via_fail(attempt, CODE_MESH_UNEXPECTED,
		    "tailscaled gave an answer that makes no sense"));
	if (step->ask != NULL)
		return (via_fail(attempt, CODE_NONE, "tailscaled knows no way to this address"));
	if (step->dial_self)
		return (VIA_DIAL_SELF);
	address = strcmp(host, step->host) == 0;
	if (address && localapi_routed(&attempt->self, &route))
		return (via_fail(attempt, CODE_PEER_UNKNOWN,
		    "tailscaled knows no peer of this address, but %.15s leads there: --via=direct",
		    route.interface));
	/* The full name was our guess: a host of the short one may still be found elsewhere. */
	return (via_fail(attempt, address || step->host == attempt->target->host ?
	    CODE_PEER_UNKNOWN : CODE_NAME_UNKNOWN, "tailscaled knows no peer of this %s (%s)",
	    address ? "address" : "name", t->head.dial_addr));
}

/* A refusal, with the text of the error as its body. */
static enum via_want
localapi_refused(struct via_attempt *attempt, struct http_talk *t)
{
	const char	*text = http_talk_text(t);

	if (t->head.status == 502)
		via_fail(attempt, via_message(text, CODE_PROXY_FAILED), "tailscaled: ");
	else
		via_fail(attempt, CODE_MESH_UNEXPECTED, "tailscaled will not: %d ", t->head.status);
	return (via_said(attempt, text));
}

static enum via_want
localapi_step(struct via_attempt *attempt)
{
	struct http_talk	*t = attempt->talk;
	enum via_want		 want;

	if ((want = http_talk_step(attempt)) != VIA_DONE)
		return (want);
	if (t->head.state == HTTP1_BAD)
		return (via_fail(attempt, CODE_MESH_UNEXPECTED,
		    "what listens on tailscaled's socket is something else"));
	if (t->head.status == 101)
		return (VIA_DONE);
	return (t->head.status == 200 ? localapi_dial_self(attempt, t) :
	    localapi_refused(attempt, t));
}

static void
localapi_unconnected(struct via_attempt *attempt, int error, int64_t took_ms)
{
	enum code	own = via_own_fault(error);

	(void)took_ms;
	/* The queue of a listener that no longer listens is full. */
	if (error == EAGAIN || error == ETIMEDOUT)
		via_fail(attempt, CODE_MESH_HUNG, "tailscaled takes no connection");
	else if (own == CODE_BLOCKED)
		via_fail(attempt, CODE_MESH_PERMISSION_DENIED,
		    "tailscaled's socket is closed to this user (%s)", strerror(error));
	else
		via_fail(attempt, own != CODE_NONE ? own : CODE_MESH_DOWN,
		    "tailscaled cannot be reached (%s)", strerror(error));
}

static void
localapi_silent(struct via_attempt *attempt, int64_t took_ms)
{
	long long	took_s = (long long)(took_ms + 500) / 1000;

	/* All but the end of a refusal came. */
	if (http_talk_text(attempt->talk) != NULL)
		localapi_refused(attempt, attempt->talk);
	else if (attempt->step->hung)
		via_fail(attempt, CODE_MESH_HUNG, "tailscaled does not answer (%lld s)", took_s);
	else
		via_fail(attempt, CODE_NO_ANSWER, "no answer through tailscaled in %lld s", took_s);
}

static const char *
localapi_address(const struct via_step *step, char *buf, size_t size)
{
	return (tailscaled_name(step->tailscaled, buf, size));
}

const struct via via_localapi = {
	.name = "localapi",
	.peer = "tailscaled",
	.to = VIA_TO_TAILSCALED,
	.end_to_end = 1,
	.broken = CODE_MESH_UNEXPECTED,
	.begin = localapi_begin,
	.step = localapi_step,
	.unconnected = localapi_unconnected,
	.silent = localapi_silent,
	.address = localapi_address,
};
