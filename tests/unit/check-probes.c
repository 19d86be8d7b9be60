/* SPDX-License-Identifier: ISC */
/* Unit tests: probes. */

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include "base/clock.h"
#include "base/json.h"
#include "check.h"
#include "facts/facts.h"
#include "net/resolve.h"
#include "net/sock.h"
#include "probe/probe-dns.h"
#include "probe/probe-net.h"
#include "probe/probe-service.h"
#include "wire/dns.h"
#include "wire/resume-proof.h"
#include "wire/resume.h"
#include "wire/sshkex.h"

/*
 * A server that takes any number of connections, one after the other: says this, hears until
 * something comes, says that, and ends, or else stays until the other side does.
 */
struct script {
	const char	*first;
	const char	*second;	/* to whatever was said; NULL: stay silent */
	int		 ends;
	int		 resets;
	size_t		 bytes;		/* of the second text, if a zero is in it */
};

struct server {
	struct script	 script;
	int		 kexinit;	/* one follows the second text */
	int		 listener;
	int		 port;
	int		 stop[2];
	int		 taken;
	pthread_t	 thread;
};

static struct facts	seen;	/* of this machine: nothing to connect with, but in test_localapi */
static const char	tailscaled_status[] = "HTTP/1.0 200 OK\r\n\r\n{\"BackendState\":\"Running\",\"TUN\":false,"
			    "\"TailscaleIPs\":[\"100.64.77.78\"],\"MagicDNSSuffix\":\"mesh.test\"}";
static const char	tailscaled_dialled[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: ts-dial\r\n"
			    "Connection: upgrade\r\n\r\n";

/* Something to read, before the end of the test. */
static int
server_wait(struct server *s, int fd)
{
	struct pollfd	pfd[2] = { { .fd = fd, .events = POLLIN },
			    { .fd = s->stop[0], .events = POLLIN } };

	return (poll(pfd, 2, -1) > 0 && pfd[1].revents == 0);
}

static void
server_kexinit(int fd)
{
	static const unsigned char	cookie[SSHKEX_COOKIE] = "a server";
	char				buf[2048];
	size_t				len = sshkex_kexinit(buf, sizeof(buf), 1100, cookie);

	assert_int_equal(send(fd, buf, len, MSG_NOSIGNAL), len);
}

static void
server_talk(struct server *s, int fd)
{
	struct linger	at_once = { .l_onoff = 1, .l_linger = 0 };
	char		buf[4096];
	ssize_t		n;

	send(fd, s->script.first, strlen(s->script.first), MSG_NOSIGNAL);
	if (s->script.second != NULL) {
		if (!server_wait(s, fd) || (n = read(fd, buf, sizeof(buf))) <= 0)
			return;
		/* The daemon of a mesh is asked for its status first. */
		if (strcmp(s->script.second, tailscaled_dialled) == 0 &&
		    memmem(buf, (size_t)n, "/status", 7) != NULL) {
			send(fd, tailscaled_status, strlen(tailscaled_status), MSG_NOSIGNAL);
			return;
		}
		send(fd, s->script.second, s->script.bytes > 0 ? s->script.bytes :
		    strlen(s->script.second), MSG_NOSIGNAL);
	}
	if (s->kexinit)
		server_kexinit(fd);
	if (s->script.resets)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	while (!s->script.ends && server_wait(s, fd) && read(fd, buf, sizeof(buf)) > 0)
		continue;
}

static void *
server_thread(void *arg)
{
	struct server	*s = arg;
	int		 fd;

	while (server_wait(s, s->listener)) {
		if ((fd = accept(s->listener, NULL, NULL)) == -1)
			break;
		s->taken++;
		server_talk(s, fd);
		close(fd);
	}
	return (NULL);
}

static void
server_start(struct server *s, struct sockaddr *sa, socklen_t len)
{
	s->listener = socket(sa->sa_family, SOCK_STREAM, 0);
	assert_int_equal(bind(s->listener, sa, len), 0);
	assert_int_equal(getsockname(s->listener, sa, &len), 0);
	assert_int_equal(listen(s->listener, 5), 0);
	assert_int_equal(pipe(s->stop), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, server_thread, s), 0);
}

static void
server_start_tcp(struct server *s, const struct script *script)
{
	struct sockaddr_in	in = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	memset(s, 0, sizeof(*s));
	s->script = *script;
	/* A server that speaks SSH goes on with its KEXINIT. */
	s->kexinit = script->second != NULL && strstr(script->second, "SSH-") != NULL;
	server_start(s, (struct sockaddr *)&in, sizeof(in));
	s->port = ntohs(in.sin_port);
}

static void
server_stop(struct server *s)
{
	close(s->stop[1]);
	pthread_join(s->thread, NULL);
	close(s->stop[0]);
	close(s->listener);
}

static int
open_descriptors(void)
{
	int	fd, count = 0;

	for (fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return (count);
}

/* --- what a server says ----------------------------------------------------------------------- */

static const struct {
	const char	*what;
	struct script	 script;
	const char	*kind;
	const char	*software;
	int		 version;
	const char	*first;
	const char	*error;
	const char	*refusal;
} banners[] = {
	{ "OpenSSH", { "", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n" }, "openssh", "OpenSSH_9.2p1", 902,
	    NULL, NULL, NULL },
	{ "OpenSSH 10.1", { "", "SSH-2.0-OpenSSH_10.1\r\n" }, "openssh", "OpenSSH_10.1", 1001, NULL,
	    NULL, NULL },
	{ "OpenSSH without a number", { "", "SSH-2.0-OpenSSH\r\n" }, "openssh", "OpenSSH", 0, NULL,
	    NULL, NULL },
	{ "OpenSSH with half of one", { "", "SSH-2.0-OpenSSH_9.x\r\n" }, "openssh", "OpenSSH_9.x",
	    0, NULL, NULL, NULL },
	{ "OpenSSH of a far future", { "", "SSH-2.0-OpenSSH_99999999999999999999.1\r\n" },
	    "openssh", "OpenSSH_99999999999999999999.1", 0, NULL, NULL, NULL },
	{ "OpenSSH on Windows", { "", "SSH-2.0-OpenSSH_for_Windows_9.5\r\n" }, "openssh-windows",
	    "OpenSSH_for_Windows_9.5", 905, NULL, NULL, NULL },
	{ "Dropbear", { "", "SSH-2.0-dropbear_2022.83\r\n" }, "dropbear", "dropbear_2022.83", 0,
	    NULL, NULL, NULL },
	{ "Tailscale", { "", "SSH-2.0-Tailscale\r\n" }, "tailscale", "Tailscale", 0, NULL, NULL,
	    NULL },
	{ "words before it", { "", "Hello\x1b[2J\r\nthere\r\nSSH-1.99-Go\n" }, "go", "Go", 0,
	    "Hello^[[2J", NULL, NULL },
	{ "an odd one", { "", "SSH-2.0\r\n" }, "ssh", "", 0, NULL, NULL, NULL },
	{ "an odder one", { "SSH-\r\n", "", 1 }, "ssh", "", 0, NULL, "closed", NULL },
	{ "a web server", { "", "HTTP/1.1 400 Bad Request\r\n\r\n", 1 }, "http", NULL, 0,
	    "HTTP/1.1 400 Bad Request", NULL, NULL },
	{ "a web server without a head", { "", "<!DOCTYPE HTML>\n<html>", 1 }, "http", NULL, 0,
	    "<!DOCTYPE HTML>", "closed", NULL },
	{ "mail", { "220 mail.test ESMTP\r\n", "", 1 }, "other", NULL, 0, "220 mail.test ESMTP",
	    "closed", NULL },
	{ "too many", { "Exceeded MaxStartups\r\n", "", 1 }, "openssh", NULL, 0,
	    "Exceeded MaxStartups", "closed", "maxstartups" },
	{ "a penalty", { "Not allowed at this time\r\n", "", 1 }, "openssh", NULL, 0,
	    "Not allowed at this time", "closed", "penalty" },
	{ "silence", { "", NULL }, "none", NULL, 0, NULL, "silent", NULL },
	{ "an end", { "", "", 1 }, "none", NULL, 0, NULL, "closed", NULL },
	{ "a reset", { "", "", 1, 1 }, "none", NULL, 0, NULL, "reset", NULL },
};

static void
is_text(const char *what, const json_t *facts, const char *path, const char *wanted)
{
	const char	*got = json_text_at(facts, path);

	if ((got == NULL) != (wanted == NULL) || (got != NULL && strcmp(got, wanted) != 0))
		fail_msg("%s: %s is \"%s\"", what, path, got != NULL ? got : "(absent)");
}

static void
test_banners(void **state)
{
	struct probe_kept	kept = { .fd = -1 };
	struct probe_input	in = { .host = "127.0.0.1", .ssh = 1, .timeout_ms = 400,
				    .dead_after_s = 30, .seen = &seen };
	struct server		s;
	json_t			*facts;
	size_t			 i;
	int			 before = open_descriptors();

	(void)state;
	for (i = 0; i < COUNT(banners); i++) {
		in.kept = i % 2 == 0 ? &kept : NULL;
		server_start_tcp(&s, &banners[i].script);
		in.port = s.port;
		facts = json_object();
		assert_int_equal(probe_identification.useful(facts, &in), 0);
		probe_connect.run(facts, &in);
		assert_int_equal(probe_identification.useful(facts, &in), 1);
		probe_identification.run(facts, &in);
		server_stop(&s);
		is_text(banners[i].what, facts, "server.kind", banners[i].kind);
		is_text(banners[i].what, facts, "server.software", banners[i].software);
		is_text(banners[i].what, facts, "server.first", banners[i].first);
		assert_int_equal(json_at(facts, "server.http_status") != NULL,
		    banners[i].first != NULL && strncmp(banners[i].first, "HTTP/1.", 7) == 0);
		is_text(banners[i].what, facts, "server.error", banners[i].error);
		is_text(banners[i].what, facts, "server.refusal", banners[i].refusal);
		assert_int_equal(json_number_at(facts, "server.version_number", 0),
		    banners[i].version);
		if (s.kexinit) {
			assert_within(json_number_at(facts, "server.kexinit_bytes", 0), 1100,
			    1123);
			is_text(banners[i].what, facts, "server.host_key_types.0", "rsa-sha2-512");
			is_text(banners[i].what, facts, "server.kex.0", "mlkem768x25519-sha256");
			is_text(banners[i].what, facts, "server.ciphers.0",
			    "chacha20-poly1305@openssh.com");
			is_text(banners[i].what, facts, "server.macs.3", "hmac-sha1");
		}
		/* One to see that it is there, and to listen; two, if none is kept. */
		assert_int_equal(json_number_at(facts, "connect.made", 0), 1 + i % 2);
		assert_int_equal(s.taken, 1 + i % 2);
		assert_int_equal(kept.fd, -1);
		/* Nothing is to be learned on the way to oneself. */
		assert_int_equal(json_truth_at(facts, "connect.far"), 0);
		assert_int_equal(probe_dscp.useful(facts, &in), 0);
		assert_int_equal(probe_mtu.useful(facts, &in), 0);
		json_decref(facts);
	}
	assert_int_equal(open_descriptors(), before);
}

/* --- another port ----------------------------------------------------------------------------- */

static const struct {
	const char	*what;
	struct script	 script;
	const char	*kind;
	int		 ok;
	int		 asked;
	const char	*first;
} services[] = {
	{ "mail", { "220 mail.test ESMTP\r\n", NULL }, "mail", 1, 0, "220 mail.test ESMTP" },
	{ "a web server", { "", "HTTP/1.0 200 OK\r\n\r\n", 1 }, "http", 1, 1, "HTTP/1.0 200 OK" },
	{ "TLS", { "", "\x15\x03\x01\x02\x02\x50", 1 }, "tls", 1, 1, "^U^C^A^B^BP" },
	{ "odd", { "\xff\x01x", NULL }, "other", 1, 0, "M^?^Ax" },
	{ "silence", { "", NULL }, "silent", 1, 1, NULL },
	{ "an end", { "", NULL, 1 }, "closed", 0, 0, NULL },
	{ "an end when it is asked", { "", "", 1 }, "closed", 0, 1, NULL },
};

static void
test_services(void **state)
{
	struct probe_input	in = { .host = "127.0.0.1", .timeout_ms = 400, .dead_after_s = 30,
				    .seen = &seen };
	struct server		s;
	json_t			*facts;
	size_t			 i;

	(void)state;
	for (i = 0; i < COUNT(services); i++) {
		server_start_tcp(&s, &services[i].script);
		in.port = s.port;
		facts = json_object();
		probe_connect.run(facts, &in);
		probe_identification.run(facts, &in);
		server_stop(&s);
		is_text(services[i].what, facts, "service.kind", services[i].kind);
		is_text(services[i].what, facts, "service.first", services[i].first);
		assert_int_equal(json_truth_at(facts, "service.ok"), services[i].ok);
		assert_int_equal(json_truth_at(facts, "service.asked"), services[i].asked);
		assert_null(json_at(facts, "server"));
		json_decref(facts);
	}
}

/* Of two addresses the first is silent: the probes go on with the other one if that speaks. */
static void
test_mute(void **state)
{
	static const struct {
		struct script	 other;
		const char	*address;
		const char	*mute;
		const char	*kind;
		const char	*error;
	} rows[] = {
		{ { "SSH-2.0-OpenSSH_9.9\r\n", NULL }, "127.0.0.2", "127.0.0.1", "openssh",
		    "silent" },
		{ { "", NULL }, "127.0.0.1", NULL, "none", "silent" },
		{ { "220 mail.test ESMTP\r\n", "", 1 }, "127.0.0.1", NULL, "none", "silent" },
	};
	static const struct script	 silent = { "", NULL };
	struct sockaddr_in		 in4 = { .sin_family = AF_INET };
	struct probe_input		 in = { .host = "node.test", .ssh = 1, .timeout_ms = 400,
					    .dead_after_s = 30, .seen = &seen };
	struct server			 s, other;
	json_t				*facts;
	size_t				 i;

	(void)state;
	inet_pton(AF_INET, "127.0.0.2", &in4.sin_addr);
	for (i = 0; i < COUNT(rows); i++) {
		server_start_tcp(&s, &silent);
		in.port = s.port;
		memset(&other, 0, sizeof(other));
		other.script = rows[i].other;
		in4.sin_port = htons((in_port_t)s.port);
		server_start(&other, (struct sockaddr *)&in4, sizeof(in4));
		facts = json_pack("{s:{s:{s:{s:[s,s]}}}}", "names", "lookups", "system",
		    "addresses", "127.0.0.1", "127.0.0.2");
		probe_connect.run(facts, &in);
		is_text("mute", facts, "connect.address", "127.0.0.1");
		probe_identification.run(facts, &in);
		server_stop(&s);
		server_stop(&other);
		is_text("mute", facts, "connect.address", rows[i].address);
		is_text("mute", facts, "server.mute_address", rows[i].mute);
		is_text("mute", facts, "server.kind", rows[i].kind);
		is_text("mute", facts, "server.error", rows[i].error);
		json_decref(facts);
	}
}

/* A KEXINIT is told as far as it is one: lists that end too early, or hold no name, are a fault. */
static void
test_kexinit(void **state)
{
	static const struct {
		const char	*what;
		size_t		 at;	/* of a length in the packet, or 0 */
		const char	*bytes;
		int		 malformed;
	} rows[] = {
		{ "as it is", 0, "", 0 },
		{ "a list longer than the packet", 22, "\0\0\x40\0", 1 },
		{ "a list of 4 GiB", 22, "\xff\xff\xff\xff", 1 },
		{ "an empty list", 22, "\0\0\0\0", 1 },
		{ "an empty name", 22 + 4, ",", 1 },
	};
	static const unsigned char	 cookie[SSHKEX_COOKIE] = "a server";
	char				 said[2048] = "SSH-2.0-OpenSSH_9.9\r\n";
	const size_t			 id = strlen(said);
	struct script			 script = { "", said };
	struct probe_input		 in = { .host = "127.0.0.1", .ssh = 1, .timeout_ms = 5000,
					    .dead_after_s = 30, .seen = &seen };
	struct server			 s;
	json_t				*facts;
	size_t				 i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		script.bytes = id + sshkex_kexinit(said + id, sizeof(said) - id, 1100, cookie);
		if (rows[i].at != 0)
			memcpy(said + id + rows[i].at, rows[i].bytes,
			    rows[i].bytes[0] == ',' ? 1 : 4);
		server_start_tcp(&s, &script);
		s.kexinit = 0;
		in.port = s.port;
		facts = json_object();
		probe_connect.run(facts, &in);
		probe_identification.run(facts, &in);
		server_stop(&s);
		is_text(rows[i].what, facts, "server.kind", "openssh");
		assert_true(json_number_at(facts, "server.kexinit_bytes", 0) > 1000);
		if ((json_truth_at(facts, "server.kexinit_malformed") == 1) != rows[i].malformed)
			fail_msg("%s: malformed is %d", rows[i].what, !rows[i].malformed);
		assert_int_equal(json_at(facts, "server.kex") == NULL, rows[i].malformed);
		json_decref(facts);
	}
}

/* A port that was not said to be SSH's, but is. */
static void
test_service_ssh(void **state)
{
	static const struct script	script = { "SSH-2.0-OpenSSH_9.9\r\n", NULL };
	struct probe_input		in = { .host = "127.0.0.1", .timeout_ms = 400,
					    .dead_after_s = 30, .seen = &seen };
	struct server			s;
	json_t				*facts = json_object();

	(void)state;
	server_start_tcp(&s, &script);
	in.port = s.port;
	probe_connect.run(facts, &in);
	probe_identification.run(facts, &in);
	server_stop(&s);
	is_text("ssh", facts, "service.kind", "ssh");
	is_text("ssh", facts, "server.kind", "openssh");
	is_text("ssh", facts, "server.error", "silent");
	assert_int_equal(json_number_at(facts, "server.version_number", 0), 909);
	/* It listens on, on the connection on which it asked. */
	assert_int_equal(json_number_at(facts, "connect.made", 0), 2);
	assert_int_equal(s.taken, 2);
	json_decref(facts);
}

/* The comments of an identification offer a port; whether something answers there is a fact. */
static void
test_resume(void **state)
{
	static const struct {
		const char	*text;
		const char	*behind;	/* a listener's port, or NULL */
	}				 rows[] = {
		{ "SSH-2.0-OpenSSH_9.9 meshssh=", "" },
		{ "SSH-2.0-OpenSSH_9.9 Debian-1 meshssh=", " Corp" },
		{ "SSH-2.0-OpenSSH_9.9 meshssh=", NULL },
		{ "SSH-2.0-OpenSSH_9.9 meshssh=0", NULL },
		{ "SSH-2.0-OpenSSH_9.9 meshssh=65536", NULL },
		{ "SSH-2.0-OpenSSH_9.9 meshssh=4622x", NULL },
		{ "SSH-2.0-OpenSSH_9.9 xmeshssh=4622", NULL },
		{ "SSH-2.0-meshssh=4622", NULL },
		{ "SSH-2.0-Tailscale meshssh=4622", NULL },
	};
	static const struct resume_reply reply = { .status = RESUME_UNKNOWN };
	uint8_t				 bytes[RESUME_HELLO_BYTES];
	const struct script		 serve = { .first = "", .second = (const char *)bytes,
					    .bytes = sizeof(bytes) };
	struct probe_input		 in = { .host = "127.0.0.1", .ssh = 1, .timeout_ms = 400,
					    .dead_after_s = 30, .seen = &seen };
	struct server			 s, far;
	char				 first[128], port[16];
	json_t				*facts;
	size_t				 i;
	int				 offered;

	(void)state;
	resume_reply_encode(bytes, &reply, RESUME_AGAIN);
	for (i = 0; i < COUNT(rows); i++) {
		server_start_tcp(&far, &serve);
		offered = rows[i].behind != NULL;
		snprintf(port, sizeof(port), "%d", far.port);
		snprintf(first, sizeof(first), "%s%s%s\r\n", rows[i].text, offered ? port : "",
		    offered ? rows[i].behind : "");
		server_start_tcp(&s, &(struct script){ first, NULL });
		in.port = s.port;
		facts = json_object();
		assert_int_equal(probe_resume.useful(facts, &in), 0);
		probe_connect.run(facts, &in);
		probe_identification.run(facts, &in);
		server_stop(&s);
		if (json_number_at(facts, "server.resume_port", 0) != (offered ?
		    far.port : 0))
			fail_msg("%s: %d", first,
			    (int)json_number_at(facts, "server.resume_port", 0));
		assert_int_equal(probe_resume.useful(facts, &in), offered &&
		    resume_proof_load() == 0);
		if (offered) {
			probe_resume.run(facts, &in);
			assert_int_equal(json_truth_at(facts, "resume.ok"), 1);
			assert_null(json_at(facts, "resume.error"));
			server_stop(&far);
			/* That was no connection to the server, which counts those that it sees. */
			assert_int_equal(json_number_at(facts, "connect.made", 0), 2);
			probe_resume.run(facts, &in);
			assert_int_equal(json_truth_at(facts, "resume.ok"), 0);
			is_text("resume", facts, "resume.error", "refused");
			assert_null(json_at(facts, "connect.stopped"));
		} else
			server_stop(&far);
		json_decref(facts);
	}
}

/* What takes connections at the port that is offered, and cannot resume a session. */
static void
test_resume_other(void **state)
{
	static const struct resume_reply version = { .status = RESUME_OTHER_VERSION },
					 busy = { .status = RESUME_BUSY };
	uint8_t				 bytes[2][RESUME_HELLO_BYTES];
	const struct {
		struct script	 script;
		const char	*error;
	}				 rows[] = {
		{ { .first = "" }, "server-silent" },
		{ { .first = "", .ends = 1 }, "server-closed" },
		{ { .first = "", .second = "HTTP/1.1 400 Bad Request\r\n\r\n", .ends = 1 },
		    "not-resumable" },
		{ { .first = "SSH-2.0-OpenSSH_9.9\r\n", .ends = 1 }, "not-resumable" },
		{ { .first = "", .second = (const char *)bytes[0], .bytes = 95, .ends = 1 },
		    "not-resumable" },
		{ { .first = "", .second = (const char *)bytes[0], .bytes = 96 }, "not-resumable" },
		{ { .first = "", .second = (const char *)bytes[1], .bytes = 96 }, NULL },
	};
	struct probe_input		 in = { .host = "127.0.0.1", .ssh = 1, .timeout_ms = 400,
					    .dead_after_s = 30, .seen = &seen };
	struct server			 s;
	json_t				*facts;
	size_t				 i;

	(void)state;
	resume_reply_encode(bytes[0], &version, RESUME_AGAIN);
	resume_reply_encode(bytes[1], &busy, RESUME_AGAIN);
	for (i = 0; i < COUNT(rows); i++) {
		server_start_tcp(&s, &rows[i].script);
		in.port = s.port;
		facts = json_object();
		probe_connect.run(facts, &in);
		json_put(facts, "server.resume_port", json_integer(s.port));
		probe_resume.run(facts, &in);
		server_stop(&s);
		is_text("resume", facts, "resume.error", rows[i].error);
		assert_int_equal(json_truth_at(facts, "resume.ok"), rows[i].error == NULL);
		json_decref(facts);
	}
}

/* The server is gone when the next connection is to be made: no more are tried. */
static void
test_stopped(void **state)
{
	static const struct script	script = { "", NULL };
	struct probe_input		in = { .host = "127.0.0.1", .timeout_ms = 400,
					    .dead_after_s = 30, .seen = &seen };
	struct server			s;
	json_t				*facts;
	int				 ssh;

	(void)state;
	for (ssh = 0; ssh < 2; ssh++) {
		facts = json_object();
		in.ssh = ssh;
		server_start_tcp(&s, &script);
		in.port = s.port;
		probe_connect.run(facts, &in);
		server_stop(&s);
		assert_null(json_at(facts, "connect.stopped"));
		assert_int_equal(probe_left(facts), PROBE_CONNECTIONS_MAX - 1);
		probe_identification.run(facts, &in);
		is_text("stopped", facts, "connect.stopped", "refused");
		is_text("stopped", facts, ssh ? "server.error" : "service.kind", "unconnected");
		assert_int_equal(probe_left(facts), 0);
		json_decref(facts);
	}
}

/* What is kept is for who wants it so, and for no longer than a while. */
static void
test_kept(void **state)
{
	struct probe_kept	kept = { .fd = -1 }, given = { .mss_bytes = 536, .sent = 3 };
	struct probe_input	in = { .kept = &kept };
	int			fds[2];
	size_t			sent;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	close(fds[1]);
	given.fd = fds[0];
	given.since_ms = clock_ms();
	probe_keep(&in, &given);
	assert_int_equal(probe_kept(&in, 0, &sent), -1);
	assert_int_equal(probe_kept(&in, 536, &sent), fds[0]);
	assert_int_equal(sent, 3);
	assert_int_equal(probe_kept(&in, 536, &sent), -1);
	given.since_ms -= 5000;
	probe_keep(&in, &given);
	assert_int_equal(probe_kept(&in, 536, &sent), -1);
	given.fd = -1;
	probe_keep(&in, &given);
	assert_int_equal(fcntl(fds[0], F_GETFD), -1);
}

static void
test_printer(void **state)
{
	static const char	opening[] = "\x15\x03\x03";

	(void)state;
	assert_string_equal(probe_service_kind(opening, 3), "tls");
	assert_string_equal(probe_service_kind(opening, 1), "other");
	assert_string_equal(probe_service_kind("", 0), "other");
	assert_string_equal(probe_service_kind("SSH-2", 5), "ssh");
}

/* --- deadlines -------------------------------------------------------------------------------- */

static void *
flood_thread(void *arg)
{
	char	buf[4096];

	memset(buf, 'x', sizeof(buf));
	while (send(*(int *)arg, buf, sizeof(buf), MSG_NOSIGNAL) > 0)
		continue;
	return (NULL);
}

/* What is there to be read at any time moves no deadline. */
static void
test_deadline(void **state)
{
	pthread_t	thread;
	int64_t		began_ms = clock_ms();
	int		fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(pthread_create(&thread, NULL, flood_thread, &fds[1]), 0);
	assert_int_equal(sock_wait(fds[0], POLLIN, clock_ms() + 5000), 1);
	assert_int_equal(sock_wait(fds[0], POLLIN, clock_ms()), 0);
	alarm(20);
	probe_end(fds[0], "goodbye", 7);
	alarm(0);
	assert_true(clock_ms() - began_ms < 2000);
	pthread_join(thread, NULL);
	close(fds[1]);
}

/* --- connecting ------------------------------------------------------------------------------- */

static void
test_refused(void **state)
{
	static const struct script	script = { "", NULL };
	struct probe_input		in = { .host = "127.0.0.1", .ssh = 1, .timeout_ms = 400,
					    .dead_after_s = 30, .seen = &seen };
	struct server			s;
	json_t				*facts = json_object();

	(void)state;
	server_start_tcp(&s, &script);
	in.port = s.port;
	server_stop(&s);
	probe_connect.run(facts, &in);
	is_text("refused", facts, "connect.addresses.0.error", "refused");
	is_text("refused", facts, "connect.addresses.0.address", "127.0.0.1");
	is_text("refused", facts, "connect.routes.0.route", "direct");
	is_text("refused", facts, "connect.routes.0.code", "refused");
	assert_int_equal(json_truth_at(facts, "connect.routes.0.ok"), 0);
	assert_int_equal(json_truth_at(facts, "connect.ok"), 0);
	assert_null(json_at(facts, "connect.route"));
	assert_int_equal(probe_left(facts), PROBE_CONNECTIONS_MAX);
	json_decref(facts);
}

/* The first that works, in the order of the resolver. */
static void
test_addresses(void **state)
{
	static const struct script	script = { "", NULL };
	struct probe_input		in = { .host = "node.test", .ssh = 1, .timeout_ms = 400,
					    .dead_after_s = 30, .seen = &seen };
	struct server			s;
	json_t				*facts = json_pack("{s:{s:{s:{s:[s,s,s,i]}}}}", "names",
					    "lookups", "system", "addresses", "127.0.0.9",
					    "nonsense", "127.0.0.1", 7);

	(void)state;
	server_start_tcp(&s, &script);
	in.port = s.port;
	probe_connect.run(facts, &in);
	server_stop(&s);
	assert_int_equal(json_array_size(json_at(facts, "connect.addresses")), 2);
	is_text("first", facts, "connect.addresses.0.error", "refused");
	is_text("second", facts, "connect.addresses.1.error", NULL);
	is_text("best", facts, "connect.address", "127.0.0.1");
	is_text("best", facts, "connect.route", "direct");
	is_text("route", facts, "connect.routes.0.to", "127.0.0.1");
	assert_int_equal(probe_left(facts), PROBE_CONNECTIONS_MAX - 1);
	json_decref(facts);
}

/* A peer of a mesh that only tailscaled has a way to: no packet for it leaves by another. */
static void
test_localapi(void **state)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	char			 dir[] = "/tmp/check-probes.XXXXXX";
	struct probe_input	 in = { .host = "100.64.1.2", .port = 22, .ssh = 1,
				    .timeout_ms = 800, .dead_after_s = 30, .seen = &seen };
	struct server		 s;
	json_t			*facts = json_object();
	int			 before = open_descriptors();

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/sock", dir);
	memset(&s, 0, sizeof(s));
	s.script = (struct script){ "", tailscaled_dialled, 0, 0 };
	server_start(&s, (struct sockaddr *)&sun, sizeof(sun));
	facts_detect(&seen, sun.sun_path);
	probe_connect.run(facts, &in);
	is_text("localapi", facts, "connect.route", "localapi");
	is_text("localapi", facts, "connect.routes.0.route", "localapi");
	is_text("localapi", facts, "connect.routes.0.code", NULL);
	is_text("localapi", facts, "connect.address", NULL);
	assert_int_equal(json_array_size(json_at(facts, "connect.addresses")), 0);
	assert_int_equal(json_number_at(facts, "connect.made", 0), 1);
	assert_int_equal(probe_dscp.useful(facts, &in), 0);
	assert_int_equal(probe_mtu.useful(facts, &in), 0);
	/* The other end of it says nothing. */
	probe_identification.run(facts, &in);
	is_text("localapi", facts, "server.error", "silent");
	server_stop(&s);
	unlink(sun.sun_path);
	rmdir(dir);
	json_decref(facts);
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(open_descriptors(), before);
}

/* --- tailscaled's own ping -------------------------------------------------------------------- */

#define PONG(members) "HTTP/1.0 200 OK\r\n\r\n{\"IP\":\"100.64.0.4\",\"Err\":\"\"," members "}"
#define RELAYED PONG("\"LatencySeconds\":0.048,\"DERPRegionID\":1,\"DERPRegionCode\":\"fra\"")
#define DIRECT PONG("\"LatencySeconds\":0.0009,\"DERPRegionCode\":\"\"")
#define NO_PEER "HTTP/1.0 200 OK\r\n\r\n{\"IP\":\"100.64.0.4\",\"Err\":\"no matching peer\"}"
#define DENIED "HTTP/1.0 403 Forbidden\r\n\r\nping access denied"

/* What it says to each ping; NULL: nothing, until it is given up. */
static const struct pings {
	const char	*what;
	const char	*said[3];
	int		 asked;
	int		 answered;	/* -1: not told */
	const char	*relay;
} pings[] = {
	{ "a direct path", { DIRECT }, 1, 1, NULL },
	{ "a direct path is found", { RELAYED, DIRECT }, 2, 1, NULL },
	{ "a relay", { RELAYED, RELAYED, RELAYED }, 3, 1, "fra" },
	{ "no answer", { NULL }, 1, 0, NULL },
	{ "no such peer", { NO_PEER }, 1, 0, NULL },
	{ "a user who may not ask", { DENIED }, 1, -1, NULL },
	{ "rubbish", { "HTTP/1.0 200 OK\r\n\r\n<html>" }, 1, -1, NULL },
	/* It has answered: what is lost later does not take that back. */
	{ "a relay that loses one", { RELAYED, NULL }, 2, 1, "fra" },
	{ "a relay, then an error", { RELAYED, DENIED }, 2, 1, "fra" },
};

struct pinged {
	const struct pings	*row;
	int			 listener;
};

static void *
ping_thread(void *arg)
{
	struct pinged	*p = arg;
	char		 buf[1024];
	int		 i, fd;

	for (i = 0; i < p->row->asked; i++) {
		fd = accept(p->listener, NULL, NULL);
		if (recv(fd, buf, sizeof(buf), 0) > 0 && p->row->said[i] != NULL)
			send(fd, p->row->said[i], strlen(p->row->said[i]), MSG_NOSIGNAL);
		else
			while (recv(fd, buf, sizeof(buf), 0) > 0)
				continue;
		close(fd);
	}
	return (NULL);
}

static void
test_ping(void **state)
{
	char			 dir[] = "/tmp/check-probes.XXXXXX";
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	struct probe_input	 in = { .host = "node", .seen = &seen };
	struct pinged		 p;
	pthread_t		 thread;
	json_t			*facts;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/sock", dir);
	assert_int_not_equal(p.listener = socket(AF_UNIX, SOCK_STREAM, 0), -1);
	assert_int_equal(bind(p.listener, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(p.listener, 1), 0);
	assert_int_equal(tailscaled_set_path(&seen.tailscale.at, sun.sun_path), 0);
	for (p.row = pings; p.row < pings + COUNT(pings); p.row++) {
		facts = json_pack("{s:{s:{s:[s]}}}", "tailscale", "peer", "addresses",
		    "100.64.0.4");
		assert_int_equal(pthread_create(&thread, NULL, ping_thread, &p), 0);
		probe_ping.run(facts, &in);
		pthread_join(thread, NULL);
		if (json_truth_at(facts, "ping.answered") != p.row->answered)
			fail_msg("%s: %d", p.row->what, json_truth_at(facts, "ping.answered"));
		is_text(p.row->what, facts, "ping.relay", p.row->relay);
		assert_int_equal(json_at(facts, "ping.ms") != NULL, p.row->answered == 1);
		json_decref(facts);
	}
	close(p.listener);
	unlink(sun.sun_path);
	rmdir(dir);
	memset(&seen, 0, sizeof(seen));
}

/* --- names ------------------------------------------------------------------------------------ */

/* What getaddrinfo(3) says as a code: its texts differ by system and language. */
static void
test_lookup_codes(void **state)
{
	(void)state;
	assert_int_equal(resolve_code(EAI_NONAME), CODE_NAME_UNKNOWN);
	assert_int_equal(resolve_code(EAI_AGAIN), CODE_NAME_LOOKUP);
	assert_int_equal(resolve_code(EAI_FAIL), CODE_NAME_LOOKUP);
	assert_int_equal(resolve_code(EAI_SYSTEM), CODE_NAME_LOOKUP);
}

static void
test_names(void **state)
{
	struct probe_input	in = { .host = "localhost", .port = 22, .timeout_ms = 3000,
				    .seen = &seen };
	json_t			*facts = json_object();

	(void)state;
	assert_int_equal(probe_names.useful(facts, &in), 1);
	probe_names.run(facts, &in);
	assert_true(json_array_size(json_at(facts, "names.lookups.system.addresses")) > 0);
	assert_null(json_at(facts, "names.lookups.system.error"));
	assert_null(json_at(facts, "names.lookups.magicdns"));
	json_decref(facts);
	/* Of an IPv4 address there is only to ask what the network's translator has for it. */
	in.host = "127.0.0.1";
	facts = json_object();
	assert_int_equal(probe_names.useful(NULL, &in), 1);
	probe_names.run(facts, &in);
	assert_int_equal(json_object_size(facts), 0);
	json_decref(facts);
	in.host = "fe80::1%eth0";
	assert_int_equal(probe_names.useful(NULL, &in), 0);
}

/* A DNS server of one answer: whatever it is asked, a packet of rubbish, and then this. */
struct resolver {
	int		 fd;
	int		 rcode;		/* -1: it stays silent */
	int		 records;	/* that the answer says it has; the address is one */
	unsigned char	 address[4];
	int		 asked;
};

static void *
resolver_thread(void *arg)
{
	struct resolver		*r = arg;
	struct sockaddr_in	 from;
	socklen_t		 len;
	unsigned char		 buf[512];
	ssize_t			 n;

	for (;;) {
		len = sizeof(from);
		if ((n = recvfrom(r->fd, buf, 400, 0, (struct sockaddr *)&from, &len)) < 17)
			return (NULL);
		r->asked++;
		if (r->rcode == -1)
			continue;
		sendto(r->fd, "rubbish", 7, 0, (struct sockaddr *)&from, len);
		buf[2] = 0x81;
		buf[3] = (unsigned char)(0x80 | r->rcode);
		if (r->records > 0 && buf[n - 3] == DNS_A) {
			buf[7] = (unsigned char)r->records;
			memcpy(buf + n, "\xc0\x0c\0\1\0\1\0\0\0\36\0\4", 12);
			memcpy(buf + n + 12, r->address, 4);
			n += 16;
		}
		sendto(r->fd, buf, (size_t)n, 0, (struct sockaddr *)&from, len);
	}
}

static const struct {
	int		 rcode;
	int		 records;
	const char	*address;
	const char	*error;
	int		 asked;
} resolvers[] = {
	{ 0,	1, "100.64.1.2", NULL,			2 },
	{ 0,	0, NULL,	"it has no address",	2 },
	{ 3,	0, NULL,	"no such name",		2 },
	{ 2,	0, NULL,	"the server has failed", 2 },
	{ -1,	0, NULL,	"no answer",		4 },
	/* An address in what is refused, or in what says that there is none, is not told. */
	{ 0,	2, NULL,	"no answer",		3 },
	{ 3,	1, NULL,	"no such name",		2 },
	{ 2,	2, NULL,	"no answer",		3 },
};

/* Nobody listens there, or the name cannot be asked for: no answer is waited for. */
static void
test_dns_unasked(void **state)
{
	static const struct {
		const char	*name;
		const char	*error;
	} rows[] = {
		{ "node.test", "Connection refused" },
		{ "node..test", "this can be no name" },
		{ "0123456789012345678901234567890123456789012345678901234567890123.test",
		    "this can be no name" },
	};
	struct probe_input	in = { .host = "node", .timeout_ms = 10000, .seen = &seen };
	json_t			*facts;
	size_t			 i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		facts = json_object();
		probe_dns(facts, "names.lookups.magicdns", "127.0.0.1", 1, rows[i].name, &in);
		is_text(rows[i].name, facts, "names.lookups.magicdns.error", rows[i].error);
		is_text(rows[i].name, facts, "names.lookups.magicdns.code", NULL);
		assert_null(json_at(facts, "names.lookups.magicdns.addresses"));
		json_decref(facts);
	}
}

static void
test_dns(void **state)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t		len = sizeof(sin);
	struct probe_input	in = { .host = "node", .seen = &seen };
	struct resolver		r = { .address = { 100, 64, 1, 2 } };
	pthread_t		thread;
	json_t			*facts;
	size_t			 i;
	int			 end;

	(void)state;
	for (i = 0; i < COUNT(resolvers); i++) {
		sin.sin_port = 0;
		r.fd = socket(AF_INET, SOCK_DGRAM, 0);
		r.rcode = resolvers[i].rcode;
		r.records = resolvers[i].records;
		r.asked = 0;
		in.timeout_ms = resolvers[i].asked > 2 ? 400 : 2000;
		assert_int_equal(bind(r.fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
		assert_int_equal(getsockname(r.fd, (struct sockaddr *)&sin, &len), 0);
		assert_int_equal(pthread_create(&thread, NULL, resolver_thread, &r), 0);
		facts = json_object();
		probe_dns(facts, "names.lookups.magicdns", "127.0.0.1", ntohs(sin.sin_port),
		    "node.mesh.test", &in);
		/* What is too short ends the thread. */
		end = socket(AF_INET, SOCK_DGRAM, 0);
		sendto(end, "", 0, 0, (struct sockaddr *)&sin, len);
		pthread_join(thread, NULL);
		close(end);
		close(r.fd);
		is_text("dns", facts, "names.lookups.magicdns.addresses.0", resolvers[i].address);
		is_text("dns", facts, "names.lookups.magicdns.error", resolvers[i].error);
		/* A busy machine may ask once more than it has to, where answers are no good. */
		assert_within(r.asked, resolvers[i].asked, resolvers[i].asked > 2 ? 4 : 2);
		json_decref(facts);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_banners),
		cmocka_unit_test(test_mute),
		cmocka_unit_test(test_kexinit),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_service_ssh),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_resume_other),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_printer),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_localapi),
		cmocka_unit_test(test_ping),
		cmocka_unit_test(test_lookup_codes),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_dns),
		cmocka_unit_test(test_dns_unasked),
	};

	signal(SIGPIPE, SIG_IGN);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
