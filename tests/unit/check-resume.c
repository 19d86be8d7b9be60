/* SPDX-License-Identifier: ISC */
/* Unit tests: resume, resume-proof. */

#include "check.h"
#include "wire/resume-proof.h"
#include "wire/resume.h"

static uint8_t	bytes[RESUME_HELLO_BYTES];

static void
check_bytes(size_t at, const char *hex)
{
	char	text[3];

	for (; *hex != '\0'; hex += 2, at++) {
		snprintf(text, sizeof(text), "%02x", bytes[at]);
		if (memcmp(text, hex, 2) != 0)
			fail_msg("byte %zu is %s and not %.2s", at, text, hex);
	}
}

/* The bytes of each kind, as the protocol lays them down. */
static void
test_hello(void **state)
{
	struct resume_hello	hello, other;

	(void)state;
	memset(&hello, 0, sizeof(hello));
	hello.kind = RESUME_NEW;
	hello.flags = 0x03;
	hello.window = 0x00400000;
	hello.hold_s = 86400;
	memset(hello.public, 0xab, sizeof(hello.public));
	memset(hello.random, 0xcd, sizeof(hello.random));
	resume_hello_encode(bytes, &hello);
	check_bytes(0, "4d534852534d0001" "01030000" "00400000" "00015180" "abab");
	check_bytes(50, "abab" "000000000000000000000000" "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
	    "00000000000000000000000000000000");
	assert_int_equal(resume_hello_decode(&other, bytes), RESUME_RIGHT);
	assert_memory_equal(&hello, &other, sizeof(hello));

	memset(&hello, 0, sizeof(hello));
	hello.kind = RESUME_AGAIN;
	memset(hello.id, 0x11, sizeof(hello.id));
	hello.number = 0x01020304;
	hello.received = 0x1122334455667788;
	memset(hello.random, 0xcd, sizeof(hello.random));
	memset(hello.proof, 0xef, sizeof(hello.proof));
	resume_hello_encode(bytes, &hello);
	check_bytes(0, "4d534852534d0001" "02000000" "11111111111111111111111111111111" "01020304"
	    "1122334455667788" "000000000000000000000000000000000000000000000000"
	    "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd" "efefefefefefefefefefefefefefefef");
	assert_int_equal(resume_hello_decode(&other, bytes), RESUME_RIGHT);
	assert_memory_equal(&hello, &other, sizeof(hello));
}

static void
test_reply(void **state)
{
	struct resume_reply	reply, other;

	(void)state;
	memset(&reply, 0, sizeof(reply));
	reply.window = 0x00010000;
	reply.hold_s = 1;
	memset(reply.public, 0xab, sizeof(reply.public));
	memset(reply.id, 0x11, sizeof(reply.id));
	memset(reply.boot, 0x22, sizeof(reply.boot));
	resume_reply_encode(bytes, &reply, RESUME_NEW);
	check_bytes(0, "4d534852534d0001" "00000000" "00010000" "00000001" "abab");
	check_bytes(50, "abab" "11111111111111111111111111111111" "2222222222222222"
	    "0000000000000000000000000000000000000000");
	assert_int_equal(resume_reply_decode(&other, bytes, RESUME_NEW), RESUME_RIGHT);
	assert_memory_equal(&reply, &other, sizeof(reply));

	memset(&reply, 0, sizeof(reply));
	reply.number = 0x01020304;
	reply.received = 0x1122334455667788;
	memset(reply.random, 0xcd, sizeof(reply.random));
	memset(reply.proof, 0xef, sizeof(reply.proof));
	resume_reply_encode(bytes, &reply, RESUME_AGAIN);
	check_bytes(8, "00000000" "00000000000000000000000000000000" "01020304"
	    "1122334455667788" "000000000000000000000000000000000000000000000000"
	    "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd" "efefefefefefefefefefefefefefefef");
	assert_int_equal(resume_reply_decode(&other, bytes, RESUME_AGAIN), RESUME_RIGHT);
	assert_memory_equal(&reply, &other, sizeof(reply));

	/* A refusal tells of the host only which run of it this is. */
	memset(reply.boot, 0x22, sizeof(reply.boot));
	for (reply.status = RESUME_UNKNOWN; reply.status <= RESUME_OTHER_VERSION;
	    reply.status = (enum resume_status)(reply.status + 1)) {
		resume_reply_encode(bytes, &reply, RESUME_AGAIN);
		assert_int_equal(bytes[8], reply.status);
		check_bytes(9, "000000" "00000000000000000000000000000000" "00000000");
		check_bytes(68, "2222222222222222" "0000000000000000000000000000000000000000");
		assert_int_equal(resume_reply_decode(&other, bytes, RESUME_NEW), RESUME_RIGHT);
		assert_int_equal(other.status, reply.status);
		assert_memory_equal(other.boot, reply.boot, sizeof(reply.boot));
	}
}

/* What is wrong with a hello or a reply, one byte of which is another. */
static void
test_wrong(void **state)
{
	static const struct {
		size_t			at;
		uint8_t			byte;
		enum resume_wrong	wrong;
	} rows[] = {
		{ 0, 'S', RESUME_WRONG_MAGIC },
		{ 5, 'N', RESUME_WRONG_MAGIC },
		{ 6, 1, RESUME_WRONG_VERSION },
		{ 7, 0, RESUME_WRONG_VERSION },
		{ 7, 2, RESUME_WRONG_VERSION },
		{ 8, 200, RESUME_WRONG_KIND },
		{ 9, 0x10, RESUME_WRONG_VERSION },
		{ 9, 0x80, RESUME_WRONG_VERSION },
		{ 9, 0x0f, RESUME_RIGHT },
		{ 10, 1, RESUME_RIGHT },
		{ 12, 1, RESUME_RIGHT },
		{ 13, 0, RESUME_WRONG_WINDOW },
		{ 60, 1, RESUME_RIGHT },
		{ 95, 1, RESUME_RIGHT },
	};
	struct resume_hello	hello = { .kind = RESUME_NEW, .window = 65536 };
	struct resume_reply	reply = { .window = 65536 };
	size_t			i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		hello.kind = RESUME_NEW;
		hello.window = 65536;
		resume_hello_encode(bytes, &hello);
		bytes[rows[i].at] = rows[i].byte;
		assert_int_equal(resume_hello_decode(&hello, bytes), rows[i].wrong);
		memset(&reply, 0, sizeof(reply));
		reply.window = 65536;
		resume_reply_encode(bytes, &reply, RESUME_NEW);
		bytes[rows[i].at] = rows[i].byte;
		assert_int_equal(resume_reply_decode(&reply, bytes, RESUME_NEW), rows[i].wrong);
	}
	for (i = 0; i < 256; i++) {
		hello.kind = RESUME_NEW;
		hello.window = 65536;
		resume_hello_encode(bytes, &hello);
		bytes[8] = (uint8_t)i;
		assert_int_equal(resume_hello_decode(&hello, bytes),
		    i == 1 || i == 2 ? RESUME_RIGHT : RESUME_WRONG_KIND);
	}
}

static void
test_head(void **state)
{
	static const struct {
		enum resume_type	type;
		uint32_t		least, most;
	} rows[] = {
		{ RESUME_DATA, 1, 65536 }, { RESUME_ACK, 0, 0 }, { RESUME_PING, 0, 0 },
		{ RESUME_PONG, 0, 0 }, { RESUME_END, 0, 0 }, { RESUME_CLOSE, 1, 200 },
	};
	struct resume_head	head = { RESUME_DATA, 0x010000, 0x1122334455667788 }, other;
	size_t			i;

	(void)state;
	resume_head_encode(bytes, &head);
	check_bytes(0, "01" "010000" "1122334455667788");
	for (i = 0; i < COUNT(rows); i++) {
		head.type = rows[i].type;
		for (head.length = 0; head.length <= 0xffffff; head.length++) {
			resume_head_encode(bytes, &head);
			if ((head.length >= rows[i].least && head.length <= rows[i].most) !=
			    (resume_head_decode(&other, bytes) == RESUME_RIGHT))
				fail_msg("type %d, length %u", (int)head.type, head.length);
			if (head.length > 300)
				head.length += 17;
			if (head.length > 70000)
				head.length += 9999;
		}
	}
	for (i = 0; i < 256; i++) {
		bytes[0] = (uint8_t)i;
		bytes[1] = bytes[2] = 0;
		bytes[3] = i == 1 || i == 6;
		assert_int_equal(resume_head_decode(&other, bytes),
		    i >= 1 && i <= 6 ? RESUME_RIGHT : RESUME_WRONG_KIND);
	}
}

static void
from_hex(uint8_t *to, const char *hex)
{
	char	text[3] = "";

	for (; *hex != '\0'; hex += 2) {
		memcpy(text, hex, 2);
		*to++ = (uint8_t)strtoul(text, NULL, 16);
	}
}

/*
 * The keys are those of RFC 7748, section 5.2; what follows from them was computed by Python's
 * hashlib.
 */
static void
test_vectors(void **state)
{
	uint8_t	secret[32], theirs[32], expected[32], key[32], hello[96], reply[96], hash[8];
	size_t	i;

	(void)state;
	if (resume_proof_load() == -1)
		skip();
	assert_int_equal(resume_proof_load(), 0);
	from_hex(secret, "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
	from_hex(theirs, "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
	for (i = 0; i < sizeof(hello); i++) {
		hello[i] = (uint8_t)i;
		reply[i] = (uint8_t)(i * 7 + 3);
	}
	assert_int_equal(resume_key(key, secret, theirs, hello, reply), 0);
	from_hex(expected, "c464b564f8ff62831648edc92f38e46b06c7af62f56d73296777da69bf8024ce");
	assert_memory_equal(key, expected, 32);
	resume_hello_prove(hello, key);
	from_hex(expected, "874ba6dfb5f40d586ef390be87179a74");
	assert_memory_equal(hello + 80, expected, 16);
	resume_reply_prove(reply, hello, key);
	from_hex(expected, "f05aa2b9d6ff3395666d9d0a0bbed5a1");
	assert_memory_equal(reply + 80, expected, 16);
	resume_hash(hash, sizeof(hash), "boot", 4);
	from_hex(expected, "1e9b073c2a5bbdd6");
	assert_memory_equal(hash, expected, 8);
}

/* Both sides come to one key, and any other byte in what was proven is found. */
static void
test_proofs(void **state)
{
	uint8_t	near_secret[32], near_public[32], far_secret[32], far_public[32];
	uint8_t	key[32], far_key[32], hello[96], reply[96], other[96];
	size_t	i;

	(void)state;
	if (resume_proof_load() == -1)
		skip();
	memset(hello, 1, sizeof(hello));
	memset(reply, 2, sizeof(reply));
	resume_pair(near_secret, near_public);
	resume_pair(far_secret, far_public);
	assert_memory_not_equal(near_secret, far_secret, 32);
	assert_int_equal(resume_key(key, near_secret, far_public, hello, reply), 0);
	assert_int_equal(resume_key(far_key, far_secret, near_public, hello, reply), 0);
	assert_memory_equal(key, far_key, 32);
	resume_hello_prove(hello, key);
	resume_reply_prove(reply, hello, key);
	assert_true(resume_hello_proven(hello, key));
	assert_true(resume_reply_proven(reply, hello, key));
	for (i = 0; i < sizeof(hello); i++) {
		memcpy(other, hello, sizeof(other));
		other[i] ^= 0x40;
		assert_false(resume_hello_proven(other, key));
		assert_false(resume_reply_proven(reply, other, key));
		memcpy(other, reply, sizeof(other));
		other[i] ^= 0x01;
		assert_false(resume_reply_proven(other, hello, key));
	}
	/* Neither is the other's, and both are this session's. */
	memcpy(other, hello, sizeof(other));
	resume_reply_prove(other, hello, key);
	assert_false(resume_hello_proven(other, key));
	key[31] ^= 1;
	assert_false(resume_hello_proven(hello, key));
	assert_false(resume_reply_proven(reply, hello, key));
	resume_wipe(key, sizeof(key));
	for (i = 0; i < sizeof(key); i++)
		assert_int_equal(key[i], 0);
}

/* Points of small order give a secret of zero, which anyone could know. */
static void
test_zero(void **state)
{
	static const char *const	points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t				secret[32], public[32], theirs[32], key[32], hello[96];
	size_t				i;

	(void)state;
	if (resume_proof_load() == -1)
		skip();
	memset(hello, 0, sizeof(hello));
	resume_pair(secret, public);
	for (i = 0; i < COUNT(points); i++) {
		from_hex(theirs, points[i]);
		assert_int_equal(resume_key(key, secret, theirs, hello, hello), -1);
	}
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_hello),
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_proofs),
		cmocka_unit_test(test_zero),
	};

	return (cmocka_run_group_tests_name("resume", tests, NULL, NULL));
}
