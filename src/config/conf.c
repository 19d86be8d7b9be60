/* SPDX-License-Identifier: ISC */
/* The options that a command of meshssh-config was given. */

#include "base/json.h"
#include "config/conf.h"

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
