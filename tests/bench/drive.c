/*
 * What tests/bench/bench measures with: one measurement of one relay a call, numbers on stdout.
 *
 *	drive start|bulk-up|bulk-down|echo|pss|own [-F] [-b BYTES] [-n COUNT] [-p PORT] [-s NAMESPACE]
 *	    COMMAND [ARGUMENT ...]
 *
 *	start		COUNT times: microseconds from fork to the server's first byte, a line each
 *	bulk-up		COMMAND's stdin to the server: seconds, and CPU seconds that the relay used
 *	bulk-down	the server to COMMAND's stdout: the same
 *	echo		COUNT round trips of one byte: p50 and p99 in microseconds
 *	pss		COUNT relays at once, idle after one line each way: KiB of Pss for each
 *	own		the same of Private_Dirty, which does not depend on what else runs
 *
 * PORT in an argument stands for the port of the server in here: that of -p, or else a free one.
 * -s: the file of the network namespace that it listens in, at all addresses, and not only at the
 * loopback. -F: the command passes the descriptor of its connection (ProxyUseFdpass). The command
 * "-" is no relay at all but a socket.
 * Both sides begin with an SSH identification line, as a relay may wait for it before it does its
 * work as usual.
 *
 * Linux only (smaps_rollup, PR_SET_PDEATHSIG: whatever is started here ends with us, however we
 * end).
 */

#define _GNU_SOURCE

#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BANNER		"SSH-2.0-bench\r\n"
#define BANNER_LEN	(sizeof BANNER - 1)
#define BLOCK		(128 * 1024)
#define LIMIT		120	/* seconds that one call may take */
#define PATIENCE	5000	/* milliseconds that a relay has to connect */
#define WARM_UP		100	/* round trips before echo counts */
#define LOGIN		16384	/* bytes that a client has said before bulk counts */

struct relay {
	pid_t	pid;		/* 0: no process (any more) */
	int	in;		/* we write, the server reads */
	int	out;		/* the server writes, we read */
	double	cpu;		/* seconds, after relay_end */
};

static char	**command;
static int	  fdpass;
static int	  listener;
static int	  port;
static const char *space;	/* the server's network namespace, if it is another */
static char	  block[BLOCK];

static double
now(void)
{
	struct timespec	ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (ts.tv_sec + ts.tv_nsec / 1e9);
}

static void
put(int fd, const void *data, size_t len)
{
	const char	*p = data;
	ssize_t		 n;

	for (; len > 0; p += n, len -= n)
		if ((n = write(fd, p, len)) == -1)
			err(1, "write");
}

static void
get(int fd, void *data, size_t len)
{
	char	*p = data;
	ssize_t	 n;

	for (; len > 0; p += n, len -= n) {
		if ((n = read(fd, p, len)) == -1)
			err(1, "read");
		if (n == 0)
			errx(1, "the connection ended too early");
	}
}

/* The line of the other side must arrive as it was sent. */
static void
get_banner(int fd)
{
	char	line[BANNER_LEN];

	get(fd, line, sizeof line);
	if (memcmp(line, BANNER, sizeof line) != 0)
		errx(1, "the first line arrived changed");
}

static void
put_bytes(int fd, long long bytes)
{
	for (; bytes > BLOCK; bytes -= BLOCK)
		put(fd, block, BLOCK);
	put(fd, block, bytes);
}

/* As much as there is in one read: a relay that enlarges the pipe is to be seen. */
static void
get_bytes(int fd, long long bytes)
{
	ssize_t	n;

	for (; bytes > 0; bytes -= n) {
		if ((n = read(fd, block, BLOCK)) == -1)
			err(1, "read");
		if (n == 0)
			errx(1, "the connection ended too early");
	}
}

static void
no_delay(int fd)
{
	int	on = 1;

	/* What tailscaled passes is a unix socket. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == -1 && errno != EOPNOTSUPP)
		err(1, "TCP_NODELAY");
}

static int
space_open(const char *path)
{
	int	fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		err(1, "%s", path);
	return (fd);
}

static void
space_enter(int fd)
{
	if (setns(fd, CLONE_NEWNET) == -1)
		err(1, "setns");
	close(fd);
}

static void
server_listen(void)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET };
	socklen_t		len = sizeof sin;
	int			own = -1, on = 1;

	if (space != NULL) {
		own = space_open("/proc/self/ns/net");
		space_enter(space_open(space));
	}
	sin.sin_addr.s_addr = htonl(space != NULL ? INADDR_ANY : INADDR_LOOPBACK);
	sin.sin_port = htons(port);
	if ((listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
	    bind(listener, (struct sockaddr *)&sin, sizeof sin) == -1 ||
	    listen(listener, 16) == -1 || getsockname(listener, (struct sockaddr *)&sin,
	    &len) == -1)
		err(1, "server");
	port = ntohs(sin.sin_port);
	if (space != NULL)
		space_enter(own);
}

static int
server_accept(void)
{
	struct pollfd	pfd = { .fd = listener, .events = POLLIN };
	int		fd;

	if (poll(&pfd, 1, PATIENCE) != 1)
		errx(1, "%s does not connect", command[0]);
	if ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) == -1)
		err(1, "accept");
	no_delay(fd);
	return (fd);
}

/* A process for the server of one connection, which has greeted when `serve` is called. */
static pid_t
server_start(void (*serve)(int, long long), long long arg)
{
	pid_t	pid;
	int	fd;

	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid != 0)
		return (pid);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = server_accept();
	put(fd, BANNER, BANNER_LEN);
	get_banner(fd);
	serve(fd, arg);
	_exit(0);
}

static void
server_end(pid_t pid)
{
	int	status;

	if (waitpid(pid, &status, 0) == -1 || status != 0)
		errx(1, "the server failed");
}

/* The arguments with PORT filled in; made before the clock starts. */
static void
command_expand(void)
{
	char	**arg, *at, *s;

	for (arg = command; *arg != NULL; arg++) {
		if ((at = strstr(*arg, "PORT")) == NULL)
			continue;
		if (asprintf(&s, "%.*s%d%s", (int)(at - *arg), *arg, port, at + 4) == -1)
			err(1, NULL);
		*arg = s;
	}
}

static void
relay_direct(struct relay *r)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET };

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(port);
	if ((r->in = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    connect(r->in, (struct sockaddr *)&sin, sizeof sin) == -1)
		err(1, "connect");
	no_delay(r->in);
	r->out = r->in;
	r->pid = 0;
}

/* As ssh does: two pipes, or with fdpass one socketpair, and no descriptor besides. */
static void
relay_start(struct relay *r)
{
	int	in[2], out[2];

	r->cpu = 0;
	if (strcmp(command[0], "-") == 0) {
		relay_direct(r);
		return;
	}
	if (fdpass) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) == -1)
			err(1, "socketpair");
		out[0] = in[1];
		out[1] = in[0];
	} else if (pipe2(in, O_CLOEXEC) == -1 || pipe2(out, O_CLOEXEC) == -1)
		err(1, "pipe");
	/* vfork: a copy of our page tables would be measured, too. */
	if ((r->pid = vfork()) == -1)
		err(1, "vfork");
	if (r->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (dup2(in[0], STDIN_FILENO) == -1 || dup2(out[1], STDOUT_FILENO) == -1)
			_exit(126);
		execv(command[0], command);
		_exit(127);
	}
	close(in[0]);
	if (!fdpass)
		close(out[1]);
	r->in = in[1];
	r->out = out[0];
}

/* With fdpass: takes the descriptor, and waits for the end of the process as ssh does. */
static void
relay_receive(struct relay *r)
{
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(int))];
	}		 control;
	struct iovec	 iov = { block, 1 };
	struct msghdr	 msg = { .msg_iov = &iov, .msg_iovlen = 1,
			     .msg_control = &control, .msg_controllen = sizeof control };
	struct cmsghdr	*cmsg;

	if (!fdpass || r->pid == 0)
		return;
	if (recvmsg(r->in, &msg, MSG_CMSG_CLOEXEC) != 1 || (cmsg = CMSG_FIRSTHDR(&msg)) == NULL ||
	    cmsg->cmsg_type != SCM_RIGHTS)
		errx(1, "%s passed no descriptor", command[0]);
	close(r->in);
	memcpy(&r->in, CMSG_DATA(cmsg), sizeof r->in);
	r->out = r->in;
	/* nc leaves the socket non-blocking; ssh would make it so anyway, we do not. */
	fcntl(r->in, F_SETFL, 0);
	no_delay(r->in);
	waitpid(r->pid, NULL, 0);
	r->pid = 0;
}

static void
relay_end(struct relay *r)
{
	struct rusage	ru;

	if (r->out != r->in)
		close(r->out);
	close(r->in);
	if (r->pid == 0)
		return;
	/* Not how it would end by itself: nothing that it does from here on is to be counted. */
	kill(r->pid, SIGKILL);
	if (wait4(r->pid, NULL, 0, &ru) == -1)
		err(1, "wait4");
	r->cpu = ru.ru_utime.tv_sec + ru.ru_stime.tv_sec +
	    (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
}

static void
drive_start(int count)
{
	struct relay	r;
	double		from;
	int		fd;
	char		c;

	while (count-- > 0) {
		from = now();
		relay_start(&r);
		put(r.in, fdpass ? "" : BANNER, fdpass ? 0 : BANNER_LEN);
		fd = server_accept();
		put(fd, BANNER, BANNER_LEN);
		relay_receive(&r);
		get(r.out, &c, 1);
		printf("%.1f\n", (now() - from) * 1e6);
		relay_end(&r);
		close(fd);
	}
}

/* The answer goes through the relay: so the sender knows that all has arrived. */
static void
serve_sink(int fd, long long bytes)
{
	get_bytes(fd, LOGIN);
	put(fd, "!", 1);
	get_bytes(fd, bytes);
	put(fd, "!", 1);
	get_bytes(fd, 1);
}

static void
serve_source(int fd, long long bytes)
{
	get_bytes(fd, LOGIN);
	put(fd, "!", 1);
	get_bytes(fd, 1);
	put_bytes(fd, bytes);
	get_bytes(fd, 1);
}

static void
drive_bulk(int up, long long bytes)
{
	struct relay	r;
	pid_t		server;
	double		from, seconds;

	server = server_start(up ? serve_sink : serve_source, bytes);
	relay_start(&r);
	relay_receive(&r);
	put(r.in, BANNER, BANNER_LEN);
	get_banner(r.out);
	put_bytes(r.in, LOGIN);
	get_bytes(r.out, 1);
	from = now();
	if (up) {
		put_bytes(r.in, bytes);
		get_bytes(r.out, 1);
	} else {
		put(r.in, "!", 1);
		get_bytes(r.out, bytes);
	}
	seconds = now() - from;
	put(r.in, "!", 1);
	server_end(server);
	relay_end(&r);
	printf("%.6f %.6f\n", seconds, r.cpu);
}

static void
serve_echo(int fd, long long count)
{
	char	c;

	while (count-- > 0) {
		get(fd, &c, 1);
		put(fd, &c, 1);
	}
	get_bytes(fd, 1);
}

static int
compare(const void *a, const void *b)
{
	double	x = *(const double *)a, y = *(const double *)b;

	return ((x > y) - (x < y));
}

static void
drive_echo(int count)
{
	struct relay	 r;
	pid_t		 server;
	double		*took, from;
	int		 i;
	char		 c;

	if ((took = calloc(count, sizeof *took)) == NULL)
		err(1, NULL);
	server = server_start(serve_echo, count + WARM_UP);
	relay_start(&r);
	relay_receive(&r);
	put(r.in, BANNER, BANNER_LEN);
	get_banner(r.out);
	for (i = -WARM_UP; i < count; i++) {
		from = now();
		put(r.in, "x", 1);
		get(r.out, &c, 1);
		if (i >= 0)
			took[i] = now() - from;
	}
	put(r.in, "!", 1);
	server_end(server);
	relay_end(&r);
	qsort(took, count, sizeof *took, compare);
	printf("%.2f %.2f\n", took[count / 2] * 1e6, took[(int)(count * 0.99)] * 1e6);
	free(took);
}

/* KiB of what the key counts; 0 when there is no such process any more. */
static long
memory(pid_t pid, const char *key)
{
	char	 path[64], line[128];
	FILE	*f;
	long	 kib = 0;

	if (pid == 0)
		return (0);
	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return (0);
	while (fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, key, strlen(key)) == 0 && sscanf(line + strlen(key), ": %ld", &kib) == 1)
			break;
	fclose(f);
	return (kib);
}

static void
drive_memory(const char *key, int count)
{
	struct rlimit	 limit;
	struct relay	*relays;
	long		 sum, before;
	int		*fds, i;

	if ((relays = calloc(count, sizeof *relays)) == NULL ||
	    (fds = calloc(count, sizeof *fds)) == NULL)
		err(1, NULL);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (i = 0; i < count; i++) {
		relay_start(&relays[i]);
		fds[i] = server_accept();
		put(fds[i], BANNER, BANNER_LEN);
		relay_receive(&relays[i]);
		put(relays[i].in, BANNER, BANNER_LEN);
		get_banner(fds[i]);
		get_banner(relays[i].out);
	}
	/*
	 * Idle means that nothing changes any more: two equal sums in a row, a tenth of a second
	 * apart.
	 */
	sum = -1;
	do {
		before = sum;
		poll(NULL, 0, 100);
		for (sum = 0, i = 0; i < count; i++)
			sum += memory(relays[i].pid, key);
	} while (sum != before);
	printf("%.1f\n", (double)sum / count);
	for (i = 0; i < count; i++) {
		relay_end(&relays[i]);
		close(fds[i]);
	}
	free(relays);
	free(fds);
}

static void
usage(void)
{
	fprintf(stderr, "usage: drive start|bulk-up|bulk-down|echo|pss|own [-F] [-b bytes] "
	    "[-n count] [-p port] [-s namespace] command ...\n");
	exit(64);
}

int
main(int argc, char **argv)
{
	const char	*mode;
	long long	 bytes = BLOCK;
	int		 c, count = 1;

	if (argc < 2)
		usage();
	mode = argv[1];
	argc--;
	argv++;
	while ((c = getopt(argc, argv, "+Fb:n:p:s:")) != -1) {
		switch (c) {
		case 'F':
			fdpass = 1;
			break;
		case 'b':
			bytes = atoll(optarg);
			break;
		case 'n':
			count = atoi(optarg);
			break;
		case 'p':
			port = atoi(optarg);
			break;
		case 's':
			space = optarg;
			break;
		default:
			usage();
		}
	}
	command = argv + optind;
	if (command[0] == NULL || count < 1 || bytes < 1)
		usage();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(LIMIT);
	server_listen();
	command_expand();
	if (strcmp(mode, "start") == 0)
		drive_start(count);
	else if (strcmp(mode, "bulk-up") == 0)
		drive_bulk(1, bytes);
	else if (strcmp(mode, "bulk-down") == 0)
		drive_bulk(0, bytes);
	else if (strcmp(mode, "echo") == 0)
		drive_echo(count);
	else if (strcmp(mode, "pss") == 0)
		drive_memory("Pss", count);
	else if (strcmp(mode, "own") == 0)
		drive_memory("Private_Dirty", count);
	else
		usage();
	return (0);
}
