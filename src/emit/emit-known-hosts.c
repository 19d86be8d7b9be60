/* SPDX-License-Identifier: ISC */
/* Emitter: known_hosts lines of the mesh's peers. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "emit/emit-peers.h"
#include "emit/emit-tailnet.h"
#include "facts/ssh-trust.h"
#include "wire/sshkey.h"

/*
 * The name behind a comma, if it is one and may have this key; if known_hosts says something else,
 * a comment tells. 1 or 0.
 */
static int
known_name(FILE *names, FILE *fp, const struct emit_peers *peers, const char *name, const char *key)
{
	const json_t	*lines = json_object_get(json_at(peers->doc, "facts.ssh.known_names"),
			    name), *where;
	const char	*file;
	char		 shown[100];

	if (name[0] == '\0' || emit_peers_theirs(peers, name))
		return (0);
	switch (ssh_trust(lines, key, &where)) {
	case SSH_TRUST_NEW:
	case SSH_TRUST_ELSEWHERE:
	case SSH_TRUST_KNOWN:
		fprintf(names, "%s%s", ftell(names) > 0 ? "," : "", name);
		return (1);
	case SSH_TRUST_AUTHORITY:
	case SSH_TRUST_DIFFERS:
	case SSH_TRUST_REVOKED:
		break;
	}
	file = json_text_at(where, "file");
	fprintf(fp, "# %s is left out for this %.*s key: %s line %d does not trust it\n", name,
	    (int)strcspn(key, " "), key, error_vis(shown, sizeof(shown),
	    file != NULL ? file : "known_hosts"), (int)json_number_at(where, "line", 0));
	return (0);
}

/* The line of a key, with the names that the peer may be called by, if there are any. */
static void
known_line(FILE *fp, const struct emit_peers *peers, const struct emit_peer *peer, const char *text,
    int len)
{
	char	*key = xasprintf("%.*s", len, text), *list;
	size_t	 size;
	FILE	*names = xmemstream(&list, &size);
	int	 i, count;

	count = known_name(names, fp, peers, peer->name, key);
	count += known_name(names, fp, peers, peer->label, key);
	for (i = 0; i < peer->addr_count; i++)
		count += known_name(names, fp, peers, peer->addrs[i], key);
	xmemstream_close(names);
	if (count > 0)
		fprintf(fp, "%s %s\n", list, key);
	free(list);
	free(key);
}

/* A key may be told twice, with another comment. */
static int
known_again(const struct emit_peer *peer, size_t at, const char *text, int len)
{
	const char	*other;

	while (at-- > 0)
		if ((other = json_string_value(json_array_get(peer->host_keys, at))) != NULL &&
		    strncmp(other, text, (size_t)len) == 0 && sshkey_text(other) == len)
			return (1);
	return (0);
}

int
emit_known_hosts(FILE *fp, const json_t *doc, struct error *err)
{
	struct emit_peers	 peers;
	struct emit_peer	 peer;
	const char		*text;
	size_t			 i;
	int			 len, count = 0;

	emit_peers_begin(&peers, doc);
	fprintf(fp,
	    "# The mesh's control server vouches for these; they are those of peers with Tailscale SSH.\n");
	emit_peers_put_theirs(fp, doc);
	while (emit_peers_next(&peers, &peer))
		for (i = 0; i < json_array_size(peer.host_keys); i++) {
			text = json_string_value(json_array_get(peer.host_keys, i));
			if (text == NULL || (len = sshkey_text(text)) == 0 ||
			    known_again(&peer, i, text, len))
				continue;
			known_line(fp, &peers, &peer, text, len);
			count++;
		}
	emit_peers_end(&peers);
	if (count > 0)
		return (0);
	error_set(err, CODE_PEER_UNKNOWN, "no peer%s publishes a host key",
	    emit_peers_some(doc) ? " like that" : "");
	return (-1);
}
