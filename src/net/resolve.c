/* SPDX-License-Identifier: ISC */
/* getaddrinfo in a thread, its answer in the event loop. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <event2/event.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/xalloc.h"
#include "net/resolve.h"

struct resolve {
	char			 host[ADDR_HOST_MAX + 1];
	char			 port[sizeof("65535")];
	int			 family;

	/* The asker's side. */
	struct event		*ev;
	void			(*cb)(int, struct addrinfo *, void *);
	void			*arg;
	int			 done_fd;	/* read end: one byte when the answer is there */

	/* The thread's side: whoever is the second to let go frees everything. */
	pthread_mutex_t		 lock;
	int			 holders;
	int			 answer_fd;	/* write end */
	int			 code;
	int			 error;
	struct addrinfo		*list;
};

static int
lookup(const char *host, const char *port, int family, int flags, struct addrinfo **list)
{
	struct addrinfo	hints;
	int		code;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = family;
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = flags | AI_NUMERICSERV;
	if ((code = getaddrinfo(host, port, &hints, list)) == EAI_MEMORY)
		xalloc_fail();
	return (code);
}

static void
resolve_release(struct resolve *r)
{
	int	holders;

	pthread_mutex_lock(&r->lock);
	holders = --r->holders;
	pthread_mutex_unlock(&r->lock);
	if (holders > 0)
		return;
	pthread_mutex_destroy(&r->lock);
	if (r->list != NULL)
		freeaddrinfo(r->list);
	close(r->done_fd);
	close(r->answer_fd);
	free(r);
}

static void *
resolve_thread(void *arg)
{
	struct resolve	*r = arg;

	r->code = lookup(r->host, r->port, r->family, 0, &r->list);
	r->error = errno;
	/* The byte also orders the writes above before the asker's reads. */
	while (write(r->answer_fd, "", 1) == -1 && errno == EINTR)
		continue;
	resolve_release(r);
	return (NULL);
}

static void
resolve_event_cb(evutil_socket_t fd, short what, void *arg)
{
	struct resolve	*r = arg;
	struct addrinfo	*list;
	void		(*cb)(int, struct addrinfo *, void *) = r->cb;
	void		*cb_arg = r->arg;
	int		 code, error;
	char		 byte;

	(void)what;
	if (read(fd, &byte, 1) != 1)
		return;
	pthread_mutex_lock(&r->lock);
	code = r->code;
	error = r->error;
	list = r->list;
	r->list = NULL;
	pthread_mutex_unlock(&r->lock);
	resolve_cancel(r);
	errno = error;
	cb(code, code == 0 ? list : NULL, cb_arg);
}

int
resolve_literal(const char *host, int port, int family, struct addrinfo **list)
{
	const struct sockaddr_in6	*in6;
	char				 text[sizeof("65535")];
	int				 code;

	snprintf(text, sizeof(text), "%hu", (unsigned short)port);
	code = lookup(host, text, family, AI_NUMERICHOST, list);
	if (code != 0 || strchr(host, '%') == NULL)
		return (code);
	/* macOS takes any zone, and makes none of one that names no interface. */
	in6 = (const void *)(*list)->ai_addr;
	if (in6->sin6_family == AF_INET6 && in6->sin6_scope_id != 0)
		return (0);
	freeaddrinfo(*list);
	return (EAI_NONAME);
}

const char *
resolve_no_interface(const char *host)
{
	struct sockaddr_storage	 ss;
	struct addrinfo		*list;
	const char		*zone = strchr(host, '%');
	char			 address[ADDR_HOST_MAX + 1];
	int			 code;

	if (zone == NULL)
		return (NULL);
	snprintf(address, sizeof(address), "%.*s", (int)(zone - host), host);
	if (addr_literal(address, 1, &ss) == 0)
		return (NULL);
	if ((code = resolve_literal(host, 1, AF_UNSPEC, &list)) == 0)
		freeaddrinfo(list);
	return (code == EAI_NONAME ? zone + 1 : NULL);
}

/* 0 or an error of errno(2): EAGAIN, if this user or system may have no further thread. */
static int
resolve_spawn(struct resolve *r)
{
	pthread_attr_t	attr;
	pthread_t	thread;
	sigset_t	all, old;
	int		error;

	/* Signals are the main thread's business. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &attr, resolve_thread, r);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return (error);
}

struct resolve *
resolve_start(struct event_base *base, const char *host, int port, int family,
    void (*cb)(int, struct addrinfo *, void *), void *arg)
{
	struct resolve	*r = xcalloc(1, sizeof(*r));
	int		 fds[2], error;

	strlcpy(r->host, host, sizeof(r->host));
	snprintf(r->port, sizeof(r->port), "%hu", (unsigned short)port);
	r->family = family;
	r->cb = cb;
	r->arg = arg;
	if (pipe(fds) == -1) {
		free(r);
		return (NULL);
	}
	r->done_fd = fds[0];
	r->answer_fd = fds[1];
	fcntl(r->done_fd, F_SETFD, FD_CLOEXEC);
	fcntl(r->answer_fd, F_SETFD, FD_CLOEXEC);
	r->ev = event_new(base, r->done_fd, EV_READ, resolve_event_cb, r);
	event_add(r->ev, NULL);
	pthread_mutex_init(&r->lock, NULL);
	r->holders = 2;
	if ((error = resolve_spawn(r)) == 0)
		return (r);
	r->holders = 1;
	resolve_cancel(r);
	errno = error;
	return (NULL);
}

void
resolve_cancel(struct resolve *r)
{
	if (r == NULL)
		return;
	event_free(r->ev);
	r->ev = NULL;
	resolve_release(r);
}

/* Systems have one or several codes for "there is no such name". */
enum code
resolve_code(int eai)
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
		if (eai == none[i])
			return (CODE_NAME_UNKNOWN);
	return (CODE_NAME_LOOKUP);
}
