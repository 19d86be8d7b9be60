/* SPDX-License-Identifier: ISC */
/* Fuzz target: dns. */

#include <string.h>

#include "fuzz.h"
#include "wire/dns.h"

/*
 * An answer to a question whose type the first byte says; the rest is what comes behind the
 * question.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char		query[DNS_QUERY_MAX], buf[2048];
	struct dns_answer	answer;
	size_t			len;

	if (size < 5 || size > 1024)
		return (0);
	len = dns_query(query, sizeof(query), 1, "node.mesh.test", data[0] & 1 ? DNS_AAAA : DNS_A);
	memcpy(buf, query, len);
	memcpy(buf + 2, data + 1, 2);		/* the flags */
	memcpy(buf + 6, data + 3, 2);		/* how many records */
	memcpy(buf + len, data + 5, size - 5);
	if (dns_parse(buf, len + size - 5, query, len, &answer) == 0 &&
	    (answer.count < 0 || answer.count > DNS_ADDRESSES_MAX || answer.rcode > 15))
		__builtin_trap();
	/* And as bytes of any kind. */
	dns_parse(data, size, query, len, &answer);
	return (0);
}
