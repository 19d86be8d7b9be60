/* SPDX-License-Identifier: ISC */
/* Notices that whoever reads our output is gone while there is nothing to write to it. */

#ifndef SESSION_LIFELINE_H
#define SESSION_LIFELINE_H

struct event_base;
struct lifeline;

/*
 * Look at the descriptor four times a second; when its reader is gone, call back once. A look and no event, since poll(2)
 * has no portable way to wait for that alone. NULL if there is no memory.
 */
struct lifeline	*lifeline_start(struct event_base *, int, void (*)(void *), void *);
void		 lifeline_stop(struct lifeline *);

#endif
