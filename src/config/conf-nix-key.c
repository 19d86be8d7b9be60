/* SPDX-License-Identifier: ISC */
/* The builder's host key. */

#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "config/conf-nix.h"
#include "emit/emit-ssh.h"
#include "facts/detect.h"
#include "facts/ssh-known.h"
#include "facts/ssh-trust.h"
#include "sshconf/ssh-ask.h"
#include "sshconf/ssh-program.h"

#define KEY_FILE_BYTES	16384
#define KEY_ASK_MS	25000
#define KEY_PRINT_MS	2000
#define KEY_OFFERS	160	/* all algorithms, in whichever order */

/*
 * One key is pinned, so of several the host shall show the one that is known, or else the one that
 * lasts; without those of an authority.
 */
static const struct offer {
	char	type[24];
	char	algorithms[28];
} offers[] = {
	{ "ssh-ed25519",		"ssh-ed25519" },
	{ "ecdsa-sha2-nistp256",	"ecdsa-sha2-nistp256" },
	{ "ecdsa-sha2-nistp384",	"ecdsa-sha2-nistp384" },
	{ "ecdsa-sha2-nistp521",	"ecdsa-sha2-nistp521" },
	{ "ssh-rsa",			"rsa-sha2-512,rsa-sha2-256" }
};

/* "TYPE KEY", which are the words of this number and the next of the first line that has them. */
static int
key_find(char *text, int number, char key[EMIT_NIX_KEY_MAX])
{
	char	*line, *word, *type;
	int	 i;

	while ((line = strsep(&text, "\n")) != NULL) {
		for (i = 0, type = NULL; (word = strsep(&line, " \t\r")) != NULL && type == NULL;
		    i++)
			if (i == number)
				type = word;
		if (type == NULL || word == NULL || snprintf(key, EMIT_NIX_KEY_MAX, "%s %s", type,
		    word) >= EMIT_NIX_KEY_MAX)
			continue;
		if (emit_nix_key(key))
			return (0);
	}
	return (-1);
}

/*
 * 0 if the key may be pinned, or -1 with the error set: known_hosts has a word on it, and so has
 * the user who named a file.
 */
static int
key_judge(const json_t *known, const char *alias, const char *key, const char *file,
    struct error *err)
{
	const json_t	*line;
	enum ssh_trust	 trust = ssh_trust(known, key, &line);
	const char	*where = json_text_at(line, "file");
	char		 shown[100];
	int		 number = (int)json_number_at(line, "line", 0);

	error_vis(shown, sizeof(shown), where != NULL ? where : "");
	if (trust == SSH_TRUST_REVOKED)
		error_set(err, CODE_HOST_KEY_DIFFERS, "%.60s line %d revokes the host key of %.40s",
		    shown, number, alias);
	else if (trust == SSH_TRUST_DIFFERS && file == NULL)
		error_set(err, CODE_HOST_KEY_DIFFERS,
		    "%.40s shows another host key than %.60s line %d has for it", alias, shown,
		    number);
	else if (trust == SSH_TRUST_AUTHORITY && file == NULL)
		error_set(err, CODE_HOST_KEY_DIFFERS,
		    "%.40s: %.60s line %d trusts an authority's signature, not a " "key by itself",
		    alias, shown, number);
	else {
		if (trust == SSH_TRUST_DIFFERS)
			fprintf(stderr,
			    "meshssh-config: warning: %s line %d has another host key for %s; yours from "
			    "--host-key is pinned\n", shown, number, alias);
		return (0);
	}
	return (-1);
}

int
conf_nix_key_file(const char *path, const char *alias, const json_t *known,
    char key[EMIT_NIX_KEY_MAX], struct error *err)
{
	char	text[KEY_FILE_BYTES];
	ssize_t	len;

	if ((len = file_read(path, text, sizeof(text))) == -1)
		error_set(err, CODE_NO_HOST_KEY, "%.80s: %s", path, strerror(errno));
	else {
		text[len] = '\0';
		if (key_find(text, 0, key) == 0)
			return (key_judge(known, alias, key, path, err));
		error_set(err, CODE_NO_HOST_KEY, "%.80s: this is not the public key of a host", path);
	}
	return (-1);
}

/* What the host is asked for, the types that are known first. */
static void
key_offers(const json_t *known, char option[KEY_OFFERS])
{
	size_t	i;
	int	pass;

	strlcpy(option, "HostKeyAlgorithms=", KEY_OFFERS);
	for (pass = 1; pass >= 0; pass--)
		for (i = 0; i < sizeof(offers) / sizeof(offers[0]); i++)
			if (ssh_trust_type(known, offers[i].type) == pass) {
				if (option[strlen(option) - 1] != '=')
					strlcat(option, ",", KEY_OFFERS);
				strlcat(option, offers[i].algorithms, KEY_OFFERS);
			}
}

/*
 * A key that nothing was known of until now: whose it is, and how it is told from others. 0, or -1
 * with the error set.
 */
static int
key_tell(const struct emit_nix_host *h, const json_t *known, const char *key, const char *file,
    struct error *err)
{
	const struct detect_input	 in = { .root = "", .until_ms = clock_ms() + KEY_PRINT_MS };
	const json_t			*line;
	char				 fingerprint[SSH_KNOWN_FINGERPRINT];

	if (ssh_trust(known, key, &line) != SSH_TRUST_NEW)
		return (0);
	if (ssh_known_fingerprint(&in, file, fingerprint) == -1) {
		error_set(err, CODE_NO_HOST_KEY,
		    "ssh-keygen does not tell the fingerprint of the key of %.40s", h->alias);
		return (-1);
	}
	fprintf(stderr,
	    "meshssh-config: the host key of %s is trusted for the first time, as %s port %d showed it: "
	    "%.*s %s\n", h->alias, h->name, h->port, (int)strcspn(key, " "), key, fingerprint);
	return (0);
}

/* What was said about it: our own line, if there is one, or else ssh's last. */
static void
key_refused(const struct emit_nix_host *h, struct ssh_ask *ask, struct error *err)
{
	const char	*said = "nothing was said";
	char		*rest = ask->err, *line;

	while ((line = strsep(&rest, "\r\n")) != NULL) {
		if (line[0] != '\0')
			said = line;
		if (strncmp(line, "meshssh: ", 9) == 0) {
			said = line + 9;
			break;
		}
	}
	error_set(err, CODE_NO_HOST_KEY, "%.40s shows no host key: %.100s", h->alias, said);
}

/*
 * ssh writes what it was shown into a list of its own, as it would into known_hosts, before any
 * login.
 */
static int
key_shown(const char *folder, const struct emit_nix_host *h, const char *proxy,
    const json_t *known_lines, char key[EMIT_NIX_KEY_MAX], struct error *err)
{
	static struct ssh_ask	 ask;
	char			 ssh[PATH_MAX], known[PATH_MAX], word[PATH_MAX],
				    list[PATH_MAX + 32], port[12];
	char			 offer[KEY_OFFERS], family[24];
	char			 text[KEY_FILE_BYTES];
	/* The ssh that goes to a jump host would get "-F none" as well. */
	const int		 jumps = strncmp(proxy, "ProxyJump ", 10) == 0;
	const char		*argv[] = { ssh, jumps ? "-o" : "-F",
				    jumps ? "ClearAllForwardings=yes" : "none", "-T", "-p", port, "-l", h->user,
				    "-o", proxy, "-o", list, "-o", offer, "-o",
				    "GlobalKnownHostsFile=/dev/null", "-o",
				    "StrictHostKeyChecking=accept-new", "-o", "HashKnownHosts=no",
				    "-o", "UpdateHostKeys=no", "-o", "BatchMode=yes", "-o",
				    "PreferredAuthentications=none", "-o", "ControlPath=none", "-o",
				    "ConnectTimeout=15", "-o", "LogLevel=ERROR", "-o", family,
				    "--", h->name, "true", NULL };
	ssize_t			 len;
	int			 result = -1;

	snprintf(port, sizeof(port), "%d", h->port);
	snprintf(family, sizeof(family), "AddressFamily=%s", h->family != NULL ? h->family : "any");
	if (ssh_program_find(NULL, ssh) == -1) {
		error_set(err, CODE_NO_SSH, "no ssh was found");
		return (-1);
	}
	if (snprintf(known, sizeof(known), "%s/known_hosts", folder) >= (int)sizeof(known) ||
	    emit_ssh_word(known, word, sizeof(word)) == NULL) {
		error_set(err, CODE_UNQUOTABLE_PATH, "%.100s: cannot be named to ssh", folder);
		return (-1);
	}
	snprintf(list, sizeof(list), "UserKnownHostsFile %s", word);
	key_offers(known_lines, offer);
	ssh_ask(argv, KEY_ASK_MS, &ask);
	if ((len = file_read(known, text, sizeof(text))) != -1)
		text[len] = '\0';
	/* Behind the host's name. */
	if (len == -1 || key_find(text, 1, key) == -1)
		key_refused(h, &ask, err);
	else if (key_judge(known_lines, h->alias, key, NULL, err) == 0)
		result = key_tell(h, known_lines, key, known, err);
	return (result);
}

int
conf_nix_key_ask(const json_t *doc, const struct emit_nix_host *h, const char *way,
    const json_t *known, char key[EMIT_NIX_KEY_MAX], struct error *err)
{
	const char	*tmp = getenv("TMPDIR");
	char		 folder[PATH_MAX], *proxy, family[24];
	size_t		 len;
	FILE		*fp = xmemstream(&proxy, &len);
	int		 result = 0;

	snprintf(family, sizeof(family), "%s%s", h->family != NULL ? " --family=" : "",
	    h->family != NULL ? h->family : "");
	if (way != NULL)
		fputs(way, fp);
	else
		result = emit_ssh_proxy(fp, doc, NULL, family, err);
	xmemstream_close(fp);
	if (result == 0) {
		proxy[strcspn(proxy, "\n")] = '\0';
		/* Versions of ssh disagree on how to write a percent sign in UserKnownHostsFile. */
		if (folder_make(tmp != NULL && emit_nix_path(tmp) ? tmp : "/tmp", folder) == -1) {
			error_errno(err, errno, folder);
			result = -1;
		} else {
			result = key_shown(folder, h, proxy + strspn(proxy, " "), known, key, err);
			folder_remove(folder);
		}
	}
	free(proxy);
	return (result);
}
