/* SPDX-License-Identifier: ISC */
/*
 * The commands. Each returns 0 or -1 with the error set; only main exits, and says the error unless
 * it was said.
 */

#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <limits.h>

#include "base/addr.h"
#include "base/names.h"

struct error;
struct options;
struct ssh_program;

/* of --or, with each percent doubled */
#define CMD_OR_MAX	(2 * NAMES_MAX * (ADDR_HOST_MAX + 1) + 16)
#define CMD_PROXY_MAX	(2 * PATH_MAX + CMD_OR_MAX + 2048)

/*
 * Relay between standard input and output and host:port. This one says its errors itself, after the
 * failure was put on record, which takes two seconds at most.
 */
int	cmd_relay(const struct options *, const char *, const char *, struct error *);
/* Become ssh with these arguments (a NULL ends them); returns only if that failed. */
int	cmd_ssh(const struct options *, const char *, char **, struct error *);
/*
 * "-oProxyCommand=PATH OPTIONS": what was said to us and to ssh goes on to the relay. NULL, or the
 * path that cannot stand there.
 */
const char *cmd_proxy_command(const struct options *, const struct ssh_program *, const char *self,
	    char command[CMD_PROXY_MAX]);
/* Tell the last failure on standard output. */
int	cmd_why(struct error *);
/*
 * Look at this machine and at the path to the host, or judge a saved document; the report goes to
 * standard output, and the exit status to *status. Host and port may be NULL.
 */
int	cmd_doctor(const struct options *, const char *host, const char *port, int *status,
	    struct error *);
/*
 * Look at many hosts at once: those named, or with none, a line each on standard input, or all
 * peers of the mesh. A row each goes to standard output; *status is 0 if all were reached, or else
 * 1.
 */
int	cmd_scan(const struct options *, char **hosts, int *status, struct error *);

#endif
