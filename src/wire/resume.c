/* SPDX-License-Identifier: ISC */
/* Writes and reads the hello, the reply and the frame heads of resumption. */

#include <string.h>

#include "wire/resume.h"

#define MAGIC		"MSHRSM"
#define MAGIC_BYTES	6

/* Where things stand. Both hellos and both replies begin alike. */
#define AT_VERSION	6
#define AT_KIND		8	/* of a reply: its status */
#define AT_FLAGS	9
#define NEW_WINDOW	12
#define NEW_HOLD	16
#define NEW_PUBLIC	20
#define NEW_RANDOM	64	/* of a hello */
#define NEW_ID		52	/* of a reply */
#define REPLY_BOOT	68	/* of all but OK to AGAIN */
#define AGAIN_ID	12	/* of a hello */
#define AGAIN_NUMBER	28
#define AGAIN_RECEIVED	32
#define AGAIN_RANDOM	64

static void
put16(uint8_t *to, uint16_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void
put32(uint8_t *to, uint32_t value)
{
	put16(to, (uint16_t)(value >> 16));
	put16(to + 2, (uint16_t)value);
}

static void
put64(uint8_t *to, uint64_t value)
{
	put32(to, (uint32_t)(value >> 32));
	put32(to + 4, (uint32_t)value);
}

static uint32_t
get32(const uint8_t *from)
{
	return ((uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 |
	    from[3]);
}

static uint64_t
get64(const uint8_t *from)
{
	return ((uint64_t)get32(from) << 32 | get32(from + 4));
}

static void
begin_encode(uint8_t *to, unsigned int kind, uint8_t flags)
{
	memset(to, 0, RESUME_HELLO_BYTES);
	memcpy(to, MAGIC, MAGIC_BYTES);
	put16(to + AT_VERSION, RESUME_VERSION);
	to[AT_KIND] = (uint8_t)kind;
	to[AT_FLAGS] = flags;
}

static enum resume_wrong
begin_decode(const uint8_t *from)
{
	if (memcmp(from, MAGIC, MAGIC_BYTES) != 0)
		return (RESUME_WRONG_MAGIC);
	if (from[AT_VERSION] != 0 || from[AT_VERSION + 1] != RESUME_VERSION ||
	    (from[AT_FLAGS] & RESUME_FLAGS_MUST) != 0)
		return (RESUME_WRONG_VERSION);
	return (RESUME_RIGHT);
}

void
resume_hello_encode(uint8_t *to, const struct resume_hello *hello)
{
	begin_encode(to, hello->kind, hello->flags);
	if (hello->kind == RESUME_NEW) {
		put32(to + NEW_WINDOW, hello->window);
		put32(to + NEW_HOLD, hello->hold_s);
		memcpy(to + NEW_PUBLIC, hello->public, RESUME_PUBLIC_BYTES);
		memcpy(to + NEW_RANDOM, hello->random, RESUME_RANDOM_BYTES);
	} else {
		memcpy(to + AGAIN_ID, hello->id, RESUME_ID_BYTES);
		put32(to + AGAIN_NUMBER, hello->number);
		put64(to + AGAIN_RECEIVED, hello->received);
		memcpy(to + AGAIN_RANDOM, hello->random, RESUME_RANDOM_BYTES);
		memcpy(to + RESUME_PROOF_AT, hello->proof, RESUME_PROOF_BYTES);
	}
}

enum resume_wrong
resume_hello_decode(struct resume_hello *hello, const uint8_t *from)
{
	enum resume_wrong	wrong = begin_decode(from);

	if (wrong != RESUME_RIGHT)
		return (wrong);
	if (from[AT_KIND] != RESUME_NEW && from[AT_KIND] != RESUME_AGAIN)
		return (RESUME_WRONG_KIND);
	memset(hello, 0, sizeof(*hello));
	hello->kind = from[AT_KIND] == RESUME_NEW ? RESUME_NEW : RESUME_AGAIN;
	hello->flags = from[AT_FLAGS];
	if (hello->kind == RESUME_NEW) {
		hello->window = get32(from + NEW_WINDOW);
		hello->hold_s = get32(from + NEW_HOLD);
		memcpy(hello->public, from + NEW_PUBLIC, RESUME_PUBLIC_BYTES);
		memcpy(hello->random, from + NEW_RANDOM, RESUME_RANDOM_BYTES);
		if (hello->window < RESUME_WINDOW_MIN)
			return (RESUME_WRONG_WINDOW);
	} else {
		memcpy(hello->id, from + AGAIN_ID, RESUME_ID_BYTES);
		hello->number = get32(from + AGAIN_NUMBER);
		hello->received = get64(from + AGAIN_RECEIVED);
		memcpy(hello->random, from + AGAIN_RANDOM, RESUME_RANDOM_BYTES);
		memcpy(hello->proof, from + RESUME_PROOF_AT, RESUME_PROOF_BYTES);
	}
	return (RESUME_RIGHT);
}

void
resume_reply_encode(uint8_t *to, const struct resume_reply *reply, enum resume_kind kind)
{
	begin_encode(to, reply->status, reply->flags);
	if (reply->status == RESUME_OK && kind == RESUME_AGAIN) {
		put32(to + AGAIN_NUMBER, reply->number);
		put64(to + AGAIN_RECEIVED, reply->received);
		memcpy(to + AGAIN_RANDOM, reply->random, RESUME_RANDOM_BYTES);
		memcpy(to + RESUME_PROOF_AT, reply->proof, RESUME_PROOF_BYTES);
		return;
	}
	memcpy(to + REPLY_BOOT, reply->boot, RESUME_BOOT_BYTES);
	if (reply->status != RESUME_OK)
		return;
	put32(to + NEW_WINDOW, reply->window);
	put32(to + NEW_HOLD, reply->hold_s);
	memcpy(to + NEW_PUBLIC, reply->public, RESUME_PUBLIC_BYTES);
	memcpy(to + NEW_ID, reply->id, RESUME_ID_BYTES);
}

enum resume_wrong
resume_reply_decode(struct resume_reply *reply, const uint8_t *from, enum resume_kind kind)
{
	enum resume_wrong	wrong = begin_decode(from);

	if (wrong != RESUME_RIGHT)
		return (wrong);
	if (from[AT_KIND] > RESUME_OTHER_VERSION)
		return (RESUME_WRONG_KIND);
	memset(reply, 0, sizeof(*reply));
	reply->status = (enum resume_status)from[AT_KIND];
	reply->flags = from[AT_FLAGS];
	if (reply->status == RESUME_OK && kind == RESUME_AGAIN) {
		reply->number = get32(from + AGAIN_NUMBER);
		reply->received = get64(from + AGAIN_RECEIVED);
		memcpy(reply->random, from + AGAIN_RANDOM, RESUME_RANDOM_BYTES);
		memcpy(reply->proof, from + RESUME_PROOF_AT, RESUME_PROOF_BYTES);
		return (RESUME_RIGHT);
	}
	memcpy(reply->boot, from + REPLY_BOOT, RESUME_BOOT_BYTES);
	if (reply->status != RESUME_OK)
		return (RESUME_RIGHT);
	reply->window = get32(from + NEW_WINDOW);
	reply->hold_s = get32(from + NEW_HOLD);
	memcpy(reply->public, from + NEW_PUBLIC, RESUME_PUBLIC_BYTES);
	memcpy(reply->id, from + NEW_ID, RESUME_ID_BYTES);
	return (reply->window < RESUME_WINDOW_MIN ? RESUME_WRONG_WINDOW : RESUME_RIGHT);
}

void
resume_head_encode(uint8_t *to, const struct resume_head *head)
{
	put32(to, head->length);
	to[0] = (uint8_t)head->type;
	put64(to + 4, head->position);
}

enum resume_wrong
resume_head_decode(struct resume_head *head, const uint8_t *from)
{
	uint32_t	least = 0, most = 0;

	if (from[0] < RESUME_DATA || from[0] > RESUME_CLOSE)
		return (RESUME_WRONG_KIND);
	head->type = (enum resume_type)from[0];
	head->length = get32(from) & 0xffffff;
	head->position = get64(from + 4);
	if (head->type == RESUME_DATA) {
		least = 1;
		most = RESUME_DATA_MAX;
	} else if (head->type == RESUME_CLOSE) {
		least = 1;
		most = 1 + RESUME_TEXT_MAX;
	}
	return (head->length < least || head->length > most ? RESUME_WRONG_LENGTH : RESUME_RIGHT);
}
