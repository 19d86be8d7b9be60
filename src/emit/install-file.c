#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "emit/install-file.h"

#define BYTES_MAX	(16 << 20)	/* nobody has written that many by hand */

static int
file_unreadable(const struct install_file *f, const char *why, struct error *err)
{
	error_set(err, MSG_CONFIG_READ, "%s: %s", f->path, why);
	return (-1);
}

/* Where it will be: in the folder where links lead to, under its own name. */
static int
file_new_place(struct install_file *f, struct error *err)
{
	char	dir[PATH_MAX], *slash;

	strlcpy(dir, f->path, sizeof(dir));
	slash = strrchr(dir, '/');
	*slash = '\0';
	if (realpath(dir, f->real) == NULL)
		strlcpy(f->real, dir, sizeof(f->real));
	if (strlcat(f->real, "/", PATH_MAX) < PATH_MAX && strlcat(f->real, slash + 1, PATH_MAX) < PATH_MAX)
		return (0);
	return (file_unreadable(f, strerror(ENAMETOOLONG), err));
}

int
install_file_open(struct install_file *f, const char *path, const struct file_own *fresh, struct error *err)
{
	struct stat	sb;

	f->own = *fresh;
	if (strlcpy(f->path, path, sizeof(f->path)) >= sizeof(f->path))
		return (file_unreadable(f, strerror(ENAMETOOLONG), err));
	if (lstat(path, &sb) == -1)
		return (errno == ENOENT ? file_new_place(f, err) : file_unreadable(f, strerror(errno), err));
	if (realpath(path, f->real) == NULL)
		return (file_unreadable(f, errno == ENOENT ? "it is a link to what is not there" : strerror(errno),
		    err));
	if ((f->old.bytes = file_load(f->real, BYTES_MAX, &sb)) == NULL)
		return (file_unreadable(f, errno == EINVAL ? "it is no regular file" : strerror(errno), err));
	f->old.len = (size_t)sb.st_size;
	f->own = (struct file_own){ .uid = sb.st_uid, .gid = sb.st_gid, .mode = sb.st_mode & 07777 };
	return (0);
}

const struct install_text *
install_file_now(const struct install_file *f)
{
	return (f->set ? &f->new : &f->old);
}

static int
text_same(const struct install_text *a, const struct install_text *b)
{
	return ((a->bytes == NULL) == (b->bytes == NULL) && a->len == b->len &&
	    (a->len == 0 || memcmp(a->bytes, b->bytes, a->len) == 0));
}

void
install_file_set(struct install_file *f, struct install_text *text)
{
	free(f->new.bytes);
	f->new = *text;
	if (f->new.bytes == NULL)
		f->new.len = 0;
	f->set = 1;
	f->changes = !text_same(&f->old, &f->new);
}

static int
file_unwritable(const struct install_file *f, int error, struct error *err)
{
	error_set(err, MSG_CONFIG_WRITE, "%s: %s", f->real, strerror(error));
	return (-1);
}

int
install_file_stage(struct install_file *f, struct error *err)
{
	if (!f->changes || f->new.bytes == NULL)
		return (0);
	if (file_stage(f->real, f->new.bytes, f->new.len, &f->own, f->tmp) == 0)
		return (0);
	f->tmp[0] = '\0';
	return (file_unwritable(f, errno, err));
}

/* An editor may have saved it while ssh was asked. */
static int
file_still(const struct install_file *f)
{
	struct install_text	now = { .bytes = NULL };
	struct stat		sb;
	int			same;

	if (f->old.bytes == NULL)
		return (lstat(f->path, &sb) == -1 && errno == ENOENT);
	if ((now.bytes = file_load(f->real, BYTES_MAX, &sb)) == NULL)
		return (0);
	now.len = (size_t)sb.st_size;
	same = text_same(&f->old, &now);
	free(now.bytes);
	return (same);
}

int
install_file_commit(struct install_file *f, struct error *err)
{
	if (!f->changes)
		return (0);
	if (!file_still(f)) {
		error_set(err, MSG_CONFIG_MOVED, "%s was changed by somebody else meanwhile", f->path);
		return (-1);
	}
	if ((f->tmp[0] != '\0' ? file_commit(f->tmp, f->real) : file_remove(f->real)) == -1)
		return (file_unwritable(f, errno, err));
	f->tmp[0] = '\0';
	return (0);
}

void
install_file_close(struct install_file *f)
{
	if (f->tmp[0] != '\0')
		unlink(f->tmp);
	free(f->old.bytes);
	free(f->new.bytes);
}
