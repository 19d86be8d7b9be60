/* SPDX-License-Identifier: ISC */
/* Probe: which DSCP values pass. */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "facts/fact.h"
#include "net/sock.h"
#include "os/os.h"
#include "probe/probe-net.h"
#include "route/mss.h"
#include "wire/sshkex.h"

#define FIRST_MS	50	/* the least for the first look, or five round trips */
/* where the time to connect was no round trip, but held a lost SYN */
#define FIRST_MAX_MS	2500
#define TICK_MS		5
#define SECOND_MS	1000	/* by then the kernel has sent the SYN again (RFC 6298 2.1) */

/* Marks that ssh has set in one version or another (facts of OpenSSH's readconf.c), and none. */
static const struct mark {
	char	name[12];
	int	tos;
} marks[] = {
	{ "af21",	0x48 },
	{ "ef",		0xb8 },
	{ "cs1",	0x20 },
	{ "lowdelay",	0x10 },
	{ "",		0 },
};
#define MARKS		(sizeof(marks) / sizeof(marks[0]) - 1)
#define UNMARKED	MARKS

/* A connection with one mark; the second is begun when the first did not get through at once. */
struct entry {
	int	fd[2];
	/* connected, and our side of it closed: the other side may take its time */
	int	ended[2];
	int	passed;		/* the server has answered, be it by a refusal */
	int64_t	ms;
};

struct marked {
	struct entry			 list[MARKS + 1];
	const struct sockaddr		*sa;
	socklen_t			 len;
	const struct probe_input	*in;
	int				 made;
};

static void
entry_begin(struct marked *m, size_t i, int which)
{
	m->list[i].ms = clock_ms();
	m->list[i].fd[which] = probe_begin(m->sa, m->len, m->in, MSS_FULL, marks[i].tos);
}

/* This socket is writable: connected, refused, or in error. */
static void
entry_answer(struct marked *m, struct entry *e, int which)
{
	int	error = sock_error(e->fd[which]);

	if (error == 0) {
		m->made++;
		shutdown(e->fd[which], SHUT_WR);
		e->ended[which] = e->fd[which];
	} else
		close(e->fd[which]);
	e->fd[which] = -1;
	if (error != 0 && error != ECONNREFUSED && error != ECONNRESET)
		return;
	if (!e->passed)
		e->ms = clock_ms() - e->ms;
	e->passed = 1;
	/* Its twin is no longer needed. */
	if (e->fd[!which] != -1)
		close(e->fd[!which]);
	e->fd[!which] = -1;
}

/* Take the answers that come until then, or until there is nothing more to come. */
static void
marked_wait(struct marked *m, int64_t until_ms)
{
	struct pollfd	pfd[2 * (MARKS + 1)];
	int64_t		left_ms;
	size_t		i;
	int		open, n;

	do {
		for (open = 0, i = 0; i < 2 * (MARKS + 1); i++) {
			pfd[i] = (struct pollfd){ .fd = m->list[i / 2].fd[i % 2],
			    .events = POLLOUT };
			open += pfd[i].fd != -1;
		}
		if (open == 0 || (left_ms = until_ms - clock_ms()) <= 0)
			return;
		if ((n = poll(pfd, 2 * (MARKS + 1), (int)left_ms)) == -1 && errno != EINTR)
			return;
		for (i = 0; n > 0 && i < 2 * (MARKS + 1); i++)
			/* A twin may have been closed meanwhile. */
			if (pfd[i].revents != 0 && m->list[i / 2].fd[i % 2] == pfd[i].fd &&
			    pfd[i].fd != -1)
				entry_answer(m, &m->list[i / 2], (int)i % 2);
	} while (n != 0);
}

static int
marked_all(const struct marked *m)
{
	size_t	i;

	for (i = 0; i < MARKS; i++)
		if (!m->list[i].passed)
			return (0);
	return (1);
}

/*
 * All marks at once; when some get no answer within a few round trips, these once more and one
 * without a mark. What is lost by chance gets through then, or when the kernel sends the first SYN
 * again: a mark has had four before it is called dropped.
 */
static void
marked_race(struct marked *m, int first_ms)
{
	size_t	i;

	for (i = 0; i < MARKS; i++)
		entry_begin(m, i, 0);
	marked_wait(m, clock_ms() + first_ms);
	if (marked_all(m))
		return;
	m->list[UNMARKED].passed = 0;
	entry_begin(m, UNMARKED, 0);
	for (i = 0; i < MARKS; i++)
		if (!m->list[i].passed)
			entry_begin(m, i, 1);
	marked_wait(m, clock_ms() + SECOND_MS + first_ms);
}

/* --- on one connection ------------------------------------------------------------------------ */

/* Until all is acknowledged that was sent: 1, or 0 if it is not by then. */
static int
wire_acked(int fd, int64_t until_ms)
{
	struct os_tcp	tcp;

	do {
		if (os_tcp(fd, &tcp) == -1 || !tcp.open)
			return (0);
		if (tcp.waiting_bytes == 0)
			return (1);
		/* An acknowledgement wakes nobody up. */
		sock_wait(-1, 0, clock_ms() + TICK_MS);
	} while (clock_ms() < until_ms);
	return (0);
}

/*
 * A byte with this mark; where that is lost, the kernel sends it again, with whatever mark is set
 * then. 0 if it or the same without a mark got through, -1 if not, or if the kernel's timer is so
 * long, as after a lost SYN-ACK, that the mark had one chance.
 */
static int
wire_mark(struct marked *m, int fd, size_t i, char byte, int first_ms)
{
	struct entry	*unmarked = &m->list[UNMARKED];
	struct os_tcp	 before, after;

	if (os_tcp(fd, &before) == -1 || probe_mark(fd, m->sa, marks[i].tos) == -1 ||
	    probe_send(fd, &byte, 1, clock_ms() + first_ms) == -1)
		return (-1);
	if ((m->list[i].passed = wire_acked(fd, clock_ms() + SECOND_MS + first_ms)))
		return (0);
	if (os_tcp(fd, &after) == -1 || after.retransmitted == before.retransmitted)
		return (-1);
	unmarked->ms = clock_ms();
	if (probe_mark(fd, m->sa, 0) == -1 || !wire_acked(fd,
	    clock_ms() + 2 * SECOND_MS + first_ms))
		return (-1);
	unmarked->passed = 1;
	unmarked->ms = clock_ms() - unmarked->ms;
	return (0);
}

/*
 * A server counts connections, so all marks go over one if it can be had: behind its SYN, the
 * beginning of an identification has the others, a byte each. Where none was dropped, the next
 * probe goes on with it. 0, or -1 if it takes more than that.
 */
static int
wire_race(struct marked *m, int fd, int first_ms)
{
	struct probe_kept	kept = { .fd = fd, .mss_bytes = MSS_FULL, .since_ms = clock_ms() };
	size_t			i;
	int			tries, result = 0;

	m->made++;
	m->list[0].passed = 1;
	for (i = 1; i < MARKS && result == 0; i++)
		/* One byte may have been lost by chance, and what was sent again of it. */
		for (tries = 0; tries < 2 && !m->list[i].passed && result == 0; tries++)
			result = wire_mark(m, fd, i, SSHKEX_ID[kept.sent++], first_ms);
	if (marked_all(m) && probe_mark(fd, m->sa, 0) == 0)
		probe_keep(m->in, &kept);
	else if (result == 0)
		m->list[0].ended[0] = fd;
	else
		close(fd);
	return (result);
}

/* --- the probe -------------------------------------------------------------------------------- */

static void
marked_close(struct marked *m)
{
	size_t	i;

	for (i = 0; i < 2 * (MARKS + 1); i++) {
		if (m->list[i / 2].fd[i % 2] != -1)
			close(m->list[i / 2].fd[i % 2]);
		if (m->list[i / 2].ended[i % 2] != -1)
			probe_end(m->list[i / 2].ended[i % 2], NULL, 0);
	}
}

static void
marked_facts(json_t *facts, const struct marked *m)
{
	json_t	*dropped = json_array(), *passed = json_array();
	int	 all = marked_all(m);
	size_t	 i;

	fact_put(facts, "dscp.dropped", dropped);
	fact_put(facts, "dscp.passed", passed);
	for (i = 0; i < MARKS; i++) {
		if (m->list[i].passed)
			fact_append_text(passed, marks[i].name);
		else if (m->list[UNMARKED].passed)
			fact_append_text(dropped, marks[i].name);
	}
	/* If nothing gets through, the mark is not the reason. */
	if (!all && !m->list[UNMARKED].passed) {
		fact_put_truth(facts, "dscp.inconclusive", 1);
		if (json_array_size(passed) == 0)
			probe_stopped(facts, code_row(CODE_NO_ANSWER)->name);
	}
	if (m->list[UNMARKED].passed)
		fact_put_number(facts, "dscp.unmarked_ms", m->list[UNMARKED].ms);
	else if (all)
		fact_put_number(facts, "dscp.unmarked_ms", fact_number(facts, "connect.ms", 0));
	probe_made(facts, m->made);
}

static int
dscp_useful(const json_t *facts, const struct probe_input *in)
{
	/* All of them may answer. */
	return (probe_far(facts, in) && fact_at(facts, "server.refusal") == NULL &&
	    probe_left(facts) > (int)MARKS);
}

static void
dscp_run(json_t *facts, const struct probe_input *in)
{
	struct marked		m = { .in = in };
	struct sockaddr_storage	ss;
	json_int_t		first_ms = 5 * fact_number(facts, "connect.ms", 0);
	size_t			i;
	int			fd;

	for (i = 0; i < MARKS + 1; i++)
		m.list[i].fd[0] = m.list[i].fd[1] = m.list[i].ended[0] = m.list[i].ended[1] = -1;
	if ((m.len = probe_direct(facts, in, &ss)) == 0)
		return;
	m.sa = (struct sockaddr *)&ss;
	if (first_ms < FIRST_MS || first_ms > FIRST_MAX_MS)
		first_ms = first_ms < FIRST_MS ? FIRST_MS : FIRST_MAX_MS;
	/* The SYN has the first mark, as that of ssh; one that is lost by chance is sent again. */
	fd = probe_dial(m.sa, m.len, in, MSS_FULL, marks[0].tos, SECOND_MS + (int)first_ms);
	if (fd == -1 && errno != ETIMEDOUT)
		/* Whoever refuses now was there before: that has nothing to do with a mark. */
		probe_stopped(facts, probe_connect_code(errno));
	else if (fd == -1 || wire_race(&m, fd, (int)first_ms) == -1)
		marked_race(&m, (int)first_ms);
	marked_close(&m);
	marked_facts(facts, &m);
}

const struct probe probe_dscp = {
	.name = "dscp",
	.doing = "sends marked packets",
	.useful = dscp_useful,
	.run = dscp_run
};
