/* Standard input, output and error, which a caller may have closed. */

#ifndef CMD_STDIO_H
#define CMD_STDIO_H

/*
 * Put /dev/null where one is missing: it would later be a socket or a file that somebody prints to. 1 if standard input or
 * output was missing, 0 if not, -1 if it could not be helped.
 */
int	stdio_plug(void);

#endif
