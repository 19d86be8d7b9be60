/* SPDX-License-Identifier: ISC */
/* The host key that a server shows to ssh. */

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "facts/fact.h"
#include "probe/probe-host-key.h"
#include "probe/probe-net.h"

#define ORDER_MAX	1024

/* The type of the keys for an algorithm: RFC 8332 has three names for one. */
static const char *
key_type(const char *algorithm)
{
	return (strncmp(algorithm, "rsa-sha2-", 9) == 0 ? "ssh-rsa" : algorithm);
}

/* 1 if a key for this algorithm is known. */
static int
key_known(const json_t *facts, const char *algorithm)
{
	const char	*type = key_type(algorithm), *known = fact_text(facts, "ssh.known.types");
	size_t		 len;

	for (; known != NULL && *known != '\0'; known += len + (known[len] == ' ')) {
		len = strcspn(known, " ");
		if (strlen(type) == len && strncmp(type, known, len) == 0)
			return (1);
	}
	return (0);
}

static int
key_certificate(const char *algorithm)
{
	return (strstr(algorithm, "-cert-v0") != NULL);
}

/*
 * 1 if ssh takes its list as it is: one that the user has written in full, or one whose favorite
 * is known (sshconnect2.c, order_hostkeyalgs).
 */
static int
order_fixed(const json_t *facts, const json_t *list)
{
	const char	*written = fact_text(facts, "ssh.where.hostkeyalgorithms.value"),
			    *first = json_string_value(json_array_get(list, 0));
	char		 plain[SSHKEX_NAME_MAX + 1], *end;

	if (written != NULL && strchr("+-", written[0]) == NULL)
		return (1);
	if (first == NULL)
		return (0);
	snprintf(plain, sizeof(plain), "%s", first);
	if ((end = strstr(plain, "-cert-v0")) != NULL)
		*end = '\0';
	return (key_known(facts, plain));
}

/*
 * What ssh would ask for, those that are known first; 0 if that is not known. Without certificates:
 * of one whose authority is not known ssh takes the plain key.
 */
static int
order(const json_t *facts, char to[ORDER_MAX])
{
	const json_t	*list = fact_at(facts, "ssh.algorithms.hostkeyalgorithms"), *one;
	const char	*name;
	size_t		 i, used = 0;
	int		 pass, fixed = order_fixed(facts, list);

	to[0] = '\0';
	for (pass = 0; pass < 2; pass++)
		json_array_foreach(list, i, one) {
			if ((name = json_string_value(one)) == NULL || key_certificate(name) ||
			    (fixed ? 0 : !key_known(facts, name)) != pass ||
			    used + strlen(name) + 2 > ORDER_MAX)
				continue;
			used += (size_t)snprintf(to + used, ORDER_MAX - used, "%s%s",
			    used > 0 ? "," : "", name);
		}
	return (used > 0);
}

/* 1 if the server has one of them: else it would log an error. */
static int
order_met(const char *wanted, const struct sshkex_list *offered)
{
	struct sshkex_list	list = { wanted, strlen(wanted) }, left;
	char			name[SSHKEX_NAME_MAX + 1], other[SSHKEX_NAME_MAX + 1];

	while (sshkex_next(&list, name))
		for (left = *offered; sshkex_next(&left, other);)
			if (strcmp(name, other) == 0)
				return (1);
	return (0);
}

void
probe_host_key(json_t *facts, struct probe_talk *talk, size_t at,
    const struct sshkex_list lists[SSHKEX_LISTS], int64_t until_ms)
{
	/* The cookie guards a secret that nobody here has. */
	static const unsigned char	 cookie[SSHKEX_COOKIE] = "meshssh --doctor";
	const struct sshkex_method	*method = sshkex_method_any(&lists[SSHKEX_KEX]);
	struct sshkex_packet		 packet;
	char				 wanted[ORDER_MAX], out[4096], key[SSHKEX_KEY_TEXT];
	size_t				 len;
	int				 n;

	if (method == NULL || !order(facts, wanted) || !order_met(wanted, &lists[SSHKEX_HOST_KEYS]))
		return;
	len = sshkex_kexinit_keys(out, sizeof(out), 0, cookie, wanted);
	len += sshkex_init(out + len, sizeof(out) - len, method);
	if (probe_send(talk->fd, out, len, until_ms) == -1)
		return;
	for (;;) {
		if ((n = sshkex_packet(talk->buf + at, talk->len - at, &packet)) == -1 ||
		    (n == 0 && probe_hear(talk, until_ms) != 1))
			return;
		if (n == 0)
			continue;
		at += packet.bytes;
		if (packet.type != SSHKEX_IGNORE && packet.type != SSHKEX_DEBUG)
			break;
	}
	if (sshkex_host_key(&packet, key) == 0)
		fact_put_text(facts, "server.host_key", key);
}
