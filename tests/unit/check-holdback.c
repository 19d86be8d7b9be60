/* SPDX-License-Identifier: ISC */
/* Unit tests: holdback. */

#include <sys/socket.h>

#include <errno.h>
#include <event2/event.h>

#include "base/clock.h"
#include "check.h"
#include "net/sock.h"
#include "os/os.h"
#include "route/mss.h"
#include "route/race.h"
#include "session/holdback.h"
#include "wire/sshwire.h"

/*
 * The kernel's view, the clock and the second connection are the test's own, in the file that asks for
 * them; the sockets are pairs.
 */

#define C_ID	"SSH-2.0-client\r\n"
#define KEXINIT	"\0\0\0\6\1\24abcd"	/* RFC 4253 6: length, padding length, type 20 */
#define HELLO	C_ID KEXINIT
#define HELLO_LEN (sizeof(HELLO) - 1)
#define S_ID	"SSH-2.0-server\r\n"
#define SYNS	2			/* retransmissions for the connection itself */

static int		 own_os_tcp(int, struct os_tcp *);
static int64_t		 own_clock_ms(void);
static struct race	*own_race_again(const struct race_config *, const struct connection *);
static struct race	*own_race_other(const struct race_config *, const struct connection *);
static void		 own_race_cancel(struct race *);
static int		 own_sshwire_hello_feed(struct sshwire_hello *, const char *, size_t);

#define os_tcp(fd, to) own_os_tcp(fd, to)
#define clock_ms() own_clock_ms()
#define os_segments() segments
#define os_segments_sent(fd, bytes) (segments_sent = (bytes), 0)
#define race_again(conf, conn) own_race_again(conf, conn)
#define race_other(conf, conn) own_race_other(conf, conn)
#define race_cancel(race) own_race_cancel(race)
#define sshwire_hello_feed(hello, buf, len) own_sshwire_hello_feed(hello, buf, len)
static enum os_segments	 segments = OS_SEGMENTS_ANY;
static int		 segments_sent;	/* the size that this connection was told to send */
#include "session/holdback.c"
#undef sshwire_hello_feed

static struct os_tcp	 tcp;
static int		 tcp_errno;
static int64_t		 now_ms;
static struct race_config dialled;	/* what the last second connection was asked for with */
static int		 dials, cancels;
static int		 others;	/* of the dials, to another address */
static int		 endless;	/* the client's hello never comes to its end */

static int
own_os_tcp(int fd, struct os_tcp *to)
{
	(void)fd;
	*to = tcp;
	errno = tcp_errno;
	return (tcp_errno != 0 ? -1 : 0);
}

static int64_t
own_clock_ms(void)
{
	return (now_ms);
}

static struct race *
own_race_again(const struct race_config *conf, const struct connection *conn)
{
	(void)conn;
	dialled = *conf;
	dials++;
	return ((struct race *)&dialled);
}

static struct race *
own_race_other(const struct race_config *conf, const struct connection *conn)
{
	assert_int_equal(conn->other.ss_family, AF_INET);
	others++;
	return (own_race_again(conf, conn));
}

static void
own_race_cancel(struct race *race)
{
	cancels += race != NULL;
}

static int
own_sshwire_hello_feed(struct sshwire_hello *hello, const char *buf, size_t len)
{
	return (endless ? SSHWIRE_HELLO_MORE : sshwire_hello_feed(hello, buf, len));
}

struct scene {
	struct event_base	*base;
	struct race_config	 race;
	struct connection		 conn;
	struct holdback		*h;
	int			 server;	/* the other end of the newest connection */
	int			 peer;		/* and of the one before it, or -1 */
	int			 fd;
	int			 committed;	/* the size it was told with, or -1 */
	int			 proven, proven_back;
	int			 switched;
};

static void
committed_cb(int mss_bytes, const struct holdback_proof *proof, void *arg)
{
	struct scene	*s = arg;

	assert_int_equal(s->committed, -1);
	s->committed = mss_bytes;
	s->proven = proof->forward_bytes;
	s->proven_back = proof->reverse_bytes;
	s->h = NULL;
}

static void
switched_cb(const struct connection *conn, const char *said, size_t len, void *arg)
{
	struct scene	*s = arg;

	close(s->fd);
	s->fd = conn->fd;
	s->switched++;
	assert_int_equal(write(s->fd, said, len), len);
}

static void
pair(int *fd, int *server)
{
	int	fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(sock_set_blocking(fds[0], 0), 0);
	*fd = fds[0];
	*server = fds[1];
}

static void
begin(struct scene *s, int mss_bytes)
{
	struct holdback_config	conf = { .conn = &s->conn, .race = &s->race,
				    .switched_cb = switched_cb, .committed_cb = committed_cb,
				    .arg = s };

	memset(s, 0, sizeof(*s));
	memset(&tcp, 0, sizeof(tcp));
	tcp.open = 1;
	tcp.rtt_ms = 40;
	tcp.retransmitted = SYNS;
	tcp.sacked = 1;
	tcp.send_bytes = tcp.receive_bytes = mss_bytes == MSS_FULL ? 1460 : mss_bytes;
	tcp_errno = dials = others = cancels = 0;
	now_ms = 1000;
	s->committed = s->peer = -1;
	s->base = s->race.base = event_base_new();
	pair(&s->fd, &s->server);
	s->conn.fd = s->fd;
	s->conn.mss_bytes = mss_bytes;
	s->conn.to.ss_family = AF_INET;
	s->h = holdback_start(&conf);
}

static void
end(struct scene *s)
{
	holdback_stop(s->h);
	close(s->fd);
	close(s->server);
	if (s->peer != -1)
		close(s->peer);
	event_base_free(s->base);
}

/* So much time goes by; the timer runs once. */
static void
pass(struct scene *s, int64_t ms)
{
	now_ms += ms;
	if (s->h != NULL)
		event_base_loop(s->base, EVLOOP_ONCE);
}

static void
client(struct scene *s, const char *buf, size_t len)
{
	assert_int_equal(write(s->fd, buf, len), len);
	if (s->h != NULL)
		holdback_client(s->h, buf, len);
}

static void
server(struct scene *s, const char *buf, size_t len)
{
	assert_int_equal(write(s->server, buf, len), len);
}

/* What may be read now is this; NULL: nothing, for now. */
static void
passes(struct scene *s, const char *text, int wanted_again)
{
	char	buf[64];
	ssize_t	n;
	int	again;

	n = holdback_read(s->h, buf, sizeof(buf), &again);
	if (text == NULL) {
		assert_int_equal(n, -1);
		assert_int_equal(errno, EAGAIN);
		return;
	}
	assert_int_equal(n, strlen(text));
	assert_memory_equal(buf, text, (size_t)n);
	assert_int_equal(again, wanted_again);
}

/* The second connection is there. */
static void
spare(struct scene *s, int mss_bytes)
{
	struct connection	conn = s->conn;
	int		fd, peer;

	pair(&fd, &peer);
	conn.fd = fd;
	conn.mss_bytes = mss_bytes;
	if (s->peer != -1)
		close(s->peer);
	s->peer = s->server;
	s->server = peer;
	assert_int_equal(dialled.mss_steps->mss_bytes, mss_bytes);
	dialled.cb(&conn, NULL, dialled.arg);
}

/* The client has said all, the server has identified itself; bytes of the client wait. */
static void
greet(struct scene *s)
{
	server(s, S_ID, strlen(S_ID));
	passes(s, S_ID, 0);
	client(s, HELLO, HELLO_LEN);
	tcp.waiting_bytes = 10;
}

/* Bytes of the client are lost: the same is said on a second connection, with smaller segments. */
static void
descend(struct scene *s)
{
	greet(s);
	tcp.retransmitted = SYNS + 1;
	pass(s, 5);
	pass(s, 46);
	spare(s, 768);
	pass(s, 60);
	assert_int_equal(s->switched, 1);
}

static void
test_proven(void **state)
{
	struct scene	s;
	char		buf[64];

	(void)state;
	begin(&s, 960);
	server(&s, "Welcome\r\n" S_ID "kexinit", strlen("Welcome\r\n" S_ID "kexinit"));
	passes(&s, "Welcome\r\n" S_ID, 0);
	assert_false(holdback_holds(s.h));
	client(&s, C_ID, strlen(C_ID));
	client(&s, KEXINIT, 5);
	tcp.waiting_bytes = 10;
	passes(&s, NULL, 0);
	assert_true(holdback_holds(s.h));
	/* All are acknowledged, but the packet is not whole. */
	tcp.waiting_bytes = 0;
	pass(&s, 300);
	assert_int_equal(s.committed, -1);
	client(&s, &KEXINIT[5], sizeof(KEXINIT) - 1 - 5);
	tcp.waiting_bytes = 5;
	pass(&s, 50);
	assert_int_equal(s.committed, -1);
	tcp.waiting_bytes = 0;
	pass(&s, 5);
	assert_int_equal(s.committed, 0);
	assert_int_equal(s.proven, sizeof(KEXINIT) - 1);
	assert_int_equal(dials, 0);
	/* It was left in the socket. */
	assert_int_equal(read(s.fd, buf, sizeof(buf)), 7);
	end(&s);

	/* Where the acknowledgement came first, the server's next word passes at once. */
	begin(&s, 960);
	greet(&s);
	tcp.waiting_bytes = 0;
	pass(&s, 5);
	server(&s, "kexinit", 7);
	tcp.received_bytes = (int64_t)strlen(S_ID "kexinit");
	passes(&s, "kexinit", 0);
	assert_int_equal(s.committed, 0);
	assert_int_equal(s.proven_back, 7);
	end(&s);
}

/*
 * A retransmission in doubt: dialled after one round trip, taken after two, and all the way down.
 */
static void
test_there(void **state)
{
	struct scene	s;
	char		buf[128];

	(void)state;
	begin(&s, MSS_FULL);
	greet(&s);
	pass(&s, 500);
	assert_int_equal(dials, 0);
	tcp.retransmitted = SYNS + 1;
	pass(&s, 5);
	pass(&s, 40);
	assert_int_equal(dials, 0);
	/* Some were acknowledged after all: the clock starts again. */
	tcp.acked_bytes = 5;
	pass(&s, 5);
	pass(&s, 44);
	assert_int_equal(dials, 0);
	pass(&s, 5);
	assert_int_equal(dials, 1);
	spare(&s, 960);
	pass(&s, 40);
	assert_int_equal(s.switched, 0);
	pass(&s, 20);
	assert_int_equal(s.switched, 1);
	assert_int_equal(read(s.server, buf, sizeof(buf)), HELLO_LEN);
	assert_memory_equal(buf, HELLO, HELLO_LEN);

	/* The same again, a step lower; the client is not told of it. */
	tcp.send_bytes = tcp.receive_bytes = 960;
	server(&s, "Hello\r\n" S_ID "kexinit", strlen("Hello\r\n" S_ID "kexinit"));
	passes(&s, "Hello\r\n" S_ID, 1);
	passes(&s, NULL, 0);
	tcp.retransmitted = SYNS + 2;
	pass(&s, 5);
	pass(&s, 46);
	assert_int_equal(dials, 2);
	spare(&s, 768);
	pass(&s, 60);
	assert_int_equal(s.switched, 2);
	server(&s, S_ID "kexinit", strlen(S_ID "kexinit"));
	passes(&s, S_ID, 1);
	tcp.waiting_bytes = 0;
	passes(&s, "kexinit", 0);
	assert_int_equal(s.committed, 768);
	end(&s);
}

/* What is smaller of the two ways counts; an identification alone fits into anything. */
static void
test_sizes(void **state)
{
	struct scene	s;

	(void)state;
	begin(&s, MSS_FULL);
	tcp.send_bytes = 900;
	client(&s, C_ID, strlen(C_ID));
	tcp.waiting_bytes = (int)strlen(C_ID);
	tcp.retransmitted = SYNS + 1;
	pass(&s, 5);
	pass(&s, 500);
	assert_int_equal(dials, 0);
	client(&s, KEXINIT, sizeof(KEXINIT) - 1);
	pass(&s, 5);
	pass(&s, 46);
	assert_int_equal(dials, 1);
	spare(&s, 768);
	end(&s);
}

/*
 * macOS and FreeBSD: one smaller step, no word of what is acknowledged, and none of what may come;
 * NetBSD has no step at all.
 */
static void
test_least(void **state)
{
	struct scene	s;

	(void)state;
	segments = OS_SEGMENTS_LEAST;
	begin(&s, MSS_FULL);
	greet(&s);
	tcp.acked_bytes = tcp.ack_ms = -1;
	tcp.receive_bytes = 0;
	tcp.sacked = 0;
	tcp.retransmitted = SYNS + 1;
	pass(&s, 5);
	pass(&s, 40);
	/* Some no longer waits: the clock starts again. */
	tcp.waiting_bytes = 5;
	pass(&s, 5);
	pass(&s, 44);
	assert_int_equal(dials, 0);
	pass(&s, 5);
	assert_int_equal(dials, 1);
	spare(&s, MSS_LAST);
	pass(&s, 150);
	assert_int_equal(s.switched, 1);
	/* There is nothing below it. */
	tcp.send_bytes = tcp.receive_bytes = MSS_LAST;
	server(&s, S_ID, strlen(S_ID));
	passes(&s, S_ID, 1);
	tcp.waiting_bytes = 10;
	tcp.retransmitted = SYNS + 2;
	pass(&s, 5);
	pass(&s, 500);
	assert_int_equal(dials, 1);
	end(&s);

	assert_int_equal(segments_sent, 0);

	/* Another connection has the same segments; what this one sends can be made smaller. */
	segments = OS_SEGMENTS_FIXED;
	begin(&s, MSS_FULL);
	greet(&s);
	pass(&s, 500);
	assert_int_equal(segments_sent, 0);
	tcp.retransmitted = SYNS + 1;
	pass(&s, 5);
	pass(&s, 500);
	assert_int_equal(dials, 0);
	assert_int_equal(segments_sent, MSS_LAST);
	end(&s);
	segments = OS_SEGMENTS_ANY;
}

/*
 * What is acknowledged late is not lost, and where a full segment arrived it is not a matter of
 * size.
 */
static void
test_loss(void **state)
{
	/* 2000 bytes follow the length */
	static const char	kexinit[2004] = "\0\0\7\320\1\24";
	struct scene		s;

	(void)state;
	begin(&s, 960);
	tcp.sacked = 0;
	greet(&s);
	tcp.retransmitted = SYNS + 1;
	pass(&s, 5);
	pass(&s, 46);
	spare(&s, 768);
	pass(&s, 80);
	assert_int_equal(s.switched, 0);
	pass(&s, 20);
	assert_int_equal(s.switched, 1);
	end(&s);

	begin(&s, 960);
	client(&s, C_ID, strlen(C_ID));
	client(&s, kexinit, sizeof(kexinit));
	tcp.waiting_bytes = (int)sizeof(kexinit) - 948;
	tcp.retransmitted = SYNS + 1;
	pass(&s, 5);
	pass(&s, 500);
	assert_int_equal(dials, 0);
	tcp.waiting_bytes = (int)sizeof(kexinit) - 947;
	pass(&s, 5);
	pass(&s, 46);
	assert_int_equal(dials, 1);
	spare(&s, 768);
	end(&s);
}

/* The server is silent, so the same was said on a second connection. */
static void
beside(struct scene *s)
{
	begin(s, 960);
	greet(s);
	tcp.waiting_bytes = 0;
	pass(s, 5);
	pass(s, 1010);
	pass(s, 46);
	spare(s, 768);
	pass(s, 60);
}

/* Nothing of the client waits, but the server's first message does not come. */
static void
test_back(void **state)
{
	struct scene	s;
	char		buf[64];

	(void)state;
	begin(&s, 960);
	greet(&s);
	tcp.waiting_bytes = 0;
	tcp.gap = 1;
	pass(&s, 5);
	pass(&s, 46);
	assert_int_equal(dials, 1);
	spare(&s, 768);
	/* It came after all: the spare one is let go. */
	tcp.gap = 0;
	pass(&s, 5);
	assert_int_equal(read(s.server, buf, sizeof(buf)), 0);
	pass(&s, 500);
	assert_int_equal(s.switched, 0);
	end(&s);

	/*
	 * Silence without a sign takes longer, and the same is said on both: the first answers in
	 * the end.
	 */
	begin(&s, 960);
	greet(&s);
	tcp.waiting_bytes = 0;
	pass(&s, 5);
	pass(&s, 990);
	pass(&s, 46);
	assert_int_equal(dials, 0);
	pass(&s, 50);
	assert_int_equal(dials, 1);
	spare(&s, 768);
	pass(&s, 60);
	assert_int_equal(read(s.server, buf, sizeof(buf)), HELLO_LEN);
	pass(&s, 500);
	assert_int_equal(s.switched, 0);
	assert_int_equal(write(s.peer, "kexinit", 7), 7);
	passes(&s, "kexinit", 0);
	assert_int_equal(s.committed, 0);
	end(&s);

	/* Or the second; it is not told again. */
	beside(&s);
	server(&s, S_ID, strlen(S_ID));
	pass(&s, 50);
	assert_int_equal(s.switched, 0);
	server(&s, "kexinit", 7);
	pass(&s, 5);
	assert_int_equal(s.switched, 1);
	assert_int_equal(read(s.server, buf, sizeof(buf)), HELLO_LEN);
	passes(&s, S_ID, 1);
	passes(&s, "kexinit", 0);
	assert_int_equal(s.committed, 768);
	end(&s);

	/*
	 * Or the second loses a part of what it says: behind its identification, which nobody has
	 * read yet, that was counted.
	 */
	beside(&s);
	server(&s, S_ID, strlen(S_ID));
	pass(&s, 50);
	assert_int_equal(s.switched, 0);
	tcp.behind = 1;
	pass(&s, 5);
	assert_int_equal(s.switched, 1);
	end(&s);

	/* Or neither for so long that it takes still smaller ones. */
	beside(&s);
	pass(&s, 2990);
	assert_int_equal(s.switched, 0);
	pass(&s, 20);
	assert_int_equal(s.switched, 1);
	end(&s);

	/* The clock starts when the last of the client's bytes is acknowledged. */
	begin(&s, 960);
	server(&s, S_ID, strlen(S_ID));
	passes(&s, S_ID, 0);
	client(&s, C_ID, strlen(C_ID));
	pass(&s, 5);
	pass(&s, 2000);
	client(&s, KEXINIT, sizeof(KEXINIT) - 1);
	pass(&s, 5);
	pass(&s, 990);
	pass(&s, 100);
	assert_int_equal(dials, 0);
	end(&s);

	/* And it runs longer where a round trip takes long. */
	begin(&s, 960);
	tcp.rtt_ms = 400;
	greet(&s);
	tcp.waiting_bytes = 0;
	pass(&s, 5);
	pass(&s, 1990);
	pass(&s, 500);
	assert_int_equal(dials, 0);
	end(&s);
}

/* A second without a word, where the host has another address: the same is said there. */
static void
mute(struct scene *s)
{
	static const struct mss_steps	steps = { 1460, 0 };
	char				buf[64];

	begin(s, 960);
	s->race.mss_steps = &steps;
	/* The session's is to be the one that was handed over. */
	holdback_stop(s->h);
	s->conn.to.ss_family = AF_INET6;
	s->conn.other.ss_family = AF_INET;
	s->h = holdback_start(&(struct holdback_config){ .conn = &s->conn, .race = &s->race,
	    .switched_cb = switched_cb, .committed_cb = committed_cb, .arg = s });
	client(s, HELLO, HELLO_LEN);
	assert_int_equal(read(s->server, buf, sizeof(buf)), HELLO_LEN);
	pass(s, 5);
	pass(s, 980);
	pass(s, 10);
	assert_int_equal(dials, 0);
	pass(s, 10);
	pass(s, 50);
	assert_int_equal(others, 1);
	spare(s, 1460);
	pass(s, 100);
	assert_int_equal(read(s->server, buf, sizeof(buf)), HELLO_LEN);
	assert_int_equal(s->switched, 0);
}

static void
test_mute(void **state)
{
	struct scene	s;
	char		buf[64];

	(void)state;
	/* The other one speaks: it is told nothing twice, and nothing is learned of the path. */
	mute(&s);
	server(&s, S_ID "kexinit", strlen(S_ID "kexinit"));
	pass(&s, 5);
	assert_int_equal(s.switched, 1);
	passes(&s, S_ID, 0);
	assert_int_equal(recv(s.server, buf, sizeof(buf), MSG_DONTWAIT), -1);
	passes(&s, "kexinit", 0);
	assert_int_equal(s.committed, 0);
	end(&s);

	/* The first one speaks after all. */
	mute(&s);
	assert_int_equal(write(s.peer, S_ID "kexinit", strlen(S_ID "kexinit")), strlen(S_ID "kexinit"));
	passes(&s, S_ID, 0);
	pass(&s, 5);
	assert_int_equal(read(s.server, buf, sizeof(buf)), 0);
	passes(&s, "kexinit", 0);
	assert_int_equal(s.switched, 0);
	assert_int_equal(s.committed, 0);
	end(&s);

	/* Neither does: the session stays where it is. */
	mute(&s);
	pass(&s, 8000);
	assert_int_equal(s.switched, 0);
	pass(&s, 2000);
	assert_int_equal(s.switched, 0);
	assert_int_equal(s.committed, 0);
	end(&s);

	/* What the client says meanwhile, the other one has not heard. */
	mute(&s);
	endless = 1;
	client(&s, "more", 4);
	endless = 0;
	assert_int_equal(read(s.server, buf, sizeof(buf)), 0);
	pass(&s, 5);
	assert_int_equal(s.switched, 0);
	assert_int_equal(others, 2);
	end(&s);

	/* There is no other address. */
	begin(&s, 960);
	client(&s, HELLO, HELLO_LEN);
	pass(&s, 5);
	pass(&s, 2000);
	pass(&s, 2000);
	assert_int_equal(dials, 0);
	end(&s);
}

/*
 * The server has not identified itself when a connection is given up: the next one's identification
 * is the client's.
 */
static void
test_late_identification(void **state)
{
	struct scene	s;

	(void)state;
	begin(&s, 960);
	server(&s, "Welcome\r\n", 9);
	passes(&s, "Welcome\r\n", 0);
	client(&s, HELLO, HELLO_LEN);
	tcp.waiting_bytes = 10;
	tcp.retransmitted = SYNS + 1;
	pass(&s, 5);
	pass(&s, 46);
	spare(&s, 768);
	pass(&s, 60);
	assert_int_equal(s.switched, 1);
	server(&s, "Hello\r\n" S_ID "kexinit", strlen("Hello\r\n" S_ID "kexinit"));
	passes(&s, "Hello\r\n" S_ID, 0);
	passes(&s, NULL, 0);
	tcp.waiting_bytes = 0;
	passes(&s, "kexinit", 0);
	assert_int_equal(s.committed, 768);
	end(&s);

	/* Not in the middle of a line, of which the client has the beginning. */
	begin(&s, 960);
	server(&s, "SSH-2.0-se", 10);
	passes(&s, "SSH-2.0-se", 0);
	client(&s, HELLO, HELLO_LEN);
	tcp.waiting_bytes = 10;
	tcp.retransmitted = SYNS + 1;
	pass(&s, 5);
	pass(&s, 46);
	spare(&s, 768);
	pass(&s, 500);
	assert_int_equal(s.switched, 0);
	assert_int_equal(write(s.peer, "rver\r\n", 6), 6);
	passes(&s, "rver\r\n", 0);
	pass(&s, 5);
	assert_int_equal(s.switched, 1);
	server(&s, S_ID "kexinit", strlen(S_ID "kexinit"));
	passes(&s, S_ID, 1);
	end(&s);

	/*
	 * It came in one segment with the KEXINIT, and that was lost: the client has only said who
	 * it is.
	 */
	begin(&s, 960);
	client(&s, C_ID, strlen(C_ID));
	tcp.gap = 1;
	pass(&s, 5);
	pass(&s, 46);
	spare(&s, 768);
	pass(&s, 60);
	assert_int_equal(s.switched, 1);
	end(&s);
}

static void
test_another_server(void **state)
{
	struct scene	s;
	char		buf[64];
	int		again;

	(void)state;
	begin(&s, 960);
	descend(&s);
	server(&s, "SSH-2.0-Server\r\n", strlen(S_ID));
	assert_int_equal(holdback_read(s.h, buf, sizeof(buf), &again), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(s.committed, -1);
	end(&s);
}

/* No second connection is to be had, or no smaller segments: the first one may still come round. */
/*
 * All is to pass after a switch, but the client must not get the identification of the second
 * server as well.
 */
static void
test_end_after_switch(void **state)
{
	struct scene	s;
	char		buf[64];
	int		again, how;

	(void)state;
	for (how = 0; how < 4; how++) {
		begin(&s, 960);
		descend(&s);
		if (how == 0)
			holdback_end(s.h);
		else if (how == 1)
			client(&s, "x", 1);
		else if (how == 2)
			pass(&s, 10000);
		else {
			tcp.open = 0;
			pass(&s, 5);
		}
		assert_int_equal(s.committed, -1);
		server(&s, S_ID "kexinit", strlen(S_ID "kexinit"));
		assert_int_equal(holdback_read(s.h, buf, sizeof(buf), &again), strlen(S_ID));
		assert_int_equal(again, 1);
		assert_int_equal(s.committed, 768);
		end(&s);
	}
}

/* No more is recorded than there is room for. */
static void
test_endless(void **state)
{
	static const char	much[SSHWIRE_HELLO_MAX / 2 + 1];
	struct scene		s;

	(void)state;
	begin(&s, 960);
	endless = 1;
	client(&s, much, sizeof(much));
	assert_int_equal(s.committed, -1);
	client(&s, much, sizeof(much));
	assert_int_equal(s.committed, 0);
	endless = 0;
	end(&s);
}

static void
test_no_spare(void **state)
{
	struct scene	s;

	(void)state;
	begin(&s, 960);
	greet(&s);
	tcp.retransmitted = SYNS + 1;
	pass(&s, 5);
	pass(&s, 46);
	dialled.cb(NULL, NULL, dialled.arg);
	pass(&s, 500);
	assert_int_equal(dials, 1);
	tcp.waiting_bytes = 0;
	server(&s, "kexinit", 7);
	passes(&s, "kexinit", 0);
	assert_int_equal(s.committed, 0);
	end(&s);

	begin(&s, 536);
	greet(&s);
	tcp.retransmitted = SYNS + 1;
	pass(&s, 5);
	pass(&s, 46);
	pass(&s, 500);
	assert_int_equal(dials, 0);
	assert_int_equal(s.switched, 0);
	end(&s);

	/* One that is on its way is called back at the end. */
	begin(&s, 960);
	greet(&s);
	tcp.retransmitted = SYNS + 1;
	pass(&s, 5);
	pass(&s, 46);
	pass(&s, 10000);
	assert_int_equal(s.committed, 0);
	assert_int_equal(s.proven, 0);
	assert_int_equal(cancels, 1);
	end(&s);
}

/* Whatever is not foreseen passes. */
static void
test_aside(void **state)
{
	struct scene	s;

	(void)state;
	begin(&s, 960);
	client(&s, "GET / HTTP/1.1\r\n", 16);
	assert_int_equal(s.committed, 0);
	assert_int_equal(s.proven, 0);
	end(&s);

	begin(&s, 960);
	client(&s, HELLO "x", HELLO_LEN + 1);	/* a guessed packet follows */
	assert_int_equal(s.committed, 0);
	end(&s);

	begin(&s, 960);
	client(&s, C_ID, strlen(C_ID));
	holdback_end(s.h);
	assert_int_equal(s.committed, 0);
	end(&s);

	begin(&s, 960);
	server(&s, "SSH-1.5-old\n", 12);
	passes(&s, "SSH-1.5-old\n", 0);
	assert_int_equal(s.committed, 0);
	end(&s);

	begin(&s, 960);
	server(&s, "HTTP/1.1 400\r\n", 14);
	passes(&s, "HTTP/1.1 400\r\n", 0);
	assert_int_equal(s.committed, 0);
	end(&s);

	/* A client that waits for the server's KEXINIT before it says its own. */
	begin(&s, 960);
	client(&s, C_ID, strlen(C_ID));
	server(&s, S_ID "kexinit", strlen(S_ID "kexinit"));
	passes(&s, S_ID, 0);
	passes(&s, NULL, 0);
	pass(&s, 245);
	assert_int_equal(s.committed, -1);
	pass(&s, 10);
	assert_int_equal(s.committed, 0);
	end(&s);

	begin(&s, 960);
	greet(&s);
	tcp.open = 0;
	pass(&s, 5);
	assert_int_equal(s.committed, 0);
	end(&s);

	begin(&s, 960);
	tcp_errno = ENOSYS;
	pass(&s, 5);
	assert_int_equal(s.committed, 0);
	end(&s);

	/* A version that also speaks 2, and a line as long as they get. */
	begin(&s, 960);
	server(&s, "SSH-1.99-x\n", 11);
	passes(&s, "SSH-1.99-x\n", 0);
	assert_int_equal(s.committed, -1);
	end(&s);
	holdback_stop(NULL);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_proven),
		cmocka_unit_test(test_there),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_least),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_mute),
		cmocka_unit_test(test_late_identification),
		cmocka_unit_test(test_another_server),
		cmocka_unit_test(test_end_after_switch),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_no_spare),
		cmocka_unit_test(test_aside),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
