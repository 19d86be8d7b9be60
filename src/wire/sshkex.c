/* SPDX-License-Identifier: ISC */
/* SSH key exchange (RFC 4253), as far as a server shows itself before a login. */

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/error.h"
#include "wire/sshkex.h"

#define HEAD_BYTES	5	/* packet_length and padding_length */
#define BLOCK_BYTES	8	/* RFC 4253 6: of what is not encrypted */
#define PADDING_MIN	4
#define X25519_BYTES	32

/* In the order in which they are offered. A server takes the first that it has, too. */
static const struct sshkex_method	methods[] = {
	{ "mlkem768x25519-sha256",		1184 },
	{ "sntrup761x25519-sha512",		1158 },
	{ "sntrup761x25519-sha512@openssh.com", 1158 },
	/* with a small answer */
	{ "curve25519-sha256",			0 },
	{ "curve25519-sha256@libssh.org",	0 },
	{ "",					0 }
};

/* What is offered, so that each server finds something it has: one that does not logs an error. */
static const char	*const offer[SSHKEX_LISTS - 2] = {
	"mlkem768x25519-sha256,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,curve25519-sha256,"
	"curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
	"diffie-hellman-group16-sha512,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,ext-info-c",
	"rsa-sha2-512,rsa-sha2-256,ssh-rsa,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,ssh-ed25519",
	"chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes128-ctr",
	"chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes128-ctr",
	"hmac-sha2-256-etm@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1",
	"hmac-sha2-256-etm@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1",
	"none,zlib@openssh.com",
	"none,zlib@openssh.com",
};

/* A packet that is being made. */
struct out {
	char	*buf;
	size_t	 size;
	size_t	 len;
	int	 full;
};

static void
out_bytes(struct out *out, const void *bytes, size_t len)
{
	if (out->full || len > out->size - out->len) {
		out->full = 1;
		return;
	}
	memcpy(out->buf + out->len, bytes, len);
	out->len += len;
}

static void
out_byte(struct out *out, int byte)
{
	unsigned char	c = (unsigned char)byte;

	out_bytes(out, &c, 1);
}

static void
out_number(struct out *out, size_t n)
{
	int	shift;

	for (shift = 24; shift >= 0; shift -= 8)
		out_byte(out, (int)(n >> shift & 0xff));
}

static void
out_text(struct out *out, const char *text)
{
	out_number(out, strlen(text));
	out_bytes(out, text, strlen(text));
}

static struct out
out_begin(char *buf, size_t size, int type)
{
	struct out	out = { .buf = buf, .size = size };

	out_bytes(&out, "\0\0\0\0", HEAD_BYTES);	/* filled in by out_end */
	out_byte(&out, type);
	return (out);
}

static size_t
padding(size_t len)
{
	size_t	n = BLOCK_BYTES - len % BLOCK_BYTES;

	return (n < PADDING_MIN ? n + BLOCK_BYTES : n);
}

/* The length of the packet, or 0 if it did not fit. */
static size_t
out_end(struct out *out)
{
	static const char	zeros[2 * BLOCK_BYTES];
	size_t			n = padding(out->len);
	struct out		head = { .buf = out->buf, .size = HEAD_BYTES };

	out_bytes(out, zeros, n);
	if (out->full || out->len > SSHKEX_PACKET_MAX)
		return (0);
	out_number(&head, out->len - 4);
	out_byte(&head, (int)n);
	return (out->len);
}

/*
 * A list of so many bytes, none or enough for a name: tags of private use, of which the first makes
 * up the length.
 */
static void
out_languages(struct out *out, size_t len)
{
	static const char	tag[] = ",x-pad-x", first[] = "x-pad-x";
	size_t			i;

	if (len > 0 && len < sizeof(first) - 1)
		len = sizeof(first) - 1;
	out_number(out, len);
	if (len == 0)
		return;
	out_bytes(out, first, sizeof(first) - 1);
	for (i = 0; i < (len + 1) % (sizeof(tag) - 1); i++)
		out_byte(out, 'x');
	for (i = (len + 1) / (sizeof(tag) - 1); i > 1; i--)
		out_bytes(out, tag, sizeof(tag) - 1);
}

size_t
sshkex_kexinit_keys(char *buf, size_t size, size_t bytes,
    const unsigned char cookie[SSHKEX_COOKIE], const char *host_keys)
{
	struct out	out = out_begin(buf, size, SSHKEX_KEXINIT);
	size_t		i, tail = 2 * 4 + 1 + 4, more;

	out_bytes(&out, cookie, SSHKEX_COOKIE);
	for (i = 0; i < sizeof(offer) / sizeof(offer[0]); i++)
		out_text(&out, i == SSHKEX_HOST_KEYS && host_keys != NULL ? host_keys : offer[i]);
	more = bytes > out.len + tail + PADDING_MIN ? bytes - out.len - tail - PADDING_MIN : 0;
	if (more > SSHKEX_PACKET_MAX)
		return (0);
	/* Half of them for each direction: some servers take no list that is very long. */
	out_languages(&out, more / 2);
	out_languages(&out, more - more / 2);
	out_byte(&out, 0);		/* no guessed packet follows */
	out_number(&out, 0);
	return (out_end(&out));
}

size_t
sshkex_kexinit(char *buf, size_t size, size_t bytes, const unsigned char cookie[SSHKEX_COOKIE])
{
	return (sshkex_kexinit_keys(buf, size, bytes, cookie, NULL));
}

size_t
sshkex_init(char *buf, size_t size, const struct sshkex_method *method)
{
	struct out	out = out_begin(buf, size, 30 /* SSH_MSG_KEX_ECDH_INIT */);
	int		i;

	out_number(&out, (size_t)method->kem_bytes + X25519_BYTES);
	for (i = 0; i < method->kem_bytes; i++)
		out_byte(&out, 0);
	/* The base point: a server refuses what would make a secret of zeros (RFC 7748 6.1). */
	for (i = 0; i < X25519_BYTES; i++)
		out_byte(&out, i == 0 ? 9 : 0);
	return (out_end(&out));
}

size_t
sshkex_disconnect(char *buf, size_t size, const char *text)
{
	struct out	out = out_begin(buf, size, SSHKEX_DISCONNECT);

	out_number(&out, 11 /* SSH_DISCONNECT_BY_APPLICATION */);
	out_text(&out, text);
	out_text(&out, "");
	return (out_end(&out));
}

static size_t
number(const unsigned char *p)
{
	return ((size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]);
}

int
sshkex_packet(const char *buf, size_t len, struct sshkex_packet *packet)
{
	const unsigned char	*p = (const unsigned char *)buf;
	size_t			 bytes;

	if (len < HEAD_BYTES + 1)
		return (0);
	bytes = number(p);
	/*
	 * Of a whole packet its padding is at least 4 and leaves a byte for the type; nobody needs
	 * more than 35000.
	 */
	if (bytes > 35000 - 4 || p[4] < PADDING_MIN || bytes < (size_t)p[4] + 2)
		return (-1);
	if (len < bytes + 4)
		return (0);
	packet->type = p[HEAD_BYTES];
	packet->payload = p + HEAD_BYTES + 1;
	packet->len = bytes - p[4] - 2;
	packet->bytes = bytes + 4;
	return (1);
}

int
sshkex_parse(const struct sshkex_packet *packet, struct sshkex_list lists[SSHKEX_LISTS])
{
	const unsigned char	*p = packet->payload;
	size_t			 left = packet->len, len;
	int			 i;

	if (packet->type != SSHKEX_KEXINIT || left < SSHKEX_COOKIE)
		return (-1);
	p += SSHKEX_COOKIE;
	left -= SSHKEX_COOKIE;
	for (i = 0; i < SSHKEX_LISTS; i++) {
		if (left < 4 || (len = number(p)) > left - 4)
			return (-1);
		lists[i].names = (const char *)p + 4;
		lists[i].len = len;
		p += 4 + len;
		left -= 4 + len;
	}
	return (0);
}

void
sshkex_key_tail(const char *type, const unsigned char *end, size_t len, char text[SSHKEX_KEY_TEXT])
{
	/* Each group of three bytes is four letters, counted from the beginning. */
	size_t	rest = len - (len - SSHKEX_KEY_TAIL) / 3 * 3;
	char	shown[SSHKEX_NAME_MAX + 1], tail[BASE64_SIZE(2 * SSHKEX_KEY_TAIL)];

	error_vis(shown, sizeof(shown), type);
	base64(tail, sizeof(tail), (const char *)end - rest, rest);
	snprintf(text, SSHKEX_KEY_TEXT, "%s %s", shown, tail + strlen(tail) - SSHKEX_KEY_TAIL);
}

int
sshkex_key_text(const unsigned char *key, size_t len, char text[SSHKEX_KEY_TEXT])
{
	char	type[SSHKEX_NAME_MAX + 1];
	size_t	name;

	/* It begins with the name of its type (RFC 4253 6.6). */
	if (len < SSHKEX_KEY_TAIL || (name = number(key)) > len - 4 || name == 0 ||
	    name > SSHKEX_NAME_MAX)
		return (-1);
	memcpy(type, key + 4, name);
	type[name] = '\0';
	sshkex_key_tail(type, key + len, len, text);
	return (0);
}

int
sshkex_host_key(const struct sshkex_packet *packet, const unsigned char **key, size_t *len)
{
	/* RFC 5656 4: the key comes first. */
	if (packet->type != SSHKEX_REPLY || packet->len < 4 ||
	    number(packet->payload) > packet->len - 4)
		return (-1);
	*key = packet->payload + 4;
	*len = number(packet->payload);
	return (0);
}

int
sshkex_next(struct sshkex_list *list, char name[SSHKEX_NAME_MAX + 1])
{
	const char	*comma;
	size_t		 len, kept;

	if (list->len == 0)
		return (0);
	comma = memchr(list->names, ',', list->len);
	len = comma != NULL ? (size_t)(comma - list->names) : list->len;
	kept = len < SSHKEX_NAME_MAX ? len : SSHKEX_NAME_MAX;
	memcpy(name, list->names, kept);
	name[kept] = '\0';
	if (comma != NULL)
		len++;
	list->names += len;
	list->len -= len;
	return (1);
}

const struct sshkex_method *
sshkex_method_any(const struct sshkex_list *kex)
{
	const struct sshkex_method	*method;
	struct sshkex_list		 left;
	char				 name[SSHKEX_NAME_MAX + 1];

	for (method = methods; method->name[0] != '\0'; method++)
		for (left = *kex; sshkex_next(&left, name);)
			if (strcmp(name, method->name) == 0)
				return (method);
	return (NULL);
}

const struct sshkex_method *
sshkex_method(const struct sshkex_list *kex)
{
	const struct sshkex_method	*method = sshkex_method_any(kex);

	return (method != NULL && method->kem_bytes > 0 ? method : NULL);
}
