/* SPDX-License-Identifier: ISC */
/* What a ProxyCommand runs, as far as that can be read without a shell. */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "os/run.h"
#include "sshconf/ssh-proxy.h"

#define WORD_BYTES "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+-~"

/* Words that begin a command and are no programs; with them the shell does something else. */
static const char	words[][10] = {
	".", "[", "alias", "case", "cd", "command", "echo", "eval", "exit", "export", "false",
	"for", "if", "printf", "read",
	"set", "source", "test", "time", "trap", "true", "type", "ulimit", "umask", "unset",
	"until", "while"
};

/* How programs are told to pass a descriptor; "" if they cannot. Others are not judged. */
static const struct proxy_flag {
	char	name[16];
	char	flag[12];
} flags[] = {
	{ "meshssh",		"--fdpass" },
	{ "nc",			"-F" },
	{ "nc.openbsd",		"-F" },
	{ "cloudflared",	"" },
	{ "connect",		"" },
	{ "connect-proxy",	"" },
	{ "corkscrew",		"" },
	{ "ncat",		"" },
	{ "nc.traditional",	"" },
	{ "socat",		"" },
	{ "ssh",		"" },
	{ "tailscale",		"" },
};

/* 1, 0, or -1 if a folder is closed to us. */
static int
executable(const char *path)
{
	struct stat	sb;

	if (stat(path, &sb) == -1)
		return (errno == ENOENT || errno == ENOTDIR ? 0 : -1);
	return (S_ISREG(sb.st_mode) && (sb.st_mode & 0111) != 0);
}

/* 1 if one of the folders, with colons between them, has the program. */
static int
found_in(const char *root, const char *dirs, const char *program)
{
	char	path[PATH_MAX];

	while (run_place(&dirs, root, program, path))
		if (executable(path) == 1)
			return (1);
	return (0);
}

/* 1 if the arguments have the word, or, of one letter, a cluster of such with it. */
static int
has_flag(const char *args, const char *flag)
{
	size_t	len;

	for (; *args != '\0'; args += len) {
		args += strspn(args, " \t");
		len = strcspn(args, " \t");
		if ((len == strlen(flag) && strncmp(args, flag, len) == 0) ||
		    (flag[2] == '\0' && len > 1 && args[0] == '-' && args[1] != '-' &&
		    memchr(args + 1, flag[1], len - 1) != NULL))
			return (1);
	}
	return (0);
}

static int
passes_fd(const char *program, const char *args)
{
	const char	*name = strrchr(program, '/');
	size_t		 i;

	name = name == NULL ? program : name + 1;
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(name, flags[i].name) == 0)
			return (flags[i].flag[0] != '\0' && has_flag(args, flags[i].flag));
	return (-1);
}

/* The first word, which quotes may be around, and what follows; -1 if a shell is needed to tell. */
static int
program_word(const char *command, char program[PATH_MAX], const char **args)
{
	const char	*at = command + strspn(command, " \t");
	int		 quoted;
	size_t		 len, i;

	if (strncmp(at, "exec ", 5) == 0)
		at += 5 + strspn(at + 5, " \t");
	quoted = *at == '"';
	at += quoted;
	len = quoted ? strcspn(at, "\"") : strcspn(at, " \t");
	if (len == 0 || len >= PATH_MAX || (quoted && at[len] != '"') || (quoted && at[0] == '~') ||
	    (quoted ? strcspn(at, "%$`\\\"") < len : strspn(at, WORD_BYTES) < len))
		return (-1);
	memcpy(program, at, len);
	program[len] = '\0';
	*args = at + len + quoted;
	if (**args != '\0' && **args != ' ' && **args != '\t')
		return (-1);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(program, words[i]) == 0)
			return (-1);
	return (0);
}

int
ssh_proxy_look(const char *command, const char *root, const char *home, struct ssh_proxy *p)
{
	const char	*args, *path = getenv("PATH");
	char		 full[PATH_MAX];

	memset(p, 0, sizeof(*p));
	p->there = p->everywhere = -1;
	if (program_word(command, p->program, &args) == -1 || strpbrk(args, ";|&<>`\n") != NULL ||
	    strstr(args, "$(") != NULL)
		return (-1);
	p->passes_fd = passes_fd(p->program, args);
	if (p->program[0] == '~' && p->program[1] != '/')
		return (-1);
	p->absolute = p->program[0] == '/' || p->program[0] == '~';
	if (p->absolute) {
		if (p->program[0] == '~' && home == NULL)
			return (0);
		if (snprintf(full, sizeof(full), "%s%s%s", root, p->program[0] == '~' ? home : "",
		    p->program + (p->program[0] == '~')) < (int)sizeof(full))
			p->there = executable(full);
		return (0);
	}
	if (strchr(p->program, '/') != NULL)
		return (0);
	p->everywhere = found_in(root, "/usr/bin:/bin:/usr/sbin:/sbin", p->program);
	p->there = p->everywhere || found_in(root, path, p->program);
	return (0);
}

/* The next word, without the quotes around it: its length; *at is set behind it. 0 at the end. */
static size_t
proxy_word(const char **at, const char **word)
{
	size_t	len;
	char	quote[2] = "";

	*word = *at + strspn(*at, " \t");
	if (**word == '"' || **word == '\'')
		quote[0] = *(*word)++;
	len = strcspn(*word, quote[0] != '\0' ? quote : " \t");
	*at = *word + len + (quote[0] != '\0' && (*word)[len] != '\0');
	return (len);
}

/* 1 if the word only says how the program behind it is started. */
static int
proxy_starts(const char *word, size_t len)
{
	static const char	starts[][8] = { "command", "env", "exec", "nohup", "setsid" };
	size_t			i, equals = strcspn(word, "=/");

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (len == strlen(starts[i]) && strncmp(word, starts[i], len) == 0)
			return (1);
	/* An option of env's, or NAME=VALUE. */
	return (word[0] == '-' || (equals < len && word[equals] == '='));
}

int
ssh_proxy_ours(const char *command)
{
	static const char	name[] = "meshssh";
	const char		*word;
	size_t			 len, slash;

	while ((len = proxy_word(&command, &word)) > 0) {
		if (proxy_starts(word, len))
			continue;
		for (slash = len; slash > 0 && word[slash - 1] != '/'; slash--)
			continue;
		return (len - slash == strlen(name) && strncmp(word + slash, name,
		    len - slash) == 0);
	}
	return (0);
}

/* A word that means itself to every shell, and no option to a program. */
static int
word_plain(const char *word)
{
	return (word != NULL && word[0] != '\0' && word[0] != '-' &&
	    word[strspn(word, WORD_BYTES ":@%")] == '\0' && word[0] != '~');
}

/* What the token of this letter stands for, or NULL. */
static const char *
token_word(char letter, const struct ssh_proxy_tokens *t, char number[16])
{
	const char	*word;

	if (letter == '%')
		return ("%");
	if (letter == 'p') {
		snprintf(number, 16, "%d", t->port);
		return (number);
	}
	word = letter == 'h' ? t->host : letter == 'k' ? t->alias : letter == 'n' ? t->typed :
	    letter == 'r' ? t->user : NULL;
	return (word_plain(word) ? word : NULL);
}

char *
ssh_proxy_line(const char *command, const struct ssh_proxy_tokens *t)
{
	char		*line = xstrdup("exec "), *longer, number[16];
	const char	*word;
	size_t		 len;

	while (*command != '\0') {
		len = strcspn(command, "%");
		word = "";
		if (command[len] == '%' && (word = token_word(command[len + 1], t,
		    number)) == NULL) {
			free(line);
			return (NULL);
		}
		longer = xasprintf("%s%.*s%s", line, (int)len, command, word);
		free(line);
		line = longer;
		command += len + (command[len] == '%' ? 2 : 0);
	}
	return (line);
}

/* 1 if the shell leaves such a word, which had quotes around it or not, as it is. */
static int
word_whole(const char *word, size_t len, int quoted)
{
	return (strcspn(word, quoted ? "$`\\" : "$`\\\"';|&<>(){}*?[]~#!^") >= len);
}

char **
ssh_proxy_words(const char *line)
{
	const size_t	  room = strlen(line) / 2 + 2, bytes = room * sizeof(char *);
	char		**list = xcalloc(1, bytes + strlen(line) + 2), *to = (char *)list + bytes;
	const char	 *at = line + strlen("exec "), *word;
	size_t		  len, n = 0;

	while ((len = proxy_word(&at, &word)) > 0) {
		if ((*at != '\0' && strchr(" \t", *at) == NULL) || (n > 0 &&
		    !word_whole(word, len, strchr("\"'", word[-1]) != NULL))) {
			free(list);
			return (NULL);
		}
		list[n++] = to;
		memcpy(to, word, len);
		to += len + 1;
	}
	return (list);
}
