/* SPDX-License-Identifier: ISC */
/* What macOS does in a way of its own. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/sysctl.h>

#include <net/if.h>
#include <netinet/in.h>

#include <copyfile.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "os/os.h"

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

int
os_attributes_copy(int from, int to)
{
	return (fcopyfile(from, to, NULL, COPYFILE_ACL | COPYFILE_XATTR));
}

const char *
os_tailscale_gui(void)
{
	return ("");
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
