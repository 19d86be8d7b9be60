/* SPDX-License-Identifier: ISC */
/*
 * What the parts of the relay share: relay.c its life, relay-up.c client to server, relay-down.c server to client,
 * relay-guard.c the care for the path.
 */

#ifndef SESSION_RELAY_INT_H
#define SESSION_RELAY_INT_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/error.h"
#include "route/race.h"
#include "session/identification.h"
#include "session/output.h"

#define RELAY_BUFFER	262144
#define RELAY_PIPE	65536		/* what a pipe holds unless it is enlarged */
#define RELAY_FULL	4		/* found full so often, a pipe is worth enlarging */

struct holdback;
struct lifeline;
struct relay_config;
struct watch;

/* What the other end had no room for. */
struct relay_rest {
	char	*buf;		/* RELAY_BUFFER bytes */
	size_t	 off, len;
};

struct relay {
	const struct relay_config *conf;
	struct event_base	*base;
	int			 net_fd;
	struct connection		 conn;		/* how it was reached, if that is guarded */
	struct holdback		*hold;		/* until the path is proven */
	struct watch		*watch;		/* from then on */
	struct event		 in_ev;		/* the client sent something */
	struct event		 net_ev;	/* the server sent something */
	struct event		 room_ev;	/* the socket has room again */
	struct event		 out_ev;	/* the output has room again */
	struct event		 timer;		/* the greeting's limit, then the lingering, or the end that is held back */
	struct event		 last_ev;	/* ssh has ended: this long is borne what the server still says */
	struct event		 hup_ev;
	struct event		 term_ev;
	struct lifeline		*lifeline;	/* while the input cannot tell that the caller died */

	struct relay_rest	 up;		/* to be sent; the input waits meanwhile */
	struct relay_rest	 down;		/* to be written; the socket waits meanwhile */
	int			 in_open;
	int			 net_open;
	int			 end_held;	/* the client has ended, and the server was not told */
	struct output		 out;
	int			 can_splice;
	int			 in_full;	/* how often in a row the input was full, and the socket took it all */
	int			 out_full;	/* how often the output was full */
	struct identification		 identification;
	int			 judged;	/* the greeting is over */
	int			 send_error;	/* errno; the reading side has the rest to tell */
	struct error		 err;
};

/* Both ways read into this one and pass on at once what goes; only the rest is put aside. */
extern char	relay_buf[RELAY_BUFFER], relay_up_buf[RELAY_BUFFER], relay_down_buf[RELAY_BUFFER];

/* The end of the session, in order or, if the error is set, not. */
void	relay_done(struct relay *);
/* The socket failed with this errno, or the wait for the greeting ended so; the latter is 0 if nothing is wrong. */
void	relay_net_failed(struct relay *, int);
int	relay_check(struct relay *, enum identification_end);
/* One side has said something, and this is the greeting's new state. */
void	relay_greeting(struct relay *, enum identification_state);
/* Whoever reads the output is gone: a callback of the lifeline. */
void	relay_gone_cb(void *);
/* After the server's end: bear so long a client that does not end, but not while we keep it waiting ourselves. */
void	relay_linger(struct relay *, int);
/*
 * The client has ended. Where the way to the server has no half-close, telling it would lose what the server still sends:
 * it is told when it has been silent for a while. Called again whenever it was not.
 */
void	relay_end(struct relay *);
/* One side has ended. SSH has no half-close: the other may still say so much, but not for long, be it never silent. */
void	relay_last(struct relay *);
/* Look after the caller's life while the input cannot tell of it; after the server's end the output cannot either. */
void	relay_watch_caller(struct relay *, int);

/* Put aside what there was no room for: it stands in the rest already, or elsewhere. */
void	relay_keep(struct relay_rest *, const char *, size_t);

/* The socket is this one from now on; nothing waits for it yet. */
void	relay_events(struct relay *, int);
/* Begin to guard the path, where it needs that, and end it. */
void	relay_guard(struct relay *);
void	relay_guard_stop(struct relay *);
/* What kind of session it is has turned out. */
void	relay_checked(struct relay *);

void	relay_in_cb(evutil_socket_t, short, void *);
void	relay_room_cb(evutil_socket_t, short, void *);
/* Send so many bytes of the buffer, or with 0 the rest: 1 if all went, 0 if there is a rest, -1 if it failed. */
int	relay_send(struct relay *, size_t);

void	relay_net_cb(evutil_socket_t, short, void *);
void	relay_out_cb(evutil_socket_t, short, void *);

#endif
