/* SPDX-License-Identifier: ISC */
/* HostName, Port, ConnectTimeout and the way to a host, by the ssh_config files. */

#include <sys/types.h>
#include <sys/socket.h>

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
#include "base/yes-no.h"
#include "sshconf/ssh-ask.h"
#include "sshconf/ssh-config.h"
#include "sshconf/ssh-host.h"
#include "sshconf/ssh-program.h"
#include "sshconf/ssh-proxy.h"

#define ASK_MS	1000

/* Keywords of which the first line decides, if it is known to count. */
enum host_keyword {
	HOST_NAME,
	HOST_PORT,
	HOST_FAMILY,
	HOST_JUMP,		/* these two take each other's place */
	HOST_COMMAND,
	HOST_TIMEOUT,
	HOST_KEYWORDS
};

static const char	host_keywords[HOST_KEYWORDS][16] = {
	"hostname", "port", "addressfamily", "proxyjump", "proxycommand", "connecttimeout"
};

struct host_walk {
	const char	*typed;
	struct ssh_host	*to;
	int		 timeout_s;
	int		 over[HOST_KEYWORDS];
	int		 unsure;	/* of anything but the timeout only ssh can tell */
	int		 relayed;	/* meshssh connects, to addresses of its own --family */
	int		 own_family;
};

struct host_split {
	const char	*typed;
	int		 named;		/* a block has it as the name of a host */
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
host_expand(struct host_walk *h, const char *value)
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
		strlcpy(h->to->host, text, sizeof(h->to->host));
}

/* 1 if it is meshssh with the host and its port, and nothing that leads elsewhere. */
static int
host_same_way(const char *command)
{
	return (ssh_proxy_ours(command) && strstr(command, "%h") != NULL &&
	    strstr(command, "%p") != NULL && strstr(command, "--via") == NULL &&
	    strstr(command, "--or") == NULL);
}

/* What such a command says of addresses counts, whatever AddressFamily says. */
static int
host_own_family(const char *command)
{
	return (strstr(command, " --family=inet6 ") != NULL ? AF_INET6 :
	    strstr(command, " --family=inet ") != NULL ? AF_INET : AF_UNSPEC);
}

/* What a keyword's value says of the host. */
static void
host_value(struct host_walk *h, enum host_keyword keyword, const char *value)
{
	int	none = strcasecmp(value, "none") == 0;

	if (keyword == HOST_NAME)
		host_expand(h, value);
	else if (keyword == HOST_PORT)
		h->to->port = addr_port(value) != -1 ? addr_port(value) : h->to->port;
	else if (keyword == HOST_FAMILY)
		h->to->family = addr_family(value);
	else if (keyword == HOST_JUMP && !none)
		h->to->way = SSH_HOST_JUMP;
	else if (keyword == HOST_COMMAND && !none && !host_same_way(value))
		h->to->way = SSH_HOST_COMMAND;
	else if (keyword == HOST_COMMAND && !none) {
		h->relayed = 1;
		h->own_family = host_own_family(value);
	}
	else if (keyword == HOST_TIMEOUT)
		h->timeout_s = ssh_host_seconds(value);
}

static void
host_line_cb(void *arg, const struct ssh_config_line *line)
{
	struct host_walk	*h = arg;
	enum host_keyword	 i = HOST_NAME, first;

	if (strcmp(line->keyword, "canonicalizehostname") == 0)
		h->unsure |= line->match != SSH_CONFIG_NO && yes_no(line->value) != 0;
	while (i < HOST_KEYWORDS && strcmp(line->keyword, host_keywords[i]) != 0)
		i++;
	if (i == HOST_KEYWORDS)
		return;
	first = i == HOST_COMMAND ? HOST_JUMP : i;
	if (h->over[first])
		return;
	h->unsure |= i != HOST_TIMEOUT && (line->match == SSH_CONFIG_UNSURE || line->later);
	if (line->match == SSH_CONFIG_NO)
		return;
	h->over[first] = 1;
	if (line->match == SSH_CONFIG_YES)
		host_value(h, i, line->value);
}

static void
host_file_cb(void *arg, const struct ssh_config_file *file)
{
	(void)arg;
	(void)file;
}

/* The files for this host, or that of -F, through this reader: as ssh_config_read returns. */
static int
host_config(const char *typed, const char *file, const struct ssh_config_reader *reader)
{
	const struct passwd	*pw = getpwuid(geteuid());
	const struct ssh_config	 config = { .root = "", .home = pw != NULL ? pw->pw_dir : NULL,
				    .tilde = ssh_config_tilde(),
				    .user = pw != NULL ? pw->pw_name : NULL,
				    .uid = geteuid(), .host = typed, .file = file };

	return (ssh_config_read(&config, reader));
}

static void
host_read(struct host_walk *h, const char *file)
{
	const struct ssh_config_reader	reader = { .line = host_line_cb, .file = host_file_cb,
					    .arg = h };

	/* What is not read here may set all of it. */
	h->unsure |= host_config(h->typed, file, &reader);
}

/* What ssh itself says, if it does in time. */
static void
host_ask(struct host_walk *h)
{
	char		 ssh[PATH_MAX], *text;
	const char	*argv[] = { ssh, "-G", "-T", "--", h->typed, NULL }, *value;
	struct ssh_ask	*ask;
	int		 i;
	size_t		 len;

	h->to->way = SSH_HOST_UNKNOWN;
	if (ssh_program_find(NULL, ssh) == -1)
		return;
	ask = xmalloc(sizeof(*ask));
	ssh_ask(argv, ASK_MS, ask);
	if (ask->status == 0) {
		h->to->way = SSH_HOST_DIRECT;
		for (i = 0; i < HOST_TIMEOUT; i++)
			if ((value = ssh_answer(ask->out, host_keywords[i], 0, &len)) != NULL) {
				text = xasprintf("%.*s", (int)len, value);
				host_value(h, (enum host_keyword)i, text);
				free(text);
			}
		if (h->relayed)
			h->to->family = h->own_family;
	}
	free(ask);
}

static int
host_files(struct host_walk *h, const char *typed, struct ssh_host *to)
{
	*h = (struct host_walk){ .typed = typed, .to = to };
	*to = (struct ssh_host){ .port = 22, .family = AF_UNSPEC };
	strlcpy(to->host, typed, sizeof(to->host));
	host_read(h, NULL);
	if (h->relayed)
		to->family = h->own_family;
	return (h->unsure);
}

int
ssh_host_files(const char *typed, struct ssh_host *to)
{
	struct host_walk	h;

	return (host_files(&h, typed, to));
}

void
ssh_host(const char *typed, struct ssh_host *to)
{
	struct host_walk	h;

	if (host_files(&h, typed, to))
		host_ask(&h);
}

static void
split_line_cb(void *arg, const struct ssh_config_line *line)
{
	(void)arg;
	(void)line;
}

static void
split_block_cb(void *arg, const struct ssh_config_line *block)
{
	struct host_split	*s = arg;
	char			*words = xstrdup(block->value), *at = words, *word;

	while ((word = strsep(&at, " \t,=\"'!")) != NULL)
		s->named |= strchr(word, ':') != NULL && ssh_config_pattern(s->typed, word, 1);
	free(words);
}

int
ssh_host_split(const char *typed, const char *file, char host[ADDR_HOST_MAX + 1], int *port)
{
	struct host_split		s = { .typed = typed };
	const struct ssh_config_reader	reader = { .line = split_line_cb, .file = host_file_cb,
					    .block = split_block_cb, .arg = &s };

	if (typed[0] == ':' || addr_split(typed, host, port) == -1)
		return (-1);
	host_config(typed, file, &reader);
	return (s.named ? -1 : 0);
}

int
ssh_host_timeout(const char *typed, const char *file)
{
	struct ssh_host		to;
	struct host_walk	h = { .typed = typed, .to = &to };

	host_read(&h, file);
	return (h.timeout_s);
}
