#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facts/detect.h"
#include "facts/env-ssh.h"
#include "facts/ssh-ask.h"
#include "facts/ssh-key.h"

#define KNOWN_FILES_MAX	8

/* 1 if the head of a private key says that it is encrypted, 0 that it is not, -1 if it is something else. */
static int
head_encrypted(const char *head)
{
	const char	*body;

	if (strncmp(head, "-----BEGIN ", 11) != 0 || (body = strchr(head, '\n')) == NULL)
		return (-1);
	body++;
	if (strncmp(head, "-----BEGIN OPENSSH PRIVATE KEY", 30) == 0) {
		/* openssh-key-v1, NUL, and the name of the cipher, which is "none" if there is none. */
		if (strncmp(body, "b3BlbnNzaC1rZXktdjEA", 20) != 0)
			return (-1);
		return (strncmp(body + 20, "AAAABG5vbmU", 11) != 0);
	}
	if (strstr(head, "PRIVATE KEY-----") == NULL)
		return (-1);
	return (strncmp(head, "-----BEGIN ENCRYPTED", 20) == 0 || strncmp(body, "Proc-Type: 4,ENCRYPTED", 22) == 0);
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
	explicit_bzero(head, sizeof(head));
	close(fd);
}

static void
known_key(struct ssh_known *known, const char *type, const char *key)
{
	size_t	len = strlen(key);

	if (known->key_count < SSH_KNOWN_KEYS && len >= SSHKEX_KEY_TAIL)
		snprintf(known->keys[known->key_count++], sizeof(known->keys[0]), "%.*s %s", SSHKEX_NAME_MAX, type,
		    key + len - SSHKEX_KEY_TAIL);
}

/* Remember a type, once. */
static void
known_type(struct ssh_known *known, const char *type)
{
	size_t		 len = strlen(type), n;
	const char	*at;

	for (at = known->types; *at != '\0'; at += n + (at[n] == ' ')) {
		n = strcspn(at, " ");
		if (n == len && strncmp(at, type, len) == 0)
			return;
	}
	if (known->types[0] != '\0')
		strlcat(known->types, " ", sizeof(known->types));
	strlcat(known->types, type, sizeof(known->types));
}

/* Remember the types, and the keys, in lines of known_hosts: 1, or 0 if there is no key that ssh would take. */
static int
known_types(struct ssh_known *known, char *lines)
{
	char	*line, *type, *key;
	int	 any = 0, marker;

	while ((line = strsep(&lines, "\n")) != NULL) {
		if (line[0] == '#' || line[0] == '\0' || strncmp(line, "@revoked", 8) == 0)
			continue;
		known->authority |= strncmp(line, "@cert-authority", 15) == 0;
		if ((marker = line[0] == '@'))
			strsep(&line, " \t");
		strsep(&line, " \t");
		if ((type = strsep(&line, " \t")) == NULL)
			continue;
		known_type(known, type);
		any = 1;
		/* What is marked is an authority's. */
		if (!marker && (key = strsep(&line, " \t")) != NULL)
			known_key(known, type, key);
	}
	return (any);
}

/* The same for one file. */
static int
known_file(struct ssh_known *known, const char *keygen, const char *file, const char *name, struct ssh_ask *ask)
{
	char		path[PATH_MAX];
	const char	*argv[] = { keygen, "-F", name, "-f", path, NULL };
	int		home = file[0] == '~';

	if (strcmp(file, "none") == 0)
		return (0);
	if (strpbrk(file, "%$\"\\") != NULL || (home && (file[1] != '/' || known->home == NULL)) ||
	    (!home && file[0] != '/') ||
	    snprintf(path, sizeof(path), "%s%s%s", known->in->root, home ? known->home : "",
	    file + home) >= (int)sizeof(path))
		return (-1);
	if (access(path, R_OK) == -1)
		return (errno == ENOENT || errno == ENOTDIR ? 0 : -1);
	ssh_ask(argv, detect_left_ms(known->in), ask);
	if (ask->status == -1)
		return (-1);
	if (ask->out[0] == '\0')
		return (ask->status <= 1 ? 0 : -1);
	return (known_types(known, ask->out));
}

/* The ssh-keygen that belongs to ssh: 0, or -1 if there is none. */
static int
known_keygen(char path[PATH_MAX])
{
	if (env_ssh_find("/proc/self/exe", path) == -1 || strlcat(path, "-keygen", PATH_MAX) >= PATH_MAX ||
	    access(path, X_OK) == -1)
		strlcpy(path, "/usr/bin/ssh-keygen", PATH_MAX);
	return (access(path, X_OK));
}

int
ssh_known(struct ssh_known *known, const char *name)
{
	struct ssh_ask	 ask;
	char		 keygen[PATH_MAX], files[1024], *at = files, *file;
	int		 i, one, result = 0;

	known->types[0] = '\0';
	known->authority = known->key_count = 0;
	if (known_keygen(keygen) == -1 || strlcpy(files, known->files, sizeof(files)) >= sizeof(files))
		return (-1);
	for (i = 0; i < KNOWN_FILES_MAX && (file = strsep(&at, " ")) != NULL; i++) {
		if (file[0] == '\0')
			continue;
		if ((one = known_file(known, keygen, file, name, &ask)) == 1)
			result = 1;
		else if (one == -1 && result == 0)
			result = -1;
	}
	return (result);
}
