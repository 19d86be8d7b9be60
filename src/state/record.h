/* SPDX-License-Identifier: ISC */
/* The last failure, for --why: one small JSON file a user, in the cache directory. */

#ifndef STATE_RECORD_H
#define STATE_RECORD_H

#include <limits.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/xdg.h"
#include "route/target.h"

#define RECORD_BYTES_MAX	65536	/* a larger file is not ours */

struct record {
	int64_t		when;		/* seconds since 1970 */
	char		host[ADDR_HOST_MAX + 1];
	int		port;
	struct error	err;
	struct attempts	attempts;
};

/* What earlier versions called a code; the last one has CODE_NONE. */
struct record_name {
	char		name[16];
	enum code	code;
};

extern const struct record_name	record_names[];

/*
 * The path of the file: meshssh/failure.json in $XDG_CACHE_HOME, or in .cache of the home directory
 * of the password database, as xdg_path finds it. Return 0 on success, or -1 with errno set.
 */
int	record_path(char path[PATH_MAX]);
/* Why there is no such path, as xdg_why says it. */
void	record_why_not(char why[XDG_WHY_MAX]);
/*
 * Replace the file. Return 0 on success, or -1 with errno set: the disk may be full, read-only or
 * missing.
 */
int	record_write(const struct target *target, const struct attempts *attempts,
	    const struct error *failure);
/*
 * Read a record file of unknown origin. Return 1 if there is one, 0 if there is none, or -1 with
 * *err set if it cannot be read or is not a record. All strings in the record are printable. With
 * confine, the bytes are parsed in a sandbox (os_sandbox), in which the process then stays.
 */
int	record_read(const char *path, int confine, struct record *record, struct error *err);

/* Parse the bytes of such a file. Return 0 on success, or -1 if they are not a record. */
int	record_parse(const char *buf, size_t len, struct record *record);

#endif
