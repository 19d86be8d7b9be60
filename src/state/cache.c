/* SPDX-License-Identifier: ISC */
/* Sweeps files that a relay left unfinished in the cache folder. */

#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "state/cache.h"

#define SWEEP_SECONDS	600	/* no relay takes so long to write */
#define SWEEP_MAX	512

/* Unfinished files have a dot, the name they will have, and more. */
static const char	unfinished[][16] = { ".failure.json.", ".path-", ".held-" };

static int
is_unfinished(const char *name)
{
	size_t	i;

	for (i = 0; i < sizeof(unfinished) / sizeof(unfinished[0]); i++)
		if (strncmp(name, unfinished[i], strlen(unfinished[i])) == 0)
			return (1);
	return (0);
}

void
cache_sweep(const char *path)
{
	char		 folder[PATH_MAX];
	struct dirent	*entry;
	struct stat	 sb;
	time_t		 now = time(NULL);
	DIR		*dir;
	int		 i;

	strlcpy(folder, path, sizeof(folder));
	*strrchr(folder, '/') = '\0';
	if ((dir = opendir(folder)) == NULL)
		return;
	for (i = 0; i < SWEEP_MAX && (entry = readdir(dir)) != NULL; i++)
		if (is_unfinished(entry->d_name) && fstatat(dirfd(dir), entry->d_name, &sb,
		    AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(sb.st_mode) && sb.st_uid == geteuid() &&
		    now - sb.st_mtime >= SWEEP_SECONDS)
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
}
