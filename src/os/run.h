/* SPDX-License-Identifier: ISC */
/* Programs that detectors ask: without a shell, for a limited time. */

#ifndef OS_RUN_H
#define OS_RUN_H

#include <sys/types.h>

#include <limits.h>
#include <stddef.h>

/* What a program printed, cut to fit and NUL-terminated. */
struct run_text {
	char	*buf;
	size_t	 size;
	size_t	 len;
};

/*
 * What else a child is to be made with; all of it is ready before there is one, for between fork(2)
 * and execve(2) little is allowed.
 */
struct run_child {
	char	**envp;		/* its environment; NULL: ours */
	/* RUN_DIGITS characters within that, which become the child's number; or NULL */
	char	*number;
	/* called in the child before it becomes the program: async-signal-safe; or NULL */
	void	(*hook)(void);
};

#define RUN_DIGITS	10

/*
 * The next place of a program in folders with colons between them, like PATH, below a root: 1, or 0
 * if there are no more. Only whole paths count. NULL is no folders.
 */
int	run_place(const char **dirs, const char *root, const char *program, char [PATH_MAX]);
/*
 * Run argv[0], which is a path, for so many milliseconds at most, not at all if there are none;
 * what it started ends with it. Its standard input is empty, and so is standard error if the second
 * text is NULL; the last argument may be NULL. Returns its exit status, which is 127 if there is no
 * such program, or -1 if it was ended by a signal or by us, or could not be started.
 */
int	run(const char *const argv[], int ms, struct run_text *out, struct run_text *err,
	    const struct run_child *);
/*
 * 1 if this child has ended. It is left there, so that its number, which is that of its group, is
 * nobody else's yet.
 */
int	run_ended(pid_t);
/* In a child: become argv[0] as that says, which may be NULL; returns only if that failed. */
void	run_become(const char *const argv[], const struct run_child *);

#endif
