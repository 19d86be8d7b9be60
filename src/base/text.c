/* SPDX-License-Identifier: ISC */
/* Text of unknown origin on a terminal: what is shown, and what is replaced. */

#include <stdint.h>

#include "base/text.h"

/*
 * Unicode's characters that change how others are shown: of directions (UAX #9), of lines, and of
 * tags.
 */
static const struct {
	uint32_t	first, last;
} unseen[] = {
	{ 0x00, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x61c, 0x61c }, { 0x180e, 0x180e },
	{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xd800, 0xdfff },
	    { 0xfeff, 0xfeff },
	{ 0xfff9, 0xfffb }, { 0xe0000, 0xe0fff }, { 0x110000, UINT32_MAX }
};

/* How many bytes begin like this one, by UTF-8 (RFC 3629); 0 if none may. */
static int
text_bytes(unsigned char byte)
{
	if (byte < 0x80)
		return (1);
	return (byte < 0xc0 || byte >= 0xf8 ? 0 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4);
}

int
text_char(const char *text, size_t len)
{
	static const uint32_t	least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char	*byte = (const unsigned char *)text;
	uint32_t		 value = byte[0];
	int			 n = text_bytes(byte[0]), i;
	size_t			 row;

	if (n == 0 || (size_t)n > len)
		return (-1);
	if (n > 1)
		value &= 0x7fu >> n;
	for (i = 1; i < n; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return (-1);
		value = value << 6 | (byte[i] & 0x3f);
	}
	if (value < least[n])
		return (-1);
	for (row = 0; row < sizeof(unseen) / sizeof(unseen[0]); row++)
		if (value >= unseen[row].first && value <= unseen[row].last)
			return (-n);
	return (n);
}
