/* SPDX-License-Identifier: ISC */
/* Unit tests: ring. */

#include "check.h"
#include "session/ring.h"

/* The byte at each position of the stream. */
static uint8_t
byte_at(uint64_t position)
{
	return ((uint8_t)(position * 2654435761u >> 11));
}

static size_t
fill(struct ring *r, size_t most)
{
	struct iovec	iov[2];
	uint64_t	position = r->end;
	size_t		i, len = 0;
	int		count = ring_space(r, most, iov), at;

	for (at = 0; at < count; at++) {
		assert_true(iov[at].iov_len > 0);
		for (i = 0; i < iov[at].iov_len; i++)
			((uint8_t *)iov[at].iov_base)[i] = byte_at(position++);
		len += iov[at].iov_len;
	}
	assert_true(len <= most && len <= ring_room(r));
	ring_added(r, len);
	return (len);
}

static void
compare(const struct ring *r, uint64_t from, size_t len)
{
	struct iovec	iov[2];
	int		count = ring_data(r, from, len, iov), at;
	size_t		i;

	for (at = 0; at < count; at++)
		for (i = 0; i < iov[at].iov_len; i++, len--)
			if (((uint8_t *)iov[at].iov_base)[i] != byte_at(from++))
				fail_msg("another byte at %llu", (unsigned long long)(from - 1));
	assert_int_equal(len, 0);
}

/* It grows at any fill and any offset, and the bytes stay. */
static void
test_grow(void **state)
{
	struct ring	r;
	size_t		offset;

	(void)state;
	for (offset = 0; offset < RING_FIRST; offset += 1021) {
		assert_int_equal(ring_open(&r, RING_MAX), 0);
		assert_int_equal(fill(&r, RING_FIRST), RING_FIRST);
		ring_drop(&r, offset);
		assert_int_equal(fill(&r, RING_FIRST), offset);
		assert_int_equal(ring_room(&r), 0);
		assert_int_equal(ring_grow(&r), 0);
		compare(&r, r.start, ring_used(&r));
		assert_int_equal(fill(&r, SIZE_MAX), RING_FIRST);
		compare(&r, r.start, 2 * RING_FIRST);
		ring_close(&r);
	}
}

static void
test_most(void **state)
{
	struct ring	r;

	(void)state;
	assert_int_equal(ring_open(&r, RING_MAX), 0);
	while (ring_grow(&r) == 0)
		continue;
	assert_int_equal(r.size, RING_MAX);
	assert_int_equal(fill(&r, SIZE_MAX), RING_MAX);
	assert_int_equal(fill(&r, SIZE_MAX), 0);
	compare(&r, 0, RING_MAX);
	ring_close(&r);
}

/* Whatever is done, it holds the bytes between its positions. */
static void
test_random(void **state)
{
	struct ring	r;
	int		i;

	(void)state;
	srandom(1);
	assert_int_equal(ring_open(&r, 4 * RING_FIRST), 0);
	/* Positions are not bound to 32 bits. */
	r.start = r.end = r.origin = UINT32_MAX - 100000;
	for (i = 0; i < 4000; i++) {
		switch (random() % 8) {
		case 0:
			if (random() % 50 == 0)
				ring_grow(&r);
			break;
		case 1:
			ring_rest(&r);
			break;
		case 2:
			ring_drop(&r, r.end);
			ring_pass(&r, (size_t)random() % 100000);
			break;
		case 3:
		case 4:
			ring_drop(&r, r.start + (uint64_t)random() % (ring_used(&r) + 1));
			break;
		default:
			fill(&r, (size_t)random() % 40000);
		}
		compare(&r, r.start, ring_used(&r));
	}
	assert_true(r.end > UINT32_MAX);
	ring_close(&r);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_most),
		cmocka_unit_test(test_random),
	};

	return (cmocka_run_group_tests_name("ring", tests, NULL, NULL));
}
