/* SPDX-License-Identifier: ISC */
/* Probe: the largest packet on the forward and the reverse path. */

#include <sys/types.h>
#include <sys/socket.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "facts/fact.h"
#include "os/os.h"
#include "probe/probe-kex.h"
#include "probe/probe-net.h"
#include "route/mss.h"

/*
 * Connections are few, for servers count them. Ours are many sizes on one connection, up to the
 * first that does not get through, so three of them find it to the byte; of the server's there is
 * one size on each, and they are searched by halves. A size is called too large only when at least
 * two connections, with this size or a smaller one, have met that.
 */
#define THERE_MAX	6	/* connections for each direction */
#define REVERSE_MAX	6
#define REVERSE_RESERVE	3	/* of what is left, while the forward path is searched */
#define NEAR_ENOUGH	8	/* bytes; the rest only if connections are left */
/* bytes: so near above a size that is known, the hole begins right there */
#define REVERSE_GUESS	64
#define FIRST_BYTES	576	/* what every host must take in one piece (RFC 791 3.1) */
#define MSS_BYTES	30000	/* that one packet of SSH has room for */
/* a lost packet was sent again three times by then: after 200, 600 and 1400 ms (RFC 6298 5) */
#define QUIET_MS	1500

/* Sizes of packets that paths are known for: tunnels, IPv6, PPPoE. */
static const int	known[] = { 576, 700, 850, 1000, 1100, 1200, 1280, 1340, 1400, 1440, 1480,
			    1492 };
#define KNOWN		((int)(sizeof(known) / sizeof(known[0])))

/* What is known of one direction. */
struct reach {
	int	lo;		/* gets through; 0: nothing is known to */
	int	hi;		/* does not; 0: nothing is known not to */
	int	fails;		/* connections that have met with that */
	int	used;		/* connections for this direction */
	int	largest;	/* that was tried */
	int	over;		/* there is no more to learn */
};

struct mtu {
	json_t			*facts;
	const struct probe_input *in;
	struct sockaddr_storage	 ss;
	struct kex_try		 try;
	int			 header;
	int			 full;		/* the largest packet; 0: no connection has told */
	int			 mss_bytes;	/* offered by the kernel itself */
	struct reach		 forward;
	struct reach		 reverse;
	int			 answers;	/* of the server's, whole ones */
	/* of its failures: no slow server looks like this */
	int			 certain;
	int			 troubles;	/* connections that told nothing */
	int			 broken;	/* the server broke a key exchange off */
	int			 blind;		/* this system does not tell what is acknowledged */
	const char		*untested;	/* why the reverse path was not tested, or NULL */
};

/* --- one connection --------------------------------------------------------------------------- */

/* More than one direction can tell on a connection that was made for the other. */
static void
mtu_note_forward(struct reach *forward, const struct kex_result *r)
{
	if (r->passed > forward->lo)
		forward->lo = r->passed;
	/* It was loss, after all. */
	if (forward->hi != 0 && forward->lo >= forward->hi) {
		forward->hi = 0;
		forward->fails = 0;
	}
	if (r->stuck != 0) {
		forward->hi = r->stuck;
		forward->fails++;
	}
	if (r->passed > forward->largest || r->stuck > forward->largest)
		forward->largest = r->passed > r->stuck ? r->passed : r->stuck;
}

static void
mtu_note_reverse(struct mtu *m, const struct kex_result *r)
{
	struct reach	*reverse = &m->reverse;

	switch (r->reverse) {
	case KEX_REVERSE_UNTRIED:
		return;
	case KEX_REVERSE_WHOLE:
		m->answers++;
		if (r->reverse_bytes > reverse->lo)
			reverse->lo = r->reverse_bytes;
		if (reverse->hi != 0 && reverse->lo >= reverse->hi)
			reverse->hi = reverse->fails = 0;
		break;
	case KEX_REVERSE_LOST:
	case KEX_REVERSE_SILENT:
		m->certain += r->reverse == KEX_REVERSE_LOST || !r->in_reply;
		reverse->fails++;
		if (reverse->hi == 0 || r->reverse_bytes < reverse->hi)
			reverse->hi = r->reverse_bytes;
		break;
	case KEX_REVERSE_SMALL:
		m->untested = "the server has no key exchange with a large answer";
		reverse->over = 1;
		return;
	case KEX_REVERSE_ENDED:
		m->broken = 1;
		m->troubles++;
		return;
	}
	if (r->reverse_full > reverse->largest)
		reverse->largest = r->reverse_full;
}

/* Make a connection, as m->try says. */
static void
mtu_try(struct mtu *m, struct reach *whose)
{
	struct kex_result	r;

	whose->used++;
	probe_kex(&m->try, m->in, &r);
	if (r.state == KEX_UNCONNECTED)
		probe_stopped(m->facts, probe_connect_code(r.error));
	else if (!r.kept)
		probe_made(m->facts, 1);
	if (r.refusal != NULL) {
		fact_put_text(m->facts, "server.refusal", r.refusal);
		m->troubles = 2;
	}
	if (r.state != KEX_TALKED) {
		m->blind |= r.state == KEX_BLIND;
		m->troubles++;
		return;
	}
	if (m->full == 0 && m->try.mss_bytes == MSS_FULL) {
		m->full = r.full;
		m->mss_bytes = r.mss_bytes;
	}
	if (r.late || (r.passed == 0 && r.stuck == 0))
		m->troubles++;
	if (whose == &m->forward)
		mtu_note_forward(&m->forward, &r);
	mtu_note_reverse(m, &r);
}

static int
mtu_may(const struct mtu *m, const struct reach *whose, int most)
{
	return (!whose->over && m->troubles < 2 && !m->blind &&
	    whose->used < most && probe_left(m->facts) > 0);
}

/* --- the forward path ------------------------------------------------------------------------- */

/* Sizes known to be interesting, from what is known to get through up to the largest. */
static void
forward_coarse(struct mtu *m)
{
	int	i;

	m->try.mss_bytes = MSS_FULL;
	m->try.count = 0;
	for (i = 0; i < KNOWN; i++)
		if (known[i] > m->forward.lo)
			m->try.sizes[m->try.count++] = known[i];
	m->try.to_full = 1;
	m->try.reverse = m->untested == NULL;
}

/*
 * Between what gets through and what does not, as many steps as a packet of SSH has room for; the
 * last is once more.
 */
static void
forward_fine(struct mtu *m)
{
	int	lo = m->forward.lo != 0 ? m->forward.lo : FIRST_BYTES / 2, hi = m->forward.hi;
	int	steps = MSS_BYTES / hi < KEX_SIZES_MAX ? MSS_BYTES / hi : KEX_SIZES_MAX, step, size;

	if (steps < 1)
		steps = 1;
	step = (hi - lo + steps - 1) / steps;
	m->try.mss_bytes = MSS_FULL;
	m->try.count = 0;
	for (size = lo + step; size < hi && m->try.count < KEX_SIZES_MAX - 1; size += step)
		m->try.sizes[m->try.count++] = size;
	m->try.sizes[m->try.count++] = hi;
	m->try.to_full = 0;
	m->try.reverse = 0;
}

/* Make it as narrow as this, but leave so many connections. */
static void
forward_search(struct mtu *m, int near_bytes, int reserve)
{
	struct reach	*forward = &m->forward;

	while (mtu_may(m, forward, THERE_MAX)) {
		if (forward->hi == 0 && m->full != 0 && forward->lo >= m->full) {
			forward->over = 1;
			break;
		}
		if (forward->fails >= 2 && (forward->hi - forward->lo <= near_bytes ||
		    probe_left(m->facts) <= reserve))
			break;
		if (forward->hi == 0)
			forward_coarse(m);
		else
			forward_fine(m);
		mtu_try(m, forward);
	}
}

/* --- the reverse path ------------------------------------------------------------------------- */

/* The known size that is nearest to this one and not too far from it, or 0. */
static int
reverse_known(int size, int far)
{
	int	i, near = 0;

	for (i = 0; i < KNOWN; i++)
		if (abs(known[i] - size) <= far && (near == 0 ||
		    abs(known[i] - size) < abs(near - size)))
			near = known[i];
	return (near);
}

/* The next size to ask for. */
static int
reverse_next(const struct reach *reverse, const struct reach *forward)
{
	int	lo = reverse->lo != 0 ? reverse->lo : FIRST_BYTES, range = reverse->hi - lo;
	int	middle = lo + range / 2, near = reverse_known(middle, range / 4);

	/* Mostly it is one narrow link for both directions. */
	if (forward->fails >= 2 && forward->lo > lo && forward->lo < reverse->hi)
		return (forward->lo);
	if (forward->fails >= 2 && forward->hi > lo && forward->hi < reverse->hi)
		return (forward->hi);
	/* By far the most frequent one. */
	if (lo < 1280 && reverse->hi > 1280)
		return (1280);
	/*
	 * What does not get through costs a second, so it is the size right above that is worth a
	 * guess.
	 */
	if (lo == 1280 || (range <= REVERSE_GUESS && reverse_known(lo, 0) != 0))
		return (lo + 1);
	return (near != 0 ? near : middle);
}

/* Our own packets are to get through for certain. */
static void
reverse_try(struct mtu *m, int size)
{
	int	safe = m->forward.lo != 0 ? m->forward.lo : FIRST_BYTES / 2;

	m->try.mss_bytes = size == m->full ? MSS_FULL : size - m->header;
	m->try.sizes[0] = safe < size ? safe : size;
	m->try.count = 1;
	m->try.to_full = 0;
	m->try.reverse = 1;
	mtu_try(m, &m->reverse);
}

/* The size for the next connection; 0 if there is no more to learn. */
static int
reverse_size(struct mtu *m)
{
	struct reach	*reverse = &m->reverse;
	int		 last = probe_left(m->facts) == 1 || reverse->used == REVERSE_MAX - 1;

	if (reverse->hi == 0)
		return (m->answers > 0 ? 0 : m->full);
	/* Silence may be the server's own: does it ever answer? */
	if (m->answers == 0 && m->certain == 0)
		return (reverse->fails == 1 ? FIRST_BYTES : 0);
	/* No other size can be asked for. */
	if (os_segments() != OS_SEGMENTS_ANY)
		return (reverse->fails == 1 ? reverse->hi : 0);
	/*
	 * What failed once is tried again, at the latest now, unless a smaller one will show the
	 * same.
	 */
	if (reverse->fails == 1 && last && (m->forward.fails < 2 || m->forward.hi <= reverse->lo))
		return (reverse->hi);
	if (reverse->hi - reverse->lo <= NEAR_ENOUGH)
		return (reverse->fails == 1 ? reverse->hi : 0);
	return (reverse_next(reverse, &m->forward));
}

static void
reverse_search(struct mtu *m)
{
	int	size;

	while (mtu_may(m, &m->reverse, REVERSE_MAX) && (size = reverse_size(m)) != 0)
		reverse_try(m, size);
}

/* --- facts ------------------------------------------------------------------------------------ */

static void
mtu_put(json_t *facts, const char *direction, const struct reach *reach, int ok)
{
	char	path[32];
	json_t	*row = json_pack("{s:b, s:i}", "ok", ok, "tried", reach->largest);

	if (reach->lo > 0)
		json_put(row, "largest_ok", json_integer(reach->lo));
	if (!ok)
		json_put(row, "smallest_bad", json_integer(reach->hi));
	snprintf(path, sizeof(path), "mtu.%s", direction);
	fact_put(facts, path, row);
}

static int
mtu_stopped(const struct mtu *m)
{
	return (fact_at(m->facts, "connect.stopped") != NULL);
}

/* Why the forward path is not known. */
static const char *
mtu_forward_why(const struct mtu *m)
{
	if (mtu_stopped(m))
		return (m->forward.fails > 0 ? "large packets to the host were lost" :
		    "large packets were not tested");
	return (m->broken ? "the server broke the key exchange off" :
	    m->troubles > 0 ? "the server does not take part" :
	    "large packets were lost, but not always");
}

/* Why the reverse path is not known. */
static const char *
mtu_reverse_why(const struct mtu *m)
{
	if (m->reverse.fails == 1)
		return (mtu_stopped(m) ? "the server's large packets were lost" :
		    "the server's large packets were lost, but not always");
	return (m->broken ? "the server broke the key exchange off" :
	    m->reverse.fails >= 2 ? "the server answers too late" :
	    "the server's packets were not tested");
}

static void
mtu_facts(struct mtu *m)
{
	const char	*why = NULL;

	if (m->mss_bytes != 0)
		fact_put_number(m->facts, "mtu.mss_offered", m->mss_bytes);
	if (m->forward.hi == 0 && m->forward.over)
		mtu_put(m->facts, "forward", &m->forward, 1);
	else if (m->forward.fails >= 2)
		mtu_put(m->facts, "forward", &m->forward, 0);
	else if (m->blind)
		m->untested = "this system does not tell what is acknowledged";
	else
		why = mtu_forward_why(m);
	if (m->reverse.hi == 0 && m->answers > 0)
		mtu_put(m->facts, "reverse", &m->reverse, 1);
	else if (m->reverse.fails >= 2 && m->reverse.lo > 0 && (m->certain > 0 || m->answers > 0))
		mtu_put(m->facts, "reverse", &m->reverse, 0);
	else if (m->untested != NULL)
		fact_put_text(m->facts, "mtu.untested", m->untested);
	else if (why == NULL)
		why = mtu_reverse_why(m);
	if (why != NULL)
		fact_put_text(m->facts, "mtu.inconclusive", why);
	fact_put_number(m->facts, "mtu.connections", m->forward.used + m->reverse.used);
}

/* --- the probe -------------------------------------------------------------------------------- */

static int
mtu_useful(const json_t *facts, const struct probe_input *in)
{
	return (probe_far(facts, in) && fact_at(facts, "server.text") != NULL &&
	    probe_left(facts) > 0);
}

/* What earlier probes have seen. */
static void
mtu_begin(struct mtu *m, json_t *facts, const struct probe_input *in)
{
	const char	*kind = fact_text(facts, "server.kind");
	json_int_t	 quiet_ms = QUIET_MS + 8 * fact_number(facts, "server.kexinit_ms", 0);

	memset(m, 0, sizeof(*m));
	m->facts = facts;
	m->in = in;
	m->try.len = probe_direct(facts, in, &m->ss);
	m->try.sa = (struct sockaddr *)&m->ss;
	m->try.kexinit_bytes = (int)fact_number(facts, "server.kexinit_bytes", 0);
	m->try.quiet_ms = quiet_ms < in->timeout_ms ? (int)quiet_ms : in->timeout_ms;
	m->try.openssh = kind != NULL && strncmp(kind, "openssh", 7) == 0;
	m->header = mss_packet(0, m->try.sa);
	/* It came in segments of this size then, or at least one of them was full. */
	if (m->try.kexinit_bytes > MSS_LAST)
		m->reverse.lo = MSS_LAST + m->header;
	if (fact_truth(facts, "server.kex_large") == 0)
		m->untested = "the server has no key exchange with a large answer";
	else if (m->try.kexinit_bytes == 0)
		m->untested = "the server does not begin a key exchange";
	m->reverse.over = m->untested != NULL;
}

static void
mtu_run(json_t *facts, const struct probe_input *in)
{
	struct os_route	route;
	struct mtu	m;

	mtu_begin(&m, facts, in);
	os_route(m.try.sa, &route);
	if (route.mtu != 0)
		fact_put_number(facts, "mtu.route_mtu", route.mtu);
	if (route.interface[0] != '\0')
		fact_put_text(facts, "mtu.route_interface", route.interface);
	forward_search(&m, NEAR_ENOUGH, REVERSE_RESERVE);
	if (m.full != 0)
		reverse_search(&m);
	forward_search(&m, 1, 0);
	/* A router may have said meanwhile what it takes, and the kernel obeyed. */
	os_route(m.try.sa, &route);
	if (m.forward.hi == 0 && route.mtu != 0 && route.mtu < m.forward.lo)
		m.forward.lo = route.mtu;
	mtu_facts(&m);
}

const struct probe probe_mtu = {
	.name = "mtu",
	.doing = "sends large packets",
	.useful = mtu_useful,
	.run = mtu_run
};
