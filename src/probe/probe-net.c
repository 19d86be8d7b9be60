/* SPDX-License-Identifier: ISC */
/* What probes share: connections, deadlines, the count of connections. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "facts/fact.h"
#include "net/exact.h"
#include "net/interface.h"
#include "net/resolve.h"
#include "net/sock.h"
#include "os/os.h"
#include "probe/probe-net.h"
#include "route/unmade.h"

#define GOODBYE_MS	300	/* for the other side to end, too */
#define KEPT_MS		2000	/* well below what servers grant for a login */

/* --- the facts -------------------------------------------------------------------------------- */

static void
addresses_put(struct probe_addresses *to, const char *text, const struct probe_input *in)
{
	struct addrinfo	*ai = &to->list[to->count], *list;

	if (to->count == PROBE_ADDRESSES_MAX ||
	    resolve_literal(text, in->port, in->family, &list) != 0)
		return;
	memcpy(&to->ss[to->count], list->ai_addr, list->ai_addrlen);
	ai->ai_family = list->ai_family;
	ai->ai_socktype = SOCK_STREAM;
	ai->ai_addrlen = list->ai_addrlen;
	ai->ai_addr = (struct sockaddr *)&to->ss[to->count];
	if (to->count > 0)
		to->list[to->count - 1].ai_next = ai;
	to->count++;
	freeaddrinfo(list);
}

/* A link-local address without its interface is one with each that is up, as for the race. */
static void
addresses_add(struct probe_addresses *to, const char *text, const struct probe_input *in)
{
	struct sockaddr_storage	 ss;
	const struct sockaddr_in6 *in6 = (const void *)&ss;
	struct interfaces	 list = { .count = 0 };
	char			 zoned[ADDR_TEXT_MAX];
	int			 i;

	if (addr_literal(text, in->port, &ss) != 0 && ss.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr))
		interfaces_link_local(&list);
	for (i = 0; i < list.count; i++) {
		snprintf(zoned, sizeof(zoned), "%s%%%s", text, list.names[i]);
		addresses_put(to, zoned, in);
	}
	if (list.count == 0)
		addresses_put(to, text, in);
}

static void
addresses_add_list(struct probe_addresses *to, const json_t *facts, const char *path,
    const struct probe_input *in)
{
	const json_t	*row;
	size_t		 i;

	json_array_foreach(fact_at(facts, path), i, row)
		if (json_is_string(row))
			addresses_add(to, json_string_value(row), in);
}

void
probe_addresses(struct probe_addresses *to, const json_t *facts, const struct probe_input *in)
{
	memset(to, 0, sizeof(*to));
	addresses_add(to, in->host, in);
	/* Of an address, the resolver has nothing more to say. */
	if (to->count == 0)
		addresses_add_list(to, facts, "names.lookups.system.addresses", in);
	addresses_add_list(to, facts, "names.nat64", in);
}

socklen_t
probe_direct(const json_t *facts, const struct probe_input *in, struct sockaddr_storage *ss)
{
	const char		*route = fact_text(facts, "connect.route");
	const char		*text = fact_text(facts, "connect.address");
	struct addrinfo		*list;
	socklen_t		 len;

	if (route == NULL || strcmp(route, "direct") != 0 || text == NULL ||
	    resolve_literal(text, in->port, AF_UNSPEC, &list) != 0)
		return (0);
	memset(ss, 0, sizeof(*ss));
	len = list->ai_addrlen;
	memcpy(ss, list->ai_addr, len);
	freeaddrinfo(list);
	return (len);
}

int
probe_far(const json_t *facts, const struct probe_input *in)
{
	struct sockaddr_storage	ss;
	struct os_route		route;

	if (probe_direct(facts, in, &ss) == 0 || addr_is_loopback((struct sockaddr *)&ss))
		return (0);
	os_route((struct sockaddr *)&ss, &route);
	return (route.kind != OS_ROUTE_LOCAL);
}

int
probe_left(const json_t *facts)
{
	json_int_t	made = fact_number(facts, "connect.made", 0);

	if (fact_at(facts, "connect.stopped") != NULL)
		return (0);
	return (made < PROBE_CONNECTIONS_MAX ? PROBE_CONNECTIONS_MAX - (int)made : 0);
}

void
probe_made(json_t *facts, int more)
{
	fact_put_number(facts, "connect.made", fact_number(facts, "connect.made", 0) + more);
}

void
probe_stopped(json_t *facts, const char *code)
{
	if (fact_at(facts, "connect.stopped") == NULL)
		fact_put_text(facts, "connect.stopped", code);
}

const char *
probe_connect_code(int error)
{
	struct unmade	u = { .error = error };
	char		text[160];

	return (code_row(unmade_judge(&u, "", text, sizeof(text)))->name);
}

/* --- connections ------------------------------------------------------------------------------ */

int
probe_mark(int fd, const struct sockaddr *sa, int tos)
{
	return (sa->sa_family == AF_INET6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos,
	    sizeof(tos)) :
	    setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)));
}

int
probe_begin(const struct sockaddr *sa, socklen_t len, const struct probe_input *in, int mss_bytes,
    int tos)
{
	struct sock_tune	tune = { .connect_s = in->timeout_ms / 1000 + 1,
				    .dead_after_s = in->dead_after_s };
	int			fd;

	if ((fd = sock_open(sa, &tune, mss_bytes)) == -1)
		return (-1);
	if ((tos == 0 || probe_mark(fd, sa, tos) == 0) &&
	    (connect(fd, sa, len) == 0 || errno == EINPROGRESS))
		return (fd);
	file_close(fd);
	return (-1);
}

int
probe_dial(const struct sockaddr *sa, socklen_t len, const struct probe_input *in, int mss_bytes,
    int tos, int within_ms)
{
	int	fd, n, error;

	if ((fd = probe_begin(sa, len, in, mss_bytes, tos)) == -1)
		return (-1);
	n = sock_wait(fd, POLLOUT, clock_ms() + within_ms);
	error = n == 1 ? sock_error(fd) : n == 0 ? ETIMEDOUT : errno;
	if (error == 0) {
		if (mss_bytes != 0)
			os_segments_sent(fd, mss_bytes);
		return (fd);
	}
	close(fd);
	errno = error;
	return (-1);
}

int
probe_send(int fd, const void *buf, size_t len, int64_t until_ms)
{
	const char	*p = buf;
	ssize_t		 n;

	while (len > 0) {
		if ((n = send(fd, p, len, MSG_NOSIGNAL)) > 0) {
			p += n;
			len -= (size_t)n;
		} else if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			if (sock_wait(fd, POLLOUT, until_ms) != 1) {
				errno = ETIMEDOUT;
				return (-1);
			}
		} else if (errno != EINTR)
			return (-1);
	}
	return (0);
}

int
probe_hear(struct probe_talk *talk, int64_t until_ms)
{
	size_t	got;
	int	n;

	while (!talk->over && sock_wait(talk->fd, POLLIN, until_ms) == 1) {
		n = talk->len == sizeof(talk->buf) ? -1 :
		    exact_read(talk->fd, talk->buf + talk->len, sizeof(talk->buf) - talk->len,
		    &got);
		if (n == 1) {
			talk->len += got;
			return (1);
		}
		if (n == -1) {
			talk->over = 1;
			talk->error = talk->len == sizeof(talk->buf) ? 0 : errno;
		}
	}
	return (0);
}

const char *
probe_mute(const struct probe_talk *talk)
{
	return (!talk->over ? "silent" : talk->error != 0 ? "reset" : "closed");
}

void
probe_end(int fd, const void *goodbye, size_t len)
{
	int64_t	until_ms = clock_ms() + GOODBYE_MS;
	char	buf[4096];
	size_t	got;

	if (goodbye != NULL)
		probe_send(fd, goodbye, len, until_ms);
	if (shutdown(fd, SHUT_WR) == 0)
		/* What is left unread would make the kernel reset the connection. */
		while (sock_wait(fd, POLLIN, until_ms) == 1 &&
		    exact_read(fd, buf, sizeof(buf), &got) != -1)
			continue;
	close(fd);
}

void
probe_keep(const struct probe_input *in, const struct probe_kept *kept)
{
	struct probe_kept	*place = in->kept;

	if (place == NULL) {
		if (kept->fd != -1)
			probe_end(kept->fd, NULL, 0);
		return;
	}
	if (place->fd != -1)
		probe_end(place->fd, NULL, 0);
	*place = *kept;
}

int
probe_kept(const struct probe_input *in, int mss_bytes, size_t *sent)
{
	struct probe_kept	*place = in->kept;
	int			 fd;

	if (place == NULL || place->fd == -1 || place->mss_bytes != mss_bytes ||
	    clock_ms() - place->since_ms > KEPT_MS)
		return (-1);
	fd = place->fd;
	*sent = place->sent;
	place->fd = -1;
	return (fd);
}
