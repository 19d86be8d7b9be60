#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "emit/emit-peers.h"
#include "emit/emit-tailnet.h"

#define TYPE_MAX	64	/* OpenSSH's longest name has 46 bytes */
#define BASE64		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/*
 * The length of the key's two words, type and base64, if they are a public key: what is encoded begins with the type
 * (RFC 4253 6.6). A comment behind them is left out. 0 if they are none.
 */
static int
known_key(const char *text)
{
	char		 blob[sizeof(uint32_t) + TYPE_MAX], head[BASE64_SIZE(sizeof(blob))];
	const char	*body = text + strcspn(text, " ");
	size_t		 len = (size_t)(body - text), whole;
	uint32_t	 size = htonl((uint32_t)len);

	if (len == 0 || len > TYPE_MAX || *body != ' ' ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789@.-") != len)
		return (0);
	body++;
	memcpy(blob, &size, sizeof(size));
	memcpy(blob + sizeof(size), text, len);
	/* Of the last, broken group of three bytes the text is not known. */
	whole = (sizeof(size) + len) / 3;
	base64(head, sizeof(head), blob, whole * 3);
	if (strncmp(body, head, whole * 4) != 0)
		return (0);
	len = strspn(body, BASE64);
	len += strspn(body + len, "=");
	return ((body[len] == '\0' || body[len] == ' ') && len % 4 == 0 && len > whole * 4 ?
	    (int)(body + len - text) : 0);
}

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
		    strncmp(other, text, (size_t)len) == 0 && known_key(other) == len)
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
			if (text == NULL || (len = known_key(text)) == 0 || known_again(&peer, i, text, len))
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
