#include <sys/types.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "net/resolve.h"
#include "net/sock.h"
#include "route/target.h"
#include "route/via-direct.h"

#define DIRECT_STAGGER_MS	250	/* RFC 8305 5, Connection Attempt Delay */

struct direct_try {
	struct direct		*direct;
	const struct addrinfo	*ai;
	struct event		 ev;
	int64_t			 began_ms;
	int			 fd;		/* -1 when it is not running */
};

struct direct {
	struct event_base	*base;
	const struct target	*target;
	const struct sock_tune	*tune;
	struct attempts		*attempts;
	void			(*cb)(int, const struct error *, void *);
	void			*arg;

	struct resolve		*resolve;
	struct event		 timer;		/* start, end of the name lookup, then the stagger */
	int64_t			 began_ms;
	struct addrinfo		*list;
	struct direct_try	 tries[ATTEMPTS_MAX];
	int			 count;
	int			 next;		/* the first that was not tried yet */
	int			 running;

	struct error		 worst;		/* the most telling so far */
	int			 worst_rank;
};

static void	direct_stagger_cb(evutil_socket_t, short, void *);

/* What connect(2) says, and how much it tells: a host that answers tells more than silence, silence more than no route. */
static const struct direct_errno {
	int		 error;
	enum message	 code;
	int		 rank;
	const char	*text;
} direct_errnos[] = {
	{ EMFILE,		MSG_NO_DESCRIPTORS,	6,	"no socket for" },
	{ ENFILE,		MSG_NO_DESCRIPTORS,	6,	"no socket for" },
	{ ENOMEM,		MSG_NO_MEMORY,		6,	"no socket for" },
	{ ENOBUFS,		MSG_NO_MEMORY,		6,	"no socket for" },
	{ ECONNREFUSED,		MSG_REFUSED,		5,	"connection refused by" },
	{ ECONNRESET,		MSG_REFUSED,		5,	"connection reset by" },
	{ EPERM,		MSG_BLOCKED,		4,	"not permitted to connect to" },
	{ EACCES,		MSG_BLOCKED,		4,	"not permitted to connect to" },
	{ ETIMEDOUT,		MSG_NO_ANSWER,		3,	"no answer from" },
	{ EHOSTUNREACH,		MSG_UNREACHABLE,	2,	"no way to" },
	{ ENETUNREACH,		MSG_UNREACHABLE,	2,	"no route to" },
	{ EHOSTDOWN,		MSG_UNREACHABLE,	2,	"no way to" },
	{ ENETDOWN,		MSG_UNREACHABLE,	2,	"network down towards" },
	{ EADDRNOTAVAIL,	MSG_UNREACHABLE,	1,	"no local address towards" },
	{ EAFNOSUPPORT,		MSG_UNREACHABLE,	1,	"this machine has no such addresses as" },
	{ EINVAL,		MSG_UNREACHABLE,	1,	"no way to" },
	{ 0,			MSG_SYSTEM,		0,	"cannot connect to" },
};

void
direct_cancel(struct direct *d)
{
	int	i;

	if (d == NULL)
		return;
	resolve_cancel(d->resolve);
	event_del(&d->timer);
	for (i = 0; i < d->count; i++) {
		if (d->tries[i].fd == -1)
			continue;
		event_del(&d->tries[i].ev);
		close(d->tries[i].fd);
	}
	if (d->list != NULL)
		freeaddrinfo(d->list);
	free(d);
}

static void
direct_finish(struct direct *d, int fd)
{
	void		(*cb)(int, const struct error *, void *) = d->cb;
	void		*arg = d->arg;
	struct error	 err = d->worst;

	direct_cancel(d);
	cb(fd, fd == -1 ? &err : NULL, arg);
}

/* Note how one address failed, and keep the error if it tells more than the others did. */
static void
direct_note(struct direct *d, const struct direct_try *try, int error)
{
	const struct direct_errno	*row = direct_errnos;
	char				 to[ADDR_TEXT_MAX], target[TARGET_TEXT_MAX];
	int64_t				 took_ms = clock_ms() - try->began_ms;

	while (row->error != 0 && row->error != error)
		row++;
	addr_text(try->ai->ai_addr, try->ai->ai_addrlen, to);
	attempts_add(d->attempts, to, strerror(error), took_ms);
	log_debug(1, "%s: %s after %lld ms", to, strerror(error), (long long)took_ms);
	if (d->worst.code != MSG_NONE && row->rank <= d->worst_rank)
		return;
	d->worst_rank = row->rank;
	target_text(d->target, target);
	if (row->code == MSG_NO_ANSWER)
		error_set(&d->worst, row->code, "%s: %s %.46s in %lld s", target, row->text, to,
		    (long long)(took_ms + 500) / 1000);
	else if (row->code == MSG_REFUSED)
		error_set(&d->worst, row->code, "%s: %s %.46s", target, row->text, to);
	else
		error_set(&d->worst, row->code, "%s: %s %.46s (%s)", target, row->text, to, strerror(error));
}

static void
direct_try_failed(struct direct *d, struct direct_try *try, int error)
{
	if (try->fd != -1) {
		event_del(&try->ev);
		close(try->fd);
		try->fd = -1;
		d->running--;
	}
	direct_note(d, try, error);
}

static void
direct_try_cb(evutil_socket_t fd, short what, void *arg)
{
	struct direct_try	*try = arg;
	struct direct		*d = try->direct;
	char			 to[ADDR_TEXT_MAX];
	int			 error;

	error = (what & EV_TIMEOUT) ? ETIMEDOUT : sock_error(fd);
	if (error != 0) {
		direct_try_failed(d, try, error);
		direct_stagger_cb(-1, 0, d);
		return;
	}
	log_debug(1, "connected to %s after %lld ms", addr_text(try->ai->ai_addr, try->ai->ai_addrlen, to),
	    (long long)(clock_ms() - d->began_ms));
	attempts_add(d->attempts, addr_text(try->ai->ai_addr, try->ai->ai_addrlen, to), "connected",
	    clock_ms() - try->began_ms);
	event_del(&try->ev);
	try->fd = -1;
	sock_connected(fd, d->tune);
	direct_finish(d, fd);
}

/* Start one attempt; -1 if it failed at once. */
static int
direct_try_start(struct direct *d, struct direct_try *try)
{
	struct timeval	tv = clock_timeval(d->target->timeout_ms);

	try->direct = d;
	try->began_ms = clock_ms();
	if ((try->fd = sock_open(try->ai->ai_addr, d->tune)) == -1) {
		direct_try_failed(d, try, errno);
		return (-1);
	}
	d->running++;
	event_assign(&try->ev, d->base, try->fd, EV_WRITE, direct_try_cb, try);
	if (connect(try->fd, try->ai->ai_addr, try->ai->ai_addrlen) == -1 && errno != EINPROGRESS) {
		direct_try_failed(d, try, errno);
		return (-1);
	}
	if (event_add(&try->ev, &tv) == -1) {
		direct_try_failed(d, try, ENOMEM);
		return (-1);
	}
	return (0);
}

/* The next address: now, because the stagger is over or one failed. */
static void
direct_stagger_cb(evutil_socket_t fd, short what, void *arg)
{
	struct direct	*d = arg;
	struct timeval	 tv = clock_timeval(DIRECT_STAGGER_MS);

	(void)fd;
	(void)what;
	while (d->next < d->count) {
		if (direct_try_start(d, &d->tries[d->next++]) == -1)
			continue;
		if (d->next < d->count)
			event_add(&d->timer, &tv);
		return;
	}
	if (d->running == 0)
		direct_finish(d, -1);
}

/* RFC 8305 4: take the families in turn, beginning with the one that the resolver puts first. */
static void
direct_order(struct direct *d)
{
	const struct addrinfo	*same = d->list, *other = d->list, **from;
	int			 first = d->list->ai_family;

	for (;;) {
		while (same != NULL && same->ai_family != first)
			same = same->ai_next;
		while (other != NULL && other->ai_family == first)
			other = other->ai_next;
		if ((same == NULL && other == NULL) || d->count == ATTEMPTS_MAX)
			return;
		if (same == NULL)
			from = &other;
		else if (other == NULL)
			from = &same;
		else
			from = d->count % 2 == 0 ? &same : &other;
		d->tries[d->count].ai = *from;
		d->tries[d->count].fd = -1;
		d->count++;
		*from = (*from)->ai_next;
	}
}

static void
direct_race(struct direct *d, struct addrinfo *list)
{
	event_del(&d->timer);
	event_assign(&d->timer, d->base, -1, 0, direct_stagger_cb, d);
	d->list = list;
	direct_order(d);
	direct_stagger_cb(-1, 0, d);
}

/* Systems have one or several codes for "there is no such name". */
static enum message
direct_eai(int code)
{
	static const int	none[] = {
		EAI_NONAME,
#ifdef EAI_NODATA
		EAI_NODATA,
#endif
#ifdef EAI_ADDRFAMILY
		EAI_ADDRFAMILY,
#endif
	};
	size_t			i;

	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (code == none[i])
			return (MSG_NO_SUCH_NAME);
	return (code == EAI_MEMORY ? MSG_NO_MEMORY : MSG_NAME_LOOKUP);
}

/* What getaddrinfo(3) says. */
static void
direct_name_failed(struct direct *d, int code)
{
	char		target[TARGET_TEXT_MAX];
	const char	*why;

	target_text(d->target, target);
	why = code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code);
	attempts_add(d->attempts, d->target->host, why, clock_ms() - d->began_ms);
	if (code == EAI_SYSTEM)
		error_errno(&d->worst, errno, target);
	else
		error_set(&d->worst, direct_eai(code), "%s: %s", target, why);
	direct_finish(d, -1);
}

static void
direct_resolved_cb(int code, struct addrinfo *list, void *arg)
{
	struct direct	*d = arg;

	d->resolve = NULL;
	if (code != 0) {
		direct_name_failed(d, code);
		return;
	}
	log_debug(1, "%s resolved after %lld ms", d->target->host, (long long)(clock_ms() - d->began_ms));
	direct_race(d, list);
}

static void
direct_name_timeout_cb(evutil_socket_t fd, short what, void *arg)
{
	struct direct	*d = arg;
	char		 target[TARGET_TEXT_MAX];

	(void)fd;
	(void)what;
	attempts_add(d->attempts, d->target->host, "the resolver did not answer", clock_ms() - d->began_ms);
	error_set(&d->worst, MSG_NAME_TIMEOUT, "%s: the resolver gave no answer in %d s", target_text(d->target, target),
	    d->target->timeout_ms / 1000);
	direct_finish(d, -1);
}

/* The first step, from the loop: a literal is raced at once, a name is looked up. */
static void
direct_begin_cb(evutil_socket_t fd, short what, void *arg)
{
	struct direct		*d = arg;
	const struct target	*target = d->target;
	struct timeval		 tv = clock_timeval(target->timeout_ms);
	struct addrinfo		*list;
	int			 code;

	(void)fd;
	(void)what;
	if ((code = resolve_literal(target->host, target->port, target->family, &list)) == 0) {
		direct_race(d, list);
		return;
	}
	if (code != EAI_NONAME) {
		direct_name_failed(d, code);
		return;
	}
	d->resolve = resolve_start(d->base, target->host, target->port, target->family, direct_resolved_cb, d);
	event_assign(&d->timer, d->base, -1, 0, direct_name_timeout_cb, d);
	if (d->resolve == NULL || event_add(&d->timer, &tv) == -1) {
		error_errno(&d->worst, errno, "cannot look up the name");
		direct_finish(d, -1);
	}
}

struct direct *
direct_start(struct event_base *base, const struct target *target, const struct sock_tune *tune,
    struct attempts *attempts, void (*cb)(int, const struct error *, void *), void *arg)
{
	struct timeval	 now = { 0, 0 };
	struct direct	*d;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		return (NULL);
	d->base = base;
	d->target = target;
	d->tune = tune;
	d->attempts = attempts;
	d->cb = cb;
	d->arg = arg;
	d->began_ms = clock_ms();
	event_assign(&d->timer, base, -1, 0, direct_begin_cb, d);
	if (event_add(&d->timer, &now) == -1) {
		free(d);
		return (NULL);
	}
	return (d);
}
