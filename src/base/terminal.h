/* SPDX-License-Identifier: ISC */
/* What a person sees who looks on. */

#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

/* 1 if the descriptor is a terminal that understands ECMA-48, and not plain lines alone. */
int	terminal_can(int fd);
/*
 * A line on standard error that the next one takes the place of, cut where it would wrap; "" takes
 * it away.
 */
void	terminal_progress(const char *);
/* The same for what is done to a host, which may be "". */
void	terminal_doing(const char *host, const char *doing);

#endif
