/* SPDX-License-Identifier: ISC */
/*
 * A piece of a byte stream in memory, from one position in the stream to another: what may have to
 * be sent again, or waits to be delivered. Address space is taken once, memory as it is used.
 */

#ifndef SESSION_RING_H
#define SESSION_RING_H

#include <sys/types.h>
#include <sys/uio.h>

#include <stddef.h>
#include <stdint.h>

#define RING_FIRST	((size_t)64 * 1024)
#define RING_MAX	((size_t)4 * 1024 * 1024)

/* Others read start, end, size and max. */
struct ring {
	uint64_t	 start, end;	/* positions: first byte that is kept, first that is not */
	size_t		 size;		/* bytes that fit now, a power of two */
	size_t		 max;		/* bytes that size may grow to */
	uint8_t		*buf;		/* max bytes of address space */
	uint64_t	 origin;	/* position whose byte would stand at buf[0] */
	size_t		 touched;	/* bytes of buf that may have memory */
};

/*
 * Begin, empty, at position 0. `max` is a power of two, at least RING_FIRST. Where there is no room
 * for so much, ring->max is smaller. 0, or -1 with errno if there is none even for RING_FIRST.
 */
int	ring_open(struct ring *, size_t max);
void	ring_close(struct ring *);

size_t	ring_used(const struct ring *);
size_t	ring_room(const struct ring *);
/* Double the size; 0, or -1 if it is max. Allocates nothing. */
int	ring_grow(struct ring *);

/*
 * Where the next bytes go, at most so many: how many pieces (0 to 2) were put into iov. An empty
 * ring begins at its start again.
 */
int	ring_space(struct ring *, size_t most, struct iovec iov[2]);
/* So many bytes were written there. */
void	ring_added(struct ring *, size_t);
/* The bytes from a position on, which must be kept: how many pieces (0 to 2) were put into iov. */
int	ring_data(const struct ring *, uint64_t from, size_t len, struct iovec iov[2]);
/* What is before this position, which is not beyond the end, is no longer needed. */
void	ring_drop(struct ring *, uint64_t to);
/* So many bytes of the stream went by without coming in here; the ring must be empty. */
void	ring_pass(struct ring *, size_t);
/* Give all memory back, and begin at RING_FIRST again, if the ring is empty. */
void	ring_rest(struct ring *);

#endif
