/* SPDX-License-Identifier: ISC */
/* Listens, bounds how many may do what, and gives each connection to its session. */

#include <sys/types.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/number.h"
#include "base/xalloc.h"
#include "net/sock.h"
#include "os/os.h"
#include "serve/door.h"
#include "serve/greet.h"
#include "serve/limits.h"
#include "serve/listen.h"
#include "serve/reply.h"
#include "serve/serve.h"

#define LISTEN_FDS_FIRST	3	/* sd_listen_fds(3) */
#define LISTEN_BACKLOG		64
#define LISTEN_PAUSE_MS		100	/* without descriptors, or memory for a socket */
#define LISTEN_SAY_MS		60000	/* between lines about clients that are refused */

/* A connection that has not said hello, or is told no, or that another process is to have. */
struct hello {
	struct limits_one	 one;
	struct serve_peer	 peer;
	int			 fd;		/* -1: this place is free */
	int			 refused;	/* what comes is only read */
	int			 handed;	/* it is on its way to its session's process */
	size_t			 have;
	uint8_t			 bytes[RESUME_HELLO_BYTES];
};

/* A session that this listener began. */
struct place {
	struct limits_one	 one;
	pid_t			 pid;		/* 0: this place is free */
	uint8_t			 id[RESUME_ID_BYTES];
};

struct listen {
	const struct serve	*serve;
	int64_t			 memory;	/* bytes, of which rings have a part */
	int			 news[2];	/* a child ended */
	int64_t			 pause_ms;	/* no connection is taken before; 0 */
	int64_t			 said_ms;	/* that a client was refused; 0: never */
	int			 earlier;	/* sessions of listeners before, at most */
	struct hello		 hello[LIMITS_HELLOS];
	struct place		 place[LIMITS_SESSIONS];
	/* of a moment; not on the stack, of which each session has a copy */
	const struct limits_one	*taken[LIMITS_SESSIONS];
	char			 waste[4096];
};

/* --- sockets ---------------------------------------------------------------------------------- */

static int
listen_add(struct serve *serve, int fd, struct error *err)
{
	struct sockaddr_storage	ss;
	socklen_t		len = sizeof(ss), type_len = sizeof(int);
	int			type = 0;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) == -1 ||
	    type != SOCK_STREAM || (ss.ss_family != AF_INET && ss.ss_family != AF_INET6)) {
		error_set(err, CODE_USAGE, "the socket that was given is not a TCP socket");
		return (-1);
	}
	if (serve->listeners == SERVE_LISTENERS) {
		error_set(err, CODE_USAGE, "at most %d addresses", SERVE_LISTENERS);
		return (-1);
	}
	if (sock_set_blocking(fd, 0) == -1) {
		error_errno(err, errno, "cannot use the socket");
		return (-1);
	}
	serve->listener[serve->listeners++] = fd;
	return (0);
}

static int
listen_parse(const char *text, struct sockaddr_storage *ss, socklen_t *len, struct error *err)
{
	char	host[ADDR_HOST_MAX + 1];
	int	port;

	if (addr_split(text, host, &port) == 0 && (*len = addr_literal(host, port, ss)) != 0)
		return (0);
	error_set(err, CODE_USAGE, "\"%.60s\" is not ADDRESS:PORT", text);
	return (-1);
}

/* One address; 0, or -1 with *err set. */
static int
listen_at(struct serve *serve, const char *text, int only6, struct error *err)
{
	struct sockaddr_storage	ss;
	socklen_t		len;
	char			tried[80];
	int			fd, yes = 1;

	if (listen_parse(text, &ss, &len, err) == -1)
		return (-1);
	if ((fd = sock_stream(ss.ss_family)) != -1 && ss.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only6, sizeof(only6));
	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == -1 ||
	    bind(fd, (struct sockaddr *)&ss, len) == -1 || listen(fd, LISTEN_BACKLOG) == -1) {
		snprintf(tried, sizeof(tried), "cannot listen at %.60s", text);
		error_errno(err, errno, tried);
		if (fd != -1)
			close(fd);
		return (-1);
	}
	return (listen_add(serve, fd, err));
}

int
listen_all(struct serve *serve, char *const texts[], struct error *err)
{
	struct sockaddr_storage	ss;
	socklen_t		len;
	int			i, only6 = 0;

	/* Where IPv4 has addresses of its own, "[::]" would take their port. */
	for (i = 0; texts[i] != NULL; i++) {
		if (listen_parse(texts[i], &ss, &len, err) == -1)
			return (-1);
		only6 |= ss.ss_family == AF_INET;
	}
	for (i = 0; texts[i] != NULL; i++)
		if (listen_at(serve, texts[i], only6, err) == -1)
			return (-1);
	return (0);
}

int
listen_given(struct serve *serve, struct error *err)
{
	const char	*pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	long long	 whose;
	int		 i, n;

	/* They are for the process of that id only, and pass on to its children. */
	if (pid == NULL || fds == NULL || number_parse_long(pid, 1, INT32_MAX, &whose) == -1 ||
	    whose != getpid() || number_parse(fds, 1, SERVE_LISTENERS, &n) == -1)
		return (0);
	for (i = 0; i < n; i++)
		if (listen_add(serve, LISTEN_FDS_FIRST + i, err) == -1)
			return (-1);
	return (0);
}

/* --- sessions --------------------------------------------------------------------------------- */

static int	news_fd = -1;

static void
listen_child_cb(int sig)
{
	int	error = errno;

	(void)sig;
	if (write(news_fd, "", 1) == -1)
		errno = error;
	errno = error;
}

/* Children that ended. One that was killed leaves its name in the folder. */
static void
listen_reap(struct listen *l)
{
	char	waste[64];
	pid_t	pid;
	size_t	i;
	int	status;

	while (read(l->news[0], waste, sizeof(waste)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (i = 0; i < LIMITS_SESSIONS; i++) {
			if (l->place[i].pid != pid)
				continue;
			l->place[i].pid = 0;
			door_remove(l->serve, l->place[i].id);
			if (WIFSIGNALED(status))
				serve_say("session %02x%02x%02x%02x: killed by signal %d",
				    l->place[i].id[0], l->place[i].id[1], l->place[i].id[2],
				    l->place[i].id[3], WTERMSIG(status));
		}
}

/* A session's process has nothing of the listener's. */
static void
listen_leave(struct listen *l, const struct hello *h)
{
	int	i;

	signal(SIGCHLD, SIG_DFL);
	close(l->news[0]);
	close(l->news[1]);
	for (i = 0; i < l->serve->listeners; i++)
		close(l->serve->listener[i]);
	for (i = 0; i < LIMITS_HELLOS; i++)
		if (l->hello[i].fd != -1 && &l->hello[i] != h)
			close(l->hello[i].fd);
	munmap(l, sizeof(*l));
	/* What ends the listener does not end its sessions. */
	setsid();
}

/* A line about a client that is refused, but not one for each of many. */
static void
listen_say_busy(struct listen *l, const struct hello *h, const char *why)
{
	int64_t	now_ms = clock_ms();

	if (l->said_ms != 0 && now_ms - l->said_ms < LISTEN_SAY_MS)
		return;
	l->said_ms = now_ms;
	serve_say("no session for %s port %d: %s", h->peer.text, h->peer.port, why);
}

/* A free place for a session of this client, or NULL if it may have none; how many there are. */
static struct place *
listen_place(struct listen *l, const struct hello *h, int *sessions)
{
	const struct limits_one		**taken = l->taken;
	struct place			*place = NULL;
	size_t				 i, n = 0;

	for (i = 0; i < LIMITS_SESSIONS; i++)
		if (l->place[i].pid != 0)
			taken[n++] = &l->place[i].one;
		else if (place == NULL)
			place = &l->place[i];
	/* The folder is read only now and then: what is allocated is copied for each session. */
	if ((int)n + l->earlier >= LIMITS_SESSIONS && l->earlier > 0)
		l->earlier = door_count(l->serve) - (int)n;
	*sessions = (int)n + (l->earlier > 0 ? l->earlier : 0);
	if (*sessions < LIMITS_SESSIONS && limits_admit(taken, n, h->one.who, clock_ms()))
		return (place);
	return (NULL);
}

/* Begin a session: what to reply where that failed, or RESUME_OK. */
static enum resume_status
listen_new(struct listen *l, struct hello *h)
{
	struct greet	 g = { .serve = l->serve, .peer = h->peer, .fd = h->fd };
	struct place	*place;
	pid_t		 pid;
	int		 sessions;

	if ((place = listen_place(l, h, &sessions)) == NULL) {
		listen_say_busy(l, h, sessions >= LIMITS_SESSIONS ? "too many sessions" :
		    "it has too many new ones");
		return (RESUME_BUSY);
	}
	g.ring = limits_ring(l->memory, sessions);
	memcpy(g.hello, h->bytes, sizeof(g.hello));
	arc4random_buf(g.id, sizeof(g.id));
	if ((g.door = door_open(l->serve, g.id)) == -1) {
		listen_say_busy(l, h, strerror(errno));
		return (RESUME_BUSY);
	}
	if ((pid = fork()) == 0) {
		listen_leave(l, h);
		greet_new(&g);
		door_remove(g.serve, g.id);
		_exit(0);
	}
	close(g.door);
	if (pid == -1) {
		listen_say_busy(l, h, strerror(errno));
		door_remove(l->serve, g.id);
		return (RESUME_BUSY);
	}
	place->pid = pid;
	place->one = h->one;
	place->one.since_ms = clock_ms();
	memcpy(place->id, g.id, sizeof(place->id));
	return (RESUME_OK);
}

/* --- hellos ----------------------------------------------------------------------------------- */

static void
hello_drop(struct hello *h)
{
	close(h->fd);
	h->fd = -1;
}

/* A hello is whole: a session has the connection, or the client is told why none has. */
static void
hello_answer(struct listen *l, struct hello *h)
{
	struct resume_hello	hello;
	enum resume_status	status = RESUME_OTHER_VERSION;
	enum resume_kind	kind = RESUME_NEW;

	switch (resume_hello_decode(&hello, h->bytes)) {
	case RESUME_RIGHT:
		kind = hello.kind;
		status = kind == RESUME_NEW ? listen_new(l, h) :
		    door_hand(l->serve, hello.id, h->bytes, h->fd);
		break;
	case RESUME_WRONG_VERSION:
	case RESUME_WRONG_KIND:
		break;
	default:
		hello_drop(h);
		return;
	}
	/* Its time is that of a hello, which is longer than the kernel may need. */
	h->handed = status == RESUME_OK && kind == RESUME_AGAIN && os_sent_fd_ms() > 0;
	if (h->handed) {
		h->one.since_ms = clock_ms();
		return;
	}
	if (status == RESUME_OK) {
		hello_drop(h);
		return;
	}
	reply_refuse(l->serve, h->fd, status, kind);
	h->refused = 1;
}

static void
hello_read(struct listen *l, struct hello *h)
{
	struct resume_hello	hello;
	ssize_t			n;

	if (h->refused)
		n = recv(h->fd, l->waste, sizeof(l->waste), 0);
	else
		n = recv(h->fd, h->bytes + h->have, sizeof(h->bytes) - h->have, 0);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (n <= 0) {
		hello_drop(h);
		return;
	}
	if (h->refused)
		return;
	h->have += (size_t)n;
	/* Of another protocol: the rest is zero, and the first bytes differ. */
	if (h->have >= 6 && resume_hello_decode(&hello, h->bytes) == RESUME_WRONG_MAGIC)
		hello_drop(h);
	else if (h->have == sizeof(h->bytes))
		hello_answer(l, h);
}

/* A place for one more, which may be that of another. */
static struct hello *
hello_place(struct listen *l)
{
	const struct limits_one	*waiting[LIMITS_HELLOS];
	size_t			 i;

	for (i = 0; i < LIMITS_HELLOS; i++) {
		if (l->hello[i].fd == -1)
			return (&l->hello[i]);
		waiting[i] = &l->hello[i].one;
	}
	i = limits_evict(waiting, LIMITS_HELLOS);
	hello_drop(&l->hello[i]);
	return (&l->hello[i]);
}

static void
hello_accept(struct listen *l, int listener)
{
	struct hello		*h;
	struct serve_peer	 peer;
	int			 fd;

	if ((fd = accept(listener, NULL, NULL)) == -1) {
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR &&
		    errno != ECONNABORTED)
			l->pause_ms = clock_ms() + LISTEN_PAUSE_MS;
		return;
	}
	if (serve_peer(fd, &peer) == -1 || sock_set_blocking(fd, 0) == -1) {
		close(fd);
		return;
	}
	h = hello_place(l);
	memset(h, 0, sizeof(*h));
	h->fd = fd;
	h->peer = peer;
	h->one.since_ms = clock_ms();
	memcpy(h->one.who, peer.text, sizeof(h->one.who));
	/* Usually it is there. */
	hello_read(l, h);
}

/* --- the loop --------------------------------------------------------------------------------- */

#define WATCHED	(1 + SERVE_LISTENERS + LIMITS_HELLOS)
#define DESCRIPTORS	(WATCHED + 16)	/* and a few of a moment */

/* Wait until something is to be done; those that were silent for too long are gone then. */
static void
listen_wait(struct listen *l, struct pollfd pfd[WATCHED])
{
	int64_t	now_ms = clock_ms(), until_ms = l->pause_ms;
	int	i, on;

	if (l->pause_ms != 0 && l->pause_ms <= now_ms)
		l->pause_ms = until_ms = 0;
	memset(pfd, 0, WATCHED * sizeof(pfd[0]));
	for (i = 0; i < WATCHED; i++) {
		pfd[i].fd = -1;
		pfd[i].events = POLLIN;
	}
	pfd[0].fd = l->news[0];
	on = l->pause_ms == 0;
	for (i = 0; i < l->serve->listeners && on; i++)
		pfd[1 + i].fd = l->serve->listener[i];
	for (i = 0; i < LIMITS_HELLOS; i++) {
		if (l->hello[i].fd == -1)
			continue;
		if (now_ms - l->hello[i].one.since_ms >= LIMITS_HELLO_MS) {
			hello_drop(&l->hello[i]);
			continue;
		}
		if (!l->hello[i].handed)
			pfd[1 + SERVE_LISTENERS + i].fd = l->hello[i].fd;
		if (until_ms == 0 || l->hello[i].one.since_ms + LIMITS_HELLO_MS < until_ms)
			until_ms = l->hello[i].one.since_ms + LIMITS_HELLO_MS;
	}
	if (poll(pfd, WATCHED, until_ms == 0 ? -1 : (int)(until_ms - now_ms)) == -1)
		for (i = 0; i < WATCHED; i++)
			pfd[i].revents = 0;
}

/* poll(2) refuses more entries than descriptors are allowed: 0, or -1 with *err set. */
static int
listen_allow(struct error *err)
{
	struct rlimit	limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur >= DESCRIPTORS)
		return (0);
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
	if (limit.rlim_cur == DESCRIPTORS && setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return (0);
	error_set(err, CODE_NO_DESCRIPTORS, "%d open files are needed, and %lld are allowed",
	    DESCRIPTORS, (long long)limit.rlim_cur);
	return (-1);
}

int
listen_run(const struct serve *serve, struct error *err)
{
	struct listen	*l;
	struct pollfd	 pfd[WATCHED];
	int		 i;

	if (listen_allow(err) == -1)
		return (-1);
	/* In pages of its own, which a session gives back. */
	if ((l = mmap(NULL, sizeof(*l), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1,
	    0)) == MAP_FAILED)
		xalloc_fail();
	l->serve = serve;
	l->memory = os_memory();
	for (i = 0; i < LIMITS_HELLOS; i++)
		l->hello[i].fd = -1;
	if (pipe(l->news) == -1 || sock_set_blocking(l->news[0], 0) == -1 ||
	    sock_set_blocking(l->news[1], 0) == -1) {
		error_errno(err, errno, "cannot make a pipe");
		return (-1);
	}
	news_fd = l->news[1];
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, listen_child_cb);
	l->earlier = door_count(serve);
	for (;;) {
		listen_wait(l, pfd);
		if (pfd[0].revents != 0)
			listen_reap(l);
		/* First those that are there, so that what they freed is free. */
		for (i = 0; i < LIMITS_HELLOS; i++)
			if (pfd[1 + SERVE_LISTENERS + i].revents != 0 && l->hello[i].fd != -1)
				hello_read(l, &l->hello[i]);
		for (i = 0; i < serve->listeners; i++)
			if (pfd[1 + i].revents != 0)
				hello_accept(l, serve->listener[i]);
	}
}
