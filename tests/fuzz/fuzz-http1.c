/* SPDX-License-Identifier: ISC */
/* Fuzz target: http1. */

#include <string.h>

#include "fuzz.h"
#include "wire/http1.h"

/* Kept of a line: ended by a NUL, and of one line. */
static void
check_text(const char *text)
{
	const char	*end = memchr(text, '\0', HTTP1_TEXT_MAX);

	must(end != NULL && memchr(text, '\n', (size_t)(end - text)) == NULL);
}

static void
check_head(const struct http1 *h, const char *bytes, size_t used)
{
	must(h->status >= 200 ? h->status <= 599 : h->status == 101 && h->upgrade);
	must(used > 0 && used <= HTTP1_HEAD_MAX && h->total == used);
	must(bytes[used - 1] == '\n' && memchr(bytes, '\0', used) == NULL);
}

/*
 * The head of a reply, behind a byte that says whether an upgrade was asked for: whole, in two
 * pieces and byte by byte it is the same, and ends at the same byte.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char		*bytes = (const char *)data + 1;
	struct http1		 whole, halves, single;
	enum http1_state	 now;
	size_t			 used, halves_used, single_used = 0, n, i;

	if (size == 0)
		return (0);
	size--;
	memset(&whole, 0, sizeof(whole));
	whole.upgrade = data[0] & 1;
	halves = single = whole;
	now = http1_feed(&whole, bytes, size, &used);
	must(now == whole.state);
	must(used <= size && (whole.state != HTTP1_MORE || used == size));

	http1_feed(&halves, bytes, size / 2, &halves_used);
	if (halves.state == HTTP1_MORE) {
		http1_feed(&halves, bytes + size / 2, size - size / 2, &n);
		halves_used += n;
	}
	for (i = 0; i < size && single.state == HTTP1_MORE; i++) {
		http1_feed(&single, bytes + i, 1, &n);
		single_used += n;
	}
	must(halves_used == used && single_used == used);
	must(memcmp(&whole, &halves, sizeof(whole)) == 0 &&
	    memcmp(&whole, &single, sizeof(whole)) == 0);

	check_text(whole.reason);
	check_text(whole.content_length);
	check_text(whole.transfer_encoding);
	check_text(whole.connect_error);
	check_text(whole.dial_self);
	check_text(whole.dial_addr);
	must(memchr(whole.line, '\0', sizeof(whole.line)) != NULL);
	must(http1_length(&whole) >= -1);
	if (whole.state == HTTP1_HEAD)
		check_head(&whole, bytes, used);
	/* What is decided stays so, and takes no more. */
	if (whole.state != HTTP1_MORE) {
		now = http1_feed(&whole, "x", 1, &n);
		must(now == single.state && n == 0);
		must(memcmp(&whole, &single, sizeof(whole)) == 0);
	}
	return (0);
}
