/* SPDX-License-Identifier: ISC */
/* Unit tests: the memory of a ring, as Linux tells it. */

#include <sys/mman.h>
#include <sys/resource.h>

#include "check.h"
#include "session/ring.h"

#define PAGE_BYTES	4096

static void
fill(struct ring *r, size_t most)
{
	struct iovec	iov[2];
	int		count = ring_space(r, most, iov), at;
	size_t		len = 0;

	for (at = 0; at < count; at++) {
		memset(iov[at].iov_base, 'x', iov[at].iov_len);
		len += iov[at].iov_len;
	}
	ring_added(r, len);
}

/* Pages of the ring that have memory. */
static int
pages(const struct ring *r)
{
	unsigned char	there[RING_MAX / PAGE_BYTES];
	size_t		i;
	int		count = 0;

	assert_int_equal(mincore(r->buf, r->max, (void *)there), 0);
	for (i = 0; i < r->max / PAGE_BYTES; i++)
		count += there[i] & 1;
	return (count);
}

/* A stream that is read as it comes needs one page, however long it is. */
static void
test_memory(void **state)
{
	struct ring	r;
	int		i;

	(void)state;
	assert_int_equal(ring_open(&r, RING_MAX), 0);
	assert_int_equal(pages(&r), 0);
	for (i = 0; i < 1000; i++) {
		fill(&r, 1000);
		ring_drop(&r, r.end);
	}
	assert_int_equal(pages(&r), 1);
	while (ring_grow(&r) == 0)
		fill(&r, SIZE_MAX);
	fill(&r, SIZE_MAX);
	assert_int_equal(pages(&r), RING_MAX / PAGE_BYTES);
	/* Not while something is in it. */
	ring_rest(&r);
	assert_int_equal(pages(&r), RING_MAX / PAGE_BYTES);
	ring_drop(&r, r.end);
	ring_rest(&r);
	assert_int_equal(pages(&r), 0);
	assert_int_equal(r.size, RING_FIRST);
	ring_close(&r);
}

/* Where there is less room than it wants, it is smaller, and where there is none it says so. */
static void
test_no_room(void **state)
{
	struct rlimit	had, now;
	struct ring	r;
	FILE		*fp = fopen("/proc/self/statm", "r");
	unsigned long	size_pages;

	(void)state;
	if (fp == NULL)
		skip();
	assert_int_equal(fscanf(fp, "%lu", &size_pages), 1);
	fclose(fp);
	assert_int_equal(getrlimit(RLIMIT_AS, &had), 0);
	now = had;
	now.rlim_cur = size_pages * PAGE_BYTES + RING_MAX / 2;
	if (setrlimit(RLIMIT_AS, &now) == -1)
		skip();
	assert_int_equal(ring_open(&r, RING_MAX), 0);
	assert_within(r.max, RING_FIRST, RING_MAX / 2);
	while (ring_grow(&r) == 0)
		continue;
	assert_int_equal(r.size, r.max);
	ring_close(&r);
	now.rlim_cur = PAGE_BYTES;
	assert_int_equal(setrlimit(RLIMIT_AS, &now), 0);
	assert_int_equal(ring_open(&r, RING_MAX), -1);
	assert_int_equal(setrlimit(RLIMIT_AS, &had), 0);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_no_room),
	};

	return (cmocka_run_group_tests_name("ring-memory", tests, NULL, NULL));
}
