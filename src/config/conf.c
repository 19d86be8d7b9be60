/* SPDX-License-Identifier: ISC */
/* The options that a command of meshssh-config takes, and was given. */

#include <string.h>

#include "base/json.h"
#include "config/conf.h"

static const char	common[][8] = { "debug", "help", "version" };

int
conf_takes(const struct conf_command *command, const char *option)
{
	const char	*const *taken;
	size_t		 i;

	for (i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (strcmp(common[i], option) == 0)
			return (1);
	for (taken = command->options; *taken != NULL; taken++)
		if (strcmp(*taken, option) == 0)
			return (1);
	return (0);
}

int
conf_given(const struct conf *conf, const char *option)
{
	return (json_object_get(conf->wanted, option) != NULL);
}

const char *
conf_text(const struct conf *conf, const char *option)
{
	return (json_string_value(json_object_get(conf->wanted, option)));
}
