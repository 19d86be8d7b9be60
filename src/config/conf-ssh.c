/* SPDX-License-Identifier: ISC */
/* What ssh says of a host, for the companion. */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/xalloc.h"
#include "config/conf.h"
#include "sshconf/ssh-ask.h"
#include "sshconf/ssh-program.h"

#define ASK_MS	2000	/* for ssh -G, which may run a Match exec */

struct ssh_ask *
conf_ssh_ask(const char *typed, struct error *err)
{
	char		 ssh[PATH_MAX];
	const char	*argv[] = { ssh, "-G", "-T", "--", typed, NULL };
	const char	*any[] = { ssh, "-G", "-T", SSH_ASK_ANY, NULL };
	struct ssh_ask	*ask;

	if (ssh_program_find(NULL, ssh) == -1) {
		error_set(err, CODE_NO_SSH, "no ssh was found");
		return (NULL);
	}
	ask = xmalloc(sizeof(*ask));
	ssh_ask(typed != NULL ? argv : any, ASK_MS, ask);
	if (ask->status == 0)
		return (ask);
	ssh_ask_refusal(ask);
	error_set(err, CODE_CONFIG_BROKEN, "ssh -G %.60s gives no answer%s%.160s",
	    typed != NULL ? typed : "for any host",
	    ask->err[0] != '\0' ? ": " : "", ask->err);
	free(ask);
	return (NULL);
}

const char *
conf_ssh_value(const char *answer, const char *keyword, char *buf, size_t size)
{
	const char	*value;
	size_t		 len;

	buf[0] = '\0';
	if ((value = ssh_answer(answer, keyword, 0, &len)) != NULL && len < size)
		snprintf(buf, size, "%.*s", (int)len, value);
	return (buf);
}

void
conf_ssh_known(const char *answer, char files[CONF_KNOWN_FILES])
{
	static const char	keywords[][24] = { "userknownhostsfile", "globalknownhostsfile" };
	const char		*value;
	size_t			 len, used = 0, i;

	files[0] = '\0';
	for (i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if ((value = ssh_answer(answer, keywords[i], 0, &len)) == NULL)
			continue;
		/* What is too long is no path, and nobody shall take it for an empty list. */
		if (len >= CONF_KNOWN_FILES / 2 - 1) {
			value = "?";
			len = 1;
		}
		used += (size_t)snprintf(files + used, CONF_KNOWN_FILES - used, "%s%.*s",
		    used > 0 ? " " : "", (int)len, value);
	}
}

void
conf_ssh_unread(const char *files, struct error *err)
{
	char	path[PATH_MAX];
	size_t	len;

	error_set(err, CODE_CONFIG_READ, "a file of %.120s could not be searched", files);
	for (; *files != '\0'; files += len, files += *files == ' ') {
		len = strcspn(files, " ");
		snprintf(path, sizeof(path), "%.*s", (int)len, files);
		if (access(path, F_OK) == 0 && access(path, R_OK) == -1) {
			error_set(err, CODE_CONFIG_READ, "%.150s cannot be read", path);
			return;
		}
	}
}
