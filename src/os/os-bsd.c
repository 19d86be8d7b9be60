/* SPDX-License-Identifier: ISC */
/* What the BSDs do in a way of their own. */

#include <sys/types.h>
#ifdef __FreeBSD__
#include <sys/acl.h>
#endif
#include <sys/resource.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "os/os.h"

int
os_keepalive(int fd, int idle_s, int interval_s, int count, int dead_after_s)
{
	/* Nothing here bounds unanswered bytes, and OpenBSD has the system-wide times only. */
	(void)dead_after_s;
#ifdef TCP_KEEPIDLE
	if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s)) == -1)
		return (-1);
	return (setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count)));
#else
	(void)fd;
	(void)idle_s;
	(void)interval_s;
	(void)count;
	errno = ENOSYS;
	return (-1);
#endif
}

int
os_bind_device(int fd, int family, const char *name)
{
	(void)fd;
	(void)family;
	(void)name;
	errno = ENOSYS;
	return (-1);
}

int
os_rename(const char *from, const char *to, int swap)
{
	(void)from;
	(void)to;
	(void)swap;
	errno = ENOSYS;
	return (-1);
}

/*
 * Extended attributes are left out; where no file has an access control list, the mode says all
 * there is to say.
 */
int
os_attributes_copy(int from, int to)
{
#ifdef __FreeBSD__
	const int	 nfs4 = fpathconf(from, _PC_ACL_NFS4) == 1;
	const acl_type_t type = nfs4 ? ACL_TYPE_NFS4 : ACL_TYPE_ACCESS;
	acl_t		 acl;
	int		 result;

	if (!nfs4 && fpathconf(from, _PC_ACL_EXTENDED) != 1)
		return (0);
	if ((acl = acl_get_fd_np(from, type)) == NULL)
		return (-1);
	result = acl_set_fd_np(to, acl, type);
	acl_free(acl);
	return (result);
#else
	(void)from;
	(void)to;
	return (0);
#endif
}

int
os_exe_path(char *buf, size_t size)
{
	ssize_t	len;

	/* FreeBSD, DragonFly and NetBSD, where procfs is mounted; OpenBSD has no such path. */
	if ((len = readlink("/proc/curproc/exe", buf, size)) == -1 &&
	    (len = readlink("/proc/curproc/file", buf, size)) == -1)
		return (-1);
	if ((size_t)len >= size)
		return (-1);
	buf[len] = '\0';
	return (0);
}

const char *
os_tailscale_gui(void)
{
	return (NULL);
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
#ifdef __OpenBSD__
	/*
	 * "error": what is denied fails; a session does not die of a call that the C library makes
	 * one day.
	 */
	if (folder != NULL && unveil(folder, "rwc") == 0 && unveil(NULL, NULL) == 0 &&
	    pledge("error stdio rpath wpath cpath", NULL) == 0)
		return ("system calls and files");
	return (pledge("error stdio", NULL) == 0 ? "system calls and files" : "none");
#else
	/* FreeBSD's capsicum knows no paths, and the report of a failure is written to one. */
	(void)folder;
	return ("none");
#endif
}

const char *
os_sandbox_taking(const char *folder)
{
#ifdef __OpenBSD__
	if (unveil(folder, "rwc") == 0 && unveil(NULL, NULL) == 0 &&
	    pledge("error stdio inet recvfd cpath", NULL) == 0)
		return ("system calls and files");
	return ("none");
#else
	return (os_sandbox(folder));
#endif
}

const char *
os_sandbox_connecting(const char *folder)
{
	(void)folder;
#ifdef __OpenBSD__
	/* Files are not unveiled: where tailscaled's socket is may be said, and differs. */
	return (pledge("error stdio rpath wpath cpath inet dns unix proc route", NULL) == 0 ?
	    "system calls" : "none");
#else
	return ("none");
#endif
}

/* kern.boottime moves when the clock is set, so it does not tell. */
void
os_boot_id(char *text, size_t size)
{
	(void)size;
	text[0] = '\0';
}
