/* SPDX-License-Identifier: ISC */
/* Attributes of files on macOS. */

#include <sys/types.h>

#include <copyfile.h>
#include <errno.h>
#include <string.h>

#include "os/os.h"

#define SYSTEM_PREFIX	"com.apple."

/*
 * A callback of fcopyfile(3): an attribute cannot be set. The system's own may be macOS' alone to
 * give: com.apple.provenance is, which files of programs from elsewhere have.
 */
static int
attribute_cb(int what, int stage, copyfile_state_t state, const char *from, const char *to,
    void *arg)
{
	const int	 failure = errno;
	const char	*name;

	(void)from;
	(void)to;
	if (what != COPYFILE_COPY_XATTR || stage != COPYFILE_ERR)
		return (COPYFILE_CONTINUE);
	if (copyfile_state_get(state, COPYFILE_STATE_XATTRNAME, &name) == 0 && name != NULL &&
	    strncmp(name, SYSTEM_PREFIX, strlen(SYSTEM_PREFIX)) == 0)
		return (COPYFILE_CONTINUE);
	*(int *)arg = failure;
	return (COPYFILE_QUIT);
}

int
os_attributes_copy(int from, int to)
{
	copyfile_state_t	state = copyfile_state_alloc();
	int			error = 0, result = -1;

	if (state == NULL)
		return (-1);
	if (copyfile_state_set(state, COPYFILE_STATE_STATUS_CB, attribute_cb) == 0 &&
	    copyfile_state_set(state, COPYFILE_STATE_STATUS_CTX, &error) == 0)
		result = fcopyfile(from, to, state, COPYFILE_ACL | COPYFILE_XATTR);
	if (error == 0)
		error = errno;
	copyfile_state_free(state);
	errno = error;
	return (result);
}
