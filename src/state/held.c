/* SPDX-License-Identifier: ISC */
/* Sessions without a connection, a file for each. */

#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/number.h"
#include "base/xdg.h"
#include "state/cache.h"
#include "state/held.h"

#define PREFIX		"held-"
#define HELD_NAMES	512		/* in the folder, of which no more are looked at */
#define HELD_OLD_S	(24 * 60 * 60)	/* what was not touched for so long may go */

static int
held_path(const char *name, char path[PATH_MAX])
{
	return (xdg_path("XDG_CACHE_HOME", ".cache", name, path));
}

static int
held_own(pid_t pid, char path[PATH_MAX])
{
	char	name[32];

	snprintf(name, sizeof(name), PREFIX "%ld", (long)pid);
	return (held_path(name, path));
}

/* The process of a file with this name; 0: it is no such file. */
static pid_t
held_pid(const char *name)
{
	int	pid;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 ||
	    number_parse(name + strlen(PREFIX), 1, INT_MAX, &pid) == -1)
		return (0);
	return (pid);
}

static int
held_alive(pid_t pid)
{
	return (kill(pid, 0) == 0 || errno == EPERM);
}

/* Remove what ended processes left here, as those that were killed do. */
static void
held_sweep(const char *path)
{
	char		 folder[PATH_MAX];
	struct dirent	*entry;
	struct stat	 sb;
	time_t		 now = time(NULL);
	DIR		*dir;
	pid_t		 pid;
	int		 i;

	strlcpy(folder, path, sizeof(folder));
	*strrchr(folder, '/') = '\0';
	if ((dir = opendir(folder)) == NULL)
		return;
	for (i = 0; i < HELD_NAMES && (entry = readdir(dir)) != NULL; i++)
		if ((pid = held_pid(entry->d_name)) != 0 && !held_alive(pid) &&
		    fstatat(dirfd(dir), entry->d_name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
		    now - sb.st_mtime >= HELD_OLD_S)
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
}

int
held_write(pid_t pid, const struct held *held)
{
	char	path[PATH_MAX], text[HELD_BYTES_MAX], why[HELD_WHY_MAX];

	if (held_own(pid, path) == -1)
		return (-1);
	held_sweep(path);
	cache_sweep(path);
	snprintf(text, sizeof(text), "%lld\n%lld\n%d\n%d\n%s\n%s\n", (long long)held->said_ms,
	    (long long)held->since_ms, held->hold_s, held->port, held->host,
	    error_vis(why, sizeof(why), held->why));
	return (file_write(path, text));
}

void
held_remove(pid_t pid)
{
	char	path[PATH_MAX];

	if (held_own(pid, path) == 0)
		unlink(path);
}

int
held_parse(const char *buf, size_t len, int64_t now_ms, struct held *held)
{
	char		 text[HELD_BYTES_MAX], *rest = text, *lines[6];
	long long	 said_ms, since_ms;
	size_t		 i;

	if (len == 0 || len >= sizeof(text) || buf[len - 1] != '\n' || memchr(buf, '\0', len))
		return (-1);
	memcpy(text, buf, len);
	text[len - 1] = '\0';
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if ((lines[i] = strsep(&rest, "\n")) == NULL)
			return (-1);
	if (rest != NULL || number_parse_long(lines[0], 0, now_ms, &said_ms) == -1 ||
	    now_ms - said_ms >= HELD_FRESH_MS ||
	    number_parse_long(lines[1], 0, said_ms, &since_ms) == -1 ||
	    number_parse(lines[2], 1, INT_MAX, &held->hold_s) == -1 ||
	    number_parse(lines[3], 1, 65535, &held->port) == -1 || !addr_host_ok(lines[4]))
		return (-1);
	held->said_ms = said_ms;
	held->since_ms = since_ms;
	error_vis(held->host, sizeof(held->host), lines[4]);
	error_vis(held->why, sizeof(held->why), lines[5]);
	return (0);
}

int
held_list(struct held *list, int max)
{
	char		 path[PATH_MAX], buf[HELD_BYTES_MAX];
	struct dirent	*entry;
	DIR		*dir;
	ssize_t		 len;
	pid_t		 pid;
	int		 count = 0, i;

	if (held_path("", path) == -1 || (dir = opendir(path)) == NULL)
		return (0);
	for (i = 0; i < HELD_NAMES && count < max && (entry = readdir(dir)) != NULL; i++)
		if ((pid = held_pid(entry->d_name)) != 0 && held_alive(pid) &&
		    held_own(pid, path) == 0 &&
		    (len = file_read_own(path, buf, sizeof(buf))) != -1 &&
		    held_parse(buf, (size_t)len, clock_boot_ms(), &list[count]) == 0)
			count++;
	closedir(dir);
	return (count);
}
