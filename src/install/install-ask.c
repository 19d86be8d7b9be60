/* SPDX-License-Identifier: ISC */
/* What ssh says of the new configuration before it is in place. */

#include <sys/types.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/xalloc.h"
#include "install/install-int.h"
#include "sshconf/ssh-ask.h"

#define JUDGE_MS	10000		/* its Match exec may take a while */

void
install_told(char *told, size_t size, const char *tmp, const char *name)
{
	char	*at = tmp != NULL && tmp[0] != '\0' ? strstr(told, tmp) : NULL, rest[512];

	told[strcspn(told, "\r\n")] = '\0';
	if (at == NULL)
		return;
	strlcpy(rest, at + strlen(tmp), sizeof(rest));
	*at = '\0';
	strlcat(told, name, size);
	strlcat(told, rest, size);
}

/* ssh -G for a host, or NULL for any, with its own files or this one: 0, or -1 and what it says. */
static int
check_ask(const struct install *in, const char *file, const char *host, char told[512])
{
	const char	*with[] = { in->ssh, "-G", "-T", "-F", file, host, NULL };
	const char	*any[] = { in->ssh, "-G", "-T", "-F", file, SSH_ASK_ANY, NULL };
	const char	*own[] = { in->ssh, "-G", "-T", SSH_ASK_ANY, NULL };
	struct ssh_ask	*ask = xmalloc(sizeof(*ask));
	int		 status;

	ssh_ask(file == NULL ? own : host == NULL ? any : with, JUDGE_MS, ask);
	status = ask->status;
	ssh_ask_refusal(ask);
	strlcpy(told, status == -1 ? "ssh -G gives no answer in 10 seconds" : ask->err, 512);
	free(ask);
	return (status == 0 ? 0 : -1);
}

int
install_ask(const struct install *in, struct error *err)
{
	char	told[512];

	if (check_ask(in, NULL, NULL, told) == 0)
		return (0);
	install_told(told, sizeof(told), NULL, NULL);
	error_set(err, CODE_CONFIG_BROKEN, "ssh refuses what is there: %s", told);
	return (-1);
}

static int
prove_file(const struct install *in, const char *file, struct error *err)
{
	const char	*name;
	char		 told[512];
	size_t		 i = 0;
	int		 result;

	do {
		name = json_string_value(json_array_get(in->touched, i));
		result = check_ask(in, file, name != NULL && strcmp(name, INSTALL_TAILNET) != 0 ?
		    name : NULL, told);
	} while (result == 0 && ++i < json_array_size(in->touched));
	if (result == -1) {
		install_told(told, sizeof(told), file, in->config != NULL ?
		    in->config->path : in->own->path);
		install_told(told, sizeof(told), in->own->tmp, in->own->path);
		error_set(err, CODE_CONFIG_REFUSED, "ssh refuses it: %s", told);
	}
	return (result);
}

/* The new configuration, but with the Include of our file where that is now. */
static void
prove_text(const struct install *in, struct install_text *out)
{
	struct install_names	 names = in->names;
	const struct install_text	*config = install_file_now(in->config);

	names.include = in->own->tmp[0] != '\0' ? in->own->tmp : in->own->path;
	if (install_file_now(in->own)->bytes != NULL)
		install_config_put(config, &names, out);
	else
		install_config_cut(config, &names, out);
}

int
install_prove(const struct install *in, struct error *err)
{
	struct install_text	 text;
	char			 file[PATH_MAX];
	int			 fd, result = 0;

	if (in->config == NULL)
		return (in->own->changes ? prove_file(in, in->own->tmp, err) : 0);
	prove_text(in, &text);
	if (text.bytes == NULL)
		return (0);
	/* Beside our own file: where the other one is, there may be no room for anything. */
	if ((fd = file_stage(in->own->real, text.bytes, text.len, file)) == -1) {
		error_set(err, CODE_CONFIG_WRITE, "%s: %s", in->own->real, strerror(errno));
		result = -1;
	} else {
		close(fd);
		result = prove_file(in, file, err);
		unlink(file);
	}
	free(text.bytes);
	return (result);
}
