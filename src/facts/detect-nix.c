/* SPDX-License-Identifier: ISC */
/* Facts: Nix, its daemon and its list of builders. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/json.h"
#include "base/number.h"
#include "facts/detect.h"
#include "facts/fact.h"
#include "facts/nix-builder.h"
#include "facts/nix-daemon.h"
#include "facts/nix-machines.h"
#include "sshconf/redact.h"

#define DAEMON_SOCKET	"/nix/var/nix/daemon-socket/socket"

/* One run of the detector. */
struct nix {
	const struct detect_input	*in;
	struct nix_homes		 homes;
	json_t				*machines;
	struct nix_machine		*builder;	/* the one that is told of */
	int				 found;
};

static int
nix_stat(const struct detect_input *in, const char *file, struct stat *sb)
{
	char	path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", in->root, file);
	return (stat(path, sb));
}

/*
 * 1 if something listens on the daemon's socket, -1 if that cannot be told. Nothing is said there.
 */
static int
nix_daemon(const struct detect_input *in)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	int			fd, error;

	if (snprintf(sun.sun_path, sizeof(sun.sun_path), "%s" DAEMON_SOCKET,
	    in->root) >= (int)sizeof(sun.sun_path) || (fd = socket(AF_UNIX, SOCK_STREAM, 0)) == -1)
		return (-1);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	error = connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0 ? 0 : errno;
	close(fd);
	return (error == 0 ? 1 : error == ENOENT || error == ECONNREFUSED || error == ENOTDIR ?
	    0 : -1);
}

/*
 * Of several, the one that was asked about; where none was, the first with a flaw that its line
 * shows, or the first.
 */
static int
machine_rank(const struct nix *n, const struct nix_machine *m)
{
	if (!m->ssh)
		return (0);
	if (n->in->host != NULL)
		return (strcasecmp(n->in->host, m->host) == 0 ? 2 : 0);
	return (m->host_key == -1 || m->error[0] != '\0' || strcmp(m->host, "localhost") == 0 ?
	    2 : 1);
}

static void
nix_machine_cb(void *arg, const struct nix_machine *m)
{
	struct nix	*n = arg;
	json_t		*one = json_pack("{s:o, s:o, s:i, s:i}", "uri",
	    redact(REDACT_URI, m->uri, n->homes.user_home, n->in->full), "file",
	    redact(REDACT_PATH, m->file, n->homes.user_home, n->in->full), "line", m->line,
	    "fields", m->fields);
	int		 rank = machine_rank(n, m);

	if (m->error[0] != '\0')
		json_object_set_new(one, "error", json_string(m->error));
	if (m->remark[0] != '\0') {
		json_object_set_new(one, "remark", json_string(m->remark));
		json_object_set_new(one, "remark_code", json_string(m->remark_code));
	}
	json_array_append_new(n->machines, one);
	if (rank > n->found) {
		n->found = rank;
		*n->builder = *m;
	}
}

static void
nix_root_config(json_t *facts, const struct nix *n)
{
	struct stat	sb;
	char		file[PATH_MAX];

	snprintf(file, sizeof(file), "%s/.ssh/config", n->homes.root_home);
	fact_put_text(facts, "nix.root_home", n->homes.root_home);
	if (nix_stat(n->in, file, &sb) == 0) {
		fact_put_truth(facts, "nix.root_config", 1);
		fact_put_truth(facts, "nix.root_config_ok",
		    (sb.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
		    (sb.st_uid == 0 || sb.st_uid == n->homes.root_uid));
	} else if (errno == ENOENT)
		fact_put_truth(facts, "nix.root_config", 0);
}

/* All that is there only where Nix is. */
static void
nix_fill(json_t *facts, struct nix *n)
{
	const char	*env = getenv("NIX_SSHOPTS");
	char		 opts[512];
	int		 daemon = nix_daemon(n->in);

	if (daemon != -1)
		fact_put_truth(facts, "nix.daemon", daemon);
	if (env != NULL && env[0] != '\0')
		fact_put(facts, "nix.sshopts",
		    redact(REDACT_SSH_ARGS, env, n->homes.user_home, n->in->full));
	if (nix_daemon_sshopts(n->in->root, opts, sizeof(opts)))
		fact_put(facts, "nix.daemon_sshopts",
		    redact(REDACT_SSH_ARGS, opts, n->homes.user_home, n->in->full));
	nix_root_config(facts, n);
	fact_put(facts, "nix.machines", n->machines = json_array());
	nix_machines_read(n->in->root, nix_machine_cb, n);
	if (n->found)
		fact_put(facts, "nix.builder", nix_builder(n->builder, n->in, &n->homes));
}

/* Who called sudo, for it is this user's files that Nix does not read; 0 if nobody did. */
static uid_t
nix_sudo(void)
{
	const char	*id = getenv("SUDO_UID");
	int		 uid;

	return (id != NULL && number_parse(id, 1, INT_MAX, &uid) == 0 ? (uid_t)uid : 0);
}

/* Whose files are looked at. A test that is not root plays root. */
static void
nix_homes(struct nix *n, char root_home[PATH_MAX], char user_home[PATH_MAX], char user[64])
{
	const struct passwd	*pw = getpwuid(0);
	uid_t			 uid;

	strlcpy(root_home, pw != NULL ? pw->pw_dir : "/root", PATH_MAX);
	n->homes.root_home = root_home;
	n->homes.root_uid = n->in->root[0] == '\0' ? 0 : geteuid();
	uid = geteuid() == 0 ? nix_sudo() : geteuid();
	if (uid == 0 || (pw = getpwuid(uid)) == NULL)
		return;
	strlcpy(user_home, pw->pw_dir, PATH_MAX);
	strlcpy(user, pw->pw_name, 64);
	n->homes.user_home = user_home;
	n->homes.user = user;
}

static void
nix_detect(json_t *facts, const struct detect_input *in)
{
	struct nix_machine	builder;
	struct nix		n = { .in = in, .builder = &builder };
	struct stat		sb;
	char			root_home[PATH_MAX], user_home[PATH_MAX], user[64];
	int			installed;

	nix_homes(&n, root_home, user_home, user);
	installed = nix_stat(in, "/nix/store", &sb) == 0 ||
	    nix_stat(in, "/etc/nix/nix.conf", &sb) == 0;
	fact_put_truth(facts, "nix.installed", installed);
	if (installed)
		nix_fill(facts, &n);
}

const struct detector detect_nix = {
	.name = "nix",
	.detect = nix_detect
};
