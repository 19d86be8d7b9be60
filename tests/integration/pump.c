/*
 * Is every byte exact? Listens on loopback, starts a relay to itself, and pumps a random stream
 * through it both ways at once, in pieces of random size with random pauses, checking every byte
 * and both ends of file. The relay must then end with status 0.
 *
 * usage: pump [-eirSs] [-n BYTES] [-p PIPESIZE] [-g FILE] [-d SEED] [-t SECONDS] -- RELAY [OPTION
 * ...]
 *   (called as RELAY OPTION ... 127.0.0.1 PORT)
 *   -n	bytes each way, with k, m or g	-s	a socketpair as stdio, and not two pipes
 *   -i	both sides begin as SSH does	-p	the size of the pipes
 *   -r	slow readers			-S	stop and continue the relay now and then
 *   -e	the server sends nothing and ends at once
 *   -g	say "connected", then wait until FILE exists
 */

#define _GNU_SOURCE	/* F_SETPIPE_SZ */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHUNK_MAX	(1 << 17)
#define SLOW_CHUNK	(1 << 12)
#define HEAD_MAX	16
#define STOPS		8

/* One direction; the writer and the reader know it by its seed. */
struct stream {
	const char	*name;
	uint64_t	 seed;
	long long	 total;
	int		 wfd;
	int		 rfd;
	atomic_llong	 sent;
	atomic_llong	 got;
	atomic_int	 ended;		/* the reader has seen the end */
};

static struct stream	 up = { .name = "client to server" }, down = { .name = "server to client" };
static char		 head[HEAD_MAX + 1] = "no such thing\r\n";
static int		 use_socketpair, slow, ssh;
static pid_t		 relay;

static uint64_t
mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return (x ^ (x >> 31));
}

static uint64_t
next(uint64_t *state)
{
	return (mix(*state += 0x9e3779b97f4a7c15ULL));
}

/*
 * What stands in the stream from `at` on; the room is for len + 16. Every word depends on its place
 * only.
 */
static const char *
expected(const struct stream *s, long long at, size_t len, uint64_t *room)
{
	char		*bytes = (char *)room;
	size_t		 skip = (size_t)(at & 7), i;
	uint64_t	 word = (uint64_t)at / 8;

	for (i = 0; i < (skip + len + 7) / 8; i++)
		room[i] = mix(s->seed + (word + i) * 0x9e3779b97f4a7c15ULL);
	for (i = 0; at + (long long)i < (long long)strlen(head) && i < len; i++)
		bytes[skip + i] = head[at + (long long)i];
	return (bytes + skip);
}

static size_t
piece(uint64_t *rnd, size_t max)
{
	size_t	n = (size_t)1 << (next(rnd) % 18);

	n += next(rnd) % n;
	return (n < max ? n : max);
}

static void
pause_sometimes(uint64_t *rnd, int one_in)
{
	struct timespec	ts = { 0, 0 };

	if (next(rnd) % (uint64_t)one_in != 0)
		return;
	ts.tv_nsec = (long)(next(rnd) % 2000000);
	nanosleep(&ts, NULL);
}

static void *
writer(void *arg)
{
	struct stream	*s = arg;
	uint64_t	 rnd = s->seed + 1, *room;
	const char	*buf;
	size_t		 len, off;
	ssize_t		 n;

	if ((room = malloc(CHUNK_MAX + 16)) == NULL)
		err(1, "malloc");
	while (s->sent < s->total) {
		len = piece(&rnd, CHUNK_MAX);
		if ((long long)len > s->total - s->sent)
			len = (size_t)(s->total - s->sent);
		buf = expected(s, s->sent, len, room);
		for (off = 0; off < len; off += (size_t)n)
			if ((n = write(s->wfd, buf + off, len - off)) == -1)
				err(1, "%s: write after %lld bytes", s->name, (long long)s->sent);
		s->sent += (long long)len;
		pause_sometimes(&rnd, 400);
	}
	/* With SSH the server's end is the end of all: it comes last. */
	while (ssh && s == &down && !up.ended)
		pause_sometimes(&rnd, 1);
	if (s == &up && !use_socketpair)
		close(s->wfd);
	else if (shutdown(s->wfd, SHUT_WR) == -1)
		err(1, "%s: shutdown", s->name);
	free(room);
	return (NULL);
}

static void *
reader(void *arg)
{
	struct stream	*s = arg;
	uint64_t	 rnd = s->seed + 2, *room;
	const char	*wanted;
	char		*buf;
	size_t		 i;
	ssize_t		 n;

	if ((room = malloc(CHUNK_MAX + 16)) == NULL || (buf = malloc(CHUNK_MAX)) == NULL)
		err(1, "malloc");
	while ((n = read(s->rfd, buf, piece(&rnd, slow ? SLOW_CHUNK : CHUNK_MAX))) > 0) {
		if (s->got + n > s->total)
			errx(1, "%s: more bytes than were sent", s->name);
		wanted = expected(s, s->got, (size_t)n, room);
		if (memcmp(buf, wanted, (size_t)n) != 0) {
			for (i = 0; buf[i] == wanted[i]; i++)
				continue;
			errx(1, "%s: byte %lld is wrong", s->name,
			    (long long)s->got + (long long)i);
		}
		s->got += n;
		pause_sometimes(&rnd, slow ? 4 : 400);
	}
	if (n == -1)
		err(1, "%s: read after %lld bytes", s->name, (long long)s->got);
	if (s->got != s->total)
		errx(1, "%s: ends after %lld bytes of %lld", s->name, (long long)s->got, s->total);
	s->ended = 1;
	free(buf);
	free(room);
	return (NULL);
}

static void
kill_relay(void)
{
	if (relay > 0)
		kill(relay, SIGKILL);
}

static void
too_late(int signo)
{
	char	text[200];
	int	len;

	(void)signo;
	len = snprintf(text, sizeof(text),
	    "pump: out of time; up: sent %lld, got %lld, end %d; down: sent %lld, got %lld, "
	    "end %d\n", (long long)up.sent, (long long)up.got, up.ended, (long long)down.sent,
	    (long long)down.got, down.ended);
	if (write(2, text, (size_t)len) == -1 || relay > 0)
		kill_relay();
	_exit(1);
}

static void
stop_and_continue(uint64_t rnd, long long total)
{
	struct timespec	ts = { 0, 1000000 };
	long long	at;
	int		i, status;

	for (i = 1; i <= STOPS; i++) {
		at = total / (STOPS + 1) * i;
		while (up.got < at && down.got < at)
			nanosleep(&ts, NULL);
		if (kill(relay, SIGSTOP) == -1 || waitpid(relay, &status, WUNTRACED) != relay ||
		    !WIFSTOPPED(status))
			errx(1, "the relay does not stop");
		ts.tv_nsec = (long)(next(&rnd) % 100000000);
		nanosleep(&ts, NULL);
		ts.tv_nsec = 1000000;
		if (kill(relay, SIGCONT) == -1)
			err(1, "SIGCONT");
	}
}

/* The relay, with our ends of its stdio in up.wfd and down.rfd. */
static void
start_relay(char **argv, int pipe_size)
{
	int	in[2], out[2];

	if (use_socketpair) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, in) == -1 || (out[0] = dup(in[1])) == -1 ||
		    (out[1] = dup(in[0])) == -1)
			err(1, "socketpair");
	} else if (pipe(in) == -1 || pipe(out) == -1)
		err(1, "pipe");
#ifdef F_SETPIPE_SZ
	if (pipe_size > 0 && (fcntl(in[0], F_SETPIPE_SZ, pipe_size) == -1 ||
	    fcntl(out[0], F_SETPIPE_SZ, pipe_size) == -1))
		err(1, "F_SETPIPE_SZ");
#endif
	if ((relay = fork()) == -1)
		err(1, "fork");
	if (relay == 0) {
		signal(SIGPIPE, SIG_DFL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[0]);
		close(in[1]);
		close(out[0]);
		close(out[1]);
		execvp(argv[0], argv);
		err(127, "%s", argv[0]);
	}
	atexit(kill_relay);
	close(in[0]);
	close(out[1]);
	up.wfd = in[1];
	down.rfd = out[0];
}

static long long
bytes(const char *text)
{
	char		*end;
	long long	 n = strtoll(text, &end, 10);

	switch (*end) {
	case 'g':
		n *= 1024;
		/* FALLTHROUGH */
	case 'm':
		n *= 1024;
		/* FALLTHROUGH */
	case 'k':
		n *= 1024;
	}
	if (n <= 0)
		errx(1, "%s: not a size", text);
	return (n);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	struct timespec		 before, after, tick = { 0, 10000000 };
	struct pollfd		 pfd = { .events = POLLIN };
	socklen_t		 len = sizeof(sin);
	pthread_t		 threads[4];
	uint64_t		 seed;
	const char		*gate = NULL;
	char			 port[8], *host = strdup("127.0.0.1"), **relay_argv;
	long long		 total = 1 << 20;
	double			 took;
	int			 ch, i, listener, mute = 0, net, room = 1 << 16, pipe_size = 0,
				    seconds = 60, status, stops = 0;

	clock_gettime(CLOCK_REALTIME, &before);
	seed = (uint64_t)before.tv_nsec ^ (uint64_t)getpid() << 32;
	while ((ch = getopt(argc, argv, "d:eg:in:p:rSst:")) != -1) {
		switch (ch) {
		case 'd':
			seed = strtoull(optarg, NULL, 10);
			break;
		case 'e':
			mute = 1;
			break;
		case 'g':
			gate = optarg;
			break;
		case 'i':
			ssh = 1;
			snprintf(head, sizeof(head), "SSH-2.0-pump\r\n");
			break;
		case 'n':
			total = bytes(optarg);
			break;
		case 'p':
			pipe_size = (int)bytes(optarg);
			break;
		case 'r':
			slow = 1;
			break;
		case 'S':
			stops = 1;
			break;
		case 's':
			use_socketpair = 1;
			break;
		case 't':
			seconds = (int)bytes(optarg);
			break;
		default:
			return (1);
		}
	}
	argc -= optind;
	argv += optind;
	if (argc < 1)
		errx(1, "no relay is named");
	printf("seed %llu\n", (unsigned long long)seed);
	up.total = total;
	down.total = mute ? 0 : total;
	up.seed = mix(seed);
	down.seed = mix(seed + 1);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGALRM, too_late);
	alarm((unsigned)seconds);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((listener = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    fcntl(listener, F_SETFD, FD_CLOEXEC) == -1 ||
	    (slow && setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) == -1) ||
	    bind(listener, (struct sockaddr *)&sin, len) == -1 || listen(listener, 1) == -1 ||
	    getsockname(listener, (struct sockaddr *)&sin, &len) == -1)
		err(1, "listen");
	snprintf(port, sizeof(port), "%u", (unsigned)ntohs(sin.sin_port));
	if ((relay_argv = calloc((size_t)argc + 3, sizeof(*relay_argv))) == NULL)
		err(1, "calloc");
	memcpy(relay_argv, argv, (size_t)argc * sizeof(*argv));
	relay_argv[argc] = host;
	relay_argv[argc + 1] = port;
	start_relay(relay_argv, pipe_size);

	pfd.fd = listener;
	while (poll(&pfd, 1, 100) != 1)
		if (waitpid(relay, &status, WNOHANG) == relay) {
			relay = 0;
			errx(1, "the relay ended before it connected: status 0x%x", status);
		}
	if ((net = accept(listener, NULL, NULL)) == -1)
		err(1, "accept");
	up.rfd = down.wfd = net;
	if (gate != NULL) {
		printf("connected\n");
		fflush(stdout);
		while (access(gate, F_OK) == -1)
			nanosleep(&tick, NULL);
	}

	clock_gettime(CLOCK_MONOTONIC, &before);
	for (i = 0; i < 4; i++)
		if ((errno = pthread_create(&threads[i], NULL, i % 2 == 0 ? writer : reader,
		    i < 2 ? &up : &down)) != 0)
			err(1, "pthread_create");
	if (stops)
		stop_and_continue(seed, total);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &after);
	if (waitpid(relay, &status, 0) != relay)
		err(1, "waitpid");
	relay = 0;
	if (status != 0)
		errx(1, "the relay ended with status 0x%x", status);
	took = (double)(after.tv_sec - before.tv_sec) +
	    (double)(after.tv_nsec - before.tv_nsec) / 1e9;
	printf("%lld bytes a way in %.2f s, %.0f MiB/s together\n", total, took,
	    (double)total * 2 / took / (1 << 20));
	return (0);
}
