/* SPDX-License-Identifier: ISC */
/* DNS messages (RFC 1035): one question, and its answer. */

#include <string.h>
#include <strings.h>

#include "wire/dns.h"

#define HEADER_BYTES	12
#define LABEL_MAX	63
#define NAME_MAX_BYTES	255	/* RFC 1035 2.3.4, with lengths and the root */
#define RECORD_BYTES	10	/* type, class, TTL and length, behind the name */

static const struct {
	int	code;
	char	text[32];
} rcodes[] = {
	{ 0,	"no error" },
	{ 1,	"it cannot read the question" },
	{ 2,	"the server has failed" },
	{ 3,	"no such name" },
	{ 4,	"it does not do that" },
	{ 5,	"refused" },
	{ -1,	"an error" }
};

const char *
dns_rcode(int code)
{
	size_t	i = 0;

	while (rcodes[i].code != -1 && rcodes[i].code != code)
		i++;
	return (rcodes[i].text);
}

static size_t
get16(const unsigned char *p)
{
	return ((size_t)p[0] << 8 | p[1]);
}

static void
put16(unsigned char *p, unsigned int n)
{
	p[0] = (unsigned char)(n >> 8);
	p[1] = (unsigned char)n;
}

size_t
dns_query(unsigned char *buf, size_t size, uint16_t id, const char *name, int type)
{
	size_t	len = HEADER_BYTES, label;

	if (size < HEADER_BYTES + 1 + 4)
		return (0);
	memset(buf, 0, HEADER_BYTES);
	put16(buf, id);
	buf[2] = 1;		/* RD: recursion desired */
	buf[5] = 1;		/* one question */
	for (; *name != '\0'; name += label + (name[label] == '.')) {
		label = strcspn(name, ".");
		if (label == 0 || label > LABEL_MAX ||
		    len - HEADER_BYTES + label + 2 > NAME_MAX_BYTES || len + label + 2 + 4 > size)
			return (0);
		buf[len++] = (unsigned char)label;
		memcpy(buf + len, name, label);
		len += label;
	}
	if (len == HEADER_BYTES)
		return (0);
	buf[len++] = 0;
	put16(buf + len, (unsigned int)type);
	put16(buf + len + 2, 1);	/* IN */
	return (len + 4);
}

/*
 * The length of a name as it stands at this place, a pointer included; 0 if it does not end within
 * the message.
 */
static size_t
name_len(const unsigned char *buf, size_t len, size_t at)
{
	size_t	from = at;

	while (at < len) {
		if (buf[at] == 0)
			return (at + 1 - from);
		/* RFC 1035 4.1.4: where it points to is of no interest, so there are no loops. */
		if ((buf[at] & 0xc0) == 0xc0)
			return (at + 2 <= len ? at + 2 - from : 0);
		if ((buf[at] & 0xc0) != 0)
			return (0);
		at += 1 + (size_t)buf[at];
	}
	return (0);
}

/* 1 if the question that comes back is ours, but for the case of letters. */
static int
same_question(const unsigned char *buf, const unsigned char *query, size_t query_len)
{
	size_t	name = query_len - HEADER_BYTES - 4;

	/* A length is below any letter, so it is compared exactly. */
	return (strncasecmp((const char *)buf + HEADER_BYTES, (const char *)query + HEADER_BYTES,
	    name) == 0 && memcmp(buf + HEADER_BYTES + name, query + HEADER_BYTES + name, 4) == 0);
}

/* Keep the address of a record, if it is one. */
static void
keep(struct dns_answer *answer, size_t type, const unsigned char *data, size_t len)
{
	struct dns_address	*to = &answer->addresses[answer->count];

	if (answer->count == DNS_ADDRESSES_MAX || len != (type == DNS_AAAA ? 16 : 4))
		return;
	to->ipv6 = type == DNS_AAAA;
	memcpy(to->bytes, data, len);
	answer->count++;
}

int
dns_parse(const unsigned char *buf, size_t len, const unsigned char *query, size_t query_len,
    struct dns_answer *answer)
{
	struct dns_answer	said;
	size_t			at = query_len, records, type, data;

	memset(&said, 0, sizeof(said));
	/* QR, one question, the same ID and the same question. */
	if (query_len < HEADER_BYTES + 5 || len < query_len || memcmp(buf, query, 2) != 0 ||
	    (buf[2] & 0x80) == 0 || get16(buf + 4) != 1 || !same_question(buf, query, query_len))
		return (-1);
	said.rcode = buf[3] & 0x0f;
	said.cut = (buf[2] & 0x02) != 0;
	type = get16(query + query_len - 4);
	for (records = get16(buf + 6); records > 0; records--) {
		if ((data = name_len(buf, len, at)) == 0 || len - at < data + RECORD_BYTES)
			break;
		at += data;
		data = get16(buf + at + 8);
		if (len - at - RECORD_BYTES < data)
			break;
		if (get16(buf + at) == type && get16(buf + at + 2) == 1)
			keep(&said, type, buf + at + RECORD_BYTES, data);
		at += RECORD_BYTES + data;
	}
	if (records > 0 && !said.cut)
		return (-1);
	*answer = said;
	return (0);
}
