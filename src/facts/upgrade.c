/* SPDX-License-Identifier: ISC */
/* Brings a saved document to the names and words of this version. */

#include <string.h>

#include "base/json.h"
#include "facts/upgrade.h"

/* Version 1 to 2. */
static const struct upgrade_name {
	const char	*in;		/* the object, "" for the facts themselves */
	const char	*from, *to;
} names[] = {
	{ "",		"banner",	"server" },
	{ "mtu",	"there",	"forward" },
	{ "mtu",	"back",		"reverse" },
};

static const struct upgrade_word {
	const char	*path;
	const char	*from, *to;
} words[] = {
	{ "tailscale.state",	"odd",		"unexpected" },
	{ "tailscale.state",	"closed",	"permission-denied" },
};

static void
upgrade_name(json_t *facts, const struct upgrade_name *name)
{
	json_t	*object = json_at(facts, name->in), *value = json_object_get(object, name->from);

	if (value == NULL || json_object_get(object, name->to) != NULL)
		return;
	json_object_set(object, name->to, value);
	json_object_del(object, name->from);
}

static void
upgrade_word(json_t *facts, const struct upgrade_word *word)
{
	const char	*text = json_text_at(facts, word->path);

	if (text != NULL && strcmp(text, word->from) == 0)
		json_put(facts, word->path, json_string(word->to));
}

int
facts_upgrade(json_t *doc)
{
	json_t		*facts = json_at(doc, "facts");
	json_int_t	 version = json_number_at(doc, "version", 0);
	size_t		 i;

	if (version < 1 || version > FACTS_VERSION || !json_is_object(facts))
		return (-1);
	if (version == 1) {
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			upgrade_name(facts, &names[i]);
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			upgrade_word(facts, &words[i]);
	}
	json_object_set_new(doc, "version", json_integer(FACTS_VERSION));
	return (0);
}
