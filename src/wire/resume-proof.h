/* SPDX-License-Identifier: ISC */
/*
 * The keys and proofs of a session that can be resumed: X25519 and BLAKE2b. The only user of
 * libsodium, which is loaded when it is first needed, unless its archive is linked.
 */

#ifndef WIRE_RESUME_PROOF_H
#define WIRE_RESUME_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "wire/resume.h"

#define RESUME_SECRET_BYTES	32
#define RESUME_KEY_BYTES	32

/*
 * Make the functions below usable; to be called before any of them, and before a sandbox that
 * denies opening files. Again costs nothing. 0, or -1 where libsodium is missing or the program was
 * built without resumption: then no session can be resumed.
 */
int	resume_proof_load(void);
/* The version of libsodium, or NULL where it is missing. */
const char *resume_library(void);

/* A new key pair; the caller wipes the secret. */
void	resume_pair(uint8_t secret[RESUME_SECRET_BYTES], uint8_t public[RESUME_PUBLIC_BYTES]);
/*
 * The session's key, from our own secret, the public key of the other side, and the hello and reply
 * of kind NEW as they were sent. 0, or -1 if the other side's public key is one that gives no
 * secret.
 */
int	resume_key(uint8_t key[RESUME_KEY_BYTES], const uint8_t secret[RESUME_SECRET_BYTES],
	    const uint8_t their_public[RESUME_PUBLIC_BYTES],
	    const uint8_t hello[RESUME_HELLO_BYTES], const uint8_t reply[RESUME_HELLO_BYTES]);

/* Put the proof into an encoded hello of kind AGAIN; into the encoded reply to it. */
void	resume_hello_prove(uint8_t hello[RESUME_HELLO_BYTES], const uint8_t key[RESUME_KEY_BYTES]);
void	resume_reply_prove(uint8_t reply[RESUME_HELLO_BYTES],
	    const uint8_t hello[RESUME_HELLO_BYTES], const uint8_t key[RESUME_KEY_BYTES]);
/* 1 if the proof in there is right, 0 if not; in constant time. */
int	resume_hello_proven(const uint8_t hello[RESUME_HELLO_BYTES],
	    const uint8_t key[RESUME_KEY_BYTES]);
int	resume_reply_proven(const uint8_t reply[RESUME_HELLO_BYTES],
	    const uint8_t hello[RESUME_HELLO_BYTES], const uint8_t key[RESUME_KEY_BYTES]);

/* The first 1 to 64 bytes of BLAKE2b-512 of this, without a key: for `boot`. */
void	resume_hash(uint8_t *out, size_t out_len, const void *, size_t);
/* Overwrite a secret that is no longer needed. */
void	resume_wipe(void *, size_t);

#endif
