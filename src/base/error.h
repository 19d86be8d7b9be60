/* SPDX-License-Identifier: ISC */
/* Errors (error.c) and the catalogue of messages (message.c): each way to fail has a code, a name, a status and a cure. */

#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stddef.h>

/* What a person reads is one line of at most this many bytes, newline included. */
#define ERROR_LINE_BYTES 200

enum message {
	MSG_NONE,
	MSG_USAGE,
	MSG_BAD_HOST,
	MSG_BAD_PORT,
	MSG_BAD_PATH,
	MSG_BAD_KEY,
	MSG_NOT_WSL,
	MSG_NO_STDIO,
	MSG_FDPASS_NO_SOCKET,
	MSG_ODD_PATH,
	MSG_NO_SSH,
	MSG_NO_PROGRAM,
	MSG_BAD_RECORD,
	MSG_CONFIG_READ,
	MSG_CONFIG_WRITE,
	MSG_CONFIG_BROKEN,
	MSG_CONFIG_REFUSED,
	MSG_CONFIG_FOREIGN,
	MSG_CONFIG_STORE,
	MSG_CONFIG_MOVED,
	MSG_CONFIG_PARTLY,
	MSG_CONFIG_PROGRAM,
	MSG_LOCAL_BUILDER,
	MSG_NO_HOST_KEY,
	MSG_HOST_KEY_DIFFERS,
	MSG_MANAGED_FILE,
	MSG_NO_NIX,
	MSG_NO_SUCH_NAME,
	MSG_NAME_LOOKUP,
	MSG_NAME_TIMEOUT,
	MSG_REFUSED,
	MSG_UNREACHABLE,
	MSG_NO_ANSWER,
	MSG_BLOCKED,
	MSG_MESH_DOWN,
	MSG_MESH_HUNG,
	MSG_MESH_CLOSED,
	MSG_MESH_STATUS,
	MSG_NOT_IN_MESH,
	MSG_TAILSCALED,
	MSG_NO_PROXY,
	MSG_PROXY_DOWN,
	MSG_PROXY_SILENT,
	MSG_PROXY_CLOSED,
	MSG_PROXY_FAILED,
	MSG_PROXY_REFUSED,
	MSG_PROXY_AUTH,
	MSG_NOT_A_PROXY,
	MSG_SERVER_CLOSED,
	MSG_SERVER_SILENT,
	MSG_NOT_SSH,
	MSG_RESET,
	MSG_DEAD_PATH,
	MSG_HOLE_THERE,
	MSG_HOLE_BACK,
	MSG_MARKS_LOST,
	MSG_ADDRESS_GONE,
	MSG_SERVER_CHANGED,
	MSG_INPUT,
	MSG_OUTPUT,
	MSG_NO_DESCRIPTORS,
	MSG_NO_MEMORY,
	MSG_PERMISSION,
	MSG_SYSTEM,
	MSG_COUNT
};

/* One row of the catalogue; meshssh-messages(7) has an entry for each. */
struct message_row {
	char	name[20];	/* stable, lower case, for people and programs */
	int	status;		/* exit status, sysexits(3) */
	char	hint[64];	/* the one thing to do, for the one line */
	char	cure[440];	/* whole sentences, for --why and the manual */
};

/* Why something failed. Filled by whoever fails, printed by the commands only. */
struct error {
	enum message	 code;
	char		 text[160];	/* what happened, without prefix, hint or newline; safe to print */
	size_t		 own;		/* so many bytes of it are our words, and the rest a peer's; 0: all of them are ours */
};

/* The row of a code; never NULL. */
const struct message_row *error_row(enum message);
/* The code of a name, or MSG_NONE. */
enum message	error_by_name(const char *);

/* Fill the error (NULL is allowed); the text passes vis(3) and is cut to fit. */
void	error_set(struct error *, enum message, const char *, ...) __attribute__((__format__(printf, 3, 4)));
/*
 * Fill the error from errno: descriptors, memory, permissions and full disks get their own codes, the rest MSG_SYSTEM.
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
