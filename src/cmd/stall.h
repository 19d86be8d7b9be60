/* SPDX-License-Identifier: ISC */
/*
 * Says, for --why, that a session is without a connection. Not a word is printed, for standard
 * error is ssh's. The files are another process's: the home may hang with the network that is gone,
 * and the session must not hang with it.
 */

#ifndef CMD_STALL_H
#define CMD_STALL_H

#include <sys/types.h>

#include <event2/event_struct.h>

#include <stdint.h>

struct target;

/* All zero at first, but for the loop. */
struct stall {
	struct event_base *base;
	struct event	child_ev;	/* a process of ours has ended */
	int64_t		since_ms;	/* of clock_boot_ms; 0: there is none */
	int64_t		said_ms;	/* when it was said last; 0: not yet */
	pid_t		pid;		/* of the process that says so; 0: none */
};

/* An attempt has failed, so long after the loss; the session lasts hold_s without a connection. */
void	stall_goes_on(struct stall *, const struct target *, int64_t lost_ms, int hold_s,
	    const char *why);
/* The session goes on. */
void	stall_over(struct stall *);
/* It has ended, and the loop with it. */
void	stall_end(struct stall *);

#endif
