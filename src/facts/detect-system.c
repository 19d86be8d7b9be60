/* SPDX-License-Identifier: ISC */
/* Facts: the operating system, WSL, containers. */

#include <sys/types.h>
#include <sys/utsname.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/json.h"
#include "facts/detect.h"
#include "facts/env-wsl.h"
#include "facts/fact.h"
#include "facts/read.h"

#define WSL_VALUE	1024	/* bytes of a value in .wslconfig or wsl.conf, and the NUL */
#define WSLCONFIGS_MAX	16
#define NAME_BYTES	"abcdefghijklmnopqrstuvwxyz0123456789._-"	/* os-release(5), ID */
#define RTF_GATEWAY_BIT	0x2	/* in /proc/net/route */

/*
 * What wslinfo --networking-mode prints, but "wsl1"; "virtioproxy" has been "consomme" since 2.9.0.
 */
static const char	modes[][12] = { "nat", "mirrored", "bridged", "consomme", "virtioproxy",
			    "none" };

/* Files that container programs put into what they run. */
static const struct container_trace {
	char	path[24];
	char	name[8];
} container_traces[] = {
	{ "/.dockerenv",		"docker" },
	{ "/run/.containerenv",		"podman" },
	{ "/var/run/.containerenv",	"podman" }
};

static void
system_put_kernel(json_t *facts, const char *root)
{
	struct utsname	uts;
	char		release[128] = "", os[64] = "", *c;

	if (uname(&uts) != -1) {
		strlcpy(os, uts.sysname, sizeof(os));
		if (root[0] == '\0')
			strlcpy(release, uts.release, sizeof(release));
	}
	read_first_line(root, "/proc/sys/kernel/ostype", os, sizeof(os));
	read_first_line(root, "/proc/sys/kernel/osrelease", release, sizeof(release));
	for (c = os; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	if (os[0] != '\0')
		fact_put_text(facts, "system.os", os);
	if (release[0] != '\0')
		fact_put_text(facts, "system.release", release);
}

/* os-release(5): "ID=nixos", the value with quotes or without. */
static void
system_put_distribution(json_t *facts, const char *root)
{
	FILE	*fp = read_open(root, "/etc/os-release");
	char	 line[256], id[64] = "", *value;

	while (fp != NULL && read_line(fp, line, sizeof(line)))
		if (strncmp(line, "ID=", 3) == 0) {
			value = line + 3 + strspn(line + 3, "\"'");
			value[strcspn(value, "\"'")] = '\0';
			strlcpy(id, value, sizeof(id));
		}
	if (fp != NULL)
		fclose(fp);
	id[strspn(id, NAME_BYTES)] = '\0';
	if (id[0] != '\0')
		fact_put_text(facts, "system.distribution", id);
}

/* systemd and others name the container they made to its first process: "container=lxc". */
static void
container_of_init(const char *root, char name[32])
{
	FILE	*fp;
	char	 env[4096], *at, *end;
	size_t	 len;

	if (read_first_line(root, "/run/systemd/container", name, 32) == 0 ||
	    (fp = read_open(root, "/proc/1/environ")) == NULL)
		return;
	len = fread(env, 1, sizeof(env) - 1, fp);
	fclose(fp);
	env[len] = '\0';
	for (at = env, end = env + len; at < end; at += strlen(at) + 1)
		if (strncmp(at, "container=", 10) == 0)
			strlcpy(name, at + 10, 32);
}

static void
system_put_container(json_t *facts, const char *root)
{
	char	name[32] = "";
	size_t	i;

	for (i = 0; i < sizeof(container_traces) / sizeof(container_traces[0]) && name[0] == '\0';
	    i++)
		if (read_exists(root, container_traces[i].path))
			strlcpy(name, container_traces[i].name, sizeof(name));
	if (name[0] == '\0')
		container_of_init(root, name);
	/* What comes from an environment may be more than a name. */
	name[strspn(name, NAME_BYTES)] = '\0';
	if (name[0] != '\0')
		fact_put_text(facts, "system.container", name);
}

/* Opened and closed again, it makes no device. */
static void
system_put_tun(json_t *facts, const char *root)
{
	const char	*os = fact_text(facts, "system.os");
	char		 path[PATH_MAX];
	int		 fd;

	if (os == NULL || strcmp(os, "linux") != 0)
		return;
	snprintf(path, sizeof(path), "%s/dev/net/tun", root);
	if ((fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)) != -1)
		close(fd);
	else if (errno != ENOENT && errno != ENODEV && errno != ENXIO && errno != EPERM)
		return;		/* EACCES: root, as whom tailscaled runs, may have it */
	fact_put_truth(facts, "system.tun", fd != -1);
}

/* The mode of this name, or NULL. */
static const char *
mode_of(const char *word, size_t len)
{
	size_t	i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strlen(modes[i]) == len && strncasecmp(modes[i], word, len) == 0)
			return (modes[i]);
	return (NULL);
}

static const char *
mode_by_wslinfo(const struct detect_input *in)
{
	static const char	places[][20] = { "/usr/bin/wslinfo", "/bin/wslinfo" };
	const char		*argv[] = { NULL, "--networking-mode", NULL };
	char			 path[PATH_MAX], out[64];
	size_t			 i;

	argv[0] = path;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", in->root, places[i]);
		if (access(path, X_OK) == 0)
			return (read_command(argv, detect_left_ms(in), out, sizeof(out)) == -1 ?
			    NULL :
			    mode_of(out, strcspn(out, " \r\n")));
	}
	return (NULL);
}

/* WSL's NAT gives 172.16.0.0/12, and the first address of that network to Windows. */
static int
routed_by_nat(const char *root)
{
	FILE		*fp = read_open(root, "/proc/net/route");
	char		 line[256];
	unsigned int	 to, by, flags;
	unsigned char	 ip[4];
	int		 found = 0;

	while (fp != NULL && !found && read_line(fp, line, sizeof(line))) {
		if (sscanf(line, "eth0 %8x %8x %4x", &to, &by, &flags) != 3 || to != 0 ||
		    (flags & RTF_GATEWAY_BIT) == 0)
			continue;
		memcpy(ip, &by, sizeof(ip));
		found = ip[0] == 172 && (ip[1] & 0xf0) == 16 && (ip[3] & 0x0f) == 1;
	}
	if (fp != NULL)
		fclose(fp);
	return (found);
}

/* 1 if the loopback interface is the only one; 0 if that cannot be seen, too. */
static int
only_loopback(const char *root)
{
	const struct dirent	*entry;
	char			 path[PATH_MAX];
	DIR			*dir;
	int			 lo = 0, others = 0;

	snprintf(path, sizeof(path), "%s/sys/class/net", root);
	if ((dir = opendir(path)) == NULL)
		return (0);
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, "lo") == 0)
			lo = 1;
		else
			others += entry->d_name[0] != '.';
	closedir(dir);
	return (lo && others == 0);
}

static const char *
mode_by_interfaces(const char *root)
{
	if (read_exists(root, "/sys/class/net/loopback0"))
		return ("mirrored");
	return (routed_by_nat(root) ? "nat" : only_loopback(root) ? "none" : NULL);
}

/* The value in the text, as WSL reads it: "#" begins a comment, but not in quotes. */
static void
wsl_value(const char *from, char value[WSL_VALUE])
{
	size_t	len = 0;
	int	quoted = 0;

	for (from += strspn(from, " \t"); *from != '\0' && (quoted || *from != '#') &&
	    len < WSL_VALUE - 1; from++)
		if (*from == '"')
			quoted = !quoted;
		else {
			if (from[0] == '\\' && from[1] != '\0')
				from++;
			value[len++] = *from;
		}
	while (len > 0 && strchr(" \t", value[len - 1]) != NULL)
		len--;
	value[len] = '\0';
}

/*
 * The next line "key = value" of a section of a .wslconfig or wsl.conf file: 1, or 0 at the end.
 * The section is "" before the first line.
 */
static int
wsl_next(FILE *fp, char section[16], char key[32], char value[WSL_VALUE])
{
	char	line[WSL_VALUE + 64], *at, *equals;

	while (read_line(fp, line, sizeof(line))) {
		/* Windows' editors may put a byte order mark first. */
		at = line + (strncmp(line, "\xef\xbb\xbf", 3) == 0 ? 3 : 0);
		at += strspn(at, " \t");
		if (*at == '[') {
			snprintf(section, 16, "%.*s", (int)strcspn(at + 1, "]"), at + 1);
			continue;
		}
		if (!isalpha((unsigned char)*at) || (equals = strchr(at, '=')) == NULL)
			continue;
		snprintf(key, 32, "%.*s", (int)strcspn(at, " \t="), at);
		wsl_value(equals + 1, value);
		return (1);
	}
	return (0);
}

/* What networkingMode in the section [wsl2] says; "" if it is not there. */
static void
wslconfig_read(FILE *fp, char wish[12])
{
	const char	*mode;
	char		 section[16] = "", key[32], value[WSL_VALUE];

	wish[0] = '\0';
	/* Of several WSL takes the first. */
	while (wish[0] == '\0' && wsl_next(fp, section, key, value))
		if (strcasecmp(section, "wsl2") == 0 && strcasecmp(key, "networkingMode") == 0 &&
		    (mode = mode_of(value, strlen(value))) != NULL)
			strlcpy(wish, mode, 12);
}

/* The interface whose MTU this command sets, as `ip link set dev NAME mtu N` does; 0 if none. */
static int
command_mtu(const char *command, char name[16])
{
	const char	*at = strstr(command, "ip link set ");
	int		 mtu = 0;

	if (at == NULL || (sscanf(at, "ip link set dev %15s mtu %d", name, &mtu) != 2 &&
	    sscanf(at, "ip link set %15s mtu %d", name, &mtu) != 2))
		return (0);
	return (mtu);
}

/*
 * What [boot] in wsl.conf says, where the first line of a key counts. The command may have secrets
 * in it, and is not told.
 */
static void
system_put_boot(json_t *facts, const char *root)
{
	char	 section[16] = "", key[32], value[WSL_VALUE], name[16];
	FILE	*fp = read_open(root, "/etc/wsl.conf");
	int	 mtu;

	if (fp == NULL)
		return;
	while (wsl_next(fp, section, key, value)) {
		if (strcasecmp(section, "boot") != 0)
			continue;
		if (strcasecmp(key, "systemd") == 0 &&
		    fact_at(facts, "system.wsl_boot.systemd") == NULL)
			fact_put_truth(facts, "system.wsl_boot.systemd",
			    strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0);
		if (strcasecmp(key, "command") != 0 ||
		    fact_at(facts, "system.wsl_boot.command") != NULL)
			continue;
		fact_put_truth(facts, "system.wsl_boot.command", value[0] != '\0');
		if ((mtu = command_mtu(value, name)) != 0) {
			fact_put_text(facts, "system.wsl_boot.interface", name);
			fact_put_number(facts, "system.wsl_boot.mtu", mtu);
		}
	}
	fclose(fp);
}

/*
 * Whose Windows account this WSL belongs to is not known from here: only what all of them say is
 * told.
 */
static void
system_put_wish(json_t *facts, const char *root)
{
	glob_t	 found;
	char	 wish[12] = "", next[12];
	FILE	*fp;
	size_t	 count = read_glob(root, "/mnt/c/Users/*/.wslconfig", &found), i;
	int	 agreed = 1;

	for (i = 0; i < count && i < WSLCONFIGS_MAX; i++) {
		if ((fp = read_open("", found.gl_pathv[i])) == NULL)
			continue;
		wslconfig_read(fp, next);
		fclose(fp);
		agreed = agreed && (wish[0] == '\0' || strcmp(wish, next) == 0);
		if (wish[0] == '\0')
			strlcpy(wish, next, sizeof(wish));
	}
	globfree(&found);
	if (agreed && wish[0] != '\0')
		fact_put_text(facts, "system.wsl_mode_wanted", wish);
}

static void
system_put_wsl(json_t *facts, const struct detect_input *in)
{
	const char	*mode, *source = "wslinfo";
	int		 wsl = env_wsl(in->root);

	fact_put_number(facts, "system.wsl", wsl);
	/* The network of a container within WSL is its own. */
	if (wsl != 2 || fact_at(facts, "system.container") != NULL)
		return;
	if ((mode = mode_by_wslinfo(in)) == NULL) {
		mode = mode_by_interfaces(in->root);
		source = "interfaces";
	}
	if (mode != NULL) {
		fact_put_text(facts, "system.wsl_mode", mode);
		fact_put_text(facts, "system.wsl_mode_source", source);
	}
	system_put_wish(facts, in->root);
	system_put_boot(facts, in->root);
}

static void
system_detect(json_t *facts, const struct detect_input *in)
{
	int	systemd = read_exists(in->root, "/run/systemd/system");	/* sd_booted(3) */

	system_put_kernel(facts, in->root);
	system_put_distribution(facts, in->root);
	system_put_container(facts, in->root);
	system_put_wsl(facts, in);
	system_put_tun(facts, in->root);
	fact_put_truth(facts, "system.root", geteuid() == 0);
	fact_put_truth(facts, "system.systemd", systemd);
}

const struct detector detect_system = {
	.name = "system",
	.detect = system_detect
};
