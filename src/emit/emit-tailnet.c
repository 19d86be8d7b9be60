/* SPDX-License-Identifier: ISC */
/* Emitter: a Host block for each peer. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "emit/emit-peers.h"
#include "emit/emit-ssh.h"
#include "emit/emit-tailnet.h"

struct tailnet {
	FILE		*fp;
	const json_t	*doc;
	int		 nameless;	/* peers are called by their addresses */
	/* not all of them are wanted, so they are named one by one */
	int		 some;
	/* the pattern of the mesh's own names, or "" */
	char		 own[ADDR_HOST_MAX + 3];
	int		 count;		/* of peers so far */
	/* peers of which the user's own configuration has each name */
	int		 theirs;
	/* The HostNames that the last block is for, with commas between them. */
	char		*list;
	size_t		 len;
	FILE		*to;
	int		 own_listed;
};

/* The mesh's domain stands for all names below it; one word would be a whole top-level domain. */
static void
tailnet_own(struct tailnet *t)
{
	const char	*suffix = json_text_at(t->doc, "facts.tailscale.suffix");

	t->own[0] = '\0';
	if (suffix != NULL && addr_host_ok(suffix) && strpbrk(suffix, ":%") == NULL &&
	    strchr(suffix, '.') != NULL)
		snprintf(t->own, sizeof(t->own), "*.%s", suffix);
}

static void
tailnet_list(struct tailnet *t, const char *hostname)
{
	if (!t->some && t->own[0] != '\0' && addr_name_under(hostname, t->own + 2)) {
		if (t->own_listed)
			return;
		t->own_listed = 1;
		hostname = t->own;
	}
	fprintf(t->to, "%s%s", ftell(t->to) > 0 ? "," : "", hostname);
}

/*
 * One more name in the line of Host, unless the user's own configuration has it: 1 or 0. Beside it
 * goes how else people and programs write it, in which ssh sees another name.
 */
static int
tailnet_name(struct tailnet *t, const struct emit_peers *peers, const char *name, const char *too,
    int count)
{
	if (name[0] == '\0' || emit_peers_theirs(peers, name))
		return (0);
	fprintf(t->fp, "%s %s", count == 0 ? "Host" : "", name);
	if (strcmp(too, name) != 0)
		fprintf(t->fp, " %s", too);
	return (1);
}

/* By whichever name or address it is called, it is connected to, and known, by one. */
static void
tailnet_peer(struct tailnet *t, const struct emit_peers *peers, const struct emit_peer *peer)
{
	char		 upper[ADDR_HOST_MAX + 1], dotted[sizeof(peer->name) + 1];
	const char	*hostname = peer->name;
	int		 i, count;

	if (peer->addr_count > 0 && (hostname[0] == '\0' || t->nameless))
		hostname = peer->addrs[0];
	snprintf(dotted, sizeof(dotted), "%s.", peer->name);
	count = tailnet_name(t, peers, peer->label, addr_host_upper(peer->label, upper), 0);
	count += tailnet_name(t, peers, peer->name, dotted, count);
	for (i = 0; i < peer->addr_count; i++)
		count += tailnet_name(t, peers, peer->addrs[i], peer->addrs[i], count);
	t->theirs += count == 0;
	if (count == 0)
		return;
	fprintf(t->fp, "\n");
	emit_ssh_line(t->fp, "HostName", hostname, NULL);
	if (peer->name[0] != '\0' && hostname != peer->name)
		emit_ssh_line(t->fp, "HostKeyAlias", peer->name, NULL);
	tailnet_list(t, hostname);
	t->count++;
}

/*
 * What is the same for all stands behind them, once: HostName is set by then. It is not for names
 * that the user's own configuration has, whatever HostName that gives them.
 */
static int
tailnet_common(struct tailnet *t, struct error *err)
{
	json_t		*who;
	const char	*name;
	int		 count = 0, stays = emit_ssh_stays(t->doc, 1);

	fprintf(t->fp, "\nMatch");
	json_object_foreach(json_at(t->doc, "facts.ssh.named"), name, who)
		if (addr_host_ok(name))
			fprintf(t->fp, "%s,!%s", count++ == 0 ? " originalhost *" : "", name);
	fprintf(t->fp, " host %s\n", t->list);
	if (emit_ssh_way(t->fp, t->doc, "", 1, err) == -1)
		return (-1);
	if (!stays && emit_ssh_theirs(t->doc, "proxyusefdpass", "no"))
		emit_ssh_line(t->fp, "ProxyUseFdpass", "no", "this ProxyCommand relays");
	if (!stays) {
		emit_ssh_canonical(t->fp, t->doc);
		emit_ssh_wait(t->fp, t->doc);
	}
	emit_ssh_alive(t->fp, t->doc);
	if (!stays)
		emit_ssh_marks(t->fp, t->doc);
	return (0);
}

static int
tailnet_all(struct tailnet *t, struct error *err)
{
	struct emit_peers	 peers;
	struct emit_peer	 peer;

	emit_peers_begin(&peers, t->doc);
	fprintf(t->fp,
	    "# The first value wins: blocks of your own for single hosts belong above these.\n");
	if (t->nameless)
		fprintf(t->fp,
		    "# Each name of a peer leads to its address, for this machine does not ask MagicDNS.\n"
		    "# known_hosts has its key under its whole name in the mesh.\n");
	else
		fprintf(t->fp,
		    "# Each name and address of a peer leads to its whole name, in known_hosts, too.\n");
	emit_peers_put_theirs(t->fp, t->doc);
	while (emit_peers_next(&peers, &peer))
		tailnet_peer(t, &peers, &peer);
	emit_peers_end(&peers);
	if (t->count == 0 && t->theirs > 0)
		return (0);
	if (t->count == 0) {
		error_set(err, CODE_PEER_UNKNOWN, "there is no %s",
		    t->some ? "peer like that" : "peer");
		return (-1);
	}
	fflush(t->to);
	return (tailnet_common(t, err));
}

int
emit_tailnet(FILE *fp, const json_t *doc, struct error *err)
{
	struct tailnet	t = { .fp = fp, .doc = doc, .nameless = emit_ssh_nameless(doc),
			    .some = emit_peers_some(doc) };
	int		result;

	if (!emit_ssh_knows(doc, "match")) {
		error_set(err, CODE_NO_SSH, "this ssh does not know Match, which came with 6.5");
		return (-1);
	}
	t.to = xmemstream(&t.list, &t.len);
	tailnet_own(&t);
	result = tailnet_all(&t, err);
	xmemstream_close(t.to);
	free(t.list);
	return (result);
}
