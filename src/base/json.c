/* SPDX-License-Identifier: ISC */
/* JSON of unknown origin: parsing, and access by path. */

#include <errno.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* Without memory jansson takes a text for faulty, or leaves out a byte of it, or a whole value, and does not say so. */
static int	starved;

/*
 * Its parser goes on after a byte that found no room, and looks for the end of a string beyond it: it is left at once. What
 * it has by then is lost.
 */
static jmp_buf	escape;
static int	parsing;

static void *
json_malloc(size_t size)
{
	void	*p = malloc(size);

	starved |= p == NULL;
	if (p == NULL && parsing)
		longjmp(escape, 1);
	return (p);
}

void
json_watch(void)
{
	starved = 0;
	json_set_alloc_funcs(json_malloc, free);
}

json_t *
json_parse(const char *buf, size_t len, size_t flags)
{
	const int	 before = starved;
	json_t		*root;

	json_watch();
	parsing = 1;
	root = setjmp(escape) == 0 ? json_loadb(buf, len, JSON_REJECT_DUPLICATES | flags, NULL) : NULL;
	parsing = 0;
	errno = starved ? ENOMEM : EINVAL;
	starved |= before;
	return (root);
}

int
json_starved(void)
{
	return (starved);
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

	while (value != NULL && (len = strcspn(path, ".")) < sizeof(name)) {
		memcpy(name, path, len);
		name[len] = '\0';
		if (path[len] == '\0')
			return (json_object_set_new(root, name, value));
		if (!json_is_object(next = json_object_get(root, name)) &&
		    (next = json_object()) != NULL && json_object_set_new(root, name, next) == -1)
			next = NULL;
		if (next == NULL)
			break;
		root = next;
		path += len + 1;
	}
	json_decref(value);
	return (-1);
}

int
json_within(const json_t *value, size_t members, size_t bytes)
{
	const json_t	*one;
	const char	*key;
	size_t		 i;

	if (json_string_length(value) > bytes || json_array_size(value) > members || json_object_size(value) > members)
		return (0);
	json_array_foreach(value, i, one)
		if (!json_within(one, members, bytes))
			return (0);
	json_object_foreach((json_t *)(uintptr_t)value, key, one)
		if (strlen(key) > bytes || !json_within(one, members, bytes))
			return (0);
	return (1);
}

int
json_print(FILE *fp, const json_t *doc, size_t flags)
{
	const int	 before = starved;
	char		*text, *at;

	json_watch();
	text = json_dumps(doc, flags | JSON_ENSURE_ASCII);
	if (text == NULL || starved) {
		free(text);
		return (-1);
	}
	starved = before;
	/* The one control character that JSON lets stand. */
	for (at = text; *at != '\0'; at++)
		if (*at == '\x7f')
			fputs("\\u007f", fp);
		else
			putc(*at, fp);
	putc('\n', fp);
	free(text);
	return (0);
}
