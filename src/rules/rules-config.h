/* SPDX-License-Identifier: ISC */
/*
 * For the rules about ssh's configuration: those of proxies are in a file of their own
 * (rules-config-proxy.c).
 */

#ifndef RULES_RULES_CONFIG_H
#define RULES_RULES_CONFIG_H

#include <jansson.h>

#include "rules/rules.h"

#define OPTION(name)	"ssh.options." name

/* The text at a path, or "". */
const char *config_text(const json_t *, const char *path);
/* 1 if an option is set to something that is none of ssh's words for no. */
int	config_on(const json_t *facts, const char *path);
/* " (FILE:LINE)" of the line that set a keyword, or "", in the buffer, which it returns. */
const char *config_where(const json_t *facts, const char *keyword, char [300]);

int	config_check_missing(const json_t *, struct finding *);
int	config_check_relative(const json_t *, struct finding *);
int	config_check_versioned(const json_t *, struct finding *);
int	config_check_fdpass(const json_t *, struct finding *);
int	config_check_ipqos(const json_t *, struct finding *);
int	config_check_hides(const json_t *, struct finding *);
int	config_check_localhost(const json_t *, struct finding *);
int	config_check_canonicalize(const json_t *, struct finding *);
int	config_check_ignores(const json_t *, struct finding *);

#endif
