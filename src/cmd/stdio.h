/* SPDX-License-Identifier: ISC */
/* Standard input, output and error, which a caller may have closed. */

#ifndef CMD_STDIO_H
#define CMD_STDIO_H

struct error;

/*
 * Put /dev/null where one is missing: it would later be a socket or a file that is printed to.
 * 1 if standard input or output was missing, 0 if not, -1 with *err set if it could not be helped.
 */
int	stdio_plug(struct error *);

/*
 * Write what is left for standard output. Return 0, or -1 with *err set if any of all that was
 * printed got lost.
 */
int	stdio_flush(struct error *);

#endif
