/* SPDX-License-Identifier: ISC */
/*
 * Public keys as text: the type, a blank, and in base64 the key, as files of OpenSSH have them
 * (sshd(8)).
 */

#ifndef WIRE_SSHKEY_H
#define WIRE_SSHKEY_H

/*
 * The length of the two words of a public key that begin the text; 0 if they are none. What is
 * encoded begins with the same type (RFC 4253 6.6), and something follows it. Nothing is said about
 * a comment behind them.
 */
int	sshkey_text(const char *);

#endif
