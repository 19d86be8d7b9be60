#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/json.h"
#include "cmd/conf.h"
#include "emit/emit.h"
#include "os/os.h"
#include "probe/examine.h"

#define CONF_TIMEOUT_MS	5000

/* Where a profile keeps it, which survives an upgrade, unlike the store's path that the program finds itself at. */
static const char *const	profiles[] = { "/run/current-system/sw/bin/meshssh", "/nix/var/nix/profiles/default/bin/meshssh" };

/* The path of meshssh as ssh shall run it: as it was said, or beside this program. 0, or -1 with the error set. */
static int
conf_program(const struct conf *conf, json_t *wanted, struct error *err)
{
	char	 path[PATH_MAX], *slash;
	size_t	 i;

	if (conf_given(conf, "program"))
		return (0);
	if (os_exe_path(path, sizeof(path)) == 0 && (slash = strrchr(path, '/')) != NULL &&
	    strlcpy(slash, "/meshssh", sizeof(path) - (size_t)(slash - path)) < sizeof(path) - (size_t)(slash - path)) {
		for (i = 0; strncmp(path, "/nix/store/", 11) == 0 && i < sizeof(profiles) / sizeof(profiles[0]); i++)
			if (access(profiles[i], X_OK) == 0)
				strlcpy(path, profiles[i], sizeof(path));
		if (access(path, X_OK) == 0 && json_put(wanted, "program", json_string(path)) == 0)
			return (0);
	}
	error_set(err, MSG_USAGE, "there is no meshssh beside this program: name it with --program=PATH");
	return (-1);
}

static void
conf_progress(const char *host, const char *doing)
{
	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[K%s%s%s", host, host[0] != '\0' ? ": " : "", doing);
	fflush(stderr);
}

static void
conf_announce(const char *host)
{
	(void)host;
}

json_t *
conf_document(const struct conf *conf, const char *host, struct error *err)
{
	struct examine	 exam = { .look = { .root = "", .host = host, .tailscaled = conf->tailscaled },
			    .timeout_ms = CONF_TIMEOUT_MS, .dead_after_s = CONF_TIMEOUT_MS / 1000,
			    .no_probe = conf_given(conf, "no-probe"), .announce = conf_announce,
			    .progress = conf_progress };
	json_t		*doc, *wanted;

	if (host != NULL && !addr_host_ok(host)) {
		error_set(err, MSG_BAD_HOST, "\"%.60s\" is no host name or address", host);
		return (NULL);
	}
	if ((doc = examine(&exam)) == NULL || (wanted = json_copy(conf->wanted)) == NULL ||
	    json_put(doc, "wanted", wanted) == -1)
		error_set(err, MSG_NO_MEMORY, "no memory");
	else if (conf_program(conf, wanted, err) == 0)
		return (doc);
	json_decref(doc);
	return (NULL);
}

/* One emitter, over each host; all of the text or none of it is printed. */
int
conf_emit_hosts(struct conf *conf, char **words, struct error *err)
{
	const struct emitter	*emitter = emit_find("stanza");
	char			*text = NULL, *all = NULL;
	size_t			 len;
	FILE			*fp = open_memstream(&all, &len);
	json_t			*doc = NULL;
	int			 first = 1, result = -1;

	if (fp == NULL) {
		error_set(err, MSG_NO_MEMORY, "no memory");
		return (-1);
	}
	if (words[0] == NULL)
		error_set(err, MSG_USAGE, "there is no host");
	for (; *words != NULL; words++) {
		result = -1;
		if ((doc = conf_document(conf, *words, err)) == NULL || (text = emit_text(emitter, doc, err)) == NULL)
			break;
		if (first)
			emit_header(fp, doc, "#");
		fprintf(fp, "\n%s", text);
		first = 0;
		free(text);
		json_decref(doc);
		doc = NULL;
		result = 0;
	}
	json_decref(doc);
	if (fclose(fp) != 0 && result == 0) {
		error_set(err, MSG_NO_MEMORY, "no memory");
		result = -1;
	}
	if (result == 0)
		fputs(all, stdout);
	free(all);
	return (result);
}
