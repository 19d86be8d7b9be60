/* SPDX-License-Identifier: ISC */
/* A program built without resumption has no libsodium. */

#include "wire/resume-sodium.h"

int
resume_sodium_find(struct resume_sodium *sodium)
{
	(void)sodium;
	return (-1);
}
