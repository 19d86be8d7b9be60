/* SPDX-License-Identifier: ISC */
/* Who listens on a port of this machine, on Linux. */

#include <sys/types.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"
#include "os/proc-net.h"

/*
 * sock_diag(7) tells the listeners at a port at once; for /proc/net/tcp the kernel walks its table
 * of all connections, which takes it 20 ms on a machine with much memory. But in some sandboxes
 * there is only the latter.
 */

#define LISTENING	0x0a	/* TCP_LISTEN, which is in libc's header only */
#define ROWS_MAX	16384
#define READS_MAX	64

struct question {
	struct nlmsghdr		header;
	struct inet_diag_req_v2	body;
};

/* What one more listener there makes of what is known so far. */
static enum os_listener
listener_add(enum os_listener so_far, const struct proc_net *row, const struct sockaddr *sa)
{
	if (so_far == OS_LISTENER_OTHERS || !row->listens || !proc_net_takes(row, sa))
		return (so_far);
	return (row->uid == 0 || row->uid == geteuid() ? OS_LISTENER_OURS : OS_LISTENER_OTHERS);
}

/* --- by netlink ------------------------------------------------------------------------------- */

static void
diag_row(const struct inet_diag_msg *msg, struct proc_net *row)
{
	memset(row, 0, sizeof(*row));
	if (msg->idiag_family == AF_INET) {
		row->address.s6_addr[10] = row->address.s6_addr[11] = 0xff;
		memcpy(row->address.s6_addr + 12, msg->id.idiag_src, sizeof(struct in_addr));
	} else
		memcpy(row->address.s6_addr, msg->id.idiag_src, sizeof(struct in6_addr));
	row->port = ntohs(msg->id.idiag_sport);
	row->listens = msg->idiag_state == LISTENING;
	row->uid = msg->idiag_uid;
}

/* Take one answer of several messages; 1 if it was the last, 0 if not, -1 if it is an error. */
static int
diag_take(struct nlmsghdr *nh, size_t len, const struct sockaddr *sa, enum os_listener *found)
{
	struct proc_net	row;

	for (; NLMSG_OK(nh, len); nh = NLMSG_NEXT(nh, len)) {
		if (nh->nlmsg_type == NLMSG_DONE)
			return (1);
		if (nh->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
		    nh->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
			return (-1);
		diag_row(NLMSG_DATA(nh), &row);
		*found = listener_add(*found, &row, sa);
	}
	return (0);
}

/* Ask for the listeners of this family: 0, or -1 if the kernel does not tell. */
static int
diag_ask(int fd, int family, const struct sockaddr *sa, enum os_listener *found)
{
	struct question	q;
	union {
		struct nlmsghdr	header;
		char		bytes[8192];
	}		answer;
	ssize_t		n;
	int		i, result = 0;

	memset(&q, 0, sizeof(q));
	q.header.nlmsg_len = sizeof(q);
	q.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	q.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	q.body.sdiag_family = (unsigned char)family;
	q.body.sdiag_protocol = IPPROTO_TCP;
	q.body.idiag_states = 1 << LISTENING;
	q.body.id.idiag_sport = sa->sa_family == AF_INET6 ?
	    ((const struct sockaddr_in6 *)(const void *)sa)->sin6_port :
	    ((const struct sockaddr_in *)(const void *)sa)->sin_port;
	if (send(fd, &q, sizeof(q), 0) != (ssize_t)sizeof(q))
		return (-1);
	/* The kernel goes on with its answer within recv(2), so nothing is to be waited for. */
	for (i = 0; i < READS_MAX && result == 0; i++) {
		if ((n = recv(fd, answer.bytes, sizeof(answer.bytes), MSG_DONTWAIT)) <= 0)
			return (-1);
		result = diag_take(&answer.header, (size_t)n, sa, found);
	}
	return (result == 1 ? 0 : -1);
}

static enum os_listener
listener_diag(const struct sockaddr *sa)
{
	enum os_listener	found = OS_LISTENER_NONE;
	int			fd;

	if ((fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)) == -1)
		return (OS_LISTENER_UNKNOWN);
	if (diag_ask(fd, AF_INET, sa, &found) == -1 || diag_ask(fd, AF_INET6, sa, &found) == -1)
		found = OS_LISTENER_UNKNOWN;
	close(fd);
	return (found);
}

/* --- by /proc --------------------------------------------------------------------------------- */

/* What this table adds to what is known so far; the file is closed. */
static enum os_listener
listener_table(FILE *fp, const struct sockaddr *sa, enum os_listener so_far)
{
	struct proc_net	row;
	char		line[512];
	int		i;

	for (i = 0; i < ROWS_MAX && fgets(line, sizeof(line), fp) != NULL; i++)
		if (proc_net_row(line, &row) == 0)
			so_far = listener_add(so_far, &row, sa);
	/* A machine with so many connections has not shown all of them. */
	if (ferror(fp) || i == ROWS_MAX)
		so_far = OS_LISTENER_UNKNOWN;
	fclose(fp);
	return (so_far);
}

static enum os_listener
listener_proc(const struct sockaddr *sa)
{
	enum os_listener	 found;
	FILE			*fp;

	if ((fp = fopen("/proc/self/net/tcp", "re")) == NULL ||
	    (found = listener_table(fp, sa, OS_LISTENER_NONE)) == OS_LISTENER_UNKNOWN)
		return (OS_LISTENER_UNKNOWN);
	/* A kernel without IPv6 has no such table. */
	if ((fp = fopen("/proc/self/net/tcp6", "re")) == NULL)
		return (errno == ENOENT ? found : OS_LISTENER_UNKNOWN);
	return (listener_table(fp, sa, found));
}

enum os_listener
os_listener(const struct sockaddr *sa)
{
	enum os_listener	found = listener_diag(sa);

	return (found != OS_LISTENER_UNKNOWN ? found : listener_proc(sa));
}
