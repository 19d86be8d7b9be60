/* SPDX-License-Identifier: ISC */
/* How a connection gets from the listener to the session that it belongs to. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "net/sock.h"
#include "serve/door.h"
#include "serve/serve.h"

#define DOOR_NAME	(2 * RESUME_ID_BYTES)

/* 1 if that could be the name of a session's socket. */
static int
door_names(const char *name)
{
	return (strlen(name) == DOOR_NAME && strspn(name, "0123456789abcdef") == DOOR_NAME);
}

/* 1 if there is nothing in the folder but sockets of sessions. */
static int
door_alone(const struct serve *serve)
{
	struct dirent	*entry;
	DIR		*dir;
	int		 alone = 1;

	if ((dir = opendir(serve->run)) == NULL)
		return (0);
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    !door_names(entry->d_name))
			alone = 0;
	closedir(dir);
	return (alone);
}

int
door_folder(const struct serve *serve, struct error *err)
{
	struct stat	sb;

	if ((mkdir(serve->run, 0700) == -1 && errno != EEXIST) || lstat(serve->run, &sb) == -1) {
		error_errno(err, errno, serve->run);
		return (-1);
	}
	if (!S_ISDIR(sb.st_mode) || sb.st_uid != geteuid()) {
		error_set(err, CODE_PERMISSION, "%s is not a folder of this user", serve->run);
		return (-1);
	}
	if ((sb.st_mode & 077) == 0)
		return (0);
	/* Service managers make it readable for all; but it may be the system's own. */
	if (!door_alone(serve)) {
		error_set(err, CODE_PERMISSION,
		    "%s is open to other users, and has other files in it", serve->run);
		return (-1);
	}
	if (chmod(serve->run, 0700) == 0)
		return (0);
	error_errno(err, errno, serve->run);
	return (-1);
}

/* The address of a session's socket, by the name in the folder. */
static void
door_address(const struct serve *serve, const char *name, struct sockaddr_un *sun)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	snprintf(sun->sun_path, sizeof(sun->sun_path), "%s/%s", serve->run, name);
}

static void
door_name(const uint8_t id[RESUME_ID_BYTES], char name[DOOR_NAME + 1])
{
	int	i;

	for (i = 0; i < RESUME_ID_BYTES; i++)
		snprintf(name + 2 * i, 3, "%02x", id[i]);
}

static int
door_socket(void)
{
	int	fd;

	if ((fd = socket(AF_UNIX, SOCK_DGRAM, 0)) == -1)
		return (-1);
	if (sock_set_blocking(fd, 0) == 0)
		return (fd);
	file_close(fd);
	return (-1);
}

int
door_open(const struct serve *serve, const uint8_t id[RESUME_ID_BYTES])
{
	struct sockaddr_un	sun;
	char			name[DOOR_NAME + 1];
	int			fd;

	door_name(id, name);
	door_address(serve, name, &sun);
	if ((fd = door_socket()) == -1)
		return (-1);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return (fd);
	file_close(fd);
	return (-1);
}

void
door_remove(const struct serve *serve, const uint8_t id[RESUME_ID_BYTES])
{
	struct sockaddr_un	sun;
	char			name[DOOR_NAME + 1];

	door_name(id, name);
	door_address(serve, name, &sun);
	unlink(sun.sun_path);
}

enum resume_status
door_hand(const struct serve *serve, const uint8_t id[RESUME_ID_BYTES],
    const uint8_t hello[RESUME_HELLO_BYTES], int fd)
{
	struct sockaddr_un	 sun;
	char			 name[DOOR_NAME + 1];
	union {
		struct cmsghdr	 align;
		char		 bytes[CMSG_SPACE(sizeof(int))];
	}			 control;
	struct iovec		 iov = { (void *)(uintptr_t)hello, RESUME_HELLO_BYTES };
	struct msghdr		 msg = { .msg_name = &sun, .msg_namelen = sizeof(sun),
				    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
				    .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr		*cmsg = &control.align;
	int			 out, error;

	door_name(id, name);
	door_address(serve, name, &sun);
	memset(&control, 0, sizeof(control));
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if ((out = door_socket()) == -1)
		return (RESUME_BUSY);
	error = sendmsg(out, &msg, 0) == RESUME_HELLO_BYTES ? 0 : errno;
	close(out);
	if (error == 0)
		return (RESUME_OK);
	/* A process that died leaves its name. */
	if (error == ECONNREFUSED)
		unlink(sun.sun_path);
	return (error == ENOENT || error == ECONNREFUSED ? RESUME_UNKNOWN : RESUME_BUSY);
}

int
door_take(int door, uint8_t hello[RESUME_HELLO_BYTES])
{
	union {
		struct cmsghdr	 align;
		char		 bytes[CMSG_SPACE(sizeof(int))];
	}			 control;
	struct iovec		 iov = { hello, RESUME_HELLO_BYTES };
	/* FreeBSD drops what has no room for its padding, too. */
	struct msghdr		 msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
				    .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr		*cmsg;
	ssize_t			 n;
	size_t			 count = 0;
	int			 fds[sizeof(control.bytes) / sizeof(int)];

	if ((n = recvmsg(door, &msg, 0)) == -1)
		return (-1);
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg != NULL && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS) {
		count = ((size_t)cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(cmsg), count * sizeof(int));
	}
	if (n == RESUME_HELLO_BYTES && count == 1)
		return (fds[0]);
	/* In the padding there may be another one. */
	while (count > 0)
		close(fds[--count]);
	return (-1);
}

/* 1 if there is no process behind that name. */
static int
door_dead(const struct sockaddr_un *sun)
{
	int	fd, dead;

	if ((fd = door_socket()) == -1)
		return (0);
	dead = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == -1 &&
	    errno == ECONNREFUSED;
	close(fd);
	return (dead);
}

int
door_count(const struct serve *serve)
{
	struct sockaddr_un	 sun;
	struct dirent		*entry;
	DIR			*dir;
	int			 n = 0;

	if ((dir = opendir(serve->run)) == NULL)
		return (0);
	while ((entry = readdir(dir)) != NULL) {
		if (!door_names(entry->d_name))
			continue;
		door_address(serve, entry->d_name, &sun);
		if (door_dead(&sun))
			unlink(sun.sun_path);
		else
			n++;
	}
	closedir(dir);
	return (n);
}
