/* SPDX-License-Identifier: ISC */
/* What a report may tell of a word. */

#include <sys/types.h>
#include <sys/socket.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "sshconf/redact.h"

#define DIGITS		"0123456789"
#define LETTERS		"abcdefghijklmnopqrstuvwxyz"
#define PATH_BYTES	LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "/._-~%@:+,{}$"
#define TOKEN_BYTES	"CdfHhIiKkLlnprTtUu%"	/* ssh_config(5), TOKENS */
/* of a host name that is known by its looks: what is longer may be a token of another kind */
#define LABEL_MAX	24

/* What ssh, and programs that are given to it, take as values. */
static const char	values[][22] = {
	"4", "5", "accept-new", "all", "always", "any", "ask", "auth", "auto", "autoask",
	"confirm", "connect", "daemon", "debug", "debug1", "debug2", "debug3",
	"default", "delayed", "direct", "ef", "error", "ethernet", "false", "fatal", "force",
	"gssapi-keyex", "gssapi-with-mic", "hostbased", "http", "https", "inet", "inet6", "info",
	"internal",
	"keyboard-interactive", "le", "local", "localapi", "lowdelay", "md5",
	"never", "no", "none", "off", "on", "password", "point-to-point", "publickey", "quiet",
	"reliability", "remote", "sha256", "socks4", "socks5", "socks5h", "subsystem",
	"throughput", "true", "unset", "user", "verbose", "yes"
};

/* How names of algorithms begin. */
static const char	algorithms[][16] = {
	"3des-", "aes", "arcfour", "blowfish", "cast128", "chacha20-", "curve25519-",
	"diffie-hellman-", "ecdh-", "ecdsa-", "gss-", "hmac-", "mlkem", "none", "rsa-sha2-",
	"sk-ecdsa-", "sk-ssh-", "sntrup", "ssh-dss", "ssh-ed25519", "ssh-ed448", "ssh-mldsa",
	"ssh-rsa", "umac-", "webauthn-", "x509v3-"
};

static const char	schemes[][10] = {
	"http", "https", "socks", "socks4", "socks4a", "socks5", "socks5h", "ssh", "ssh-ng", "ws",
	"wss"
};

/* Behind these is a host of ssh's, whatever it looks like. */
static const char	ssh_schemes[][20] = { "ssh://", "ssh-ng://", "mounted-ssh-ng://" };

/*
 * A number, a time such as 1h30m, or octal and hexadecimal ones of few digits; with what ssh's DSCP
 * classes are called.
 */
static int
is_number(const char *word)
{
	size_t	len = strlen(word), n = strspn(word, DIGITS);

	if ((strncasecmp(word, "af", 2) == 0 || strncasecmp(word, "cs", 2) == 0) && len <= 4)
		return (len > 2 && strspn(word + 2, DIGITS) == len - 2);
	if (strncasecmp(word, "0x", 2) == 0)
		return (len > 2 && len <= 4 && strspn(word + 2, DIGITS "abcdefABCDEF") == len - 2);
	return (n > 0 && n <= 5 && len <= 8 && strspn(word, DIGITS "smhdwKMG") == len);
}

static int
is_value(const char *word)
{
	size_t	i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (strcasecmp(word, values[i]) == 0)
			return (1);
	return (is_number(word));
}

static int
is_algorithm(const char *name)
{
	size_t	i;

	for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		if (strncmp(name, algorithms[i], strlen(algorithms[i])) == 0)
			return (strspn(name, LETTERS DIGITS "@.-*") == strlen(name));
	return (0);
}

static int
copied(const char *word, char told[REDACT_WORD_MAX])
{
	return (strlcpy(told, word, REDACT_WORD_MAX) < REDACT_WORD_MAX);
}

/* Each of the parts, which have commas between them, is such a one. */
static int
each(const char *word, int (*is)(const char *))
{
	char	part[REDACT_WORD_MAX];
	size_t	len;

	do {
		len = strcspn(word, ",");
		if (len == 0 || len >= sizeof(part))
			return (0);
		memcpy(part, word, len);
		part[len] = '\0';
		if (!is(part))
			return (0);
		word += len;
	} while (*word++ == ',');
	return (1);
}

int
redact_value(const char *word, char told[REDACT_WORD_MAX])
{
	return (each(word, is_value) && copied(word, told));
}

int
redact_names(const char *word, char told[REDACT_WORD_MAX])
{
	return (each(word + (word[0] != '\0' && strchr("+-^", word[0]) != NULL), is_algorithm) &&
	    copied(word, told));
}

/*
 * "%h", "%h:%p", "[%h]:22": at least one of ssh's tokens, and nothing but what stands between them.
 */
static int
is_tokens(const char *word)
{
	int	count = 0;

	while (*word != '\0')
		if (word[0] == '%' && word[1] != '\0' && strchr(TOKEN_BYTES, word[1]) != NULL) {
			count++;
			word += 2;
		} else if (*word == ':' && addr_port(word + 1) != -1)
			break;
		else if (strchr(":@[]", *word++) == NULL)
			return (0);
	return (count > 0);
}

/* Take the port, if there is one, off; 0 if it is none. */
static int
cut_port(char *host)
{
	char	*colon = strrchr(host, ':');

	if (colon == NULL || (strchr(host, ':') != colon && colon[-1] != ']'))
		return (1);
	if (strcmp(colon, ":%p") != 0 && addr_port(colon + 1) == -1)
		return (0);
	*colon = '\0';
	return (1);
}

/* What stands in brackets, without them. */
static void
cut_brackets(char *host)
{
	size_t	len = strlen(host);

	if (len < 3 || host[0] != '[' || host[len - 1] != ']')
		return;
	memmove(host, host + 1, len - 2);
	host[len - 2] = '\0';
}

/* An IP address, which may have a zone. */
static int
is_address(const char *host)
{
	struct sockaddr_storage	ss;
	char			bare[ADDR_TEXT_MAX];

	snprintf(bare, sizeof(bare), "%.*s", (int)strcspn(host, "%"), host);
	return (strcasecmp(host, "localhost") == 0 || addr_literal(bare, 0, &ss) != 0);
}

/*
 * Two labels or more in lower case, none of them long, the last one of letters; the first may be
 * ssh's token for the host.
 */
static int
is_site(const char *host)
{
	size_t	len;
	int	labels;

	for (labels = 1; ; labels++, host += len + 1) {
		len = strcspn(host, ".");
		if (len == 0 || len > LABEL_MAX || host[0] == '-' || host[len - 1] == '-')
			return (0);
		if (strspn(host, LETTERS DIGITS "-") < len &&
		    (labels > 1 || len != 2 || (strncmp(host, "%h", 2) != 0 &&
		    strncmp(host, "%n", 2) != 0)))
			return (0);
		if (host[len] == '\0')
			return (labels > 1 && len > 1 && strspn(host, LETTERS) == len);
	}
}

static int
is_told_host(const char *word, int sites)
{
	char	host[REDACT_WORD_MAX];

	if (is_tokens(word))
		return (1);
	if (strlcpy(host, word, sizeof(host)) >= sizeof(host) || !cut_port(host))
		return (0);
	cut_brackets(host);
	return ((sites && is_site(host)) || is_address(host));
}

int
redact_address(const char *word, char told[REDACT_WORD_MAX])
{
	return (is_told_host(word, 0) && copied(word, told));
}

int
redact_site(const char *word, char told[REDACT_WORD_MAX])
{
	return (is_told_host(word, 1) && copied(word, told));
}

int
redact_host(const char *word, char told[REDACT_WORD_MAX])
{
	const char	*scheme = "", *at, *host;
	char		 bare[REDACT_WORD_MAX];
	size_t		 i;

	for (i = 0; i < sizeof(ssh_schemes) / sizeof(ssh_schemes[0]); i++)
		if (strncmp(word, ssh_schemes[i], strlen(ssh_schemes[i])) == 0)
			scheme = ssh_schemes[i];
	word += strlen(scheme);
	at = strrchr(word, '@');
	host = at != NULL ? at + 1 : word;
	if (strlcpy(bare, host, sizeof(bare)) >= sizeof(bare) || !cut_port(bare))
		return (0);
	cut_brackets(bare);
	if (!is_tokens(host) && !is_address(bare) && (!addr_host_ok(bare) ||
	    strchr(bare, ':') != NULL))
		return (0);
	return (snprintf(told, REDACT_WORD_MAX, "%s%s%s", scheme,
	    at == NULL ? "" : strncmp(word, "%r@", 3) == 0 ? "%r@" :
	    "...@", host) < REDACT_WORD_MAX);
}

int
redact_hosts(const char *word, char told[REDACT_WORD_MAX])
{
	char	part[REDACT_WORD_MAX], one[REDACT_WORD_MAX];
	size_t	len;

	told[0] = '\0';
	do {
		len = strcspn(word, ",");
		if (len >= sizeof(part))
			return (0);
		memcpy(part, word, len);
		part[len] = '\0';
		if (!redact_host(part, one) || strlcat(told, one,
		    REDACT_WORD_MAX) >= REDACT_WORD_MAX ||
		    strlcat(told, word[len] == ',' ? "," : "", REDACT_WORD_MAX) >= REDACT_WORD_MAX)
			return (0);
		word += len;
	} while (*word++ == ',');
	return (1);
}

int
redact_url(const char *word, char told[REDACT_WORD_MAX])
{
	const char	*host = strstr(word, "://"), *rest;
	char		 login[ADDR_AUTHORITY_MAX], site[ADDR_AUTHORITY_MAX],
			    shown[REDACT_WORD_MAX];
	size_t		 len = host != NULL ? (size_t)(host - word) : 0, i;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (len == strlen(schemes[i]) && strncmp(word, schemes[i], len) == 0)
			break;
	if (len == 0 || i == sizeof(schemes) / sizeof(schemes[0]) ||
	    addr_authority(word, login, site) == -1)
		return (0);
	if (strlen(site) >= REDACT_WORD_MAX || !redact_site(site, shown))
		return (0);
	rest = word + len + 3;
	rest += strcspn(rest, "/?#");
	return (snprintf(told, REDACT_WORD_MAX, "%.*s://%s%s%s", (int)len, word,
	    login[0] != '\0' ? "...@" : "", shown, rest[0] == '\0' || strcmp(rest, "/") == 0 ?
	    rest : "/...") < REDACT_WORD_MAX);
}

/* One component of a path, and the one before, "/home/": names of users are "...". */
static void
component_tell(char *to, const char *name, size_t len, const char *user, const char *before)
{
	const char	*at = NULL;
	size_t		 i;

	for (i = 0; i < len; i++)	/* the last one */
		at = name[i] == '@' ? &name[i] : at;
	if (strcmp(before, "/home/") == 0 || strcmp(before, "/Users/") == 0 ||
	    (user[0] != '\0' && strlen(user) == len && strncmp(user, name, len) == 0))
		strlcat(to, "...", REDACT_WORD_MAX);
	else if (at != NULL && (at - name < 2 || at[-2] != '%'))
		snprintf(to + strlen(to), REDACT_WORD_MAX - strlen(to), "...%.*s",
		    (int)(name + len - at), at);
	else
		snprintf(to + strlen(to), REDACT_WORD_MAX - strlen(to), "%.*s", (int)len, name);
}

/* The last component and its slashes, "/home/". */
static void
component_keep(char before[16], const char *name, size_t len)
{
	before[0] = '\0';
	if (len < 12)
		snprintf(before, 16, "/%.*s/", (int)len, name);
}

int
redact_path(const char *word, const char *home, char told[REDACT_WORD_MAX])
{
	const char	*user = "";
	char		 before[16] = "";
	size_t		 len = home != NULL ? strlen(home) : 0;

	if ((word[0] != '/' && word[0] != '~' && word[0] != '%' && word[0] != '$') ||
	    strlen(word) >= REDACT_WORD_MAX / 2)
		return (0);
	told[0] = '\0';
	if (len > 1 && strncmp(word, home, len) == 0 && (word[len] == '/' || word[len] == '\0')) {
		strlcpy(told, "~", REDACT_WORD_MAX);
		word += len;
	} else if (word[0] == '~' && word[1] != '/' && word[1] != '\0') {
		strlcpy(told, "~...", REDACT_WORD_MAX);
		word += strcspn(word, "/");
	}
	if (len > 1)
		user = strrchr(home, '/') + 1;
	for (;; word += len + 1) {
		len = strcspn(word, "/");
		if (len > 0) {
			component_tell(told, word, len, user, before);
			component_keep(before, word, len);
		}
		if (word[len] == '\0')
			return (1);
		strlcat(told, "/", REDACT_WORD_MAX);
	}
}

int
redact_path_word(const char *word, const char *home, char told[REDACT_WORD_MAX])
{
	return (strspn(word, PATH_BYTES) == strlen(word) && redact_path(word, home, told));
}

void
redactor_word(struct redactor *t, const char *word)
{
	size_t	len = strlen(word);

	if (t->len + len + 2 > t->size)
		return;
	if (t->len > 0)
		t->to[t->len++] = ' ';
	memcpy(t->to + t->len, word, len + 1);
	t->len += len;
	t->hidden = 0;
}

void
redactor_hide(struct redactor *t)
{
	if (!t->hidden)
		redactor_word(t, "...");
	t->hidden = 1;
}
