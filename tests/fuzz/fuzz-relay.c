/* SPDX-License-Identifier: ISC */
/*
 * A whole session of the relay over real descriptors and the real event loop, on a schedule that
 * the input decides: who reads, writes and ends, when and how much; when time passes; what the
 * kernel reports of the connection; when a second connection is made; when a signal arrives.
 *
 * Whatever happens, bytes arrive in order and none arrives twice. If the session ends without an
 * error, none is lost. The relay ends, does not spin, and leaves no descriptor open.
 */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "fuzz.h"
#include "net/sock.h"
#include "os/os.h"
#include "route/mss.h"
#include "route/race.h"
#include "route/target.h"
#include "route/via.h"
#include "session/output.h"
#include "session/relay.h"

#define CONNS_MAX	6
#define ADDRESS_FD	48
#define EVENTS_MAX	16
#define STEPS_MAX	200
#define TURNS_MAX	5000	/* of the loop while no time passes: more is spinning */
#define JUMPS_MAX	64	/* of time, once both sides have ended */
/* bytes, after which they are the same again: no size of a buffer */
#define PERIOD		65521
#define HUP_BYTES	60000	/* of the client's under way at SIGHUP: more would block */

/* The first byte of the input. */
#define CLIENT_RAW	0x01	/* what the client says first is the input's, else it is SSH */
#define SERVER_RAW	0x02
/* pipes, sockets, one socket, or the input a pipe and the output a socket */
#define IO_KIND		0x0c
#define GUARDED		0x10
#define NO_HALF_CLOSE	0x20
#define OTHER_SERVER	0x40	/* a second connection meets another server */
#define WELCOME		0x80	/* the server says something before its identification */

int		 __real_event_add(struct event *, const struct timeval *);
int		 __real_event_assign(struct event *, struct event_base *, evutil_socket_t, short,
		    event_callback_fn, void *);
int		 __real_event_del(struct event *);
void		 __real_output_end(const struct output *, int);
int64_t		 __wrap_clock_ms(void);
int		 __wrap_event_add(struct event *, const struct timeval *);
int		 __wrap_event_base_dispatch(struct event_base *);
int		 __wrap_event_del(struct event *);
enum os_address	 __wrap_os_address_read(int, const struct sockaddr *);
int		 __wrap_os_address_watch(void);
int		 __wrap_os_tcp(int, struct os_tcp *);
int		 __wrap_os_tcp_fragment(int);
int		 __wrap_os_tcp_patience(int, int);
int		 __wrap_os_tcp_retry(int, int);
void		 __wrap_output_end(const struct output *, int);
struct race	*__wrap_race_again(const struct race_config *, const struct connection *);
void		 __wrap_race_cancel(struct race *);
int		 __wrap_event_assign(struct event *, struct event_base *, evutil_socket_t, short,
		    event_callback_fn, void *);

/* What one side says: a beginning, then bytes that follow from their place. */
struct stream {
	uint8_t	head[4096];
	size_t	head_len;
};

struct conn {
	int	fd;		/* the server's end */
	int	relay_fd;	/* the relay's, as long as it is open */
	size_t	written, read;	/* by the server */
	int	ended;		/* it says no more */
	int	closed;		/* nor does it read */
	int	mss_bytes;
};

static struct scene {
	const uint8_t		*data;		/* what is left of the input */
	size_t			 size;
	int			 mode;
	struct stream		 client;
	/*
	 * What the first connection's server says, what others do, and that after a line of the
	 * first.
	 */
	struct stream		 servers[3];
	/* the client has received the beginning of this one */
	int			 possible[3];
	int			 alone;		/* there is no other connection */
	size_t			 client_written, reader_read;
	int			 client_fd, reader_fd, in_fd, out_fd;
	int			 client_ended, client_late, reader_closed, out_ended;
	struct conn		 conns[CONNS_MAX];
	int			 conn_count, chosen, current;
	struct race_config	 dial;
	int			 dialing;
	struct os_tcp		 tcp;
	int			 tcp_errno;
	int			 address_fds[2];
	int64_t			 now_ms;
	struct pending {
		struct event	*ev;		/* NULL: this place is free */
		int64_t		 every_ms, at_ms;	/* of a timer */
	}			 events[EVENTS_MAX];
	struct event		*hup, *term;
	int			 hung_up, terminated, done, running;
}			 s;

static uint8_t	buf[1 << 16];

/* --- streams ---------------------------------------------------------------------------------- */

/* The stream's bytes at this offset; *len is cut to what is in one piece. */
static const uint8_t *
stream_at(const struct stream *st, size_t at, size_t *len)
{
	static uint8_t	bytes[2 * PERIOD];
	size_t		left, i;

	if (bytes[1] == 0)
		for (i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)((i % PERIOD * 167) ^ (i % PERIOD >> 8));
	left = at < st->head_len ? st->head_len - at : PERIOD;
	*len = *len < left ? *len : left;
	return (at < st->head_len ? st->head + at : bytes + (at - st->head_len) % PERIOD);
}

static int
stream_has(const struct stream *st, size_t at, size_t len)
{
	const uint8_t	*bytes;
	size_t		 done, n;

	for (done = 0; done < len; done += n) {
		n = len - done;
		bytes = stream_at(st, at + done, &n);
		if (memcmp(buf + done, bytes, n) != 0)
			return (0);
	}
	return (1);
}

/* Write so many bytes of it, or what goes; the number of bytes. */
static size_t
stream_write(int fd, const struct stream *st, size_t at, size_t len)
{
	const uint8_t	*bytes;
	size_t		 total = 0, n;
	ssize_t		 written;

	do {
		n = len - total;
		bytes = stream_at(st, at + total, &n);
		written = write(fd, bytes, n);
		total += written > 0 ? (size_t)written : 0;
	} while (total < len && written == (ssize_t)n);
	return (total);
}

static void
stream_put(struct stream *st, const void *bytes, size_t len)
{
	len = len < sizeof(st->head) - st->head_len ? len : sizeof(st->head) - st->head_len;
	memcpy(st->head + st->head_len, bytes, len);
	st->head_len += len;
}

static uint8_t
next(void)
{
	if (s.size == 0)
		return (0);
	s.size--;
	return (*s.data++);
}

/* An identification and a KEXINIT (RFC 4253 6) of the input's size, or raw bytes of the input. */
static void
stream_begin(struct stream *st, int raw, const char *id)
{
	size_t		len = next();
	uint8_t		packet[6 + 8 * 255] = { [5] = 20 };

	if (raw) {
		len = len < s.size ? len : s.size;
		stream_put(st, s.data, len);
		s.data += len;
		s.size -= len;
		return;
	}
	stream_put(st, id, strlen(id));
	len = 8 * len + 2;
	packet[2] = (uint8_t)(len >> 8);
	packet[3] = (uint8_t)len;
	stream_put(st, packet, 4 + len);
}

/* --- what the relay is told ------------------------------------------------------------------- */

int64_t
__wrap_clock_ms(void)
{
	return (s.now_ms);
}

static struct pending *
event_find(const struct event *ev)
{
	int	i;

	for (i = 0; i < EVENTS_MAX && s.events[i].ev != ev; i++)
		continue;
	return (i < EVENTS_MAX ? &s.events[i] : NULL);
}

/* Signals are ours to give, and so is time. */
int
__wrap_event_add(struct event *ev, const struct timeval *tv)
{
	struct pending	*p;

	if ((event_get_events(ev) & EV_SIGNAL) != 0) {
		*(event_get_fd(ev) == SIGHUP ? &s.hup : &s.term) = ev;
		return (0);
	}
	if ((p = event_find(ev)) == NULL)
		must((p = event_find(NULL)) != NULL);
	p->ev = ev;
	if (tv == NULL)
		return (__real_event_add(ev, NULL));
	p->every_ms = (int64_t)tv->tv_sec * 1000 + tv->tv_usec / 1000;
	p->at_ms = s.now_ms + p->every_ms;
	return (0);
}

int
__wrap_event_del(struct event *ev)
{
	struct pending	*p = event_find(ev);

	/* A descriptor that is closed before that may be another's by then. */
	must(!event_pending(ev, EV_READ | EV_WRITE, NULL) ||
	    fcntl(event_get_fd(ev), F_GETFD) != -1);
	if (p != NULL)
		memset(p, 0, sizeof(*p));
	return (__real_event_del(ev));
}

static int
unread(int fd)
{
	int	bytes = 0;

	return (ioctl(fd, FIONREAD, &bytes) == 0 ? bytes : 0);
}

int
__wrap_os_tcp(int fd, struct os_tcp *tcp)
{
	int	i = s.conn_count - 1;

	/* Descriptor numbers are reused: the newest is meant. */
	while (i > 0 && s.conns[i].relay_fd != fd)
		i--;
	*tcp = s.tcp;
	tcp->waiting_bytes = s.conns[i].closed ? 0 : unread(s.conns[i].fd);
	tcp->acked_bytes = (int64_t)s.conns[i].read;
	tcp->received_bytes = (int64_t)s.conns[i].written - unread(fd);
	tcp->send_bytes = tcp->receive_bytes = s.conns[i].mss_bytes;
	errno = s.tcp_errno;
	return (s.tcp_errno != 0 ? -1 : 0);
}

int
__wrap_os_tcp_fragment(int fd)
{
	(void)fd;
	return (0);
}

int
__wrap_os_tcp_patience(int fd, int dead_after_s)
{
	(void)fd;
	(void)dead_after_s;
	return (0);
}

int
__wrap_os_tcp_retry(int fd, int every_ms)
{
	(void)fd;
	(void)every_ms;
	return (0);
}

int
__wrap_os_address_watch(void)
{
	/* A number of its own, not that of a connection that was closed. */
	return (fcntl(s.address_fds[0], F_DUPFD, ADDRESS_FD));
}

enum os_address
__wrap_os_address_read(int fd, const struct sockaddr *address)
{
	uint8_t	what = 0;

	(void)address;
	must(read(fd, &what, 1) == 1);
	return (what % 3 == 0 ? OS_ADDRESS_SAME : what % 3 == 1 ?
	    OS_ADDRESS_GONE : OS_ADDRESS_BACK);
}

struct race *
__wrap_race_again(const struct race_config *conf, const struct connection *conn)
{
	must(!s.dialing && conn->fd != -1 && conf->mss_steps->mss_bytes > 0);
	s.dial = *conf;
	s.dialing = 1;
	return ((struct race *)&s.dial);
}

void
__wrap_race_cancel(struct race *race)
{
	must(race == NULL || s.dialing);
	if (race != NULL)
		s.dialing = 0;
}

void
__wrap_output_end(const struct output *o, int fd)
{
	must(!s.out_ended && fd == s.out_fd);
	s.out_ended = 1;
	__real_output_end(o, fd);
}

/* Another connection is the session's: the relay waits for its bytes. */
int
__wrap_event_assign(struct event *ev, struct event_base *base, evutil_socket_t fd, short events,
    event_callback_fn cb, void *arg)
{
	if (s.conn_count > 0 && fd == s.conns[s.conn_count - 1].relay_fd &&
	    events == (EV_READ | EV_PERSIST))
		s.current = s.conn_count - 1;
	return (__real_event_assign(ev, base, fd, events, cb, arg));
}

static void
running_cb(int ssh, void *arg)
{
	(void)ssh;
	(void)arg;
	s.running++;
}

static void
learned_cb(int mss_bytes, void *arg)
{
	(void)arg;
	must(mss_bytes >= MSS_LAST && mss_bytes <= 1460);
}

/* --- the loop --------------------------------------------------------------------------------- */

static void
turn(void)
{
	if (s.done)
		return;
	event_base_loop(s.dial.base, EVLOOP_NONBLOCK);
	s.done = event_base_got_break(s.dial.base);
}

/* 1 if the loop would not wait. */
static int
ready(void)
{
	struct pollfd	 pfd[EVENTS_MAX];
	struct event	*ev;
	nfds_t		 n = 0;
	short		 what;
	int		 i;

	for (i = 0; i < EVENTS_MAX; i++) {
		if ((ev = s.events[i].ev) == NULL || s.events[i].at_ms != 0 ||
		    (what = (short)event_pending(ev, EV_READ | EV_WRITE, NULL)) == 0)
			continue;
		pfd[n].fd = event_get_fd(ev);
		pfd[n].events = (what & EV_READ) != 0 ? POLLIN : 0;
		pfd[n++].events |= (what & EV_WRITE) != 0 ? POLLOUT : 0;
	}
	return (poll(pfd, n, 0) > 0);
}

/* All that can be done now is done. */
static void
settle(void)
{
	int	turns = 0;

	while (!s.done && ready()) {
		must(turns++ < TURNS_MAX);
		turn();
	}
}

/* So much time goes by at once: what is due is called once, as after a standstill. */
static void
pass(int64_t ms)
{
	struct event	*ev;
	int		 i;

	settle();
	s.now_ms += ms;
	for (i = 0; i < EVENTS_MAX && !s.done; i++) {
		if ((ev = s.events[i].ev) == NULL || s.events[i].at_ms == 0 ||
		    s.events[i].at_ms > s.now_ms)
			continue;
		if ((event_get_events(ev) & EV_PERSIST) != 0)
			s.events[i].at_ms = s.now_ms + s.events[i].every_ms;
		else
			memset(&s.events[i], 0, sizeof(s.events[i]));
		event_active(ev, EV_TIMEOUT, 0);
		turn();
	}
}

/* --- both sides ------------------------------------------------------------------------------- */

static struct conn *
connect_new(struct connection *conn, int mss_bytes)
{
	struct conn	*c = &s.conns[s.conn_count];
	int		 fds[2];

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	must(sock_set_blocking(fds[0], 0) == 0 && sock_set_blocking(fds[1], 0) == 0);
	memset(c, 0, sizeof(*c));
	c->fd = fds[1];
	c->relay_fd = conn->fd = fds[0];
	c->mss_bytes = mss_bytes;
	conn->mss_bytes = mss_bytes;
	s.chosen = s.conn_count++;
	return (c);
}

static void
client_write(size_t len)
{
	if (s.client_ended)
		return;
	s.client_written += stream_write(s.client_fd, &s.client, s.client_written, len);
	s.client_late |= s.conns[s.current].ended;
}

static void
client_end(void)
{
	if (s.client_ended)
		return;
	s.client_ended = 1;
	shutdown(s.client_fd, SHUT_WR);
	if (s.client_fd != s.reader_fd) {
		close(s.client_fd);
		s.client_fd = -1;
	}
}

/* The client receives what a server said, from its beginning. */
static size_t
reader_read(size_t len)
{
	ssize_t	n;
	int	i;

	if (s.reader_closed || (n = read(s.reader_fd, buf,
	    len < sizeof(buf) ? len : sizeof(buf))) <= 0)
		return (0);
	for (i = 0; i < 3; i++)
		s.possible[i] &= stream_has(&s.servers[i], s.reader_read, (size_t)n);
	must(s.possible[0] || s.possible[1] || s.possible[2]);
	s.reader_read += (size_t)n;
	return ((size_t)n);
}

static void
reader_close(void)
{
	if (s.reader_closed)
		return;
	s.reader_closed = 1;
	shutdown(s.reader_fd, SHUT_RD);
	if (s.client_fd != s.reader_fd) {
		close(s.reader_fd);
		s.reader_fd = -1;
	}
}

static void
server_write(struct conn *c, size_t len)
{
	if (!c->ended)
		c->written += stream_write(c->fd, &s.servers[c != &s.conns[0]], c->written, len);
}

/* A server receives what the client said, from its beginning. */
static size_t
server_read(struct conn *c, size_t len)
{
	ssize_t	n;

	if (c->closed || (n = read(c->fd, buf, len < sizeof(buf) ? len : sizeof(buf))) <= 0)
		return (0);
	must(stream_has(&s.client, c->read, (size_t)n));
	c->read += (size_t)n;
	must(c->read <= s.client_written);
	return ((size_t)n);
}

static void
server_end(struct conn *c)
{
	c->ended = 1;
	if (!c->closed)
		shutdown(c->fd, SHUT_WR);
}

static void
server_close(struct conn *c)
{
	if (!c->closed)
		close(c->fd);
	c->ended = c->closed = 1;
}

/* Everyone reads what there is; returns how much that was. */
static size_t
drain(void)
{
	size_t	total = 0, n;
	int	i;

	while ((n = reader_read(sizeof(buf))) > 0)
		total += n;
	for (i = 0; i < s.conn_count; i++)
		while ((n = server_read(&s.conns[i], sizeof(buf))) > 0)
			total += n;
	return (total);
}

static void
hang_up(void)
{
	drain();
	if (s.client_written - s.conns[s.current].read > HUP_BYTES)
		return;
	s.hung_up = 1;
	event_active(s.hup, EV_SIGNAL, 1);
	turn();
}

static void
terminate(void)
{
	s.terminated = 1;
	event_active(s.term, EV_SIGNAL, 1);
	turn();
}

static void
dialed(int well)
{
	struct connection	conn = { .step = { .via = &via_direct },
				    .to = { .ss_family = AF_INET } };
	struct error	err = { .code = CODE_REFUSED };

	if (!s.dialing)
		return;
	s.dialing = 0;
	if (well && !s.alone && s.conn_count < CONNS_MAX) {
		connect_new(&conn, s.dial.mss_steps->mss_bytes);
		s.dial.cb(&conn, NULL, s.dial.arg);
	} else
		s.dial.cb(NULL, &err, s.dial.arg);
}

/* What the kernel reports from now on. */
static void
see(int what)
{
	s.tcp.retransmitted += what & 1;
	s.tcp.in_a_row = (what & 1) != 0;
	s.tcp.gap = (what & 2) != 0;
	s.tcp.behind += (what & 2) != 0;
	s.tcp.sacked = (what & 4) != 0;
	s.tcp.no_room = (what & 8) != 0;
	s.tcp.probes = (what & 8) != 0 ? 3 : 0;
}

/* One step of either side; 0 if this is none. */
static int
step_side(int op, int arg)
{
	static const size_t	sizes[] = { 1, 2, 3, 5, 15, 16, 17, 100, 255, 1000, 1460, 4095,
				    4096, 4097, 20000, 65536 };
	struct conn		*c = &s.conns[s.chosen];

	switch (op) {
	case 0:
		client_write(sizes[arg]);
		break;
	case 1:
		server_write(c, sizes[arg]);
		break;
	case 2:
		reader_read(sizes[arg]);
		break;
	case 3:
		server_read(c, sizes[arg]);
		break;
	case 4:
		(arg < 8 ? client_end : reader_close)();
		break;
	case 5:
		(arg < 12 ? server_end : server_close)(c);
		break;
	case 6:
		s.chosen = arg % s.conn_count;
		break;
	default:
		return (0);
	}
	return (1);
}

/* One of the loop, of time, and of the system. */
static void
step_world(int op, int arg)
{
	static const int	times_ms[] = { 1, 5, 6, 20, 45, 60, 100, 200, 250, 500, 1000, 1001,
				    3000, 4000, 10000, 30000 };
	const uint8_t		byte = (uint8_t)arg;

	switch (op) {
	case 7:
		settle();
		break;
	case 8:
		pass(times_ms[arg]);
		break;
	case 9:
		see(arg);
		break;
	case 10:
		s.tcp.open = arg != 0;
		s.tcp_errno = arg == 1 ? ENOSYS : 0;
		s.tcp.ack_ms = times_ms[arg];
		s.tcp.rtt_ms = 10 * arg;
		break;
	case 11:
		dialed(arg < 12);
		break;
	case 12:
		must(write(s.address_fds[1], &byte, 1) == 1);
		break;
	case 13:
		if (arg >= 14)
			(arg == 14 ? hang_up : terminate)();
		break;
	default:
		turn();
	}
}

/* Both sides read to the end, and end: then the relay must end, too. */
static void
finish(void)
{
	int	i, jumps = 0;

	do
		settle();
	while (drain() > 0 && !s.done);
	client_end();
	do
		settle();
	while (drain() > 0 && !s.done);
	for (i = 0; i < s.conn_count; i++)
		server_end(&s.conns[i]);
	while (!s.done) {
		must(jumps++ < JUMPS_MAX);
		pass(1000);
		settle();
		drain();
		/* A connection that was made since. */
		server_end(&s.conns[s.conn_count - 1]);
	}
}

int
__wrap_event_base_dispatch(struct event_base *base)
{
	int	steps = 0, op;

	must(base == s.dial.base);
	while (!s.done && s.size > 0 && steps++ < STEPS_MAX) {
		op = next();
		if (!step_side(op & 15, op >> 4))
			step_world(op & 15, op >> 4);
	}
	finish();
	return (0);
}

/* --- a session -------------------------------------------------------------------------------- */

/* It takes descriptors of any kind, and such as are closed, as the relay's own loop does. */
static struct event_base *
loop_new(void)
{
	struct event_config	*cfg = event_config_new();
	struct event_base	*base;

	must(cfg != NULL);
	event_config_avoid_method(cfg, "epoll");
	event_config_avoid_method(cfg, "kqueue");
	must((base = event_base_new_with_config(cfg)) != NULL);
	must(strcmp(event_base_get_method(base), "poll") == 0);
	event_config_free(cfg);
	return (base);
}

/*
 * Lines before the identification may be repeated on another connection, which is no fault. So that
 * it is not taken for one, only the first connection has such a line, and at most one.
 */
static void
servers_other(void)
{
	const struct stream	*st = &s.servers[0];
	const uint8_t		*id = memmem(st->head, st->head_len, "SSH-", 4);
	const uint8_t		*line = memchr(st->head, '\n', st->head_len);
	size_t			 before;

	before = id != NULL && id != st->head && line != NULL ? (size_t)(line + 1 - st->head) : 0;
	s.alone = id != st->head + before;
	if (s.alone)
		return;
	stream_put(&s.servers[1], st->head + before, st->head_len - before);
	if ((s.mode & OTHER_SERVER) != 0 && s.servers[1].head_len > 14)
		s.servers[1].head[12] ^= 1;
	stream_put(&s.servers[2], st->head, before);
	stream_put(&s.servers[2], s.servers[1].head, s.servers[1].head_len);
}

/* The client's two ends, and the relay's. */
static void
io_open(void)
{
	int	kind = (s.mode & IO_KIND) >> 2, fds[2];

	must(kind == 0 || kind == 3 ? pipe(fds) == 0 : socketpair(AF_UNIX, SOCK_STREAM, 0,
	    fds) == 0);
	s.in_fd = fds[0];
	s.client_fd = fds[1];
	must(sock_set_blocking(s.client_fd, 0) == 0);
	if (kind == 2) {
		must((s.out_fd = dup(s.in_fd)) != -1);
		s.reader_fd = s.client_fd;
		return;
	}
	must(kind == 0 ? pipe(fds) == 0 : socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	s.reader_fd = fds[0];
	s.out_fd = fds[1];
	must(sock_set_blocking(s.reader_fd, 0) == 0);
}

static void
scene_begin(struct event_base *base, const uint8_t *data, size_t size)
{
	memset(&s, 0, sizeof(s));
	s.data = data;
	s.size = size;
	s.mode = next();
	s.dial.base = base;
	s.now_ms = 1000;
	s.possible[0] = s.possible[1] = s.possible[2] = 1;
	s.tcp.open = 1;
	s.tcp.rtt_ms = 40;
	stream_begin(&s.client, s.mode & CLIENT_RAW, "SSH-2.0-client\r\n");
	if ((s.mode & WELCOME) != 0)
		stream_put(&s.servers[0], "Welcome\r\n", 9);
	stream_begin(&s.servers[0], s.mode & SERVER_RAW, "SSH-2.0-server\r\n");
	servers_other();
	must(pipe(s.address_fds) == 0);
	io_open();
}

static void
scene_end(void)
{
	int	i;

	for (i = 0; i < s.conn_count; i++)
		server_close(&s.conns[i]);
	close(s.in_fd);
	if (!s.out_ended)
		close(s.out_fd);
	if (s.client_fd != -1)
		close(s.client_fd);
	if (s.reader_fd != s.client_fd && s.reader_fd != -1)
		close(s.reader_fd);
	close(s.address_fds[0]);
	close(s.address_fds[1]);
}

/* What must be true after the session. */
static void
check(int result, const struct error *err)
{
	const struct conn	*c = &s.conns[s.current];
	const char		*at;

	must(result == (err->code == CODE_NONE ? 0 : -1));
	for (at = err->text; result == -1 && *at != '\0'; at++)
		must(*at >= ' ' && *at <= '~');
	must(s.running <= 1 && !s.dialing);
	drain();
	if (result == -1 || s.terminated || s.reader_closed)
		return;
	if (s.hung_up)
		must(c->ended || c->read == s.client_written);
	else {
		/* The first connection may have said more than a second one repeats. */
		must(c->ended && (s.reader_read == c->written ||
		    (s.current > 0 && s.reader_read > c->written)));
		must(c->closed || s.client_late || c->read == s.client_written);
	}
}

static int
descriptors(void)
{
	int	fd, count = 0;

	for (fd = 0; fd < 64; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return (count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct event_base	*base;
	static const struct sock_tune	tune = { .dead_after_s = 30, .patient = 1 };
	static struct attempts		attempts;
	struct target			target = { .host = "nas", .port = 22, .timeout_ms = 10000 };
	struct connection			conn = { .step = { .via = &via_direct },
						    .to = { .ss_family = AF_INET } };
	struct race_config		race = { .target = &target, .tune = &tune,
					    .attempts = &attempts };
	struct relay_config		conf = { .target = &target, .conn = &conn, .race = &race,
					    .running_cb = running_cb, .learned_cb = learned_cb };
	struct error			err = { .code = CODE_NONE };
	int				before, result;

	if (base == NULL) {
		signal(SIGPIPE, SIG_IGN);
		base = loop_new();
	}
	before = descriptors();
	scene_begin(base, data, size);
	race.base = base;
	attempts.count = 0;
	conn.guarded = (s.mode & GUARDED) != 0;
	connect_new(&conn, 1460);
	conf.in_fd = s.in_fd;
	conf.out_fd = s.out_fd;
	conf.half_close = (s.mode & NO_HALF_CLOSE) == 0;
	result = relay_run(base, &conf, &err);
	check(result, &err);
	scene_end();
	must(descriptors() == before);
	return (0);
}
