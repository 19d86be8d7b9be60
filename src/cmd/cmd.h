/* The commands. Each returns 0 or -1 with the error set; only main exits, and says the error unless it was said. */

#ifndef CMD_CMD_H
#define CMD_CMD_H

struct error;
struct options;

/*
 * Relay between standard input and output and host:port. This one says its errors itself, before anything that may take
 * time; a connection or session that failed is on record when it returns.
 */
int	cmd_relay(const struct options *, const char *, const char *, struct error *);
/* Become ssh with these arguments (a NULL ends them); returns only if that failed. */
int	cmd_ssh(const struct options *, const char *, char **, struct error *);
/* Tell the last failure on standard output. */
int	cmd_why(struct error *);

#endif
