#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* Make the folder of the file and the one above; their parents are the user's own business. */
static void
file_mkdir(const char *path)
{
	char	dir[PATH_MAX], *slash;

	strlcpy(dir, path, sizeof(dir));
	if ((slash = strrchr(dir, '/')) == NULL)
		return;
	*slash = '\0';
	if (mkdir(dir, 0700) == 0 || errno != ENOENT || (slash = strrchr(dir, '/')) == NULL)
		return;
	*slash = '\0';
	mkdir(dir, 0700);
	*slash = '/';
	mkdir(dir, 0700);
}

int
file_write(const char *path, const char *text)
{
	char	tmp[PATH_MAX];
	size_t	len = strlen(text);
	int	fd, ok;

	file_mkdir(path);
	if (snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path) >= (int)sizeof(tmp)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	if ((fd = mkstemp(tmp)) == -1)
		return (-1);
	ok = write(fd, text, len) == (ssize_t)len;
	ok = close(fd) == 0 && ok;
	if (ok && rename(tmp, path) == 0)
		return (0);
	unlink(tmp);
	return (-1);
}

static ssize_t
file_slurp(const char *path, char *buf, size_t size, int own)
{
	struct stat	sb;
	ssize_t		n = -1;
	int		fd;

	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1)
		return (-1);
	if (fstat(fd, &sb) == -1 || !S_ISREG(sb.st_mode))
		errno = EINVAL;
	else if (own && ((sb.st_uid != geteuid() && sb.st_uid != 0) || (sb.st_mode & (S_IWGRP | S_IWOTH)) != 0))
		errno = EPERM;
	else if ((n = read(fd, buf, size)) == (ssize_t)size) {
		errno = EINVAL;
		n = -1;
	}
	close(fd);
	return (n);
}

ssize_t
file_read(const char *path, char *buf, size_t size)
{
	return (file_slurp(path, buf, size, 0));
}

ssize_t
file_read_own(const char *path, char *buf, size_t size)
{
	return (file_slurp(path, buf, size, 1));
}
