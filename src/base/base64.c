#include "base/base64.h"

/* By hand: b64_ntop(3) is in a library of its own with glibc, which every relay would load, and musl has none. */
const char *
base64(char *buf, size_t size, const char *data, size_t len)
{
	static const char	digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char			*out = buf;
	unsigned long		 group;
	size_t			 i, j;

	if (size < BASE64_SIZE(len)) {
		buf[0] = '\0';
		return (buf);
	}
	for (i = 0; i < len; i += 3) {
		for (group = 0, j = i; j < i + 3; j++)
			group = group << 8 | (j < len ? (unsigned char)data[j] : 0);
		for (j = 0; j < 4; j++)
			*out++ = i + j <= len ? digits[group >> (18 - 6 * j) & 63] : '=';
	}
	*out = '\0';
	return (buf);
}
