/* Small files of our own, which others may read or replace at the same time. */

#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>

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

#endif
