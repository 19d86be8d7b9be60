/* Standard input, output and error, which a caller may have closed. */

#ifndef CMD_STDIO_H
#define CMD_STDIO_H

struct error;

/*
 * Put /dev/null where one is missing: it would later be a socket or a file that somebody prints to. 1 if standard input or
 * output was missing, 0 if not, -1 if it could not be helped.
 */
int	stdio_plug(void);
/*
 * 0 if enough descriptors are free to examine this machine, or -1 with the error set: a file that
 * cannot be opened would count as one that does not exist.
 */
int	stdio_room(struct error *);

#endif
