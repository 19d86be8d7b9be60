/* SPDX-License-Identifier: ISC */
/* The listener: hears hellos, begins sessions, and hands over who comes back. */

#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

struct error;
struct serve;

/*
 * Listen at each of these "ADDRESS:PORT", which NULL ends; "[::]" is for both families where no
 * address is of IPv4. 0, or -1 with *err set.
 */
int	listen_all(struct serve *, char *const [], struct error *err);
/* Take the sockets that a service manager made for us, if any: 0, or -1 with *err set. */
int	listen_given(struct serve *, struct error *err);
/* For good, or -1 with *err set. In a session's process it does not return. */
int	listen_run(const struct serve *, struct error *err);

#endif
