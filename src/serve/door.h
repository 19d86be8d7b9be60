/* SPDX-License-Identifier: ISC */
/*
 * The folder with a unix socket for each session, named after its id: to it goes the connection of
 * who comes back, with his hello. So the listener knows nothing of sessions and may be restarted.
 */

#ifndef SERVE_DOOR_H
#define SERVE_DOOR_H

#include "wire/resume.h"

struct error;
struct serve;

/* Make the folder, or see that it is ours alone: 0, or -1 with *err set. */
int	door_folder(const struct serve *, struct error *err);
/* A session's socket, not blocking, which the caller closes; -1 with errno. */
int	door_open(const struct serve *, const uint8_t id[RESUME_ID_BYTES]);
/* Its name is gone. */
void	door_remove(const struct serve *, const uint8_t id[RESUME_ID_BYTES]);
/* Hand a connection over: what to reply where that failed, or RESUME_OK. */
enum resume_status door_hand(const struct serve *, const uint8_t id[RESUME_ID_BYTES],
	    const uint8_t hello[RESUME_HELLO_BYTES], int fd);
/* A connection that was handed over, and its hello; -1 if there is none. */
int	door_take(int door, uint8_t hello[RESUME_HELLO_BYTES]);
/* Remove the names that processes which died have left; how many sessions there are. */
int	door_count(const struct serve *);

#endif
