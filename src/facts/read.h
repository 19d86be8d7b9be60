/* SPDX-License-Identifier: ISC */
/* For detectors: the files of the machine, below a root folder, and its programs. */

#ifndef FACTS_READ_H
#define FACTS_READ_H

#include <glob.h>
#include <stdio.h>

/*
 * A regular file for reading, which the caller closes; NULL if there is none that may be read, or
 * if it is huge.
 */
FILE	*read_open(const char *root, const char *path);
/*
 * The files that a pattern of glob(3) means below the root: how many; globfree(3) is due in any
 * case.
 */
size_t	 read_glob(const char *root, const char *pattern, glob_t *);
/* The next line without its end, or what fits of it and the rest the next time; 0 at the end. */
int	 read_line(FILE *, char *, size_t);
/* The first line of a file: 0, or -1 if there is none. */
int	 read_first_line(const char *root, const char *path, char *, size_t);
/* Each name in /etc/hosts, hosts(5), and the address on its line. */
void	 read_hosts(const char *root, void (*)(void *, const char *address, const char *name),
	    void *);
/* 1 if there is something of this name, a link that leads nowhere included. */
int	 read_exists(const char *root, const char *path);
/*
 * Run a program as run() does: what it prints, NUL-terminated and cut to fit, and the length; -1
 * unless it goes well.
 */
ssize_t	 read_command(const char *const argv[], int ms, char *, size_t);

#endif
