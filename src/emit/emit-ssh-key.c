#include <arpa/inet.h>
#include <string.h>

#include "base/base64.h"
#include "emit/emit-ssh.h"

#define TYPE_MAX	64	/* OpenSSH's longest name has 46 bytes */
#define BASE64		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

int
emit_ssh_key(const char *text)
{
	char		 blob[sizeof(uint32_t) + TYPE_MAX], head[BASE64_SIZE(sizeof(blob))];
	const char	*body = text + strcspn(text, " ");
	size_t		 len = (size_t)(body - text), whole, padding;
	uint32_t	 size = htonl((uint32_t)len);

	if (len == 0 || len > TYPE_MAX || *body != ' ' ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789@.-") != len)
		return (0);
	body++;
	memcpy(blob, &size, sizeof(size));
	memcpy(blob + sizeof(size), text, len);
	/* Of the last, broken group of three bytes the text is not known. */
	whole = (sizeof(size) + len) / 3;
	base64(head, sizeof(head), blob, whole * 3);
	if (strncmp(body, head, whole * 4) != 0)
		return (0);
	len = strspn(body, BASE64);
	padding = strspn(body + len, "=");
	if (padding > 2 || (len + padding) % 4 != 0 || len <= whole * 4)
		return (0);
	len += padding;
	return (body[len] == '\0' || body[len] == ' ' ? (int)(body + len - text) : 0);
}
