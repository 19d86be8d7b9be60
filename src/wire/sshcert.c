/* SPDX-License-Identifier: ISC */
/* Certificates of host keys. */

#include <stdio.h>
#include <string.h>

#include "wire/sshcert.h"

#define MARK		"-cert-v0"	/* in the name of each type */
#define TYPE_HOST	2		/* SSH2_CERT_TYPE_HOST */

/* How many strings make up a key behind the name of its type, by how that begins. */
static const struct {
	char	start[24];
	int	fields;
} kinds[] = {
	{ "ssh-ed25519" MARK,		1 },
	{ "ssh-rsa" MARK,		2 },
	{ "ecdsa-sha2-nistp",		2 },
	{ "sk-ssh-ed25519" MARK,	2 },
	{ "sk-ecdsa-sha2-nistp256",	3 },
	{ "ssh-dss" MARK,		4 },
	{ "",				0 }
};

/* Bytes that are being read; what was not there makes all that follows empty. */
struct in {
	const unsigned char	*p;
	size_t			 left;
	int			 bad;
};

static uint64_t
take_number(struct in *in, size_t bytes)
{
	uint64_t	n = 0;

	if (in->bad || in->left < bytes) {
		in->bad = 1;
		return (0);
	}
	for (; bytes > 0; bytes--, in->left--)
		n = n << 8 | *in->p++;
	return (n);
}

static struct in
take_string(struct in *in)
{
	struct in	string = { .p = in->p };
	uint64_t	len = take_number(in, 4);

	if (in->bad || len > in->left) {
		in->bad = 1;
		return (string);
	}
	string.p = in->p;
	string.left = (size_t)len;
	in->p += len;
	in->left -= (size_t)len;
	return (string);
}

/* A name: 0, or -1 if it is none. */
static int
take_name(struct in *in, char name[SSHKEX_NAME_MAX + 1])
{
	const struct in	string = take_string(in);

	if (in->bad || string.left == 0 || string.left > SSHKEX_NAME_MAX ||
	    memchr(string.p, '\0', string.left) != NULL)
		return (-1);
	memcpy(name, string.p, string.left);
	name[string.left] = '\0';
	return (0);
}

int
sshcert_type(const char *type)
{
	return (strstr(type, MARK) != NULL);
}

void
sshcert_plain(const char *algorithm, char plain[SSHKEX_NAME_MAX + 1])
{
	const char	*mark = strstr(algorithm, MARK);

	if (strncmp(algorithm, "rsa-sha2-", 9) == 0) {
		/* RFC 8332: other signatures by the same keys. */
		snprintf(plain, SSHKEX_NAME_MAX + 1, "ssh-rsa");
		return;
	}
	snprintf(plain, SSHKEX_NAME_MAX + 1, "%.*s", (int)(mark != NULL ?
	    (size_t)(mark - algorithm) : strlen(algorithm)), algorithm);
	if (mark != NULL && strncmp(algorithm, "sk-", 3) == 0)
		snprintf(plain + strlen(plain), SSHKEX_NAME_MAX + 1 - strlen(plain),
		    "@openssh.com");
}

/* The key within: 0, or -1. */
static int
parse_key(struct in *in, struct sshcert *cert)
{
	const unsigned char	*from;
	char			 type[SSHKEX_NAME_MAX + 1], plain[SSHKEX_NAME_MAX + 1];
	size_t			 kind = 0, len;
	int			 i;

	if (take_name(in, type) == -1 || !sshcert_type(type))
		return (-1);
	while (strncmp(type, kinds[kind].start, strlen(kinds[kind].start)) != 0)
		kind++;
	if (kinds[kind].fields == 0)
		return (-1);
	take_string(in);	/* nonce */
	from = in->p;
	for (i = 0; i < kinds[kind].fields; i++)
		take_string(in);
	sshcert_plain(type, plain);
	len = (size_t)(in->p - from);
	/* The tail of the key that it would be by itself lies within these. */
	if (in->bad || len < SSHKEX_KEY_TAIL + 2)
		return (-1);
	sshkex_key_tail(plain, in->p, 4 + strlen(plain) + len, cert->key);
	return (0);
}

int
sshcert_parse(const unsigned char *bytes, size_t len, struct sshcert *cert)
{
	struct in	in = { .p = bytes, .left = len }, string;

	memset(cert, 0, sizeof(*cert));
	if (parse_key(&in, cert) == -1)
		return (-1);
	take_number(&in, 8);	/* serial */
	cert->host = take_number(&in, 4) == TYPE_HOST;
	take_string(&in);	/* key id */
	string = take_string(&in);
	cert->principals = string.p;
	cert->principals_len = string.left;
	cert->after = take_number(&in, 8);
	cert->before = take_number(&in, 8);
	cert->critical = take_string(&in).left > 0;
	take_string(&in);	/* extensions */
	take_string(&in);	/* reserved */
	string = take_string(&in);
	if (in.bad || sshkex_key_text(string.p, string.left, cert->authority) == -1)
		return (-1);
	string = take_string(&in);
	return (in.bad || in.left > 0 || take_name(&string, cert->algorithm) == -1 ? -1 : 0);
}

int
sshcert_names(const struct sshcert *cert, const char *host)
{
	struct in	in = { .p = cert->principals, .left = cert->principals_len }, string;

	if (in.left == 0)
		return (-1);
	while (in.left > 0 && !in.bad) {
		string = take_string(&in);
		if (!in.bad && string.left == strlen(host) &&
		    memcmp(string.p, host, string.left) == 0)
			return (1);
	}
	return (0);
}
