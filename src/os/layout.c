/* SPDX-License-Identifier: ISC */
/* Reads and writes numbers where a layout says. */

#include <string.h>

#include "os/layout.h"

uint64_t
layout_number(const void *from, size_t len, const struct layout_field *field)
{
	const char	*bytes = from;
	uint64_t	 large;
	uint32_t	 word;
	uint16_t	 half;

	if ((size_t)field->at + field->size > len)
		return (0);
	switch (field->size) {
	case sizeof(large):
		memcpy(&large, bytes + field->at, sizeof(large));
		return (large);
	case sizeof(word):
		memcpy(&word, bytes + field->at, sizeof(word));
		return (word);
	case sizeof(half):
		memcpy(&half, bytes + field->at, sizeof(half));
		return (half);
	case 1:
		return ((unsigned char)bytes[field->at]);
	}
	return (0);
}

void
layout_put(void *to, const struct layout_field *field, uint64_t number)
{
	char		*bytes = to;
	uint32_t	 word = (uint32_t)number;
	uint16_t	 half = (uint16_t)number;

	if (field->size == sizeof(word))
		memcpy(bytes + field->at, &word, sizeof(word));
	else if (field->size == sizeof(half))
		memcpy(bytes + field->at, &half, sizeof(half));
	else if (field->size == 1)
		bytes[field->at] = (char)number;
}
