/* SPDX-License-Identifier: ISC */
/* The failure record that --why reads. */

#include <sys/types.h>

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "catalogue/catalogue.h"
#include "os/os.h"
#include "state/cache.h"
#include "state/record.h"

#define RECORD_VERSION	1

int
record_path(char path[PATH_MAX])
{
	return (xdg_path("XDG_CACHE_HOME", ".cache", "failure.json", path));
}

void
record_why_not(char why[XDG_WHY_MAX])
{
	xdg_why("XDG_CACHE_HOME", ".cache", why);
}

/* The JSON text, to be freed; NULL if something in it is no text of UTF-8. */
static char *
record_text(const struct target *target, const struct attempts *attempts, const struct error *err)
{
	json_t	*tried, *root;
	char	*text;
	int	 i;

	tried = json_array();
	for (i = 0; i < attempts->count; i++)
		json_array_append_new(tried, json_pack("{s:s, s:s, s:I}", "to",
		    attempts->list[i].to, "what", attempts->list[i].what, "took_ms",
		    (json_int_t)attempts->list[i].took_ms));
	root = json_pack("{s:i, s:I, s:s, s:i, s:s, s:s, s:o}", "version", RECORD_VERSION,
	    "time", (json_int_t)time(NULL), "host", target->host, "port", target->port,
	    "message", code_row(err->code)->name, "text", err->text, "tried", tried);
	if (root == NULL)
		return (NULL);		/* and tried is gone with it */
	text = json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	return (text);
}

int
record_write(const struct target *target, const struct attempts *attempts, const struct error *err)
{
	char	 path[PATH_MAX], *text;
	int	 result;

	if (record_path(path) == -1 || (text = record_text(target, attempts, err)) == NULL)
		return (-1);
	result = file_write(path, text);
	free(text);
	if (result == 0)
		cache_sweep(path);
	return (result);
}

const struct record_name	record_names[] = {
	{ "no-such-name",	CODE_NAME_UNKNOWN },
	{ "unreachable",	CODE_NO_ROUTE },
	{ "not-in-mesh",	CODE_PEER_UNKNOWN },
	{ "tailscaled",		CODE_MESH_UNEXPECTED },
	{ "hole-there",		CODE_PMTU_FORWARD },
	{ "hole-back",		CODE_PMTU_REVERSE },
	{ "marks-lost",		CODE_DSCP_REVERSE },
	{ "odd-path",		CODE_UNQUOTABLE_PATH },
	{ "",			CODE_NONE },
};

/* The code of a message in a record; CODE_NONE if it is no error's. */
static enum code
record_code(const char *name)
{
	const struct record_name	*old;
	enum code			 code = code_by_name(name);

	for (old = record_names; old->code != CODE_NONE; old++)
		if (strcmp(old->name, name) == 0)
			code = old->code;
	return ((code_row(code)->kind & KIND_ERROR) != 0 ? code : CODE_NONE);
}

static int
record_unpack(json_t *root, struct record *record)
{
	const char	*host, *message, *text, *to, *what;
	json_int_t	 when, took_ms;
	json_t		*tried, *attempt;
	size_t		 i;
	int		 version;
	char		 to_vis[sizeof(record->attempts.list[0].to)],
			    what_vis[sizeof(record->attempts.list[0].what)];

	if (json_unpack(root, "{s:i, s:I, s:s, s:i, s:s, s:s, s:o}", "version", &version, "time",
	    &when, "host", &host, "port", &record->port, "message", &message, "text", &text,
	    "tried", &tried) == -1 || version != RECORD_VERSION ||
	    record_code(message) == CODE_NONE || record->port < 1 || record->port > 65535 ||
	    !json_is_array(tried))
		return (-1);
	record->when = when;
	error_vis(record->host, sizeof(record->host), host);
	error_set(&record->err, record_code(message), "%s", text);
	json_array_foreach(tried, i, attempt) {
		if (json_unpack(attempt, "{s:s, s:s, s:I}", "to", &to, "what", &what, "took_ms",
		    &took_ms) == -1)
			return (-1);
		attempts_add(&record->attempts, error_vis(to_vis, sizeof(to_vis), to),
		    error_vis(what_vis, sizeof(what_vis), what), took_ms);
	}
	return (0);
}

int
record_parse(const char *buf, size_t len, struct record *record)
{
	json_t	*root;
	int	 result;

	memset(record, 0, sizeof(*record));
	if ((root = json_parse(buf, len, 0)) == NULL)
		return (-1);
	result = record_unpack(root, record);
	json_decref(root);
	errno = EINVAL;
	return (result);
}

int
record_read(const char *path, int confine, struct record *record, struct error *err)
{
	char	*buf = xmalloc(RECORD_BYTES_MAX);
	ssize_t	 len;
	int	 result, error;

	len = file_read(path, buf, RECORD_BYTES_MAX);
	error = errno;
	if (confine) {
		/* What keeps a document from choosing its hashes comes from a file. */
		json_object_seed(0);
		os_sandbox(NULL);
	}
	result = -1;
	if (len == -1 && (error == ENOENT || error == ENOTDIR))
		result = 0;
	else if (len == -1 && error != EINVAL)
		error_errno(err, error, path);
	else if (len != -1 && record_parse(buf, (size_t)len, record) == 0)
		result = 1;
	else
		error_set(err, CODE_BAD_RECORD, "%s: this is not a failure record", path);
	free(buf);
	return (result);
}
