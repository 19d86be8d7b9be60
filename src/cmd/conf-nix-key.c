#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "cmd/conf-nix.h"
#include "emit/emit-ssh.h"
#include "facts/env-ssh.h"
#include "facts/ssh-ask.h"
#include "os/os.h"

#define KEY_FILE_BYTES	16384
#define KEY_ASK_MS	25000
/* One key is pinned, so of several the host shall show the one that lasts; without those of an authority. */
#define KEY_ALGORITHMS	"HostKeyAlgorithms=ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521," \
			"rsa-sha2-512,rsa-sha2-256"

/* "TYPE KEY", which are the words of this number and the next of the first line that has them. */
static int
key_find(char *text, int number, char key[EMIT_NIX_KEY_MAX])
{
	char	*line, *word, *type;
	int	 i;

	while ((line = strsep(&text, "\n")) != NULL) {
		for (i = 0, type = NULL; (word = strsep(&line, " \t\r")) != NULL && type == NULL; i++)
			if (i == number)
				type = word;
		if (type == NULL || word == NULL || snprintf(key, EMIT_NIX_KEY_MAX, "%s %s", type, word) >= EMIT_NIX_KEY_MAX)
			continue;
		if (emit_nix_key(key))
			return (0);
	}
	return (-1);
}

int
conf_nix_key_file(const char *path, char key[EMIT_NIX_KEY_MAX], struct error *err)
{
	char	text[KEY_FILE_BYTES];
	ssize_t	len;

	if ((len = file_read(path, text, sizeof(text))) == -1)
		error_set(err, MSG_NO_HOST_KEY, "%.80s: %s", path, strerror(errno));
	else {
		text[len] = '\0';
		if (key_find(text, 0, key) == 0)
			return (0);
		error_set(err, MSG_NO_HOST_KEY, "%.80s: this is no public key of a host", path);
	}
	return (-1);
}

/* What was said about it: our own line, if there is one, or else ssh's last. */
static void
key_refused(const struct emit_nix_host *h, struct ssh_ask *ask, struct error *err)
{
	const char	*said = "nothing was said";
	char		*rest = ask->err, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] != '\0' && line[0] != '\r')
			said = line;
		if (strncmp(line, "meshssh: ", 9) == 0) {
			said = line + 9;
			break;
		}
	}
	error_set(err, MSG_NO_HOST_KEY, "%.40s shows no host key: %.100s", h->alias, said);
}

/* ssh writes what it was shown into a list of its own, as it would into known_hosts, before any login. */
static int
key_shown(const char *folder, const struct emit_nix_host *h, const char *proxy, char key[EMIT_NIX_KEY_MAX],
    struct error *err)
{
	static struct ssh_ask	 ask;
	char			 self[PATH_MAX], ssh[PATH_MAX], known[PATH_MAX], word[PATH_MAX], list[PATH_MAX + 32], port[12];
	char			 text[KEY_FILE_BYTES];
	const char		*argv[] = { ssh, "-F", "none", "-T", "-p", port, "-l", h->user, "-o", proxy, "-o", list, "-o",
				    KEY_ALGORITHMS, "-o", "GlobalKnownHostsFile=/dev/null", "-o",
				    "StrictHostKeyChecking=accept-new", "-o", "HashKnownHosts=no", "-o", "UpdateHostKeys=no", "-o", "BatchMode=yes", "-o",
				    "PreferredAuthentications=none", "-o", "ControlPath=none", "-o", "ConnectTimeout=15", "-o",
				    "LogLevel=ERROR", "--", h->name, "true", NULL };
	ssize_t			 len;

	snprintf(port, sizeof(port), "%d", h->port);
	if (os_exe_path(self, sizeof(self)) == -1 || env_ssh_find(self, ssh) == -1) {
		error_set(err, MSG_NO_SSH, "no ssh was found");
		return (-1);
	}
	if (snprintf(known, sizeof(known), "%s/known_hosts", folder) >= (int)sizeof(known) ||
	    emit_ssh_word(known, word, sizeof(word)) == NULL) {
		error_set(err, MSG_ODD_PATH, "%.100s: cannot be named to ssh", folder);
		return (-1);
	}
	snprintf(list, sizeof(list), "UserKnownHostsFile %s", word);
	ssh_ask(argv, KEY_ASK_MS, &ask);
	len = file_read(known, text, sizeof(text));
	unlink(known);
	if (len != -1) {
		text[len] = '\0';
		/* Behind the host's name. */
		if (key_find(text, 1, key) == 0)
			return (0);
	}
	key_refused(h, &ask, err);
	return (-1);
}

int
conf_nix_key_ask(const json_t *doc, const struct emit_nix_host *h, char key[EMIT_NIX_KEY_MAX], struct error *err)
{
	const char	*tmp = getenv("TMPDIR");
	char		 folder[PATH_MAX], *proxy = NULL;
	size_t		 len;
	FILE		*fp;
	int		 result;

	/* Versions of ssh disagree on how to write a percent sign in UserKnownHostsFile. */
	snprintf(folder, sizeof(folder), "%s/meshssh.XXXXXX",
	    tmp != NULL && emit_nix_path(tmp) ? tmp : "/tmp");
	if ((fp = open_memstream(&proxy, &len)) == NULL) {
		error_set(err, MSG_NO_MEMORY, "no memory");
		return (-1);
	}
	result = emit_ssh_proxy(fp, doc, NULL, "", err);
	if (fclose(fp) == 0 && result == 0) {
		proxy[strcspn(proxy, "\n")] = '\0';
		if (mkdtemp(folder) == NULL) {
			error_errno(err, errno, folder);
			result = -1;
		} else {
			result = key_shown(folder, h, proxy + strspn(proxy, " "), key, err);
			rmdir(folder);
		}
	}
	free(proxy);
	return (result);
}
