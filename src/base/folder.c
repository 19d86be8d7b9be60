/* SPDX-License-Identifier: ISC */
/* Private folders for temporary files that another program is to read. */

#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/number.h"

#define FOLDER_NAME	"meshssh-"
#define FOLDER_OLD_S	3600	/* a process of another container is not seen, and may be at work */

/* The files of a folder of this user, as the descriptor, which is closed, and its name have it. */
static void
folder_empty(int fd, const char *path)
{
	struct dirent	*entry;
	DIR		*dir = fdopendir(fd);

	if (dir == NULL) {
		file_close(fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	rmdir(path);
}

void
folder_remove(const char *path)
{
	int	error = errno, fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd != -1)
		folder_empty(fd, path);
	errno = error;
}

/* 1 if the name is one of folder_make's, and its process has ended. */
static int
folder_left(const char *name)
{
	char	digits[12];
	size_t	len;
	int	pid;

	if (strncmp(name, FOLDER_NAME, sizeof(FOLDER_NAME) - 1) != 0)
		return (0);
	name += sizeof(FOLDER_NAME) - 1;
	len = strspn(name, "0123456789");
	if (len >= sizeof(digits) || name[len] != '.')
		return (0);
	snprintf(digits, sizeof(digits), "%.*s", (int)len, name);
	return (number_parse(digits, 1, INT_MAX, &pid) == 0 && kill(pid, 0) == -1 &&
	    errno == ESRCH);
}

static void
folder_sweep(const char *tmp)
{
	struct dirent	*entry;
	struct stat	 sb;
	char		 path[PATH_MAX];
	DIR		*dir = opendir(tmp);
	int		 fd;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (!folder_left(entry->d_name) ||
		    (fd = openat(dirfd(dir), entry->d_name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) == -1)
			continue;
		if (fstat(fd, &sb) == 0 && sb.st_uid == geteuid() &&
		    sb.st_mtime < time(NULL) - FOLDER_OLD_S &&
		    snprintf(path, sizeof(path), "%s/%s", tmp,
		    entry->d_name) < (int)sizeof(path))
			folder_empty(fd, path);
		else
			file_close(fd);
	}
	if (dir != NULL)
		closedir(dir);
}

int
folder_make(const char *tmp, char path[PATH_MAX])
{
	folder_sweep(tmp);
	snprintf(path, PATH_MAX, "%.*s/" FOLDER_NAME "%ld.XXXXXX", PATH_MAX - 64, tmp,
	    (long)getpid());
	return (mkdtemp(path) == NULL ? -1 : 0);
}
