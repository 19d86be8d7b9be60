/* SPDX-License-Identifier: ISC */
/* Fuzz target: sshkex. */

#include <string.h>

#include "fuzz.h"
#include "wire/sshcert.h"
#include "wire/sshkex.h"

/*
 * What a server says behind its identification: packets lie within the bytes, their lists within
 * them, names within their bounds; a packet that is not whole yet is not broken by what comes.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char		*bytes = (const char *)data;
	struct sshkex_packet	 packet, cut;
	struct sshkex_list	 lists[SSHKEX_LISTS];
	char			 name[SSHKEX_NAME_MAX + 1], key[SSHKEX_KEY_TEXT];
	const unsigned char	*blob;
	struct sshcert		 cert;
	size_t			 at = 0, len;
	int			 i;

	while (sshkex_packet(bytes + at, size - at, &packet) == 1) {
		if (packet.bytes > size - at ||
		    packet.payload + packet.len > data + at + packet.bytes ||
		    sshkex_packet(bytes + at, packet.bytes - 1, &cut) != 0)
			__builtin_trap();
		if (sshkex_host_key(&packet, &blob, &len) == 0) {
			if (sshkex_key_text(blob, len, key) == 0 && strlen(key) >= sizeof(key))
				__builtin_trap();
			if (sshcert_parse(blob, len, &cert) == 0)
				sshcert_names(&cert, "nas");
		}
		if (sshkex_parse(&packet, lists) == 0) {
			sshkex_method(&lists[SSHKEX_KEX]);
			for (i = 0; i < SSHKEX_LISTS; i++)
				while ((len = lists[i].len) > 0)
					if (sshkex_next(&lists[i], name) != 1 ||
					    lists[i].len >= len || strlen(name) > SSHKEX_NAME_MAX)
						__builtin_trap();
		}
		at += packet.bytes;
	}
	return (0);
}
