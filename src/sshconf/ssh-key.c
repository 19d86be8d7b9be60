/* SPDX-License-Identifier: ISC */
/* Keys, known_hosts and their fingerprints. */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wipe.h"
#include "sshconf/ssh-key.h"

/*
 * 1 if the head of a private key says that it is encrypted, 0 that it is not, -1 if it is something
 * else.
 */
static int
head_encrypted(const char *head)
{
	const char	*body;

	if (strncmp(head, "-----BEGIN ", 11) != 0 || (body = strchr(head, '\n')) == NULL)
		return (-1);
	body++;
	if (strncmp(head, "-----BEGIN OPENSSH PRIVATE KEY", 30) == 0) {
		/*
		 * openssh-key-v1, NUL, and the name of the cipher, which is "none" if there is
		 * none.
		 */
		if (strncmp(body, "b3BlbnNzaC1rZXktdjEA", 20) != 0)
			return (-1);
		return (strncmp(body + 20, "AAAABG5vbmU", 11) != 0);
	}
	if (strstr(head, "PRIVATE KEY-----") == NULL)
		return (-1);
	return (strncmp(head, "-----BEGIN ENCRYPTED", 20) == 0 ||
	    strncmp(body, "Proc-Type: 4,ENCRYPTED", 22) == 0);
}

void
ssh_key_look(const char *root, const char *file, uid_t uid, struct ssh_key *key)
{
	struct stat	sb;
	char		path[PATH_MAX], head[128];
	ssize_t		n;
	int		fd;

	key->there = key->mode_ok = key->readable = key->encrypted = -1;
	if (snprintf(path, sizeof(path), "%s%s", root, file) >= (int)sizeof(path))
		return;
	if (stat(path, &sb) == -1) {
		if (errno == ENOENT || errno == ENOTDIR)
			key->there = 0;
		return;
	}
	key->there = 1;
	/* OpenSSH's sshkey_perm_ok looks at the mode of the user's own files only. */
	key->mode_ok = sb.st_uid != uid || (sb.st_mode & 077) == 0;
	if (uid == 0)
		key->readable = S_ISREG(sb.st_mode);
	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1) {
		if (uid == geteuid())
			key->readable = 0;
		return;
	}
	if ((n = read(fd, head, sizeof(head) - 1)) >= 0) {
		head[n] = '\0';
		key->encrypted = head_encrypted(head);
		if (uid == geteuid())
			key->readable = 1;
	}
	wipe(head, sizeof(head));
	close(fd);
}
