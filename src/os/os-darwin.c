/* SPDX-License-Identifier: ISC */
/* What macOS does in a way of its own. */

#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysctl.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <copyfile.h>
#include <errno.h>
#include <mach-o/dyld.h>
#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

#include "os/os.h"

int
os_keepalive(int fd, int idle_s, int interval_s, int count, int dead_after_s)
{
	/* TCP_RXT_CONNDROPTIME bounds unanswered bytes. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPALIVE, &idle_s, sizeof(idle_s)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count)) == -1)
		return (-1);
	return (setsockopt(fd, IPPROTO_TCP, TCP_RXT_CONNDROPTIME, &dead_after_s,
	    sizeof(dead_after_s)));
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

int
os_attributes_copy(int from, int to)
{
	return (fcopyfile(from, to, NULL, COPYFILE_ACL | COPYFILE_XATTR));
}

int
os_exe_path(char *buf, size_t size)
{
	uint32_t	len = (uint32_t)size;

	return (_NSGetExecutablePath(buf, &len));
}

const char *
os_tailscale_gui(void)
{
	return ("");
}

void
os_keep_secret(void)
{
	const struct rlimit	none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
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
