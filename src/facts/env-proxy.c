/* SPDX-License-Identifier: ISC */
/* Proxies that the environment, tailscaled or its defaults file names. */

#include <sys/types.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "facts/env-proxy.h"
#include "facts/go-flag.h"
#include "os/os.h"

#define WORDS_MAX	4096	/* of a command line or a defaults file */

static const struct env_proxy_flag {
	enum proxy_kind	kind;
	char		name[28];
} flags[] = {
	{ PROXY_SOCKS5,	"socks5-server" },
	{ PROXY_HTTP,	"outbound-http-proxy-listen" },
	{ 0,		"" }
};

static const struct env_proxy_scheme {
	enum proxy_kind	kind;
	char		prefix[12];
} schemes[] = {
	{ PROXY_SOCKS5,	"socks5://" },
	{ PROXY_SOCKS5,	"socks5h://" },
	{ PROXY_HTTP,	"http://" },
	{ 0,		"" }
};

static int
proxy_same(const struct proxy *a, const struct proxy *b)
{
	return (a->kind == b->kind && a->len == b->len && memcmp(&a->ss, &b->ss, a->len) == 0);
}

struct proxy *
env_proxy_add(struct env_proxy *env, enum proxy_kind kind, const char *text, const char *source,
    int guess)
{
	struct proxy	*proxy = &env->list[env->count];
	char		 host[ADDR_HOST_MAX + 1];
	int		 port, i;

	if (env->count == ENV_PROXY_MAX || addr_split(text, host, &port) == -1)
		return (NULL);
	if (strcasecmp(host, "localhost") == 0 || strcmp(host, "0.0.0.0") == 0 ||
	    strcmp(host, "::") == 0)
		strlcpy(host, "127.0.0.1", sizeof(host));
	memset(proxy, 0, sizeof(*proxy));
	if ((proxy->len = addr_literal(host, port, &proxy->ss)) == 0)
		return (NULL);
	proxy->kind = kind;
	proxy->source = source;
	proxy->guess = guess;
	snprintf(proxy->name, sizeof(proxy->name), strchr(host, ':') != NULL ?
	    "[%.46s]:%d" : "%.46s:%d", host, port);
	for (i = 0; i < env->count; i++)
		if (proxy_same(&env->list[i], proxy))
			return (&env->list[i]);
	env->count++;
	return (proxy);
}

void
env_proxy_url(struct env_proxy *env, const char *url, const char *source)
{
	const struct env_proxy_scheme	*row = schemes;
	char				 login[ADDR_AUTHORITY_MAX], address[ADDR_AUTHORITY_MAX],
					    host[ADDR_HOST_MAX + 1];
	struct sockaddr_storage		 ss;
	struct proxy			*proxy;
	int				 port;

	while (row->prefix[0] != '\0' && strncasecmp(url, row->prefix, strlen(row->prefix)) != 0)
		row++;
	if (row->prefix[0] == '\0' || addr_authority(url, login, address) == -1 ||
	    addr_split(address, host, &port) == -1)
		return;
	/* One that is elsewhere was not meant for ssh. */
	if (strcasecmp(host, "localhost") != 0 &&
	    (addr_literal(host, port, &ss) == 0 || !addr_is_loopback((struct sockaddr *)&ss)))
		return;
	if ((proxy = env_proxy_add(env, row->kind, address, source, 0)) != NULL)
		proxy->named = 1;
}

void
env_proxy_words(struct env_proxy *env, const char *words, size_t len, const char *source)
{
	const struct env_proxy_flag	*row;
	const char			*end = words + len, *word, *value;

	if (memchr(words, '\0', len) == NULL)
		return;
	for (word = words; word != NULL; word = go_flag_next(word, end))
		for (row = flags; row->name[0] != '\0'; row++)
			if ((value = go_flag(word, end, row->name)) != NULL)
				env_proxy_add(env, row->kind, value, source, 0);
}

void
env_proxy_defaults(struct env_proxy *env, char *text, size_t len, const char *source)
{
	size_t	i;
	int	comment = 0, start = 1, name = 0;

	for (i = 0; i < len; i++) {
		if (start) {
			comment = comment || text[i] == '#';
			name = text[i] != '-';
		}
		comment = comment && text[i] != '\n';
		start = strchr(" \t\r\n\"'", text[i]) != NULL || (name && text[i] == '=');
		if (comment || start)
			text[i] = '\0';
	}
	env_proxy_words(env, text, len, source);
}

static void
proxy_file(struct env_proxy *env, const char *path)
{
	char	text[WORDS_MAX + 1];
	ssize_t	len;
	int	fd;

	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1)
		return;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return;
	text[len] = '\0';
	env_proxy_defaults(env, text, (size_t)len + 1, path);
}

static void
proxy_process(struct env_proxy *env, pid_t pid)
{
	char	words[WORDS_MAX];
	ssize_t	len;

	if (pid != -1 && (len = os_process_args(pid, words, sizeof(words))) > 0)
		env_proxy_words(env, words, (size_t)len, "tailscaled's command line");
}

/*
 * What a process says that was only found by its name counts where root or this user listens, and
 * nobody else.
 */
static void
proxy_running(struct env_proxy *env, pid_t pid)
{
	struct proxy	*proxy;
	int		 i = env->count, kept = i;

	proxy_process(env, pid);
	for (; i < env->count; i++) {
		proxy = &env->list[i];
		proxy->listener = os_listener((const struct sockaddr *)&proxy->ss);
		if (proxy->listener == OS_LISTENER_OURS)
			env->list[kept++] = *proxy;
	}
	env->count = kept;
}

/* Where one may be, whoever runs it. */
static void
proxy_guess(struct env_proxy *env, const char *text, const char *source)
{
	struct proxy	*proxy = env_proxy_add(env, PROXY_SOCKS5, text, source, 1);

	if (proxy != NULL && proxy->guess)
		proxy->listener = os_listener((const struct sockaddr *)&proxy->ss);
}

int
env_proxy_usable(const struct proxy *proxy, int asked)
{
	return (!proxy->guess || proxy->listener == OS_LISTENER_OURS ||
	    (asked && proxy->listener == OS_LISTENER_UNKNOWN));
}

/* An environment variable, or "" if it is not set. */
static const char *
variable(const char *name)
{
	const char	*value = getenv(name);

	return (value != NULL ? value : "");
}

void
env_proxy_detect(struct env_proxy *env, pid_t pid, const pid_t *running, int count)
{
	int	i;

	memset(env, 0, sizeof(*env));
	env_proxy_add(env, PROXY_HTTP, variable("TS_OUTBOUND_HTTP_PROXY_LISTEN"),
	    "TS_OUTBOUND_HTTP_PROXY_LISTEN", 0);
	env_proxy_add(env, PROXY_SOCKS5, variable("TS_SOCKS5_SERVER"), "TS_SOCKS5_SERVER", 0);
	env_proxy_url(env, variable("ALL_PROXY"), "ALL_PROXY");
	env_proxy_url(env, variable("all_proxy"), "all_proxy");
	proxy_process(env, pid);
	for (i = 0; i < count; i++)
		proxy_running(env, running[i]);
	proxy_file(env, "/etc/default/tailscaled");
	proxy_file(env, "/etc/sysconfig/tailscaled");
	proxy_guess(env, "127.0.0.1:1055", "where tailscaled's often is");
	proxy_guess(env, "127.0.0.1:1080", "where one often is");
}
