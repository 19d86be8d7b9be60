/* SPDX-License-Identifier: ISC */
/*
 * What may be told of texts that others wrote: configuration, commands, answers. People post the
 * doctor's report in public, so the tables here say what may be told, and everything else is "...".
 */

#ifndef SSHCONF_REDACT_H
#define SSHCONF_REDACT_H

#include <jansson.h>
#include <stddef.h>

#define REDACT_MAX	512	/* bytes of a told text */

struct error;

enum redact {
	REDACT_NOTHING,
	/* numbers, times, and words that ssh or one of its relatives gives a meaning */
	REDACT_VALUES,
	REDACT_NAMES,	/* algorithms, with commas between them */
	REDACT_HOSTS,	/* host names and addresses, with or without ports; of USER@HOST the host */
	REDACT_URI,	/* scheme, host and port of a URL, or a host */
	/* of a file that was found: the home is "~", and the names of users are left out */
	REDACT_PATH,
	REDACT_PATHS,	/* the same of such as they are written, with blanks between them */
	/* a command line: the program, and of its arguments what tell-command.c knows */
	REDACT_COMMAND,
	REDACT_SSH_ARGS,	/* arguments of ssh */
	/* what a server says: words that such sentences are made of, hosts, and of URLs the host */
	REDACT_SENTENCE,
	REDACT_ERROR	/* what a program of this machine says: paths, too */
};

/*
 * The text as a fact, printable and cut to fit. The home, which may be NULL, becomes "~"; with full
 * nothing is left out.
 */
json_t	*redact(enum redact, const char *text, const char *home, int full);
/*
 * The text of an error: of what a proxy or tailscaled has said, a name or a link to log in with may
 * be part. As tell.
 */
json_t	*redact_error(const struct error *);
/*
 * How the values of a keyword of ssh_config(5), in lower case, are told; -1 if ssh has no such
 * keyword.
 */
int	 redact_keyword(const char *keyword);

/*
 * The parts of that, for one word each. 1 with what is told in the buffer, 0 if it must not be
 * told.
 */

#define REDACT_WORD_MAX	512

int	redact_value(const char *word, char told[REDACT_WORD_MAX]);
int	redact_names(const char *word, char told[REDACT_WORD_MAX]);
/* where ssh takes a host: any name is one */
int	redact_host(const char *word, char told[REDACT_WORD_MAX]);
/* the same, with commas between them */
int	redact_hosts(const char *word, char told[REDACT_WORD_MAX]);
/* %-tokens, or an IP address, with or without a port */
int	redact_address(const char *word, char told[REDACT_WORD_MAX]);
/* the same, or what looks like a whole host name */
int	redact_site(const char *word, char told[REDACT_WORD_MAX]);
/* scheme, host and port */
int	redact_url(const char *word, char told[REDACT_WORD_MAX]);
/* of any bytes */
int	redact_path(const char *word, const char *home, char told[REDACT_WORD_MAX]);
int	redact_path_word(const char *word, const char *home, char told[REDACT_WORD_MAX]);
/* 1 if sentences are made of words like this one, in any letter case. */
int	redact_is_word(const char *word);

/*
 * One text that is being told: words with blanks between them, and "..." for those that are left
 * out.
 */
struct redactor {
	const char	*home;
	char		*to;
	size_t		 size, len;
	int		 hidden;	/* the last word was left out */
};

void	redactor_word(struct redactor *, const char *);
void	redactor_hide(struct redactor *);
/* A command line, or arguments of ssh. */
void	redact_command(struct redactor *, const char *text, int ssh_args);

#endif
