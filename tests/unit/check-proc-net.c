/* SPDX-License-Identifier: ISC */
/* Unit tests: proc-net. */

#include <arpa/inet.h>
#include <stdint.h>

#include "check.h"
#include "os/proc-net.h"

#define TAIL " 00000000:00000000 00:00000000 00000000 "
#define END "        0 1586897 1 00000000425c920b 100 0 0 10 0                   \n"

/*
 * Rows, and whether connections to 127.0.0.1:1055 and [::1]:1055 get to them; the words are as this
 * machine has them.
 */
static const struct {
	const char	*address;	/* the kernel's own format is made from these */
	int		 port;
	const char	*rest;
	int		 parsed;
	int		 listens;
	uid_t		 uid;
	int		 takes, takes6;
} rows[] = {
	{ "127.0.0.1", 1055, " 00000000:0000 0A" TAIL "    0" END, 0, 1, 0, 1, 0 },
	{ "127.0.0.1", 1055, " 00000000:0000 0A" TAIL " 1234" END, 0, 1, 1234, 1, 0 },
	{ "127.0.0.1", 1055, " 00000000:0000 0A" TAIL "4294967294" END, 0, 1, 4294967294u, 1, 0 },
	{ "127.0.0.1", 1055, " 0100007F:1000 01" TAIL " 1234" END, 0, 0, 1234, 1, 0 },
	{ "127.0.0.1", 1056, " 00000000:0000 0A" TAIL " 1234" END, 0, 1, 1234, 0, 0 },
	{ "127.0.0.2", 1055, " 00000000:0000 0A" TAIL " 1234" END, 0, 1, 1234, 0, 0 },
	{ "0.0.0.0", 1055, " 00000000:0000 0A" TAIL " 1234" END, 0, 1, 1234, 1, 0 },
	{ "::1", 1055, " 00000000000000000000000000000000:0000 0A" TAIL " 1234" END, 0, 1, 1234, 0,
	    1 },
	{ "::", 1055, " 00000000000000000000000000000000:0000 0A" TAIL " 1234" END, 0, 1, 1234, 1,
	    1 },
	{ "::ffff:127.0.0.1", 1055, " 00000000000000000000000000000000:0000 0A" TAIL " 1234" END, 0,
	    1, 1234, 1, 0 },
	{ "::ffff:0.0.0.0", 1055, " 00000000000000000000000000000000:0000 0A" TAIL " 1234" END, 0,
	    1, 1234, 1, 0 },
	{ "2001:db8::7", 1055, " 00000000000000000000000000000000:0000 0A" TAIL " 1234" END, 0, 1,
	    1234, 0, 0 },
	{ "127.0.0.1", 1055, " 00000000:0000 0A" TAIL "4294967296" END, -1, 0, 0, 0, 0 },
	{ "127.0.0.1", 1055, " 00000000:0000 0A" TAIL "99999999999" END, -1, 0, 0, 0, 0 },
	{ "127.0.0.1", 1055, " 00000000:0000 0A" TAIL "-1" END, -1, 0, 0, 0, 0 },
	{ "127.0.0.1", 1055, " 00000000:0000 0A" TAIL "12x" END, -1, 0, 0, 0, 0 },
	{ "127.0.0.1", 1055, " 00000000:0000 0A" TAIL, -1, 0, 0, 0, 0 },
	{ "127.0.0.1", 1055, " 00000000:0000 0A\n", -1, 0, 0, 0, 0 },
	{ "127.0.0.1", 1055, "", -1, 0, 0, 0, 0 },
};

static const char *const	odd[] = {
	"", "\n",
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n",
	"   0: 0100007:041F 00000000:0000 0A" TAIL " 0" END,
	"   0: 0100007F0:041F 00000000:0000 0A" TAIL " 0" END,
	"   0: 0100007F: 00000000:0000 0A" TAIL " 0" END,
	"   x: 0100007F:041F 00000000:0000 0A" TAIL " 0" END,
	"   0: 0100007F0100007F:041F 00000000:0000 0A" TAIL " 0" END,
	"   0: 00000000000000000000000000000000000000:041F 00000000:0000 0A" TAIL " 0" END,
};

/* As the kernel does it: words of 32 bits, each a number of this machine. */
static void
row_text(size_t i, char text[512])
{
	unsigned char	bytes[16];
	uint32_t	word;
	size_t		len = strchr(rows[i].address, ':') != NULL ? 16 : 4, at;

	assert_int_equal(inet_pton(len == 16 ? AF_INET6 : AF_INET, rows[i].address, bytes), 1);
	strlcpy(text, "   7: ", 512);
	for (at = 0; at < len; at += 4) {
		memcpy(&word, bytes + at, 4);
		snprintf(text + strlen(text), 512 - strlen(text), "%08X", word);
	}
	snprintf(text + strlen(text), 512 - strlen(text), ":%04X%s", (unsigned int)rows[i].port,
	    rows[i].rest);
}

static void
test_rows(void **state)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET, .sin_port = htons(1055) };
	struct sockaddr_in6	sin6 = { .sin6_family = AF_INET6, .sin6_port = htons(1055),
				    .sin6_addr = in6addr_loopback };
	struct proc_net		row;
	char			text[512];
	size_t			i;

	(void)state;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (i = 0; i < COUNT(rows); i++) {
		row_text(i, text);
		if (proc_net_row(text, &row) != rows[i].parsed)
			fail_msg("row %zu: %s", i, text);
		if (rows[i].parsed == -1)
			continue;
		assert_int_equal(row.listens, rows[i].listens);
		assert_int_equal(row.uid, rows[i].uid);
		assert_int_equal(proc_net_takes(&row, (struct sockaddr *)&sin), rows[i].takes);
		assert_int_equal(proc_net_takes(&row, (struct sockaddr *)&sin6), rows[i].takes6);
	}
	for (i = 0; i < COUNT(odd); i++)
		if (proc_net_row(odd[i], &row) != -1)
			fail_msg("taken for a row: %s", odd[i]);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_rows),
	};

	return (cmocka_run_group_tests_name("proc-net", tests, NULL, NULL));
}
