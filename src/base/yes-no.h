/* SPDX-License-Identifier: ISC */
/* Yes or no, as OpenSSH reads and prints it. */

#ifndef BASE_YES_NO_H
#define BASE_YES_NO_H

/*
 * 1 for "yes" and "true", 0 for "no", "false" and "off" (StrictHostKeyChecking has it), -1 for all
 * else, NULL included. A configuration may have either pair; which one `ssh -G` prints depends on
 * the keyword and on the version (10.6: "tcpkeepalive false").
 */
int	yes_no(const char *value);
/* 1 if the two are one value for OpenSSH: the same word, or two words for the same. */
int	yes_no_same(const char *, const char *);

#endif
