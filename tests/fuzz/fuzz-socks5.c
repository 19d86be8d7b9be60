/* SPDX-License-Identifier: ISC */
/* Fuzz target: socks5. */

#include <string.h>

#include "fuzz.h"
#include "wire/socks5.h"

/*
 * A text at the front, behind two bytes for its length: longer than any that the protocol has, if
 * the input says so.
 */
static const char *
take_text(const uint8_t **data, size_t *size, char text[512])
{
	size_t	len;

	text[0] = '\0';
	if (*size < 2)
		return (text);
	len = ((size_t)(*data)[0] << 8 | (*data)[1]) % 512;
	*data += 2;
	*size -= 2;
	len = len < *size ? len : *size;
	memcpy(text, *data, len);
	text[len] = '\0';
	*data += len;
	*size -= len;
	return (text);
}

/*
 * All that the proxy says, in pieces of at most so many bytes; returns how many of them were taken.
 */
static size_t
talk(struct socks5 *s, const uint8_t *data, size_t size, size_t piece)
{
	enum socks5_state	now;
	size_t			taken = 0, len;

	for (;;) {
		must(s->state == SOCKS5_RECV || s->out_len <= SOCKS5_OUT_MAX);
		if (s->state == SOCKS5_SEND) {
			must(s->out_len >= 3);
			must(socks5_sent(s) == SOCKS5_RECV);
		}
		if (s->state != SOCKS5_RECV)
			return (taken);
		len = socks5_want(s);
		must(len > 0 && len <= sizeof(s->in) - s->have);
		len = len < size - taken ? len : size - taken;
		len = len < piece ? len : piece;
		if (len == 0)
			return (taken);
		now = socks5_feed(s, data + taken, len);
		must(now == s->state);
		taken += len;
	}
}

/*
 * A byte that says whether there are credentials, host, user and password, and then whatever the
 * proxy says: in large pieces and byte by byte it ends in the same way, and what is connected ends
 * at the same byte.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct socks5	 whole, single;
	char		 host[512], user[512], password[512];
	size_t		 whole_taken, single_taken;
	int		 login, result;

	if (size == 0)
		return (0);
	login = data[0] & 1;
	data++;
	size--;
	take_text(&data, &size, host);
	if (login) {
		take_text(&data, &size, user);
		take_text(&data, &size, password);
	}
	result = socks5_begin(&whole, host, 22, login ? user : NULL, login ? password : NULL);
	must(socks5_begin(&single, host, 22, login ? user : NULL,
	    login ? password : NULL) == result);
	if (result == -1) {
		must(whole.state == SOCKS5_FAILED && whole.code != CODE_NONE && whole.text != NULL);
		return (0);
	}
	must(strlen(host) <= SOCKS5_PART_MAX && strchr(host, '%') == NULL);
	whole_taken = talk(&whole, data, size, SIZE_MAX);
	single_taken = talk(&single, data, size, 1);
	must(whole.state == single.state && whole.code == single.code && whole.text == single.text);
	must(whole.step == single.step && whole.out_len == single.out_len);
	must(memcmp(whole.out, single.out, whole.out_len) == 0);
	must((whole.state == SOCKS5_FAILED) == (whole.code != CODE_NONE));
	must(whole.state != SOCKS5_FAILED || whole.text != NULL);
	/* A refusal need not be read to its end, all else ends where it ends. */
	must(whole.state == SOCKS5_FAILED ? single_taken <= whole_taken :
	    single_taken == whole_taken);
	must(whole.state != SOCKS5_DONE || socks5_want(&whole) == 0);
	return (0);
}
