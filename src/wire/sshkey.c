/* SPDX-License-Identifier: ISC */
/* Public keys as text: the type, and the same type in the base64. */

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "base/base64.h"
#include "wire/sshkey.h"

#define TYPE_MAX	64	/* OpenSSH's longest name has 46 bytes */
#define BASE64		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

int
sshkey_text(const char *text)
{
	char		 head[sizeof(uint32_t) + TYPE_MAX + 3];
	const char	*body = text + strcspn(text, " ");
	size_t		 len = (size_t)(body - text), type = sizeof(uint32_t) + len, digits,
			    padding;
	uint32_t	 size = htonl((uint32_t)len);

	if (len == 0 || len > TYPE_MAX || *body != ' ' ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789@.-") != len)
		return (0);
	body++;
	digits = strspn(body, BASE64);
	padding = strspn(body + digits, "=");
	if (padding > 2 || (digits + padding) % 4 != 0 || digits * 3 / 4 <= type)
		return (0);
	/* Whole groups of four digits, which reach beyond the type. */
	if (base64_decode(head, sizeof(head), body, (type + 2) / 3 * 4) < (int)type ||
	    memcmp(head, &size, sizeof(size)) != 0 || memcmp(head + sizeof(size), text, len) != 0)
		return (0);
	body += digits + padding;
	return (*body == '\0' || *body == ' ' ? (int)(body - text) : 0);
}
