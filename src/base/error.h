/* SPDX-License-Identifier: ISC */
/* Errors (error.c) and the catalogue of messages (message.c): each way to fail has a code, a name, a status and a cure. */

#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stddef.h>

/* What a person reads is one line of at most this many bytes, newline included. */
#define ERROR_LINE_BYTES 200

enum code {
	CODE_NONE,
	CODE_USAGE,
	CODE_BAD_HOST,
	CODE_BAD_PORT,
	CODE_BAD_PATH,
	CODE_BAD_KEY,
	CODE_NOT_WSL,
	CODE_NO_STDIO,
	CODE_FDPASS_NO_SOCKET,
	CODE_UNQUOTABLE_PATH,
	CODE_NO_SSH,
	CODE_NO_PROGRAM,
	CODE_BAD_RECORD,
	CODE_CONFIG_READ,
	CODE_CONFIG_WRITE,
	CODE_CONFIG_BROKEN,
	CODE_CONFIG_REFUSED,
	CODE_CONFIG_FOREIGN,
	CODE_CONFIG_STORE,
	CODE_CONFIG_MOVED,
	MSG_CONFIG_PARTLY,
	MSG_CONFIG_PROGRAM,
	CODE_LOCAL_BUILDER,
	CODE_NO_HOST_KEY,
	MSG_HOST_KEY_DIFFERS,
	CODE_MANAGED_FILE,
	CODE_NO_NIX,
	CODE_NAME_UNKNOWN,
	CODE_NAME_LOOKUP,
	CODE_NAME_TIMEOUT,
	CODE_REFUSED,
	CODE_NO_ROUTE,
	CODE_NO_ANSWER,
	CODE_BLOCKED,
	CODE_MESH_DOWN,
	CODE_MESH_HUNG,
	MSG_MESH_CLOSED,
	MSG_MESH_STATUS,
	CODE_PEER_UNKNOWN,
	CODE_MESH_UNEXPECTED,
	CODE_NO_PROXY,
	CODE_PROXY_DOWN,
	CODE_PROXY_SILENT,
	CODE_PROXY_CLOSED,
	CODE_PROXY_FAILED,
	CODE_PROXY_REFUSED,
	CODE_PROXY_AUTH,
	CODE_NOT_A_PROXY,
	CODE_SERVER_CLOSED,
	CODE_SERVER_SILENT,
	CODE_NOT_SSH,
	CODE_RESET,
	CODE_DEAD_PATH,
	CODE_PMTU_FORWARD,
	CODE_PMTU_REVERSE,
	CODE_DSCP_REVERSE,
	CODE_ADDRESS_GONE,
	CODE_SERVER_CHANGED,
	CODE_INPUT,
	CODE_OUTPUT,
	CODE_NO_DESCRIPTORS,
	CODE_NO_MEMORY,
	MSG_PERMISSION,
	CODE_SYSTEM,
	CODE_COUNT
};

/* One row of the catalogue; meshssh-messages(7) has an entry for each. */
struct code_row {
	char	name[20];	/* stable, lower case, for people and programs */
	int	status;		/* exit status, sysexits(3) */
	char	hint[64];	/* the one thing to do, for the one line */
	char	cure[440];	/* whole sentences, for --why and the manual */
};

/* Why something failed. Filled by whoever fails, printed by the commands only. */
struct error {
	enum code	 code;
	char		 text[160];	/* what happened, without prefix, hint or newline; safe to print */
	size_t		 own;		/* so many bytes of it are our words, and the rest a peer's; 0: all of them are ours */
};

/* The row of a code; never NULL. */
const struct code_row *code_row(enum code);
/* The code of a name, or CODE_NONE. */
enum code	code_by_name(const char *);

/* Fill the error (NULL is allowed); the text passes vis(3) and is cut to fit. */
void	error_set(struct error *, enum code, const char *, ...) __attribute__((__format__(printf, 3, 4)));
/*
 * Fill the error from errno: descriptors, memory, permissions and full disks get their own codes, the rest CODE_SYSTEM.
 * The text says what was tried and strerror(3).
 */
void	error_errno(struct error *, int, const char *);
/* The program's name, in front of each line, if it is not "meshssh"; a constant. */
void	error_program(const char *);
/* "meshssh: text; hint\n" in at most ERROR_LINE_BYTES bytes; the buffer holds that and the NUL. */
void	error_line(const struct error *, char [ERROR_LINE_BYTES + 1]);
/* Print that line on standard error. */
void	error_say(const struct error *);
/* Copy a string of unknown origin, printable and cut to fit; returns the destination. */
char	*error_vis(char *, size_t, const char *);

#endif
