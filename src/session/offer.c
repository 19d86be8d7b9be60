/* SPDX-License-Identifier: ISC */
/* Reads what a server's identification offers. */

#include <string.h>

#include "base/number.h"
#include "session/offer.h"

#define OFFER_WORD	"meshssh="

int
offer_port(const char *buf, size_t len)
{
	const char	*end = memchr(buf, '\n', len < SSHWIRE_ID_MAX ? len : SSHWIRE_ID_MAX);
	char		 line[SSHWIRE_ID_MAX + 1], *rest = line, *word;
	int		 port;

	if (end == NULL || memchr(buf, '\0', (size_t)(end - buf)) != NULL)
		return (0);
	memcpy(line, buf, (size_t)(end - buf));
	line[end - buf] = '\0';
	line[strcspn(line, "\r")] = '\0';
	/* The version is the first word, and no comment. */
	if (strncmp(line, "SSH-", 4) != 0 || strsep(&rest, " ") == NULL)
		return (0);
	while ((word = strsep(&rest, " ")) != NULL)
		if (strncmp(word, OFFER_WORD, strlen(OFFER_WORD)) == 0 &&
		    number_parse(word + strlen(OFFER_WORD), 1, 65535, &port) == 0)
			return (port);
	return (0);
}

void
offer_client(struct offer *o, const char *buf, size_t len)
{
	if (o->too_much || len > sizeof(o->said) - o->len) {
		o->too_much = 1;
		return;
	}
	memcpy(o->said + o->len, buf, len);
	o->len += len;
}
