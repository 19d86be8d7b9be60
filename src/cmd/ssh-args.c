/* SPDX-License-Identifier: ISC */
/* ssh's command line, as far as the front door and the relay must know it. */

#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/xalloc.h"
#include "cmd/ssh-args.h"

/* ssh.c, getopt string of OpenSSH 7 to 10. -P took no argument before 9.4 and takes one since. */
static const char	flags[] = "1246ACGKMNTVXYZafgknqstvxy";
static const char	with_argument[] = "BDEFIJLOQRSWbceilmopw";
static const char	asks[] = "GOQV";

/* The value that "keyword=value" or "keyword value" has for this one, or NULL. */
static const char *
ssh_args_setting(const char *setting, const char *keyword)
{
	const size_t	len = strlen(keyword);

	setting += strspn(setting, " \t");
	if (strncasecmp(setting, keyword, len) != 0 || setting[len] == '\0' ||
	    strchr("= \t", setting[len]) == NULL)
		return (NULL);
	return (setting + len + strspn(setting + len, "= \t"));
}

/* -1 for a word that ssh does not take. */
static int
ssh_args_family(const char *value)
{
	const int	family = addr_family(value);

	return (family != AF_UNSPEC || strcasecmp(value, "any") == 0 ? family : -1);
}

/* An option with its argument. As in ssh, the last -F counts, and the first of two settings. */
static void
ssh_args_option(char option, const char *argument, struct ssh_args *args)
{
	const char	*value;

	if (option == 'F')
		args->config = argument;
	if (option == 'b')
		args->bind_address = argument;
	if (option == 'B')
		args->bind_interface = argument;
	if (args->connect != NULL && strchr("BFbilop", option) != NULL)
		args->connect[args->connects++] = xasprintf("-%c%s", option, argument);
	if (option != 'o')
		return;
	if (args->timeout == NULL)
		args->timeout = ssh_args_setting(argument, "connecttimeout");
	if (args->family == -1 && (value = ssh_args_setting(argument, "addressfamily")) != NULL)
		args->family = ssh_args_family(value);
	if (args->bind_address == NULL)
		args->bind_address = ssh_args_setting(argument, "bindaddress");
	if (args->bind_interface == NULL)
		args->bind_interface = ssh_args_setting(argument, "bindinterface");
}

/*
 * One cluster of options behind its hyphen: the arguments it takes up, 1 or 2, or 0 if one is not
 * known.
 */
static int
ssh_args_cluster(const char *word, const char *next, struct ssh_args *args)
{
	for (; *word != '\0'; word++) {
		/* No tag begins with a hyphen, so this is the old one. */
		if (*word == 'P' && word[1] == '\0' && next != NULL && next[0] == '-')
			continue;
		if (strchr(asks, *word) != NULL)
			args->local = 1;
		if (strchr(with_argument, *word) != NULL) {
			if (word[1] != '\0' || next != NULL)
				ssh_args_option(*word, word[1] != '\0' ? word + 1 : next, args);
			return (word[1] == '\0' ? 2 : 1);
		}
		if (strchr(flags, *word) == NULL)
			return (0);
		if (*word == '4' || *word == '6')
			args->family = *word == '4' ? AF_INET : AF_INET6;
		if (args->connect != NULL && (*word == '4' || *word == '6'))
			args->connect[args->connects++] = xasprintf("-%c", *word);
	}
	return (1);
}

static void
ssh_args_follow(int argc, char **argv, struct ssh_args *args)
{
	int	i = 0, used;

	while (i < argc && strcmp(argv[i], "--") != 0) {
		if (argv[i][0] != '-' || argv[i][1] == '\0') {
			/*
			 * ssh goes on with options behind the destination; the next such word
			 * begins the command.
			 */
			if (args->destination != NULL)
				break;
			args->destination = argv[i++];
			continue;
		}
		if ((used = ssh_args_cluster(argv[i] + 1, i + 1 < argc ? argv[i + 1] : NULL,
		    args)) == 0) {
			args->local = 0;
			return;
		}
		i += used;
	}
	args->insert = i < argc ? i : argc;
	if (args->destination == NULL && i < argc)
		args->destination = argv[i + 1];
}

void
ssh_args_walk(int argc, char **argv, struct ssh_args *args)
{
	*args = (struct ssh_args){ .family = -1 };
	ssh_args_follow(argc, argv, args);
}

char **
ssh_args_connect(int argc, char **argv)
{
	struct ssh_args	args = { .insert = 0 };
	size_t		words = 3;
	int		i;

	/* So many options there may be. */
	for (i = 0; i < argc; i++)
		words += strlen(argv[i]) + 1;
	args.connect = xcalloc(words, sizeof(*args.connect));
	ssh_args_follow(argc, argv, &args);
	if (args.destination == NULL) {
		ssh_args_free(args.connect);
		return (NULL);
	}
	args.connect[args.connects++] = xstrdup("--");
	args.connect[args.connects] = xstrdup(args.destination);
	return (args.connect);
}

/* Such an option at the front of the words, as one word to be freed; *used is how many it takes. */
static char *
ssh_args_one(char **words, int *used)
{
	const char	*value = words[0] + 2;

	*used = 1;
	if (strcmp(words[0], "-4") == 0 || strcmp(words[0], "-6") == 0)
		return (xstrdup(words[0]));
	if (words[0][1] == '\0' || strchr("FJilop", words[0][1]) == NULL)
		return (NULL);
	if (value[0] == '\0' && words[1] != NULL) {
		value = words[1];
		*used = 2;
	}
	return (value[0] != '\0' ? xasprintf("%.2s%s", words[0], value) : NULL);
}

char **
ssh_args_take(char **words)
{
	char	**to = words, **taken, *at;
	size_t	  n = 0;
	int	  used;

	while (words[n] != NULL)
		n++;
	taken = xcalloc(n + 1, sizeof(*taken));
	for (n = 0; *words != NULL; words += used) {
		used = 1;
		at = strrchr(*words, '@');
		if (at != NULL && at != *words && words[0][0] != '-' &&
		    strncmp(*words, "ssh://", 6) != 0) {
			taken[n++] = xasprintf("-l%.*s", (int)(at - *words), *words);
			*to++ = at + 1;
		} else if (words[0][0] != '-')
			*to++ = *words;
		else if ((taken[n++] = ssh_args_one(words, &used)) == NULL) {
			ssh_args_free(taken);
			return (NULL);
		}
	}
	*to = NULL;
	return (taken);
}

void
ssh_args_free(char **taken)
{
	size_t	i;

	for (i = 0; taken != NULL && taken[i] != NULL; i++)
		free(taken[i]);
	free(taken);
}
