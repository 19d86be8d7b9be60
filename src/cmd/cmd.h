/* The commands. Each returns 0 or -1 with the error set; only main exits. */

#ifndef CMD_CMD_H
#define CMD_CMD_H

struct error;
struct options;

/*
 * Relay between standard input and output and host:port. A failure is on record when this returns; once the session is
 * under way, standard error leads nowhere unless it is a terminal.
 */
int	cmd_relay(const struct options *, const char *, const char *, struct error *);
/* Become ssh with these arguments (a NULL ends them); returns only if that failed. */
int	cmd_ssh(const struct options *, const char *, char **, struct error *);
/* Tell the last failure on standard output. */
int	cmd_why(struct error *);

#endif
