/* SPDX-License-Identifier: ISC */
/* Processes and descriptors of macOS. */

#include <sys/types.h>
#include <sys/proc_info.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <sys/un.h>

#include <errno.h>
#include <libproc.h>
#include <mach-o/dyld.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "os/os.h"
#include "os/process-args.h"

#define PROCESSES_MAX	2000	/* looked at */
#define DESCRIPTORS_MAX	64	/* listed at a time */
#define FILES_MAX	1024	/* looked at */
/* Tailscale from the App Store; each user who is logged in may have one. */
#define GUI_PROCESS	"IPNExtension"
#define GUI_PROOF	".tailscale.ipn.macos/sameuserproof-"
#define GUI_MAX		4
/*
 * The kernel takes descriptors on their way for garbage once their sender has ended, so that the
 * receiver must have them before (unp_gc in xnu's uipc_usrreq.c).
 */
#define SENT_FD_MS	2000

int
os_sent_fd_ms(void)
{
	return (SENT_FD_MS);
}

pid_t
os_peer_pid(int fd)
{
	pid_t		pid;
	socklen_t	len = sizeof(pid);

	if (getsockopt(fd, SOL_LOCAL, LOCAL_PEERPID, &pid, &len) == -1 || len != sizeof(pid) ||
	    pid <= 0)
		return (-1);
	return (pid);
}

/* EINVAL for the processes of other users, root's among them. */
ssize_t
os_process_args(pid_t pid, char *buf, size_t size)
{
	int	 mib[] = { CTL_KERN, KERN_PROCARGS2, pid };
	int	 max_mib[] = { CTL_KERN, KERN_ARGMAX }, max;
	size_t	 len = sizeof(max);
	char	*args;
	ssize_t	 n = -1;

	if (sysctl(max_mib, 2, &max, &len, NULL, 0) == -1)
		return (-1);
	args = xmalloc((size_t)max);
	len = (size_t)max;
	if (sysctl(mib, 3, args, &len, NULL, 0) == 0)
		n = process_args_counted(args, len, buf, size);
	free(args);
	return (n);
}

/* 1 if it has this name, and is root's or this user's. */
static int
process_is(pid_t pid, const char *name)
{
	struct proc_bsdshortinfo	info;

	return (proc_pidinfo(pid, PROC_PIDT_SHORTBSDINFO, 0, &info, sizeof(info)) ==
	    (int)sizeof(info) && (info.pbsi_uid == 0 || info.pbsi_uid == geteuid()) &&
	    strncmp(info.pbsi_comm, name, sizeof(info.pbsi_comm)) == 0);
}

int
os_processes(const char *name, pid_t *list, int max)
{
	pid_t	*all = xcalloc(PROCESSES_MAX, sizeof(*all));
	int	 i, found, count = 0;

	found = proc_listallpids(all, PROCESSES_MAX * (int)sizeof(*all));
	for (i = 0; i < found && i < PROCESSES_MAX && count < max; i++)
		if (process_is(all[i], name))
			list[count++] = all[i];
	free(all);
	return (count);
}

/* 1 if the process, of this user, has a file open in whose path this text stands. */
static int
process_has_open(pid_t pid, const char *text, char *path, size_t size)
{
	struct proc_fdinfo		*open = xcalloc(FILES_MAX, sizeof(*open));
	struct vnode_fdinfowithpath	 file;
	int				 i, count, found = 0;

	count = proc_pidinfo(pid, PROC_PIDLISTFDS, 0, open, FILES_MAX * (int)sizeof(*open)) /
	    (int)sizeof(*open);
	for (i = 0; i < count && !found; i++)
		found = open[i].proc_fdtype == PROX_FDTYPE_VNODE &&
		    proc_pidfdinfo(pid, open[i].proc_fd, PROC_PIDFDVNODEPATHINFO, &file,
		    sizeof(file)) == (int)sizeof(file) &&
		    strstr(file.pvip.vip_path, text) != NULL &&
		    strlcpy(path, file.pvip.vip_path, size) < size;
	free(open);
	return (found);
}

/*
 * To look into the folder of another program, macOS asks the user, and the program waits; to see
 * what that has open is free.
 */
int
os_tailscale_gui(char *proof, size_t size)
{
	pid_t	running[GUI_MAX];
	int	i, count = os_processes(GUI_PROCESS, running, GUI_MAX);

	for (i = 0; i < count && !process_has_open(running[i], GUI_PROOF, proof, size); i++)
		continue;
	if (i == count)
		proof[0] = '\0';
	return (1);
}

int
os_exe_path(char *buf, size_t size)
{
	uint32_t	len = (uint32_t)size;

	/* The name that it was started by is a link that stays, where packages have such. */
	if (_NSGetExecutablePath(buf, &len) == 0 && buf[0] == '/')
		return (0);
	return (proc_pidpath(getpid(), buf, (uint32_t)size) > 0 ? 0 : -1);
}

/* The limit of descriptors may be some 100,000: only those that are open are closed. */
void
os_close_from(int from)
{
	struct proc_fdinfo	open[DESCRIPTORS_MAX];
	int			i, bytes, count, closed;

	do {
		bytes = proc_pidinfo(getpid(), PROC_PIDLISTFDS, 0, open, (int)sizeof(open));
		count = bytes / (int)sizeof(open[0]);
		for (closed = i = 0; i < count; i++)
			if (open[i].proc_fd >= from && close(open[i].proc_fd) == 0)
				closed++;
	} while (closed > 0);
}
