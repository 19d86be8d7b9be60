/* SPDX-License-Identifier: ISC */
/* Facts: the builder that is meant, and root's ssh configuration for it. */

#include <sys/types.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/xalloc.h"
#include "facts/nix-builder.h"
#include "facts/ssh-known.h"
#include "sshconf/redact.h"
#include "sshconf/ssh-config.h"
#include "sshconf/ssh-key.h"
#include "sshconf/ssh-proxy.h"
#include "wire/sshkey.h"

#define VALUE_MAX	512
/* What ssh asks by itself. */
#define USER_FILES	"~/.ssh/known_hosts ~/.ssh/known_hosts2"
#define GLOBAL_FILES	"/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"

enum { HOSTNAME, PORT, ALIAS, CONTROL, PROXY, JUMP, ALIVE, TIMEOUT, STRICT, KNOWN, GLOBAL, COMMAND,
    KEYWORDS };

static const char	keywords[KEYWORDS][24] = {
	"hostname", "port", "hostkeyalias", "controlmaster", "proxycommand", "proxyjump",
	"serveraliveinterval",
	"connecttimeout", "stricthostkeychecking", "userknownhostsfile", "globalknownhostsfile",
	"knownhostscommand"
};

/* What the files say for the host. */
struct stanza {
	struct {
		char			value[VALUE_MAX];
		char			file[PATH_MAX];
		int			line;
		enum ssh_config_match	known;
	}	of[KEYWORDS];
	int	named;		/* a block that counts names it */
	int	named_own;	/* and it is in the user's files */
	int	blind;		/* something could not be read or judged */
};

static void
stanza_line_cb(void *arg, const struct ssh_config_line *line)
{
	struct stanza	*s = arg;
	int		 i;

	if (line->match == SSH_CONFIG_UNSURE)
		s->blind = 1;
	if (line->match == SSH_CONFIG_YES && line->named) {
		s->named = 1;
		s->named_own |= strncmp(line->file, "/etc/", 5) != 0;
	}
	for (i = 0; i < KEYWORDS; i++)
		if (strcmp(line->keyword, keywords[i]) == 0 && line->match != SSH_CONFIG_NO &&
		    s->of[i].known == SSH_CONFIG_NO) {
			strlcpy(s->of[i].value, line->value, sizeof(s->of[i].value));
			strlcpy(s->of[i].file, line->file, sizeof(s->of[i].file));
			s->of[i].line = line->line;
			s->of[i].known = line->match;
		}
}

static void
stanza_file_cb(void *arg, const struct ssh_config_file *file)
{
	struct stanza	*s = arg;

	s->blind |= !file->readable;
}

static void
stanza_read(struct stanza *s, const struct ssh_config *config)
{
	const struct ssh_config_reader	reader = { .line = stanza_line_cb, .file = stanza_file_cb,
					    .arg = s };

	memset(s, 0, sizeof(*s));
	ssh_config_read(config, &reader);
}

/* 1 with the value if it is set, 0 if it is not, -1 if that is not known. */
static int
stanza_value(const struct stanza *s, int keyword, const char **value)
{
	*value = s->of[keyword].value;
	if (s->of[keyword].known == SSH_CONFIG_NO)
		return (s->blind ? -1 : 0);
	return (s->of[keyword].known == SSH_CONFIG_YES ? 1 : -1);
}

/* The private key that the machine's line names; ssh's own choice is not judged. */
static void
builder_key(json_t *b, const struct nix_machine *m, const struct detect_input *in,
    const struct nix_homes *homes)
{
	struct ssh_key	key;

	if (m->key[0] != '/')
		return;
	json_object_set_new(b, "key_file", redact(REDACT_PATH, m->key, homes->user_home, in->full));
	ssh_key_look(in->root, m->key, homes->root_uid, &key);
	if (key.there == -1)
		return;
	json_object_set_new(b, "key_there", json_boolean(key.there));
	json_object_set_new(b, "key_readable_by_root", json_boolean(key.there &&
	    key.readable != 0));
	if (key.mode_ok != -1)
		json_object_set_new(b, "key_mode_ok", json_boolean(key.mode_ok));
	if (key.encrypted != -1)
		json_object_set_new(b, "key_encrypted", json_boolean(key.encrypted));
}

static void
builder_proxy(json_t *b, const struct stanza *s, const struct detect_input *in,
    const struct nix_homes *homes)
{
	struct ssh_proxy	 p;
	const char		*command, *jump;

	if (stanza_value(s, JUMP, &jump) != 0 || stanza_value(s, PROXY, &command) != 1 ||
	    strcasecmp(command, "none") == 0 ||
	    ssh_proxy_look(command, in->root, homes->root_home, &p) == -1)
		return;
	json_object_set_new(b, "proxy_program", redact(REDACT_COMMAND, p.program, homes->user_home,
	    in->full));
	json_object_set_new(b, "proxy_relative", json_boolean(!p.absolute));
	if (p.everywhere != -1)
		json_object_set_new(b, "proxy_everywhere", json_boolean(p.everywhere));
	if (p.absolute && p.there != -1)
		json_object_set_new(b, "proxy_there", json_boolean(p.there));
}

/* What counts for root, told as ssh's keywords. */
static void
builder_options(json_t *b, const struct stanza *s, const struct detect_input *in,
    const struct nix_homes *homes)
{
	const char	*value;
	char		 where[PATH_MAX + 16];
	int		 i;

	for (i = 0; i < KEYWORDS; i++)
		if (i != PROXY && i != JUMP && stanza_value(s, i, &value) == 1)
			json_object_set_new(b, keywords[i],
			    redact((enum redact)redact_keyword(keywords[i]), value,
			    homes->user_home, in->full));
	if (stanza_value(s, PORT, &value) != -1)
		json_object_set_new(b, "port_in_stanza",
		    json_boolean(s->of[PORT].known == SSH_CONFIG_YES));
	/* Silence of these two says something only where all was read. */
	json_object_set_new(b, "options_known", json_boolean(!s->blind));
	if (s->of[CONTROL].known == SSH_CONFIG_YES) {
		snprintf(where, sizeof(where), "%s:%d", s->of[CONTROL].file, s->of[CONTROL].line);
		json_object_set_new(b, "controlmaster_where",
		    redact(REDACT_PATH, where, homes->user_home, in->full));
	}
}

/* The keys that files have for the host. */
struct builder_keys {
	json_t	*list;
	int	 authority;	/* one that signs keys is among them */
};

static void
builder_key_cb(void *arg, const struct ssh_known_line *line)
{
	struct builder_keys	*keys = arg;
	char			 tail[SSHKEX_KEY_TEXT];

	keys->authority |= line->mark == SSH_KNOWN_AUTHORITY;
	if (line->mark == SSH_KNOWN_KEY && ssh_known_tail(line->key, tail) == 0)
		json_array_append_new(keys->list, json_string(tail));
}

static int
builder_keys_any(const struct builder_keys *keys)
{
	return (keys->authority || json_array_size(keys->list) > 0);
}

/* The key in its line, which Nix hands to ssh under the name in the URI, without a port. */
static void
builder_pin(struct builder_keys *keys, const struct nix_machine *m)
{
	char	line[2048], tail[SSHKEX_KEY_TEXT];
	int	words;

	if (base64_decode(line, sizeof(line), m->pinned, strlen(m->pinned)) == -1)
		return;
	words = sshkey_text(line);
	line[words] = '\0';
	if (words > 0 && ssh_known_tail(line, tail) == 0)
		json_array_append_new(keys->list, json_string(tail));
}

/* Which keys Nix's ssh would take of a host of this name: 0, or -1 if that is not known. */
static int
builder_gather(struct builder_keys *keys, const struct ssh_known *known, const char *name, int port)
{
	char	with[400];

	snprintf(with, sizeof(with), port != 22 ? "[%.255s]:%d" : "%.255s", name, port);
	if (ssh_known_lines(known, with, builder_key_cb, keys) == -1)
		return (-1);
	return (port != 22 && !builder_keys_any(keys) ?
	    ssh_known_lines(known, name, builder_key_cb, keys) : 0);
}

/* The files that count: a key in its line takes the place of what is in the user's. */
static void
builder_files(const struct nix_machine *m, const struct stanza *s, char files[2 * VALUE_MAX + 2])
{
	const char	*user, *global;

	if (m->host_key == 1)
		user = "none";
	else if (stanza_value(s, KNOWN, &user) != 1)
		user = USER_FILES;
	if (stanza_value(s, GLOBAL, &global) != 1)
		global = GLOBAL_FILES;
	snprintf(files, 2 * VALUE_MAX + 2, "%s %s", user, global);
}

/* What Nix's ssh knows of the host's key. */
static void
builder_known(json_t *b, const struct nix_machine *m, const struct stanza *s,
    const struct detect_input *in, const struct nix_homes *homes)
{
	char			 files[2 * VALUE_MAX + 2];
	const struct ssh_known	 known = { .in = in, .home = homes->root_home, .files = files };
	struct builder_keys	 keys = { .list = NULL };
	const char		*value, *text;
	int			 alias, port;

	if ((alias = stanza_value(s, ALIAS, &value)) == -1 ||
	    (alias == 0 && stanza_value(s, HOSTNAME, &value) == -1) ||
	    stanza_value(s, PORT, &text) == -1)
		return;
	/* Other places where it may be known. */
	if (s->of[GLOBAL].known == SSH_CONFIG_UNSURE || s->of[COMMAND].known != SSH_CONFIG_NO)
		return;
	if (value[0] == '\0' || strcmp(value, "%h") == 0)
		value = m->host;
	if (value[0] == '-' || strchr(value, '%') != NULL)
		return;
	port = alias ? 22 : m->port != 0 ? m->port : text[0] != '\0' ? atoi(text) : 22;
	builder_files(m, s, files);
	keys.list = json_array();
	if (builder_gather(&keys, &known, value, port) == 0) {
		if (m->host_key == 0)
			json_object_set_new(b, "host_known",
			    json_boolean(builder_keys_any(&keys)));
		else if (strcasecmp(value, m->host) == 0)
			builder_pin(&keys, m);
		if (!keys.authority && json_array_size(keys.list) > 0)
			json_object_set(b, "known_keys", keys.list);
	}
	json_decref(keys.list);
}

/* What the user's own file has for it, which root's ssh never reads. */
static void
builder_user(json_t *b, const struct nix_machine *m, const struct detect_input *in,
    const struct nix_homes *homes)
{
	const struct ssh_config	 config = { .root = in->root, .home = homes->user_home,
	    .user = homes->user, .uid = geteuid(), .host = m->host };
	struct stanza		*s;
	const char		*port;

	if (homes->user_home == NULL)
		return;
	s = xmalloc(sizeof(*s));
	stanza_read(s, &config);
	json_object_set_new(b, "in_user_config", json_boolean(s->named_own));
	if (s->named_own && stanza_value(s, PORT, &port) == 1)
		json_object_set_new(b, "user_port", json_integer(atoi(port)));
	free(s);
}

static void
builder_root(json_t *b, const struct nix_machine *m, const struct detect_input *in,
    const struct nix_homes *homes)
{
	const struct ssh_config	 config = { .root = in->root, .home = homes->root_home,
	    .user = "root", .uid = homes->root_uid, .host = m->host };
	struct stanza		*s = xmalloc(sizeof(*s));

	stanza_read(s, &config);
	if (s->named || !s->blind)
		json_object_set_new(b, "in_root_config", json_boolean(s->named));
	builder_options(b, s, in, homes);
	builder_proxy(b, s, in, homes);
	if (m->host_key != -1)
		builder_known(b, m, s, in, homes);
	free(s);
}

json_t *
nix_builder(const struct nix_machine *m, const struct detect_input *in,
    const struct nix_homes *homes)
{
	json_t	*b = json_pack("{s:o, s:s, s:o, s:i, s:i}", "uri",
	    redact(REDACT_URI, m->uri, homes->user_home, in->full), "scheme", m->scheme, "file",
	    redact(REDACT_PATH, m->file, homes->user_home, in->full), "line", m->line, "fields",
	    m->fields);

	json_object_set_new(b, "host", redact(REDACT_HOSTS, m->host, NULL, in->full));
	json_object_set_new(b, "user_given", json_boolean(m->user[0] != '\0'));
	if (m->port != 0)
		json_object_set_new(b, "uri_port", json_integer(m->port));
	if (m->host_key != 0)
		json_object_set_new(b, "host_key_ok", json_boolean(m->host_key == 1));
	if (m->remark[0] != '\0')
		json_object_set_new(b, "remark", json_string(m->remark));
	builder_key(b, m, in, homes);
	builder_root(b, m, in, homes);
	builder_user(b, m, in, homes);
	return (b);
}
