/* SPDX-License-Identifier: ISC */
/* HostName and Port of a host, by the ssh_config files. */

#include <sys/types.h>

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "sshconf/ssh-config.h"
#include "sshconf/ssh-host.h"

/* The first line of each keyword decides, if it is known to count. */
struct ssh_host {
	const char	*typed;
	char		 host[ADDR_HOST_MAX + 1];
	int		 port;
	int		 host_over, port_over;
};

/* HostName with its tokens, ssh_config(5) TOKENS: "%h" and "%%". */
static void
host_expand(struct ssh_host *h, const char *value)
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
		strlcpy(h->host, text, sizeof(h->host));
}

static void
host_line_cb(void *arg, const struct ssh_config_line *line)
{
	struct ssh_host	*h = arg;
	int		 port;

	if (line->match == SSH_CONFIG_NO)
		return;
	if (strcmp(line->keyword, "hostname") == 0 && !h->host_over) {
		h->host_over = 1;
		if (line->match == SSH_CONFIG_YES)
			host_expand(h, line->value);
	} else if (strcmp(line->keyword, "port") == 0 && !h->port_over) {
		h->port_over = 1;
		if (line->match == SSH_CONFIG_YES && (port = addr_port(line->value)) != -1)
			h->port = port;
	}
}

static void
host_file_cb(void *arg, const struct ssh_config_file *file)
{
	(void)arg;
	(void)file;
}

void
ssh_host(const char *typed, char host[ADDR_HOST_MAX + 1], int *port)
{
	const struct passwd		*pw = getpwuid(geteuid());
	const struct ssh_config		 config = { .root = "",
					     .home = pw != NULL ? pw->pw_dir : NULL,
					     .tilde = ssh_config_tilde(),
					     .user = pw != NULL ? pw->pw_name : NULL,
					     .uid = geteuid(), .host = typed };
	struct ssh_host			 h = { .typed = typed, .port = 22 };
	const struct ssh_config_reader	 reader = { .line = host_line_cb, .file = host_file_cb,
					    .arg = &h };

	strlcpy(h.host, typed, sizeof(h.host));
	ssh_config_read(&config, &reader);
	strlcpy(host, h.host, ADDR_HOST_MAX + 1);
	*port = h.port;
}
