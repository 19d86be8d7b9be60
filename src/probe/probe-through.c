/* SPDX-License-Identifier: ISC */
/* Probe: a key exchange through a program that forms its own segments: tailscaled, a proxy. */

#include <sys/types.h>
#include <sys/socket.h>

#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "facts/fact.h"
#include "probe/probe-net.h"
#include "wire/sshkex.h"
#include "wire/sshwire.h"

/* ours, so that it fills a packet of the mesh, and less than each side's first window */
#define KEXINIT_BYTES	1800
/* as the relay gives them, see session/pace.c */
#define PIECE_BYTES	900
#define PIECE_MS	5
/* a lost segment was sent again several times by then */
#define LIMIT_MS	4000

struct through {
	struct probe_talk	 talk;
	size_t			 at;		/* how much was read */
	size_t			 piece;		/* 0: all at once */
	int64_t			 until_ms;
	char			 out[SSHKEX_PACKET_MAX];
};

static int
through_say(struct through *t, const char *buf, size_t len)
{
	size_t	n;

	for (; len > 0; buf += n, len -= n) {
		n = t->piece != 0 && t->piece < len ? t->piece : len;
		if (probe_send(t->talk.fd, buf, n, t->until_ms) == -1)
			return (-1);
		if (t->piece != 0)
			poll(NULL, 0, PIECE_MS);
	}
	return (0);
}

/* The identification: 0, or -1 if it does not come. */
static int
through_hear_id(struct through *t)
{
	struct sshwire_id	id = { .state = SSHWIRE_MORE };

	do {
		while (t->at < t->talk.len && id.state == SSHWIRE_MORE)
			sshwire_id_feed(&id, t->talk.buf + t->at++, 1);
	} while (id.state == SSHWIRE_MORE && probe_hear(&t->talk, t->until_ms) == 1);
	return (id.state == SSHWIRE_SSH ? 0 : -1);
}

/* The next packet that says something: 1, 0 if it does not come, -1 if the server broke it off. */
static int
through_hear(struct through *t, struct sshkex_packet *packet)
{
	int	n;

	for (;;) {
		while ((n = sshkex_packet(t->talk.buf + t->at, t->talk.len - t->at, packet)) == 1) {
			t->at += packet->bytes;
			if (packet->type != SSHKEX_IGNORE && packet->type != SSHKEX_DEBUG)
				return (1);
		}
		if (n == -1)
			return (-1);
		if (probe_hear(&t->talk, t->until_ms) == 0)
			return (t->talk.over ? -1 : 0);
	}
}

/* 1 if the server gave its answer, 0 if it went silent before, -1 if nothing can be told. */
static int
through_exchange(struct through *t)
{
	/* The cookie guards a secret that nobody here has. */
	static const unsigned char	 cookie[SSHKEX_COOKIE + 1] = "meshssh --doctor";
	const struct sshkex_method	*method;
	struct sshkex_packet		 packet;
	struct sshkex_list		 lists[SSHKEX_LISTS];
	int				 heard;

	if (through_say(t, SSHKEX_ID, SSHKEX_ID_LEN) == -1 || through_hear_id(t) == -1 ||
	    through_say(t, t->out, sshkex_kexinit(t->out, sizeof(t->out), KEXINIT_BYTES,
	    cookie)) == -1)
		return (-1);
	t->until_ms = clock_ms() + LIMIT_MS;
	if ((heard = through_hear(t, &packet)) != 1)
		return (heard);
	if (sshkex_parse(&packet, lists) == -1 ||
	    (method = sshkex_method(&lists[SSHKEX_KEX])) == NULL ||
	    through_say(t, t->out, sshkex_init(t->out, sizeof(t->out), method)) == -1)
		return (-1);
	t->until_ms = clock_ms() + LIMIT_MS;
	return (through_hear(t, &packet));
}

/* On a connection of its own; the same, and the fact. */
static int
through_try(json_t *facts, const struct probe_input *in, const char *path, size_t piece)
{
	struct through	*t = xcalloc(1, sizeof(*t));
	char		 goodbye[128];
	int		 result = -1;

	t->piece = piece;
	t->until_ms = clock_ms() + in->timeout_ms;
	if ((t->talk.fd = probe_open(facts, in, 0)) != -1) {
		result = through_exchange(t);
		probe_end(t->talk.fd, goodbye, sshkex_disconnect(goodbye, sizeof(goodbye),
		    "meshssh --doctor has seen enough"));
	}
	if (result != -1)
		fact_put_truth(facts, path, result);
	free(t);
	return (result);
}

static int
through_useful(const json_t *facts, const struct probe_input *in)
{
	struct sockaddr_storage	ss;

	return (fact_truth(facts, "connect.far") == 1 && probe_direct(facts, in, &ss) == 0 &&
	    fact_truth(facts, "server.kex_large") == 1 && probe_left(facts) > 1);
}

static void
through_run(json_t *facts, const struct probe_input *in)
{
	if (through_try(facts, in, "mtu.through.whole", 0) == 0)
		through_try(facts, in, "mtu.through.pieces", PIECE_BYTES);
}

const struct probe probe_through = {
	.name = "through",
	.doing = "begins a key exchange",
	.useful = through_useful,
	.run = through_run
};
