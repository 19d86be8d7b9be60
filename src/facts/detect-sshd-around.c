/* SPDX-License-Identifier: ISC */
/* Facts: what stands around sshd: firewall files, Windows. */

#include <sys/types.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/json.h"
#include "facts/detect-sshd.h"
#include "facts/fact.h"
#include "facts/read.h"

#define NETSH		"/mnt/c/Windows/System32/netsh.exe"
#define WINDOWS_SSH	"/mnt/c/ProgramData/ssh"

/* The firewalls' own files, and what tells that they are in force. */
static const struct firewall {
	char	files[32];	/* glob(3) */
	char	active[64];
	char	line[16];	/* that has to stand in there; "": it is enough that it exists */
} firewalls[] = {
	{ "/etc/nftables.conf", "/etc/systemd/system/sysinit.target.wants/nftables.service", "" },
	{ "/etc/nftables.conf", "/etc/systemd/system/multi-user.target.wants/nftables.service",
	    "" },
	{ "/etc/ufw/user*.rules", "/etc/ufw/ufw.conf", "ENABLED=yes" },
	{ "/etc/firewalld/zones/*.xml",
	    "/etc/systemd/system/multi-user.target.wants/firewalld.service", "" }
};

/* Interfaces of meshes that come and go: a name of these, and a number. */
static const char	mesh_interfaces[][12] = { "tailscale", "wg" };

/* A row of netsh's table: what Windows listens on, and where it connects to. */
struct portproxy {
	char	listen[64];
	char	listen_port[8];
	char	address[64];
	char	port[8];
};

static void
firewall_put(json_t *facts, const char *name, const char *file)
{
	fact_put_text(facts, "sshd.firewall_missing_interface", name);
	fact_put_text(facts, "sshd.firewall_file", file);
}

static int
firewall_active(const struct firewall *firewall, const char *root)
{
	FILE	*fp;
	char	 line[256];
	int	 found = 0;

	if (firewall->line[0] == '\0')
		return (read_exists(root, firewall->active));
	if ((fp = read_open(root, firewall->active)) == NULL)
		return (0);
	while (!found && read_line(fp, line, sizeof(line)))
		found = strcmp(line, firewall->line) == 0;
	fclose(fp);
	return (found);
}

/* 1 if the word is the name of a mesh's interface, like "tailscale0". */
static int
is_mesh_interface(const char *word)
{
	size_t	i, len;

	for (i = 0; i < sizeof(mesh_interfaces) / sizeof(mesh_interfaces[0]); i++) {
		len = strlen(mesh_interfaces[i]);
		if (strncmp(word, mesh_interfaces[i], len) == 0 &&
		    isdigit((unsigned char)word[len]) &&
		    strspn(word + len, "0123456789") == strlen(word + len))
			return (1);
	}
	return (0);
}

/* The first such interface that the file names and that is not there: 1, or 0 if there is none. */
static int
firewall_missing(const char *root, const char *file, char name[16])
{
	static const char	 between[] = " \t\"'{},;=<>/:()!";
	FILE			*fp = read_open("", file);
	char			 line[1024], path[64], *at, *word;
	int			 missing = 0;

	while (fp != NULL && !missing && read_line(fp, line, sizeof(line))) {
		/* In nftables.conf, and in ufw's, whose own notes stand behind "###". */
		line[strcspn(line, "#")] = '\0';
		for (at = line; !missing && (word = strsep(&at, between)) != NULL;) {
			if (strlen(word) >= 16 || !is_mesh_interface(word))
				continue;
			snprintf(path, sizeof(path), "/sys/class/net/%s", word);
			missing = !read_exists(root, path);
			strlcpy(name, word, 16);
		}
	}
	if (fp != NULL)
		fclose(fp);
	return (missing);
}

void
detect_sshd_firewall(json_t *facts, const char *root)
{
	const struct firewall	*row;
	glob_t			 found;
	char			 name[16];
	size_t			 count, n, i;
	int			 missing = 0;

	if (!read_exists(root, "/sys/class/net/lo"))
		return;
	for (n = 0; n < sizeof(firewalls) / sizeof(firewalls[0]) && !missing; n++) {
		row = &firewalls[n];
		if (!firewall_active(row, root))
			continue;
		count = read_glob(root, row->files, &found);
		for (i = 0; i < count && !missing; i++)
			if ((missing = firewall_missing(root, found.gl_pathv[i], name)) != 0)
				firewall_put(facts, name, found.gl_pathv[i] + strlen(root));
		globfree(&found);
	}
}

/* 1 if an interface of this machine has the address; by what the detector "net" has seen. */
static int
is_ours(const json_t *facts, const char *address)
{
	const json_t	*interface, *one;
	size_t		 i, n;

	json_array_foreach(fact_at(facts, "net.interfaces"), i, interface)
		json_array_foreach(json_at(interface, "addresses"), n, one)
			if (strcmp(json_string_value(one), address) == 0)
				return (1);
	return (0);
}

/* 1 if it leads to where WSL's NAT puts its guests, 172.16.0.0/12, and to a port of sshd's. */
static int
portproxy_is_wsl(const struct portproxy *row, const struct sshd_config *config)
{
	unsigned int	a, b;
	int		i, port = addr_port(row->port);

	if (addr_port(row->listen_port) == -1 || sscanf(row->address, "%3u.%3u.", &a, &b) != 2 ||
	    a != 172 || (b & ~15u) != 16)
		return (0);
	for (i = 0; i < config->port_count; i++)
		if (config->ports[i] == port)
			return (1);
	return (config->port_count == 0 && port == 22);
}

static void
portproxy_put(json_t *facts, const struct portproxy *row)
{
	fact_put_text(facts, "sshd.windows_portproxy.address", row->address);
	fact_put_text(facts, "sshd.windows_portproxy.port", row->port);
	fact_put_text(facts, "sshd.windows_portproxy.listen_address", row->listen);
	fact_put_text(facts, "sshd.windows_portproxy.listen_port", row->listen_port);
	fact_put_truth(facts, "sshd.windows_portproxy.matches", is_ours(facts, row->address));
}

/* The headings are in the language of Windows: rows are told by their numbers. */
static void
windows_put_portproxy(json_t *facts, const struct sshd_config *config,
    const struct detect_input *in)
{
	const char		*argv[] = { NULL, "interface", "portproxy", "show", "v4tov4",
				    NULL };
	struct portproxy	 row;
	char			 path[PATH_MAX], out[8192], *at = out, *line;

	snprintf(path, sizeof(path), "%s%s", in->root, NETSH);
	argv[0] = path;
	if (fact_at(facts, "net.interfaces") == NULL ||
	    read_command(argv, detect_left_ms(in), out, sizeof(out)) == -1)
		return;
	while ((line = strsep(&at, "\r\n")) != NULL)
		if (sscanf(line, "%63s %7s %63s %7s", row.listen, row.listen_port, row.address,
		    row.port) == 4 && portproxy_is_wsl(&row, config)) {
			portproxy_put(facts, &row);
			return;
		}
}

/*
 * Where OpenSSH for Windows wants the keys of administrators, if it does: its sshd_config says so
 * by default.
 */
static void
windows_put_admin_keys(json_t *facts, const char *root)
{
	FILE	*fp = read_open(root, WINDOWS_SSH "/sshd_config");
	char	 line[512];
	int	 wanted = 0, there;

	if (fp == NULL)
		return;
	while (read_line(fp, line, sizeof(line)))
		wanted |= line[strspn(line, " \t")] != '#' &&
		    strcasestr(line, "administrators_authorized_keys") != NULL;
	fclose(fp);
	/*
	 * The file is closed to others than administrators: that it cannot be seen is not that it
	 * is not there.
	 */
	there = read_exists(root, WINDOWS_SSH "/administrators_authorized_keys");
	if (wanted && (there || errno == ENOENT))
		fact_put_truth(facts, "sshd.windows_admin_keys", there);
}

void
detect_sshd_windows(json_t *facts, const struct sshd_config *config, const struct detect_input *in)
{
	const char	*mode = fact_text(facts, "system.wsl_mode");

	if (fact_number(facts, "system.wsl", 0) == 0)
		return;
	windows_put_admin_keys(facts, in->root);
	/*
	 * In other modes than NAT, and in containers, an address of that kind is not this
	 * machine's.
	 */
	if (mode != NULL && strcmp(mode, "nat") == 0)
		windows_put_portproxy(facts, config, in);
}
