/* SPDX-License-Identifier: ISC */
/* The last failure, for --why: one small JSON file a user, in the cache directory. */

#ifndef STATE_RECORD_H
#define STATE_RECORD_H

#include <limits.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/error.h"
#include "route/target.h"

#define RECORD_BYTES_MAX	65536	/* a larger file is not ours */

struct record {
	int64_t		when;		/* seconds since 1970 */
	char		host[ADDR_HOST_MAX + 1];
	int		port;
	struct error	err;
	struct attempts	attempts;
};

/*
 * The file: meshssh/failure.json in $XDG_CACHE_HOME, or in .cache of the home of the password database, as xdg_path has
 * it. 0, or -1 with errno.
 */
int	record_path(char [PATH_MAX]);
/* Write it, atomically. Best effort: -1 with errno where the disk is full, read-only or not there. */
int	record_write(const struct target *, const struct attempts *, const struct error *);
/*
 * Read a record file of unknown origin: 1 if there is one, 0 if there is none, -1 with the error set if it cannot be
 * read or is none of ours. The strings of the record are printable. With confine, its bytes are looked at in a sandbox
 * (os_sandbox), where the process then stays.
 */
int	record_read(const char *, int confine, struct record *, struct error *);

/* The same for the bytes of a file: 0, or -1 with errno, EINVAL if they are no record. */
int	record_parse(const char *, size_t, struct record *);

#endif
