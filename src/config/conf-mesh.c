/* SPDX-License-Identifier: ISC */
/* The peers of the mesh, with what the user's own files say of their names. */

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "config/conf.h"
#include "facts/detect.h"
#include "facts/mesh.h"
#include "facts/ssh-known.h"
#include "facts/ssh-trust.h"
#include "sshconf/ssh-ask.h"

#define KNOWN_MS	30000			/* for all names of peers that publish keys */

/* What known_hosts has of one name: 0, or -1 with the error set. */
static int
mesh_known_name(json_t *all, const struct ssh_known *known, const char *name, struct error *err)
{
	json_t	*lines;

	if (name[0] == '\0' || json_object_get(all, name) != NULL)
		return (0);
	lines = json_array();
	json_object_set_new(all, name, lines);
	if (ssh_trust_add(lines, known, name, 0) == 0)
		return (0);
	conf_ssh_unread(known->files, err);
	return (-1);
}

/* What it has of all names of one peer. */
static int
mesh_known_peer(json_t *all, const struct ssh_known *known, const json_t *peer, struct error *err)
{
	const json_t	*one;
	char		 name[ADDR_HOST_MAX + 1];
	size_t		 i;

	if (mesh_known_name(all, known, addr_host_lower(json_text_at(peer, "name"), name),
	    err) == -1)
		return (-1);
	name[strcspn(name, ".")] = '\0';
	if (mesh_known_name(all, known, name, err) == -1)
		return (-1);
	json_array_foreach(json_object_get(peer, "addresses"), i, one)
		if (mesh_known_name(all, known, addr_host_lower(json_string_value(one), name),
		    err) == -1)
			return (-1);
	return (0);
}

/* facts.ssh.known_names, of the peers that publish keys. */
static int
mesh_known(json_t *doc, struct error *err)
{
	struct detect_input	 in = { .root = "", .until_ms = clock_ms() + KNOWN_MS };
	struct ssh_ask		*ask;
	char			 files[CONF_KNOWN_FILES];
	struct ssh_known	 known = { .in = &in, .files = files };
	const json_t		*peer;
	json_t			*all = json_object();
	size_t			 i;

	json_put(doc, "facts.ssh.known_names", all);
	if ((ask = conf_ssh_ask(NULL, err)) == NULL)
		return (-1);
	conf_ssh_known(ask->out, files);
	free(ask);
	json_array_foreach(json_at(doc, "facts.peers"), i, peer)
		if (json_array_size(json_object_get(peer, "host_keys")) > 0 &&
		    mesh_known_peer(all, &known, peer, err) == -1)
			return (-1);
	return (0);
}

json_t *
conf_document_mesh(const struct conf *conf, struct error *err)
{
	json_t	*peers, *doc;

	if ((peers = mesh_peers(conf->tailscaled, err)) == NULL)
		return (NULL);
	if ((doc = conf_document(conf, NULL, err)) == NULL) {
		json_decref(peers);
		return (NULL);
	}
	json_put(doc, "facts.peers", peers);
	conf_named(doc, peers);
	if (strcmp(conf->command->name, "known-hosts") != 0 || mesh_known(doc, err) == 0)
		return (doc);
	json_decref(doc);
	return (NULL);
}
