/* SPDX-License-Identifier: ISC */
/* JSON of unknown origin: parsing, and access by path. */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

json_t *
json_parse(const char *buf, size_t len, size_t flags)
{
	json_t	*root = json_loadb(buf, len, JSON_REJECT_DUPLICATES | flags, NULL);

	if (root == NULL)
		errno = EINVAL;
	return (root);
}

json_t *
json_at(const json_t *root, const char *path)
{
	const json_t	*at = root;
	char		 name[64];
	size_t		 len;

	for (; at != NULL && *path != '\0'; path += path[len] == '.' ? len + 1 : len) {
		if ((len = strcspn(path, ".")) >= sizeof(name))
			return (NULL);
		memcpy(name, path, len);
		name[len] = '\0';
		if (json_is_array(at))
			at = json_array_get(at, (size_t)strtoul(name, NULL, 10));
		else
			at = json_object_get(at, name);
	}
	return ((json_t *)(uintptr_t)at);
}

const char *
json_text_at(const json_t *root, const char *path)
{
	return (json_string_value(json_at(root, path)));
}

json_int_t
json_number_at(const json_t *root, const char *path, json_int_t otherwise)
{
	const json_t	*at = json_at(root, path);

	return (json_is_integer(at) ? json_integer_value(at) : otherwise);
}

int
json_truth_at(const json_t *root, const char *path)
{
	const json_t	*at = json_at(root, path);

	return (json_is_boolean(at) ? json_is_true(at) : -1);
}

int
json_put(json_t *root, const char *path, json_t *value)
{
	json_t	*next;
	char	 name[64];
	size_t	 len;

	if (value == NULL)
		return (-1);
	for (; path[len = strcspn(path, ".")] != '\0'; path += len + 1) {
		snprintf(name, sizeof(name), "%.*s", (int)len, path);
		if (!json_is_object(next = json_object_get(root, name))) {
			next = json_object();
			json_object_set_new(root, name, next);
		}
		root = next;
	}
	return (json_object_set_new(root, path, value));
}

int
json_within(const json_t *value, size_t members, size_t bytes)
{
	const json_t	*one;
	const char	*key;
	size_t		 i;

	if (json_string_length(value) > bytes || json_array_size(value) > members ||
	    json_object_size(value) > members)
		return (0);
	json_array_foreach(value, i, one)
		if (!json_within(one, members, bytes))
			return (0);
	json_object_foreach((json_t *)(uintptr_t)value, key, one)
		if (strlen(key) > bytes || !json_within(one, members, bytes))
			return (0);
	return (1);
}

void
json_print(FILE *fp, const json_t *doc, size_t flags)
{
	char	*text = json_dumps(doc, flags | JSON_ENSURE_ASCII), *at;

	/* The one control character that JSON lets stand. */
	for (at = text; *at != '\0'; at++)
		if (*at == '\x7f')
			fputs("\\u007f", fp);
		else
			putc(*at, fp);
	putc('\n', fp);
	free(text);
}
