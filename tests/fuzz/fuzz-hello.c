/* SPDX-License-Identifier: ISC */
/* Fuzz target: hello. */

#include <string.h>

#include "fuzz.h"
#include "wire/sshwire.h"

/*
 * A client's first bytes: in one piece, and cut where the first byte says, they are the same; what
 * is taken for a whole hello, or the beginning of one, fits into what is recorded.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sshwire_hello	whole, pieces;
	const char		*bytes = (const char *)data + 1;
	size_t			 len, cut;

	if (size == 0)
		return (0);
	len = size - 1;
	cut = data[0] < len ? data[0] : len;
	memset(&whole, 0, sizeof(whole));
	memset(&pieces, 0, sizeof(pieces));
	sshwire_hello_feed(&whole, bytes, len);
	sshwire_hello_feed(&pieces, bytes, cut);
	if (pieces.state == SSHWIRE_HELLO_OTHER && whole.state != SSHWIRE_HELLO_OTHER)
		__builtin_trap();
	sshwire_hello_feed(&pieces, bytes + cut, len - cut);
	if (memcmp(&whole, &pieces, sizeof(whole)) != 0 ||
	    (whole.state != SSHWIRE_HELLO_OTHER && len > SSHWIRE_HELLO_MAX))
		__builtin_trap();
	sshwire_is_version_2(bytes, len);
	return (0);
}
