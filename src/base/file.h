/* Files that others may read or replace at the same time: what is written leaves the old or the new one, whole. */

#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>
#include <sys/stat.h>

#include <limits.h>
#include <stddef.h>

/*
 * Write the text to a file of this path, which is there whole or not at all; missing folders are made, the last two of
 * the path at most. 0, or -1 with errno where the disk is full, read-only or not there.
 */
int	file_write(const char *path, const char *text);
/* The whole file in the buffer: its length, or -1 with errno, EINVAL if it is no regular file or does not fit. */
ssize_t	file_read(const char *path, char *buf, size_t size);
/* The same, of a file that nobody but this user or root can have written; EPERM if not. */
ssize_t	file_read_own(const char *path, char *buf, size_t size);

/* Whose a file is, and who may read it. */
struct file_own {
	uid_t	uid;
	gid_t	gid;
	mode_t	mode;
};

/*
 * The bytes in a new file, on the disk, in the folder of this path, with this owner and mode: its name in the buffer. The
 * caller lets it take the path's place, with file_commit, or unlinks it. 0, or -1 with errno and nothing left.
 */
int	file_stage(const char *path, const char *bytes, size_t len, const struct file_own *, char tmp[PATH_MAX]);
/* The one file becomes the other; it is so on the disk, too. 0, or -1 with errno and both as they were. */
int	file_commit(const char *tmp, const char *path);
/* The file is gone, on the disk, too. 0, or -1 with errno. */
int	file_remove(const char *path);
/* Unlink what a process that was ended between file_stage and file_commit left of this path. */
void	file_sweep(const char *path);
/*
 * A whole file of at most so many bytes, which the caller frees; its size and owner are in the last argument. NULL with
 * errno: EINVAL if it is no regular file, EFBIG, EAGAIN if it got shorter meanwhile.
 */
char	*file_load(const char *path, size_t max, struct stat *);

#endif
