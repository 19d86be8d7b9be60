/* SPDX-License-Identifier: ISC */
/* meshssh-config wsl, windows and nfs. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "config/conf.h"
#include "emit/emit.h"

#define KEYS_BYTES	(64 << 10)

/*
 * What the emitter of the command's name makes of the machine, and of the host if there is one, to
 * standard output.
 */
static int
hosts_print(const struct conf *conf, const char *host, struct error *err)
{
	json_t	*doc = conf_document(conf, host, err);
	char	*text = doc != NULL ? emit_text(emit_find(conf->command->name), doc, err) : NULL;

	if (text != NULL)
		fputs(text, stdout);
	free(text);
	json_decref(doc);
	return (text != NULL ? 0 : -1);
}

int
conf_wsl(struct conf *conf, char **words, struct error *err)
{
	return (conf_no_words(conf, words, err) == -1 ? -1 : hosts_print(conf, NULL, err));
}

/* A line of the file, without comments and blank lines: 0, or -1 with the error set. */
static int
key_append(json_t *keys, char *line, const char *path, struct error *err)
{
	line += strspn(line, " \t");
	line[strcspn(line, "\r")] = '\0';
	if (line[0] == '\0' || line[0] == '#')
		return (0);
	if (strstr(line, "PRIVATE KEY") != NULL)
		error_set(err, CODE_BAD_KEY, "%.100s: that is the private key", path);
	else if (json_array_append_new(keys, json_string(line)) == 0)
		return (0);
	else
		error_set(err, CODE_BAD_KEY, "%.100s: a line is not valid UTF-8", path);
	return (-1);
}

/* The lines of the file, as wanted.keys: 0, or -1 with the error set. */
static int
keys_read(const struct conf *conf, const char *path, struct error *err)
{
	json_t	*keys = json_array();
	char	*buf = xmalloc(KEYS_BYTES + 1), *at = buf, *line;
	ssize_t	 len;
	int	 result = -1;

	json_put(conf->wanted, "keys", keys);
	if ((len = file_read(path, buf, KEYS_BYTES)) == -1)
		error_set(err, CODE_BAD_KEY, "%.100s: %s", path, strerror(errno));
	else if (memchr(buf, '\0', (size_t)len) != NULL)
		error_set(err, CODE_BAD_KEY, "%.100s: that is not text", path);
	else {
		buf[len] = '\0';
		result = 0;
		while (result == 0 && (line = strsep(&at, "\n")) != NULL)
			result = key_append(keys, line, path, err);
		if (result == 0 && json_array_size(keys) == 0) {
			error_set(err, CODE_BAD_KEY, "%.100s: there is no key in it", path);
			result = -1;
		}
	}
	free(buf);
	return (result);
}

int
conf_windows(struct conf *conf, char **words, struct error *err)
{
	const char	*path = conf_text(conf, "key");

	if (conf_no_words(conf, words, err) == -1 || (path != NULL &&
	    keys_read(conf, path, err) == -1))
		return (-1);
	return (hosts_print(conf, NULL, err));
}

/* HOST of "HOST:/PATH" or "[IPv6]:/PATH", and the path behind it; NULL with the error set. */
static const char *
nfs_split(const char *word, char host[ADDR_HOST_MAX + 1], struct error *err)
{
	const char	*colon = strstr(word, ":/");
	size_t		 len = colon != NULL ? (size_t)(colon - word) : 0;
	int		 brackets = len > 2 && word[0] == '[' && word[len - 1] == ']';

	if (colon == NULL) {
		error_set(err, CODE_BAD_PATH, "\"%.60s\" is not HOST:/PATH", word);
		return (NULL);
	}
	word += brackets;
	len -= brackets ? 2 : 0;
	if (len > ADDR_HOST_MAX) {
		error_set(err, CODE_BAD_HOST, "\"%.60s...\" is not a host name or address", word);
		return (NULL);
	}
	memcpy(host, word, len);
	host[len] = '\0';
	return (colon + 1);
}

int
conf_nfs(struct conf *conf, char **words, struct error *err)
{
	const char	*export;
	char		 host[ADDR_HOST_MAX + 1];

	if (words[0] == NULL || words[1] == NULL) {
		error_set(err, CODE_USAGE, "nfs wants HOST:/PATH and the folder here");
		return (-1);
	}
	if (conf_no_words(conf, words + 2, err) == -1 ||
	    (export = nfs_split(words[0], host, err)) == NULL)
		return (-1);
	if (json_put(conf->wanted, "nfs.export", json_string(export)) == -1 ||
	    json_put(conf->wanted, "nfs.dir", json_string(words[1])) == -1) {
		error_set(err, CODE_BAD_PATH, "a path is not valid UTF-8");
		return (-1);
	}
	/* Which way leads there is seen without a connection, and sshd would count it. */
	json_put(conf->wanted, "no-probe", json_true());
	return (hosts_print(conf, host, err));
}
