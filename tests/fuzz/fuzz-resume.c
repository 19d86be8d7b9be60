/* SPDX-License-Identifier: ISC */
/* Fuzz target: resume. */

#include <string.h>

#include "fuzz.h"
#include "wire/resume-proof.h"
#include "wire/resume.h"

/* A hello that is right says the same when it is written anew, and one that is proven stays so. */
static void
check_hello(const uint8_t *from)
{
	struct resume_hello	hello, again;
	uint8_t			bytes[RESUME_HELLO_BYTES], key[RESUME_KEY_BYTES];

	if (resume_hello_decode(&hello, from) != RESUME_RIGHT)
		return;
	must((hello.flags & RESUME_FLAGS_MUST) == 0);
	must(hello.kind == RESUME_AGAIN || hello.window >= RESUME_WINDOW_MIN);
	resume_hello_encode(bytes, &hello);
	must(resume_hello_decode(&again, bytes) == RESUME_RIGHT);
	must(memcmp(&hello, &again, sizeof(hello)) == 0);
	memset(key, from[20], sizeof(key));
	if (resume_proof_load() == -1)
		return;
	must(!resume_hello_proven(from, key));
	memcpy(bytes, from, sizeof(bytes));
	resume_hello_prove(bytes, key);
	must(resume_hello_proven(bytes, key));
}

static void
check_reply(const uint8_t *from, enum resume_kind kind)
{
	struct resume_reply	reply, again;
	uint8_t			bytes[RESUME_HELLO_BYTES];

	if (resume_reply_decode(&reply, from, kind) != RESUME_RIGHT)
		return;
	must((reply.flags & RESUME_FLAGS_MUST) == 0 && reply.status <= RESUME_OTHER_VERSION);
	must(reply.status != RESUME_OK || kind == RESUME_AGAIN ||
	    reply.window >= RESUME_WINDOW_MIN);
	resume_reply_encode(bytes, &reply, kind);
	must(resume_reply_decode(&again, bytes, kind) == RESUME_RIGHT);
	must(memcmp(&reply, &again, sizeof(reply)) == 0);
}

/* The key of whatever hello and reply: there is one, or the public key is refused. */
static void
check_key(const uint8_t *hello, const uint8_t *reply)
{
	uint8_t	secret[RESUME_SECRET_BYTES], key[RESUME_KEY_BYTES];

	if (resume_proof_load() == -1)
		return;
	memset(secret, 0x42, sizeof(secret));
	if (resume_key(key, secret, reply + 20, hello, reply) == 0)
		must(!resume_reply_proven(reply, hello, key));
}

/* The first byte says what the 96 bytes behind it are: 0 a hello, 1 a reply, 2 a reply to RESUME. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t			bytes[RESUME_HELLO_BYTES], head_bytes[RESUME_HEAD_BYTES];
	struct resume_head	head;

	if (size < 1)
		return (0);
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, data + 1, size - 1 < sizeof(bytes) ? size - 1 : sizeof(bytes));
	if (resume_head_decode(&head, bytes) == RESUME_RIGHT) {
		resume_head_encode(head_bytes, &head);
		must(memcmp(head_bytes, bytes, sizeof(head_bytes)) == 0);
	}
	if (data[0] == 0)
		check_hello(bytes);
	else
		check_reply(bytes, data[0] == 1 ? RESUME_NEW : RESUME_AGAIN);
	check_key(bytes, bytes);
	return (0);
}
