/* SPDX-License-Identifier: ISC */
/*
 * The start of a key exchange, without any cryptography, in memory: RFC 4253 6 and 7, RFC 5656 4,
 * and the drafts for sntrup761x25519-sha512 and mlkem768x25519-sha256. Enough to let a server send
 * its largest packets before any login.
 */

#ifndef WIRE_SSHKEX_H
#define WIRE_SSHKEX_H

#include <stddef.h>

#define SSHKEX_ID		"SSH-2.0-meshssh_doctor\r\n"
#define SSHKEX_ID_LEN		(sizeof(SSHKEX_ID) - 1)
/* RFC 4253 6.1: what each side must be able to take, and a little less */
#define SSHKEX_PACKET_MAX	32768
#define SSHKEX_COOKIE		16
#define SSHKEX_NAME_MAX		64	/* RFC 4251 6 */
#define SSHKEX_KEY_TEXT		(SSHKEX_NAME_MAX + 1 + SSHKEX_KEY_TAIL + 1)
/* of the base64 of a key: 24 bytes, which no two have in common by chance */
#define SSHKEX_KEY_TAIL		32
#define SSHKEX_INIT_MAX		1300	/* the longest that sshkex_init makes */

#define SSHKEX_DISCONNECT	1	/* SSH_MSG_..., RFC 4253 12 and RFC 5656 7.1 */
#define SSHKEX_IGNORE		2
#define SSHKEX_DEBUG		4
#define SSHKEX_KEXINIT		20
#define SSHKEX_NEWKEYS		21
#define SSHKEX_REPLY		31	/* SSH_MSG_KEX_ECDH_REPLY */

/* A packet in the clear; it points into the bytes that it was read from. */
struct sshkex_packet {
	const unsigned char	*payload;	/* behind the byte that says the type */
	size_t			 len;
	int			 type;
	size_t			 bytes;		/* of the whole packet */
};

/* A name-list (RFC 4251 5), raw, within its packet. */
struct sshkex_list {
	const char	*names;
	size_t		 len;
};

enum sshkex_lists {
	SSHKEX_KEX,
	SSHKEX_HOST_KEYS,
	SSHKEX_CIPHERS,		/* client to server; no server has others for the reverse path */
	SSHKEX_MACS = 4,
	SSHKEX_LISTS = 10	/* RFC 4253 7.1 has ten in a KEXINIT; four are of use here */
};

/*
 * A key exchange. With a KEM its answer is large: it holds a ciphertext besides a host key and its
 * signature.
 */
struct sshkex_method {
	char	name[40];
	/* of the public key of the KEM, before 32 bytes of X25519; 0: there is none */
	int	kem_bytes;
};

/*
 * A KEXINIT of at least so many bytes, padding and all, which is longer by less than 24; its names
 * of languages mean nothing and make it long. The host key of RSA comes first, because it is the
 * largest. Returns its length, or 0 if it is longer than SSHKEX_PACKET_MAX or than the buffer.
 */
size_t	sshkex_kexinit(char *, size_t, size_t bytes, const unsigned char [SSHKEX_COOKIE]);
/* The same with these algorithms of host keys, names with commas between them; NULL: as above. */
size_t	sshkex_kexinit_keys(char *, size_t, size_t bytes, const unsigned char [SSHKEX_COOKIE],
	    const char *host_keys);
/*
 * SSH_MSG_KEX_ECDH_INIT, whose key is well-formed and of no use. Its length, or 0 if it does not
 * fit.
 */
size_t	sshkex_init(char *, size_t, const struct sshkex_method *);
/* SSH_MSG_DISCONNECT, "by application", with this text. Its length, or 0 if it does not fit. */
size_t	sshkex_disconnect(char *, size_t, const char *);

/*
 * The packet at the start of these bytes: 1 and it is filled, 0 if more must come, -1 if these are
 * no packet.
 */
int	sshkex_packet(const char *, size_t, struct sshkex_packet *);
/* The lists of a KEXINIT: 0, or -1 if it is none. */
int	sshkex_parse(const struct sshkex_packet *, struct sshkex_list [SSHKEX_LISTS]);
/* The bytes of the host key in an SSHKEX_REPLY: 0, or -1 if there is none. */
int	sshkex_host_key(const struct sshkex_packet *, const unsigned char **, size_t *);
/* A key as its type, a blank and the tail of its base64: 0, or -1 if it is none. */
int	sshkex_key_text(const unsigned char *, size_t, char [SSHKEX_KEY_TEXT]);
/*
 * The same of a key of this type that ends here and has so many bytes, no fewer than
 * SSHKEX_KEY_TAIL; two more than these are read, and not what is before them.
 */
void	sshkex_key_tail(const char *type, const unsigned char *end, size_t len,
	    char [SSHKEX_KEY_TEXT]);
/* Take the first name off the list; a long one is cut. 1, or 0 if there is none. */
int	sshkex_next(struct sshkex_list *, char [SSHKEX_NAME_MAX + 1]);
/* The first of our methods that the server offers, which it then takes; NULL if there is none. */
const struct sshkex_method *sshkex_method(const struct sshkex_list *kex);
/* The same, though the answer may be small. */
const struct sshkex_method *sshkex_method_any(const struct sshkex_list *kex);

#endif
