/* SPDX-License-Identifier: ISC */
/* Text of unknown origin as a terminal gets it. */

#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>

/*
 * The bytes of the character that a text of at least one byte begins with, in UTF-8; negative if it
 * is not for a terminal: a control character of any kind, a mark that turns the direction of what
 * follows, or bytes that are not UTF-8.
 */
int	text_char(const char *, size_t);

#endif
