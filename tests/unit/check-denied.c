/* SPDX-License-Identifier: ISC */
/* Unit tests: a kernel that refuses, as older ones, containers and limits do. */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <event2/event.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "base/clock.h"
#include "check.h"
#include "net/interface.h"
#include "net/resolve.h"
#include "net/sock.h"
#include "net/tailscaled.h"
#include "os/command.h"
#include "os/os.h"
#include "os/run.h"

#define ANY	(-1)
#define NOBODY	65534
#define ROOM	16	/* descriptors: more than any of these needs */

/* Room for so many descriptors more; 3 are open. */
static void
room(unsigned int count)
{
	struct rlimit	limit = { .rlim_cur = 3 + count, .rlim_max = 256 };

	setrlimit(RLIMIT_NOFILE, &limit);
}

/* What goes wrong in a child of its own: the line, or 0. */
#define WANT(x) do {			\
	if (!(x))			\
		return (__LINE__);	\
} while (0)

static void
in_child(int (*check)(void))
{
	pid_t	pid;
	int	status;

	if ((pid = fork()) == 0) {
		if ((status = check()) != 0)
			fprintf(stderr, "line %d: %s\n", status, strerror(errno));
		/* The counts of a program that counts its lines are written now. */
		room(ROOM);
		_exit(status != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* From now on this call fails, with any arguments or with this one. It is always 0. */
static int
deny(long call, int arg, unsigned int value, unsigned int error)
{
	const unsigned int	at = (unsigned int)(offsetof(struct seccomp_data, args) +
				    (arg == ANY ? 0 : (size_t)arg) * 8);
	struct sock_filter	steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)call, 0, 3),
		/* The lower half comes first, or the upper one is 0: what is compared is small. */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at + (BYTE_ORDER == BIG_ENDIAN ? 4 : 0)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog	program = { .len = COUNT(steps), .filter = steps };

	if (arg == ANY)
		steps[1].jt = 2;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1) {
		fprintf(stderr, "no filter: %s\n", strerror(errno));
		_exit(1);
	}
	return (0);
}

static int
open_descriptors(void)
{
	int	fd, count = 0;

	for (fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return (count);
}

/* --- who listens ------------------------------------------------------------------------------ */

/* A listener at a port that was free, as this user. */
static int
listener_open(int family, struct sockaddr_storage *ss, socklen_t *len, uid_t uid)
{
	struct sockaddr_in	*in = (void *)ss;
	struct sockaddr_in6	*in6 = (void *)ss;
	const uid_t		 own = geteuid();
	int			 fd;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = (sa_family_t)family;
	*len = family == AF_INET6 ? sizeof(*in6) : sizeof(*in);
	if (family == AF_INET6)
		in6->sin6_addr = in6addr_loopback;
	else
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (seteuid(uid) == -1 || (fd = socket(family, SOCK_STREAM, 0)) == -1 || seteuid(own) == -1)
		return (-1);
	if (bind(fd, (struct sockaddr *)ss, *len) == 0 &&
	    getsockname(fd, (struct sockaddr *)ss, len) == 0 && listen(fd, 1) == 0)
		return (fd);
	close(fd);
	return (-1);
}

static int
listeners(void)
{
	static const int	families[] = { AF_INET, AF_INET6 };
	struct sockaddr_storage	ss;
	socklen_t		len;
	size_t			i;
	int			fd;

	for (i = 0; i < COUNT(families); i++) {
		/* Not every machine has the IPv6 one. */
		if ((fd = listener_open(families[i], &ss, &len, geteuid())) == -1 && i == 1)
			continue;
		WANT(fd != -1);
		WANT(os_listener((struct sockaddr *)&ss) == OS_LISTENER_OURS);
		close(fd);
		WANT(os_listener((struct sockaddr *)&ss) == OS_LISTENER_NONE);
		/* What another user's program listens at is nobody to give a host's name to. */
		if (geteuid() != 0 || seteuid(NOBODY) == -1)
			continue;
		WANT(seteuid(0) == 0);
		WANT((fd = listener_open(families[i], &ss, &len, NOBODY)) != -1);
		WANT(os_listener((struct sockaddr *)&ss) == OS_LISTENER_OTHERS);
		close(fd);
	}
	return (0);
}

static int
listeners_by_proc(void)
{
	return (deny(SYS_socket, 0, AF_NETLINK, EPROTONOSUPPORT) + listeners());
}

static int
listeners_untold(void)
{
	struct sockaddr_storage	ss;
	socklen_t		len;

	WANT(listener_open(AF_INET, &ss, &len, geteuid()) != -1);
	deny(SYS_socket, 0, AF_NETLINK, EPROTONOSUPPORT);
	deny(SYS_openat, ANY, 0, EACCES);
#ifdef SYS_open
	/* musl opens files with it where it is. */
	deny(SYS_open, ANY, 0, EACCES);
#endif
	WANT(os_listener((struct sockaddr *)&ss) == OS_LISTENER_UNKNOWN);
	return (0);
}

static void
test_listener(void **state)
{
	(void)state;
	in_child(listeners);
	in_child(listeners_by_proc);
	in_child(listeners_untold);
}

/* --- no descriptor ---------------------------------------------------------------------------- */

static void
resolved_cb(int code, struct addrinfo *list, void *arg)
{
	(void)code;
	(void)list;
	(void)arg;
}

/* What cannot be looked at is not known: neither none nor away. */
static int
no_descriptor(void)
{
	struct sockaddr_in	 in = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr		*sa = (struct sockaddr *)&in;
	struct sockaddr_storage	 source;
	struct sock_tune	 tune = { .connect_s = 1, .dead_after_s = 30 };
	struct tailscaled	 at;
	struct os_route		 route;
	struct event_base	*base;
	char			 text[64] = "before";
	pid_t			 pid;

	os_close_from(3);
	WANT((base = event_base_new()) != NULL);
	tailscaled_set_path(&at, "/nowhere");
	room((unsigned int)open_descriptors() - 3);
	os_route(sa, &route);
	WANT(route.kind == OS_ROUTE_UNKNOWN);
	WANT(os_neighbor(sa) == -1);
	os_network(text, sizeof(text));
	WANT(text[0] == '\0');
	WANT(os_address_watch() == -1 && errno == EMFILE);
	WANT(os_network_watch() == -1 && errno == EMFILE);
	WANT(os_listener(sa) == OS_LISTENER_UNKNOWN);
	WANT(os_process_args(getpid(), text, sizeof(text)) == -1);
	WANT(os_processes("check-denied", &pid, 1) == 0);
	WANT(os_age_ms() == -1);
	os_boot_id(text, sizeof(text));
	WANT(text[0] == '\0');
	WANT(os_memory() > 0);
	WANT(sock_open(sa, &tune, 0) == -1 && errno == EMFILE);
	WANT(interface_source(sa, sizeof(in), &source) == -1);
	WANT(tailscaled_open(&at, 1000) == -1 && errno == EMFILE);
	WANT(resolve_start(base, "localhost", 22, AF_UNSPEC, resolved_cb, NULL) == NULL &&
	    errno == EMFILE);
	return (0);
}

/* With room for ever more: it cannot be started, and leaves nothing open, until it runs. */
static int
command_room(void)
{
	struct command	c;
	unsigned int	count;
	int		result = -1, fdpass;

	for (fdpass = 0; fdpass < 2; fdpass++) {
		os_close_from(3);
		for (count = 0; count <= ROOM; count++) {
			room(count);
			if ((result = command_start(&c, "exit 7", fdpass)) == 0)
				break;
			WANT(errno == EMFILE);
			room(ROOM);
			WANT(open_descriptors() == 3);
		}
		WANT(result == 0);
		/* Without a terminal it does as well. */
		WANT(command_end(&c, 10000) == 7);
		WANT(open_descriptors() == 3);
	}
	return (0);
}

static int
run_room(void)
{
	const char	*argv[] = { "/bin/sh", "-c", "echo out; exit 7", NULL };
	char		 buf[16];
	struct run_text	 out = { .buf = buf, .size = sizeof(buf) };
	unsigned int	 count;
	int		 result = -1;

	os_close_from(3);
	for (count = 0; count <= ROOM && result != 7; count++) {
		room(count);
		result = run(argv, 10000, &out, NULL, NULL);
		WANT(result == 7 || ((result == -1 || result == 127) && out.len == 0));
		room(ROOM);
		WANT(open_descriptors() == 3);
	}
	WANT(result == 7);
	WANT(strcmp(buf, "out\n") == 0);
	return (0);
}

static void
test_descriptors(void **state)
{
	(void)state;
	in_child(no_descriptor);
	in_child(command_room);
	in_child(run_room);
}

/* --- no process ------------------------------------------------------------------------------- */

static int
no_process(void)
{
	const char	*argv[] = { "/bin/echo", NULL };
	char		 buf[16];
	struct run_text	 out = { .buf = buf, .size = sizeof(buf) };
	struct command	 c;
	const int	 before = open_descriptors();

	deny(SYS_clone, ANY, 0, EAGAIN);
#ifdef SYS_fork
	deny(SYS_fork, ANY, 0, EAGAIN);
#endif
	WANT(command_start(&c, "true", 0) == -1 && errno == EAGAIN);
	WANT(command_start(&c, "true", 1) == -1 && errno == EAGAIN);
	WANT(run(argv, 10000, &out, NULL, NULL) == -1 && buf[0] == '\0');
	WANT(open_descriptors() == before);
	return (0);
}

/* Where there is no terminal, a ProxyCommand runs without. */
static int
no_terminal(void)
{
	struct command	c;
	const int	before = open_descriptors();

	deny(SYS_ioctl, 1, TIOCSPTLCK, EIO);
	WANT(command_start(&c, "exit 7", 0) == 0);
	WANT(c.tty == -1 && c.held == -1);
	WANT(!command_hides(&c));
	WANT(command_end(&c, 10000) == 7);
	WANT(open_descriptors() == before);
	return (0);
}

static void
test_process(void **state)
{
	(void)state;
	in_child(no_process);
	in_child(no_terminal);
}

/* --- older kernels, and emulated ones --------------------------------------------------------- */

/* A socket without any of the options is better than none. */
static int
no_options(void)
{
	struct sock_tune	tune = { .connect_s = 60, .dead_after_s = 30, .patient = 1 };
	struct sockaddr_storage	ss;
	struct os_tcp		tcp;
	socklen_t		len;
	int			fd, listener;

	WANT((listener = listener_open(AF_INET, &ss, &len, geteuid())) != -1);
	deny(SYS_setsockopt, ANY, 0, ENOPROTOOPT);
	WANT((fd = sock_open((struct sockaddr *)&ss, &tune, 536)) != -1);
	WANT(connect(fd, (struct sockaddr *)&ss, len) == 0 || errno == EINPROGRESS);
	WANT(sock_wait(fd, POLLOUT, clock_ms() + 10000) == 1);
	WANT(sock_error(fd) == 0);
	sock_connected(fd, &tune, 536);
	sock_begun(fd, &tune);
	WANT(os_tcp(fd, &tcp) == 0 && tcp.open);
	/* gVisor has its own kernel. */
	deny(SYS_getsockopt, ANY, 0, ENOPROTOOPT);
	WANT(os_tcp(fd, &tcp) == -1);
	WANT(sock_error(fd) == ENOPROTOOPT);
	WANT(os_peer_pid(fd) == -1);
	return (0);
}

/* Before Linux 5.9. */
static int
no_close_range(void)
{
	int	fd = open("/dev/null", O_RDONLY);

	WANT(fd != -1 && dup2(fd, 200) == 200);
	room(ROOM);
	room(253);
	deny(SYS_close_range, ANY, 0, ENOSYS);
	os_close_from(fd);
	WANT(fcntl(fd, F_GETFD) == -1);
	WANT(fcntl(200, F_GETFD) == -1);
	WANT(fcntl(0, F_GETFD) != -1);
	return (0);
}

/* The process that listens at a socket, and its end. */
static int
peer_watched(int told)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	struct pollfd		pfd = { .events = POLLIN };
	socklen_t		len = sizeof(sa_family_t);
	pid_t			pid;
	int			fd, listener;

	WANT((listener = socket(AF_UNIX, SOCK_STREAM, 0)) != -1);
	/* The kernel finds a name for it. */
	WANT(bind(listener, (struct sockaddr *)&sun, len) == 0);
	len = sizeof(sun);
	WANT(getsockname(listener, (struct sockaddr *)&sun, &len) == 0);
	if ((pid = fork()) == 0) {
		listen(listener, 1);
		for (;;)
			pause();
	}
	WANT((fd = socket(AF_UNIX, SOCK_STREAM, 0)) != -1);
	while (connect(fd, (struct sockaddr *)&sun, len) == -1)
		WANT(errno == ECONNREFUSED);
	WANT(os_peer_pid(fd) == pid);
	pfd.fd = os_peer_watch(fd);
	if (!told) {
		WANT(pfd.fd == -1 && errno == ENOSYS);
		kill(pid, SIGKILL);
		return (0);
	}
	WANT(pfd.fd != -1);
	WANT(poll(&pfd, 1, 0) == 0);
	kill(pid, SIGKILL);
	WANT(poll(&pfd, 1, 10000) == 1);
	return (0);
}

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD	77
#endif

/* The kernel's own way, that of Linux 5.3, and none. */
static int
peer_new(void)
{
	return (peer_watched(1));
}

static int
peer_old(void)
{
	return (deny(SYS_getsockopt, 2, SO_PEERPIDFD, ENOPROTOOPT) + peer_watched(1));
}

static int
peer_untold(void)
{
	deny(SYS_getsockopt, 2, SO_PEERPIDFD, ENOPROTOOPT);
	return (deny(SYS_pidfd_open, ANY, 0, ENOSYS) + peer_watched(0));
}

static void
test_kernel(void **state)
{
	(void)state;
	in_child(no_options);
	in_child(no_close_range);
	in_child(peer_new);
	in_child(peer_old);
	in_child(peer_untold);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* No more than the process may have: rings and sessions are given it by this. */
static int
memory(void)
{
	struct rlimit	limit = { .rlim_cur = (rlim_t)1 << 30, .rlim_max = RLIM_INFINITY };
	const int64_t	all = os_memory();

	WANT(all > 0 && all <= (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE));
	WANT(setrlimit(RLIMIT_AS, &limit) == 0);
	WANT(os_memory() == (all < 1 << 30 ? all : 1 << 30));
	return (0);
}

static void
test_memory(void **state)
{
	(void)state;
	in_child(memory);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_listener),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_memory),
	};

	return (cmocka_run_group_tests_name("denied", tests, NULL, NULL));
}
