/* SPDX-License-Identifier: ISC */
/* What a server asks of Linux: sockets with others' addresses, the boot, the memory. */

#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "os/os.h"

int
os_transparent(int fd, int family)
{
	int	yes = 1;

	if (family == AF_INET6)
		return (setsockopt(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, &yes, sizeof(yes)));
	return (setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &yes, sizeof(yes)));
}

void
os_boot_id(char *text, size_t size)
{
	ssize_t	len = file_read("/proc/sys/kernel/random/boot_id", text, size - 1);

	text[len > 0 ? len : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

/* The smallest limit of our control group and of those that it is in, where there are such. */
static int64_t
memory_of_group(void)
{
	char	 groups[4096], path[PATH_MAX], text[32], *group, *end;
	int64_t	 least = INT64_MAX;
	ssize_t	 len;

	if ((len = file_read("/proc/self/cgroup", groups, sizeof(groups) - 1)) == -1)
		return (least);
	groups[len] = '\0';
	if ((group = strncmp(groups, "0::/", 4) == 0 ? groups + 3 : strstr(groups, "\n0::/")) == NULL)
		return (least);
	group += group[0] == '\n' ? 4 : 0;
	group[strcspn(group, "\n")] = '\0';
	for (; (end = strrchr(group, '/')) != NULL; *end = '\0') {
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.max", group);
		if ((len = file_read(path, text, sizeof(text) - 1)) <= 0)
			continue;
		text[len] = '\0';
		if (text[0] != 'm' && strtoll(text, NULL, 10) < least)	/* "max" is no limit */
			least = strtoll(text, NULL, 10);
	}
	return (least);
}

int64_t
os_memory(void)
{
	struct rlimit	limit;
	int64_t		all = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
	int64_t		least = memory_of_group();

	if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	    limit.rlim_cur < (rlim_t)least)
		least = (int64_t)limit.rlim_cur;
	return (all > 0 && all < least ? all : least);
}
