/* SPDX-License-Identifier: ISC */
/* Probe: the server's identification and KEXINIT. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "facts/fact.h"
#include "probe/probe-host-key.h"
#include "probe/probe-identification.h"
#include "probe/probe-net.h"
#include "probe/probe-service.h"
#include "route/mss.h"
#include "wire/sshkex.h"
#include "wire/sshwire.h"

#define NAMES_MAX	64	/* of a list; a longer one was cut and says nothing of its end */
#define SOFTWARE_MAX	128

/* Whose identification begins like this; a longer one comes before a shorter one. */
static const struct {
	char	start[24];
	char	kind[16];
} kinds[] = {
	{ "OpenSSH_for_Windows",	"openssh-windows" },
	{ "OpenSSH",			"openssh" },
	{ "dropbear",			"dropbear" },
	{ "tinyssh",			"tinyssh" },
	{ "Tailscale",			"tailscale" },
	{ "Go",				"go" },
	{ "",				"ssh" },
};

/* Lists of a KEXINIT that are told. */
static const struct {
	enum sshkex_lists	list;
	char			path[24];
} told[] = {
	{ SSHKEX_KEX,		"server.kex" },
	{ SSHKEX_HOST_KEYS,	"server.host_key_types" },
	{ SSHKEX_CIPHERS,	"server.ciphers" },
	{ SSHKEX_MACS,		"server.macs" },
};

/* What the server has said so far, and when. */
struct hearing {
	struct probe_talk	talk;
	struct sshwire_id	id;
	int64_t			began_ms;
	int64_t			id_ms;		/* the identification was whole; -1: it never was */
	int64_t			kexinit_ms;
	size_t			line;		/* where the identification begins */
	struct sshkex_packet	packet;		/* the server's KEXINIT, if there is kexinit_ms */
};

/* --- listening -------------------------------------------------------------------------------- */

/* As far as the identification: what came behind it stays for the next. */
static void
identification_hear_id(struct hearing *b, int64_t until_ms)
{
	size_t	fed = 0;

	do {
		for (; fed < b->talk.len && b->id.state == SSHWIRE_MORE; fed++) {
			if (fed > 0 && b->talk.buf[fed - 1] == '\n')
				b->line = fed;
			sshwire_id_feed(&b->id, b->talk.buf + fed, 1);
		}
	} while (b->id.state == SSHWIRE_MORE && probe_hear(&b->talk, until_ms) == 1);
	if (b->id.state == SSHWIRE_SSH)
		b->id_ms = clock_ms() - b->began_ms;
}

static void
identification_hear_kexinit(struct hearing *b, int64_t until_ms)
{
	int	n;

	do {
		n = sshkex_packet(b->talk.buf + b->id.total, b->talk.len - b->id.total, &b->packet);
	} while (n == 0 && probe_hear(&b->talk, until_ms) == 1);
	if (n == 1 && b->packet.type == SSHKEX_KEXINIT)
		b->kexinit_ms = clock_ms() - b->began_ms;
}

/* What a server is known by is seen on the way. */
static void
identification_hear_key(json_t *facts, struct hearing *b, int64_t until_ms)
{
	struct sshkex_list	lists[SSHKEX_LISTS];

	if (b->kexinit_ms != -1 && sshkex_parse(&b->packet, lists) == 0)
		probe_host_key(facts, &b->talk, b->id.total + b->packet.bytes, lists, until_ms);
}

/* As ssh does: our identification at once, and no more before the server's. */
static void
identification_hear(json_t *facts, struct hearing *b, const struct probe_input *in)
{
	int64_t	until_ms = clock_ms() + in->timeout_ms;
	char	goodbye[128];
	size_t	len;

	b->id_ms = b->kexinit_ms = -1;
	probe_send(b->talk.fd, SSHKEX_ID, SSHKEX_ID_LEN, until_ms);
	identification_hear_id(b, until_ms);
	if (b->id.state != SSHWIRE_SSH) {
		probe_end(b->talk.fd, NULL, 0);
		return;
	}
	identification_hear_kexinit(b, clock_ms() + in->timeout_ms);
	identification_hear_key(facts, b, clock_ms() + in->timeout_ms);
	len = sshkex_disconnect(goodbye, sizeof(goodbye), "meshssh --doctor has seen enough");
	probe_end(b->talk.fd, goodbye, len);
}

/* --- facts ------------------------------------------------------------------------------------ */

/* So many bytes, without the end of their line, as a text in the facts. */
static void
identification_put(json_t *facts, const char *path, const char *bytes, size_t len)
{
	char	text[SSHWIRE_ID_MAX + 1];
	size_t	n;

	for (n = 0; n < len && n < sizeof(text) - 1 && bytes[n] != '\n' && bytes[n] != '\0'; n++)
		text[n] = bytes[n];
	if (n > 0 && text[n - 1] == '\r')
		n--;
	text[n] = '\0';
	fact_put_text(facts, path, text);
}

/* The number behind the last underscore of "OpenSSH_9.2p1": 902; -1 if there is none. */
static int
identification_version(const char *software)
{
	const char	*p = strrchr(software, '_');
	char		*end;
	long		 major, minor;

	if (p == NULL || p[1] < '0' || p[1] > '9')
		return (-1);
	major = strtol(p + 1, &end, 10);
	if (*end != '.' || end[1] < '0' || end[1] > '9')
		return (-1);
	minor = strtol(end + 1, NULL, 10);
	return (major < 1000 && minor < 100 ? (int)(major * 100 + minor) : -1);
}

void
probe_identification_line(json_t *facts, const char *line, size_t len, int64_t ms)
{
	char		 software[SOFTWARE_MAX];
	size_t		 from, n, i = 0;
	int		 version, port;

	/* SSH-protoversion-softwareversion SP comments, RFC 4253 4.2. */
	for (from = sizeof("SSH-") - 1; from < len && line[from] != '-'; from++)
		continue;
	from++;
	for (n = 0; from + n < len && n < sizeof(software) - 1 && line[from + n] > ' ' &&
	    line[from + n] <= '~'; n++)
		software[n] = line[from + n];
	software[n] = '\0';
	while (strncmp(software, kinds[i].start, strlen(kinds[i].start)) != 0)
		i++;
	identification_put(facts, "server.text", line, len);
	fact_put_text(facts, "server.software", software);
	fact_put_text(facts, "server.kind", kinds[i].kind);
	fact_put_number(facts, "server.ms", ms);
	/* Tailscale SSH lets its users in by itself. */
	port = strcmp(kinds[i].kind, "tailscale") != 0 ? sshwire_offer(line, len) : 0;
	if (port != 0)
		fact_put_number(facts, "server.resume_port", port);
	version = strncmp(software, "OpenSSH", 7) == 0 ? identification_version(software) : -1;
	if (version != -1)
		fact_put_number(facts, "server.version_number", version);
}

static void
identification_names(json_t *facts, const char *path, struct sshkex_list names)
{
	char	 name[SSHKEX_NAME_MAX + 1];
	json_t	*list = json_array();

	fact_put(facts, path, list);
	while (json_array_size(list) < NAMES_MAX && sshkex_next(&names, name))
		fact_append_text(list, name);
}

/*
 * RFC 4253 7.1: each list has a name, and RFC 4251 5: no name is empty. With some ciphers a MAC is
 * not agreed on.
 */
static int
identification_whole(const struct sshkex_list lists[SSHKEX_LISTS])
{
	char			name[SSHKEX_NAME_MAX + 1];
	struct sshkex_list	list;
	size_t			i;

	for (i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		list = lists[told[i].list];
		if (told[i].list != SSHKEX_MACS && (!sshkex_next(&list, name) || name[0] == '\0'))
			return (0);
	}
	return (1);
}

static void
identification_kexinit(json_t *facts, const struct hearing *b)
{
	struct sshkex_list	lists[SSHKEX_LISTS];
	size_t			i;

	fact_put_number(facts, "server.kexinit_bytes", (json_int_t)b->packet.bytes);
	fact_put_number(facts, "server.kexinit_ms", b->kexinit_ms);
	if (sshkex_parse(&b->packet, lists) == -1 || !identification_whole(lists)) {
		fact_put_truth(facts, "server.kexinit_malformed", 1);
		return;
	}
	fact_put_truth(facts, "server.kex_large", sshkex_method(&lists[SSHKEX_KEX]) != NULL);
	for (i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		identification_names(facts, told[i].path, lists[told[i].list]);
}

/* It is no SSH, or not now. */
static void
identification_other(json_t *facts, const struct hearing *b)
{
	const char	*kind = "none", *refusal;

	if (b->talk.len > 0)
		kind = strcmp(probe_service_kind(b->talk.buf, b->talk.len), "http") == 0 ?
		    "http" : "other";
	if ((refusal = sshwire_refusal(&b->id)) != NULL) {
		kind = "openssh";
		fact_put_text(facts, "server.refusal", refusal);
	}
	fact_put_text(facts, "server.kind", kind);
	/* Who says something that is never an identification need not have ended. */
	if (b->id.state != SSHWIRE_NOT_SSH)
		fact_put(facts, "server.error", json_string(probe_mute(&b->talk)));
}

/* Of HTTP/1, RFC 9112 4. */
static void
identification_status(json_t *facts)
{
	const char	*first = fact_text(facts, "server.first");
	int		 status;

	if (first != NULL && sscanf(first, "HTTP/%*3s %3d", &status) == 1 && status >= 100)
		fact_put_number(facts, "server.http_status", status);
}

static void
identification_facts(json_t *facts, const struct hearing *b)
{
	size_t	before = b->id.state == SSHWIRE_SSH ? b->line : b->talk.len;

	if (before > 0) {
		identification_put(facts, "server.first", b->talk.buf, before);
		identification_status(facts);
	}
	if (b->id.state != SSHWIRE_SSH) {
		identification_other(facts, b);
		return;
	}
	probe_identification_line(facts, b->talk.buf + b->line, b->id.total - b->line, b->id_ms);
	if (b->kexinit_ms != -1)
		identification_kexinit(facts, b);
	else
		/* A server that says no KEXINIT although it has our identification. */
		fact_put(facts, "server.error", json_string(probe_mute(&b->talk)));
}

/*
 * The address was silent: of the others that took a connection, one of the other family first.
 * NULL if there is none.
 */
static const char *
identification_other_address(const json_t *facts)
{
	const char	*mute = fact_text(facts, "connect.address"), *address, *other = NULL;
	const json_t	*row;
	size_t		 i;

	if (mute == NULL)
		return (NULL);
	json_array_foreach(fact_at(facts, "connect.addresses"), i, row) {
		address = json_text_at(row, "address");
		if (address == NULL || json_text_at(row, "error") != NULL ||
		    strcmp(address, mute) == 0)
			continue;
		if (other == NULL || (strchr(other, ':') == NULL) == (strchr(mute, ':') == NULL))
			other = address;
	}
	return (other);
}

/*
 * What the server of another address says, which the probes go on with; NULL, and nothing has
 * changed, if it says nothing either. The caller frees it.
 */
static struct hearing *
identification_hear_other(json_t *facts, const struct probe_input *in)
{
	const char	*address = identification_other_address(facts);
	struct hearing	*b;
	json_t		*mute;

	if (address == NULL || probe_left(facts) == 0)
		return (NULL);
	b = xcalloc(1, sizeof(*b));
	mute = json_incref(fact_at(facts, "connect.address"));
	fact_put_text(facts, "connect.address", address);
	b->talk.fd = probe_open(facts, in, MSS_LAST);
	b->began_ms = clock_ms();
	if (b->talk.fd != -1)
		identification_hear(facts, b, in);
	if (b->id.state == SSHWIRE_SSH) {
		fact_put(facts, "server.mute_address", mute);
		return (b);
	}
	fact_put(facts, "connect.address", mute);
	free(b);
	return (NULL);
}

static int
identification_useful(const json_t *facts, const struct probe_input *in)
{
	(void)in;
	return (fact_truth(facts, "connect.ok") == 1 && probe_left(facts) > 0);
}

static void
identification_run(json_t *facts, const struct probe_input *in)
{
	struct hearing	*b, *other;

	b = xcalloc(1, sizeof(*b));
	/* Segments so small that no path loses them for their size. */
	b->talk.fd = probe_open(facts, in, MSS_LAST);
	b->began_ms = clock_ms();
	/* A port that was not meant for SSH may have it all the same. */
	if (!in->ssh && !probe_service(facts, in, &b->talk)) {
		free(b);
		return;
	}
	if (b->talk.fd != -1) {
		identification_hear(facts, b, in);
		if (b->talk.len == 0 && !b->talk.over &&
		    (other = identification_hear_other(facts, in)) != NULL) {
			free(b);
			b = other;
		}
		identification_facts(facts, b);
	} else
		fact_put_text(facts, "server.error", "unconnected");
	free(b);
}

const struct probe probe_identification = {
	.name = "server",
	.doing = "listens to the server",
	.useful = identification_useful,
	.run = identification_run
};
