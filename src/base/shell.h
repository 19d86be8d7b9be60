/* Words of a command that ssh hands to the user's shell, whichever that is. */

#ifndef BASE_SHELL_H
#define BASE_SHELL_H

#include <stddef.h>

/*
 * How a ProxyCommand of ours ends: it is a relay whatever the words are, and the shell neither splits nor expands them. ssh
 * before 9.6 hands over any host name, later ones still "*", "?", "[" and others.
 */
#define SHELL_RELAY	" --relay -- \"%h\" \"%p\""

/*
 * A path, behind an option like "--name=" or "", as one word of a ProxyCommand (ssh_config(5)): in double quotes where it
 * has blanks, each percent doubled. 0, or -1 if it does not fit or has a byte that shells do not agree on.
 */
int	shell_word(const char *option, const char *path, char *, size_t);

#endif
