/* SPDX-License-Identifier: ISC */
/* Numbers that a person wrote. */

#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

/* A decimal number of digits alone, no blank and no sign, from min to max: 0 and *to set, or -1. */
int	number_parse(const char *text, int min, int max, int *to);
int	number_parse_long(const char *text, long long min, long long max, long long *to);

#endif
