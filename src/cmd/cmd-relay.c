/* SPDX-License-Identifier: ISC */
/* meshssh HOST PORT: the walk of a relay. */

#include <sys/types.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
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
#include "base/names.h"
#include "base/xalloc.h"
#include "catalogue/catalogue.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/ssh-parent.h"
#include "cmd/survive.h"
#include "facts/facts.h"
#include "facts/mesh.h"
#include "net/sock.h"
#include "os/os.h"
#include "route/mesh-reason.h"
#include "route/mss.h"
#include "route/names-race.h"
#include "route/race.h"
#include "session/fdpass.h"
#include "session/lifeline.h"
#include "session/relay-resume.h"
#include "session/relay.h"
#include "state/path-cache.h"
#include "state/record.h"

#define REPORT_MS	2000	/* for the record, and again for the line or the log */
#define REPORT_TICK_MS	1
/* a connection that takes longer is worth a look at how long ssh waits for it */
#define LIMIT_LOOK_MS	300
/* so much earlier than ssh: 15 %, within these bounds */
#define LIMIT_PERCENT	15
#define LIMIT_MIN_MS	250
#define LIMIT_MAX_MS	1000
#define TELL_MS		200	/* for the record of what does not end the session */
#define REASON_MS	1000	/* for tailscaled to tell why its peer was not reached */
#define NEW_S		45	/* where others in the mesh may not know us yet */
#define OTHER_MS	500	/* for other tailscaleds to tell their peers */
/* whoever reads the session's first bytes may be waiting for this processor */
#define CONFINE_MS	100

/* What the race, the lifeline and the relay tell us. */
struct session {
	struct event_base	*base;
	struct event		 confine;	/* a timer, here: a session allocates nothing */
	struct event		 limit;		/* a timer: to look for ssh's limit, then that */
	int64_t			 began_ms;
	int64_t			 ssh_ends_ms;	/* ssh gives up; 0: not known */
	struct race		*dialling;	/* as long as it is under way */
	struct names_race	*choosing;	/* with --or, in its place */
	struct names		*names;		/* of --or, or NULL */
	int			 tried;		/* so many of them, in vain */
	const struct options	*opts;
	struct target		*target;
	struct sock_tune	 tune;
	struct mss_steps		 mss_steps;
	struct facts		*facts;		/* what a way points to */
	struct race_config	 race;
	struct plan_input	 in;
	struct survive		 survive;
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

/* 1 if nothing of a path is to be learned on the way to this host. */
static int
relay_here(const char *host)
{
	struct sockaddr_storage	ss;

	return (strcasecmp(host, "localhost") == 0 ||
	    (addr_literal(host, 1, &ss) > 0 && addr_is_loopback((struct sockaddr *)&ss)));
}

static void
relay_connected_cb(const struct connection *conn, const struct error *err, void *arg)
{
	struct session	*s = arg;

	s->dialling = NULL;
	if (conn != NULL) {
		s->conn = *conn;
		survive_drop(&s->survive);
	} else
		*s->err = *err;
	if (!survive_busy(&s->survive))
		event_base_loopbreak(s->base);
}

/* Where the segment sizes of a name begin. */
static void
relay_name_cb(struct name *name, void *arg)
{
	struct session	*s = arg;

	name->mss_steps = (struct mss_steps){ .mss_bytes = s->opts->mss };
	if (s->network[0] != '\0' && !relay_here(name->target.host))
		name->mss_steps.cached_bytes = path_cache_get(s->network, name->target.host);
}

/* The session is with this name from now on, or its failure is. */
static void
relay_chosen_cb(const struct name *name, const struct connection *conn, const struct error *err,
    void *arg)
{
	struct session	*s = arg;

	s->choosing = NULL;
	relay_connected_cb(conn, err, s);
	*s->target = name->target;
	s->mss_steps = name->mss_steps;
	s->tried = name->tried;
}

static void
relay_race(struct session *s)
{
	const struct names_race_config	conf = { .race = &s->race, .names = s->names,
					    .choice = &s->opts->choice, .facts = s->facts,
					    .stagger_ms = ROUTE_STAGGER_MS,
					    .begin_cb = relay_name_cb, .cb = relay_chosen_cb,
					    .arg = s };

	if (s->names != NULL)
		s->choosing = names_race_start(&conf);
	else
		s->dialling = race_start(&s->race, &s->in);
}

static int
relay_racing(const struct session *s)
{
	return (s->dialling != NULL || s->choosing != NULL);
}

static void
relay_survive_cb(enum survive_event event, void *arg)
{
	struct session	*s = arg;

	if (event == SURVIVE_DIRECT)
		relay_race(s);
	else if (event == SURVIVE_OPENED || !relay_racing(s))
		event_base_loopbreak(s->base);
}

static int
relay_offered_cb(int port, const struct connection *conn, const struct offer *offer, void *arg)
{
	struct session	*s = arg;

	return (survive_offered(&s->survive, port, conn, offer));
}

static void
relay_caller_gone_cb(void *arg)
{
	struct session	*s = arg;

	s->gone = 1;
	event_base_loopbreak(s->base);
}

/*
 * ssh has waited for the identification since it made this process, by whatever shell it became us;
 * an age above the limit is not that of this call.
 */
static void
relay_limit(struct session *s, int limit_s)
{
	const int64_t	limit_ms = (int64_t)limit_s * 1000, now_ms = clock_ms();
	int64_t		age_ms = os_age_ms(), early_ms = limit_ms * LIMIT_PERCENT / 100, left_ms;
	struct timeval	tv;

	if (age_ms < now_ms - s->began_ms || age_ms >= limit_ms)
		age_ms = now_ms - s->began_ms;
	early_ms = early_ms < LIMIT_MIN_MS ? LIMIT_MIN_MS : early_ms > LIMIT_MAX_MS ?
	    LIMIT_MAX_MS : early_ms;
	s->ssh_ends_ms = now_ms + limit_ms - age_ms;
	left_ms = s->ssh_ends_ms - early_ms - now_ms;
	log_debug(1, "ssh waits %d s, of which %lld ms are over", limit_s, (long long)age_ms);
	tv = clock_timeval(left_ms > 0 ? left_ms : 0);
	event_add(&s->limit, &tv);
}

/*
 * Where ssh would give up first, it would say nothing useful, and take us with it. Not looked for
 * at once: most connections are quick.
 */
static void
relay_limit_cb(evutil_socket_t fd, short what, void *arg)
{
	struct session	*s = arg;
	int		 limit_s;

	(void)fd;
	(void)what;
	if (!relay_racing(s) && !survive_busy(&s->survive) && !relay_waits() &&
	    !relay_resume_waits())
		return;
	if (s->ssh_ends_ms == 0) {
		limit_s = s->opts->connect_timeout_s > 0 ?
		    s->opts->connect_timeout_s : ssh_parent_timeout();
		if (limit_s > 0)
			relay_limit(s, limit_s);
		return;
	}
	log_debug(1, "ssh is about to give up");
	if (s->dialling != NULL)
		race_expire(s->dialling);
	else if (s->choosing != NULL)
		names_race_expire(s->choosing);
	else if (relay_resume_waits())
		relay_resume_expire();
	else if (relay_waits())
		relay_expire();
}

/* 1 if the plan of one of the names needs facts. */
static int
relay_needs_facts(const struct session *s)
{
	struct target	target = *s->target;
	int		i;

	if (plan_needs_facts(&target, &s->opts->choice))
		return (1);
	for (i = 1; s->names != NULL && i < s->names->count; i++) {
		target.host = s->names->hosts[i];
		if (plan_needs_facts(&target, &s->opts->choice))
			return (1);
	}
	return (0);
}

/*
 * What the plan has to know of this machine, which the caller frees; NULL where it needs nothing.
 */
static struct facts *
relay_facts(const struct session *s)
{
	struct facts	*facts;

	if (!relay_needs_facts(s))
		return (NULL);
	facts = xmalloc(sizeof(*facts));
	facts_detect(facts, s->opts->tailscaled);
	return (facts);
}

/* Connect: 0, or -1 with the error set, or because ssh is gone. */
static int
relay_dial(struct session *s, struct attempts *attempts)
{
	struct timeval		 tv = clock_timeval(LIMIT_LOOK_MS);
	struct lifeline		*lifeline;

	s->tune.connect_s = s->opts->timeout_given ? s->opts->timeout_s : 0;
	s->tune.dead_after_s = s->opts->dead_after_s;
	s->tune.patient = !s->opts->dead_after_given;
	s->mss_steps.mss_bytes = s->opts->mss;
	if (!s->opts->no_cache && (s->names != NULL || !relay_here(s->target->host))) {
		os_network(s->network, sizeof(s->network));
		s->mss_steps.cached_bytes = path_cache_get(s->network, s->target->host);
	}
	s->race = (struct race_config){ .base = s->base, .target = s->target, .tune = &s->tune,
	    .mss_steps = &s->mss_steps, .attempts = attempts, .cb = relay_connected_cb, .arg = s };
	lifeline = lifeline_start(s->base, STDOUT_FILENO, relay_caller_gone_cb, s);
	s->in = (struct plan_input){ .target = s->target, .choice = &s->opts->choice };
	s->in.facts = s->facts = relay_facts(s);
	if (s->facts != NULL && !s->opts->timeout_given &&
	    env_tailscale_new(&s->facts->tailscale)) {
		log_debug(1, "this machine is new in the mesh: up to %d s for each step", NEW_S);
		s->target->timeout_ms = NEW_S * 1000;
	}
	event_assign(&s->limit, s->base, -1, 0, relay_limit_cb, s);
	/* With a descriptor to come, ssh waits as long as we like. */
	if (!s->opts->fdpass)
		event_add(&s->limit, &tv);
	s->survive = (struct survive){ .base = s->base, .opts = s->opts, .race = &s->race,
	    .names = s->names, .network = s->network };
	if (survive_begin(&s->survive, relay_survive_cb, s) == -1)
		relay_race(s);
	if (event_base_dispatch(s->base) == -1)
		error_errno(s->err, errno, "cannot wait for the network");
	race_cancel(s->dialling);
	names_race_cancel(s->choosing);
	s->dialling = NULL;
	s->choosing = NULL;
	lifeline_stop(lifeline);
	return (s->conn.fd == -1 && survive_session(&s->survive) == NULL ? -1 : 0);
}

/* What a path has taught is kept for the next connection. */
static void
relay_learned_cb(int mss_bytes, void *arg)
{
	struct session	*s = arg;

	s->mss_steps.cached_bytes = 0;
	/* A session that outlives its connections may have come to another network. */
	if (s->network[0] != '\0' && survive_session(&s->survive) != NULL)
		os_network(s->network, sizeof(s->network));
	path_cache_put(s->network, s->target->host, mss_bytes);
}

/*
 * What the server sends from now on meets a process that can do no more than relay it, and write
 * down a failure; and, for what outlives its connections, make others.
 */
static void
relay_confine_cb(evutil_socket_t fd, short what, void *arg)
{
	const struct session	*s = arg;
	/* Of the stack or the heap, an idle relay would keep the page. */
	char	*path = mmap(NULL, PATH_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0), *folder = NULL;

	(void)fd;
	(void)what;
	if (path != MAP_FAILED && record_path(path) == 0) {
		file_mkdir(path);
		folder = path;
		*strrchr(path, '/') = '\0';
	}
	log_debug(1, "the sandbox confines: %s", survive_session(&s->survive) != NULL ?
	    os_sandbox_connecting(folder) : os_sandbox(folder));
	if (path != MAP_FAILED)
		munmap(path, PATH_MAX);
}

/* A part of the time that ssh still waits, if that is known, and no more than this. */
static int
relay_share(const struct session *s, int most_ms)
{
	int64_t	left_ms = (s->ssh_ends_ms - clock_ms()) / 3;

	if (s->ssh_ends_ms == 0 || left_ms > most_ms)
		return (most_ms);
	return (left_ms > 0 ? (int)left_ms : 0);
}

/* No way led to the target: tailscaled may know why. */
static void
relay_reason(const struct session *s, struct attempts *attempts)
{
	struct mesh_reason	*reason = mesh_reason_new(s->opts->tailscaled,
				    relay_share(s, REASON_MS));

	mesh_reason_tell(reason, s->target, attempts, s->err);
	mesh_reason_free(reason);
}

/* The peer that tailscaled does not know may be one of another tailscaled's. */
static void
relay_other_mesh(const struct session *s)
{
	char	path[sizeof(((struct tailscaled *)0)->path)], target[TARGET_TEXT_MAX];

	if (s->facts == NULL || s->facts->tailscale.state == ENV_TAILSCALE_NONE ||
	    (s->err->code != CODE_PEER_UNKNOWN && s->err->code != CODE_NAME_UNKNOWN))
		return;
	if (mesh_other(&s->facts->tailscale.at, s->target->host, relay_share(s, OTHER_MS), path,
	    sizeof(path)) != NULL)
		error_set(s->err, CODE_PEER_UNKNOWN,
		    "%s: this tailscaled does not know it, another does: --tailscaled=%s",
		    target_text(s->target, target), path);
}

static volatile sig_atomic_t	relay_status;

static void
relay_alarm(int sig)
{
	(void)sig;
	_exit(relay_status);
}

/* So many milliseconds from now, relay_alarm or what the signal does. */
static void
relay_alarm_set(int ms)
{
	struct itimerval	it = { .it_value = clock_timeval(ms) };

	setitimer(ITIMER_REAL, &it, NULL);
}

/* The process ends with this error after a moment, whatever hangs. */
static void
relay_ends(const struct error *err)
{
	relay_status = code_row(err->code)->status;
	signal(SIGALRM, relay_alarm);
	relay_alarm_set(REPORT_MS);
}

static int
relay_record(const struct session *s, const struct attempts *attempts)
{
	/* It was of no help: the next connection finds out anew. */
	if (s->mss_steps.cached_bytes != 0 && s->conn.fd != -1)
		path_cache_drop(s->network, s->target->host);
	return (record_write(s->target, attempts, s->err));
}

/* In a process of its own, which may hang with the home, and says nothing. */
static void
relay_record_child(const struct session *s, const struct attempts *attempts, int ms)
{
	int	null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	signal(SIGALRM, SIG_DFL);
	relay_alarm_set(ms);
	if (null != -1)
		dup2(null, STDERR_FILENO);
	_exit(relay_record(s, attempts) == 0 ? 0 : 1);
}

/*
 * What is on record for --why is there when the line is read, if that takes no longer than this. 0,
 * or -1 where there is no second process, as in the sandbox.
 */
static int
relay_record_first(const struct session *s, const struct attempts *attempts, int ms)
{
	const int64_t	until_ms = clock_ms() + ms + REPORT_TICK_MS;
	pid_t		pid;
	int		status = 0;

	if ((pid = fork()) == 0)
		relay_record_child(s, attempts, ms);
	if (pid == -1)
		return (-1);
	while (waitpid(pid, &status, WNOHANG) == 0 && clock_ms() < until_ms)
		poll(NULL, 0, REPORT_TICK_MS);
	if (status != 0)
		log_debug(1, "the failure could not be put on record");
	return (0);
}

/*
 * The session is under way, and is not one that survives, though that was asked for: say so while
 * standard error is still the caller's, and to --why.
 */
static void
relay_tell(struct session *s)
{
	static const struct attempts	none;
	const int			cached_bytes = s->mss_steps.cached_bytes;

	/* What is known of the path is of use. */
	s->mss_steps.cached_bytes = 0;
	*s->err = s->survive.why;
	relay_record_first(s, &none, TELL_MS);
	error_say(s->err);
	s->err->code = CODE_NONE;
	s->mss_steps.cached_bytes = cached_bytes;
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
	event_del(&s->limit);
	if (s->survive.why.code != CODE_NONE && survive_session(&s->survive) == NULL)
		relay_tell(s);
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
	/* What starts a second ssh again cannot be kept from starting programs. */
	if (s->survive.outer != NULL)
		return;
	event_assign(&s->confine, s->base, -1, 0, relay_confine_cb, s);
	event_add(&s->confine, &tv);
}

/*
 * The record, then the line, for who reads that may ask --why at once. Home may hang with the
 * network that just failed, and nobody may read the line: ssh and we wait a moment for them, no
 * longer. The log has it where the line would reach nobody.
 */
static void
relay_report(const struct session *s, const struct attempts *attempts)
{
	int64_t	ms = s->ssh_ends_ms != 0 ? (s->ssh_ends_ms - clock_ms()) / 2 : REPORT_MS;
	int	recorded;

	ms = ms < LIMIT_MIN_MS / 2 ? LIMIT_MIN_MS / 2 : ms > REPORT_MS ? REPORT_MS : ms;
	signal(SIGHUP, SIG_IGN);
	recorded = !s->mute && relay_record_first(s, attempts, (int)ms) == 0;
	relay_ends(s->err);
	if (!s->mute)
		error_say(s->err);
	if (!recorded && relay_record(s, attempts) == -1)
		log_debug(1, "the failure could not be put on record: %s", strerror(errno));
	/* That is what ssh waits for, and it may be about to give up. */
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	if (s->mute)
		syslog(LOG_NOTICE, "%s", s->err->text);
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
				    .carrier_s = s->opts->dead_after_given ?
				    s->opts->dead_after_s : 0,
				    .running_cb = relay_running_cb, .learned_cb = relay_learned_cb,
				    .offered_cb = relay_offered_cb, .arg = s };
	int			result;

	if (relay_dial(s, attempts) == -1) {
		if (s->gone)
			return (0);
		relay_reason(s, attempts);
		relay_other_mesh(s);
		if (s->names != NULL)
			names_also(s->names, s->tried, s->target->host, s->err);
		return (-1);
	}
	if (s->conn.fd != -1)
		conf.half_close = s->conn.step.via->half_close;
	s->fdpass = s->fdpass && fdpass_expected(STDOUT_FILENO);
	if (!s->fdpass && s->opts->debug == 0 && !isatty(STDERR_FILENO))
		s->null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (!s->fdpass) {
		relay_reserve(s);
		result = s->conn.fd != -1 ? relay_run(s->base, &conf, s->err) : 1;
		if (result == 1)
			result = relay_resume_run(s->base, &conf, survive_session(&s->survive),
			    s->err);
		if (s->null_fd != -1)
			close(s->null_fd);
		return (result);
	}
	sock_begun(s->conn.fd, &s->tune);
	if ((result = fdpass_send(STDOUT_FILENO, s->conn.fd, s->err)) == 0)
		fdpass_wait(STDOUT_FILENO, os_sent_fd_ms());
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
	struct sockaddr_storage	*from;
	int		result, family;

	relay_signals();
	/* What ssh was called with counts before what stands in its configuration. */
	if ((family = ssh_parent_asks(&from)) != -1)
		target.family = family;
	target.from = from;
	s = (struct session){ .opts = opts, .target = &target, .err = err, .conn = { .fd = -1 },
	    .null_fd = -1, .fdpass = opts->fdpass, .began_ms = clock_ms() };
	if (!addr_host_ok(host))
		error_set(err, CODE_BAD_HOST, "\"%.60s\" is not a host name or address", host);
	else if (target.port == -1)
		error_set(err, CODE_BAD_PORT, "\"%.40s\" is not a port", port);
	else if (opts->or_names != NULL) {
		s.names = xmalloc(sizeof(*s.names));
		names_parse(opts->or_names, host, s.names, err);
	}
	if (err->code != CODE_NONE) {
		relay_ends(err);
		error_say(err);
		free(from);
		return (-1);
	}
	if ((s.base = relay_loop()) == NULL) {
		error_errno(err, errno == 0 ? ENOMEM : errno, "cannot start the event loop");
		result = -1;
	} else
		result = relay_session(&s, &attempts);
	if (result == -1)
		relay_report(&s, &attempts);
	closelog();
	survive_free(&s.survive);
	free(from);
	free(s.facts);
	free(s.names);
	if (s.base != NULL)
		event_base_free(s.base);
	return (result);
}
