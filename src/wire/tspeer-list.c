/* SPDX-License-Identifier: ISC */
/* All peers in tailscaled's status document. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "wire/tspeer.h"

#define LIST_TEXTS_MAX	32	/* tags, or host keys, of one peer */

#define LIST_WORD	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:"
/* A public key is two words, and the second is base64. */
#define LIST_KEY	LIST_WORD "+/=@ "

/* The texts of a list that have none but these bytes. */
static json_t *
list_texts(const json_t *list, const char *bytes)
{
	json_t		*texts = json_array();
	const char	*text;
	size_t		 i;

	for (i = 0; i < json_array_size(list) && json_array_size(texts) < LIST_TEXTS_MAX; i++) {
		text = json_string_value(json_array_get(list, i));
		if (text != NULL && text[0] != '\0' && text[strspn(text, bytes)] == '\0' &&
		    strlen(text) == json_string_length(json_array_get(list, i)))
			json_array_append_new(texts, json_string(text));
	}
	return (texts);
}

static const char *
list_user(const json_t *root, const json_t *peer)
{
	const json_t	*id = json_object_get(peer, "UserID");
	char		 key[32];

	/*
	 * Numbers are read as floating point, which is exact up to 2^53, and real ones are below
	 * that.
	 */
	snprintf(key, sizeof(key), "%.0f", json_number_value(id));
	return (json_string_value(json_object_get(json_object_get(json_object_get(root, "User"),
	    key), "LoginName")));
}

static json_t *
list_peer(const json_t *root, const json_t *object)
{
	struct tspeer	 peer;
	json_t		*row = json_object(), *addresses = json_array();
	const char	*id = json_string_value(json_object_get(object, "ID")),
			    *user = list_user(root, object);
	char		 shown[ADDR_HOST_MAX + 1];
	int		 i;

	tspeer_read(object, &peer);
	for (i = 0; i < peer.addr_count; i++)
		json_array_append_new(addresses, json_string(peer.addrs[i]));
	json_object_set_new(row, "addresses", addresses);
	json_object_set_new(row, "name", json_string(peer.name));
	if (id != NULL && id[0] != '\0' && id[strspn(id, LIST_WORD)] == '\0')
		json_object_set_new(row, "id", json_string(id));
	if (peer.online != -1)
		json_object_set_new(row, "online", json_boolean(peer.online));
	json_object_set_new(row, "expired", json_boolean(peer.expired));
	if (peer.os[strspn(peer.os, LIST_WORD)] == '\0')
		json_object_set_new(row, "os", json_string(peer.os));
	if (user != NULL)
		json_object_set_new(row, "user", json_string(error_vis(shown, sizeof(shown),
		    user)));
	json_object_set_new(row, "tags", list_texts(json_object_get(object, "Tags"), LIST_WORD));
	json_object_set_new(row, "host_keys", list_texts(json_object_get(object, "sshHostKeys"),
	    LIST_KEY));
	return (row);
}

/*
 * Something that can be connected to, and no exit node of Mullvad's, of which a mesh has hundreds.
 */
static int
list_useful(const json_t *row)
{
	const char	*name = json_text_at(row, "name");

	return (name != NULL && (name[0] != '\0' || json_text_at(row, "addresses.0") != NULL) &&
	    !addr_name_under(name, "mullvad.ts.net"));
}

static int
list_order(const void *a, const void *b)
{
	const json_t	*one = *(json_t *const *)a, *two = *(json_t *const *)b;
	int		 order = strcmp(json_text_at(one, "name"), json_text_at(two, "name"));
	const char	*first = json_text_at(one, "addresses.0"),
			    *second = json_text_at(two, "addresses.0");

	return (order != 0 || first == NULL || second == NULL ? order : strcmp(first, second));
}

/* A list of these rows, which are its from then on. */
static json_t *
list_of(json_t **rows, size_t count)
{
	json_t	*list = json_array();
	size_t	 i;

	qsort(rows, count, sizeof(*rows), list_order);
	for (i = 0; i < count; i++)
		json_array_append_new(list, rows[i]);
	return (list);
}

static json_t *
list_peers(json_t *root)
{
	json_t		*peers = json_object_get(root, "Peer"), *object, *list, **rows, *row;
	const char	*key;
	size_t		 count = 0;

	rows = xcalloc(json_object_size(peers), sizeof(*rows));
	json_object_foreach(peers, key, object) {
		row = list_peer(root, object);
		if (json_truth_at(object, "ShareeNode") != 1 && list_useful(row))
			rows[count++] = row;
		else
			json_decref(row);
	}
	list = list_of(rows, count);
	free(rows);
	return (list);
}

json_t *
tspeer_list(const char *buf, size_t len)
{
	json_t		*root = json_parse(buf, len, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL);
	const char	*state = json_text_at(root, "BackendState");
	json_t		*list = NULL;

	if (state != NULL && strcmp(state, "Running") == 0)
		list = list_peers(root);
	else
		errno = EINVAL;
	json_decref(root);
	return (list);
}
