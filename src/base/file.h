/* SPDX-License-Identifier: ISC */
/*
 * Files that others may read or replace at the same time: what is written leaves the old or the new
 * one, whole.
 */

#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>
#include <sys/stat.h>

#include <limits.h>
#include <stddef.h>

/* Close a descriptor; errno stays what it was. */
void	file_close(int fd);
/*
 * Make the folder of the file and the one above; their parents are the user's own business. The
 * path is as it was.
 */
void	file_mkdir(char *path);
/*
 * Write the text to a file of this path, which is there whole or not at all; missing folders are
 * made, the last two of the path at most. 0, or -1 with errno where the disk is full, read-only or
 * not there.
 */
int	file_write(const char *path, const char *text);
/*
 * The whole file in the buffer: its length, or -1 with errno, EINVAL if it is no regular file or
 * does not fit.
 */
ssize_t	file_read(const char *path, char *buf, size_t size);
/* The same, of a file that nobody but this user or root can have written; EPERM if not. */
ssize_t	file_read_own(const char *path, char *buf, size_t size);

/*
 * The bytes in a new file, for its owner alone, in the folder of this path: its descriptor, and its
 * name in the buffer. The caller gives it the path's place or unlinks it. -1 with errno and nothing
 * left.
 */
int	file_stage(const char *path, const char *bytes, size_t len, char tmp[PATH_MAX]);
/*
 * Write a file as a shell's ">" would, but whole or not at all: a new one has mode 0644 less the
 * umask, and one that is there keeps its mode, and its place where it is a link. What is not a
 * regular file, or is standard output, is written to. Unfinished files that a killed process left
 * beside it are removed once they are a minute old. 0, or -1 with errno.
 */
int	file_output(const char *path, const char *bytes, size_t len);
/*
 * Write the names in the folder of this path to the disk; a file system that cannot do so is not
 * our failure.
 */
void	file_sync_dir(const char *path);
/*
 * Unlink the files that file_stage made for this path and a process that was ended left. The caller
 * holds a lock.
 */
void	file_sweep(const char *path);
/*
 * A file to read, without waiting for it. -1 with errno, on each system ELOOP if it is a link that
 * is not to be followed.
 */
int	 file_open(const char *path, int follow);
/*
 * A whole file of at most so many bytes, which the caller frees; its size and owner are in the last
 * argument. NULL with errno: EINVAL if it is not a regular file, ELOOP if it is a link that is not
 * to be followed, EFBIG, EAGAIN if it got shorter meanwhile.
 */
char	*file_load(const char *path, size_t max, int follow, struct stat *sb);

/*
 * Whether what looks around can open all that it needs, FILE_ROOM files at once: 0, or -1 with
 * errno. What could not be opened only for that would look as if it were not there.
 */
#define FILE_ROOM	32
int	file_room(void);

#endif
