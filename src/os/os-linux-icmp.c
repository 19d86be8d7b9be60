/* SPDX-License-Identifier: ISC */
/* What ICMP messages say of a connection on Linux: the socket's error queue, ip(7). */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include <linux/errqueue.h>
#include <netinet/in.h>

#include <stdio.h>
#include <string.h>

#include "os/os.h"

/* From Linux 5.8 on TCP has each message in the queue, so that an empty one says something. */
#define QUEUES_MAJOR	5
#define QUEUES_MINOR	8

void
os_icmp_keep(int fd, int keep)
{
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &keep, sizeof(keep)) == -1)
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &keep, sizeof(keep));
}

/* 1 if this kernel would have told. */
static int
icmp_told(void)
{
	struct utsname	uts;
	int		major, minor;

	return (uname(&uts) == 0 && sscanf(uts.release, "%d.%d", &major, &minor) == 2 &&
	    (major > QUEUES_MAJOR || (major == QUEUES_MAJOR && minor >= QUEUES_MINOR)));
}

/* One entry of the queue: 1 if it is a message of ICMP or ICMPv6. */
static int
icmp_entry(struct msghdr *msg, struct os_icmp *icmp)
{
	const struct sock_extended_err	*ee;
	struct cmsghdr			*cmsg;
	size_t				 len;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (!(cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_RECVERR) &&
		    !(cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_RECVERR))
			continue;
		if (cmsg->cmsg_len < CMSG_LEN(sizeof(*ee)))
			continue;
		ee = (const void *)CMSG_DATA(cmsg);
		if (ee->ee_origin != SO_EE_ORIGIN_ICMP && ee->ee_origin != SO_EE_ORIGIN_ICMP6)
			continue;
		memset(icmp, 0, sizeof(*icmp));
		icmp->type = ee->ee_type;
		icmp->code = ee->ee_code;
		/* The address of who sent it follows. */
		len = cmsg->cmsg_len - CMSG_LEN(sizeof(*ee));
		memcpy(&icmp->from, ee + 1, len < sizeof(icmp->from) ? len : sizeof(icmp->from));
		return (1);
	}
	return (0);
}

int
os_icmp(int fd, struct os_icmp *icmp)
{
	union {
		struct cmsghdr	 header;
		char		 bytes[512];
	}		 control;
	char		 data[256];
	struct iovec	 iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr	 msg;
	int		 found = 0;

	do {
		msg = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1,
		    .msg_control = &control, .msg_controllen = sizeof(control) };
		if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) == -1)
			break;
		found |= icmp_entry(&msg, icmp);
		/* Of a socket that has no such queue, its data is read instead. */
	} while (msg.msg_flags & MSG_ERRQUEUE);
	return (found || icmp_told() ? found : -1);
}
