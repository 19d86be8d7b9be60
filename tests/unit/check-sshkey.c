/* SPDX-License-Identifier: ISC */
/* Unit tests: sshkey. */

#include <arpa/inet.h>

#include "base/base64.h"
#include "check.h"
#include "wire/sshkey.h"

#define ED25519	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJBWcxb/Blaqt1auOtE+F8QUWrUotiC5qBJ+UuEWdVCb"

static void
test_texts(void **state)
{
	static const struct {
		const char	*text;
		int		 len;
	}	rows[] = {
		{ ED25519, (int)sizeof(ED25519) - 1 },
		{ ED25519 " root@nas", (int)sizeof(ED25519) - 1 },
		{ ED25519 "\troot@nas", 0 },
		{ ED25519 "=", 0 },
		{ ED25519 "====", 0 },
		{ ED25519 "!", 0 },
		{ "nas " ED25519, 0 },
		{ " " ED25519, 0 },
		{ "ssh-ed25519", 0 },
		{ "ssh-ed25519 ", 0 },
		{ "", 0 },
		{ " ", 0 },
		/* The type, and no more than that. */
		{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", 0 },
		{ "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIJBWcxb/Blaqt1auOtE+F8QUWrUotiC5qBJ+UuEWdVCb",
		    0 },
		{ "ssh-ed25519 \303\244AAAC3NzaC1lZDI1NTE5AAAAIJBWcxb/Blaqt1auOtE+F8QUWrUotiC5qBJ+UuEWdVCb",
		    0 },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		if (sshkey_text(rows[i].text) != rows[i].len)
			fail_msg("\"%s\": %d", rows[i].text, sshkey_text(rows[i].text));
}

/* A key of a type of so many letters, of which the encoded one differs from this on. */
static const char *
key_of(size_t len, size_t differs, char text[256])
{
	char		type[65], blob[128], body[256];
	uint32_t	size = htonl((uint32_t)len);

	memset(type, 'a', len);
	type[len] = '\0';
	memcpy(blob, &size, sizeof(size));
	memcpy(blob + 4, type, len);
	if (differs < len)
		blob[4 + differs] = 'b';
	memset(blob + 4 + len, 'k', 36);
	snprintf(text, 256, "%s %s", type, base64(body, sizeof(body), blob, 4 + len + 36));
	return (text);
}

/* Each byte of the type counts, wherever a group of three ends. */
static void
test_types(void **state)
{
	char	text[256];
	size_t	len, at;

	(void)state;
	for (len = 1; len <= 64; len++) {
		if (sshkey_text(key_of(len, len, text)) != (int)strlen(text))
			fail_msg("\"%s\" is none", text);
		for (at = 0; at < len; at++)
			if (sshkey_text(key_of(len, at, text)) != 0)
				fail_msg("\"%s\": byte %zu of the type differs", text, at);
	}
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_types),
	};

	return (cmocka_run_group_tests_name("sshkey", tests, NULL, NULL));
}
