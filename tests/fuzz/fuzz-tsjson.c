/* SPDX-License-Identifier: ISC */
/* Fuzz target: tsjson. */

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/tsjson.h"

static void
check(const struct tsjson *status)
{
	size_t	len;
	int	i;

	must(memchr(status->version, '\0', sizeof(status->version)) != NULL);
	must(memchr(status->state, '\0', sizeof(status->state)) != NULL);
	must(memchr(status->health, '\0', sizeof(status->health)) != NULL);
	must(memchr(status->suffix, '\0', sizeof(status->suffix)) != NULL);
	must(status->tun == TSJSON_TUN_UNSAID || status->tun == TSJSON_TUN_NO ||
	    status->tun == TSJSON_TUN_YES);
	if ((len = strlen(status->suffix)) > 0)
		must(addr_host_ok(status->suffix) && status->suffix[0] != '.' &&
		    status->suffix[len - 1] != '.');
	must(status->addr_count >= 0 && status->addr_count <= TSJSON_ADDRS_MAX);
	for (i = 0; i < status->addr_count; i++)
		must(memchr(status->addrs[i], '\0', ADDR_TEXT_MAX) != NULL &&
		    addr_host_ok(status->addrs[i]));
}

/*
 * A status document of unknown origin: what is shown as a name or an address is one; a blank behind
 * it changes nothing.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tsjson	 status, again;
	char		*copy;
	int		 result;

	result = tsjson_status((const char *)data, size, &status);
	must(result == 0 || result == -1);
	if (result == 0)
		check(&status);
	if ((copy = malloc(size + 1)) == NULL)
		return (0);
	if (size > 0)
		memcpy(copy, data, size);
	copy[size] = '\n';
	must(tsjson_status(copy, size + 1, &again) == result);
	must(result == -1 || memcmp(&status, &again, sizeof(status)) == 0);
	free(copy);
	return (0);
}
