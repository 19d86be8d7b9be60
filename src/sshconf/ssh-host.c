/* SPDX-License-Identifier: ISC */
/* HostName, Port, ConnectTimeout and the way to a host, by the ssh_config files. */

#include <sys/types.h>

#include <ctype.h>
#include <limits.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/number.h"
#include "base/xalloc.h"
#include "os/os.h"
#include "sshconf/ssh-ask.h"
#include "sshconf/ssh-config.h"
#include "sshconf/ssh-host.h"
#include "sshconf/ssh-program.h"
#include "sshconf/ssh-proxy.h"

#define ASK_MS	1000

/* The first line of each keyword decides, if it is known to count. */
struct reading {
	const char	*typed;
	struct ssh_host	 to;
	int		 timeout_s;
	int		 host_over, port_over, timeout_over, way_over;
	int		 unsure;	/* of host, port or way only ssh can tell */
};

int
ssh_host_seconds(const char *text)
{
	static const char	units[] = "smhdw";
	static const int	seconds[] = { 1, 60, 3600, 86400, 604800 };
	const char		*unit;
	int64_t			 total = 0;
	char			 digits[12];
	int			 n;
	size_t			 len;

	for (; *text != '\0'; text += len) {
		len = strspn(text, "0123456789");
		if (len >= sizeof(digits))
			return (0);
		memcpy(digits, text, len);
		digits[len] = '\0';
		if (number_parse(digits, 0, INT_MAX, &n) == -1)
			return (0);
		unit = text[len] != '\0' ? strchr(units, tolower((unsigned char)text[len])) : units;
		if (unit == NULL || (total += (int64_t)n * seconds[unit - units]) > INT_MAX)
			return (0);
		len += text[len] != '\0';
	}
	return ((int)total);
}

/* HostName with its tokens, ssh_config(5) TOKENS: "%h" and "%%". */
static void
host_expand(struct reading *h, const char *value)
{
	char		 text[ADDR_HOST_MAX + 1];
	size_t		 len = 0, more;
	const char	*from;

	for (; *value != '\0' && len < sizeof(text) - 1; value++) {
		if (*value != '%') {
			text[len++] = *value;
			continue;
		}
		from = *++value == 'h' ? h->typed : *value == '%' ? "%" : NULL;
		if (from == NULL || (more = strlen(from)) >= sizeof(text) - len)
			return;
		memcpy(text + len, from, more);
		len += more;
	}
	text[len] = '\0';
	if (*value == '\0' && addr_host_ok(text))
		strlcpy(h->to.host, text, sizeof(h->to.host));
}

/* What this value of a keyword makes of the way; "none" ends both. */
static const char *
host_way(const char *keyword, const char *value)
{
	if (strcasecmp(value, "none") == 0 || value[0] == '\0')
		return (NULL);
	if (strcmp(keyword, "proxyjump") == 0)
		return ("ProxyJump");
	/* With a route or a host of its own, ours is another way, too. */
	return (ssh_proxy_ours(value) && strstr(value, " --via") == NULL &&
	    strstr(value, "%h") != NULL ? NULL : "ProxyCommand");
}

static int
is_way(const char *keyword)
{
	return (strcmp(keyword, "proxyjump") == 0 || strcmp(keyword, "proxycommand") == 0);
}

static void
host_line_cb(void *arg, const struct ssh_config_line *line)
{
	struct reading	*h = arg;
	int		 port;

	if ((strcmp(line->keyword, "hostname") == 0 && !h->host_over) ||
	    (strcmp(line->keyword, "port") == 0 && !h->port_over) ||
	    (is_way(line->keyword) && !h->way_over))
		h->unsure |= line->match == SSH_CONFIG_UNSURE || line->later;
	else if (strcmp(line->keyword, "canonicalizehostname") == 0)
		h->unsure |= line->match != SSH_CONFIG_NO && strcasecmp(line->value, "no") != 0;
	if (line->match == SSH_CONFIG_NO)
		return;
	if (strcmp(line->keyword, "hostname") == 0 && !h->host_over) {
		h->host_over = 1;
		if (line->match == SSH_CONFIG_YES)
			host_expand(h, line->value);
	} else if (strcmp(line->keyword, "port") == 0 && !h->port_over) {
		h->port_over = 1;
		if (line->match == SSH_CONFIG_YES && (port = addr_port(line->value)) != -1)
			h->to.port = port;
	} else if (is_way(line->keyword) && !h->way_over) {
		h->way_over = 1;
		h->to.way = host_way(line->keyword, line->value);
	} else if (strcmp(line->keyword, "connecttimeout") == 0 && !h->timeout_over) {
		h->timeout_over = 1;
		if (line->match == SSH_CONFIG_YES)
			h->timeout_s = ssh_host_seconds(line->value);
	}
}

static void
host_file_cb(void *arg, const struct ssh_config_file *file)
{
	(void)arg;
	(void)file;
}

static void
host_read(struct reading *h, const char *file)
{
	const struct passwd		*pw = getpwuid(geteuid());
	const struct ssh_config		 config = { .root = "",
					     .home = pw != NULL ? pw->pw_dir : NULL,
					     .tilde = ssh_config_tilde(),
					     .user = pw != NULL ? pw->pw_name : NULL,
					     .uid = geteuid(), .host = h->typed, .file = file };
	const struct ssh_config_reader	 reader = { .line = host_line_cb, .file = host_file_cb,
					    .arg = h };

	/* What is not read here may set all of it. */
	h->unsure |= ssh_config_read(&config, &reader);
}

/* A value of what `ssh -G` says, or "". */
static const char *
answer_text(const char *answer, const char *keyword, char *text, size_t size)
{
	const char	*value;
	size_t		 len;

	text[0] = '\0';
	if ((value = ssh_answer(answer, keyword, 0, &len)) != NULL && len < size)
		snprintf(text, size, "%.*s", (int)len, value);
	return (text);
}

/* What ssh itself says, if it does in time. */
static void
host_ask(const char *typed, struct ssh_host *to)
{
	static const char	*const ways[] = { "proxyjump", "proxycommand" };
	char			 self[PATH_MAX], ssh[PATH_MAX], text[PATH_MAX];
	const char		*argv[] = { ssh, "-G", "-T", "--", typed, NULL };
	struct ssh_ask		*ask;
	size_t			 i;

	if (os_exe_path(self, sizeof(self)) == -1 || ssh_program_find(self, ssh) == -1)
		return;
	ask = xmalloc(sizeof(*ask));
	ssh_ask(argv, ASK_MS, ask);
	if (ask->status == 0 && addr_host_ok(answer_text(ask->out, "hostname", text,
	    sizeof(to->host)))) {
		strlcpy(to->host, text, sizeof(to->host));
		if (addr_port(answer_text(ask->out, "port", text, 6)) != -1)
			to->port = addr_port(text);
		to->way = NULL;
		for (i = 0; i < sizeof(ways) / sizeof(ways[0]) && to->way == NULL; i++)
			to->way = host_way(ways[i], answer_text(ask->out, ways[i], text,
			    sizeof(text)));
	}
	free(ask);
}

int
ssh_host_files(const char *typed, struct ssh_host *to)
{
	struct reading	h = { .typed = typed, .to = { .port = 22 } };

	strlcpy(h.to.host, typed, sizeof(h.to.host));
	host_read(&h, NULL);
	*to = h.to;
	return (h.unsure);
}

void
ssh_host(const char *typed, struct ssh_host *to)
{
	if (ssh_host_files(typed, to))
		host_ask(typed, to);
}

int
ssh_host_timeout(const char *typed, const char *file)
{
	struct reading	h = { .typed = typed };

	host_read(&h, file);
	return (h.timeout_s);
}
