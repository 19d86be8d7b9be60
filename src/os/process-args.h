/* SPDX-License-Identifier: ISC */
/* Command lines of processes as macOS and OpenBSD tell them. Pure. */

#ifndef OS_PROCESS_ARGS_H
#define OS_PROCESS_ARGS_H

#include <sys/types.h>

/*
 * Both copy as much of the arguments as fits, a NUL behind each, and return its length, or -1 if
 * there is none.
 *
 * macOS (KERN_PROCARGS2): how many there are, the program's path, padding, the arguments, and then
 * the environment.
 */
ssize_t	process_args_counted(const char *, size_t, char *, size_t);
/* OpenBSD (KERN_PROC_ARGS): a list of pointers that ends with NULL, and then the arguments. */
ssize_t	process_args_pointed(const char *, size_t, char *, size_t);

#endif
