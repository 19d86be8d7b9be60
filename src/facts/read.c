/* SPDX-License-Identifier: ISC */
/* Reads the machine's files for detectors, below a root folder. */

#include <sys/types.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/xalloc.h"
#include "facts/read.h"
#include "os/run.h"

#define LOOK_BYTES	(64 << 20)	/* of a file: lists of hosts to be blocked are large */

size_t
read_glob(const char *root, const char *pattern, glob_t *found)
{
	char	full[PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", root, pattern);
	return (xglob(full, found) == 0 ? found->gl_pathc : 0);
}

FILE *
read_open(const char *root, const char *path)
{
	struct stat	 sb;
	char		 full[PATH_MAX];
	FILE		*fp = NULL;
	int		 fd;

	snprintf(full, sizeof(full), "%s%s", root, path);
	/* A FIFO in its place shall not make us wait. */
	if ((fd = open(full, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1)
		return (NULL);
	if (fstat(fd, &sb) == -1 || !S_ISREG(sb.st_mode) || sb.st_size > LOOK_BYTES)
		close(fd);
	else if ((fp = fdopen(fd, "r")) == NULL)
		xalloc_fail();
	return (fp);
}

int
read_line(FILE *fp, char *line, size_t size)
{
	if (fgets(line, (int)size, fp) == NULL)
		return (0);
	line[strcspn(line, "\r\n")] = '\0';
	return (1);
}

int
read_first_line(const char *root, const char *path, char *line, size_t size)
{
	FILE	*fp = read_open(root, path);
	int	 result;

	if (fp == NULL)
		return (-1);
	result = read_line(fp, line, size) ? 0 : -1;
	fclose(fp);
	return (result);
}

void
read_hosts(const char *root, void (*cb)(void *, const char *, const char *), void *arg)
{
	FILE			*fp = read_open(root, "/etc/hosts");
	struct sockaddr_storage	 ss;
	char			 line[8192], *at, *address, *word;

	while (fp != NULL && read_line(fp, line, sizeof(line))) {
		line[strcspn(line, "#")] = '\0';
		at = line + strspn(line, " \t");
		address = strsep(&at, " \t");
		/* The rest of a line that is too long does not begin with one. */
		if (addr_literal(address, 0, &ss) == 0)
			continue;
		while ((word = strsep(&at, " \t")) != NULL)
			if (*word != '\0')
				cb(arg, address, word);
	}
	if (fp != NULL)
		fclose(fp);
}

int
read_exists(const char *root, const char *path)
{
	struct stat	sb;
	char		full[PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", root, path);
	return (lstat(full, &sb) == 0);
}

ssize_t
read_command(const char *const argv[], int ms, char *buf, size_t size)
{
	struct run_text	out = { .buf = buf, .size = size };

	return (run(argv, ms, &out, NULL, NULL) == 0 ? (ssize_t)out.len : -1);
}
