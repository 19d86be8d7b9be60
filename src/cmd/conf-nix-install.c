#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/conf-nix.h"
#include "emit/emit.h"

#define OWN_FILE	"meshssh_nix"		/* beside root's ssh config, which includes it */
#define INCLUDE_LINE	"Include ~/.ssh/" OWN_FILE "\n"
#define FILE_BYTES_MAX	(256 << 10)

/* A file and what is to stand in it. */
struct nix_file {
	char	 path[PATH_MAX];
	char	*text;
	mode_t	 mode;
};

/* The file as it is, which the caller frees; "" if there is none, NULL with the error set. */
static char *
install_old(const char *path, struct error *err)
{
	char	*text = malloc(FILE_BYTES_MAX);
	ssize_t	 len = 0;

	if (text == NULL || ((len = file_read(path, text, FILE_BYTES_MAX)) == -1 && errno != ENOENT)) {
		error_errno(err, errno, path);
		free(text);
		return (NULL);
	}
	text[len != -1 ? len : 0] = '\0';
	return (text);
}

/* The first text, and then the second; the caller frees it. NULL with the error set. */
static char *
install_join(const char *first, const char *second, struct error *err)
{
	size_t	 size = strlen(first) + strlen(second) + 2;
	char	*text = malloc(size);

	if (text == NULL)
		error_set(err, MSG_NO_MEMORY, "no memory");
	else
		snprintf(text, size, "%s%s%s", first, first[0] != '\0' && first[strlen(first) - 1] != '\n' ? "\n" : "", second);
	return (text);
}

/* The text of a part under its header. */
static char *
install_text(const json_t *doc, const char *emitter, struct error *err)
{
	char	*text, *head = NULL, *whole = NULL;
	size_t	 len;
	FILE	*fp;

	if ((text = emit_text(emit_find(emitter), doc, err)) == NULL)
		return (NULL);
	if ((fp = open_memstream(&head, &len)) == NULL)
		error_set(err, MSG_NO_MEMORY, "no memory");
	else {
		emit_header(fp, doc, "#");
		if (fclose(fp) == 0)
			whole = install_join(head, text, err);
		else
			error_set(err, MSG_NO_MEMORY, "no memory");
		free(head);
	}
	free(text);
	return (whole);
}

/* 1 if a text has this line. */
static int
install_has(const char *text, const char *line)
{
	const char	*at = strstr(text, line);

	return (at != NULL && (at == text || at[-1] == '\n'));
}

/* root's ssh config, which has to begin with the line that reads ours; no text if it does. */
static int
install_include(struct nix_file *file, const char *path, struct error *err)
{
	char	*old = install_old(path, err);

	if (old == NULL)
		return (-1);
	strlcpy(file->path, path, sizeof(file->path));
	file->mode = 0600;
	if (!install_has(old, INCLUDE_LINE) && (file->text = install_join(INCLUDE_LINE, old, err)) == NULL) {
		free(old);
		return (-1);
	}
	free(old);
	return (0);
}

/* nix.conf, where the last line of a name counts; no text if it has ours. */
static int
install_conf(struct nix_file *file, const json_t *doc, const char *path, struct error *err)
{
	const char	*builders = json_text_at(doc, "facts.nix.builders");
	char		*old, *text;

	strlcpy(file->path, path, sizeof(file->path));
	file->mode = 0644;
	if (builders != NULL && strstr(builders, "@" EMIT_NIX_MACHINES) != NULL)
		return (0);
	if ((old = install_old(path, err)) == NULL)
		return (-1);
	if ((text = install_text(doc, "nix-conf", err)) != NULL)
		file->text = install_join(old, text, err);
	free(text);
	free(old);
	return (file->text != NULL ? 0 : -1);
}

/* The files of a part: how many, or -1 with the error set. */
static int
install_part(struct nix_file files[2], const json_t *doc, const struct conf_nix_part *part, struct error *err)
{
	char	path[300], *slash;

	conf_nix_file(doc, part, path);
	if (path[0] == '\0') {
		error_set(err, MSG_USAGE, "on this system --sshopts is not installed; what it prints can be run");
		return (-1);
	}
	if (strcmp(part->emitter, "nix-conf") == 0)
		return (install_conf(&files[0], doc, path, err) == 0 ? 1 : -1);
	files[0].mode = 0644;
	strlcpy(files[0].path, path, sizeof(files[0].path));
	if ((files[0].text = install_text(doc, part->emitter, err)) == NULL)
		return (-1);
	if (strcmp(part->emitter, "nix-ssh") != 0)
		return (1);
	files[0].mode = 0600;
	if ((slash = strrchr(files[0].path, '/')) != NULL)
		strlcpy(slash + 1, OWN_FILE, sizeof(files[0].path) - (size_t)(slash + 1 - files[0].path));
	return (install_include(&files[1], path, err) == 0 ? 2 : -1);
}

/* What is a link is made by somebody else, who would make it anew. */
static int
install_plain(const struct nix_file *file, struct error *err)
{
	struct stat	sb;

	if (lstat(file->path, &sb) == -1 || !S_ISLNK(sb.st_mode))
		return (0);
	error_set(err, MSG_MANAGED_FILE, "%.100s is a link, made by another program", file->path);
	return (-1);
}

/* One file, whole or not at all. */
static int
install_write(const struct nix_file *file, struct error *err)
{
	char	folder[PATH_MAX], *slash;

	strlcpy(folder, file->path, sizeof(folder));
	if ((slash = strrchr(folder, '/')) != NULL) {
		*slash = '\0';
		mkdir(folder, file->mode == 0600 ? 0700 : 0755);
	}
	if (file_write(file->path, file->text) == -1 || chmod(file->path, file->mode) == -1) {
		error_errno(err, errno, file->path);
		return (-1);
	}
	printf("%s: written\n", file->path);
	return (0);
}

int
conf_nix_install(const json_t *doc, const struct conf_nix_way *way, struct error *err)
{
	struct nix_file			files[8] = { { .text = NULL } };
	const struct conf_nix_part	*part;
	int				 count = 0, made, i, result = 0, wrote = 0;

	for (part = way->parts; part->emitter != NULL && result == 0; part++) {
		made = install_part(&files[count], doc, part, err);
		count += made > 0 ? made : 2;
		result = made == -1 ? -1 : 0;
	}
	/* All of them are looked at before one is written. */
	for (i = 0; i < count && result == 0; i++)
		result = install_plain(&files[i], err);
	for (i = 0; i < count && result == 0; i++) {
		if (files[i].text == NULL)
			printf("%s: is as it should be\n", files[i].path);
		else if ((result = install_write(&files[i], err)) == 0)
			wrote = 1;
	}
	for (i = 0; i < count; i++)
		free(files[i].text);
	if (result == 0 && wrote)
		printf("Restart nix-daemon, so that it reads its configuration: %s\n",
		    json_truth_at(doc, "facts.system.systemd") == 1 ? "systemctl daemon-reload; systemctl restart nix-daemon" :
		    "as your system does that");
	return (result);
}
