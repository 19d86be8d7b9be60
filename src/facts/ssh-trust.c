/* SPDX-License-Identifier: ISC */
/* Whether a host's key is one that is known. */

#include <string.h>

#include "base/json.h"
#include "facts/ssh-known.h"
#include "facts/ssh-trust.h"

/* The lines of one question. */
struct trust {
	json_t	*lines;
	int	 other;
	int	 failed;
};

static void
trust_line_cb(void *arg, const struct ssh_known_line *line)
{
	struct trust	*t = arg;

	/* The name of the file may not be text. */
	if (json_array_append_new(t->lines, json_pack("{s:s, s:i, s:i, s:b, s:s}", "file",
	    line->file, "line", line->line, "mark", (int)line->mark, "other", t->other, "key",
	    line->key)) == -1)
		t->failed = 1;
}

int
ssh_trust_add(json_t *lines, const struct ssh_known *known, const char *name, int other)
{
	struct trust	t = { .lines = lines, .other = other };

	return (ssh_known_lines(known, name, trust_line_cb, &t) == -1 || t.failed ? -1 : 0);
}

/* What one line says of the key; of two, the greater says more. */
static enum ssh_trust
trust_line(const json_t *line, const char *key)
{
	json_int_t	mark = json_number_at(line, "mark", SSH_KNOWN_KEY);
	const char	*known = json_text_at(line, "key");
	int		same = known != NULL && strcmp(known, key) == 0,
			    other = json_truth_at(line, "other") == 1;

	if (mark == SSH_KNOWN_REVOKED)
		return (same ? SSH_TRUST_REVOKED : SSH_TRUST_NEW);
	/* Of another port, a key that is not the right one is that of another server. */
	if (other)
		return (mark == SSH_KNOWN_KEY && same ? SSH_TRUST_ELSEWHERE : SSH_TRUST_NEW);
	if (mark == SSH_KNOWN_AUTHORITY)
		return (SSH_TRUST_AUTHORITY);
	return (same ? SSH_TRUST_KNOWN : SSH_TRUST_DIFFERS);
}

enum ssh_trust
ssh_trust(const json_t *lines, const char *key, const json_t **where)
{
	enum ssh_trust	 result = SSH_TRUST_NEW, one;
	const json_t		*line;
	size_t			 i;

	*where = NULL;
	json_array_foreach(lines, i, line)
		if ((one = trust_line(line, key)) > result) {
			result = one;
			*where = line;
		}
	return (result);
}

int
ssh_trust_type(const json_t *lines, const char *type)
{
	const json_t	*line;
	const char	*key;
	size_t		 i, len = strlen(type);

	json_array_foreach(lines, i, line)
		if (json_number_at(line, "mark", -1) == SSH_KNOWN_KEY &&
		    (key = json_text_at(line, "key")) != NULL && strncmp(key, type, len) == 0 &&
		    key[len] == ' ')
			return (1);
	return (0);
}
