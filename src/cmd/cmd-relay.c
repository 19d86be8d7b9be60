/* SPDX-License-Identifier: ISC */
/* meshssh HOST PORT: the walk of a relay. */

#include <sys/types.h>
#include <sys/mman.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "catalogue/catalogue.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "facts/facts.h"
#include "net/sock.h"
#include "os/os.h"
#include "route/mss.h"
#include "route/race.h"
#include "session/fdpass.h"
#include "session/lifeline.h"
#include "session/relay.h"
#include "state/path-cache.h"
#include "state/record.h"

#define REPORT_SECONDS	2	/* for the record and the log */
/* whoever reads the session's first bytes may be waiting for this processor */
#define CONFINE_MS	100

/* What the race, the lifeline and the relay tell us. */
struct session {
	struct event_base	*base;
	struct event		 confine;	/* a timer, here: a session allocates nothing */
	const struct options	*opts;
	const struct target	*target;
	struct sock_tune	 tune;
	struct mss_steps		 mss_steps;
	struct facts		*facts;		/* what a way points to */
	struct race_config	 race;
	/* its descriptor is -1 until there is one */
	struct connection		 conn;
	struct error		*err;
	int			 gone;		/* ssh died meanwhile */
	int			 fdpass;	/* ssh gets the connection itself */
	/* to let go of standard error with, or -1; not opened in mid-session */
	int			 null_fd;
	int			 mute;		/* standard error is no longer the caller's */
	/* we connect from; "": nothing is learned */
	char			 network[PATH_CACHE_NETWORK_MAX];
};

/*
 * Standard input may be a file or /dev/null, which epoll and kqueue refuse: poll takes everything.
 */
static struct event_base *
relay_loop(void)
{
	struct event_config	*cfg = event_config_new();
	struct event_base	*base;
	const char		**method;

	event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
	for (method = event_get_supported_methods(); *method != NULL; method++)
		if (strcmp(*method, "poll") != 0)
			event_config_avoid_method(cfg, *method);
	base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	return (base);
}

/* Dispositions and mask are inherited: from nohup, from ssh's own, from any library's. */
static void
relay_signals(void)
{
	static const int	to_default[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGCHLD,
				    SIGALRM };
	sigset_t		none;
	size_t			i;

	for (i = 0; i < sizeof(to_default) / sizeof(to_default[0]); i++)
		signal(to_default[i], SIG_DFL);
	/* An error of write(2) can be told, a signal cannot. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
relay_connected_cb(const struct connection *conn, const struct error *err, void *arg)
{
	struct session	*s = arg;

	if (conn != NULL)
		s->conn = *conn;
	else
		*s->err = *err;
	event_base_loopbreak(s->base);
}

static void
relay_caller_gone_cb(void *arg)
{
	struct session	*s = arg;

	s->gone = 1;
	event_base_loopbreak(s->base);
}

/*
 * What the plan has to know of this machine, which the caller frees; NULL where it needs nothing.
 */
static struct facts *
relay_facts(const struct options *opts, const struct target *target)
{
	struct facts	*facts;

	if (!plan_needs_facts(target, &opts->choice))
		return (NULL);
	facts = xmalloc(sizeof(*facts));
	facts_detect(facts, opts->tailscaled);
	return (facts);
}

/* 1 if nothing of a path is to be learned on the way to this host. */
static int
relay_here(const char *host)
{
	struct sockaddr_storage	ss;

	return (strcasecmp(host, "localhost") == 0 ||
	    (addr_literal(host, 1, &ss) > 0 && addr_is_loopback((struct sockaddr *)&ss)));
}

/* Connect: 0, or -1 with the error set, or because ssh is gone. */
static int
relay_dial(struct session *s, struct attempts *attempts)
{
	struct plan_input	 in = { .target = s->target, .choice = &s->opts->choice };
	struct lifeline		*lifeline;
	struct race		*race;

	s->tune.connect_s = s->opts->timeout_given ? s->opts->timeout_s : 0;
	s->tune.dead_after_s = s->opts->dead_after_s;
	s->mss_steps.mss_bytes = s->opts->mss;
	if (!s->opts->no_cache && !relay_here(s->target->host)) {
		os_network(s->network, sizeof(s->network));
		s->mss_steps.cached_bytes = path_cache_get(s->network, s->target->host);
	}
	s->race = (struct race_config){ .base = s->base, .target = s->target, .tune = &s->tune,
	    .mss_steps = &s->mss_steps, .attempts = attempts, .cb = relay_connected_cb, .arg = s };
	lifeline = lifeline_start(s->base, STDOUT_FILENO, relay_caller_gone_cb, s);
	in.facts = s->facts = relay_facts(s->opts, s->target);
	race = race_start(&s->race, &in);
	if (event_base_dispatch(s->base) == -1) {
		error_errno(s->err, errno, "cannot wait for the network");
		race_cancel(race);
	} else if (s->gone)
		race_cancel(race);
	lifeline_stop(lifeline);
	return (s->conn.fd == -1 ? -1 : 0);
}

/* What a path has taught is kept for the next connection. */
static void
relay_learned_cb(int mss_bytes, void *arg)
{
	struct session	*s = arg;

	s->mss_steps.cached_bytes = 0;
	path_cache_put(s->network, s->target->host, mss_bytes);
}

/*
 * What the server sends from now on meets a process that can do no more than relay it, and write
 * down a failure.
 */
static void
relay_confine_cb(evutil_socket_t fd, short what, void *arg)
{
	/* Of the stack or the heap, an idle relay would keep the page. */
	char	*path = mmap(NULL, PATH_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0), *folder = NULL;

	(void)fd;
	(void)what;
	(void)arg;
	if (path != MAP_FAILED && record_path(path) == 0) {
		file_mkdir(path);
		folder = path;
		*strrchr(path, '/') = '\0';
	}
	log_debug(1, "the sandbox confines: %s", os_sandbox(folder));
	if (path != MAP_FAILED)
		munmap(path, PATH_MAX);
}

/*
 * The session is under way: let go of what is the caller's, so that nobody waits for us and no key
 * hits us.
 */
static void
relay_running_cb(int ssh, void *arg)
{
	struct session	*s = arg;
	struct timeval	 tv = clock_timeval(CONFINE_MS);

	log_debug(1, "the session is under way");
	/*
	 * A key that is meant for ssh must not end a session that others share; who runs us by hand
	 * wants ^C to work.
	 */
	if (ssh) {
		setpgid(0, 0);
		signal(SIGTTOU, SIG_IGN);
	}
	if (s->null_fd != -1) {
		s->mute = dup2(s->null_fd, STDERR_FILENO) != -1;
		close(s->null_fd);
		s->null_fd = -1;
		openlog("meshssh", LOG_PID | LOG_NDELAY, LOG_USER);
	}
	event_assign(&s->confine, s->base, -1, 0, relay_confine_cb, NULL);
	event_add(&s->confine, &tv);
}

static volatile sig_atomic_t	relay_status;

static void
relay_alarm(int sig)
{
	(void)sig;
	_exit(relay_status);
}

/*
 * The line first, then the record for --why, and the log where the line reaches nobody. Home and
 * log may hang with the network that just failed: ssh and we wait a moment for them, no longer.
 */
static void
relay_report(const struct session *s, const struct attempts *attempts)
{
	if (!s->mute)
		error_say(s->err);
	relay_status = code_row(s->err->code)->status;
	signal(SIGHUP, SIG_IGN);
	signal(SIGALRM, relay_alarm);
	alarm(REPORT_SECONDS);
	/* It was of no help: the next connection finds out anew. */
	if (s->mss_steps.cached_bytes != 0 && s->conn.fd != -1)
		path_cache_drop(s->network, s->target->host);
	if (record_write(s->target, attempts, s->err) == -1)
		log_debug(1, "the failure could not be put on record: %s", strerror(errno));
	if (s->mute) {
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		syslog(LOG_NOTICE, "%s", s->err->text);
	}
	alarm(0);
}

/*
 * Where libevent keeps who waits for a descriptor is allocated at the first time: that is now, not
 * in mid-session.
 */
static void
relay_reserve(struct session *s)
{
	event_assign(&s->confine, s->base, STDOUT_FILENO, EV_WRITE, relay_confine_cb, NULL);
	event_add(&s->confine, NULL);
	event_del(&s->confine);
}

/* Connect, then hand over or relay. */
static int
relay_session(struct session *s, struct attempts *attempts)
{
	struct relay_config	conf = { .in_fd = STDIN_FILENO, .out_fd = STDOUT_FILENO,
				    .target = s->target, .conn = &s->conn, .race = &s->race,
				    .running_cb = relay_running_cb, .learned_cb = relay_learned_cb,
				    .arg = s };
	int			result;

	if (relay_dial(s, attempts) == -1)
		return (s->gone ? 0 : -1);
	conf.half_close = s->conn.step.via->half_close;
	s->fdpass = s->fdpass && fdpass_expected(STDOUT_FILENO);
	if (!s->fdpass && s->opts->debug == 0 && !isatty(STDERR_FILENO))
		s->null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (!s->fdpass) {
		relay_reserve(s);
		result = relay_run(s->base, &conf, s->err);
		if (s->null_fd != -1)
			close(s->null_fd);
		return (result);
	}
	result = fdpass_send(STDOUT_FILENO, s->conn.fd, s->err);
	close(s->conn.fd);
	return (result);
}

int
cmd_relay(const struct options *opts, const char *host, const char *port, struct error *err)
{
	struct target	target = { .host = host, .port = addr_port(port), .family = opts->family,
			    .timeout_ms = opts->timeout_s * 1000 };
	/* Not on the stack: an idle relay would keep the page. */
	static struct attempts attempts;
	static struct session s;
	int		result;

	if (!addr_host_ok(host))
		error_set(err, CODE_BAD_HOST, "\"%.60s\" is no host name or address", host);
	else if (target.port == -1)
		error_set(err, CODE_BAD_PORT, "\"%.40s\" is no port", port);
	if (err->code != CODE_NONE) {
		error_say(err);
		return (-1);
	}
	s = (struct session){ .opts = opts, .target = &target, .err = err, .conn = { .fd = -1 },
	    .null_fd = -1, .fdpass = opts->fdpass };
	relay_signals();
	if ((s.base = relay_loop()) == NULL) {
		error_errno(err, errno == 0 ? ENOMEM : errno, "cannot start the event loop");
		result = -1;
	} else
		result = relay_session(&s, &attempts);
	if (result == -1)
		relay_report(&s, &attempts);
	closelog();
	free(s.facts);
	if (s.base != NULL)
		event_base_free(s.base);
	return (result);
}
