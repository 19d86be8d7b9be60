/* SPDX-License-Identifier: ISC */
/* What blocks change in what ssh takes, shown, and refused where they change what is not theirs. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/error.h"
#include "config/conf.h"
#include "install/effect.h"
#include "install/install.h"

/* Names that are compared, for each of which ssh is asked twice: so many, and more in this time. */
#define HOSTS_MIN	100
#define HOSTS_MS	5000

struct told {
	const char	*host;
	const char	*prefix;	/* of each line that shows a change; NULL: none is shown */
	int		 named;			/* its changes are under its name */
	int		 hosts, compared;	/* so far */
	int64_t		 until_ms;
	char		 first[400];		/* what is not meant, of the first of them; or "" */
};

/* Each value on a line of its own, as a diff has it. */
static void
told_values(const struct told *t, char sign, const char *keyword, const char *values)
{
	char	shown[512], value[512];
	size_t	len;

	for (; *values != '\0'; values += len, values += *values == '\n') {
		len = strcspn(values, "\n");
		snprintf(value, sizeof(value), "%.*s", (int)len, values);
		printf("%s%c%s %s\n", t->prefix, sign, keyword,
		    error_vis(shown, sizeof(shown), value));
	}
}

static void
told_cb(void *arg, const char *keyword, const char *before, const char *after, int meant)
{
	struct told	*t = arg;

	if (t->prefix != NULL) {
		if (!t->named)
			printf("%s%s:\n", t->prefix, t->host);
		t->named = 1;
		told_values(t, '-', keyword, before);
		told_values(t, '+', keyword, after);
	}
	if (!meant && t->first[0] == '\0')
		snprintf(t->first, sizeof(t->first),
		    "%.60s: the block would change %.30s from \"%.*s\" to \"%.*s\"", t->host, keyword,
		    (int)strcspn(before, "\n"), before, (int)strcspn(after, "\n"), after);
}

/* A name of a section. 0, or -1 with the error set. */
static int
effect_name(const struct effect *e, const char *section, const char *host, struct told *t,
    struct error *err)
{
	/* One that changes is enough, where none is shown. */
	t->hosts++;
	if ((t->prefix == NULL && t->first[0] != '\0') ||
	    (t->hosts > HOSTS_MIN && clock_ms() > t->until_ms))
		return (0);
	t->compared++;
	t->host = host;
	t->named = 0;
	return (effect_compare(e, section, host, told_cb, t, err) == -1 ? -1 : 0);
}

/* The word of this number of a line of names, or NULL. */
static const char *
line_word(char *line, int number)
{
	char	*word;

	while ((word = strsep(&line, " \t")) != NULL && number-- > 0)
		continue;
	return (word);
}

/* All of them, the first one of each block before the others. 0, or -1 with the error set. */
static int
effect_section(const struct effect *e, const char *name, struct told *t, struct error *err)
{
	struct install_text	part = install_own_section(e->own[1], name);
	char			line[INSTALL_LINE];
	const char		*word;
	size_t			at;
	int			number, more = 1;

	for (number = 0; more; number++) {
		more = 0;
		at = 0;
		while (install_own_hosts(&part, &at, line)) {
			word = line_word(line, number);
			more |= word != NULL;
			if (word != NULL && addr_host_ok(word) &&
			    effect_name(e, name, word, t, err) == -1)
				return (-1);
		}
	}
	return (0);
}

int
conf_effect(const struct install *in, const struct install_text *own,
    const char *prefix, struct error *err)
{
	struct effect	e = { .in = in, .own = { own, install_file_now(in->own) },
			    .config = { &in->config->old, install_file_now(in->config) } };
	struct told	t = { .prefix = prefix, .until_ms = clock_ms() + HOSTS_MS };
	size_t		i;
	int		result = effect_open(&e, err);

	for (i = 0; result == 0 && i < json_array_size(in->touched); i++)
		result = effect_section(&e, json_string_value(json_array_get(in->touched, i)), &t,
		    err);
	effect_close(&e);
	if (result == 0 && t.first[0] != '\0') {
		error_set(err, CODE_CONFIG_CHANGES, "%s", t.first);
		result = -1;
	}
	if (result == 0 && t.hosts > t.compared)
		printf("# compared with what ssh takes now for %d of %d names\n", t.compared,
		    t.hosts);
	return (result);
}

int
conf_effect_now(struct install *in, const char *name, const char *prefix, struct error *err)
{
	struct install_text	without;
	int			result;

	install_own_cut(&in->own->old, name, &without);
	result = conf_effect(in, &without, prefix, err);
	free(without.bytes);
	return (result);
}
