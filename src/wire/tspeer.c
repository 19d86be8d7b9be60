/* SPDX-License-Identifier: ISC */
/* One peer in tailscaled's status document. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/json.h"
#include "base/number.h"
#include "wire/tsjson.h"
#include "wire/tspeer.h"

/* letters of a name, so that another one with one letter changed is no chance */
#define NEAR_MIN	4

/* What is looked for, in the forms in which it is compared. */
struct wanted {
	const char		*host;
	struct sockaddr_storage	 ss;
	int			 literal;	/* it is an address */
	const char		*suffix;
	/* the host's name within the mesh; "" if it can have none */
	char			 label[64];
};

/* A host name without the dots at its ends, or "". */
static void
tspeer_name(const json_t *object, const char *key, char to[ADDR_HOST_MAX + 1])
{
	const json_t	*value = json_object_get(object, key);
	const char	*text = json_string_value(value);
	size_t		 len;

	to[0] = '\0';
	if (text == NULL || strlen(text) != json_string_length(value))
		return;
	text += strspn(text, ".");
	for (len = strlen(text); len > 0 && text[len - 1] == '.'; len--)
		continue;
	if (len > ADDR_HOST_MAX)
		return;
	memcpy(to, text, len);
	to[len] = '\0';
	if (!addr_host_ok(to))
		to[0] = '\0';
}

/* A time as Go writes it, RFC 3339, to within a day; 0 if it is none, or Go's zero. */
static int64_t
tspeer_time(const json_t *object, const char *key)
{
	const char	*text = json_string_value(json_object_get(object, key));
	struct tm	 tm;
	time_t		 when;

	memset(&tm, 0, sizeof(tm));
	if (text == NULL || strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) == NULL || tm.tm_year < 70 ||
	    tm.tm_year > 8099)
		return (0);
	return ((when = timegm(&tm)) > 0 ? (int64_t)when : 0);
}

static int
tspeer_truth(const json_t *object, const char *key)
{
	const json_t	*value = json_object_get(object, key);

	return (json_is_boolean(value) ? json_is_true(value) : -1);
}

/* CurAddr, "ADDRESS:PORT" or "[IPv6]:PORT": the address. */
static void
tspeer_direct(const json_t *object, struct tspeer *peer)
{
	const char		*text = json_string_value(json_object_get(object, "CurAddr"));
	struct sockaddr_storage	 ss;
	char			 host[ADDR_HOST_MAX + 1];
	int			 port;

	if (text != NULL && addr_split(text, host, &port) == 0 && addr_literal(host, 0, &ss) != 0 &&
	    strlen(host) < sizeof(peer->direct))
		strlcpy(peer->direct, host, sizeof(peer->direct));
}

void
tspeer_read(const json_t *object, struct tspeer *peer)
{
	const json_t	*list = json_object_get(object, "TailscaleIPs");
	const char	*text;
	size_t		 i;

	memset(peer, 0, sizeof(*peer));
	tspeer_name(object, "DNSName", peer->name);
	for (i = 0; i < json_array_size(list) && peer->addr_count < TSPEER_ADDRS_MAX; i++) {
		text = json_string_value(json_array_get(list, i));
		if (text != NULL && strlen(text) < ADDR_TEXT_MAX && addr_host_ok(text))
			strlcpy(peer->addrs[peer->addr_count++], text, ADDR_TEXT_MAX);
	}
	peer->online = tspeer_truth(object, "Online");
	peer->expired = tspeer_truth(object, "Expired") == 1;
	peer->ssh = json_array_size(json_object_get(object, "sshHostKeys")) > 0;
	tsjson_text(object, "OS", peer->os, sizeof(peer->os));
	tsjson_text(object, "Relay", peer->relay, sizeof(peer->relay));
	tspeer_direct(object, peer);
	peer->seen_s = tspeer_time(object, "LastSeen");
	peer->expires_s = tspeer_time(object, "KeyExpiry");
}

/* The bytes of an address. */
static const void *
tspeer_ip(const struct sockaddr_storage *ss)
{
	return (ss->ss_family == AF_INET ?
	    (const void *)&((const struct sockaddr_in *)(const void *)ss)->sin_addr :
	    (const void *)&((const struct sockaddr_in6 *)(const void *)ss)->sin6_addr);
}

static int
tspeer_has_address(const json_t *object, const struct wanted *want)
{
	const json_t	*list = json_object_get(object, "TailscaleIPs");
	unsigned char	 ip[sizeof(struct in6_addr)];
	const char	*text;
	size_t		 i;

	for (i = 0; i < json_array_size(list); i++)
		if ((text = json_string_value(json_array_get(list, i))) != NULL &&
		    inet_pton(want->ss.ss_family, text, ip) == 1 &&
		    memcmp(ip, tspeer_ip(&want->ss), want->ss.ss_family == AF_INET ?
		    sizeof(struct in_addr) : sizeof(struct in6_addr)) == 0)
			return (1);
	return (0);
}

/* 1 if a text such as "192.168.50.0/24" has the address in it; 0 for one that has all. */
static int
tspeer_in(const char *text, const struct sockaddr_storage *ss)
{
	const char		*slash = strchr(text, '/');
	const unsigned char	*wanted = tspeer_ip(ss);
	unsigned char		 ip[sizeof(struct in6_addr)];
	char			 address[ADDR_TEXT_MAX];
	int			 bits, whole;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(address) ||
	    number_parse(slash + 1, 1, ss->ss_family == AF_INET ? 32 : 128, &bits) == -1)
		return (0);
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	whole = bits / 8;
	return (inet_pton(ss->ss_family, address, ip) == 1 &&
	    memcmp(ip, wanted, (size_t)whole) == 0 && (bits % 8 == 0 ||
	    ((ip[whole] ^ wanted[whole]) >> (8 - bits % 8)) == 0));
}

static int
tspeer_routes(const json_t *object, const struct wanted *want)
{
	const json_t	*list = json_object_get(object, "PrimaryRoutes");
	const char	*text;
	size_t		 i;

	for (i = 0; want->literal && i < json_array_size(list); i++)
		if ((text = json_string_value(json_array_get(list, i))) != NULL &&
		    tspeer_in(text, &want->ss))
			return (1);
	return (0);
}

/*
 * The first word of a name of this mesh's own; "" if it is another's, as those of shared nodes are.
 */
static void
tspeer_label(const char *name, const char *suffix, char label[64])
{
	size_t	len = strcspn(name, ".");

	label[0] = '\0';
	if (len == 0 || len >= 64 || (name[len] == '.' && strcasecmp(name + len + 1, suffix) != 0))
		return;
	memcpy(label, name, len);
	label[len] = '\0';
}

static void
tspeer_want(struct wanted *want, const char *host, const char *suffix)
{
	char	name[ADDR_HOST_MAX + 1];

	memset(want, 0, sizeof(*want));
	want->host = host;
	want->suffix = suffix;
	if (host == NULL)
		return;
	want->literal = addr_literal(host, 0, &want->ss) != 0;
	strlcpy(name, host, sizeof(name));
	if (name[0] != '\0' && name[strlen(name) - 1] == '.')
		name[strlen(name) - 1] = '\0';
	if (!want->literal)
		tspeer_label(name, suffix, want->label);
}

static int
tspeer_is(const json_t *object, const struct wanted *want)
{
	char	name[ADDR_HOST_MAX + 1], label[64];
	size_t	len;

	if (want->host == NULL)
		return (0);
	if (want->literal)
		return (tspeer_has_address(object, want));
	tspeer_name(object, "DNSName", name);
	len = strlen(name);
	if (len > 0 && strncasecmp(want->host, name, len) == 0 &&
	    strcmp(want->host + len, want->host[len] == '.' ? "." : "") == 0)
		return (1);
	tspeer_label(name, want->suffix, label);
	return (want->label[0] != '\0' && strchr(name, '.') != NULL &&
	    strcasecmp(label, want->label) == 0);
}

static int
same_letter(char a, char b)
{
	return (tolower((unsigned char)a) == tolower((unsigned char)b));
}

/* 1 if one letter more, less, another, or two in the wrong order make one word of the other. */
static int
tspeer_near(const char *a, const char *b)
{
	while (*a != '\0' && same_letter(*a, *b)) {
		a++;
		b++;
	}
	if (*a == '\0' || *b == '\0')
		return (strlen(a) + strlen(b) == 1);
	return (strcasecmp(a + 1, b) == 0 || strcasecmp(a, b + 1) == 0 ||
	    strcasecmp(a + 1, b + 1) == 0 || (same_letter(a[0], b[1]) && same_letter(a[1], b[0]) &&
	    strcasecmp(a + 2, b + 2) == 0));
}

/*
 * How well this peer may be meant: its own name for itself, "NAME-1" as the mesh calls a second
 * one, a slip; 0: not.
 */
static int
tspeer_likeness(const json_t *object, const struct wanted *want, const char *name)
{
	const char	*own = json_string_value(json_object_get(object, "HostName"));
	size_t		 len = strlen(want->label);
	char		 label[64];

	tspeer_label(name, want->suffix, label);
	if (len == 0 || label[0] == '\0')
		return (0);
	if (own != NULL && strcasecmp(own, want->label) == 0)
		return (3);
	if (strncasecmp(label, want->label, len) == 0 && label[len] == '-' &&
	    label[len + 1] != '\0' && label[len + 1 + strspn(label + len + 1,
	    "0123456789")] == '\0')
		return (2);
	return (len >= NEAR_MIN && tspeer_near(label, want->label));
}

/* Go through the peers until the host is found. */
static void
tspeer_search(json_t *list, const struct wanted *want, struct tspeers *peers)
{
	char		 name[ADDR_HOST_MAX + 1];
	const char	*key;
	json_t		*peer;
	int		 like, best = 0;

	json_object_foreach(list, key, peer) {
		if (tspeer_is(peer, want)) {
			peers->found = 1;
			tspeer_read(peer, &peers->peer);
			peers->similar[0] = '\0';
			peers->routed = 0;
			return;
		}
		if (!peers->routed && tspeer_routes(peer, want)) {
			peers->routed = 1;
			tspeer_read(peer, &peers->router);
		}
		tspeer_name(peer, "DNSName", name);
		if ((like = tspeer_likeness(peer, want, name)) > best) {
			best = like;
			strlcpy(peers->similar, name, sizeof(peers->similar));
		}
	}
}

json_t *
tspeer_parse(const char *buf, size_t len)
{
	char	state[32];

	return (tsjson_open(buf, len, state, sizeof(state)));
}

void
tspeer_look(const json_t *root, const char *host, struct tspeers *peers)
{
	struct wanted	 want;
	json_t		*list;

	memset(peers, 0, sizeof(*peers));
	tsjson_text(root, "BackendState", peers->state, sizeof(peers->state));
	tspeer_name(root, "MagicDNSSuffix", peers->suffix);
	peers->magicdns = tspeer_truth(json_object_get(root, "CurrentTailnet"), "MagicDNSEnabled");
	peers->exit_node = tspeer_truth(json_object_get(root, "ExitNodeStatus"), "Online");
	list = json_object_get(root, "Peer");
	peers->count = (int)json_object_size(list);
	tspeer_read(json_object_get(root, "Self"), &peers->self);
	tspeer_want(&want, host, peers->suffix);
	if (tspeer_is(json_object_get(root, "Self"), &want)) {
		peers->found = peers->is_self = 1;
		peers->peer = peers->self;
	} else
		tspeer_search(list, &want, peers);
}

int
tspeer_find(const char *buf, size_t len, const char *host, struct tspeers *peers)
{
	json_t	*root = tspeer_parse(buf, len);

	memset(peers, 0, sizeof(*peers));
	if (root == NULL)
		return (-1);
	tspeer_look(root, host, peers);
	json_decref(root);
	return (0);
}
