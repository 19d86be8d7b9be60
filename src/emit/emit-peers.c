/* SPDX-License-Identifier: ISC */
/* The peers that were asked for. */

#include <sys/types.h>
#include <sys/socket.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/json.h"
#include "emit/emit-peers.h"

/* First words that mean something else everywhere. */
static const char	reserved[][16] = {
	"_gateway", "_localdnsproxy", "_localdnsstub", "_outbound", "broadcasthost", "gateway",
	"ip6-allnodes",
	"ip6-allrouters", "ip6-localhost", "ip6-localnet", "ip6-loopback", "ip6-mcastprefix",
	"local", "localhost",
	"localhost4", "localhost6", "wpad"
};

/* The first word of a whole name, or "" if it has but one, or that is too long. */
static void
peers_label(const char *name, char label[64])
{
	size_t	len = strcspn(name, ".");

	label[0] = '\0';
	if (name[len] == '\0' || len >= 64)
		return;
	memcpy(label, name, len);
	label[len] = '\0';
}

/*
 * Not a word that is taken, nor one that could be an address, as inet_aton(3) takes "10" and
 * "0x7f".
 */
static int
peers_label_ok(const char *label)
{
	size_t	i;

	for (i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(label, reserved[i]) == 0)
			return (0);
	return (label[strspn(label, "0123456789")] != '\0' && strncmp(label, "0x", 2) != 0);
}

static void
peers_count(struct emit_peers *peers, const char *name)
{
	json_int_t	count = json_integer_value(json_object_get(peers->names, name));

	if (name[0] != '\0')
		json_object_set_new(peers->names, name, json_integer(count + 1));
}

void
emit_peers_begin(struct emit_peers *peers, const json_t *doc)
{
	const json_t	*list = json_at(doc, "facts.peers"), *row;
	char		 name[ADDR_HOST_MAX + 1], label[64];
	size_t		 i;

	peers->doc = doc;
	peers->at = 0;
	peers->names = json_object();
	for (i = 0; i < json_array_size(list); i++) {
		row = json_array_get(list, i);
		addr_host_lower(json_text_at(row, "name"), name);
		peers_label(name, label);
		peers_count(peers, name);
		peers_count(peers, label);
	}
}

void
emit_peers_end(struct emit_peers *peers)
{
	json_decref(peers->names);
	peers->names = NULL;
}

int
emit_peers_theirs(const struct emit_peers *peers, const char *name)
{
	return (json_object_get(json_at(peers->doc, "facts.ssh.named"), name) != NULL);
}

void
emit_peers_put_theirs(FILE *fp, const json_t *doc)
{
	json_t		*who;
	const char	*name, *by, *file;
	char		 shown[100];

	json_object_foreach(json_at(doc, "facts.ssh.named"), name, who) {
		if (!addr_host_ok(name))
			continue;
		by = json_text_at(who, "by");
		file = json_text_at(who, "file");
		fprintf(fp, "# %s is left out; your own configuration has it: %s", name,
		    error_vis(shown, sizeof(shown), by != NULL ? by : ""));
		if (file != NULL && file[0] != '\0')
			fprintf(fp, " (%s)", error_vis(shown, sizeof(shown), file));
		fprintf(fp, "\n");
	}
	if (json_truth_at(doc, "facts.ssh.named_blind") == 1)
		fprintf(fp, "# Not all files of ssh's configuration could be read: "
		    "names that only those have are not left out.\n");
}

int
emit_peers_some(const json_t *doc)
{
	const json_t	*wanted = json_at(doc, "wanted");

	return (json_object_get(wanted, "tag") != NULL || json_object_get(wanted, "user") != NULL ||
	    json_object_get(wanted, "os") != NULL || json_object_get(wanted, "online") != NULL);
}

/* No such wish, or the row has that text, letter case aside. */
static int
peers_fits(const struct emit_peers *peers, const json_t *row, const char *wish, const char *key)
{
	const char	*wanted = json_text_at(peers->doc, wish);
	const char	*value = json_string_value(json_object_get(row, key));

	return (wanted == NULL || (value != NULL && strcasecmp(value, wanted) == 0));
}

/* "tag:" may be left out. */
static int
peers_tagged(const struct emit_peers *peers, const json_t *row)
{
	const char	*wanted = json_text_at(peers->doc, "wanted.tag"), *tag;
	const json_t	*tags = json_object_get(row, "tags");
	size_t		 i;

	if (wanted != NULL && strncmp(wanted, "tag:", 4) == 0)
		wanted += 4;
	for (i = 0; wanted != NULL && i < json_array_size(tags); i++) {
		tag = json_string_value(json_array_get(tags, i));
		if (tag != NULL && strcmp(strncmp(tag, "tag:", 4) == 0 ? tag + 4 : tag,
		    wanted) == 0)
			return (1);
	}
	return (wanted == NULL);
}

/*
 * The mesh has a say on names below its own domain, and Tailscale on those below its; others,
 * though a control server may give them, could be anybody's. A name that two peers have leads to
 * either.
 */
static void
peers_put_names(const struct emit_peers *peers, const json_t *row, struct emit_peer *peer)
{
	const char	*suffix = json_text_at(peers->doc, "facts.tailscale.suffix");

	addr_host_lower(json_text_at(row, "name"), peer->name);
	peers_label(peer->name, peer->label);
	if (!addr_name_is_tailnet(peer->name, suffix != NULL ? suffix : "") ||
	    strpbrk(peer->name, ":%") != NULL || json_integer_value(json_object_get(peers->names,
	    peer->name)) != 1)
		peer->name[0] = peer->label[0] = '\0';
	/* MagicDNS does not search the domains of those who share their nodes. */
	if (!addr_name_under(peer->name, suffix) || !peers_label_ok(peer->label) ||
	    json_integer_value(json_object_get(peers->names, peer->label)) != 1)
		peer->label[0] = '\0';
}

static void
peers_put_addresses(const json_t *row, struct emit_peer *peer)
{
	const json_t		*list = json_object_get(row, "addresses");
	struct sockaddr_storage	 ss;
	const char		*text;
	size_t			 i;

	peer->addr_count = 0;
	for (i = 0; i < json_array_size(list) && peer->addr_count < EMIT_PEERS_ADDRS_MAX; i++) {
		text = json_string_value(json_array_get(list, i));
		if (text != NULL && addr_literal(text, 0, &ss) != 0 &&
		    addr_is_tailnet((struct sockaddr *)&ss))
			peer->addrs[peer->addr_count++] = text;
	}
}

int
emit_peers_next(struct emit_peers *peers, struct emit_peer *peer)
{
	const json_t	*list = json_at(peers->doc, "facts.peers"), *row;

	while (peers->at < json_array_size(list)) {
		row = json_array_get(list, peers->at++);
		if (!peers_fits(peers, row, "wanted.user", "user") ||
		    !peers_fits(peers, row, "wanted.os", "os") || !peers_tagged(peers, row) ||
		    (json_at(peers->doc, "wanted.online") != NULL &&
		    !json_is_true(json_object_get(row, "online"))))
			continue;
		peers_put_names(peers, row, peer);
		peers_put_addresses(row, peer);
		peer->host_keys = json_object_get(row, "host_keys");
		if (peer->name[0] != '\0' || peer->addr_count > 0)
			return (1);
	}
	return (0);
}
