/*
 * udptun IFNAME ADDRESS PORT: one end of a tunnel, as WireGuard's without the secrets: a TUN
 * interface whose packets go in UDP over IPv4 to the same port of ADDRESS. They go with DF and
 * whatever the kernel believes of the path's MTU, so one that is too long for the path outside
 * vanishes, and nobody inside is told.
 */

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>

#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PACKET_MAX 2048

static int
tun_open(const char *name)
{
	struct ifreq	ifr;
	int		fd;

	if ((fd = open("/dev/net/tun", O_RDWR)) == -1)
		err(1, "/dev/net/tun");
	memset(&ifr, 0, sizeof ifr);
	ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
	snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", name);
	if (ioctl(fd, TUNSETIFF, &ifr) == -1)
		err(1, "%s", name);
	return (fd);
}

static int
udp_open(const char *address, const char *port)
{
	struct sockaddr_in	sin;
	int			fd, probe = IP_PMTUDISC_PROBE;

	memset(&sin, 0, sizeof sin);
	sin.sin_family = AF_INET;
	sin.sin_port = htons((unsigned short)atoi(port));
	if ((fd = socket(AF_INET, SOCK_DGRAM, 0)) == -1)
		err(1, "socket");
	if (bind(fd, (struct sockaddr *)&sin, sizeof sin) == -1)
		err(1, "port %s", port);
	if (inet_pton(AF_INET, address, &sin.sin_addr) != 1)
		errx(64, "%s: no address", address);
	if (connect(fd, (struct sockaddr *)&sin, sizeof sin) == -1)
		err(1, "%s", address);
	if (setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof probe) == -1)
		err(1, "IP_MTU_DISCOVER");
	return (fd);
}

/* Both are full of packets that may be lost; the other end may not be there yet. */
static void
pass(int from, int to)
{
	static unsigned char	packet[PACKET_MAX];
	ssize_t			size;

	if ((size = read(from, packet, sizeof packet)) > 0 && write(to, packet, (size_t)size) == -1)
		warn("write");
}

int
main(int argc, char **argv)
{
	struct pollfd pfd[2];

	if (argc != 4)
		errx(64, "usage: udptun IFNAME ADDRESS PORT");
	pfd[0].fd = udp_open(argv[2], argv[3]);
	pfd[1].fd = tun_open(argv[1]);
	pfd[0].events = pfd[1].events = POLLIN;
	for (;;) {
		if (poll(pfd, 2, -1) == -1)
			err(1, "poll");
		if (pfd[0].revents != 0)
			pass(pfd[0].fd, pfd[1].fd);
		if (pfd[1].revents != 0)
			pass(pfd[1].fd, pfd[0].fd);
	}
}
