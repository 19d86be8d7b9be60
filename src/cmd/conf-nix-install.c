#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "cmd/conf-nix.h"
#include "emit/emit.h"
#include "emit/install-file.h"

#define OWN_FILE	"meshssh_nix"	/* beside root's ssh config, which includes it */
#define FILES_MAX	8

/* The files, as they are and as they are to be. */
struct nix_install {
	const json_t		*doc;
	struct install_file	 files[FILES_MAX];
	int			 count;
};

/*
 * One more, which is made with this mode if it is not there; NULL with the error set. What is a link is made by somebody
 * else, who would make it anew.
 */
static struct install_file *
nix_open(struct nix_install *in, const char *path, mode_t mode, struct error *err)
{
	const struct file_own	 fresh = { .uid = geteuid(), .gid = getegid(), .mode = mode };
	struct install_file	*file = &in->files[in->count];
	struct stat		 sb;

	if (lstat(path, &sb) == 0 && S_ISLNK(sb.st_mode)) {
		error_set(err, MSG_MANAGED_FILE, "%.100s is a link, made by another program", path);
		return (NULL);
	}
	in->count++;
	return (install_file_open(file, path, &fresh, err) == 0 ? file : NULL);
}

/* What it is to be: this, then what there is if that is to stay, then that. 0, or -1 with the error set. */
static int
nix_set(struct install_file *file, const char *above, int stays, const char *below, struct error *err)
{
	const struct install_text	*old = &file->old;
	struct install_text		 text = { .bytes = NULL };
	FILE				*fp = open_memstream(&text.bytes, &text.len);
	int				 bad = 1;

	if (fp != NULL) {
		fputs(above, fp);
		if (stays && old->len > 0) {
			fwrite(old->bytes, 1, old->len, fp);
			fputs(old->bytes[old->len - 1] != '\n' && below[0] != '\0' ? "\n" : "", fp);
		}
		fputs(below, fp);
		bad = ferror(fp);
		bad |= fclose(fp) != 0;
	}
	if (!bad) {
		install_file_set(file, &text);
		return (0);
	}
	free(text.bytes);
	error_set(err, MSG_NO_MEMORY, "no memory");
	return (-1);
}

/* The text of a part under its header, which the caller frees; NULL with the error set. */
static char *
nix_text(const json_t *doc, const char *emitter, struct error *err)
{
	char	*text, *head = NULL, *whole = NULL;
	size_t	 len;
	FILE	*fp;

	if ((text = emit_text(emit_find(emitter), doc, err)) == NULL)
		return (NULL);
	if ((fp = open_memstream(&head, &len)) != NULL) {
		emit_header(fp, doc, "#");
		fputs(text, fp);
		if (fclose(fp) == 0)
			whole = head;
		else
			free(head);
	}
	if (whole == NULL)
		error_set(err, MSG_NO_MEMORY, "no memory");
	free(text);
	return (whole);
}

/* 1 if the file has this line. */
static int
nix_has(const struct install_file *file, const char *line)
{
	const char	*at = file->old.bytes, *end;
	size_t		 len = strlen(line), left = file->old.len;

	for (; left >= len; left -= (size_t)(end - at), at = end) {
		if (memcmp(at, line, len) == 0)
			return (1);
		end = memchr(at, '\n', left);
		end = end != NULL ? end + 1 : at + left;
	}
	return (0);
}

/* A file of our own, or nix.conf, whose other lines stay, and the last of a name counts. 0, or -1 with the error set. */
static int
nix_put(struct nix_install *in, const char *emitter, const char *path, mode_t mode, int stays, struct error *err)
{
	struct install_file	*file;
	char			*text;
	int			 result = -1;

	if ((file = nix_open(in, path, mode, err)) == NULL || (text = nix_text(in->doc, emitter, err)) == NULL)
		return (-1);
	result = nix_set(file, "", stays, text, err);
	free(text);
	return (result);
}

/* The block, beside root's ssh config, which has to begin with the line that reads it: "~" would be below $HOME. */
static int
nix_put_block(struct nix_install *in, const char *emitter, const char *path, struct error *err)
{
	struct install_file	*file;
	char			 own[PATH_MAX], line[PATH_MAX + 16];
	const char		*slash = strrchr(path, '/');

	snprintf(own, sizeof(own), "%.*s/" OWN_FILE, slash != NULL ? (int)(slash - path) : 0, path);
	snprintf(line, sizeof(line), "Include %s\n", own);
	if (nix_put(in, emitter, own, 0600, 0, err) == -1 || (file = nix_open(in, path, 0600, err)) == NULL)
		return (-1);
	return (nix_has(file, line) ? 0 : nix_set(file, line, 1, "", err));
}

/* The files of a part. 0, or -1 with the error set. */
static int
nix_part(struct nix_install *in, const struct conf_nix_part *part, struct error *err)
{
	const char	*builders = json_text_at(in->doc, "facts.nix.builders");
	char		 path[300];

	conf_nix_file(in->doc, part, path);
	if (path[0] == '\0') {
		error_set(err, MSG_USAGE, "on this system --sshopts is not installed; what it prints can be run");
		return (-1);
	}
	if (strcmp(part->emitter, "nix-ssh") == 0)
		return (nix_put_block(in, part->emitter, path, err));
	if (strcmp(part->emitter, "nix-conf") != 0)
		return (nix_put(in, part->emitter, path, 0644, 0, err));
	if (builders != NULL && strstr(builders, "@" EMIT_NIX_MACHINES) != NULL)
		return (nix_open(in, path, 0644, err) != NULL ? 0 : -1);
	return (nix_put(in, part->emitter, path, 0644, 1, err));
}

/* The folder that it is in: root's .ssh is for root alone. */
static void
nix_mkdir(const struct install_file *file)
{
	char	folder[PATH_MAX], *slash;

	strlcpy(folder, file->path, sizeof(folder));
	if ((slash = strrchr(folder, '/')) != NULL) {
		*slash = '\0';
		mkdir(folder, file->own.mode == 0600 ? 0700 : 0755);
	}
}

/* All of them are on the disk before one takes its place. 0, or -1 with the error set. */
static int
nix_write(struct nix_install *in, int *wrote, struct error *err)
{
	struct install_file	*file;

	for (file = in->files; file < in->files + in->count; file++) {
		if (file->changes)
			nix_mkdir(file);
		if (install_file_stage(file, err) == -1)
			return (-1);
	}
	for (file = in->files; file < in->files + in->count; file++) {
		if (install_file_commit(file, err) == -1)
			return (-1);
		printf("%s: %s\n", file->path, file->changes ? "written" : "is as it should be");
		*wrote |= file->changes;
	}
	return (0);
}

int
conf_nix_install(const json_t *doc, const struct conf_nix_way *way, struct error *err)
{
	struct nix_install		*in = calloc(1, sizeof(*in));
	const struct conf_nix_part	*part;
	int				 result = 0, wrote = 0, i;

	if (in == NULL) {
		error_errno(err, errno, "cannot install");
		return (-1);
	}
	in->doc = doc;
	for (part = way->parts; part->emitter != NULL && result == 0; part++)
		result = nix_part(in, part, err);
	if (result == 0)
		result = nix_write(in, &wrote, err);
	for (i = 0; i < in->count; i++)
		install_file_close(&in->files[i]);
	free(in);
	if (result == 0 && wrote)
		printf("Restart nix-daemon, so that it reads its configuration: %s\n",
		    json_truth_at(doc, "facts.system.systemd") == 1 ? "systemctl daemon-reload; systemctl restart nix-daemon" :
		    "as your system does that");
	return (result);
}
