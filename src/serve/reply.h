/* SPDX-License-Identifier: ISC */
/* What each connection gets: its limits, and where it is refused, the reason. */

#ifndef SERVE_REPLY_H
#define SERVE_REPLY_H

#include "serve/serve.h"

/* How long the far side of a connection may be silent, before that is its end. */
void	reply_tune(int fd);
/* Answer a hello of this kind with that status; the caller closes the connection. */
void	reply_refuse(const struct serve *, int fd, enum resume_status, enum resume_kind);

#endif
