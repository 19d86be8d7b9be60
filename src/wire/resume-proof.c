/* SPDX-License-Identifier: ISC */
/* Keys and proofs of resumption: X25519, and BLAKE2b with and without a key. */

#include <stdlib.h>
#include <string.h>

#include "wire/resume-proof.h"
#include "wire/resume-sodium.h"

#define LABEL		"meshssh-resume-1"
#define LABEL_BYTES	16

static struct resume_sodium	sodium;		/* once loaded */

int
resume_proof_load(void)
{
	struct resume_sodium	found;

	if (sodium.hash != NULL)
		return (0);
	if (resume_sodium_find(&found) == -1 || found.init() == -1)
		return (-1);
	sodium = found;
	return (0);
}

const char *
resume_library(void)
{
	return (resume_proof_load() == 0 ? sodium.version() : NULL);
}

void
resume_pair(uint8_t secret[RESUME_SECRET_BYTES], uint8_t public[RESUME_PUBLIC_BYTES])
{
	arc4random_buf(secret, RESUME_SECRET_BYTES);
	sodium.public(public, secret);
}

int
resume_key(uint8_t key[RESUME_KEY_BYTES], const uint8_t secret[RESUME_SECRET_BYTES],
    const uint8_t their_public[RESUME_PUBLIC_BYTES], const uint8_t hello[RESUME_HELLO_BYTES],
    const uint8_t reply[RESUME_HELLO_BYTES])
{
	uint8_t	text[LABEL_BYTES + 2 * RESUME_HELLO_BYTES], shared[RESUME_SECRET_BYTES];

	/* It refuses the points of small order, whose secret is zero. */
	if (sodium.shared(shared, secret, their_public) != 0)
		return (-1);
	memcpy(text, LABEL, LABEL_BYTES);
	memcpy(text + LABEL_BYTES, hello, RESUME_HELLO_BYTES);
	memcpy(text + LABEL_BYTES + RESUME_HELLO_BYTES, reply, RESUME_HELLO_BYTES);
	sodium.hash(key, RESUME_KEY_BYTES, text, sizeof(text), shared, sizeof(shared));
	sodium.wipe(shared, sizeof(shared));
	return (0);
}

static void
hello_proof(uint8_t proof[RESUME_PROOF_BYTES], const uint8_t *hello, const uint8_t *key)
{
	uint8_t	text[1 + RESUME_PROOF_AT];

	text[0] = 'c';
	memcpy(text + 1, hello, RESUME_PROOF_AT);
	sodium.hash(proof, RESUME_PROOF_BYTES, text, sizeof(text), key, RESUME_KEY_BYTES);
}

static void
reply_proof(uint8_t proof[RESUME_PROOF_BYTES], const uint8_t *reply, const uint8_t *hello,
    const uint8_t *key)
{
	uint8_t	text[1 + RESUME_HELLO_BYTES + RESUME_PROOF_AT];

	text[0] = 's';
	memcpy(text + 1, hello, RESUME_HELLO_BYTES);
	memcpy(text + 1 + RESUME_HELLO_BYTES, reply, RESUME_PROOF_AT);
	sodium.hash(proof, RESUME_PROOF_BYTES, text, sizeof(text), key, RESUME_KEY_BYTES);
}

void
resume_hello_prove(uint8_t hello[RESUME_HELLO_BYTES], const uint8_t key[RESUME_KEY_BYTES])
{
	hello_proof(hello + RESUME_PROOF_AT, hello, key);
}

void
resume_reply_prove(uint8_t reply[RESUME_HELLO_BYTES], const uint8_t hello[RESUME_HELLO_BYTES],
    const uint8_t key[RESUME_KEY_BYTES])
{
	reply_proof(reply + RESUME_PROOF_AT, reply, hello, key);
}

int
resume_hello_proven(const uint8_t hello[RESUME_HELLO_BYTES], const uint8_t key[RESUME_KEY_BYTES])
{
	uint8_t	proof[RESUME_PROOF_BYTES];

	hello_proof(proof, hello, key);
	return (sodium.differ(proof, hello + RESUME_PROOF_AT, sizeof(proof)) == 0);
}

int
resume_reply_proven(const uint8_t reply[RESUME_HELLO_BYTES],
    const uint8_t hello[RESUME_HELLO_BYTES], const uint8_t key[RESUME_KEY_BYTES])
{
	uint8_t	proof[RESUME_PROOF_BYTES];

	reply_proof(proof, reply, hello, key);
	return (sodium.differ(proof, reply + RESUME_PROOF_AT, sizeof(proof)) == 0);
}

void
resume_hash(uint8_t *out, size_t out_len, const void *from, size_t len)
{
	uint8_t	whole[64];

	/* The library has no digest shorter than 16 bytes. */
	sodium.hash(whole, sizeof(whole), from, len, NULL, 0);
	memcpy(out, whole, out_len);
}

void
resume_wipe(void *secret, size_t len)
{
	sodium.wipe(secret, len);
}
