/* SPDX-License-Identifier: ISC */
/* Files that are read and replaced whole. */

#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/xalloc.h"

#define TMP_DIGITS	16
#define OUTPUT_OLD_S	60	/* nobody locks an output: a younger file may still be written */

void
file_close(int fd)
{
	int	error = errno;

	close(fd);
	errno = error;
}

void
file_mkdir(char *path)
{
	char	*slash = strrchr(path, '/'), *above;

	if (slash == NULL)
		return;
	*slash = '\0';
	if (mkdir(path, 0700) == -1 && errno == ENOENT && (above = strrchr(path, '/')) != NULL) {
		*above = '\0';
		mkdir(path, 0700);
		*above = '/';
		mkdir(path, 0700);
	}
	*slash = '/';
}

/*
 * What a new file is called until it has its place, "DIR/.NAME.meshssh-" and sixteen hexadecimal
 * digits: a name that a person does not choose, and that "*" passes over.
 */
static int
file_prefix(const char *path, char prefix[PATH_MAX])
{
	const char	*slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;

	if (snprintf(prefix, PATH_MAX, "%.*s.%s.meshssh-", (int)(name - path), path,
	    name) < PATH_MAX - TMP_DIGITS)
		return (0);
	errno = ENAMETOOLONG;
	return (-1);
}

/* Open a new file of such a name, for its owner alone. */
static int
file_temporary(const char *path, char tmp[PATH_MAX])
{
	uint64_t	number;
	size_t		len;

	if (file_prefix(path, tmp) == -1)
		return (-1);
	len = strlen(tmp);
	arc4random_buf(&number, sizeof(number));
	snprintf(tmp + len, PATH_MAX - len, "%016" PRIx64, number);
	return (open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
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

int
file_stage(const char *path, const char *bytes, size_t len, char tmp[PATH_MAX])
{
	int	fd, error;

	if ((fd = file_temporary(path, tmp)) == -1)
		return (-1);
	if (file_put(fd, bytes, len) == 0)
		return (fd);
	error = errno;
	close(fd);
	unlink(tmp);
	errno = error;
	return (-1);
}

/* Close a staged file and give it its place; or remove it, if something failed. */
static int
file_place(int fd, const char *tmp, const char *path, int error)
{
	if (close(fd) == -1 && error == 0)
		error = errno;
	if (error == 0 && rename(tmp, path) == 0)
		return (0);
	if (error == 0)
		error = errno;
	unlink(tmp);
	errno = error;
	return (-1);
}

int
file_write(const char *path, const char *text)
{
	char	tmp[PATH_MAX];
	int	fd;

	strlcpy(tmp, path, sizeof(tmp));
	file_mkdir(tmp);
	if ((fd = file_stage(path, text, strlen(text), tmp)) == -1)
		return (-1);
	return (file_place(fd, tmp, path, 0));
}

/* 1 if it is a file that file_temporary made for this user; a link to it, or of it, is not. */
static int
file_is_temporary(const char *path, const char *digits, int old_s)
{
	struct stat	sb;

	return (strlen(digits) == TMP_DIGITS && strspn(digits, "0123456789abcdef") == TMP_DIGITS &&
	    lstat(path, &sb) == 0 && S_ISREG(sb.st_mode) && sb.st_uid == geteuid() &&
	    sb.st_nlink == 1 && (old_s == 0 || time(NULL) - sb.st_mtime >= old_s));
}

static void
file_sweep_old(const char *path, int old_s)
{
	char		 prefix[PATH_MAX], dir[PATH_MAX], found[PATH_MAX], *slash;
	const char	*name;
	struct dirent	*entry;
	DIR		*fp;
	size_t		 len;

	if (file_prefix(path, prefix) == -1)
		return;
	slash = strrchr(prefix, '/');
	name = slash != NULL ? slash + 1 : prefix;
	snprintf(dir, sizeof(dir), "%.*s", (int)(name - prefix), prefix);
	len = strlen(name);
	if ((fp = opendir(dir[0] != '\0' ? dir : ".")) == NULL)
		return;
	while ((entry = readdir(fp)) != NULL)
		if (strncmp(entry->d_name, name, len) == 0 &&
		    snprintf(found, sizeof(found), "%s%s", dir,
		    entry->d_name) < (int)sizeof(found) &&
		    file_is_temporary(found, entry->d_name + len, old_s))
			unlink(found);
	closedir(fp);
}

void
file_sweep(const char *path)
{
	file_sweep_old(path, 0);
}

/* What a new file's mode is by the umask, which can be read only by setting it. */
static mode_t
file_mode(void)
{
	mode_t	mask = umask(077);

	umask(mask);
	return (0644 & ~mask);
}

/* To what cannot be replaced: a pipe, a device, or standard output, whatever that is. */
static int
file_pour(const char *path, const struct stat *sb, const char *bytes, size_t len)
{
	struct stat	out;
	int		fd, result;

	if (fstat(STDOUT_FILENO, &out) == 0 && out.st_dev == sb->st_dev && out.st_ino == sb->st_ino)
		return (file_put(STDOUT_FILENO, bytes, len));
	if (S_ISREG(sb->st_mode))
		return (1);
	if ((fd = open(path, O_WRONLY | O_CLOEXEC)) == -1)
		return (-1);
	result = file_put(fd, bytes, len);
	file_close(fd);
	return (result);
}

int
file_output(const char *path, const char *bytes, size_t len)
{
	struct stat	sb;
	char		real[PATH_MAX], tmp[PATH_MAX];
	mode_t		mode;
	int		fd, result;

	if (stat(path, &sb) == 0) {
		if ((result = file_pour(path, &sb, bytes, len)) != 1)
			return (result);
		mode = sb.st_mode & 0777;
		if (realpath(path, real) == NULL)
			return (-1);
	} else {
		/* A link to nothing is not replaced either. */
		if (errno != ENOENT || lstat(path, &sb) == 0)
			return (-1);
		mode = file_mode();
		strlcpy(real, path, sizeof(real));
	}
	file_sweep_old(real, OUTPUT_OLD_S);
	if ((fd = file_stage(real, bytes, len, tmp)) == -1 || file_place(fd, tmp, real,
	    fchmod(fd, mode) == -1 || fsync(fd) == -1 ? errno : 0) == -1)
		return (-1);
	file_sync_dir(real);
	return (0);
}

void
file_sync_dir(const char *path)
{
	char	dir[PATH_MAX], *slash;
	int	fd;

	strlcpy(dir, path, sizeof(dir));
	if ((slash = strrchr(dir, '/')) != NULL)
		slash[slash == dir] = '\0';
	else
		strlcpy(dir, ".", sizeof(dir));
	if ((fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return;
	fsync(fd);
	close(fd);
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

int
file_open(const char *path, int follow)
{
	struct stat	sb;
	int		fd, error;

	fd = open(path, O_RDONLY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW) | O_CLOEXEC);
	if (fd != -1 || follow)
		return (fd);
	error = errno;
	errno = lstat(path, &sb) == 0 && S_ISLNK(sb.st_mode) ? ELOOP : error;
	return (-1);
}

char *
file_load(const char *path, size_t max, int follow, struct stat *sb)
{
	char	*bytes = NULL;
	int	 fd, error;

	if ((fd = file_open(path, follow)) == -1)
		return (NULL);
	if (fstat(fd, sb) == 0) {
		errno = !S_ISREG(sb->st_mode) ? EINVAL : EFBIG;
		if (S_ISREG(sb->st_mode) && sb->st_size <= (off_t)max) {
			bytes = xmalloc((size_t)sb->st_size + 1);
			if (file_take(fd, bytes, (size_t)sb->st_size) == -1) {
				error = errno;
				free(bytes);
				bytes = NULL;
				errno = error;
			}
		}
	}
	file_close(fd);
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
	else if (own && ((sb.st_uid != geteuid() && sb.st_uid != 0) ||
	    (sb.st_mode & (S_IWGRP | S_IWOTH)) != 0))
		errno = EPERM;
	else if ((n = read(fd, buf, size)) == (ssize_t)size) {
		errno = EINVAL;
		n = -1;
	}
	file_close(fd);
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

int
file_room(void)
{
	int	fds[FILE_ROOM], n, error = 0;

	/* Pipes: they need no file that is there. */
	for (n = 0; n < FILE_ROOM && error == 0; )
		if (pipe(fds + n) == 0)
			n += 2;
		else
			error = errno;
	while (n > 0)
		close(fds[--n]);
	errno = error;
	return (error == 0 ? 0 : -1);
}
