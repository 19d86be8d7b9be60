/* SPDX-License-Identifier: ISC */
/* What was learned of paths, a file for each network and host. */

#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/number.h"
#include "base/xalloc.h"
#include "base/xdg.h"
#include "state/cache.h"
#include "state/path-cache.h"

#define PREFIX		"path-"

/*
 * One file for each network and host, so that relays which write at the same time do not meet:
 * FNV-1a of both. 0, or -1 where the network is not known.
 */
static int
path_cache_path(const char *network, const char *host, char path[PATH_MAX])
{
	const char	*texts[] = { network, "\n", host };
	char		 name[64];
	uint64_t	 hash = UINT64_C(14695981039346656037);
	size_t		 i;
	const char	*p;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (p = texts[i]; *p != '\0'; p++)
			hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
	if (network[0] == '\0')
		return (-1);
	snprintf(name, sizeof(name), PREFIX "%016" PRIx64, hash);
	return (xdg_path("XDG_CACHE_HOME", ".cache", name, path));
}

/* NETWORK, HOST, and VALUE TIME, a line each: the value, within these bounds, or -1. */
static int
path_cache_value(const char *buf, size_t len, const char *network, const char *host, int64_t now_s,
    int min, int max)
{
	char		 text[PATH_CACHE_BYTES_MAX], head[PATH_CACHE_BYTES_MAX], *size, *time, *end;
	long long	 then_s;
	int		 value;
	size_t		 n;

	n = (size_t)snprintf(head, sizeof(head), "%s\n%s\n", network, host);
	if (n >= sizeof(head) || len <= n || len >= sizeof(text) || memcmp(buf, head, n) != 0)
		return (-1);
	memcpy(text, buf + n, len - n);
	text[len - n] = '\0';
	size = text;
	if ((time = strchr(size, ' ')) == NULL || (end = strchr(time, '\n')) == NULL ||
	    end[1] != '\0' || strlen(text) != len - n)
		return (-1);
	*time++ = '\0';
	*end = '\0';
	if (number_parse(size, min, max, &value) == -1 ||
	    number_parse_long(time, 0, now_s, &then_s) == -1 ||
	    now_s - then_s >= PATH_CACHE_SECONDS)
		return (-1);
	return (value);
}

int
path_cache_parse(const char *buf, size_t len, const char *network, const char *host, int64_t now_s)
{
	int	mss_bytes = path_cache_value(buf, len, network, host, now_s, 536, 1460);

	return (mss_bytes != -1 ? mss_bytes : 0);
}

static int
path_cache_read(const char *network, const char *host, int min, int max)
{
	/* Of the stack, an idle relay would keep the page; what is allocated later takes this. */
	char	*path = xmalloc(PATH_MAX), buf[PATH_CACHE_BYTES_MAX];
	ssize_t	 len = -1;

	if (path_cache_path(network, host, path) == 0)
		len = file_read_own(path, buf, sizeof(buf));
	free(path);
	return (len == -1 ? -1 : path_cache_value(buf, (size_t)len, network, host, time(NULL), min,
	    max));
}

int
path_cache_get(const char *network, const char *host)
{
	int	mss_bytes = path_cache_read(network, host, 536, 1460);

	if (mss_bytes == -1)
		return (0);
	log_debug(1, "an earlier connection has learned: segments of %d bytes", mss_bytes);
	return (mss_bytes);
}

/*
 * One file more is about to be there: remove the old ones, and, if there are still too many,
 * whichever come.
 */
static void
path_cache_prune(const char *path)
{
	struct dirent	*entry;
	struct stat	 sb;
	char		 folder[PATH_MAX];
	time_t		 now = time(NULL);
	DIR		*dir;
	int		 count = 0;

	strlcpy(folder, path, sizeof(folder));
	*strrchr(folder, '/') = '\0';
	if ((dir = opendir(folder)) == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0 ||
		    fstatat(dirfd(dir), entry->d_name, &sb, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		if (now - sb.st_mtime >= PATH_CACHE_SECONDS || ++count >= PATH_CACHE_COUNT_MAX)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
}

void
path_cache_put(const char *network, const char *host, int value)
{
	char	path[PATH_MAX], text[PATH_CACHE_BYTES_MAX];
	int	n;

	if (path_cache_path(network, host, path) == -1)
		return;
	n = snprintf(text, sizeof(text), "%s\n%s\n%d %lld\n", network, host, value,
	    (long long)time(NULL));
	if (n >= (int)sizeof(text))
		return;
	path_cache_prune(path);
	cache_sweep(path);
	if (file_write(path, text) == -1)
		log_debug(1, "what was learned of the path could not be kept");
}

void
path_cache_drop(const char *network, const char *host)
{
	char	path[PATH_MAX];

	if (path_cache_path(network, host, path) == 0 && unlink(path) == 0)
		log_debug(1, "what was learned of the path no longer holds");
}

/* No host has a blank in it: this is no entry of the other kind. */
static const char *
path_cache_port_key(const char *host, int sshd_port, char key[PATH_CACHE_BYTES_MAX])
{
	snprintf(key, PATH_CACHE_BYTES_MAX, "%s %d", host, sshd_port);
	return (key);
}

int
path_cache_port_get(const char *network, const char *host, int sshd_port)
{
	char	key[PATH_CACHE_BYTES_MAX];

	return (path_cache_read(network, path_cache_port_key(host, sshd_port, key), 0, 65535));
}

void
path_cache_port_put(const char *network, const char *host, int sshd_port, int port)
{
	char	key[PATH_CACHE_BYTES_MAX];

	path_cache_put(network, path_cache_port_key(host, sshd_port, key), port);
}

void
path_cache_port_drop(const char *network, const char *host, int sshd_port)
{
	char	key[PATH_CACHE_BYTES_MAX];

	path_cache_drop(network, path_cache_port_key(host, sshd_port, key));
}
