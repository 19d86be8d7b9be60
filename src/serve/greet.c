/* SPDX-License-Identifier: ISC */
/* Begins sessions. */

#include <sys/types.h>
#include <sys/socket.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/sock.h"
#include "os/os.h"
#include "serve/greet.h"
#include "serve/keep.h"
#include "serve/reply.h"
#include "serve/sshd-connect.h"

#define GREET_DRAIN_MS	2000
#define GREET_SSHD_MS	75	/* how long to wait for sshd's first bytes */

/* Unread bytes behind the hello would reset the connection, and the reply would be lost. */
static void
greet_drain(int fd)
{
	char	waste[4096];
	int64_t	until_ms = clock_ms() + GREET_DRAIN_MS;

	while (sock_wait(fd, POLLIN, until_ms) == 1 && recv(fd, waste, sizeof(waste), 0) > 0)
		;
}

static void
greet_no(const struct greet *g, enum resume_status status, const char *why)
{
	serve_say("no session for %s port %d: %s", g->peer.text, g->peer.port, why);
	reply_refuse(g->serve, g->fd, status, RESUME_NEW);
	greet_drain(g->fd);
	close(g->fd);
	close(g->door);
}

/*
 * 1 if sshd turns the client away before it identifies itself, as for MaxStartups: the client may
 * have another connection, which sshd has let in.
 */
static int
greet_turned_away(int sshd)
{
	static const char	identification[] = "SSH-";
	char			first[sizeof(identification) - 1];
	ssize_t			n;

	if (sock_wait(sshd, POLLIN, clock_ms() + GREET_SSHD_MS) != 1)
		return (0);
	n = recv(sshd, first, sizeof(first), MSG_PEEK | MSG_DONTWAIT);
	return (n <= 0 || memcmp(first, identification, (size_t)n) != 0);
}

/* The reply that begins the session, and its key: 0, or -1 if there is none. */
static int
greet_reply(const struct greet *g, const struct resume_hello *hello, struct keep *k)
{
	struct resume_reply	reply = { .status = RESUME_OK, .hold_s = k->hold_s,
				    .window = stream_window(&k->stream) };
	uint8_t			secret[RESUME_SECRET_BYTES], out[RESUME_HELLO_BYTES];
	int			result;

	memcpy(reply.id, g->id, sizeof(reply.id));
	memcpy(reply.boot, g->serve->boot, sizeof(reply.boot));
	resume_pair(secret, reply.public);
	resume_reply_encode(out, &reply, RESUME_NEW);
	result = resume_key(k->key, secret, hello->public, g->hello, out);
	resume_wipe(secret, sizeof(secret));
	if (result == -1)
		return (-1);
	return (send(g->fd, out, sizeof(out), MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(out) ?
	    0 : -1);
}

void
greet_new(const struct greet *g)
{
	struct error		err = { .code = CODE_NONE };
	struct resume_hello	hello;
	struct keep		k;

	os_keep_secret();
	memset(&k, 0, sizeof(k));
	if (resume_hello_decode(&hello, g->hello) != RESUME_RIGHT)
		return;
	if ((k.sshd = sshd_connect(g->serve, &g->peer, &err)) == -1) {
		greet_no(g, RESUME_NO_SSHD, err.text);
		return;
	}
	if (greet_turned_away(k.sshd)) {
		close(k.sshd);
		greet_no(g, RESUME_NO_SSHD, "sshd turns it away");
		return;
	}
	if (stream_init(&k.stream, g->ring) == -1) {
		close(k.sshd);
		greet_no(g, RESUME_BUSY, "no memory");
		return;
	}
	k.serve = g->serve;
	k.peer = g->peer;
	k.door = g->door;
	k.hold_s = hello.hold_s < g->serve->hold_s ? hello.hold_s : g->serve->hold_s;
	memcpy(k.id, g->id, sizeof(k.id));
	reply_tune(g->fd);
	if (greet_reply(g, &hello, &k) == -1) {
		stream_free(&k.stream);
		close(k.sshd);
		greet_no(g, RESUME_DENIED, "no key, or it is gone");
		return;
	}
	stream_set_window(&k.stream, hello.window);
	stream_attach(&k.stream, g->fd, 0, clock_boot_ms());
	os_sandbox_taking(g->serve->run);
	serve_say("session %02x%02x%02x%02x: begins, from %s port %d", k.id[0], k.id[1], k.id[2],
	    k.id[3], k.peer.text, k.peer.port);
	keep_run(&k);
}
