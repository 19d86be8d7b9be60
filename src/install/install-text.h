/* SPDX-License-Identifier: ISC */
/*
 * What install and remove do to the text of two files: the user's configuration, in which two lines
 * are ours, a mark and an Include, and a file of our own, with one section for each host. Pure;
 * bytes that are not ours come out as they went in.
 */

#ifndef INSTALL_INSTALL_TEXT_H
#define INSTALL_INSTALL_TEXT_H

#include <stddef.h>

#define INSTALL_TAILNET	"--tailnet"	/* the section of all peers, which is the last one */
#define INSTALL_LINE	4096		/* as much of a line as is looked at */
#define INSTALL_NAME	256		/* a section's name, and the NUL */

struct install_text {
	char	*bytes;		/* the caller's to free; NULL: there is no such file */
	size_t	 len;
};

/* By which names a configuration can include our file. */
struct install_names {
	const char	*own;		/* its path */
	const char	*folder;	/* that names without a folder are in */
	/* which is "~", unless $HOME differs; NULL where ssh forbids that */
	const char	*home;
	const char	*include;	/* what our own line names */
	const char	*goes;		/* the command that takes it out; NULL: "remove" */
};

/*
 * Return 1 if the configuration includes our file for all hosts, by our line or by the user's own.
 */
int	install_config_reads(const struct install_text *in, const struct install_names *names);
/* The same text with our two lines at the top, and nowhere else; the caller frees out->bytes. */
void	install_config_put(const struct install_text *in, const struct install_names *names,
	    struct install_text *out);
/*
 * The same text with each Include of our file led to this path; the caller frees out->bytes.
 */
void	install_config_lead(const struct install_text *in, const struct install_names *names,
	    const char *path, struct install_text *out);
/*
 * The same text without our lines; out->bytes is NULL if we made the file and it has nothing else.
 * The caller frees out->bytes.
 */
void	install_config_cut(const struct install_text *in, const struct install_names *names,
	    struct install_text *out);

/* Return 1 if the file is ours, or does not exist. */
int	install_own_ok(const struct install_text *own);
/*
 * Replace the section of this name, or add it. In the other sections, each ProxyCommand of an
 * earlier version becomes one of this version. The caller frees out->bytes.
 */
void	install_own_put(const struct install_text *in, const char *name, const char *body,
	    struct install_text *out);
/*
 * The file without a section; out->bytes is NULL if no section is left. The caller frees
 * out->bytes.
 */
void	install_own_cut(const struct install_text *in, const char *name, struct install_text *out);
/* Return 1 if the file has a section of this name. */
int	install_own_has(const struct install_text *own, const char *name);
/* The section of this name, which is a part of the file's bytes; empty if there is none. */
struct install_text install_own_section(const struct install_text *own, const char *name);
/* Return 1 if a line of the text sets this keyword. */
int	install_own_sets(const struct install_text *text, const char *keyword);
/* Return 1 and the name of the section at or behind *at, which is moved on; 0 at the end. */
int	install_own_next(const struct install_text *own, size_t *at, char name[INSTALL_NAME]);
/*
 * Return 1 and the words of the next Host line at or behind *at, which is moved on; 0 at the end.
 */
int	install_own_hosts(const struct install_text *own, size_t *at, char words[INSTALL_LINE]);

#endif
