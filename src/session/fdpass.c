/* SPDX-License-Identifier: ISC */
/* Hands the connection to ssh over a unix socket. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/sock.h"
#include "session/fdpass.h"

int
fdpass_expected(int fd)
{
	struct sockaddr_storage	ss;
	socklen_t		len = sizeof(ss);
	char			byte;

	memset(&ss, 0, sizeof(ss));
	return (getsockname(fd, (struct sockaddr *)&ss, &len) == 0 && ss.ss_family == AF_UNIX &&
	    recv(fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT) <= 0);
}

void
fdpass_wait(int to, int limit_ms)
{
	int64_t	until_ms = clock_ms() + limit_ms;
	char	byte;

	while (sock_wait(to, POLLIN, until_ms) == 1 &&
	    recv(to, &byte, sizeof(byte), MSG_DONTWAIT) > 0)
		continue;
}

int
fdpass_send(int to, int fd, struct error *err)
{
	union {
		struct cmsghdr	header;
		char		bytes[CMSG_SPACE(sizeof(int))];
	}		 control;
	char		 byte = '\0';
	struct iovec	 iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr	 msg;
	struct cmsghdr	*cmsg;
	ssize_t		 n;

	if (sock_set_blocking(fd, 1) == -1) {
		error_errno(err, errno, "cannot hand over the connection");
		return (-1);
	}
	memset(&msg, 0, sizeof(msg));
	memset(&control, 0, sizeof(control));
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = control.bytes;
	msg.msg_controllen = sizeof(control.bytes);
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	while ((n = sendmsg(to, &msg, 0)) == -1 && errno == EINTR)
		continue;
	if (n != 1) {
		error_errno(err, errno, "cannot hand over the connection");
		return (-1);
	}
	return (0);
}
