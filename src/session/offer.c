/* SPDX-License-Identifier: ISC */
/* Keeps what the client says before it is known whether the session can be resumed. */

#include <string.h>

#include "session/offer.h"

void
offer_client(struct offer *o, const char *buf, size_t len)
{
	if (o->too_much || len > sizeof(o->said) - o->len) {
		o->too_much = 1;
		return;
	}
	memcpy(o->said + o->len, buf, len);
	o->len += len;
}
