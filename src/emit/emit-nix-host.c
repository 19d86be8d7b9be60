/* SPDX-License-Identifier: ISC */
/* One builder, as the Nix emitters need it. */

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "emit/emit-nix.h"
#include "wire/sshkey.h"

#define JOBS_MAX	10000

/*
 * What a host may have; others are for users, or signed by an authority, which no single key pins.
 */
static const char	key_types[][24] = {
	"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
	"ecdsa-sha2-nistp521"
};

int
emit_nix_word(const char *word, const char *besides)
{
	const char	*p;

	for (p = word; *p != '\0'; p++)
		if (!isascii((unsigned char)*p) || (!isalnum((unsigned char)*p) &&
		    strchr(besides, *p) == NULL))
			return (0);
	return (word[0] != '\0' && word[0] != '-');
}

int
emit_nix_path(const char *path)
{
	return (path[0] == '/' && emit_nix_word(path, "/._+@-"));
}

int
emit_nix_key(const char *line)
{
	size_t	i, len = strcspn(line, " ");

	for (i = 0; i < sizeof(key_types) / sizeof(key_types[0]); i++)
		if (strlen(key_types[i]) == len && strncmp(line, key_types[i], len) == 0)
			return (strlen(line) < EMIT_NIX_KEY_MAX &&
			    sshkey_text(line) == (int)strlen(line));
	return (0);
}

static int
host_alias_ok(const char *alias)
{
	return (emit_nix_word(alias, "_-") && strcmp(alias, "localhost") != 0);
}

static int
host_name_ok(const char *name)
{
	return (addr_host_ok(name));
}

static int
host_user_ok(const char *user)
{
	return (emit_nix_word(user, "._-"));
}

static int
host_list_ok(const char *list)
{
	return (strcmp(list, "-") == 0 || emit_nix_word(list, ",._+-"));
}

/*
 * A ProxyJump or ProxyCommand that means the same in a module, where Nix would read on; or where to
 * connect from.
 */
static int
host_proxy_ok(const char *line)
{
	const char	*p;

	if (strncmp(line, "BindAddress ", 12) == 0)
		return (addr_host_ok(line + 12));
	if (strncmp(line, "BindInterface ", 14) == 0)
		return (addr_host_ok(line + 14));
	for (p = line; *p != '\0'; p++)
		if (!isprint((unsigned char)*p) || strchr("'$\\", *p) != NULL)
			return (0);
	return (strncmp(line, "ProxyJump ", 10) == 0 || strncmp(line, "ProxyCommand ", 13) == 0);
}

static int
host_family_ok(const char *family)
{
	return (strcmp(family, "inet") == 0 || strcmp(family, "inet6") == 0);
}

static int
host_unbound_ok(const char *keyword)
{
	return (strcmp(keyword, "BindAddress") == 0 || strcmp(keyword, "BindInterface") == 0);
}

/* One text of it; *failed is set if it is not there, or not what may stand there. */
static const char *
host_text(const json_t *host, const char *name, int (*ok)(const char *), struct error *err,
    int *failed)
{
	const char	*text = json_text_at(host, name);

	if (!*failed && (text == NULL || !ok(text))) {
		*failed = 1;
		error_set(err, CODE_USAGE, "\"%.60s\" cannot stand in Nix's list of builders (%s)",
		    text != NULL ? text : "", name);
	}
	return (text);
}

int
emit_nix_host(const json_t *doc, size_t number, struct emit_nix_host *h, struct error *err)
{
	const json_t	*host = json_array_get(json_at(doc, "hosts"), number);
	int		 failed = 0;

	if (host == NULL) {
		if (number == 0)
			error_set(err, CODE_USAGE, "there is no host");
		return (number == 0 ? -1 : 0);
	}
	h->alias = host_text(host, "alias", host_alias_ok, err, &failed);
	h->name = host_text(host, "name", host_name_ok, err, &failed);
	h->user = host_text(host, "user", host_user_ok, err, &failed);
	h->key = host_text(host, "key", emit_nix_path, err, &failed);
	h->systems = host_text(host, "systems", host_list_ok, err, &failed);
	h->features = host_text(host, "features", host_list_ok, err, &failed);
	h->host_key = host_text(host, "host_key", emit_nix_key, err, &failed);
	h->port = (int)json_number_at(host, "port", 0);
	h->jobs = (int)json_number_at(host, "jobs", 0);
	h->direct = json_truth_at(host, "direct") == 1;
	h->jump = json_truth_at(host, "jump") == 1;
	h->proxy = json_text_at(host, "proxy");
	if (h->proxy != NULL)
		h->proxy = host_text(host, "proxy", host_proxy_ok, err, &failed);
	if ((h->family = json_text_at(host, "family")) != NULL)
		h->family = host_text(host, "family", host_family_ok, err, &failed);
	if ((h->unbound = json_text_at(host, "unbound")) != NULL)
		h->unbound = host_text(host, "unbound", host_unbound_ok, err, &failed);
	h->there = json_text_at(host, "there");
	h->ca = json_truth_at(host, "ca") == 1;
	if (failed)
		return (-1);
	if (h->port < 1 || h->port > 65535 || h->jobs < 1 || h->jobs > JOBS_MAX ||
	    (h->there != NULL && !emit_nix_word(h->there, "/._:~-"))) {
		error_set(err, CODE_USAGE, "%.60s: no port, or no number of jobs", h->alias);
		return (-1);
	}
	if (h->ca)
		strlcpy(h->pinned, "-", sizeof(h->pinned));
	else
		base64(h->pinned, sizeof(h->pinned), h->host_key, strlen(h->host_key));
	return (1);
}

const char *
emit_nix_known_as(const struct emit_nix_host *h, char name[EMIT_NIX_KNOWN_MAX])
{
	if (!h->ca)
		return (h->alias);
	if (h->port == 22)
		return (h->name);
	snprintf(name, EMIT_NIX_KNOWN_MAX, "[%s]:%d", h->name, h->port);
	return (name);
}
