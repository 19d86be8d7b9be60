/* SPDX-License-Identifier: ISC */
/* The way to a builder: what of the caller's own can be root's. */

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/yes-no.h"
#include "config/conf-nix.h"
#include "config/conf.h"
#include "install/install.h"
#include "sshconf/ssh-proxy.h"

void
conf_nix_behind(const char *host, struct error *err)
{
	error_set(err, CODE_BUILDER_BEHIND,
	    "%.60s: your ssh reaches it by a ProxyJump or ProxyCommand that root's cannot take over",
	    host);
}

/* "[host]:port", as ssh -G has it, "[host]", "host:port" or "host". */
static void
hop_address(const char *text, struct conf_nix_hop *hop)
{
	const char	*end = text[0] == '[' ? strchr(text, ']') : NULL;

	if (end != NULL && (end[1] == '\0' || end[1] == ':')) {
		snprintf(hop->host, sizeof(hop->host), "%.*s", (int)(end - text - 1), text + 1);
		hop->port = end[1] == ':' ? addr_port(end + 2) : 0;
	} else if (addr_split(text, hop->host, &hop->port) == -1) {
		hop->port = 0;
		strlcpy(hop->host, text, sizeof(hop->host));
	}
}

int
conf_nix_hop(const char *spec, struct conf_nix_hop *hop, struct error *err)
{
	const char	*at, *whole = spec;

	memset(hop, 0, sizeof(*hop));
	if (strncmp(spec, "ssh://", 6) == 0)
		spec += 6;
	if ((at = strrchr(spec, '@')) != NULL && (size_t)(at - spec) < sizeof(hop->user)) {
		memcpy(hop->user, spec, (size_t)(at - spec));
		spec = at + 1;
	}
	hop_address(spec, hop);
	if (addr_host_ok(hop->host) && hop->port != -1)
		return (0);
	conf_nix_behind(whole, err);
	return (-1);
}

/*
 * The host of "ssh -W %h:%p HOST", the older way to write a ProxyJump: 0, or -1 if it is anything
 * else.
 */
static int
way_jump(char *command, char jumps[CONF_NIX_WAY])
{
	const char	*word, *host = NULL, *to = NULL;

	if ((word = strsep(&command, " ")) == NULL || strcmp(word[0] == '/' ?
	    strrchr(word, '/') + 1 : word, "ssh") != 0)
		return (-1);
	while ((word = strsep(&command, " ")) != NULL) {
		if (strcmp(word, "-W") == 0 && to == NULL)
			to = strsep(&command, " ");
		else if (word[0] != '-' && word[0] != '\0' && host == NULL)
			host = word;
		/* What else says nothing of the way. */
		else if (word[0] != '\0' && strcmp(word, "-q") != 0 && strcmp(word, "-x") != 0 &&
		    strcmp(word, "-T") != 0 && strcmp(word, "-a") != 0)
			return (-1);
	}
	if (host == NULL || to == NULL || (strcmp(to, "%h:%p") != 0 && strcmp(to, "[%h]:%p") != 0))
		return (-1);
	strlcpy(jumps, host, CONF_NIX_WAY);
	return (0);
}

/* Each token is one that is the same for root. */
static int
way_tokens_ok(const char *command)
{
	for (; (command = strchr(command, '%')) != NULL; command += 2)
		if (command[1] == '\0' || strchr("hpr%", command[1]) == NULL)
			return (0);
	return (1);
}

/* A program that root's ssh finds, too, and that nobody else can change: 0, or -1. */
static int
way_program(const char *command, const char *alias, struct error *err)
{
	struct ssh_proxy	p;
	const char		*name;

	if (ssh_proxy_look(command, "", NULL, &p) == 0 && way_tokens_ok(command) &&
	    strpbrk(command, "'$\\~") == NULL && (p.program[0] == '/' ? p.there :
	    p.everywhere) == 1) {
		name = strrchr(p.program, '/');
		/* Its configuration would be root's. */
		if (strcmp(name != NULL ? name + 1 : p.program, "ssh") != 0)
			return (p.program[0] == '/' ? install_program(p.program, err) : 0);
	}
	conf_nix_behind(alias, err);
	return (-1);
}

int
conf_nix_way(const json_t *found, const char *answer, const char *alias, char jumps[CONF_NIX_WAY],
    char line[CONF_NIX_WAY], struct error *err)
{
	char	command[CONF_NIX_WAY], words[CONF_NIX_WAY], fdpass[8];

	line[0] = '\0';
	conf_ssh_value(answer, "proxyjump", jumps, CONF_NIX_WAY);
	conf_ssh_value(answer, "proxycommand", command, sizeof(command));
	/* One that counts at times only is not for ever. */
	if (json_at(found, "facts.ssh.conditional.proxyjump") != NULL ||
	    json_at(found, "facts.ssh.conditional.proxycommand") != NULL ||
	    (jumps[0] == '\0' && command[0] == '\0')) {
		conf_nix_behind(alias, err);
		return (-1);
	}
	strlcpy(words, command, sizeof(words));
	if (jumps[0] != '\0' || way_jump(words, jumps) == 0)
		return (0);
	jumps[0] = '\0';
	/* ssh would wait for a connection that the block, which has "no", does not take. */
	if (yes_no(conf_ssh_value(answer, "proxyusefdpass", fdpass, sizeof(fdpass))) == 1) {
		conf_nix_behind(alias, err);
		return (-1);
	}
	if (way_program(command, alias, err) == -1)
		return (-1);
	snprintf(line, CONF_NIX_WAY, "ProxyCommand %.1000s", command);
	return (0);
}
