/* SPDX-License-Identifier: ISC */
/* What a report may tell of a command line. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sshconf/redact.h"

#define LETTERS		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define PROGRAM_BYTES	LETTERS "0123456789/._+-~"

/*
 * Programs whose arguments are known. An option that takes a value is a letter, or a name, and how
 * the value is told: n a number, v a value, h a host, j hosts with commas between them, w a way of
 * ours, o an option of ssh's, / a path, - not at all.
 */
static const struct program {
	char	name[16];
	char	flags[32];	/* letters that take no value */
	char	values[72];	/* a letter, how */
	char	names[224];	/* long ones with a value: " NAME=how"; without: " NAME" */
	/* s: host, then a command; 2, 4: so many, in pairs of host and port; ?: nothing is known */
	char	operands;
} programs[] = {
	{ "meshssh", "46AaCfGgKkMNnqsTtVvXxYy", "B-bhc-D-E-e-F-I-i-JjL-l-m-O-ooP-pnQ-R-S-Whw-",
	    " via=w or=j mss=v family=v timeout=n connect-timeout=n dead-after=n resume=v hold=n tailscaled=/ jobs=n replay=- format=v output=- relay fdpass no-cache debug why doctor "
	    "scan tailnet json full help version ", 's' },
	{ "ssh", "46AaCfGgKkMNnqsTtVvXxYy", "B-bhc-D-E-e-F-I-i-JjL-l-m-O-ooP-pnQ-R-S-Whw-", "",
	    's' },
	{ "nc", "46CDdFhklNnrtUuvz", "I-inM-mnO-P-pnq-shT-V-wnXvxh", "", '2' },
	{ "nc.openbsd", "46CDdFhklNnrtUuvz", "I-inM-mnO-P-pnq-shT-V-wnXvxh", "", '2' },
	{ "nc.traditional", "hlnruvz", "c-e-g-G-inpnq-shT-wn", "", '2' },
	{ "netcat", "46CDdFhklNnrtUuvz", "I-inM-mnO-P-pnq-shT-V-wnXvxh", "", '2' },
	{ "ncat", "46Chklntuv", "c-e-d-g-G-i-m-pnshwnx-",
	    " proxy=h proxy-type=v proxy-dns=v proxy-auth=- wait=n ssl no-shutdown ", '2' },
	{ "connect", "45dns", "HhShThpnPnwna-RvG-c-", "", '2' },
	{ "connect-proxy", "45dns", "HhShThpnPnwna-RvG-c-", "", '2' },
	{ "corkscrew", "", "", "", '4' },
	{ "proxytunnel", "vqeEXNzB", "phrhdhP-R-c-k-H-A-F-",
	    " proxy=h remproxy=h dest=h verbose quiet ", '?' },
	{ "", "", "", "", '?' }
};
#define UNKNOWN		(&programs[sizeof(programs) / sizeof(programs[0]) - 1])

/* Words before a program that are told, and those that tell nothing but what a program is to do. */
static const char	openers[][8] = { "command", "env", "exec", "nohup", "setsid" };
static const char	operators[][4] = { "|", "||", "&&", ";", "&" };
static const char	redirections[][14] = { "2>&1", "2>/dev/null", ">/dev/null", "</dev/null" };
/* Of programs that are not known: what they are to do. */
static const char	plain[][20] = {
	"access", "compute", "connect", "nc", "ssh", "ssm", "start-iap-tunnel", "start-session"
};

/* What is being read of a command line. */
struct command {
	struct redactor		*redactor;
	const struct program	*program;	/* NULL: the next word is one */
	/* how the word is told that belongs to the option before; 0: there is none */
	char			 value;
	int			 operands;	/* so far */
	int			 host;		/* the last word was told as a host */
};

static int
listed(const char *word, const char *list, size_t count, size_t size)
{
	for (; count > 0; count--, list += size)
		if (strcmp(word, list) == 0)
			return (1);
	return (0);
}
#define LISTED(word, list) \
	listed(word, list[0], sizeof(list) / sizeof(list[0]), sizeof(list[0]))

/* --- words of a shell ------------------------------------------------------------------------- */

/*
 * The next word, without the quotes that are around it: 1, 0 at the end; -1: only a shell can tell
 * what it is.
 */
static int
shell_word(const char **at, char word[REDACT_WORD_MAX], char quote[2])
{
	const char	*begin = *at + strspn(*at, " \t\r\n\f\v"), *end;
	size_t		 len;
	char		 in = '\0';

	if (*begin == '\0')
		return (0);
	for (end = begin; *end != '\0' && (in != '\0' || !isspace((unsigned char)*end)); end++)
		if (*end == '\\' && in != '\'' && end[1] != '\0')
			end++;
		else if (in == '\0' && (*end == '\'' || *end == '"'))
			in = *end;
		else if (in == *end)
			in = '\0';
	*at = end;
	len = (size_t)(end - begin);
	quote[0] = quote[1] = '\0';
	if (len >= 2 && (begin[0] == '"' || begin[0] == '\'') && begin[len - 1] == begin[0]) {
		quote[0] = *begin++;
		len -= 2;
	}
	if (len == 0 || len >= REDACT_WORD_MAX)
		return (-1);
	memcpy(word, begin, len);
	word[len] = '\0';
	return (strpbrk(word, "'\"\\$`") != NULL ? -1 : 1);
}

/* --- options ---------------------------------------------------------------------------------- */

/* Of ssh's -o, KEYWORD=VALUE: the value as that of the keyword is told. */
static int
option_tell(const char *word, const char *home, char told[REDACT_WORD_MAX])
{
	char	keyword[REDACT_WORD_MAX], value[REDACT_WORD_MAX];
	size_t	len = strcspn(word, "="), i;
	int	kind, ok = 0;

	for (i = 0; i < len; i++)
		keyword[i] = (char)tolower((unsigned char)word[i]);
	keyword[len] = '\0';
	if (word[len] != '=' || (kind = redact_keyword(keyword)) == -1)
		return (0);
	if (kind == REDACT_VALUES)
		ok = redact_value(word + len + 1, value);
	else if (kind == REDACT_NAMES)
		ok = redact_names(word + len + 1, value);
	else if (kind == REDACT_HOSTS)
		ok = redact_hosts(word + len + 1, value);
	else if (kind == REDACT_PATHS)
		ok = redact_path_word(word + len + 1, home, value);
	return (snprintf(told, REDACT_WORD_MAX, "%.*s=%s", (int)len, word,
	    ok ? value : "...") < REDACT_WORD_MAX);
}

/* Of our --via, NAME or NAME=ADDRESS. */
static int
way_tell(const char *word, char told[REDACT_WORD_MAX])
{
	char	name[REDACT_WORD_MAX], address[REDACT_WORD_MAX] = "", shown[REDACT_WORD_MAX];
	size_t	len = strcspn(word, "=");

	snprintf(name, sizeof(name), "%.*s", (int)len, word);
	if (!redact_value(name, shown) || (word[len] == '=' &&
	    !redact_host(word + len + 1, address)))
		return (0);
	return (snprintf(told, REDACT_WORD_MAX, "%s%s%s", shown, word[len] == '=' ? "=" : "",
	    address) < REDACT_WORD_MAX);
}

static int
number_tell(const char *word, char told[REDACT_WORD_MAX])
{
	return ((isdigit((unsigned char)word[0]) && redact_value(word, told)) ||
	    (word[0] == '%' && redact_address(word, told)));
}

/*
 * The value of an option, in the way that its row says; '?' is that of an option which is not
 * known.
 */
static int
value_tell(const struct command *c, char how, const char *word, char told[REDACT_WORD_MAX])
{
	switch (how) {
	case 'n':
		return (number_tell(word, told));
	case 'v':
		return (redact_value(word, told));
	case 'h':
		return (redact_host(word, told) || redact_url(word, told));
	case 'j':
		return (redact_hosts(word, told));
	case 'w':
		return (way_tell(word, told));
	case 'o':
		return (option_tell(word, c->redactor->home, told));
	case '/':
		return (redact_path_word(word, c->redactor->home, told));
	case '?':
		return (redact_address(word, told) || redact_url(word, told));
	}
	return (0);
}

/* --NAME, --NAME=VALUE, or --NAME and a value in the next word. */
static int
long_tell(struct command *c, const char *word, char told[REDACT_WORD_MAX])
{
	char		 name[REDACT_WORD_MAX + 2], value[REDACT_WORD_MAX];
	size_t		 len = strcspn(word, "=");
	const char	*row;

	snprintf(name, sizeof(name), " %.*s=", (int)len - 2, word + 2);
	if ((row = strstr(c->program->names, name)) == NULL) {
		name[strlen(name) - 1] = ' ';
		if (word[len] == '=' || strstr(c->program->names, name) == NULL)
			return (0);
		return (strlcpy(told, word, REDACT_WORD_MAX) < REDACT_WORD_MAX);
	}
	row += strlen(name);
	if (word[len] == '\0') {
		c->value = *row;
		return (strlcpy(told, word, REDACT_WORD_MAX) < REDACT_WORD_MAX);
	}
	if (!value_tell(c, *row, word + len + 1, value))
		strlcpy(value, "...", sizeof(value));
	return (snprintf(told, REDACT_WORD_MAX, "%.*s=%s", (int)len, word,
	    value) < REDACT_WORD_MAX);
}

/* Letters behind one hyphen, the last of which may take a value: behind it, or in the next word. */
static int
letters_tell(struct command *c, const char *word, char told[REDACT_WORD_MAX])
{
	const char	*p = word + 1, *row;
	char		 value[REDACT_WORD_MAX];

	while (*p != '\0' && strchr(c->program->flags, *p) != NULL)
		p++;
	if (*p == '\0')
		return (strlcpy(told, word, REDACT_WORD_MAX) < REDACT_WORD_MAX);
	for (row = c->program->values; *row != '\0' && *row != *p; )
		row += 2;
	/* One letter tells nothing, whatever it means. */
	if (*row == '\0' && (p != word + 1 || p[1] != '\0' || !isalnum((unsigned char)*p))) {
		c->value = '?';
		return (0);
	}
	if (p[1] == '\0') {
		c->value = *row == '\0' ? '?' : row[1];
		return (strlcpy(told, word, REDACT_WORD_MAX) < REDACT_WORD_MAX);
	}
	if (!value_tell(c, row[1], p + 1, value))
		strlcpy(value, "...", sizeof(value));
	return (snprintf(told, REDACT_WORD_MAX, "%.*s%s", (int)(p + 1 - word), word,
	    value) < REDACT_WORD_MAX);
}

/* --- the command ------------------------------------------------------------------------------ */

/* The word that is run, or stands before it. */
static int
program_tell(struct command *c, const char *word, char told[REDACT_WORD_MAX])
{
	const char	*name = strrchr(word, '/');
	size_t		 i = 0;

	if (LISTED(word, openers))
		return (strlcpy(told, word, REDACT_WORD_MAX) < REDACT_WORD_MAX);
	/* NAME=VALUE, for the environment. */
	if (strspn(word, LETTERS "_0123456789") == strcspn(word, "=") && strchr(word, '=') != NULL)
		return (0);
	name = name != NULL ? name + 1 : word;
	while (programs[i].name[0] != '\0' && strcmp(programs[i].name, name) != 0)
		i++;
	c->program = &programs[i];
	c->value = 0;
	c->operands = c->host = 0;
	if (word[0] == '-')
		return (0);
	if (strchr(word, '/') != NULL && redact_path_word(word, c->redactor->home, told))
		return (1);
	return ((strspn(word, PROGRAM_BYTES) == strlen(word) &&
	    strlcpy(told, word, REDACT_WORD_MAX) < REDACT_WORD_MAX) || redact_address(word, told));
}

static int
operand_tell(struct command *c, const char *word, char told[REDACT_WORD_MAX])
{
	int	after_host = c->host;

	if (c->program->operands == 's') {
		/*
		 * What follows the host is a command, and the port, or its token, of our own call.
		 */
		if (c->operands++ == 0)
			return (redact_host(word, told));
		c->program = UNKNOWN;
		return (number_tell(word, told) || program_tell(c, word, told));
	}
	if (isdigit((unsigned char)c->program->operands) &&
	    c->operands < c->program->operands - '0')
		return (c->operands++ % 2 == 0 ? redact_host(word, told) : number_tell(word, told));
	c->host = redact_site(word, told) || redact_url(word, told);
	return (c->host || (after_host && number_tell(word, told)));
}

/* One word, and what it makes of those to come. */
static int
word_tell(struct command *c, const char *word, char told[REDACT_WORD_MAX])
{
	char	how = c->value;

	if (LISTED(word, operators))
		c->program = NULL;
	if (LISTED(word, operators) || (how == 0 && (LISTED(word, redirections) ||
	    (c->program != NULL && c->program->operands == '?' && LISTED(word, plain)))))
		return (strlcpy(told, word, REDACT_WORD_MAX) < REDACT_WORD_MAX);
	c->value = 0;
	if (c->program == NULL)
		return (program_tell(c, word, told));
	if (how != 0 && (how != '?' || word[0] != '-'))
		return (value_tell(c, how, word, told));
	if (strcmp(word, "--") == 0 || strcmp(word, "-") == 0)
		return (strlcpy(told, word, REDACT_WORD_MAX) < REDACT_WORD_MAX);
	if (word[0] != '-')
		return (operand_tell(c, word, told));
	if (word[1] == '-') {
		if (long_tell(c, word, told))
			return (1);
		c->value = '?';
		return (0);
	}
	return (letters_tell(c, word, told));
}

void
redact_command(struct redactor *t, const char *text, int ssh_args)
{
	struct command	c = { .redactor = t };
	char		word[REDACT_WORD_MAX], told[REDACT_WORD_MAX], quoted[REDACT_WORD_MAX + 2],
			    quote[2];
	int		n;

	if (ssh_args)
		for (c.program = programs; strcmp(c.program->name, "ssh") != 0; )
			c.program++;
	while ((n = shell_word(&text, word, quote)) != 0) {
		if (n == 1 && quote[0] == '\0' && word[0] == '#') {
			redactor_hide(t);
			return;
		}
		if (n == 1 && word_tell(&c, word, told)) {
			snprintf(quoted, sizeof(quoted), "%s%s%s", quote, told, quote);
			redactor_word(t, quoted);
			continue;
		}
		redactor_hide(t);
		/* Of a word that only a shell can tell, what comes next cannot be known either. */
		if (n == -1) {
			c.program = UNKNOWN;
			c.value = '?';
		}
	}
}
