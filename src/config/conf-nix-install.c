/* SPDX-License-Identifier: ISC */
/* meshssh-config nix --install. */

#include <sys/types.h>
#include <sys/stat.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "config/conf-nix.h"
#include "config/conf.h"
#include "emit/emit.h"
#include "facts/nix-machines.h"
#include "install/install.h"

/* Where Determinate wants what is not its own. */
#define CUSTOM_CONF	"/etc/nix/nix.custom.conf"
#define OWN_FILE	"meshssh_nix"	/* beside root's ssh config, which includes it */

const char *
conf_nix_file(const json_t *doc, const struct conf_nix_part *part, char path[300])
{
	const char	*home = json_text_at(doc, "facts.nix.root_home"),
			    *os = json_text_at(doc, "facts.system.os");
	char		 where[256];
	int		 line;

	if (strcmp(part->emitter, "nix-env") == 0 && os != NULL && strcmp(os, "darwin") == 0)
		strlcpy(path, "", 300);
	else if (part->file[0] == '~')
		snprintf(path, 300, "%.250s%s", home != NULL ? home : "/root", part->file + 1);
	else if (strcmp(part->emitter, "nix-conf") == 0 && access(CUSTOM_CONF, F_OK) == 0 &&
	    (nix_builders_win("", CUSTOM_CONF, where, &line) || where[0] != '\0'))
		strlcpy(path, CUSTOM_CONF, 300);
	else
		strlcpy(path, part->file, 300);
	return (path);
}

/* What it is to be: this, then what there is, then that. */
static void
nix_around(struct install_file *file, const char *above, const char *below)
{
	const struct install_text	*old = &file->old;
	struct install_text		 text;
	FILE				*fp = xmemstream(&text.bytes, &text.len);

	fputs(above, fp);
	if (old->len > 0) {
		fwrite(old->bytes, 1, old->len, fp);
		fputs(old->bytes[old->len - 1] != '\n' && below[0] != '\0' ? "\n" : "", fp);
	}
	fputs(below, fp);
	xmemstream_close(fp);
	install_file_set(file, &text);
	file->keeps = 1;
}

/*
 * The block, beside root's ssh config, which has to begin with the line that reads it: "~" would be
 * below $HOME.
 */
static int
nix_put_block(struct install *in, const json_t *doc, const char *emitter, const char *path,
    struct error *err)
{
	char	line[PATH_MAX + 16], *slash;

	strlcpy(in->folder, path, sizeof(in->folder));
	if ((slash = strrchr(in->folder, '/')) != NULL)
		*slash = '\0';
	snprintf(line, sizeof(line), "%s/" OWN_FILE, in->folder);
	if ((in->own = conf_own_put(in, doc, emitter, line, 0600, err)) == NULL ||
	    (in->config = conf_own_open(in, path, 0600, err)) == NULL)
		return (-1);
	in->names = (struct install_names){ .own = in->own->path, .folder = in->folder,
	    .include = in->own->path };
	if (!install_config_reads(&in->config->old, &in->names)) {
		snprintf(line, sizeof(line), "Include %s\n", in->own->path);
		nix_around(in->config, line, "");
	}
	return (0);
}

/*
 * nix.conf, whose other lines stay, and the last of a name counts. It is read as it is now that
 * nobody else writes.
 */
static int
nix_put_conf(struct install *in, json_t *doc, const char *emitter, const char *path,
    struct error *err)
{
	struct install_file	*file = conf_own_open(in, path, 0644, err);
	char			 builders[NIX_BUILDERS_MAX], where[256], *text;
	int			 line;

	if (file == NULL)
		return (-1);
	nix_builders("", builders);
	if (strstr(builders, "@" EMIT_NIX_MACHINES) != NULL)
		return (0);
	if (!nix_builders_win("", path, where, &line) && where[0] != '\0') {
		error_set(err, CODE_BUILDERS_SHADOWED,
		    "%s:%d sets builders behind what %s would say, and wins", where, line, path);
		return (-1);
	}
	if (json_put(doc, "facts.nix.builders", json_string(builders)) == -1) {
		error_set(err, CODE_USAGE, "builders in nix.conf is not UTF-8");
		return (-1);
	}
	if ((text = conf_own_text(doc, emitter, err)) == NULL)
		return (-1);
	nix_around(file, "", text);
	free(text);
	return (0);
}

/* The files of a part. 0, or -1 with the error set. */
static int
nix_part(struct install *in, json_t *doc, const struct conf_nix_part *part, struct error *err)
{
	struct install_file	*file;
	char			 path[300];

	conf_nix_file(doc, part, path);
	if (path[0] == '\0') {
		error_set(err, CODE_USAGE,
		    "on this system --sshopts is not installed; what it prints can be run");
		return (-1);
	}
	if (strcmp(part->emitter, "nix-ssh") == 0)
		return (nix_put_block(in, doc, part->emitter, path, err));
	if (strcmp(part->emitter, "nix-conf") == 0)
		return (nix_put_conf(in, doc, part->emitter, path, err));
	if ((file = conf_own_put(in, doc, part->emitter, path, 0644, err)) == NULL)
		return (-1);
	if (strcmp(part->emitter, "nix-sshopts") == 0)
		in->own = file;
	return (0);
}

/* What ssh is asked about. 0, or -1 with the error set. */
static int
nix_touch(struct install *in, const json_t *doc, struct error *err)
{
	struct emit_nix_host	h;
	size_t			i;
	int			more;

	for (i = 0; (more = emit_nix_host(doc, i, &h, err)) == 1; i++)
		json_array_append_new(in->touched, json_string(h.alias));
	return (more);
}

int
conf_nix_install(const struct conf *conf, json_t *doc, const struct conf_nix_way *way,
    struct error *err)
{
	const struct conf_nix_part	*part;
	struct install			 in;
	int				 result, changed = 0;

	if (install_program(json_text_at(doc, "wanted.program"), err) == -1)
		return (-1);
	if ((result = install_begin(&in, conf_given(conf, "dry-run"), err)) == 0)
		result = nix_touch(&in, doc, err);
	for (part = way->parts; part->emitter != NULL && result == 0; part++)
		result = nix_part(&in, doc, part, err);
	if (result == 0)
		result = conf_finish(conf, &in, &changed, err);
	install_close(&in);
	if (changed)
		printf("Restart nix-daemon, so that it reads its configuration: %s\n",
		    json_truth_at(doc, "facts.system.systemd") == 1 ?
		    "systemctl daemon-reload; systemctl restart nix-daemon" :
		    "as your system does that");
	return (result);
}
