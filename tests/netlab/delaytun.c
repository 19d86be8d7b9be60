/*
 * delaytun IFNAME MILLISECONDS: a TUN interface that gives each packet back as it came, so many
 * milliseconds later. A router that sends what it forwards through it has a longer line; the
 * queueing discipline netem, made for this, is not in every kernel.
 */

#include <sys/ioctl.h>

#include <linux/if_tun.h>
#include <net/if.h>

#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PACKETS 16384	/* that are under way at the same time; one more is lost, as on any line */
#define PACKET_MAX 1600

struct packet {
	long long	 due;
	ssize_t		 size;
	unsigned char	 data[PACKET_MAX];
};

/* A ring: from first up to, and without, next. */
static struct packet	ring[PACKETS];
static size_t		first, next;

static long long
now(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(1, "clock_gettime");
	return (ts.tv_sec * 1000000000LL + ts.tv_nsec);
}

static int
tun_open(const char *name)
{
	struct ifreq	ifr;
	int		fd;

	if ((fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK)) == -1)
		err(1, "/dev/net/tun");
	memset(&ifr, 0, sizeof ifr);
	ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
	snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", name);
	if (ioctl(fd, TUNSETIFF, &ifr) == -1)
		err(1, "%s", name);
	return (fd);
}

/*
 * All that is there. Without room, it is read into the last place again and again, so that the poll
 * does not spin.
 */
static void
take(int fd, long long delay)
{
	struct packet *packet;

	for (;;) {
		packet = &ring[next];
		if ((packet->size = read(fd, packet->data, sizeof packet->data)) <= 0)
			return;
		packet->due = now() + delay;
		if ((next + 1) % PACKETS != first)
			next = (next + 1) % PACKETS;
	}
}

/* All that is due. What the kernel does not take is lost. */
static void
give(int fd)
{
	while (first != next && ring[first].due <= now()) {
		if (write(fd, ring[first].data, (size_t)ring[first].size) == -1)
			warn("write");
		first = (first + 1) % PACKETS;
	}
}

int
main(int argc, char **argv)
{
	struct pollfd	 pfd;
	struct timespec	 ts, *timeout;
	long long	 delay, wait;

	if (argc != 3)
		errx(64, "usage: delaytun IFNAME MILLISECONDS");
	pfd.fd = tun_open(argv[1]);
	pfd.events = POLLIN;
	delay = (long long)(atof(argv[2]) * 1e6);
	for (;;) {
		timeout = NULL;
		if (first != next) {
			if ((wait = ring[first].due - now()) < 0)
				wait = 0;
			ts.tv_sec = wait / 1000000000;
			ts.tv_nsec = wait % 1000000000;
			timeout = &ts;
		}
		if (ppoll(&pfd, 1, timeout, NULL) == -1)
			err(1, "ppoll");
		give(pfd.fd);
		take(pfd.fd, delay);
	}
}
