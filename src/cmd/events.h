/* SPDX-License-Identifier: ISC */
/* libevent, as far as it speaks for itself. */

#ifndef CMD_EVENTS_H
#define CMD_EVENTS_H

/* What it complains of is for --debug; where it ends the process, it does so in our words. */
void	events_tame(void);

#endif
