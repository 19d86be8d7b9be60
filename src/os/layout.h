/* SPDX-License-Identifier: ISC */
/* Where the members of a system's own structures are, so that all of them can be read anywhere. */

#ifndef OS_LAYOUT_H
#define OS_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

struct layout_field {
	unsigned short	at;
	unsigned short	size;		/* 0: this system has no such member */
};

#define LAYOUT_FIELD(type, member) \
	{ offsetof(type, member), sizeof(((type *)0)->member) }

/* A number in so many bytes; 0 if it is not there, or not whole. */
uint64_t	layout_number(const void *, size_t, const struct layout_field *);
/* Write a number into bytes that are large enough for it. */
void		layout_put(void *, const struct layout_field *, uint64_t);

#endif
