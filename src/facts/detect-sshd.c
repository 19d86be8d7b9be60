/* SPDX-License-Identifier: ISC */
/* Facts: the sshd of this machine. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <netinet/in.h>

#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/json.h"
#include "facts/detect-sshd.h"
#include "facts/detect.h"
#include "facts/fact.h"
#include "facts/read.h"

#define CONFIG_DEPTH	4
#define CONFIG_FILES	64
#define LISTENS_MAX	16
#define TCP_LISTEN_HEX	0x0a	/* in /proc/net/tcp */

static void	config_read(struct sshd_config *, const char *, const char *, int);

/* Where systemd notes what it starts at boot; NixOS, too. */
static const char	enabled_by[][64] = {
	"/etc/systemd/system/multi-user.target.wants/ssh.service",
	"/etc/systemd/system/multi-user.target.wants/sshd.service",
	"/etc/systemd/system/sockets.target.wants/ssh.socket",
	"/etc/systemd/system/sockets.target.wants/sshd.socket"
};
static const char	installed_at[][24] = { "/usr/sbin/sshd", "/usr/bin/sshd",
			    "/usr/local/sbin/sshd" };

static void
config_add_port(struct sshd_config *config, int port)
{
	if (port != -1 && config->port_count < SSHD_PORTS_MAX)
		config->ports[config->port_count++] = port;
}

static void
config_include(struct sshd_config *config, const char *root, const char *pattern, int depth)
{
	glob_t	found;
	char	full[PATH_MAX];
	size_t	count, i;

	if (depth == CONFIG_DEPTH)
		return;
	snprintf(full, sizeof(full), "%s%s", *pattern == '/' ? "" : "/etc/ssh/", pattern);
	count = read_glob(root, full, &found);
	for (i = 0; i < count; i++)
		config_read(config, root, found.gl_pathv[i] + strlen(root), depth + 1);
	globfree(&found);
}

/* One line of sshd_config(5), cut into its words. */
static void
config_line(struct sshd_config *config, const char *root, const char *key, const char *value,
    int depth)
{
	char	host[ADDR_HOST_MAX + 1];
	int	port;

	if (strcasecmp(key, "port") == 0)
		config_add_port(config, addr_port(value));
	else if (strcasecmp(key, "listenaddress") == 0 && addr_split(value, host, &port) == 0)
		config_add_port(config, port);
	else if (strcasecmp(key, "strictmodes") == 0)
		config->lax |= strcasecmp(value, "no") == 0;
	else if (strcasecmp(key, "authorizedkeysfile") == 0)
		config->other_keys_file |= strcmp(value, ".ssh/authorized_keys") != 0 &&
		    strcmp(value, "%h/.ssh/authorized_keys") != 0;
	else if (strcasecmp(key, "include") == 0)
		config_include(config, root, value, depth);
}

/* Up to a Match, for what is behind it holds for some only. */
static void
config_read(struct sshd_config *config, const char *root, const char *path, int depth)
{
	FILE	*fp = config->files++ < CONFIG_FILES ? read_open(root, path) : NULL;
	char	 line[1024], *at, *key, *value;

	if (fp == NULL) {
		config->unread |= read_exists(root, path);
		return;
	}
	while (read_line(fp, line, sizeof(line))) {
		at = line + strspn(line, " \t");
		key = strsep(&at, " \t=");
		if (*key == '\0' || *key == '#' || at == NULL)
			continue;
		if (strcasecmp(key, "match") == 0)
			break;
		at += strspn(at, " \t=");
		while ((value = strsep(&at, " \t")) != NULL) {
			if (*value == '"')
				value++;
			value[strcspn(value, "\"")] = '\0';
			if (*value != '\0')
				config_line(config, root, key, value, depth);
		}
	}
	fclose(fp);
}

static int
config_has_port(const struct sshd_config *config, unsigned int port)
{
	int	i;

	for (i = 0; i < config->port_count; i++)
		if ((unsigned int)config->ports[i] == port)
			return (1);
	return (config->port_count == 0 && port == 22);
}

/*
 * The bytes of an address, which the kernel prints in words of four bytes, each as a number of this
 * machine's.
 */
static void
listen_bytes(const char *hex, unsigned char *ip)
{
	unsigned int	word;

	for (; strlen(hex) >= 8 && sscanf(hex, "%8x", &word) == 1; hex += 8, ip += sizeof(word))
		memcpy(ip, &word, sizeof(word));
}

/* Note one that listens, if it is on a port of sshd's. */
static void
listen_line(json_t *list, const struct sshd_config *config, const char *line,
    struct sshd_listens *seen)
{
	struct sockaddr_in6	in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in	in = { .sin_family = AF_INET };
	char			hex[33], text[ADDR_TEXT_MAX], whole[ADDR_TEXT_MAX + 10];
	unsigned int		port, state;
	int			v6, any, loopback;

	if (sscanf(line, " %*d: %32[0-9A-Fa-f]:%4x %*32[0-9A-Fa-f]:%*4x %2x", hex, &port,
	    &state) != 3 || state != TCP_LISTEN_HEX || !config_has_port(config, port) ||
	    json_array_size(list) == LISTENS_MAX)
		return;
	v6 = strlen(hex) == 32;
	listen_bytes(hex, v6 ? in6.sin6_addr.s6_addr : (unsigned char *)&in.sin_addr);
	any = v6 ? IN6_IS_ADDR_UNSPECIFIED(&in6.sin6_addr) : in.sin_addr.s_addr == INADDR_ANY;
	loopback = v6 ? addr_is_loopback((struct sockaddr *)&in6) :
	    addr_is_loopback((struct sockaddr *)&in);
	seen->outside |= !loopback;
	seen->loopback |= loopback || any;
	if (v6)
		addr_text((struct sockaddr *)&in6, sizeof(in6), text);
	else
		addr_text((struct sockaddr *)&in, sizeof(in), text);
	snprintf(whole, sizeof(whole), v6 ? "[%s]:%u" : "%s:%u", text, port);
	fact_append_text(list, whole);
}

/* 0 if this list of sockets is not there. */
static int
listen_file(json_t *list, const struct sshd_config *config, const char *root, const char *path,
    struct sshd_listens *seen)
{
	FILE	*fp = read_open(root, path);
	char	 line[256];

	if (fp == NULL)
		return (0);
	while (read_line(fp, line, sizeof(line)))
		listen_line(list, config, line, seen);
	fclose(fp);
	return (1);
}

/* That nobody listens is known only if all the ports are. */
static int
ports_known(const struct sshd_config *config, const char *root)
{
	return (!config->unread && !read_exists(root, "/etc/systemd/system/ssh.socket.d") &&
	    !read_exists(root, "/etc/systemd/system/sshd.socket.d"));
}

static void
sshd_put_listens(json_t *facts, const struct sshd_config *config, const char *root)
{
	struct sshd_listens	seen = { .outside = 0 };
	json_t			*list = json_array();
	int			 told = listen_file(list, config, root, "/proc/net/tcp", &seen),
				    count;

	told |= listen_file(list, config, root, "/proc/net/tcp6", &seen);
	count = (int)json_array_size(list);
	if (!told || (count == 0 && !ports_known(config, root))) {
		json_decref(list);
		return;
	}
	fact_put(facts, "sshd.listens", list);
	fact_put_truth(facts, "sshd.running", count > 0);
	if (count == 0)
		return;
	fact_put_truth(facts, "sshd.only_loopback", !seen.outside);
	fact_put_truth(facts, "sshd.not_loopback", !seen.loopback);
}

static void
sshd_put_installed(json_t *facts, const char *root)
{
	size_t	i;
	int	installed = 0, enabled = 0;

	for (i = 0; i < sizeof(installed_at) / sizeof(installed_at[0]); i++)
		installed |= read_exists(root, installed_at[i]);
	for (i = 0; i < sizeof(enabled_by) / sizeof(enabled_by[0]); i++)
		enabled |= read_exists(root, enabled_by[i]);
	fact_put_truth(facts, "sshd.installed", installed);
	fact_put_truth(facts, "sshd.enabled", enabled);
}

/*
 * sshd takes no key of its own that others can read; Fedora's let a group of that name have them.
 */
static int
host_key_open(const struct stat *sb)
{
	const struct group	*gr;

	if ((sb->st_uid != 0 && sb->st_uid != geteuid()) || (sb->st_mode & 077) == 0)
		return (0);
	return ((sb->st_mode & 077) != 040 || (gr = getgrgid(sb->st_gid)) == NULL ||
	    strcmp(gr->gr_name, "ssh_keys") != 0);
}

static void
sshd_put_host_keys(json_t *facts, const char *root)
{
	struct stat	 sb;
	glob_t		 found;
	const char	*open_key = NULL;
	size_t		 count = read_glob(root, "/etc/ssh/ssh_host_*_key", &found), i;

	for (i = 0; i < count && open_key == NULL; i++)
		if (stat(found.gl_pathv[i], &sb) == 0 && host_key_open(&sb))
			open_key = found.gl_pathv[i] + strlen(root);
	if (count > 0)
		fact_put_truth(facts, "sshd.host_key_modes_ok", open_key == NULL);
	if (open_key != NULL)
		fact_put_text(facts, "sshd.host_key_open", open_key);
	globfree(&found);
}

/*
 * sshd_config(5), StrictModes; that the user's own group may write is allowed by some
 * distributions.
 */
static int
strict_mode_ok(const struct stat *sb, const struct passwd *pw)
{
	return ((sb->st_uid == 0 || sb->st_uid == pw->pw_uid) && (sb->st_mode & S_IWOTH) == 0 &&
	    ((sb->st_mode & S_IWGRP) == 0 || sb->st_gid == pw->pw_gid));
}

/* For the user who asks. */
static void
sshd_put_authorized_keys(json_t *facts, const struct sshd_config *config, const char *root)
{
	static const char	 steps[][24] = { "~/.ssh/authorized_keys", "~/.ssh", "~" };
	const struct passwd	*pw = getpwuid(geteuid());
	struct stat		 sb;
	char			 path[PATH_MAX];
	const char		*bad = NULL;
	size_t			 i;

	if (pw == NULL || config->lax || config->unread || config->other_keys_file)
		return;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && bad == NULL; i++) {
		snprintf(path, sizeof(path), "%s%s%s", root, pw->pw_dir, steps[i] + 1);
		if (stat(path, &sb) == -1)
			return;
		if (!strict_mode_ok(&sb, pw))
			bad = steps[i];
	}
	fact_put_truth(facts, "sshd.authorized_keys_mode_ok", bad == NULL);
	if (bad != NULL)
		fact_put_text(facts, "sshd.authorized_keys_open", bad);
}

static void
sshd_detect(json_t *facts, const struct detect_input *in)
{
	struct sshd_config	config = { .port_count = 0 };

	/* Who asks about another host does not want to hear about this one as a server. */
	if (in->host != NULL)
		return;
	config_read(&config, in->root, "/etc/ssh/sshd_config", 0);
	sshd_put_installed(facts, in->root);
	sshd_put_listens(facts, &config, in->root);
	sshd_put_host_keys(facts, in->root);
	sshd_put_authorized_keys(facts, &config, in->root);
	detect_sshd_firewall(facts, in->root);
	detect_sshd_windows(facts, &config, in);
}

const struct detector detect_sshd = {
	.name = "sshd",
	.detect = sshd_detect
};
