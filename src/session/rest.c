/* SPDX-License-Identifier: ISC */
/* Keeps what one end of a relay had no room for. */

#include <string.h>

#include "session/rest.h"

void
rest_keep(struct rest *rest, const char *buf, size_t len)
{
	if (buf >= rest->buf && buf < rest->buf + REST_BYTES)
		rest->off = (size_t)(buf - rest->buf);
	else {
		memcpy(rest->buf, buf, len);
		rest->off = 0;
	}
	rest->len = len;
}
