#include <sys/types.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

struct route_request {
	struct nlmsghdr	 header;
	struct rtmsg	 route;
	char		 attributes[RTA_SPACE(sizeof(struct in6_addr)) + RTA_SPACE(sizeof(int))];
};

static void
route_add(struct route_request *req, unsigned short type, const void *data, size_t len)
{
	struct rtattr	*rta = (void *)((char *)req + NLMSG_ALIGN(req->header.nlmsg_len));

	rta->rta_type = type;
	rta->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(rta), data, len);
	req->header.nlmsg_len = (unsigned int)(NLMSG_ALIGN(req->header.nlmsg_len) + RTA_SPACE(len));
}

/* rtnetlink(7), RTM_GETROUTE: one question, one answer. */
static enum os_route
route_answer(struct nlmsghdr *nh, size_t len)
{
	struct rtmsg	*rtm;
	struct rtattr	*rta;
	size_t		 left;

	if (len < NLMSG_LENGTH(sizeof(*rtm)) || nh->nlmsg_len > len || nh->nlmsg_len < NLMSG_LENGTH(sizeof(*rtm)) ||
	    nh->nlmsg_type != RTM_NEWROUTE)
		return (OS_ROUTE_UNKNOWN);
	rtm = NLMSG_DATA(nh);
	if (rtm->rtm_type == RTN_LOCAL)
		return (OS_ROUTE_LOCAL);
	if (rtm->rtm_type != RTN_UNICAST)
		return (OS_ROUTE_UNKNOWN);
	left = nh->nlmsg_len - NLMSG_LENGTH(sizeof(*rtm));
	for (rta = RTM_RTA(rtm); RTA_OK(rta, left); rta = RTA_NEXT(rta, left))
		if (rta->rta_type == RTA_GATEWAY || rta->rta_type == RTA_VIA)
			return (OS_ROUTE_GATEWAY);
	return (OS_ROUTE_ON_LINK);
}

enum os_route
os_route(const struct sockaddr *sa)
{
	const struct sockaddr_in	*in = (const void *)sa;
	const struct sockaddr_in6	*in6 = (const void *)sa;
	union {
		struct nlmsghdr	 header;
		char		 bytes[1024];
	}				 answer;
	struct route_request		 req;
	ssize_t				 n = -1;
	int				 fd;

	memset(&req, 0, sizeof(req));
	req.header.nlmsg_len = NLMSG_LENGTH(sizeof(req.route));
	req.header.nlmsg_type = RTM_GETROUTE;
	req.header.nlmsg_flags = NLM_F_REQUEST;
	req.route.rtm_family = (unsigned char)sa->sa_family;
	if (sa->sa_family == AF_INET) {
		req.route.rtm_dst_len = 32;
		route_add(&req, RTA_DST, &in->sin_addr, sizeof(in->sin_addr));
	} else {
		req.route.rtm_dst_len = 128;
		route_add(&req, RTA_DST, &in6->sin6_addr, sizeof(in6->sin6_addr));
		if (in6->sin6_scope_id != 0)
			route_add(&req, RTA_OIF, &in6->sin6_scope_id, sizeof(in6->sin6_scope_id));
	}
	if ((fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) == -1)
		return (OS_ROUTE_UNKNOWN);
	/* The kernel answers within send(2), so the answer is there or will never be. */
	if (send(fd, &req, req.header.nlmsg_len, 0) == (ssize_t)req.header.nlmsg_len)
		n = recv(fd, answer.bytes, sizeof(answer.bytes), MSG_DONTWAIT);
	close(fd);
	return (n == -1 ? OS_ROUTE_UNKNOWN : route_answer(&answer.header, (size_t)n));
}

int
os_keepalive(int fd, int idle_s, int interval_s, int count, int dead_after_s)
{
	unsigned int	user_timeout_ms = (unsigned int)dead_after_s * 1000;

	if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count)) == -1)
		return (-1);
	return (setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms, sizeof(user_timeout_ms)));
}

ssize_t
os_splice(int from, int to, size_t size)
{
	return (splice(from, NULL, to, NULL, size, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
}

int
os_pipe_enlarge(int fd, int size)
{
	/* The caller may have chosen a larger one. */
	if (fcntl(fd, F_GETPIPE_SZ) >= size)
		return (0);
	return (fcntl(fd, F_SETPIPE_SZ, size) == -1 ? -1 : 0);
}

pid_t
os_peer_pid(int fd)
{
	struct ucred	cred;
	socklen_t	len = sizeof(cred);

	/* unix(7): 0 if it lives in another process namespace. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1 || cred.pid <= 0)
		return (-1);
	return (cred.pid);
}

ssize_t
os_process_args(pid_t pid, char *buf, size_t size)
{
	char	path[64];
	ssize_t	len;
	int	fd;

	snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return (-1);
	len = read(fd, buf, size);
	close(fd);
	return (len);
}

const char *
os_tailscale_gui(void)
{
	return (NULL);
}

void
os_close_from(int fd)
{
	closefrom(fd);
}

int
os_exe_path(char *buf, size_t size)
{
	ssize_t	len;

	if ((len = readlink("/proc/self/exe", buf, size)) == -1 || (size_t)len >= size)
		return (-1);
	buf[len] = '\0';
	return (0);
}
