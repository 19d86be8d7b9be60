#include "check.h"
#include "wire/sshwire.h"

static const struct {
	const char		*text;
	enum sshwire_id_state	 state;
} greetings[] = {
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
	for (i = 0; i < COUNT(greetings); i++) {
		memset(&whole, 0, sizeof(whole));
		memset(&single, 0, sizeof(single));
		sshwire_id_feed(&whole, greetings[i].text, strlen(greetings[i].text));
		for (j = 0; greetings[i].text[j] != '\0'; j++)
			sshwire_id_feed(&single, greetings[i].text + j, 1);
		if (whole.state != greetings[i].state)
			fail_msg("\"%s\" gives %d", greetings[i].text, whole.state);
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

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_greetings),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_first_line),
		cmocka_unit_test(test_client),
	};

	return (cmocka_run_group_tests_name("sshwire", tests, NULL, NULL));
}
