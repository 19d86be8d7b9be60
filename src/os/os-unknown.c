/* SPDX-License-Identifier: ISC */
/* The honest default for any other system. */

#include <sys/types.h>
#include <sys/resource.h>

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "os/os.h"

/* The honest default: a dead peer is noticed later, and ssh must find us by argv[0]. */

int
os_keepalive(int fd, int idle_s, int interval_s, int count, int dead_after_s)
{
	(void)fd;
	(void)idle_s;
	(void)interval_s;
	(void)count;
	(void)dead_after_s;
	errno = ENOSYS;
	return (-1);
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

int
os_attributes_copy(int from, int to)
{
	(void)from;
	(void)to;
	errno = ENOSYS;
	return (-1);
}

int
os_exe_path(char *buf, size_t size)
{
	(void)buf;
	(void)size;
	errno = ENOSYS;
	return (-1);
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
	(void)folder;
	return ("none");
}

void
os_boot_id(char *text, size_t size)
{
	(void)size;
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
