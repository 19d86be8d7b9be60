/* SPDX-License-Identifier: ISC */
/* Notices that whoever reads our output is gone while there is nothing to write to it. */

#ifndef SESSION_LIFELINE_H
#define SESSION_LIFELINE_H

struct event_base;
struct lifeline;

/*
 * Check the descriptor every 250 ms; when its reader is gone, call back once. A check and not an
 * event, since poll(2) has no portable way to wait for that alone. There is one lifeline at a time,
 * in static memory; lifeline_stop(NULL) is allowed.
 */
struct lifeline	*lifeline_start(struct event_base *base, int fd, void (*cb)(void *arg),
		    void *arg);
void		 lifeline_stop(struct lifeline *lifeline);

#endif
