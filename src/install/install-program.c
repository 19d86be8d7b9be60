/* SPDX-License-Identifier: ISC */
/* Whether root may run a program: who can change it. */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "install/install.h"

#define LINKS_MAX	40	/* as many as the kernel follows */

/*
 * The group that builds for Nix may add to the store, and nothing else: the files and folders in it
 * are root's, and the folder is sticky. Whatever root has from Nix stands on that.
 */
static int
program_store(const char *path, const struct stat *sb)
{
	return (strcmp(path, "/nix/store") == 0 && (sb->st_mode & (S_ISVTX | S_IWOTH)) == S_ISVTX);
}

/* What is wrong with this part of the path, or NULL. */
static const char *
program_fault(const char *path, const struct stat *sb)
{
	if (sb->st_uid != 0)
		return ("is not owned by root");
	if (S_ISLNK(sb->st_mode) || (sb->st_mode & (S_IWGRP | S_IWOTH)) == 0 ||
	    program_store(path, sb))
		return (NULL);
	return ("can be written by others than root");
}

/* Where the link leads, with the rest of the path behind it. 0, or -1 with errno. */
static int
program_follow(const char *link, const char *rest, char path[PATH_MAX])
{
	const char	*slash = strrchr(link, '/');
	char		 target[PATH_MAX];
	ssize_t		 len;

	if ((len = readlink(link, target, sizeof(target))) == -1)
		return (-1);
	if (snprintf(path, PATH_MAX, "%.*s%.*s%s", target[0] == '/' ? 0 : (int)(slash - link) + 1,
	    link, (int)len, target, rest) < PATH_MAX)
		return (0);
	errno = ENAMETOOLONG;
	return (-1);
}

/*
 * Look at each part of the path, from the root on. At a link, *from is the part behind it, and the
 * whole begins anew with what it leads to. 1 at a link, 0 at the end, or -1 with the error set.
 */
static int
program_walk(const char *path, char part[PATH_MAX], size_t *from, struct error *err)
{
	const char	*fault;
	struct stat	 sb;
	size_t		 at;

	for (at = 0;; at += strcspn(path + at, "/")) {
		strlcpy(part, path, at == 0 ? 2 : at + 1);
		if (lstat(part, &sb) == -1) {
			error_set(err, CODE_CONFIG_PROGRAM, "%s: %s", part, strerror(errno));
			return (-1);
		}
		if ((fault = program_fault(part, &sb)) != NULL) {
			error_set(err, CODE_CONFIG_PROGRAM, "%s %s, so root must not run %s", part,
			    fault, path);
			return (-1);
		}
		*from = at;
		if (S_ISLNK(sb.st_mode))
			return (1);
		at += strspn(path + at, "/");
		if (path[at] == '\0')
			return (0);
	}
}

int
install_program(const char *program, struct error *err)
{
	char	path[PATH_MAX], part[PATH_MAX], next[PATH_MAX];
	size_t	from;
	int	links, more = 1;

	if (program == NULL || program[0] != '/' || strlcpy(path, program,
	    sizeof(path)) >= sizeof(path)) {
		error_set(err, CODE_CONFIG_PROGRAM, "\"%.100s\" is not a whole path",
		    program != NULL ? program : "");
		return (-1);
	}
	for (links = 0; links < LINKS_MAX; links++) {
		if ((more = program_walk(path, part, &from, err)) != 1)
			return (more);
		if (program_follow(part, path + from, next) == -1)
			break;
		strlcpy(path, next, sizeof(path));
	}
	error_set(err, CODE_CONFIG_PROGRAM, "%s: %s", program,
	    strerror(links < LINKS_MAX ? errno : ELOOP));
	return (-1);
}
