/* SPDX-License-Identifier: ISC */
/* A ring of bytes between two positions of a stream, which grows in place. */

#include <sys/types.h>
#include <sys/mman.h>

#include <string.h>

#include "session/ring.h"

int
ring_open(struct ring *r, size_t max)
{
	void	*buf;

	for (; max >= RING_FIRST; max /= 2) {
		buf = mmap(NULL, max, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (buf == MAP_FAILED)
			continue;
		memset(r, 0, sizeof(*r));
		r->buf = buf;
		r->max = max;
		r->size = RING_FIRST;
		return (0);
	}
	return (-1);
}

void
ring_close(struct ring *r)
{
	if (r->buf != NULL)
		munmap(r->buf, r->max);
	r->buf = NULL;
}

size_t
ring_used(const struct ring *r)
{
	return ((size_t)(r->end - r->start));
}

size_t
ring_room(const struct ring *r)
{
	return (r->size - ring_used(r));
}

static size_t
ring_at(const struct ring *r, uint64_t position)
{
	return ((size_t)(position - r->origin) & (r->size - 1));
}

static int
ring_pieces(const struct ring *r, uint64_t from, size_t len, struct iovec iov[2])
{
	size_t	at = ring_at(r, from), first = r->size - at;

	if (len == 0)
		return (0);
	iov[0].iov_base = r->buf + at;
	iov[0].iov_len = len < first ? len : first;
	if (len <= first)
		return (1);
	iov[1].iov_base = r->buf;
	iov[1].iov_len = len - first;
	return (2);
}

int
ring_grow(struct ring *r)
{
	size_t	at = ring_at(r, r->start), first = r->size - at;

	if (r->size == r->max)
		return (-1);
	/* What went round to the front continues behind the old end: the room there is as large. */
	if (ring_used(r) > first) {
		memcpy(r->buf + r->size, r->buf, ring_used(r) - first);
		r->touched = r->size + ring_used(r) - first;
	}
	r->size *= 2;
	r->origin = r->start - at;
	return (0);
}

int
ring_space(struct ring *r, size_t most, struct iovec iov[2])
{
	size_t	room = ring_room(r);

	/* The front is what the processor's cache has. */
	if (r->start == r->end)
		r->origin = r->start;
	return (ring_pieces(r, r->end, most < room ? most : room, iov));
}

void
ring_added(struct ring *r, size_t len)
{
	size_t	at = ring_at(r, r->end), reach = len > r->size - at ? r->size : at + len;

	if (reach > r->touched)
		r->touched = reach;
	r->end += len;
}

int
ring_data(const struct ring *r, uint64_t from, size_t len, struct iovec iov[2])
{
	return (ring_pieces(r, from, len, iov));
}

void
ring_drop(struct ring *r, uint64_t to)
{
	r->start = to;
}

void
ring_pass(struct ring *r, size_t len)
{
	r->start = r->end += len;
}

void
ring_rest(struct ring *r)
{
	if (r->start != r->end)
		return;
	if (r->touched > 0)
		madvise(r->buf, r->touched, MADV_DONTNEED);
	r->touched = 0;
	r->size = RING_FIRST;
}
