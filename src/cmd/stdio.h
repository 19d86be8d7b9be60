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
 * 0 if there is room for the descriptors of a look at this machine, or -1 with the error set: what cannot be opened would
 * be taken for what is not there.
 */
int	stdio_room(struct error *);

#endif
