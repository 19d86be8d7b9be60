/* SPDX-License-Identifier: ISC */
/* Words of a command that ssh hands to the user's shell, whichever that is. */

#ifndef BASE_SHELL_H
#define BASE_SHELL_H

#include <stddef.h>

/*
 * How every ProxyCommand of ours ends: whatever the words are, meshssh stays a relay, and the
 * shell neither splits nor expands them. ssh before 9.6 passes any host name on, later versions
 * still pass "*", "?", "[" and others.
 */
#define SHELL_RELAY	" --relay -- \"%h\" \"%p\""

/*
 * A path, behind an option like "--name=" or "", as one word of a ProxyCommand (ssh_config(5)): in
 * double quotes where it has blanks, each percent doubled. 0, or -1 if it does not fit or has a
 * byte that shells do not agree on.
 */
int	shell_word(const char *option, const char *path, char *, size_t);

/*
 * 1 if this is the path of a shell that runs no commands, such as that of an account without
 * logins; ssh cannot run a ProxyCommand with it. 0 for NULL.
 */
int	shell_deaf(const char *path);

#define SHELL_QUOTE_MAX	256

/*
 * Quote a word for a command that people copy into a POSIX shell, unless it has only bytes that a
 * shell takes as they are; "~/" in front is left for the shell, and "./" put before a hyphen, for
 * no program shall take the word for an option. Return out, with "..." in it if the word does not
 * fit.
 */
const char *shell_quote(const char *word, char out[SHELL_QUOTE_MAX]);
/* The same, where a call is an argument. */
#define SHELL_QUOTED(word)	shell_quote((word), (char[SHELL_QUOTE_MAX]){ 0 })

#endif
