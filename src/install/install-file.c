/* SPDX-License-Identifier: ISC */
/* One file that changes: read, staged, committed. */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "install/install-file.h"
#include "os/os.h"

#define BYTES_MAX	(16 << 20)	/* nobody has written that many by hand */
#define OWN_MODE	07777

static int
file_unreadable(const struct install_file *f, const char *why, struct error *err)
{
	error_set(err, CODE_CONFIG_READ, "%s: %s", f->path, why);
	return (-1);
}

static int
file_unwritable(const char *path, int error, struct error *err)
{
	error_set(err, CODE_CONFIG_WRITE, "%s: %s", path, strerror(error));
	return (-1);
}

static int
file_moved(const struct install_file *f, struct error *err)
{
	error_set(err, CODE_CONFIG_MOVED, "%s was changed by another program meanwhile", f->path);
	return (-1);
}

/* Where it will be: in the folder where links lead to, under its own name. */
static int
file_new_place(struct install_file *f, mode_t mode, struct error *err)
{
	char	dir[PATH_MAX], *slash;

	f->own.st_uid = geteuid();
	f->own.st_gid = getegid();
	f->own.st_mode = mode;
	strlcpy(dir, f->path, sizeof(dir));
	slash = strrchr(dir, '/');
	*slash = '\0';
	if (realpath(dir, f->real) == NULL)
		strlcpy(f->real, dir, sizeof(f->real));
	if (strlcat(f->real, "/", PATH_MAX) < PATH_MAX &&
	    strlcat(f->real, slash + 1, PATH_MAX) < PATH_MAX)
		return (0);
	return (file_unreadable(f, strerror(ENAMETOOLONG), err));
}

static int
file_find(struct install_file *f, mode_t mode, struct error *err)
{
	struct stat	sb;

	if (lstat(f->path, &sb) == -1)
		return (errno == ENOENT ? file_new_place(f, mode, err) :
		    file_unreadable(f, strerror(errno), err));
	if (realpath(f->path, f->real) == NULL)
		return (file_unreadable(f, errno == ENOENT ?
		    "it is a link to a file that does not exist" :
		    strerror(errno), err));
	if ((f->old.bytes = file_load(f->real, BYTES_MAX, 0, &f->own)) == NULL)
		return (file_unreadable(f, errno == EINVAL ?
		    "it is not a regular file" : strerror(errno), err));
	f->old.len = (size_t)f->own.st_size;
	return (0);
}

int
install_file_open(struct install_file *f, const char *path, mode_t mode, int dry, struct error *err)
{
	if (strlcpy(f->path, path, sizeof(f->path)) >= sizeof(f->path) ||
	    snprintf(f->backup, sizeof(f->backup), "%s" INSTALL_BACKUP,
	    path) >= (int)sizeof(f->backup))
		return (file_unreadable(f, strerror(ENAMETOOLONG), err));
	if (file_find(f, mode, err) == -1)
		return (-1);
	if (!dry) {
		file_sweep(f->real);
		file_sweep(f->backup);
	}
	return (0);
}

const struct install_text *
install_file_now(const struct install_file *f)
{
	return (f->set ? &f->new : &f->old);
}

static int
text_same(const struct install_text *a, const struct install_text *b)
{
	return ((a->bytes == NULL) == (b->bytes == NULL) && a->len == b->len &&
	    (a->len == 0 || memcmp(a->bytes, b->bytes, a->len) == 0));
}

void
install_file_set(struct install_file *f, struct install_text *text)
{
	free(f->new.bytes);
	f->new = *text;
	if (f->new.bytes == NULL)
		f->new.len = 0;
	f->set = 1;
	f->changes = !text_same(&f->old, &f->new);
}

/*
 * The attributes of the file that is replaced, or copied. Where nobody knows how, no list lets the
 * group in.
 */
static int
file_attributes(const struct install_file *f, int to, mode_t *mode)
{
	int	from = open(f->real, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC), result;

	if (from == -1)
		return (-1);
	result = os_attributes_copy(from, to);
	file_close(from);
	if (result == -1 && errno == ENOSYS) {
		*mode &= ~(mode_t)S_IRWXG;
		return (0);
	}
	return (result);
}

/*
 * Owner, attributes and mode of a new file. The mode comes last: until then nobody else can read
 * what the file holds.
 */
static int
file_give(const struct install_file *f, int fd)
{
	struct stat	sb;
	mode_t		mode = f->own.st_mode & OWN_MODE;

	if (fstat(fd, &sb) == -1 || ((sb.st_uid != f->own.st_uid || sb.st_gid != f->own.st_gid) &&
	    fchown(fd, f->own.st_uid, f->own.st_gid) == -1))
		return (-1);
	if (f->old.bytes != NULL && file_attributes(f, fd, &mode) == -1)
		return (-1);
	/*
	 * A list of the new style does not survive a change of mode, not even to the one that it
	 * has.
	 */
	if (fstat(fd, &sb) == -1 || ((sb.st_mode & OWN_MODE) != mode && fchmod(fd, mode) == -1))
		return (-1);
	return (fsync(fd));
}

/* The text in a new file like this one, beside the path. */
static int
file_prepare(const struct install_file *f, const char *path, const struct install_text *text,
    char tmp[PATH_MAX], struct error *err)
{
	int	fd, error;

	if ((fd = file_stage(path, text->len > 0 ? text->bytes : "", text->len, tmp)) == -1) {
		tmp[0] = '\0';
		return (file_unwritable(path, errno, err));
	}
	error = file_give(f, fd) == -1 ? errno : 0;
	if (close(fd) == -1 && error == 0)
		error = errno;
	return (error == 0 ? 0 : file_unwritable(path, error, err));
}

int
install_file_stage(struct install_file *f, struct error *err)
{
	struct stat	sb;

	if (!f->changes)
		return (0);
	/* Whatever has the name of the copy, an earlier copy or a file of the user's, keeps it. */
	if (f->keeps && f->old.bytes != NULL && lstat(f->backup, &sb) == -1 && errno == ENOENT &&
	    file_prepare(f, f->backup, &f->old, f->tmp_backup, err) == -1)
		return (-1);
	/* For a file that goes, an empty one, whose name it will have on its way. */
	return (file_prepare(f, f->real, &f->new, f->tmp, err));
}

/* 1 if the rest of the file is this text; 0 if not; -1 with errno. */
static int
file_reads(int fd, const struct install_text *text)
{
	char	buf[4096];
	size_t	at = 0;
	ssize_t	n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		if ((size_t)n > text->len - at || memcmp(text->bytes + at, buf, (size_t)n) != 0)
			return (0);
		at += (size_t)n;
	}
	return (n == -1 ? -1 : at == text->len);
}

/*
 * 1 if the file has this text, and owner and mode as they were; 0 if not; -1 with errno. Allocates
 * nothing: while two files change places, this must not be what ends the program.
 */
static int
file_holds(const struct install_file *f, const char *path, const struct install_text *text)
{
	struct stat	sb;
	int		fd, same = -1;

	if ((fd = file_open(path, 0)) == -1)
		return (-1);
	if (fstat(fd, &sb) == -1 || !S_ISREG(sb.st_mode))
		errno = EINVAL;
	else if (sb.st_uid != f->own.st_uid || sb.st_gid != f->own.st_gid ||
	    sb.st_mode != f->own.st_mode)
		same = 0;
	else
		same = file_reads(fd, text);
	file_close(fd);
	return (same);
}

int
install_file_still(const struct install_file *f, struct error *err)
{
	struct stat	sb;
	int		same;

	if (!f->changes)
		return (0);
	if (f->old.bytes == NULL)
		same = lstat(f->path, &sb) == 0 ? 0 : errno == ENOENT ? 1 : -1;
	else if ((same = file_holds(f, f->real, &f->old)) == -1 &&
	    (errno == ENOENT || errno == ELOOP))
		same = 0;
	if (same == -1)
		return (file_unreadable(f, strerror(errno), err));
	return (same ? 0 : file_moved(f, err));
}

/* A name that is free, or was a moment ago where the system cannot make sure of it. */
static int
file_place(const char *tmp, const char *path)
{
	struct stat	sb;

	if (os_rename(tmp, path, 0) == 0)
		return (0);
	if (errno != ENOSYS)
		return (-1);
	if (lstat(path, &sb) == 0) {
		errno = EEXIST;
		return (-1);
	}
	return (errno == ENOENT ? rename(tmp, path) : -1);
}

/*
 * Both files change places, so that what was saved after the last look is there to be seen, and
 * comes back.
 */
static int
file_swap(struct install_file *f, struct error *err)
{
	if (os_rename(f->tmp, f->real, 1) == -1) {
		if (errno == ENOENT)
			return (file_moved(f, err));
		if (errno != ENOSYS || rename(f->tmp, f->real) == -1)
			return (file_unwritable(f->real, errno, err));
		f->tmp[0] = '\0';
		return (0);
	}
	if (file_holds(f, f->tmp, &f->old) == 1)
		return (0);
	/* If what comes out then is not ours, it was saved later still. */
	if (os_rename(f->tmp, f->real, 1) == -1)
		rename(f->tmp, f->real);
	else if (file_holds(f, f->tmp, &f->new) != 1)
		os_rename(f->tmp, f->real, 1);
	return (file_moved(f, err));
}

/* The same for a file that goes. */
static int
file_drop(struct install_file *f, struct error *err)
{
	if (rename(f->real, f->tmp) == -1)
		return (errno == ENOENT ? file_moved(f, err) :
		    file_unwritable(f->real, errno, err));
	if (file_holds(f, f->tmp, &f->old) == 1)
		return (0);
	/* Only a file that was saved later still makes this one superfluous. */
	if (file_place(f->tmp, f->real) == 0 || errno != EEXIST)
		f->tmp[0] = '\0';
	return (file_moved(f, err));
}

/* The copy, in the place that was free when it was staged. */
static int
file_keep(struct install_file *f, struct error *err)
{
	if (f->tmp_backup[0] == '\0')
		return (0);
	if (file_place(f->tmp_backup, f->backup) == -1)
		return (errno == EEXIST ? 0 : file_unwritable(f->backup, errno, err));
	f->tmp_backup[0] = '\0';
	f->kept = 1;
	file_sync_dir(f->backup);
	return (0);
}

int
install_file_commit(struct install_file *f, struct error *err)
{
	int	result;

	if (!f->changes)
		return (0);
	if (install_file_still(f, err) == -1 || file_keep(f, err) == -1)
		return (-1);
	if (f->old.bytes == NULL) {
		if ((result = file_place(f->tmp, f->real)) == 0)
			f->tmp[0] = '\0';
		else
			result = errno == EEXIST ? file_moved(f, err) :
			    file_unwritable(f->real, errno, err);
	} else
		result = f->new.bytes == NULL ? file_drop(f, err) : file_swap(f, err);
	if (result == -1)
		return (-1);
	f->done = 1;
	file_sync_dir(f->real);
	if (f->tmp[0] != '\0')
		unlink(f->tmp);
	f->tmp[0] = '\0';
	return (0);
}

void
install_file_close(struct install_file *f)
{
	if (f->tmp[0] != '\0')
		unlink(f->tmp);
	if (f->tmp_backup[0] != '\0')
		unlink(f->tmp_backup);
	free(f->old.bytes);
	free(f->new.bytes);
}
