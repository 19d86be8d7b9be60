/* SPDX-License-Identifier: ISC */
/*
 * The relay of a session that can be resumed: bytes between standard input and output and the
 * session's stream, whatever carries it. Where nothing does, standard input waits, and so does ssh.
 */

#ifndef SESSION_RELAY_RESUME_H
#define SESSION_RELAY_RESUME_H

struct error;
struct event_base;
struct relay_config;
struct resumable;

/*
 * As relay_run, with what it needs of its configuration: the ends of the caller, running_cb and
 * learned_cb. The session was opened, and is freed here. Once the caller is done, its ends are
 * closed, and the loop runs until the host knows: up to 2 s, or 2 min if the parent is gone.
 */
int	relay_resume_run(struct event_base *, const struct relay_config *, struct resumable *,
	    struct error *);
/* As relay_waits and relay_expire. */
int	relay_resume_waits(void);
void	relay_resume_expire(void);

#endif
