/*
 * What may be told of texts that others wrote: configuration, commands, answers. People post the doctor's report in public,
 * so the tables here say what may be told, and everything else is "...".
 */

#ifndef FACTS_TELL_H
#define FACTS_TELL_H

#include <jansson.h>
#include <stddef.h>

#define TELL_MAX	512	/* bytes of a told text */

struct error;

enum tell {
	TELL_NOTHING,
	TELL_VALUES,	/* numbers, times, and words that ssh or one of its relatives gives a meaning */
	TELL_NAMES,	/* algorithms, with commas between them */
	TELL_HOSTS,	/* host names and addresses, with or without ports; of USER@HOST the host */
	TELL_URI,	/* scheme, host and port of a URL, or a host */
	TELL_PATH,	/* of a file that was found: the home is "~", and the names of users are left out */
	TELL_PATHS,	/* the same of such as they are written, with blanks between them */
	TELL_COMMAND,	/* a command line: the program, and of its arguments what tell-command.c knows */
	TELL_SSH_ARGS,	/* arguments of ssh */
	TELL_SENTENCE,	/* what a server says: words that such sentences are made of, hosts, and of URLs the host */
	TELL_ERROR	/* what a program of this machine says: paths, too */
};

/*
 * The text as a fact, printable and cut to fit. The home, which may be NULL, becomes "~"; with full nothing is left out.
 * NULL if there is no memory.
 */
json_t	*tell(enum tell, const char *text, const char *home, int full);
/* The text of an error: of what a proxy or tailscaled has said, a name or a link to log in with may be part. As tell. */
json_t	*tell_error(const struct error *);
/* How the values of a keyword of ssh_config(5), in lower case, are told; -1 if ssh has no such keyword. */
int	 tell_keyword(const char *keyword);

/* The parts of that, for one word each. 1 with what is told in the buffer, 0 if it must not be told. */

#define TELL_WORD_MAX	512

int	tell_value(const char *word, char told[TELL_WORD_MAX]);
int	tell_names(const char *word, char told[TELL_WORD_MAX]);
int	tell_host(const char *word, char told[TELL_WORD_MAX]);		/* where ssh takes a host: any name is one */
int	tell_hosts(const char *word, char told[TELL_WORD_MAX]);		/* the same, with commas between them */
int	tell_address(const char *word, char told[TELL_WORD_MAX]);	/* %-tokens, or an IP address, with or without a port */
int	tell_site(const char *word, char told[TELL_WORD_MAX]);		/* the same, or what looks like a whole host name */
int	tell_url(const char *word, char told[TELL_WORD_MAX]);		/* scheme, host and port */
int	tell_path(const char *word, const char *home, char told[TELL_WORD_MAX]);	/* of any bytes */
int	tell_path_word(const char *word, const char *home, char told[TELL_WORD_MAX]);
/* 1 if sentences are made of words like this one, in any letter case. */
int	tell_is_word(const char *word);

/* One text that is being told: words with blanks between them, and "..." for those that are left out. */
struct teller {
	const char	*home;
	char		*to;
	size_t		 size, len;
	int		 hidden;	/* the last word was left out */
};

void	teller_word(struct teller *, const char *);
void	teller_hide(struct teller *);
/* A command line, or arguments of ssh. */
void	tell_command(struct teller *, const char *text, int ssh_args);

#endif
