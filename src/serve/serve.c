/* SPDX-License-Identifier: ISC */
/* meshssh-serve: its options, and what it needs before it listens. */

#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/number.h"
#include "base/option.h"
#include "base/version.h"
#include "os/os.h"
#include "serve/door.h"
#include "serve/listen.h"
#include "serve/serve.h"
#include "serve/sshd-connect.h"
#include "wire/resume-proof.h"

#define SERVE_HOLD_S	86400
#define SERVE_HOLD_MAX	31536000
#define SERVE_BOOT_MAX	128

struct serve_options {
	struct serve	 serve;
	int		 help;
	int		 version;
};

static int
set_sshd(void *arg, const char *value)
{
	struct serve		*serve = &((struct serve_options *)arg)->serve;
	struct sockaddr_storage	 ss;
	socklen_t		 len;
	char			 host[ADDR_HOST_MAX + 1];
	int			 port, which;

	if (addr_split(value, host, &port) == -1 || (len = addr_literal(host, port, &ss)) == 0)
		return (-1);
	which = ss.ss_family == AF_INET6;
	serve->sshd[which] = ss;
	serve->sshd_len[which] = len;
	return (0);
}

static int
set_source(void *arg, const char *value)
{
	static const char *const	 names[] = {
		[SERVE_CLIENT] = "client", [SERVE_HASH] = "hash", [SERVE_LOOPBACK] = "loopback" };
	struct serve_options		*options = arg;
	size_t				 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(value, names[i]) == 0) {
			options->serve.source = (enum serve_source)i;
			return (0);
		}
	return (-1);
}

static int
set_roam(void *arg, const char *value)
{
	struct serve_options	*options = arg;

	options->serve.same_address = strcmp(value, "same") == 0;
	return (options->serve.same_address || strcmp(value, "any") == 0 ? 0 : -1);
}

static int
set_hold(void *arg, const char *value)
{
	struct serve_options	*options = arg;
	int			 hold_s;

	if (number_parse(value, 0, SERVE_HOLD_MAX, &hold_s) == -1)
		return (-1);
	options->serve.hold_s = (uint32_t)hold_s;
	return (0);
}

static int
set_run(void *arg, const char *value)
{
	char	*run = ((struct serve_options *)arg)->serve.run;
	size_t	 len = strlen(value);

	/* Behind a slash, a symbolic link would be the folder that it points to. */
	while (len > 1 && value[len - 1] == '/')
		len--;
	if (value[0] != '/' || len >= SERVE_RUN_MAX)
		return (-1);
	memcpy(run, value, len);
	run[len] = '\0';
	return (0);
}

static int
set_help(void *arg, const char *value)
{
	(void)value;
	((struct serve_options *)arg)->help = 1;
	return (0);
}

static int
set_version(void *arg, const char *value)
{
	(void)value;
	((struct serve_options *)arg)->version = 1;
	return (0);
}

const struct option_row serve_table[] = {
	{ "sshd", "ADDRESS:PORT", set_sshd, "the sshd; once for IPv4, once for IPv6" },
	{ "source", "client|hash|loopback", set_source, "the address that sshd sees (client)" },
	{ "roam", "any|same", set_roam, "from where a session may go on (any)" },
	{ "hold", "SECONDS", set_hold, "keep a session without a connection (86400)" },
	{ "run", "FOLDER", set_run, "the folder for sockets (/run/meshssh)" },
	{ "help", NULL, set_help, "this text" },
	{ "version", NULL, set_version, "the version" },
	{ NULL, NULL, NULL, NULL },
};

static int
set_cb(void *arg, const struct option_row *row, const char *value, struct error *err)
{
	return (row->set(arg, value) == 0 ? 0 : option_bad(row, value, err));
}

static void
usage(void)
{
	printf("usage: meshssh-serve [OPTIONS] [ADDRESS:PORT ...]\n\n"
	    "Keeps ssh sessions while their connections are interrupted. Started by a socket unit,\n"
	    "it needs no address.\n\n");
	option_usage(stdout, serve_table);
}

/* Where the sockets of sessions are, if that was not given. */
static int
default_run(struct serve *serve, struct error *err)
{
	static const char	*const folders[] = { "RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "TMPDIR" };
	const char		*folder;
	char			 path[SERVE_RUN_MAX];
	size_t			 i;
	int			 n = -1;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]) && n == -1; i++)
		if (i > 0 && geteuid() == 0)
			n = snprintf(path, sizeof(path), "/run/meshssh");
		else if ((folder = getenv(folders[i])) != NULL && folder[0] == '/')
			/* The first of several. */
			n = snprintf(path, sizeof(path), "%.*s%s", (int)strcspn(folder, ":"),
			    folder, i > 0 ? "/meshssh" : "");
	if (n > 0 && n < (int)sizeof(path) && set_run(serve, path) == 0)
		return (0);
	if (n == -1)
		error_set(err, CODE_USAGE, "--run=FOLDER is needed: neither XDG_RUNTIME_DIR nor TMPDIR is set");
	else
		error_set(err, CODE_USAGE, "--run=FOLDER is needed: %.40s... is too long", path);
	return (-1);
}

/* What was not said, and what is known of the machine. */
static int
serve_complete(struct serve *serve, struct error *err)
{
	char	boot[SERVE_BOOT_MAX];

	if (serve->run[0] == '\0' && default_run(serve, err) == -1)
		return (-1);
	if (serve->sshd_len[0] == 0 && serve->sshd_len[1] == 0)
		serve->sshd_len[0] = addr_literal(serve->source == SERVE_LOOPBACK ? "127.0.0.1" :
		    "127.0.0.22", 22, &serve->sshd[0]);
	if (serve->listeners == 0) {
		error_set(err, CODE_USAGE, "ADDRESS:PORT is needed, or a socket unit");
		return (-1);
	}
	if (resume_proof_load() == -1) {
		error_set(err, CODE_SYSTEM, "libsodium cannot be loaded");
		return (-1);
	}
	os_boot_id(boot, sizeof(boot));
	if (boot[0] != '\0')
		resume_hash(serve->boot, sizeof(serve->boot), boot, strlen(boot));
	return (0);
}

int
cmd_serve(int argc, char **argv, int *status, struct error *err)
{
	static struct serve_options	 options = { .serve = { .hold_s = SERVE_HOLD_S } };
	struct serve			*serve = &options.serve;

	(void)argc;
	if (option_gather(serve_table, argv + 1, set_cb, &options, err) == -1)
		return (-1);
	*status = 0;
	if (options.help || options.version) {
		if (options.help)
			usage();
		else
			version_print(stdout, "meshssh-serve", resume_library());
		return (0);
	}
	if (listen_given(serve, err) == -1 || listen_all(serve, argv + 1, err) == -1)
		return (-1);
	if (serve_complete(serve, err) == -1 || door_folder(serve, err) == -1 ||
	    sshd_check(serve, err) == -1)
		return (-1);
	return (listen_run(serve, err));
}
