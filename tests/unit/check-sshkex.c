/* SPDX-License-Identifier: ISC */
/* Unit tests: sshkex. */

#include "base/base64.h"
#include "check.h"
#include "wire/sshkex.h"

static const unsigned char	cookie[SSHKEX_COOKIE] = { 1, 2, 3 };

/*
 * Of any size, a KEXINIT is a packet that holds its ten lists, and is hardly longer than was asked
 * for.
 */
static void
test_kexinit(void **state)
{
	static char		 buf[SSHKEX_PACKET_MAX];
	struct sshkex_packet	 packet;
	struct sshkex_list	 lists[SSHKEX_LISTS];
	char			 name[SSHKEX_NAME_MAX + 1];
	size_t			 bytes, len, least;
	int			 i;

	(void)state;
	least = sshkex_kexinit(buf, sizeof(buf), 0, cookie);
	assert_within(least, 600, 1100);
	for (bytes = least - 30; bytes <= SSHKEX_PACKET_MAX - 24; bytes += bytes < 3000 ? 1 : 97) {
		len = sshkex_kexinit(buf, sizeof(buf), bytes, cookie);
		if (len < bytes || (len > least && len >= bytes + 24) || len % 8 != 0)
			fail_msg("%zu bytes wanted, %zu made", bytes, len);
		assert_int_equal(sshkex_packet(buf, len - 1, &packet), 0);
		assert_int_equal(sshkex_packet(buf, len, &packet), 1);
		assert_int_equal(packet.bytes, len);
		assert_int_equal(packet.type, SSHKEX_KEXINIT);
		assert_int_equal(sshkex_parse(&packet, lists), 0);
		for (i = 0; i < SSHKEX_LISTS; i++)
			while (sshkex_next(&lists[i], name) == 1)
				if (name[0] == '\0' || name[strlen(name) - 1] == '-')
					fail_msg("%zu bytes: list %d has the name \"%s\"", bytes, i,
					    name);
	}
	assert_int_equal(sshkex_kexinit(buf, sizeof(buf), SSHKEX_PACKET_MAX + 1, cookie), 0);
	assert_int_equal(sshkex_kexinit(buf, sizeof(buf), (size_t)-1, cookie), 0);
	for (bytes = 0; bytes < least; bytes++)
		assert_int_equal(sshkex_kexinit(buf, bytes, 0, cookie), 0);
}

static void
test_offer(void **state)
{
	char			 buf[4096], name[SSHKEX_NAME_MAX + 1];
	struct sshkex_packet	 packet;
	struct sshkex_list	 lists[SSHKEX_LISTS];

	(void)state;
	assert_int_equal(sshkex_packet(buf, sshkex_kexinit(buf, sizeof(buf), 0, cookie), &packet),
	    1);
	assert_memory_equal(packet.payload, cookie, SSHKEX_COOKIE);
	assert_int_equal(sshkex_parse(&packet, lists), 0);
	assert_string_equal(sshkex_method(&lists[SSHKEX_KEX])->name, "mlkem768x25519-sha256");
	assert_int_equal(sshkex_next(&lists[SSHKEX_KEX], name), 1);
	assert_string_equal(name, "mlkem768x25519-sha256");
	/* Its answer is the largest. */
	assert_int_equal(sshkex_next(&lists[SSHKEX_HOST_KEYS], name), 1);
	assert_string_equal(name, "rsa-sha2-512");
}

static const struct {
	const char	*names;
	const char	*method;
	size_t		 key;		/* bytes of it */
} servers[] = {
	{ "mlkem768x25519-sha256,sntrup761x25519-sha512,curve25519-sha256",	"mlkem768x25519-sha256",
	    1216 },
	{ "curve25519-sha256,mlkem768x25519-sha256",				"mlkem768x25519-sha256",
	    1216 },
	{ "sntrup761x25519-sha512@openssh.com",		"sntrup761x25519-sha512@openssh.com",
	    1190 },
	{ "sntrup761x25519-sha512@openssh.com,sntrup761x25519-sha512",	"sntrup761x25519-sha512",
	    1190 },
	{ "curve25519-sha256,diffie-hellman-group14-sha256",			NULL, 0 },
	{ "mlkem768x25519-sha25,mlkem768x25519-sha2566",			NULL, 0 },
	{ ",,,",								NULL, 0 },
	{ "",									NULL, 0 },
};

static void
test_methods(void **state)
{
	const struct sshkex_method	*method;
	struct sshkex_packet		 packet = { .type = 0 };
	char				 buf[SSHKEX_INIT_MAX];
	size_t				 i, len;

	(void)state;
	for (i = 0; i < COUNT(servers); i++) {
		struct sshkex_list	list = { servers[i].names, strlen(servers[i].names) };

		method = sshkex_method(&list);
		if (servers[i].method == NULL) {
			assert_null(method);
			continue;
		}
		assert_string_equal(method->name, servers[i].method);
		len = sshkex_init(buf, sizeof(buf), method);
		assert_int_equal(sshkex_packet(buf, len, &packet), 1);
		assert_int_equal(packet.type, 30);
		assert_int_equal(packet.len, 4 + servers[i].key);
		assert_int_equal(packet.payload[2] << 8 | packet.payload[3], servers[i].key);
		assert_int_equal(sshkex_init(buf, len - 1, method), 0);
	}
}

static void
test_disconnect(void **state)
{
	struct sshkex_packet	packet;
	char			buf[64];
	size_t			len;

	(void)state;
	len = sshkex_disconnect(buf, sizeof(buf), "enough");
	assert_int_equal(sshkex_packet(buf, len, &packet), 1);
	assert_int_equal(packet.type, SSHKEX_DISCONNECT);
	assert_int_equal(packet.len, 4 + 4 + 6 + 4);
	assert_memory_equal(packet.payload, "\0\0\0\013\0\0\0\006enough\0\0\0\0", packet.len);
	assert_int_equal(sshkex_disconnect(buf, 16, "enough"), 0);
}

#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char	*bytes;
	size_t		 len;
	int		 result;
} packets[] = {
	{ BYTES(""),						0 },
	{ BYTES("\0\0\0\014\012"),				0 },
	{ BYTES("\0\0\0\014\012\024xxxxxxxxx"),			0 },
	{ BYTES("\0\0\0\014\012\024xxxxxxxxxx"),		1 },
	{ BYTES("\0\0\0\014\013\024xxxxxxxxxx"),		-1 },	/* nothing but padding */
	{ BYTES("\0\0\0\014\003\024xxxxxxxxxx"),		-1 },	/* too little of it */
	{ BYTES("\0\0\0\0\004\024"),				-1 },
	{ BYTES("\0\0\0\001\004\024"),				-1 },
	{ BYTES("\377\377\377\377\004\024xxxxxxxxxx"),		-1 },
	{ BYTES("\0\0\210\264\004\024"),			0 },	/* 34996 */
	{ BYTES("\0\0\210\265\004\024"),			-1 },
	{ BYTES("HTTP/1.0 400 Bad Request\r\n"),		-1 },
};

static void
test_packets(void **state)
{
	struct sshkex_packet	packet;
	size_t			i;

	(void)state;
	for (i = 0; i < COUNT(packets); i++)
		if (sshkex_packet(packets[i].bytes, packets[i].len, &packet) != packets[i].result)
			fail_msg("packet %zu is not %d", i, packets[i].result);
}

/* Cut anywhere, a KEXINIT is none; with a list that is too long, neither. */
static void
test_cut(void **state)
{
	char			buf[2048];
	struct sshkex_packet	packet, cut;
	struct sshkex_list	lists[SSHKEX_LISTS];
	size_t			len, lists_end;

	(void)state;
	assert_int_equal(sshkex_packet(buf, sshkex_kexinit(buf, sizeof(buf), 0, cookie), &packet),
	    1);
	lists_end = packet.len - 5;
	for (len = 0; len < packet.len; len++) {
		cut = packet;
		cut.len = len;
		assert_int_equal(sshkex_parse(&cut, lists), len < lists_end ? -1 : 0);
	}
	cut = packet;
	cut.type = 30;
	assert_int_equal(sshkex_parse(&cut, lists), -1);
	memset(buf + 6 + SSHKEX_COOKIE, 0xff, 4);
	assert_int_equal(sshkex_parse(&packet, lists), -1);
}

static void
test_names(void **state)
{
	static const char	*const text = "a,,bb,cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc,d,";
	static const char	*const names[] = { "a", "", "bb",
	    "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "d" };
	struct sshkex_list	 list = { text, strlen(text) };
	char			 name[SSHKEX_NAME_MAX + 1];
	size_t			 i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		assert_int_equal(sshkex_next(&list, name), 1);
		assert_string_equal(name, names[i]);
	}
	assert_int_equal(sshkex_next(&list, name), 0);
}

/* A reply's key is told as a line of known_hosts has it, by its type and the end of its base64. */
static void
test_host_key(void **state)
{
	static const char	blob[] = "\0\0\0\13ssh-ed25519\0\0\0\40"
				    "\x90\x56\x73\x16\xff\x06\x56\xaa\xb7\x56\xae\x3a\xd1\x3e\x17\xc4"
				    "\x14\x5a\xb5\x28\xb6\x20\xb9\xa8\x12\x7e\x52\xe1\x16\x75\x50\x9b";
	unsigned char		payload[4 + sizeof(blob) - 1];
	struct sshkex_packet	packet = { .payload = payload, .len = sizeof(payload),
				    .type = SSHKEX_REPLY };
	const unsigned char	*key;
	char			text[SSHKEX_KEY_TEXT];
	size_t			len, bytes;

	(void)state;
	memcpy(payload, "\0\0\0\63", 4);
	memcpy(payload + 4, blob, sizeof(blob) - 1);
	assert_int_equal(sshkex_host_key(&packet, &key, &bytes), 0);
	assert_ptr_equal(key, payload + 4);
	assert_int_equal(bytes, sizeof(blob) - 1);
	assert_int_equal(sshkex_key_text(key, bytes, text), 0);
	assert_string_equal(text, "ssh-ed25519 t1auOtE+F8QUWrUotiC5qBJ+UuEWdVCb");
	for (len = 0; len < sizeof(payload); len++) {
		packet.len = len;
		assert_int_equal(sshkex_host_key(&packet, &key, &bytes), -1);
	}
	packet.len = sizeof(payload);
	packet.type = SSHKEX_KEXINIT;
	assert_int_equal(sshkex_host_key(&packet, &key, &bytes), -1);
	packet.type = SSHKEX_REPLY;
	for (len = 0; len < SSHKEX_KEY_TAIL; len++)
		assert_int_equal(sshkex_key_text(payload + 4, len, text), -1);
	/* A name that is longer than the key, than names are, or none. */
	payload[7] = 0x30;
	assert_int_equal(sshkex_key_text(payload + 4, sizeof(blob) - 1, text), -1);
	payload[7] = 0;
	assert_int_equal(sshkex_key_text(payload + 4, sizeof(blob) - 1, text), -1);
	memcpy(payload + 4, "\xff\xff\xff\xff", 4);
	assert_int_equal(sshkex_key_text(payload + 4, sizeof(blob) - 1, text), -1);
	/* Nothing of it reaches a terminal as it is. */
	memcpy(payload + 4, "\0\0\0\x02\033[", 6);
	assert_int_equal(sshkex_key_text(payload + 4, sizeof(blob) - 1, text), 0);
	assert_memory_equal(text, "^[[ ", 4);
}

/* Of any length, the tail is that of the whole key's base64. */
static void
test_tail(void **state)
{
	unsigned char	key[100];
	char		text[SSHKEX_KEY_TEXT], whole[BASE64_SIZE(sizeof(key))];
	size_t		len;

	(void)state;
	for (len = 0; len < sizeof(key); len++)
		key[len] = (unsigned char)(len * 37 + 11);
	for (len = SSHKEX_KEY_TAIL; len <= sizeof(key); len++) {
		base64(whole, sizeof(whole), (const char *)key, len);
		sshkex_key_tail("x", key + len, len, text);
		assert_memory_equal(text, "x ", 2);
		assert_string_equal(text + 2, whole + strlen(whole) - SSHKEX_KEY_TAIL);
	}
}

/* The user's own algorithms of host keys take the place of all others. */
static void
test_keys(void **state)
{
	char			 buf[4096], name[SSHKEX_NAME_MAX + 1];
	struct sshkex_packet	 packet;
	struct sshkex_list	 lists[SSHKEX_LISTS];

	(void)state;
	assert_int_equal(sshkex_packet(buf, sshkex_kexinit_keys(buf, sizeof(buf), 0, cookie,
	    "ssh-ed25519,rsa-sha2-512"), &packet), 1);
	assert_int_equal(sshkex_parse(&packet, lists), 0);
	assert_int_equal(sshkex_next(&lists[SSHKEX_HOST_KEYS], name), 1);
	assert_string_equal(name, "ssh-ed25519");
	assert_int_equal(sshkex_next(&lists[SSHKEX_HOST_KEYS], name), 1);
	assert_string_equal(name, "rsa-sha2-512");
	assert_int_equal(sshkex_next(&lists[SSHKEX_HOST_KEYS], name), 0);
	assert_int_equal(sshkex_next(&lists[SSHKEX_CIPHERS], name), 1);
}

/* Where the large answers are missing, a small one will do for the key. */
static void
test_any(void **state)
{
	static const struct {
		const char	*names, *method;
	} rows[] = {
		{ "curve25519-sha256,diffie-hellman-group14-sha256",	"curve25519-sha256" },
		{ "curve25519-sha256@libssh.org",	"curve25519-sha256@libssh.org" },
		{ "curve25519-sha256,mlkem768x25519-sha256",	"mlkem768x25519-sha256" },
		{ "diffie-hellman-group14-sha256",	NULL },
		{ "",					NULL },
	};
	const struct sshkex_method	*method;
	struct sshkex_list		 list;
	size_t				 i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		list = (struct sshkex_list){ rows[i].names, strlen(rows[i].names) };
		method = sshkex_method_any(&list);
		assert_int_equal(method == NULL, rows[i].method == NULL);
		if (method != NULL)
			assert_string_equal(method->name, rows[i].method);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_kexinit),
		cmocka_unit_test(test_offer),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_disconnect),
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_host_key),
		cmocka_unit_test(test_tail),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_any),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
