/* SPDX-License-Identifier: ISC */
/* libsodium, where its archive is linked. */

#include <sodium.h>

#include "wire/resume-sodium.h"

int
resume_sodium_find(struct resume_sodium *sodium)
{
	sodium->init = sodium_init;
	sodium->hash = crypto_generichash;
	sodium->public = crypto_scalarmult_curve25519_base;
	sodium->shared = crypto_scalarmult_curve25519;
	sodium->differ = sodium_memcmp;
	sodium->wipe = sodium_memzero;
	sodium->version = sodium_version_string;
	return (0);
}
