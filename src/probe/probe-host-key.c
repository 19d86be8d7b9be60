/* SPDX-License-Identifier: ISC */
/* The host key that a server shows to ssh. */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "facts/fact.h"
#include "probe/probe-host-key.h"
#include "probe/probe-net.h"
#include "wire/sshcert.h"

#define ORDER_MAX	1024
#define NO_EMPTY	1003	/* OpenSSH 10.3: a certificate that names no host is for none */

/* 1 if that is the type of the key that Nix pins, of a host of which ssh knows nothing. */
static int
key_pinned(const json_t *facts, const char *type)
{
	const char	*pinned = json_string_value(json_array_get(fact_at(facts,
			    "nix.builder.known_keys"), 0));
	size_t		 len = strlen(type);

	return (pinned != NULL && fact_truth(facts, "ssh.known.found") == 0 &&
	    strncmp(pinned, type, len) == 0 && pinned[len] == ' ');
}

/* 1 if a key for this algorithm is known; an authority makes all certificates that. */
static int
key_known(const json_t *facts, const char *algorithm)
{
	const char	*known = fact_text(facts, "ssh.known.types");
	char		 type[SSHKEX_NAME_MAX + 1];
	size_t		 len;

	sshcert_plain(algorithm, type);
	for (; known != NULL && *known != '\0'; known += len + (known[len] == ' ')) {
		len = strcspn(known, " ");
		if (strlen(type) == len && strncmp(type, known, len) == 0)
			return (1);
	}
	return (key_pinned(facts, type) || (sshcert_type(algorithm) &&
	    fact_at(facts, "ssh.known.authorities") != NULL));
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
	char		 plain[SSHKEX_NAME_MAX + 1];

	if (written != NULL && strchr("+-", written[0]) == NULL)
		return (1);
	if (first == NULL)
		return (0);
	sshcert_plain(first, plain);
	return (key_known(facts, plain));
}

/* What ssh would ask for, those that are known first; 0 if that is not known. */
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
			if ((name = json_string_value(one)) == NULL ||
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

/* 1 if ssh takes signatures of authorities that are made so. */
static int
signature_taken(const json_t *facts, const char *algorithm)
{
	const json_t	*list = fact_at(facts, "ssh.algorithms.casignaturealgorithms"), *one;
	size_t		 i;

	json_array_foreach(list, i, one)
		if (strcmp(json_string_value(one), algorithm) == 0)
			return (1);
	return (list == NULL);
}

/* 1 if it names the host; an empty list does up to OpenSSH 10.2. */
static int
certificate_names(const json_t *facts, const struct sshcert *cert)
{
	const char	*host = fact_text(facts, "ssh.options.hostkeyalias");
	int		 names;

	if (host == NULL && (host = fact_text(facts, "ssh.options.hostname")) == NULL)
		return (1);
	names = sshcert_names(cert, host);
	return (names == -1 ? fact_number(facts, "ssh.version_number", 0) < NO_EMPTY : names);
}

/* Why ssh does not take the certificate, whoever signed it (sshkey.c, sshkey_cert_check_host). */
static const char *
certificate_fault(const json_t *facts, const struct sshcert *cert)
{
	uint64_t	now = (uint64_t)time(NULL);

	if (!cert->host)
		return ("user");
	if (now < cert->after)
		return ("early");
	if (now >= cert->before)
		return ("expired");
	if (!certificate_names(facts, cert))
		return ("name");
	if (cert->critical)
		return ("options");
	return (signature_taken(facts, cert->algorithm) ? NULL : "signature");
}

/* The key, and who says that it is the host's. */
static void
key_facts(json_t *facts, const struct sshkex_packet *packet)
{
	const unsigned char	*blob;
	const char		*fault;
	struct sshcert		 cert;
	char			 key[SSHKEX_KEY_TEXT];
	size_t			 len;

	if (sshkex_host_key(packet, &blob, &len) == -1)
		return;
	if (sshcert_parse(blob, len, &cert) == -1) {
		/* A certificate that is not well-formed is no key. */
		if (sshkex_key_text(blob, len, key) == 0 && !sshcert_type(key))
			fact_put_text(facts, "server.host_key", key);
		return;
	}
	fact_put_text(facts, "server.host_key", cert.key);
	fact_put_text(facts, "server.certificate.authority", cert.authority);
	if ((fault = certificate_fault(facts, &cert)) != NULL)
		fact_put_text(facts, "server.certificate.fault", fault);
}

void
probe_host_key(json_t *facts, struct probe_talk *talk, size_t at,
    const struct sshkex_list lists[SSHKEX_LISTS], int64_t until_ms)
{
	/* The cookie guards a secret that nobody here has. */
	static const unsigned char	 cookie[SSHKEX_COOKIE + 1] = "meshssh --doctor";
	const struct sshkex_method	*method = sshkex_method_any(&lists[SSHKEX_KEX]);
	struct sshkex_packet		 packet;
	char				 wanted[ORDER_MAX], out[4096];
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
	key_facts(facts, &packet);
}
