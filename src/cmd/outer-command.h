/* SPDX-License-Identifier: ISC */
/*
 * The ssh that forwards a connection (--resume=ssh): called as the one that runs this relay, but
 * without a terminal, a question, a forwarding of its own or a shared connection.
 */

#ifndef CMD_OUTER_COMMAND_H
#define CMD_OUTER_COMMAND_H

#include "session/outer.h"

struct options;
struct target;

/*
 * To this address, as the host sees it. The memory is static and stays as it is: there is one in a
 * process. NULL if there is no ssh, or none whose ProxyCommand could be this program.
 */
const struct outer_command *outer_command(const struct options *, const struct target *,
	    const char *address, int port);

#endif
