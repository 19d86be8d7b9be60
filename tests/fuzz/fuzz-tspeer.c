/* SPDX-License-Identifier: ISC */
/* Fuzz target: tspeer. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/tspeer.h"
#include "wire/tsping.h"

static void
check_name(const char *name, size_t size)
{
	size_t	len;

	must(memchr(name, '\0', size) != NULL);
	if ((len = strlen(name)) > 0)
		must(addr_host_ok(name) && name[0] != '.' && name[len - 1] != '.');
}

static void
check_peer(const struct tspeer *peer)
{
	int	i;

	check_name(peer->name, sizeof(peer->name));
	must(memchr(peer->os, '\0', sizeof(peer->os)) != NULL &&
	    memchr(peer->relay, '\0', sizeof(peer->relay)) != NULL);
	must(peer->addr_count >= 0 && peer->addr_count <= TSPEER_ADDRS_MAX);
	must(peer->online >= -1 && peer->online <= 1 && peer->seen_s >= 0 && peer->expires_s >= 0);
	for (i = 0; i < peer->addr_count; i++)
		must(memchr(peer->addrs[i], '\0', ADDR_TEXT_MAX) != NULL &&
		    addr_host_ok(peer->addrs[i]));
}

static void
check(const struct tspeers *peers)
{
	must(memchr(peers->state, '\0', sizeof(peers->state)) != NULL && peers->state[0] != '\0');
	must(peers->count >= 0 && peers->magicdns >= -1 && peers->magicdns <= 1);
	must(peers->exit_node >= -1 && peers->exit_node <= 1);
	check_name(peers->suffix, sizeof(peers->suffix));
	check_name(peers->similar, sizeof(peers->similar));
	check_peer(&peers->self);
	check_peer(&peers->peer);
	must(!peers->found || peers->similar[0] == '\0');
}

/* What would stand in a configuration. */
static void
check_list(const char *text, size_t len)
{
	json_t		*list = tspeer_list(text, len), *peer;
	const char	*name;
	size_t		 i;

	must(list != NULL || errno == EINVAL);
	json_array_foreach(list, i, peer) {
		name = json_string_value(json_object_get(peer, "name"));
		must(name != NULL && (name[0] == '\0' || addr_host_ok(name)));
		must(name[0] != '\0' || json_array_size(json_object_get(peer, "addresses")) > 0);
	}
	json_decref(list);
}

static void
check_ping(const char *text, size_t len)
{
	struct tsping	ping;

	if (tsping_read(text, len, &ping) == 0)
		must((ping.answered == 0 || ping.answered == 1) && ping.ms >= 0 &&
		    memchr(ping.relay, '\0', sizeof(ping.relay)) != NULL);
}

/*
 * A host, a newline, and a status document, both of unknown origin; a blank behind the document
 * changes nothing.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tspeers	 peers, again;
	const uint8_t	*end = size > 0 ? memchr(data, '\n', size) : NULL;
	char		*host, *text;
	size_t		 len = end != NULL ? (size_t)(end - data) : 0;
	int		 result;

	if (end == NULL || len > ADDR_HOST_MAX || (host = strndup((const char *)data, len)) == NULL)
		return (0);
	size -= len + 1;
	if (addr_host_ok(host) && (text = malloc(size + 1)) != NULL) {
		memcpy(text, data + len + 1, size);
		text[size] = ' ';
		result = tspeer_find(text, size, host, &peers);
		must(result == 0 || result == -1);
		if (result == 0)
			check(&peers);
		check_list(text, size);
		check_ping(text, size);
		must(tspeer_find(text, size + 1, host, &again) == result);
		must(result == -1 || memcmp(&peers, &again, sizeof(peers)) == 0);
		free(text);
	}
	free(host);
	return (0);
}
