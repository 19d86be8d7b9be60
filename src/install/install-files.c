/* SPDX-License-Identifier: ISC */
/* The files that change together: one lock, one order. */

#include <sys/types.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/xalloc.h"
#include "install/install-int.h"
#include "sshconf/ssh-program.h"

int
install_begin(struct install *in, int dry, struct error *err)
{
	memset(in, 0, sizeof(*in));
	in->dry = dry;
	in->touched = json_array();
	if (ssh_program_find(NULL, in->ssh) == 0)
		return (0);
	error_set(err, CODE_NO_SSH, "there is no ssh");
	return (-1);
}

/* The folder, made if need be, and a lock on it. 0, or -1 with errno. */
static int
folder_lock(struct install_folder *folder, mode_t mode)
{
	struct stat	sb;

	for (;; close(folder->lock)) {
		folder->made = mkdir(folder->path, mode) == 0;
		if (!folder->made && errno != EEXIST)
			return (-1);
		/* Whatever the umask: everybody's ssh reads /etc/ssh. */
		if (folder->made)
			chmod(folder->path, mode);
		if ((folder->lock = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
			return (-1);
		if (flock(folder->lock, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK) {
			fprintf(stderr,
			    "meshssh-config: waiting for another meshssh-config that writes to %s\n",
			    folder->path);
			flock(folder->lock, LOCK_EX);
		}
		/* The other one may have made the folder, and removed it again. */
		if (fstat(folder->lock, &sb) == -1 || sb.st_nlink > 0)
			return (0);
	}
}

/* No other meshssh-config writes there at the same time. */
static int
install_lock(struct install *in, const char *path, mode_t mode, struct error *err)
{
	struct install_folder	*folder = in->folders;

	for (; folder < in->folders + in->locked; folder++)
		if (strcmp(folder->path, path) == 0)
			return (0);
	in->locked++;
	strlcpy(folder->path, path, sizeof(folder->path));
	if (folder_lock(folder, mode) == 0)
		return (0);
	error_set(err, CODE_CONFIG_WRITE, "%s: %s", path, strerror(errno));
	return (-1);
}

struct install_file *
install_add(struct install *in, const char *path, mode_t mode, struct error *err)
{
	char			 folder[PATH_MAX], *slash;
	struct install_file	*f;

	strlcpy(folder, path, sizeof(folder));
	if ((slash = strrchr(folder, '/')) != NULL)
		*slash = '\0';
	/* Where a file is for one user alone, so is its folder. */
	if (!in->dry && install_lock(in, folder, (mode & S_IROTH) != 0 ? 0755 : 0700, err) == -1)
		return (NULL);
	in->files[in->count++] = f = xcalloc(1, sizeof(*f));
	return (install_file_open(f, path, mode, in->dry, err) == 0 ? f : NULL);
}

/* The error says which files have changed before it, and how to go on. */
static int
install_partly(const struct install *in, struct error *err)
{
	const char	*comma = "";
	struct error	 why;
	char		 done[sizeof(why.text)] = "";
	size_t		 i;

	for (i = 0; i < in->count; i++)
		if (in->files[i]->done) {
			strlcat(done, comma, sizeof(done));
			strlcat(done, strrchr(in->files[i]->path, '/') + 1, sizeof(done));
			comma = ", ";
		}
	if (done[0] != '\0' && err != NULL) {
		why = *err;
		error_set(err, CODE_CONFIG_PARTLY, "%s; already changed: %s", why.text, done);
	}
	return (-1);
}

/*
 * Nothing names what is not there yet, or is gone: what is written is so in the order of the list,
 * what goes, backwards.
 */
static int
install_commit(struct install *in, struct error *err)
{
	size_t	i;

	for (i = 0; i < in->count; i++)
		if (install_file_still(in->files[i], err) == -1)
			return (-1);
	for (i = 0; i < in->count; i++)
		if (in->files[i]->new.bytes != NULL && install_file_commit(in->files[i], err) == -1)
			return (install_partly(in, err));
	for (i = in->count; i-- > 0;)
		if (in->files[i]->new.bytes == NULL && install_file_commit(in->files[i], err) == -1)
			return (install_partly(in, err));
	return (0);
}

int
install_apply(struct install *in, struct error *err)
{
	size_t	i;
	int	changes = 0;

	for (i = 0; i < in->count; i++) {
		changes |= in->files[i]->changes;
		if (install_file_stage(in->files[i], err) == -1)
			return (-1);
	}
	if (!changes)
		return (0);
	if (in->prove != NULL && in->prove(in, err) == -1)
		return (-1);
	if (in->prove == NULL && in->own != NULL && install_prove(in, err) == -1 &&
	    !(in->drops && install_ask(in, NULL) == -1))
		return (-1);
	return (install_commit(in, err));
}

void
install_close(struct install *in)
{
	size_t	i;

	for (i = 0; i < in->count; i++) {
		install_file_close(in->files[i]);
		free(in->files[i]);
	}
	json_decref(in->touched);
	for (i = in->locked; i-- > 0;) {
		/* One in which there is a file stays. */
		if (in->folders[i].made)
			rmdir(in->folders[i].path);
		if (in->folders[i].lock > 0)
			close(in->folders[i].lock);
	}
}
