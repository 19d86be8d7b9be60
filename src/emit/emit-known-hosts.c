#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "emit/emit-peers.h"
#include "emit/emit-tailnet.h"
#include "wire/sshkey.h"

/* The names that the peer may be called by, with commas between them. */
static void
known_names(FILE *fp, const struct emit_peer *peer)
{
	const char	*comma = "";
	int		 i;

	if (peer->name[0] != '\0') {
		fprintf(fp, "%s", peer->name);
		comma = ",";
	}
	if (peer->label[0] != '\0')
		fprintf(fp, ",%s", peer->label);
	for (i = 0; i < peer->addr_count; i++, comma = ",")
		fprintf(fp, "%s%s", comma, peer->addrs[i]);
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

	if (emit_peers_begin(&peers, doc, err) == -1)
		return (-1);
	fprintf(fp, "# The mesh's control server vouches for these; they are those of peers with Tailscale SSH.\n");
	while (emit_peers_next(&peers, &peer))
		for (i = 0; i < json_array_size(peer.host_keys); i++) {
			text = json_string_value(json_array_get(peer.host_keys, i));
			if (text == NULL || (len = sshkey_text(text)) == 0 || known_again(&peer, i, text, len))
				continue;
			known_names(fp, &peer);
			fprintf(fp, " %.*s\n", len, text);
			count++;
		}
	emit_peers_end(&peers);
	if (count > 0)
		return (0);
	error_set(err, MSG_NOT_IN_MESH, "no peer%s publishes a host key", emit_peers_some(doc) ? " like that" : "");
	return (-1);
}
