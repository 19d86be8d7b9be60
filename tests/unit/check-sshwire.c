/* SPDX-License-Identifier: ISC */
/* Unit tests: sshwire. */

#include "check.h"
#include "wire/sshwire.h"

static const struct {
	const char		*text;
	enum sshwire_id_state	 state;
} identifications[] = {
	{ "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",			SSHWIRE_SSH },
	{ "SSH-2.0-OpenSSH_9",					SSHWIRE_MORE },
	{ "SSH-\n",						SSHWIRE_SSH },
	{ "SSH",						SSHWIRE_MORE },
	{ "",							SSHWIRE_MORE },
	{ "Welcome\r\nto the machine\nSSH-1.99-x\n",		SSHWIRE_SSH },
	{ "\n\n\nSSH-2.0-x\n",					SSHWIRE_SSH },
	{ " SSH-2.0-x\n",					SSHWIRE_MORE },
	{ "xSSH-2.0-x\nSSHSSH-\nSSH-x\n",			SSHWIRE_SSH },
	{ "SSSH-2.0-x\n",					SSHWIRE_MORE },
	{ "220 mail.example ESMTP\r\n",				SSHWIRE_MORE },
	{ "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n",	SSHWIRE_NOT_SSH },
	{ "HTTP/1.1 400 Bad Request\r\n\r\nSSH-2.0-x\r\n",	SSHWIRE_NOT_SSH },
	{ "x\nHTTP/1.1 400\nSSH-2.0\n",				SSHWIRE_SSH },
};

/* The same verdict whether the bytes come at once or one by one. */
static void
test_greetings(void **state)
{
	struct sshwire_id	whole, single;
	size_t			i, j;

	(void)state;
	for (i = 0; i < COUNT(identifications); i++) {
		memset(&whole, 0, sizeof(whole));
		memset(&single, 0, sizeof(single));
		sshwire_id_feed(&whole, identifications[i].text, strlen(identifications[i].text));
		for (j = 0; identifications[i].text[j] != '\0'; j++)
			sshwire_id_feed(&single, identifications[i].text + j, 1);
		if (whole.state != identifications[i].state)
			fail_msg("\"%s\" gives %d", identifications[i].text, whole.state);
		assert_memory_equal(&whole, &single, sizeof(whole));
	}
}

static void
test_limits(void **state)
{
	struct sshwire_id	id;
	size_t			i;

	(void)state;
	memset(&id, 0, sizeof(id));
	for (i = 0; i < SSHWIRE_LINE_MAX; i++)
		assert_int_equal(sshwire_id_feed(&id, "x", 1), SSHWIRE_MORE);
	assert_int_equal(sshwire_id_feed(&id, "x", 1), SSHWIRE_NOT_SSH);
	assert_int_equal(sshwire_id_feed(&id, "\nSSH-", 5), SSHWIRE_NOT_SSH);

	memset(&id, 0, sizeof(id));
	for (i = 0; i < SSHWIRE_LINES_MAX - 1; i++)
		assert_int_equal(sshwire_id_feed(&id, "x\n", 2), SSHWIRE_MORE);
	assert_int_equal(sshwire_id_feed(&id, "SSH-\n", 5), SSHWIRE_SSH);

	memset(&id, 0, sizeof(id));
	for (i = 0; i < SSHWIRE_LINES_MAX - 1; i++)
		sshwire_id_feed(&id, "x\n", 2);
	assert_int_equal(sshwire_id_feed(&id, "x\n", 2), SSHWIRE_NOT_SSH);
}

static void
test_first_line(void **state)
{
	struct sshwire_id	id;
	char			text[200];

	(void)state;
	memset(&id, 0, sizeof(id));
	sshwire_id_feed(&id, "220 mail\r\nsecond line\r\n", 23);
	assert_string_equal(id.first, "220 mail");
	assert_int_equal(id.total, 23);
	memset(&id, 0, sizeof(id));
	memset(text, 'y', sizeof(text));
	sshwire_id_feed(&id, text, sizeof(text));
	assert_int_equal(strlen(id.first), SSHWIRE_SHOWN - 1);
}

static void
test_client(void **state)
{
	(void)state;
	assert_int_equal(sshwire_is_client("SSH-2.0-x", 9), 1);
	assert_int_equal(sshwire_is_client("SSH-", 4), 1);
	assert_int_equal(sshwire_is_client("SSH", 3), -1);
	assert_int_equal(sshwire_is_client("", 0), -1);
	assert_int_equal(sshwire_is_client("GET /", 5), 0);
	assert_int_equal(sshwire_is_client("SSL", 3), 0);
}

#define ID "SSH-2.0-x\r\n"
#define T(text) text, sizeof(text) - 1

/*
 * RFC 4253 6: packet_length, padding_length, and of the payload first the type, SSH_MSG_KEXINIT =
 * 20.
 */
static const struct {
	const char	*bytes;
	size_t		 len;
	int		 state;
} hellos[] = {
	{ T(""),					SSHWIRE_HELLO_MORE },
	{ T("SSH-2.0"),					SSHWIRE_HELLO_MORE },
	{ T(ID),					SSHWIRE_HELLO_MORE },
	{ T("SSH-2.0-\n\0\0\0"),			SSHWIRE_HELLO_MORE },
	{ T(ID "\0\0\0\5\1\24abc"),		SSHWIRE_HELLO_WHOLE },
	{ T(ID "\0\0\0\5\1\24ab"),		SSHWIRE_HELLO_MORE },
	{ T(ID "\0\0\0\5\1\24abcd"),		SSHWIRE_HELLO_OTHER },
	{ T(ID "\0\0\0\5\1\25abc"),		SSHWIRE_HELLO_OTHER },	/* another type */
	{ T(ID "\0\0\0\2\1\24"),			SSHWIRE_HELLO_WHOLE },
	{ T(ID "\0\0\0\1\1"),			SSHWIRE_HELLO_OTHER },	/* no room for a type */
	{ T(ID "\0\0\0\0"),				SSHWIRE_HELLO_OTHER },
	{ T(ID "\0\0\210\264\1\24"),		SSHWIRE_HELLO_MORE },	/* 34996 and 4 are 35000 */
	{ T(ID "\0\0\210\265\1\24"),		SSHWIRE_HELLO_OTHER },
	{ T(ID "\377\377\377\377\1\24"),		SSHWIRE_HELLO_OTHER },
	/* and 4 are 0, of 32 bits */
	{ T(ID "\377\377\377\374\1\24"),		SSHWIRE_HELLO_OTHER },
	{ T("SSH-1.5-x\n"),				SSHWIRE_HELLO_OTHER },
	{ T("ssh-2.0-x\n"),				SSHWIRE_HELLO_OTHER },
	{ T("\n" ID),					SSHWIRE_HELLO_OTHER },
};

/* The same whether the bytes come at once or one by one. */
static void
test_hellos(void **state)
{
	struct sshwire_hello	whole, single;
	size_t			i, j;

	(void)state;
	for (i = 0; i < COUNT(hellos); i++) {
		memset(&whole, 0, sizeof(whole));
		memset(&single, 0, sizeof(single));
		for (j = 0; j < hellos[i].len; j++)
			sshwire_hello_feed(&single, hellos[i].bytes + j, 1);
		if (sshwire_hello_feed(&whole, hellos[i].bytes, hellos[i].len) != hellos[i].state)
			fail_msg("hello %zu gives %d", i, whole.state);
		assert_memory_equal(&whole, &single, sizeof(whole));
	}
	/* The longest line there may be, and one more. */
	memset(&whole, 0, sizeof(whole));
	sshwire_hello_feed(&whole, "SSH-2.0-", 8);
	for (i = 8; i < SSHWIRE_ID_MAX; i++)
		assert_int_equal(sshwire_hello_feed(&whole, "x", 1), SSHWIRE_HELLO_MORE);
	assert_int_equal(sshwire_hello_feed(&whole, "\n", 1), SSHWIRE_HELLO_OTHER);
}

/* The last line alone is kept, and of a long one the beginning. */
static void
test_line(void **state)
{
	struct sshwire_line	line;
	const char		*text = "Welcome\nSSH-2.0-x\r\n";
	size_t			i;

	(void)state;
	memset(&line, 0, sizeof(line));
	for (i = 0; i < strlen(text); i++)
		sshwire_line_feed(&line, text[i]);
	assert_int_equal(line.ended, 1);
	assert_int_equal(line.len, 11);
	assert_memory_equal(line.text, "SSH-2.0-x\r\n", 11);
	for (i = 0; i < 1000; i++)
		sshwire_line_feed(&line, 'x');
	assert_int_equal(line.ended, 0);
	assert_int_equal(line.len, SSHWIRE_ID_MAX);
}

static void
test_versions(void **state)
{
	(void)state;
	assert_int_equal(sshwire_is_version_2(T("SSH-2.0-x\r\n")), 1);
	assert_int_equal(sshwire_is_version_2(T("SSH-1.99-x\n")), 1);
	assert_int_equal(sshwire_is_version_2(T("SSH-1.5-x\n")), 0);
	assert_int_equal(sshwire_is_version_2(T("SSH-2.1-x\n")), 0);
	assert_int_equal(sshwire_is_version_2(T("SSH-2.0")), 0);
	assert_int_equal(sshwire_is_version_2(T("SSH-1.99")), 0);
	assert_int_equal(sshwire_is_version_2(T("")), 0);
}

static void
test_refusal(void **state)
{
	static const struct {
		const char	*text, *word;
	}	cases[] = {
		{ "Exceeded MaxStartups\r\n", "maxstartups" },
		    { "Not allowed at this time\r\n", "penalty" },
		{ "Not allowed\r\n", NULL }, { "Welcome\r\n", NULL }, { ID, NULL }, { "", NULL },
	};
	struct sshwire_id	id;
	const char		*word;
	size_t			i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		memset(&id, 0, sizeof(id));
		sshwire_id_feed(&id, cases[i].text, strlen(cases[i].text));
		word = sshwire_refusal(&id);
		if (cases[i].word == NULL ? word != NULL : word == NULL ||
		    strcmp(word, cases[i].word) != 0)
			fail_msg("%s is %s", cases[i].text, word != NULL ? word : "none");
	}
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_greetings),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_hellos),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_first_line),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_client),
	};

	return (cmocka_run_group_tests_name("sshwire", tests, NULL, NULL));
}
