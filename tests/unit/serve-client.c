/* SPDX-License-Identifier: ISC */
/*
 * A client of meshssh-serve, for tests: ADDRESS PORT STEP... Each step must have the outcome that it
 * names, or else the program says so and exits 1. NAME=STATUS wants that status in the reply.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "net/sock.h"
#include "session/stream.h"
#include "wire/resume-proof.h"

#define LIMIT_MS	10000
#define HOLD_S		20	/* what a test that failed leaves is gone soon */
#define SILENT_MAX	400

static struct sockaddr_storage	 far, from;
static socklen_t		 far_len, from_len;
static struct stream		 stream;
static uint8_t			 key[RESUME_KEY_BYTES], id[RESUME_ID_BYTES];
static uint8_t			 last[RESUME_HELLO_BYTES];	/* the last hello that was accepted */
static uint32_t			 number;
static uint64_t			 received;		/* bytes of sshd */
static int			 silent[SILENT_MAX], silents;
static const char		*step;

static int
far_connect(void)
{
	int	fd;

	if ((fd = socket(far.ss_family, SOCK_STREAM, 0)) == -1 ||
	    (from_len != 0 && bind(fd, (struct sockaddr *)&from, from_len) == -1) ||
	    connect(fd, (struct sockaddr *)&far, far_len) == -1)
		err(1, "%s: connect", step);
	return (fd);
}

/* Send a hello and read the reply: its status, or -1 if the connection was closed. */
static int
greet(int fd, const uint8_t *hello, uint8_t reply[RESUME_HELLO_BYTES])
{
	size_t	have = 0;
	ssize_t	n;

	if (send(fd, hello, RESUME_HELLO_BYTES, MSG_NOSIGNAL) != RESUME_HELLO_BYTES)
		return (-1);
	while (have < RESUME_HELLO_BYTES) {
		if (sock_wait(fd, POLLIN, clock_ms() + LIMIT_MS) != 1)
			errx(1, "%s: no reply", step);
		if ((n = recv(fd, reply + have, RESUME_HELLO_BYTES - have, 0)) <= 0)
			return (-1);
		have += (size_t)n;
	}
	return (reply[8]);
}

static void
attach(int fd, uint64_t their_received)
{
	char	waste[4096];
	int	old = stream.fd;

	/* The far side has closed it. */
	while (old != -1)
		if (sock_wait(old, POLLIN, clock_ms() + LIMIT_MS) != 1)
			errx(1, "%s: the old connection is still open", step);
		else if (recv(old, waste, sizeof(waste), 0) <= 0)
			break;
	if (stream_attach(&stream, fd, their_received, clock_ms()) == -1)
		errx(1, "%s: the position %llu cannot be", step, (unsigned long long)their_received);
	if (old != -1)
		close(old);
}

static int
step_new(int fd)
{
	struct resume_hello	hello = { .kind = RESUME_NEW, .window = stream_window(&stream),
				    .hold_s = HOLD_S };
	struct resume_reply	answer;
	uint8_t			secret[RESUME_SECRET_BYTES], out[RESUME_HELLO_BYTES];
	uint8_t			reply[RESUME_HELLO_BYTES];
	int			status;

	resume_pair(secret, hello.public);
	resume_hello_encode(out, &hello);
	if ((status = greet(fd, out, reply)) != RESUME_OK) {
		close(fd);
		return (status);
	}
	if (resume_reply_decode(&answer, reply, RESUME_NEW) != RESUME_RIGHT ||
	    resume_key(key, secret, answer.public, out, reply) == -1)
		errx(1, "%s: a reply that is none", step);
	memcpy(id, answer.id, sizeof(id));
	printf("window %u hold %u\n", answer.window, answer.hold_s);
	stream_set_window(&stream, answer.window);
	attach(fd, 0);
	return (status);
}

/* Sessions that are begun and left alone. */
static void
step_more(int count)
{
	struct resume_hello	hello = { .kind = RESUME_NEW, .window = RESUME_WINDOW_MIN,
				    .hold_s = 1 };
	uint8_t			secret[RESUME_SECRET_BYTES], out[RESUME_HELLO_BYTES];
	uint8_t			reply[RESUME_HELLO_BYTES];

	for (; count > 0; count--) {
		resume_pair(secret, hello.public);
		resume_hello_encode(out, &hello);
		silent[silents] = far_connect();
		if (greet(silent[silents++], out, reply) != RESUME_OK)
			errx(1, "%s: %d are missing", step, count);
	}
}

/* A hello that is right in all. */
static void
again_hello(uint8_t out[RESUME_HELLO_BYTES], uint32_t its_number)
{
	struct resume_hello	hello = { .kind = RESUME_AGAIN, .number = its_number,
				    .received = stream_received(&stream) };

	memcpy(hello.id, id, sizeof(id));
	resume_hello_encode(out, &hello);
	resume_hello_prove(out, key);
}

static int
step_again(int fd)
{
	struct resume_reply	answer;
	uint8_t			out[RESUME_HELLO_BYTES], reply[RESUME_HELLO_BYTES];
	int			status;

	again_hello(out, ++number);
	if ((status = greet(fd, out, reply)) != RESUME_OK) {
		close(fd);
		return (status);
	}
	if (resume_reply_decode(&answer, reply, RESUME_AGAIN) != RESUME_RIGHT ||
	    !resume_reply_proven(reply, out, key) || answer.number != number)
		errx(1, "%s: a reply without proof", step);
	memcpy(last, out, sizeof(last));
	attach(fd, answer.received);
	return (status);
}

/* What an attacker sends. */
static int
step_attack(int fd, const char *how)
{
	uint8_t	out[RESUME_HELLO_BYTES], reply[RESUME_HELLO_BYTES], boot[RESUME_BOOT_BYTES] = { 0 };
	int	status;

	memcpy(out, last, sizeof(out));
	if (strcmp(how, "number") == 0)
		out[31]++;
	else if (strcmp(how, "same") == 0)
		again_hello(out, number);
	else if (strcmp(how, "forged") == 0) {
		again_hello(out, number + 1);
		out[RESUME_PROOF_AT] ^= 1;
	} else if (strcmp(how, "position") == 0) {
		again_hello(out, number + 1);
		out[35] = 77;
		resume_hello_prove(out, key);
	} else if (strcmp(how, "unknown") == 0)
		out[12] ^= 1;
	else if (strcmp(how, "version") == 0)
		out[7] = 2;
	else if (strcmp(how, "flags") == 0)
		out[9] = 0x80;
	else if (strcmp(how, "kind") == 0)
		out[8] = 9;
	else if (strcmp(how, "garbage") == 0)
		memset(out, 'x', sizeof(out));
	else if (strcmp(how, "ssh") == 0)
		memcpy(out, "SSH-2.0-OpenSSH_9.2\r\n", 21);
	if ((status = greet(fd, out, reply)) != -1 && (memcmp(reply, "MSHRSM\0\1", 8) != 0 ||
	    memcmp(reply + 68, boot, sizeof(boot)) == 0))
		errx(1, "%s: a reply without magic or boot", step);
	close(fd);
	return (status);
}

/* Frames both ways until so many bytes of sshd came, or the session is closed, or the ping answered. */
static void
talk(uint64_t until, int closed)
{
	int64_t		deadline_ms = clock_ms() + LIMIT_MS;
	struct pollfd	pfd;
	struct iovec	iov[2];
	int		i, n, want;

	while ((closed ? !stream.closed : received < until) || stream.ping != STREAM_SAY_NOT) {
		if (clock_ms() > deadline_ms)
			errx(1, "%s: %llu bytes, and no more", step, (unsigned long long)received);
		want = stream_want(&stream, clock_ms());
		pfd.fd = stream.fd;
		pfd.events = (short)((want & STREAM_READ ? POLLIN : 0) |
		    (want & STREAM_WRITE ? POLLOUT : 0));
		poll(&pfd, 1, 20);
		if ((pfd.revents & ~POLLOUT) != 0 &&
		    stream_readable(&stream, 0, clock_ms()) == -1) {
			/* Both have said so. */
			if (stream.close == STREAM_SAID && stream.wrong == STREAM_EOF)
				return;
			errx(1, "%s: the connection ended: %d", step, stream.wrong);
		}
		n = stream_data(&stream, iov);
		for (i = 0; i < n; i++) {
			received += iov[i].iov_len;
			stream_delivered(&stream, iov[i].iov_len, clock_ms());
			if (i == 0)	/* what is behind it may have moved */
				break;
		}
		if (closed && stream_done(&stream))
			stream_close(&stream, RESUME_CLOSE_DONE, "");
		if (stream_writable(&stream, clock_ms()) == -1)
			errx(1, "%s: the connection ended: %d", step, stream.wrong);
		stream_tick(&stream, clock_ms());
	}
}

/* Connections that say nothing; or wait until all of them are closed. */
static void
step_silent(int count)
{
	int64_t	deadline_ms = clock_ms() + LIMIT_MS;
	char	byte;

	if (count > 0) {
		while (silents < count && silents < SILENT_MAX)
			silent[silents++] = far_connect();
		return;
	}
	while (silents > 0) {
		if (sock_wait(silent[silents - 1], POLLIN, deadline_ms) != 1 ||
		    recv(silent[silents - 1], &byte, 1, 0) > 0)
			errx(1, "%s: %d are still open", step, silents);
		close(silent[--silents]);
	}
}

static void
step_local(const char *name, const char *value)
{
	struct linger	linger = { .l_onoff = 1 };

	if (strcmp(name, "first") == 0)
		talk(8, 0);
	else if (strcmp(name, "keys") == 0) {
		/* sshd has said what it is, and answers with its KEXINIT. */
		stream_put(&stream, "SSH-2.0-test\r\n", 14, clock_ms());
		talk(received + 500, 0);
	} else if (strcmp(name, "ping") == 0) {
		stream_ping(&stream, clock_ms());
		talk(0, 0);
	} else if (strcmp(name, "reset") == 0) {
		setsockopt(stream.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		close(stream_detach(&stream));
	} else if (strcmp(name, "end") == 0) {
		stream_end(&stream);
		talk(0, 1);
	} else if (strcmp(name, "closed") == 0)
		talk(0, 1);
	else if (strcmp(name, "silent") == 0)
		step_silent(atoi(value));
	else if (strcmp(name, "more") == 0)
		step_more(atoi(value));
	else if (strcmp(name, "from") == 0)
		from_len = addr_literal(value, 0, &from);
	else if (strcmp(name, "hangs-up") == 0)
		step_silent(0);
	else if (strcmp(name, "stop") == 0) {
		printf("stopped\n");
		if (getchar() == EOF)
			errx(1, "%s: no line came", step);
	} else
		errx(1, "%s: unknown step", name);
}

static int
status_of(const char *name)
{
	static const char *const	names[] = { "ok", "unknown", "denied", "busy", "no-sshd",
					    "version" };
	int				i;

	for (i = 0; i < 6; i++)
		if (strcmp(names[i], name) == 0)
			return (i);
	return (-1);	/* "closed" */
}

int
main(int argc, char **argv)
{
	char	name[32], *value;
	int	wanted, got;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 4 || (far_len = addr_literal(argv[1], atoi(argv[2]), &far)) == 0 ||
	    resume_proof_load() == -1 || stream_init(&stream, RING_MAX) == -1)
		errx(1, "usage: serve-client ADDRESS PORT STEP...");
	for (argv += 3; (step = *argv) != NULL; argv++) {
		snprintf(name, sizeof(name), "%s", step);
		if ((value = strchr(name, '=')) != NULL)
			*value++ = '\0';
		wanted = value != NULL ? status_of(value) : RESUME_OK;
		if (strcmp(name, "new") == 0)
			got = step_new(far_connect());
		else if (strcmp(name, "again") == 0)
			got = step_again(far_connect());
		else if (value != NULL && strcmp(name, "silent") != 0 && strcmp(name, "more") != 0 &&
		    strcmp(name, "from") != 0)
			got = step_attack(far_connect(), name);
		else {
			step_local(name, value);
			continue;
		}
		if (got != wanted)
			errx(1, "%s: status %d", step, got);
	}
	printf("done\n");
	return (0);
}
