/* SPDX-License-Identifier: ISC */
/* Connections to sshd, and the address that it sees. */

#ifndef SERVE_SSHD_CONNECT_H
#define SERVE_SSHD_CONNECT_H

struct error;
struct serve;
struct serve_peer;

/*
 * A non-blocking connection for this client, which the caller closes; waits for it. -1 with *err
 * set. It goes to where the options say, and nowhere else.
 */
int	sshd_connect(const struct serve *, const struct serve_peer *, struct error *err);
/*
 * Whether sshd can be reached as the options want it, for clients of the families that we listen
 * to. An sshd that is not up is no fault, and one line in the log. 0, or -1 with *err set.
 */
int	sshd_check(const struct serve *, struct error *err);

#endif
