/* SPDX-License-Identifier: ISC */
/* Unit tests: the probe's key exchange, with servers that are odd, hostile or slow. */

#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include "base/clock.h"
#include "check.h"
#include "probe/probe-kex.h"
#include "wire/sshkex.h"

#define ID		"SSH-2.0-OpenSSH_9.9\r\n"
#define MSS		536
#define SHORT_MS	300	/* where the end of it is waited for */
#define LONG_MS		30000
#define KEX_LARGE	"mlkem768x25519-sha256"
#define KEX_SMALL	"curve25519-sha256,diffie-hellman-group14-sha256"

/* What it does, step by step, after its identification. */
enum step {
	END,		/* it reads on */
	STAY,		/* silent, until the client is gone */
	DEAF,		/* before all else: it will read nothing */
	HEAR,		/* the client's next words */
	KEXINIT,
	SMALL,		/* a KEXINIT without large keys */
	CUT,		/* a KEXINIT whose lists end too early */
	GARBAGE,
	IGNORE,		/* a packet that says nothing */
	DRIP,		/* of them, one after the other, for ever */
	DISCONNECT,
	REPLY
};

static const struct row {
	const char	*what;
	const char	*id;		/* NULL: it says nothing */
	enum step	 steps[8];
	int		 state;
	int		 reverse;
	int		 in_reply;
	int		 late;
	const char	*refusal;
} rows[] = {
	{ "all is well", ID, { KEXINIT, HEAR, REPLY, STAY }, KEX_TALKED, KEX_REVERSE_WHOLE, 1, 0,
	    NULL },
	{ "what says nothing is passed over", ID, { IGNORE, KEXINIT, HEAR, IGNORE, REPLY, STAY },
	    KEX_TALKED, KEX_REVERSE_WHOLE, 1, 0, NULL },
	{ "no large keys", ID, { SMALL, STAY }, KEX_TALKED, KEX_REVERSE_SMALL, 0, 0, NULL },
	{ "no KEXINIT", ID, { STAY }, KEX_TALKED, KEX_REVERSE_SILENT, 0, 0, NULL },
	{ "no reply", ID, { KEXINIT, STAY }, KEX_TALKED, KEX_REVERSE_SILENT, 1, 0, NULL },
	{ "an end", ID, { END }, KEX_TALKED, KEX_REVERSE_ENDED, 0, 0, NULL },
	{ "no packets", ID, { GARBAGE, STAY }, KEX_TALKED, KEX_REVERSE_ENDED, 0, 0, NULL },
	{ "a KEXINIT that is cut", ID, { CUT, STAY }, KEX_TALKED, KEX_REVERSE_ENDED, 0, 0, NULL },
	{ "a reply to nothing", ID, { REPLY, STAY }, KEX_TALKED, KEX_REVERSE_ENDED, 0, 0, NULL },
	{ "a refusal instead of the reply", ID, { KEXINIT, HEAR, DISCONNECT, STAY }, KEX_TALKED,
	    KEX_REVERSE_ENDED, 1, 0, NULL },
	/* However little it says at a time, there is a limit to it. */
	{ "nothing, for ever", ID, { DRIP }, KEX_TALKED, KEX_REVERSE_UNTRIED, 0, 1, NULL },
	{ "nothing instead of a reply, for ever", ID, { KEXINIT, DRIP }, KEX_TALKED,
	    KEX_REVERSE_UNTRIED, 1, 1, NULL },
	/* Its window is closed: no packet is lost for its size. */
	{ "a server that reads nothing", ID, { DEAF }, KEX_TALKED, KEX_REVERSE_UNTRIED, 0, 0,
	    NULL },
	{ "no identification", NULL, { STAY }, KEX_MUTE, KEX_REVERSE_UNTRIED, 0, 0, NULL },
	{ "an end before it", NULL, { END }, KEX_MUTE, KEX_REVERSE_UNTRIED, 0, 0, NULL },
	{ "a penalty", "Not allowed at this time\r\n", { END }, KEX_MUTE, KEX_REVERSE_UNTRIED, 0, 0,
	    "penalty" },
};

struct server {
	const struct row	*row;
	int			 listener;
	int			 left;		/* waiting, by a client that is gone */
};

/* A packet in the clear, RFC 4253 6; returns its length. */
static size_t
packet(char *to, int type, const char *payload, size_t len)
{
	const size_t	padding = 4 + 8 - (4 + 1 + 1 + len + 4) % 8, all = 1 + 1 + len + padding;

	to[0] = 0;
	to[1] = 0;
	to[2] = (char)(all >> 8);
	to[3] = (char)all;
	to[4] = (char)padding;
	to[5] = (char)type;
	memcpy(to + 6, payload, len);
	memset(to + 6 + len, 0, padding);
	return (4 + all);
}

/* A KEXINIT with this list of key exchanges, and the same in the place of all others. */
static size_t
kexinit(char *to, const char *kex)
{
	char	payload[1024] = "a cookie, 16 long";
	size_t	len = SSHKEX_COOKIE, n = strlen(kex);
	int	i;

	for (i = 0; i < SSHKEX_LISTS; i++, len += 4 + n) {
		memset(payload + len, 0, 3);
		payload[len + 3] = (char)n;
		memcpy(payload + len + 4, kex, n);
	}
	memset(payload + len, 0, 5);
	return (packet(to, SSHKEX_KEXINIT, payload, len + 5));
}

/* Returns 0 at the end, or when the client is gone. */
static int
server_say(struct server *s, int fd, enum step step)
{
	char		buf[4096], filler[1500] = "";
	struct pollfd	pfd = { .fd = fd, .events = POLLIN };
	size_t		len = 0;

	switch (step) {
	case END:
	case STAY:
		if (step == END)
			shutdown(fd, SHUT_WR);
		while (poll(&pfd, 1, -1) == 1 && recv(fd, buf, sizeof(buf), 0) > 0)
			continue;
		return (0);
	case DEAF:
		/* The end is no data: it must be a reset. */
		pfd.events = 0;
		s->left |= poll(&pfd, 1, LONG_MS) == 0;
		return (0);
	case HEAR:
		return (recv(fd, buf, sizeof(buf), 0) > 0);
	case KEXINIT:
		len = kexinit(buf, KEX_LARGE);
		break;
	case SMALL:
		len = kexinit(buf, KEX_SMALL);
		break;
	case CUT:
		len = packet(buf, SSHKEX_KEXINIT, "sixteen bytes ok\0\0\1\0kex", 23);
		break;
	case GARBAGE:
		len = strlen(strcpy(buf, "HTTP/1.1 400 Bad Request\r\n\r\n"));
		break;
	case IGNORE:
	case DRIP:
		len = packet(buf, SSHKEX_IGNORE, "\0\0\0\0", 4);
		break;
	case DISCONNECT:
		len = sshkex_disconnect(buf, sizeof(buf), "no more");
		break;
	case REPLY:
		len = packet(buf, SSHKEX_REPLY, filler, sizeof(filler));
		break;
	}
	do {
		if (send(fd, buf, len, MSG_NOSIGNAL) != (ssize_t)len)
			return (0);
	} while (step == DRIP && poll(NULL, 0, 2) == 0);	/* the pace of a drip */
	return (1);
}

static void *
server_thread(void *arg)
{
	struct server	*s = arg;
	const enum step	*step = s->row->steps;
	int		 fd = accept(s->listener, NULL, NULL);

	if (s->row->id != NULL)
		send(fd, s->row->id, strlen(s->row->id), MSG_NOSIGNAL);
	while (server_say(s, fd, *step))
		step++;
	close(fd);
	return (NULL);
}

static void
server_listen(struct server *s, struct sockaddr_in *in)
{
	socklen_t	len = sizeof(*in);
	int		small = 1;

	*in = (struct sockaddr_in){ .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_not_equal(s->listener = socket(AF_INET, SOCK_STREAM, 0), -1);
	if (s->row->steps[0] == DEAF)
		assert_int_equal(setsockopt(s->listener, SOL_SOCKET, SO_RCVBUF, &small,
		    sizeof(small)), 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)in, len), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)in, &len), 0);
	assert_int_equal(listen(s->listener, 1), 0);
}

static void
test_servers(void **state)
{
	const struct row	*row;
	struct probe_input	 in = { .host = "127.0.0.1", .dead_after_s = 30 };
	struct sockaddr_in	 sa;
	struct kex_try		 try = { .sa = (struct sockaddr *)&sa, .len = sizeof(sa),
				     .mss_bytes = MSS, .sizes = { 300, 400, 500 }, .count = 3,
				     .to_full = 1, .reverse = 1 };
	struct kex_result	 r;
	struct server		 s;
	pthread_t		 thread;
	int64_t			 began_ms;

	(void)state;
	for (row = rows; row < rows + COUNT(rows); row++) {
		s = (struct server){ .row = row };
		server_listen(&s, &sa);
		assert_int_equal(pthread_create(&thread, NULL, server_thread, &s), 0);
		began_ms = clock_ms();
		in.timeout_ms = row->late || row->state == KEX_MUTE || row->steps[0] == DEAF ?
		    SHORT_MS : LONG_MS;
		try.quiet_ms = row->reverse == KEX_REVERSE_SILENT ? 50 : LONG_MS;
		probe_kex(&try, &in, &r);
		if (clock_ms() - began_ms >= LONG_MS)
			fail_msg("%s: %jd ms", row->what, (intmax_t)(clock_ms() - began_ms));
		pthread_join(thread, NULL);
		close(s.listener);
		if ((int)r.state != row->state || (int)r.reverse != row->reverse ||
		    r.in_reply != row->in_reply || r.late != row->late || r.stuck != 0 || s.left)
			fail_msg("%s: state %d, reverse %d, in the reply %d, late %d, stuck %d",
			    row->what, r.state, r.reverse, r.in_reply, r.late, r.stuck);
		assert_int_equal(r.refusal != NULL, row->refusal != NULL);
		if (row->refusal != NULL)
			assert_string_equal(r.refusal, row->refusal);
		if (row->reverse != KEX_REVERSE_WHOLE)
			continue;
		assert_int_equal(r.passed, r.full);
		assert_int_equal(r.reverse_bytes, r.reverse_full);
		assert_int_equal(r.full, MSS + 40);
	}
}

static void
test_refused(void **state)
{
	struct probe_input	in = { .host = "127.0.0.1", .timeout_ms = LONG_MS,
				    .dead_after_s = 30 };
	struct sockaddr_in	sa;
	struct kex_try		try = { .sa = (struct sockaddr *)&sa, .len = sizeof(sa),
				    .mss_bytes = MSS, .sizes = { 300 }, .count = 1 };
	struct kex_result	r;
	struct server		s = { .row = rows };

	(void)state;
	server_listen(&s, &sa);
	close(s.listener);
	probe_kex(&try, &in, &r);
	assert_int_equal(r.state, KEX_UNCONNECTED);
	assert_int_equal(r.error, ECONNREFUSED);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_refused),
	};

	signal(SIGPIPE, SIG_IGN);
	return (cmocka_run_group_tests_name("kex", tests, NULL, NULL));
}
