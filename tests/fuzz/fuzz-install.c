/* SPDX-License-Identifier: ISC */
/*
 * Text of a configuration and of our own file: whatever stands there, our two lines go in and come
 * out again, and every other byte stays.
 */

#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "install/install-text.h"

static const struct install_names	names = {
	.own = "/home/u/.ssh/meshssh.conf",
	.folder = "/home/u/.ssh",
	.home = "/home/u",
	.include = "/home/u/.ssh/meshssh.conf"
};

static int
same(const struct install_text *a, const struct install_text *b)
{
	return (a->len == b->len && (a->len == 0 || memcmp(a->bytes, b->bytes, a->len) == 0));
}

static void
try_config(const struct install_text *in)
{
	struct install_text	bare, put, again, back;

	install_config_cut(in, &names, &bare);
	if (bare.bytes == NULL)
		return;
	install_config_put(&bare, &names, &put);
	if (!install_config_reads(&put, &names))
		abort();
	install_config_cut(&put, &names, &back);
	/* A file that held nothing but lines of ours may be said to be ours: then it is gone. */
	if (!same(&back, &bare) && bare.len > 0)
		abort();
	install_config_put(&put, &names, &again);
	if (!same(&again, &put))
		abort();
	free(again.bytes);
	free(back.bytes);
	free(put.bytes);
	free(bare.bytes);
}

static void
try_own(const struct install_text *in)
{
	struct install_text	put, cut;
	char			name[INSTALL_NAME], line[INSTALL_LINE];
	size_t			at = 0;

	while (install_own_next(in, &at, name))
		if (!install_own_has(in, name))
			abort();
	for (at = 0; install_own_hosts(in, &at, line); )
		continue;
	install_own_put(in, "nas", "Host nas\n", &put);
	if (!install_own_has(&put, "nas"))
		abort();
	install_own_cut(&put, "nas", &cut);
	free(cut.bytes);
	free(put.bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct install_text	in = { .len = len };

	if ((in.bytes = malloc(len + 1)) == NULL)
		return (0);
	memcpy(in.bytes, data, len);
	try_config(&in);
	try_own(&in);
	free(in.bytes);
	return (0);
}
