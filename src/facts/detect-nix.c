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
#include "facts/nix-builder.h"
#include "facts/nix-daemon.h"
#include "facts/nix-machines.h"
#include "facts/read.h"
#include "sshconf/redact.h"

#define DAEMON_SOCKET	"/nix/var/nix/daemon-socket/socket"

/* One run of the detector. */
struct nix {
	const struct detect_input	*in;
	struct nix_homes		 homes;
	json_t				*machines;
	struct nix_machine		*builder;	/* the one that is told of */
	int				 found;
	int				 failed;
};

static int
nix_stat(const struct detect_input *in, const char *file, struct stat *sb)
{
	char	path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", in->root, file);
	return (stat(path, sb));
}

/* 1 if something listens on the daemon's socket, -1 if that cannot be told. Nothing is said there. */
static int
nix_daemon(const struct detect_input *in)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	int			fd, error;

	if (snprintf(sun.sun_path, sizeof(sun.sun_path), "%s" DAEMON_SOCKET, in->root) >= (int)sizeof(sun.sun_path) ||
	    (fd = socket(AF_UNIX, SOCK_STREAM, 0)) == -1)
		return (-1);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	error = connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0 ? 0 : errno;
	close(fd);
	return (error == 0 ? 1 : error == ENOENT || error == ECONNREFUSED || error == ENOTDIR ? 0 : -1);
}

/* Of several, the one that was asked about; where none was, the first with a flaw that its line shows, or the first. */
static int
machine_rank(const struct nix *n, const struct nix_machine *m)
{
	if (!m->ssh)
		return (0);
	if (n->in->host != NULL)
		return (strcasecmp(n->in->host, m->host) == 0 ? 2 : 0);
	return (m->host_key == -1 || m->error[0] != '\0' || strcmp(m->host, "localhost") == 0 ? 2 : 1);
}

static void
nix_machine_cb(void *arg, const struct nix_machine *m)
{
	struct nix	*n = arg;
	json_t		*one = json_pack("{s:o, s:o, s:i, s:i}", "uri",
	    redact(REDACT_URI, m->uri, n->homes.user_home, n->in->full), "file",
			    redact(REDACT_PATH, m->file, n->homes.user_home, n->in->full), "line", m->line, "fields", m->fields);
	int		 rank = machine_rank(n, m);

	if (one != NULL && m->error[0] != '\0')
		json_object_set_new(one, "error", json_string(m->error));
	if (one != NULL && m->remark[0] != '\0') {
		json_object_set_new(one, "remark", json_string(m->remark));
		json_object_set_new(one, "remark_code", json_string(m->remark_code));
	}
	if (one == NULL || json_array_append_new(n->machines, one) == -1)
		n->failed = 1;
	if (rank > n->found) {
		n->found = rank;
		*n->builder = *m;
	}
}

static void
nix_root_config(json_t *nix, const struct nix *n)
{
	struct stat	sb;
	char		file[PATH_MAX];

	snprintf(file, sizeof(file), "%s/.ssh/config", n->homes.root_home);
	fact_put_text(nix, "root_home", n->homes.root_home);
	if (nix_stat(n->in, file, &sb) == 0) {
		json_put(nix, "root_config", json_true());
		json_put(nix, "root_config_ok", json_boolean((sb.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
		    (sb.st_uid == 0 || sb.st_uid == n->homes.root_uid)));
	} else if (errno == ENOENT)
		json_put(nix, "root_config", json_false());
}

/* All that is there only where Nix is. 0, or -1 if there is no memory. */
static int
nix_fill(json_t *nix, struct nix *n)
{
	char	opts[512];
	int	daemon = nix_daemon(n->in);

	if (daemon != -1)
		json_put(nix, "daemon", json_boolean(daemon));
	if (getenv("NIX_SSHOPTS") != NULL && getenv("NIX_SSHOPTS")[0] != '\0')
		json_put(nix, "sshopts", redact(REDACT_SSH_ARGS, getenv("NIX_SSHOPTS"), n->homes.user_home, n->in->full));
	if (nix_daemon_sshopts(n->in->root, opts, sizeof(opts)))
		json_put(nix, "daemon_sshopts", redact(REDACT_SSH_ARGS, opts, n->homes.user_home, n->in->full));
	nix_root_config(nix, n);
	if ((n->machines = json_array()) == NULL || json_put(nix, "machines", n->machines) == -1 ||
	    nix_machines_read(n->in->root, nix_machine_cb, n) == -1 || n->failed)
		return (-1);
	if (!n->found)
		return (0);
	return (json_put(nix, "builder", nix_builder(n->builder, n->in, &n->homes)));
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

static int
nix_detect(json_t *facts, const struct detect_input *in)
{
	struct nix_machine	builder;
	struct nix		n = { .in = in, .builder = &builder };
	struct stat		sb;
	json_t			*nix;
	char			root_home[PATH_MAX], user_home[PATH_MAX], user[64];
	int			installed;

	nix_homes(&n, root_home, user_home, user);
	installed = nix_stat(in, "/nix/store", &sb) == 0 || nix_stat(in, "/etc/nix/nix.conf", &sb) == 0;
	if (json_put(facts, "nix.installed", json_boolean(installed)) == -1)
		return (-1);
	if (!installed)
		return (0);
	nix = json_at(facts, "nix");
	return (nix_fill(nix, &n));
}

const struct detector detect_nix = {
	.name = "nix",
	.detect = nix_detect
};
