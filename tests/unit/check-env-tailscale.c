/* SPDX-License-Identifier: ISC */
/* Unit tests: env-tailscale. */

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <ifaddrs.h>
#include <limits.h>
#include <signal.h>
#include <time.h>

#include "base/addr.h"
#include "base/clock.h"
#include "check.h"
#include "facts/env-tailscale.h"
#include "facts/tailscale-fault.h"
#include "net/sock.h"

/* What the daemon does with a connection. */
enum behaviour {
	ANSWERS,		/* with the text, and ends */
	HANGS,			/* after the text */
	DRIPS			/* the text, byte by byte, and no end of it */
};

#define STATUS(members) "HTTP/1.0 200 OK\r\nTailscale-Cap: 113\r\nContent-Type: application/json\r\n\r\n{" members "}"
#define HERE ",\"TailscaleIPs\":[\"100.64.77.78\",\"127.0.0.1\"]"
#define ELSEWHERE ",\"TailscaleIPs\":[\"100.64.77.78\",\"fd7a:115c:a1e0::7778\"]"
#define STATUS_MS	200

static const struct {
	const char			*name;
	enum behaviour			 how;
	const char			*text;
	enum env_tailscale_state	 state;
	const char			*backend;
	enum tsjson_tun			 tun;
	int				 local;
	int				 kernel;	/* or -1: as the interfaces say */
} cases[] = {
	{ "userspace", ANSWERS, STATUS("\"BackendState\":\"Running\",\"TUN\":false" ELSEWHERE),
	    ENV_TAILSCALE_UP, "Running", TSJSON_TUN_NO, 0, 0 },
	{ "userspace, with an address of ours", ANSWERS,
	    STATUS("\"BackendState\":\"Running\",\"TUN\":false" HERE), ENV_TAILSCALE_UP, "Running",
	    TSJSON_TUN_NO, 1, 0 },
	{ "TUN", ANSWERS, STATUS("\"BackendState\":\"Running\",\"TUN\":true" HERE),
	    ENV_TAILSCALE_UP, "Running", TSJSON_TUN_YES, 1, 1 },
	{ "TUN in another namespace", ANSWERS,
	    STATUS("\"BackendState\":\"Running\",\"TUN\":true" ELSEWHERE), ENV_TAILSCALE_UP,
	    "Running", TSJSON_TUN_YES, 0, 0 },
	{ "TUN, no addresses", ANSWERS,
	    STATUS("\"BackendState\":\"Running\",\"TUN\":true,\"TailscaleIPs\":null"),
	    ENV_TAILSCALE_UP, "Running", TSJSON_TUN_YES, 0, 0 },
	{ "older than TUN", ANSWERS, STATUS("\"BackendState\":\"Running\"" HERE), ENV_TAILSCALE_UP,
	    "Running", TSJSON_TUN_UNSAID, 1, 1 },
	/* It works already. */
	{ "starting", ANSWERS, STATUS("\"BackendState\":\"Starting\",\"TUN\":true" HERE),
	    ENV_TAILSCALE_UP, "Starting", TSJSON_TUN_YES, 1, 1 },
	{ "stopped", ANSWERS, STATUS("\"BackendState\":\"Stopped\",\"TUN\":true" ELSEWHERE),
	    ENV_TAILSCALE_DOWN, "Stopped", TSJSON_TUN_YES, 0, -1 },
	{ "needs login", ANSWERS,
	    STATUS("\"BackendState\":\"NeedsLogin\",\"TUN\":false,\"TailscaleIPs\":null"),
	    ENV_TAILSCALE_DOWN, "NeedsLogin", TSJSON_TUN_NO, 0, -1 },
	{ "needs approval", ANSWERS, STATUS("\"BackendState\":\"NeedsMachineAuth\",\"TUN\":true"),
	    ENV_TAILSCALE_DOWN, "NeedsMachineAuth", TSJSON_TUN_YES, 0, -1 },
	{ "no state", ANSWERS, STATUS("\"BackendState\":\"NoState\",\"TUN\":true"),
	    ENV_TAILSCALE_DOWN, "NoState", TSJSON_TUN_YES, 0, -1 },
	{ "interim reply first", ANSWERS,
	    "HTTP/1.1 100 Continue\r\n\r\n" STATUS("\"BackendState\":\"Running\",\"TUN\":true" HERE),
	    ENV_TAILSCALE_UP, "Running", TSJSON_TUN_YES, 1, 1 },
	{ "403", ANSWERS,
	    "HTTP/1.0 403 Forbidden\r\nContent-Type: text/plain\r\n\r\ninvalid localapi request\n",
	    ENV_TAILSCALE_UNEXPECTED, "", TSJSON_TUN_UNSAID, 0, -1 },
	{ "403 with a status", ANSWERS,
	    "HTTP/1.0 403 Forbidden\r\n\r\n{\"BackendState\":\"Running\"}",
	    ENV_TAILSCALE_UNEXPECTED, "", TSJSON_TUN_UNSAID, 0, -1 },
	{ "401", ANSWERS, "HTTP/1.0 401 Unauthorized\r\n\r\n", ENV_TAILSCALE_UNEXPECTED, "",
	    TSJSON_TUN_UNSAID, 0, -1 },
	{ "garbage", ANSWERS, "SSH-2.0-OpenSSH_9.2\r\n", ENV_TAILSCALE_UNEXPECTED, "",
	    TSJSON_TUN_UNSAID, 0, -1 },
	{ "garbage that waits", HANGS, "SSH-2.0-OpenSSH_9.2\r\n", ENV_TAILSCALE_UNEXPECTED, "",
	    TSJSON_TUN_UNSAID, 0, -1 },
	{ "a document that is none", ANSWERS, "HTTP/1.0 200 OK\r\n\r\n<html>",
	    ENV_TAILSCALE_UNEXPECTED, "", TSJSON_TUN_UNSAID, 0, -1 },
	{ "a document that is cut", ANSWERS, "HTTP/1.0 200 OK\r\n\r\n{\"BackendState\":\"Runn",
	    ENV_TAILSCALE_UNEXPECTED, "", TSJSON_TUN_UNSAID, 0, -1 },
	{ "no document", ANSWERS, "HTTP/1.0 200 OK\r\n\r\n", ENV_TAILSCALE_UNEXPECTED, "",
	    TSJSON_TUN_UNSAID, 0, -1 },
	{ "half a head", ANSWERS, "HTTP/1.0 200 OK\r\nX:", ENV_TAILSCALE_UNEXPECTED, "",
	    TSJSON_TUN_UNSAID, 0, -1 },
	{ "nothing", ANSWERS, "", ENV_TAILSCALE_UNEXPECTED, "", TSJSON_TUN_UNSAID, 0, -1 },
	{ "silence", HANGS, "", ENV_TAILSCALE_HUNG, "", TSJSON_TUN_UNSAID, 0, -1 },
	{ "silence after the head", HANGS, "HTTP/1.0 200 OK\r\n\r\n", ENV_TAILSCALE_HUNG, "",
	    TSJSON_TUN_UNSAID, 0, -1 },
	{ "silence within the document", HANGS, "HTTP/1.0 200 OK\r\n\r\n{\"BackendState\":",
	    ENV_TAILSCALE_HUNG, "", TSJSON_TUN_UNSAID, 0, -1 },
	/* Each byte in time, all of them never. */
	{ "dripping", DRIPS, "HTTP/1.0 200 OK\r\n\r\n{\"BackendState\":", ENV_TAILSCALE_HUNG, "",
	    TSJSON_TUN_UNSAID, 0, -1 },
};

#define NOBODY	65534

static char	dir[] = "/tmp/meshssh-check.XXXXXX";
static char	path[128];

static int
setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (mkdtemp(dir) == NULL)
		return (-1);
	snprintf(path, sizeof(path), "%s/tailscaled.sock", dir);
	return (0);
}

static int
remove_cb(const char *name, const struct stat *sb, int type, struct FTW *ftw)
{
	(void)sb;
	(void)type;
	(void)ftw;
	return (remove(name));
}

static int
teardown(void **state)
{
	(void)state;
	return (nftw(dir, remove_cb, 8, FTW_DEPTH | FTW_PHYS));
}

static int
listener(int backlog)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	int			fd;

	unlink(path);
	strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd == -1 || fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ||
	    bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(fd, backlog) == -1)
		return (-1);
	return (fd);
}

/* Read a request up to the end of its head. */
static void
read_request(int fd, char *buf, size_t size)
{
	size_t	len = 0;
	ssize_t	n;

	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0) {
		len += (size_t)n;
		buf[len] = '\0';
		if (strstr(buf, "\r\n\r\n") != NULL)
			return;
	}
}

/*
 * As tailscaled does it (localapi.go, ServeHTTP): another Host, and what a browser would send, is
 * refused.
 */
static int
is_request(const char *request, const char *authorization)
{
	return (strncmp(request, "GET /localapi/v0/status?peers=false HTTP/1.", 43) == 0 &&
	    strstr(request, "\r\nHost: local-tailscaled.sock\r\n") != NULL &&
	    strcasestr(request, "\r\nOrigin:") == NULL &&
	    strcasestr(request, "\r\nReferer:") == NULL &&
	    (authorization == NULL ? strcasestr(request, "\r\nAuthorization:") == NULL :
	    strstr(request, authorization) != NULL));
}

static void
serve_one(int fd, enum behaviour how, const char *text, size_t len, const char *authorization)
{
	char	request[2048] = "";
	size_t	i = 0;

	read_request(fd, request, sizeof(request));
	if (!is_request(request, authorization)) {
		text = "HTTP/1.0 403 Forbidden\r\n\r\ninvalid localapi request\n";
		len = strlen(text);
	}
	if (how == DRIPS)
		while (write(fd, i < len ? text + i++ : " ", 1) == 1)
			usleep(20000);		/* the slowness is the thing tested */
	else if (write(fd, text, len) != (ssize_t)len)
		_exit(1);
	/* Until the client has had enough. */
	if (how == HANGS)
		read_request(fd, request, sizeof(request));
}

/* A daemon that answers one connection; waits until it listens. */
static pid_t
daemon_start(enum behaviour how, const char *text, size_t len)
{
	char	byte;
	pid_t	pid;
	int	ready[2], fd, conn;

	assert_int_equal(pipe(ready), 0);
	if ((pid = fork()) == 0) {
		alarm(30);		/* should the test fail meanwhile */
		if ((fd = listener(5)) == -1 || write(ready[1], "x", 1) != 1 ||
		    (conn = accept(fd, NULL, NULL)) == -1)
			_exit(1);
		serve_one(conn, how, text, len, NULL);
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return (pid);
}

static void
daemon_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	unlink(path);
}

/* An address like a mesh's is on an interface of this machine. */
static int
has_mesh_address(void)
{
	struct ifaddrs	*list, *ifa;
	int		 has = 0;

	assert_int_equal(getifaddrs(&list), 0);
	for (ifa = list; ifa != NULL; ifa = ifa->ifa_next)
		has |= ifa->ifa_addr != NULL && addr_is_tailnet(ifa->ifa_addr);
	freeifaddrs(list);
	return (has);
}

static void
check(const char *name, const struct env_tailscale *ts, enum env_tailscale_state state,
    int64_t took_ms)
{
	if (ts->state != state)
		fail_msg("%s: state %d", name, ts->state);
	if (ts->mesh_address != has_mesh_address())
		fail_msg("%s: address of a mesh: %d", name, ts->mesh_address);
	if (took_ms > 600 || (state == ENV_TAILSCALE_HUNG && took_ms < 150))
		fail_msg("%s: took %lld ms", name, (long long)took_ms);
}

static void
test_daemons(void **state)
{
	struct env_tailscale	ts;
	size_t			i;
	int64_t			start_ms, took_ms;
	pid_t			pid;
	int			kernel;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		pid = daemon_start(cases[i].how, cases[i].text, strlen(cases[i].text));
		memset(&ts, '#', sizeof(ts));
		start_ms = clock_ms();
		env_tailscale_detect(&ts, path, "", STATUS_MS);
		took_ms = clock_ms() - start_ms;
		daemon_stop(pid);
		check(cases[i].name, &ts, cases[i].state, took_ms);
		assert_string_equal(ts.at.path, path);
		/* What the platform does not tell is -1. */
		if (ts.pid != pid && ts.pid != -1)
			fail_msg("%s: process %ld instead of %ld", cases[i].name, (long)ts.pid,
			    (long)pid);
		if (strcmp(ts.status.state, cases[i].backend) != 0 ||
		    ts.status.tun != cases[i].tun || ts.local != cases[i].local)
			fail_msg("%s: \"%s\", TUN %d, local %d", cases[i].name, ts.status.state,
			    ts.status.tun, ts.local);
		kernel = cases[i].kernel != -1 ? cases[i].kernel : ts.mesh_address;
		if (env_tailscale_kernel(&ts) != kernel)
			fail_msg("%s: through the kernel: %d", cases[i].name, !kernel);
	}
}

/* More than a status ever has. */
static void
test_huge(void **state)
{
	static const char	head[] = STATUS("\"BackendState\":\"Running\",\"TUN\":true" HERE);
	const size_t		len = 300 * 1024;
	struct env_tailscale	ts;
	char			*text;
	int64_t			start_ms;
	pid_t			pid;

	(void)state;
	assert_non_null(text = malloc(len));
	memset(text, ' ', len);
	memcpy(text, head, strlen(head));
	pid = daemon_start(ANSWERS, text, len);
	start_ms = clock_ms();
	env_tailscale_detect(&ts, path, "", STATUS_MS);
	check("300 KB", &ts, ENV_TAILSCALE_UNEXPECTED, clock_ms() - start_ms);
	daemon_stop(pid);
	free(text);
}

static void
check_socket(const char *name, const char *where, enum env_tailscale_state expected)
{
	struct env_tailscale	ts;
	int64_t			start_ms = clock_ms();

	memset(&ts, '#', sizeof(ts));
	env_tailscale_detect(&ts, where, "", STATUS_MS);
	check(name, &ts, expected, clock_ms() - start_ms);
	assert_int_equal(ts.local, 0);
	assert_int_equal(env_tailscale_kernel(&ts), ts.mesh_address);
}

static void
test_sockets(void **state)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	struct env_tailscale	ts;
	char			longest[300];
	int			fillers[32], fd;
	size_t			i, n;

	(void)state;
	unlink(path);
	/* Who names a socket has a tailscaled. */
	check_socket("none", path, ENV_TAILSCALE_DEAD);
	check_socket("empty name", "", ENV_TAILSCALE_DEAD);
	check_socket("no folder", "/nonexistent/tailscaled.sock", ENV_TAILSCALE_DEAD);
	check_socket("a file for a folder", "/etc/passwd/tailscaled.sock", ENV_TAILSCALE_DEAD);
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	check_socket("too long", longest, ENV_TAILSCALE_DEAD);

	assert_true((fd = listener(5)) != -1);
	close(fd);
	check_socket("dead", path, ENV_TAILSCALE_DEAD);

	/* It does not even accept. */
	assert_true((fd = listener(5)) != -1);
	check_socket("hung", path, ENV_TAILSCALE_HUNG);
	close(fd);

	/* unix(7): connect(2) says EAGAIN there, at once. */
	assert_true((fd = listener(0)) != -1);
	strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	for (i = 0; i < COUNT(fillers); i++) {
		fillers[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_int_equal(sock_set_blocking(fillers[i], 0), 0);
		if (connect(fillers[i], (struct sockaddr *)&sun, sizeof(sun)) == -1)
			break;
	}
	assert_true(i < COUNT(fillers));
	env_tailscale_detect(&ts, path, "", STATUS_MS);
	assert_int_equal(ts.state, ENV_TAILSCALE_HUNG);
	for (n = 0; n <= i; n++)
		close(fillers[n]);
	close(fd);
	unlink(path);
}

static void
test_closed(void **state)
{
	struct env_tailscale	ts;
	pid_t			pid;
	int			fd, status;

	(void)state;
	assert_true((fd = listener(5)) != -1);
	assert_int_equal(chmod(path, 0), 0);
	if ((pid = fork()) == 0) {
		/* Root may connect to every socket. */
		if (geteuid() == 0 && setuid(NOBODY) == -1)
			_exit(1);
		env_tailscale_detect(&ts, path, "", STATUS_MS);
		_exit(ts.state == ENV_TAILSCALE_PERMISSION_DENIED ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
	unlink(path);
}

/* Whatever is at the usual places of this machine. */
static void
test_places(void **state)
{
	struct env_tailscale	ts;

	(void)state;
	memset(&ts, '#', sizeof(ts));
	env_tailscale_detect(&ts, NULL, "", STATUS_MS);
	assert_within(ts.state, ENV_TAILSCALE_NONE, ENV_TAILSCALE_UP);
	assert_int_equal(ts.mesh_address, has_mesh_address());
	if (ts.state != ENV_TAILSCALE_NONE)
		assert_true(ts.at.path[0] == '/' || ts.at.port > 0);
}

static void
test_kernel(void **state)
{
	struct env_tailscale	ts;
	int			st, tun, local, mesh, expected;

	(void)state;
	for (st = ENV_TAILSCALE_NONE; st <= ENV_TAILSCALE_UP; st++)
		for (tun = TSJSON_TUN_UNSAID; tun <= TSJSON_TUN_YES; tun++)
			for (local = 0; local < 2; local++)
				for (mesh = 0; mesh < 2; mesh++) {
					memset(&ts, 0, sizeof(ts));
					ts.state = st;
					ts.status.tun = tun;
					ts.local = local;
					ts.mesh_address = mesh;
					expected = st == ENV_TAILSCALE_UP ?
					    local && tun != TSJSON_TUN_NO : mesh;
					if (env_tailscale_kernel(&ts) != expected)
						fail_msg("state %d, TUN %d, local %d, mesh %d", st,
						    tun, local, mesh);
				}
}

/* tailscaled_get: a body that leaves one byte free, and one that does not. */
static void
test_get_size(void **state)
{
	static const char	text[] = "HTTP/1.0 200 OK\r\n\r\n0123456789";
	struct tailscaled	at;
	char			buf[11];
	ssize_t			len;
	size_t			size;
	pid_t			pid, peer;

	(void)state;
	assert_int_equal(tailscaled_set_path(&at, path), 0);
	for (size = sizeof(buf); size >= 9; size--) {
		pid = daemon_start(ANSWERS, text, strlen(text));
		memset(buf, '#', sizeof(buf));
		len = tailscaled_get(&at, "/localapi/v0/status?peers=false", 2000, buf, size,
		    &peer);
		daemon_stop(pid);
		if (size > 10) {
			if (len != 10 || memcmp(buf, "0123456789", 10) != 0)
				fail_msg("10 bytes into a buffer of %zu: %zd", size, len);
		} else {
			assert_int_equal(len, -1);
			assert_int_equal(errno, EMSGSIZE);
			assert_int_equal(buf[size], '#');
		}
	}
}

/* A graphical build: a port of this machine, and a token. */
static void
test_port(void **state)
{
	struct tailscaled	at = { .port = 0, .token = "0123456789abcdef0123" };
	struct sockaddr_in	in = { .sin_family = AF_INET };
	socklen_t		len = sizeof(in);
	char			buf[4096], name[32];
	pid_t			pid, peer;
	int			fd, conn;

	(void)state;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	at.port = ntohs(in.sin_port);
	if ((pid = fork()) == 0) {
		static const char	text[] = "HTTP/1.0 200 OK\r\n\r\n{\"BackendState\":\"Running\"}";

		alarm(30);
		if ((conn = accept(fd, NULL, NULL)) == -1)
			_exit(1);
		serve_one(conn, ANSWERS, text, strlen(text),
		    "\r\nAuthorization: Basic OjAxMjM0NTY3ODlhYmNkZWYwMTIz\r\n");
		_exit(0);
	}
	close(fd);
	assert_int_equal(tailscaled_get(&at, "/localapi/v0/status?peers=false", 2000, buf,
	    sizeof(buf), &peer), 26);
	assert_memory_equal(buf, "{\"BackendState\":\"Running\"}", 26);
	daemon_stop(pid);
	snprintf(buf, sizeof(buf), "port %d", at.port);
	assert_string_equal(tailscaled_name(&at, name, sizeof(name)), buf);
	/* Nobody listens there any more. */
	assert_int_equal(tailscaled_get(&at, "/localapi/v0/status?peers=false", 2000, buf,
	    sizeof(buf), &peer), -1);
	assert_int_equal(errno, ECONNREFUSED);
}

static void
test_tailscaled(void **state)
{
	struct tailscaled	at;
	struct sockaddr_storage	ss;
	struct sockaddr_in	*in = (void *)&ss;
	struct sockaddr_un	*sun = (void *)&ss;
	char			buf[256], longest[sizeof(at.path) + 1];

	(void)state;
	/* With a password in it: RFC 7617; the user is empty. */
	memset(&at, 0, sizeof(at));
	at.port = 41112;
	strlcpy(at.token, "0123456789abcdef0123", sizeof(at.token));
	assert_string_equal(tailscaled_headers(&at, buf, sizeof(buf)),
	    "Host: local-tailscaled.sock\r\nAuthorization: Basic OjAxMjM0NTY3ODlhYmNkZWYwMTIz\r\n");
	strlcpy(at.token, "f", sizeof(at.token));
	assert_string_equal(tailscaled_headers(&at, buf, sizeof(buf)),
	    "Host: local-tailscaled.sock\r\nAuthorization: Basic OmY=\r\n");
	memset(at.token, 'a', sizeof(at.token) - 1);
	at.token[sizeof(at.token) - 1] = '\0';
	tailscaled_headers(&at, buf, sizeof(buf));
	assert_non_null(strstr(buf, "Authorization: Basic OmFhYWFh"));
	assert_string_equal(buf + strlen(buf) - 10, "YWFhYQ==\r\n");
	assert_int_equal(tailscaled_address(&at, &ss), sizeof(*in));
	assert_int_equal(in->sin_family, AF_INET);
	assert_int_equal(ntohs(in->sin_port), 41112);
	assert_int_equal(ntohl(in->sin_addr.s_addr), INADDR_LOOPBACK);
	assert_string_equal(tailscaled_name(&at, buf, sizeof(buf)), "port 41112");

	assert_int_equal(tailscaled_set_path(&at, "/run/x.sock"), 0);
	assert_string_equal(tailscaled_headers(&at, buf, sizeof(buf)),
	    "Host: local-tailscaled.sock\r\n");
	assert_true(tailscaled_address(&at, &ss) > offsetof(struct sockaddr_un,
	    sun_path) + strlen("/run/x.sock"));
	assert_int_equal(sun->sun_family, AF_UNIX);
	assert_string_equal(sun->sun_path, "/run/x.sock");
	assert_string_equal(tailscaled_name(&at, buf, sizeof(buf)), "/run/x.sock");
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(at.path)] = '\0';
	assert_int_equal(tailscaled_set_path(&at, longest), -1);
	longest[sizeof(at.path) - 1] = '\0';
	assert_int_equal(tailscaled_set_path(&at, longest), 0);
	assert_string_equal(at.path, longest);
}

#define TOKEN "0123456789abcdef0123"
#define OTHER "fedcba98765432100000"
#define LONG63 "000000000000000000000000000000000000000000000000000000000000000"
#define GROUP "/Users/alice/Library/Group Containers/W5364U7YZB.group.io.tailscale.ipn.macos/"

/* The files of both builds, as they are laid out on a Mac. */
static const struct {
	const char	*name;
	const char	*link;		/* target of /Library/Tailscale/ipnport */
	const char	*proof;		/* name of a file beside it */
	const char	*text;		/* and what is in there */
	const char	*file;		/* path of a file that the program has open */
	int		 port;		/* 0: there is none */
	const char	*token;
} builds[] = {
	{ "nothing", NULL, NULL, NULL, NULL, 0, NULL },
	{ "standalone", "41112", "sameuserproof-41112", TOKEN "\n", NULL, 41112, TOKEN },
	{ "standalone, no newline", "1", "sameuserproof-1", TOKEN, NULL, 1, TOKEN },
	{ "standalone, capitals", "65535", "sameuserproof-65535", "ABCDEF\n", NULL, 65535,
	    "ABCDEF" },
	{ "standalone, the longest token", "41112", "sameuserproof-41112", LONG63 "\n", NULL,
	    41112, LONG63 },
	{ "standalone, too long a token", "41112", "sameuserproof-41112", LONG63 "0\n", NULL, 0,
	    NULL },
	{ "standalone, far too long a token", "41112", "sameuserproof-41112",
	    LONG63 LONG63 LONG63 "\n", NULL, 0, NULL },
	{ "standalone, no proof", "41112", NULL, NULL, NULL, 0, NULL },
	{ "standalone, stale", "41112", "sameuserproof-41111", TOKEN "\n", NULL, 0, NULL },
	{ "standalone, proof only", NULL, "sameuserproof-41112", TOKEN "\n", NULL, 0, NULL },
	{ "standalone, empty proof", "41112", "sameuserproof-41112", "", NULL, 0, NULL },
	{ "standalone, empty line", "41112", "sameuserproof-41112", "\n" TOKEN "\n", NULL, 0,
	    NULL },
	{ "standalone, port 0", "0", "sameuserproof-0", TOKEN "\n", NULL, 0, NULL },
	{ "standalone, port too large", "65536", "sameuserproof-65536", TOKEN "\n", NULL, 0,
	    NULL },
	{ "standalone, no port", "x", "sameuserproof-x", TOKEN "\n", NULL, 0, NULL },
	{ "standalone, negative", "-1", "sameuserproof--1", TOKEN "\n", NULL, 0, NULL },
	{ "standalone, a path", "41112/../x", "sameuserproof-41112", TOKEN "\n", NULL, 0,
	    NULL },
	{ "standalone, token with a blank", "41112", "sameuserproof-41112", "abc def\n", NULL, 0,
	    NULL },
	{ "standalone, token with a colon", "41112", "sameuserproof-41112", "abc:def\n", NULL, 0,
	    NULL },
	{ "standalone, other letters", "41112", "sameuserproof-41112", "ghij\n", NULL, 0,
	    NULL },
	{ "App Store", NULL, NULL, NULL, GROUP "sameuserproof-41113-" TOKEN, 41113, TOKEN },
	{ "App Store, a short token", NULL, NULL, NULL, GROUP "sameuserproof-1-ab", 1, "ab" },
	{ "App Store, no token", NULL, NULL, NULL, GROUP "sameuserproof-41113", 0, NULL },
	{ "App Store, empty token", NULL, NULL, NULL, GROUP "sameuserproof-41113-", 0, NULL },
	{ "App Store, port 0", NULL, NULL, NULL, GROUP "sameuserproof-0-" TOKEN, 0, NULL },
	{ "App Store, port too large", NULL, NULL, NULL, GROUP "sameuserproof-65536-" TOKEN, 0,
	    NULL },
	{ "App Store, port far too large", NULL, NULL, NULL, GROUP
	    "sameuserproof-00000000000000000041113-" TOKEN, 0, NULL },
	{ "App Store, no port", NULL, NULL, NULL, GROUP "sameuserproof--" TOKEN, 0, NULL },
	{ "App Store, something else", NULL, NULL, NULL, GROUP "xsameuserproof-41113-" TOKEN, 0,
	    NULL },
	{ "App Store, more behind", NULL, NULL, NULL, GROUP "sameuserproof-41113-" TOKEN "-x", 0,
	    NULL },
	{ "App Store, token for a header", NULL, NULL, NULL, GROUP
	    "sameuserproof-41113-ab\r\nX: y", 0, NULL },
	{ "App Store, token too long", NULL, NULL, NULL, GROUP "sameuserproof-41113-" LONG63 "0",
	    0, NULL },
	{ "App Store, no name", NULL, NULL, NULL, GROUP, 0, NULL },
	/* As Tailscale's own client does it. */
	{ "both", "41112", "sameuserproof-41112", TOKEN "\n", GROUP "sameuserproof-41113-" OTHER,
	    41113, OTHER },
	{ "both, the first is odd", "41112", "sameuserproof-41112", TOKEN "\n", GROUP
	    "sameuserproof-41113", 41112, TOKEN },
};

static void
make_file(const char *folder, const char *name, const char *text)
{
	char	to[PATH_MAX];
	FILE	*fp;

	snprintf(to, sizeof(to), "%s/%s", folder, name);
	assert_non_null(fp = fopen(to, "w"));
	fputs(text, fp);
	fclose(fp);
}

static void
make_folders(const char *root, const char *below, char to[PATH_MAX])
{
	char	*slash;

	snprintf(to, PATH_MAX, "%s/%s/", root, below);
	for (slash = to + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		assert_true(mkdir(to, 0700) == 0 || errno == EEXIST);
		*slash = '/';
	}
}

static void
test_gui(void **state)
{
	struct tailscaled	at, before;
	char			root[64], folder[PATH_MAX], name[PATH_MAX + 16];
	size_t			i;

	(void)state;
	snprintf(root, sizeof(root), "%s/root", dir);
	for (i = 0; i < COUNT(builds); i++) {
		assert_int_equal(mkdir(root, 0700), 0);
		if (builds[i].link != NULL || builds[i].proof != NULL)
			make_folders(root, "Library/Tailscale", folder);
		if (builds[i].link != NULL) {
			snprintf(name, sizeof(name), "%s/ipnport", folder);
			assert_int_equal(symlink(builds[i].link, name), 0);
		}
		if (builds[i].proof != NULL)
			make_file(folder, builds[i].proof, builds[i].text);
		memset(&at, '#', sizeof(at));
		before = at;
		if (env_tailscale_gui(&at, root, builds[i].file != NULL ? builds[i].file : "") !=
		    (builds[i].port != 0 ? 0 : -1))
			fail_msg("%s: %s", builds[i].name,
			    builds[i].port != 0 ? "not found" : at.token);
		if (builds[i].port == 0)
			assert_memory_equal(&at, &before, sizeof(at));
		else if (at.path[0] != '\0' || at.port != builds[i].port ||
		    strcmp(at.token, builds[i].token) != 0)
			fail_msg("%s: port %d, token %s", builds[i].name, at.port, at.token);
		assert_int_equal(nftw(root, remove_cb, 8, FTW_DEPTH | FTW_PHYS), 0);
	}
}

/*
 * The program's own folder is not looked into: macOS would ask the user for that at each ssh, and
 * ssh would wait.
 */
static void
test_gui_folder(void **state)
{
	struct tailscaled	at;
	char			root[64], folder[PATH_MAX];

	(void)state;
	snprintf(root, sizeof(root), "%s/root", dir);
	assert_int_equal(mkdir(root, 0700), 0);
	make_folders(root, GROUP, folder);
	make_file(folder, "sameuserproof-41113-" TOKEN, "");
	assert_int_equal(env_tailscale_gui(&at, root, ""), -1);
	assert_int_equal(env_tailscale_gui(&at, root, "/Users/alice"), -1);
	assert_int_equal(nftw(root, remove_cb, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* What is in the place of the link. */
static void
test_gui_link(void **state)
{
	struct tailscaled	at;
	char			root[64], folder[PATH_MAX], name[PATH_MAX + 16];

	(void)state;
	snprintf(root, sizeof(root), "%s/root", dir);
	assert_int_equal(mkdir(root, 0700), 0);
	make_folders(root, "Library/Tailscale", folder);
	snprintf(name, sizeof(name), "%s/ipnport", folder);
	/* A file. */
	make_file(folder, "ipnport", "41112");
	make_file(folder, "sameuserproof-41112", TOKEN "\n");
	assert_int_equal(env_tailscale_gui(&at, root, ""), -1);
	unlink(name);
	/* A link that is no port, though it begins like one. */
	make_file(folder, "sameuserproof-000000000041112", TOKEN "\n");
	assert_int_equal(symlink("000000000041112xyz", name), 0);
	assert_int_equal(env_tailscale_gui(&at, root, ""), -1);
}

/*
 * Files laid out as Tailscale (paths.go) and the packages of the platforms have them: each is
 * found, and tells its state.
 */
static void
test_layouts(void **state)
{
	static const struct {
		const char	*folder, *name;
	}			layouts[] = {
		/* Linux, FreeBSD, OpenBSD, illumos */
		{ "var/run/tailscale", "tailscaled.sock" },
		{ "run/tailscale", "tailscaled.sock" },
		{ "var/run", "tailscaled.socket" },			/* macOS */
		{ "var/packages/Tailscale/var", "tailscaled.sock" },	/* Synology DSM 7 */
		{ "var/packages/Tailscale/etc", "tailscaled.sock" },	/* Synology DSM 6 */
		{ "perm/tailscaled", "tailscaled.sock" },		/* gokrazy */
		{ "tmp/tailscale", "tailscaled.sock" },			/* QNAP */
		{ "tmp", "tailscaled.sock" },				/* the official container */
	};
	static const char	text[] = STATUS("\"BackendState\":\"Running\",\"TUN\":true" HERE);
	struct env_tailscale	ts;
	char			root[64], folder[PATH_MAX], before[sizeof(path)];
	size_t			i;
	pid_t			pid;

	(void)state;
	strlcpy(before, path, sizeof(before));
	snprintf(root, sizeof(root), "%s/places", dir);
	assert_int_equal(mkdir(root, 0700), 0);
	for (i = 0; i < COUNT(layouts); i++) {
		make_folders(root, layouts[i].folder, folder);
		assert_true(snprintf(path, sizeof(path), "%.80s%s", folder,
		    layouts[i].name) < (int)sizeof(path));
		pid = daemon_start(ANSWERS, text, strlen(text));
		env_tailscale_detect(&ts, NULL, root, STATUS_MS);
		if (ts.state != ENV_TAILSCALE_UP || strcmp(ts.at.path, path) != 0)
			fail_msg("%s: state %d", path, ts.state);
		daemon_stop(pid);
	}
	env_tailscale_detect(&ts, NULL, root, STATUS_MS);
	assert_int_equal(ts.state, ENV_TAILSCALE_NONE);
	strlcpy(path, before, sizeof(path));
}

/*
 * What others can put there, or put in its place, is not trusted; the first that answers is taken.
 */
static void
test_trust(void **state)
{
	struct env_tailscale	ts;
	char			root[64], folder[PATH_MAX], before[sizeof(path)];
	int			fd;

	(void)state;
	strlcpy(before, path, sizeof(before));
	snprintf(root, sizeof(root), "%s/trust", dir);
	assert_int_equal(mkdir(root, 0700), 0);
	make_folders(root, "tmp/tailscale", folder);
	assert_true(snprintf(path, sizeof(path), "%.80stailscaled.sock",
	    folder) < (int)sizeof(path));
	assert_true((fd = listener(5)) != -1);
	env_tailscale_detect(&ts, NULL, root, STATUS_MS);
	assert_int_equal(ts.state, ENV_TAILSCALE_HUNG);
	assert_int_equal(chmod(folder, 0777), 0);
	env_tailscale_detect(&ts, NULL, root, STATUS_MS);
	assert_int_equal(ts.state, ENV_TAILSCALE_NONE);
	/* As /tmp itself: nobody can take away another's file. */
	assert_int_equal(chmod(folder, 01777), 0);
	env_tailscale_detect(&ts, NULL, root, STATUS_MS);
	assert_int_equal(ts.state, ENV_TAILSCALE_HUNG);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, NOBODY, NOBODY), 0);
		env_tailscale_detect(&ts, NULL, root, STATUS_MS);
		assert_int_equal(ts.state, ENV_TAILSCALE_NONE);
	}
	close(fd);
	/* A socket that is left behind is told of, where there is no better one. */
	assert_true((fd = listener(5)) != -1);
	close(fd);
	env_tailscale_detect(&ts, NULL, root, STATUS_MS);
	assert_int_equal(ts.state, ENV_TAILSCALE_DEAD);
	unlink(path);
	strlcpy(path, before, sizeof(path));
}

/* A folder that only root may enter: there is a tailscaled, and it is closed to this user. */
static void
test_closed_folder(void **state)
{
	struct env_tailscale	ts;
	char			root[64], folder[PATH_MAX], before[sizeof(path)];
	int			fd, status;
	pid_t			pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	strlcpy(before, path, sizeof(before));
	snprintf(root, sizeof(root), "%s/closed", dir);
	assert_int_equal(mkdir(root, 0755), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	make_folders(root, "var/run/tailscale", folder);
	assert_true(snprintf(path, sizeof(path), "%.80stailscaled.sock",
	    folder) < (int)sizeof(path));
	assert_true((fd = listener(5)) != -1);
	snprintf(folder, sizeof(folder), "%s/var", root);
	assert_int_equal(chmod(folder, 0755), 0);
	snprintf(folder, sizeof(folder), "%s/var/run", root);
	assert_int_equal(chmod(folder, 0755), 0);
	if ((pid = fork()) == 0) {
		if (setuid(NOBODY) == -1)
			_exit(1);
		env_tailscale_detect(&ts, NULL, root, STATUS_MS);
		_exit(ts.state == ENV_TAILSCALE_PERMISSION_DENIED &&
		    strcmp(ts.at.path, path) == 0 ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
	unlink(path);
	strlcpy(path, before, sizeof(path));
}

/* A daemon whose socket is beside the usual one, and one that runs with a socket of its own. */
static void
test_others(void **state)
{
	static const char	text[] = STATUS("\"BackendState\":\"Running\",\"TUN\":true" HERE);
	struct env_tailscale	ts;
	char			root[64], folder[PATH_MAX], before[sizeof(path)], program[64],
				    flag[sizeof(path) + 16], byte;
	int			in[2], out[2], status, i;
	pid_t			pid, running;

	(void)state;
	strlcpy(before, path, sizeof(before));
	snprintf(root, sizeof(root), "%s/others", dir);
	assert_int_equal(mkdir(root, 0700), 0);
	make_folders(root, "var/run/tailscale", folder);
	assert_true(snprintf(path, sizeof(path), "%.80swork.sock", folder) < (int)sizeof(path));
	pid = daemon_start(ANSWERS, text, strlen(text));
	env_tailscale_detect(&ts, NULL, root, STATUS_MS);
	assert_int_equal(ts.state, ENV_TAILSCALE_UP);
	assert_string_equal(ts.at.path, path);
	daemon_stop(pid);

	/* Where the machine has a tailscaled at a usual place, that one counts. */
	env_tailscale_detect(&ts, NULL, "", STATUS_MS);
	if (ts.state != ENV_TAILSCALE_NONE || access("/proc/self/comm", R_OK) == -1)
		skip();
	snprintf(program, sizeof(program), "%s/tailscaled", dir);
	snprintf(flag, sizeof(flag), "--socket=%s", path);
	assert_int_equal(symlink("/bin/sh", program), 0);
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	if ((running = fork()) == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[1]);
		execl(program, "tailscaled", "-c", "echo; read x", "sh", flag, (char *)NULL);
		_exit(1);
	}
	close(in[0]);
	close(out[1]);
	assert_int_equal(read(out[0], &byte, 1), 1);
	pid = daemon_start(ANSWERS, text, strlen(text));
	env_tailscale_detect(&ts, NULL, "", STATUS_MS);
	assert_int_equal(ts.state, ENV_TAILSCALE_UP);
	assert_string_equal(ts.at.path, path);
	daemon_stop(pid);
	/* Nobody listens there: at least it is known that one runs. */
	env_tailscale_detect(&ts, NULL, "", STATUS_MS);
	assert_int_not_equal(ts.state, ENV_TAILSCALE_UP);
	for (i = 0; i < ts.running_count && ts.running[i] != running; i++)
		continue;
	assert_true(i < ts.running_count);
	close(in[1]);
	close(out[0]);
	assert_int_equal(waitpid(running, &status, 0), running);
	strlcpy(path, before, sizeof(path));
}

/* Of a daemon that is connected: how long it is a node, and what it does when asked to dial. */
static void
test_age(void **state)
{
	static const struct {
		const char	*version;
		int		 tells;
	}			versions[] = {
		{ "1.98.0-t1", 1 }, { "1.102.3-ERR-BuildInfo", 1 }, { "2.0.1", 1 }, { "1.97.309", 0 },
		    { "1.9.8", 0 }, { "0.99", 0 }, { "1", 0 }, { "", 0 }, { "unstable", 0 },
	};
	struct env_tailscale	ts;
	int64_t			now_s = (int64_t)time(NULL);
	size_t			i;

	(void)state;
	memset(&ts, 0, sizeof(ts));
	ts.state = ENV_TAILSCALE_UP;
	assert_false(env_tailscale_new(&ts));
	ts.status.created_s = now_s - 5;
	assert_true(env_tailscale_new(&ts));
	ts.status.created_s = now_s + 30;	/* a clock may be wrong a little */
	assert_true(env_tailscale_new(&ts));
	ts.status.created_s = now_s - 100;
	assert_false(env_tailscale_new(&ts));
	ts.status.created_s = now_s - 5;
	ts.state = ENV_TAILSCALE_DOWN;
	assert_false(env_tailscale_new(&ts));
	for (i = 0; i < COUNT(versions); i++) {
		strlcpy(ts.status.version, versions[i].version, sizeof(ts.status.version));
		if (env_tailscale_tells(&ts) != versions[i].tells)
			fail_msg("%s", versions[i].version);
	}
}

/* Each state but the last has a code and words, by itself and by its name in the facts. */
static void
test_faults(void **state)
{
	static const struct {
		enum env_tailscale_state state;
		const char	*backend;
		enum code	 code;
	} wanted[] = {
		{ ENV_TAILSCALE_NONE, "", CODE_MESH_DOWN },
		{ ENV_TAILSCALE_DEAD, "", CODE_MESH_DOWN },
		{ ENV_TAILSCALE_PERMISSION_DENIED, "", CODE_MESH_PERMISSION_DENIED },
		{ ENV_TAILSCALE_HUNG, "", CODE_MESH_HUNG },
		{ ENV_TAILSCALE_UNEXPECTED, "Stopped", CODE_MESH_UNEXPECTED },
		{ ENV_TAILSCALE_DOWN, "Stopped", CODE_MESH_STOPPED },
		{ ENV_TAILSCALE_DOWN, "NeedsLogin", CODE_MESH_LOGGED_OUT },
		{ ENV_TAILSCALE_DOWN, "NeedsMachineAuth", CODE_MESH_UNAPPROVED },
		{ ENV_TAILSCALE_DOWN, "InUseOtherUser", CODE_MESH_OTHER_USER },
		{ ENV_TAILSCALE_DOWN, "NoState", CODE_MESH_NO_STATE },
		{ ENV_TAILSCALE_DOWN, "Asleep", CODE_MESH_DOWN },
		{ ENV_TAILSCALE_UP, "Stopped", CODE_NONE }
	};
	const struct tailscale_fault	*f;
	size_t				 i;

	(void)state;
	for (i = 0; i < COUNT(wanted); i++) {
		f = tailscale_fault(wanted[i].state, wanted[i].backend);
		if (f->code != wanted[i].code)
			fail_msg("state %d %s: code %d", wanted[i].state, wanted[i].backend,
			    f->code);
		assert_ptr_equal(f, tailscale_fault_by_name(tailscale_states[wanted[i].state],
		    wanted[i].backend));
		assert_int_equal(f->cause[0] != '\0', f->code != CODE_NONE);
	}
	assert_int_equal(tailscale_fault_by_name("asleep", "")->code, CODE_NONE);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_trust),
		cmocka_unit_test(test_daemons),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_closed_folder),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_get_size),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_tailscaled),
		cmocka_unit_test(test_gui),
		cmocka_unit_test(test_gui_folder),
		cmocka_unit_test(test_gui_link),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_faults),
	};

	return (cmocka_run_group_tests_name("env-tailscale", tests, setup, teardown));
}
