/* SPDX-License-Identifier: ISC */
/* A unified diff of two texts. */

#include <sys/types.h>

#include <string.h>

#include "install/diff.h"

#define CONTEXT	3	/* lines around what changes, as everybody shows */

/* One side: what is left of it between the lines that both begin and end with. */
struct side {
	const char	*bytes;
	size_t		 from, to;
	long		 lines;		/* of the hunk */
};

static size_t
line_end(const char *bytes, size_t at, size_t len)
{
	const char	*end = at < len ? memchr(bytes + at, '\n', len - at) : NULL;

	return (end != NULL ? (size_t)(end - bytes) + 1 : len);
}

/* Where the line begins that ends here. */
static size_t
line_start(const char *bytes, size_t end)
{
	while (end > 0 && (--end == 0 || bytes[end - 1] != '\n'))
		continue;
	return (end);
}

static int
same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return (a_len == b_len && memcmp(a, b, a_len) == 0);
}

static long
count(const char *bytes, size_t at, size_t to)
{
	long	n;

	for (n = 0; at < to; n++)
		at = line_end(bytes, at, to);
	return (n);
}

/*
 * Take off the lines that both sides begin with, and then those that both end with; the number of
 * the first ones.
 */
static long
trim(struct side *a, struct side *b)
{
	size_t	x, y;
	long	n = 0;

	for (; a->from < a->to && b->from < b->to; n++) {
		x = line_end(a->bytes, a->from, a->to);
		y = line_end(b->bytes, b->from, b->to);
		if (!same(a->bytes + a->from, x - a->from, b->bytes + b->from, y - b->from))
			break;
		a->from = x;
		b->from = y;
	}
	while (a->to > a->from && b->to > b->from) {
		x = line_start(a->bytes, a->to);
		y = line_start(b->bytes, b->to);
		if (!same(a->bytes + x, a->to - x, b->bytes + y, b->to - y))
			break;
		a->to = x;
		b->to = y;
	}
	return (n);
}

static void
print_lines(FILE *fp, char sign, const char *bytes, size_t at, size_t to)
{
	size_t	end;

	for (; at < to; at = end) {
		end = line_end(bytes, at, to);
		putc(sign, fp);
		fwrite(bytes + at, 1, end - at, fp);
		if (bytes[end - 1] != '\n')
			fputs("\n\\ No newline at end of file\n", fp);
	}
}

/* "-FIRST,LINES": an empty range is behind the line that it names. */
static void
print_range(FILE *fp, char sign, long first, long lines)
{
	fprintf(fp, "%c%ld", sign, lines > 0 ? first : first - 1);
	if (lines != 1)
		fprintf(fp, ",%ld", lines);
}

void
diff_unified(FILE *fp, const char *path, const char *from, size_t from_len, const char *to,
    size_t to_len)
{
	struct side	a = { .bytes = from != NULL ? from : "", .to = from_len };
	struct side	b = { .bytes = to != NULL ? to : "", .to = to_len };
	size_t		before, after;
	long		first, i;

	if (same(a.bytes, a.to, b.bytes, b.to) && (from == NULL) == (to == NULL))
		return;
	first = trim(&a, &b);
	before = a.from;
	for (i = 0; i < CONTEXT && before > 0; i++)
		before = line_start(a.bytes, before);
	first -= i - 1;
	after = a.to;
	for (i = 0; i < CONTEXT && after < from_len; i++)
		after = line_end(a.bytes, after, from_len);
	a.lines = count(a.bytes, before, after);
	b.lines = a.lines - count(a.bytes, a.from, a.to) + count(b.bytes, b.from, b.to);
	fprintf(fp, "--- %s\n+++ %s\n@@ ", from != NULL ? path : "/dev/null",
	    to != NULL ? path : "/dev/null");
	print_range(fp, '-', first, a.lines);
	putc(' ', fp);
	print_range(fp, '+', first, b.lines);
	fputs(" @@\n", fp);
	print_lines(fp, ' ', a.bytes, before, a.from);
	print_lines(fp, '-', a.bytes, a.from, a.to);
	print_lines(fp, '+', b.bytes, b.from, b.to);
	print_lines(fp, ' ', a.bytes, a.to, after);
}
