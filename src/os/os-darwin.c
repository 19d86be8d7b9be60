/* SPDX-License-Identifier: ISC */
/* What macOS does in a way of its own. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/sysctl.h>

#include <net/if.h>
#include <netinet/in.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/os.h"

/* Local network privacy came with macOS 15; root is free of it (Apple TN3179). */
int
os_neighbors_guarded(void)
{
	char	version[32];
	size_t	len = sizeof(version) - 1;

	if (geteuid() == 0 || sysctlbyname("kern.osproductversion", version, &len, NULL, 0) == -1)
		return (0);
	version[len] = '\0';
	return (strtol(version, NULL, 10) >= 15);
}

int
os_bind_device(int fd, int family, const char *name)
{
	unsigned int	index = if_nametoindex(name);

	if (index == 0)
		return (-1);
	return (family == AF_INET6 ?
	    setsockopt(fd, IPPROTO_IPV6, IPV6_BOUND_IF, &index, sizeof(index)) :
	    setsockopt(fd, IPPROTO_IP, IP_BOUND_IF, &index, sizeof(index)));
}

int
os_rename(const char *from, const char *to, int swap)
{
	if (renamex_np(from, to, swap ? RENAME_SWAP : RENAME_EXCL) == 0)
		return (0);
	if (errno == ENOTSUP)
		errno = ENOSYS;	/* the file system */
	return (-1);
}

const char *
os_sandbox(const char *folder)
{
	(void)folder;
	return ("none");
}

void
os_boot_id(char *text, size_t size)
{
	size_t	len = size;

	if (sysctlbyname("kern.bootsessionuuid", text, &len, NULL, 0) == -1)
		text[0] = '\0';
}

const char *
os_sandbox_taking(const char *folder)
{
	return (os_sandbox(folder));
}

const char *
os_sandbox_connecting(const char *folder)
{
	return (os_sandbox(folder));
}
