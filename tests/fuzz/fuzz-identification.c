/* SPDX-License-Identifier: ISC */
/* Fuzz target: identification. */

#include <string.h>

#include "base/error.h"
#include "fuzz.h"
#include "session/identification.h"

/*
 * Whatever both sides say, in whatever pieces: each piece is two bytes of length and side, then so
 * many bytes. The verdict must not change once it is given, and the message must be printable.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct identification		g;
	struct error		err;
	enum identification_state	before, now;
	size_t			len;
	int			end;

	memset(&g, 0, sizeof(g));
	while (size >= 2) {
		before = g.state;
		len = data[0] < size - 2 ? data[0] : size - 2;
		switch (data[1] % 3) {
		case 0:
			now = identification_client(&g, (const char *)data + 2, len);
			break;
		case 1:
			now = identification_server(&g, (const char *)data + 2, len);
			break;
		default:
			now = identification_client_end(&g);
		}
		if (before != IDENTIFICATION_OPEN && now != before)
			__builtin_trap();
		data += len + 2;
		size -= len + 2;
	}
	for (end = IDENTIFICATION_EOF; end <= IDENTIFICATION_TIMEOUT; end++)
		if (identification_check(&g, (enum identification_end)end, "nas port 22",
		    &err) == -1)
			for (len = 0; err.text[len] != '\0'; len++)
				if (err.text[len] < ' ' || err.text[len] > '~')
					__builtin_trap();
	return (0);
}
