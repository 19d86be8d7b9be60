#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
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

/* What a new file is called until it has its place, "DIR/.NAME.meshssh-", and six letters: "*" passes it over. */
static int
file_prefix(const char *path, char prefix[PATH_MAX])
{
	const char	*slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;

	if (snprintf(prefix, PATH_MAX, "%.*s.%s.meshssh-", (int)(name - path), path, name) < PATH_MAX)
		return (0);
	errno = ENAMETOOLONG;
	return (-1);
}

static int
file_put(int fd, const char *bytes, size_t len)
{
	ssize_t	n;

	for (; len > 0; len -= (size_t)n, bytes += n)
		if ((n = write(fd, bytes, len)) == -1) {
			if (errno != EINTR)
				return (-1);
			n = 0;
		}
	return (0);
}

/* Owner and mode come last: until then nobody else can read what it holds. */
static int
file_give(int fd, const struct file_own *own)
{
	struct stat	sb;

	if (fstat(fd, &sb) == -1 ||
	    ((sb.st_uid != own->uid || sb.st_gid != own->gid) && fchown(fd, own->uid, own->gid) == -1))
		return (-1);
	return (fchmod(fd, own->mode));
}

static int
file_new(const char *path, const char *bytes, size_t len, const struct file_own *own, char tmp[PATH_MAX])
{
	int	fd, ok, error;

	if (file_prefix(path, tmp) == -1)
		return (-1);
	if (strlcat(tmp, "XXXXXX", PATH_MAX) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	if ((fd = mkstemp(tmp)) == -1)
		return (-1);
	ok = file_put(fd, bytes, len) == 0 && (own == NULL || (file_give(fd, own) == 0 && fsync(fd) == 0));
	error = errno;
	if (close(fd) == -1 && ok) {
		ok = 0;
		error = errno;
	}
	if (ok)
		return (0);
	unlink(tmp);
	errno = error;
	return (-1);
}

int
file_write(const char *path, const char *text)
{
	char	tmp[PATH_MAX];
	int	error;

	file_mkdir(path);
	if (file_new(path, text, strlen(text), NULL, tmp) == -1)
		return (-1);
	if (rename(tmp, path) == 0)
		return (0);
	error = errno;
	unlink(tmp);
	errno = error;
	return (-1);
}

int
file_stage(const char *path, const char *bytes, size_t len, const struct file_own *own, char tmp[PATH_MAX])
{
	return (file_new(path, bytes, len, own, tmp));
}

/* The disk is told of names, too; where it cannot be, it is not our failure. */
static void
file_sync_dir(const char *path)
{
	char	dir[PATH_MAX], *slash;
	int	fd;

	strlcpy(dir, path, sizeof(dir));
	if ((slash = strrchr(dir, '/')) == NULL)
		return;
	slash[slash == dir] = '\0';
	if ((fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return;
	fsync(fd);
	close(fd);
}

int
file_commit(const char *tmp, const char *path)
{
	if (rename(tmp, path) == -1)
		return (-1);
	file_sync_dir(path);
	return (0);
}

int
file_remove(const char *path)
{
	if (unlink(path) == -1)
		return (-1);
	file_sync_dir(path);
	return (0);
}

void
file_sweep(const char *path)
{
	char		 prefix[PATH_MAX], dir[PATH_MAX], found[PATH_MAX], *slash;
	struct dirent	*entry;
	DIR		*fp;
	size_t		 len;

	if (file_prefix(path, prefix) == -1 || (slash = strrchr(prefix, '/')) == NULL)
		return;
	strlcpy(dir, prefix, sizeof(dir));
	dir[slash - prefix + 1] = '\0';
	len = strlen(++slash);
	if ((fp = opendir(dir)) == NULL)
		return;
	while ((entry = readdir(fp)) != NULL)
		if (strncmp(entry->d_name, slash, len) == 0 && strlen(entry->d_name) == len + strlen("XXXXXX") &&
		    snprintf(found, sizeof(found), "%s%s", dir, entry->d_name) < (int)sizeof(found))
			unlink(found);
	closedir(fp);
}

/* As many bytes as it was said to have. */
static int
file_take(int fd, char *bytes, size_t size)
{
	ssize_t	n;

	for (; size > 0; bytes += n, size -= (size_t)n)
		if ((n = read(fd, bytes, size)) <= 0) {
			if (n == 0)
				errno = EAGAIN;
			return (-1);
		}
	return (0);
}

char *
file_load(const char *path, size_t max, struct stat *sb)
{
	char	*bytes = NULL;
	int	 fd, error;

	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1)
		return (NULL);
	if (fstat(fd, sb) == 0) {
		errno = !S_ISREG(sb->st_mode) ? EINVAL : EFBIG;
		if (S_ISREG(sb->st_mode) && sb->st_size <= (off_t)max &&
		    (bytes = malloc((size_t)sb->st_size + 1)) != NULL &&
		    file_take(fd, bytes, (size_t)sb->st_size) == -1) {
			error = errno;
			free(bytes);
			bytes = NULL;
			errno = error;
		}
	}
	error = errno;
	close(fd);
	errno = error;
	return (bytes);
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
