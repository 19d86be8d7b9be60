/* SPDX-License-Identifier: ISC */
/* Fuzz target: options. */

#include <sys/types.h>
#include <sys/socket.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cmd/options.h"
#include "cmd/ssh-args.h"
#include "config/conf.h"
#include "fuzz.h"

#define WORDS_MAX	64

/* The words of a command line, each with memory of its own. */
struct line {
	char	*words[WORDS_MAX + 1];	/* a NULL ends them */
	char	*all[WORDS_MAX];	/* the same, whatever becomes of those */
	int	 count;
};

static void
line_begin(struct line *l, const char *program, const uint8_t *data, size_t size)
{
	const uint8_t	*end;
	size_t		 len;

	l->all[0] = strdup(program);
	for (l->count = 1; size > 0 && l->count < WORDS_MAX; l->count++) {
		end = memchr(data, '\n', size);
		len = end != NULL ? (size_t)(end - data) : size;
		l->all[l->count] = strndup((const char *)data, len);
		len += end != NULL;
		data += len;
		size -= len;
	}
	memcpy(l->words, l->all, sizeof(l->all));
	l->words[l->count] = NULL;
}

static void
line_end(struct line *l)
{
	while (l->count > 0)
		free(l->all[--l->count]);
}

static void
check_error(const struct error *err, int result)
{
	const char	*at;

	must(result == 0 ? err->code == CODE_NONE : result == -1 && err->code != CODE_NONE);
	if (result == -1)
		for (at = err->text; *at != '\0'; at++)
			must(*at >= ' ' && *at <= '~');
}

/* Each word is one of the line's, in the same order. */
static void
check_words(const struct line *l, char **words)
{
	int	i = 0;

	for (; *words != NULL; words++) {
		while (i < l->count && l->all[i] != *words)
			i++;
		must(i++ < l->count);
	}
}

/* Everything wanted is an option that the command takes, with a value where there is one. */
static void
check_wanted(const struct conf *conf)
{
	const struct option_row	*row;
	const char		*key;
	json_t			*value;

	must(conf->command != NULL && conf->command->run != NULL);
	json_object_foreach(conf->wanted, key, value) {
		for (row = conf_options; row->name != NULL && strcmp(row->name, key) != 0; row++)
			continue;
		must(row->name != NULL);
		must(conf_takes(conf->command, key));
		must(row->value != NULL ? json_string_length(value) > 0 : json_is_true(value));
	}
}

static void
try_config(const uint8_t *data, size_t size)
{
	struct conf	  conf = { .wanted = json_object() };
	struct error	  err = { .code = CODE_NONE };
	struct line	  l;
	char		**words = l.words + 1;
	int		  result;

	line_begin(&l, "meshssh-config", data, size);
	result = conf_parse(&conf, &words, &err);
	check_error(&err, result);
	if (result == 0) {
		check_words(&l, words);
		if (!conf_given(&conf, "help") && !conf_given(&conf, "version"))
			check_wanted(&conf);
	}
	json_decref(conf.wanted);
	line_end(&l);
}

static void
check_options(const struct options *opts)
{
	must(opts->mode <= OPTIONS_VERSION);
	must(opts->family == AF_UNSPEC || opts->family == AF_INET || opts->family == AF_INET6);
	must(opts->mss == MSS_AUTO || opts->mss == MSS_FULL || opts->mss >= 88);
	must(opts->mss <= 32767);
	must(opts->timeout_s >= 1 && opts->timeout_s <= OPTIONS_SECONDS_MAX);
	must(opts->dead_after_s >= 1 && opts->dead_after_s <= OPTIONS_SECONDS_MAX);
	must(opts->jobs >= 1 && opts->jobs <= 10000);
	if (opts->choice.address != NULL)
		must(opts->choice.via != NULL && opts->choice.via->to == VIA_TO_PROXY);
	must(opts->tailscaled == NULL || opts->tailscaled[0] != '\0');
	must(opts->replay == NULL || opts->replay[0] != '\0');
}

static void
try_meshssh(const uint8_t *data, size_t size)
{
	struct options	opts;
	struct ssh_args	args;
	struct error	err = { .code = CODE_NONE };
	struct line	l;
	int		result, rest, count = 0;

	line_begin(&l, "meshssh", data, size);
	result = options_parse(&opts, l.count, l.words, &rest, &err);
	check_error(&err, result);
	if (result == 0) {
		must(rest >= 1 && rest <= l.count);
		check_options(&opts);
		check_words(&l, l.words);
		while (l.words[rest + count] != NULL)
			count++;
		ssh_args_walk(count, l.words + rest, &args);
		must(args.insert >= 0 && args.insert <= count &&
		    (args.local == 0 || args.local == 1));
	}
	line_end(&l);
}

/* A command line, one word a line, for either program. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* No argument has a NUL. */
	if (memchr(data, '\0', size) == NULL) {
		try_meshssh(data, size);
		try_config(data, size);
	}
	return (0);
}
