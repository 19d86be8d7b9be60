/* SPDX-License-Identifier: ISC */
/* Host names, ports and socket addresses: checks, literals, classes. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/number.h"

int
addr_host_ok(const char *host)
{
	static const char	allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:%-";
	size_t			len = strlen(host);

	return (len > 0 && len <= ADDR_HOST_MAX && host[0] != '-' && strspn(host, allowed) == len);
}

const char *
addr_host_lower(const char *host, char to[ADDR_HOST_MAX + 1])
{
	size_t	i;

	strlcpy(to, host != NULL && addr_host_ok(host) ? host : "", ADDR_HOST_MAX + 1);
	for (i = 0; to[i] != '\0'; i++)
		to[i] = (char)tolower((unsigned char)to[i]);
	return (to);
}

const char *
addr_host_upper(const char *host, char to[ADDR_HOST_MAX + 1])
{
	size_t	i;

	addr_host_lower(host, to);
	for (i = 0; to[i] != '\0'; i++)
		to[i] = (char)toupper((unsigned char)to[i]);
	return (to);
}

int
addr_port(const char *text)
{
	int	port;

	return (number_parse(text, 1, 65535, &port) == 0 ? port : -1);
}

int
addr_family(const char *name)
{
	return (strcasecmp(name, "inet") == 0 ? AF_INET :
	    strcasecmp(name, "inet6") == 0 ? AF_INET6 : AF_UNSPEC);
}

socklen_t
addr_literal(const char *text, int port, struct sockaddr_storage *ss)
{
	struct sockaddr_in	*in = (void *)ss;
	struct sockaddr_in6	*in6 = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	/* macOS would put the zone into the address, or drop it. */
	if (strchr(text, '%') != NULL)
		return (0);
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((in_port_t)port);
		return (sizeof(*in));
	}
	if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((in_port_t)port);
		return (sizeof(*in6));
	}
	return (0);
}

const char *
addr_text(const struct sockaddr *sa, socklen_t len, char text[ADDR_TEXT_MAX])
{
	const struct sockaddr_in	*in = (const void *)sa;
	const struct sockaddr_in6	*in6 = (const void *)sa;
	const char			*done;

	/* getnameinfo(3) takes a page of the stack, and is needed only for the name of a scope. */
	if (sa->sa_family == AF_INET)
		done = inet_ntop(AF_INET, &in->sin_addr, text, ADDR_TEXT_MAX);
	else if (sa->sa_family == AF_INET6 && in6->sin6_scope_id == 0)
		done = inet_ntop(AF_INET6, &in6->sin6_addr, text, ADDR_TEXT_MAX);
	else
		done = getnameinfo(sa, len, text, ADDR_TEXT_MAX, NULL, 0, NI_NUMERICHOST) == 0 ?
		    text : NULL;
	if (done == NULL)
		strlcpy(text, "?", ADDR_TEXT_MAX);
	return (text);
}

int
addr_is_loopback(const struct sockaddr *sa)
{
	const struct sockaddr_in	*in = (const void *)sa;
	const struct sockaddr_in6	*in6 = (const void *)sa;

	if (sa->sa_family == AF_INET)
		return (ntohl(in->sin_addr.s_addr) >> 24 == 127);
	return (sa->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr));
}

int
addr_is_tailnet(const struct sockaddr *sa)
{
	static const unsigned char	 prefix[] = { 0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0 };
	const struct sockaddr_in	*in = (const void *)sa;
	const struct sockaddr_in6	*in6 = (const void *)sa;
	uint32_t			 ip;

	if (sa->sa_family == AF_INET6)
		return (memcmp(&in6->sin6_addr, prefix, sizeof(prefix)) == 0);
	if (sa->sa_family != AF_INET)
		return (0);
	ip = ntohl(in->sin_addr.s_addr);
	return ((ip & 0xffc00000) == 0x64400000 && (ip & 0xfffffe00) != 0x64735c00);
}

int
addr_name_under(const char *name, const char *domain)
{
	size_t	len, tail;

	if (name == NULL || domain == NULL)
		return (0);
	len = strlen(name);
	tail = strlen(domain);
	len -= len > 0 && name[len - 1] == '.';
	tail -= tail > 0 && domain[tail - 1] == '.';
	return (tail > 0 && len > tail + 1 && name[len - tail - 1] == '.' &&
	    strncasecmp(name + len - tail, domain, tail) == 0);
}

int
addr_name_is_tailnet(const char *name, const char *suffix)
{
	return (addr_name_under(name, suffix) || addr_name_under(name, "ts.net") ||
	    addr_name_under(name, "beta.tailscale.net"));
}

const char *
addr_4via6(const char *name, const char *suffix, char to[ADDR_TEXT_MAX])
{
	size_t		 len = strcspn(name, ".");
	char		 label[64], *via, *c;
	unsigned char	 ip[4];
	int		 site;

	if (len >= sizeof(label) || (name[len] != '\0' && name[len + 1] != '\0' &&
	    !addr_name_is_tailnet(name, suffix)))
		return (NULL);
	memcpy(label, name, len);
	label[len] = '\0';
	if ((via = strcasestr(label, "-via-")) == NULL)
		return (NULL);
	*via = '\0';
	for (c = label; *c != '\0'; c++)
		*c = *c == '-' ? '.' : *c;
	if (number_parse(via + 5, 0, 65535, &site) == -1 || inet_pton(AF_INET, label, ip) != 1)
		return (NULL);
	snprintf(to, ADDR_TEXT_MAX, "fd7a:115c:a1e0:b1a:0:%x:%x:%x", site, ip[0] << 8 | ip[1],
	    ip[2] << 8 | ip[3]);
	return (to);
}

int
addr_split(const char *text, char host[ADDR_HOST_MAX + 1], int *port)
{
	const char	*colon = strrchr(text, ':');
	size_t		 len;

	if (colon == NULL || (*port = addr_port(colon + 1)) == -1)
		return (-1);
	if (colon == text) {
		strlcpy(host, "127.0.0.1", ADDR_HOST_MAX + 1);
		return (0);
	}
	len = (size_t)(colon - text);
	/* An address of IPv6 needs its brackets, or its end would be the port. */
	if (*text == '[') {
		if (colon[-1] != ']' || memchr(text, ':', len) == NULL)
			return (-1);
		text++;
		len -= 2;
	} else if (memchr(text, ':', len) != NULL)
		return (-1);
	if (len > ADDR_HOST_MAX)
		return (-1);
	snprintf(host, ADDR_HOST_MAX + 1, "%.*s", (int)len, text);
	return (addr_host_ok(host) ? 0 : -1);
}

/* The host and port of such a text in one form. */
static int
addr_canonical(const char *text, char host[ADDR_HOST_MAX + 1], int *port)
{
	struct sockaddr_storage	ss;
	socklen_t		len;

	if (addr_split(text, host, port) == -1)
		return (-1);
	if (strcasecmp(host, "localhost") == 0)
		strlcpy(host, "127.0.0.1", ADDR_HOST_MAX + 1);
	if ((len = addr_literal(host, *port, &ss)) > 0)
		addr_text((struct sockaddr *)&ss, len, host);
	return (0);
}

int
addr_same(const char *a, const char *b)
{
	char	host_a[ADDR_HOST_MAX + 1], host_b[ADDR_HOST_MAX + 1];
	int	port_a, port_b;

	return (addr_canonical(a, host_a, &port_a) == 0 &&
	    addr_canonical(b, host_b, &port_b) == 0 && port_a == port_b &&
	    strcasecmp(host_a, host_b) == 0);
}

int
addr_authority(const char *url, char login[ADDR_AUTHORITY_MAX], char address[ADDR_AUTHORITY_MAX])
{
	const char	*begin = strstr(url, "://");
	char		*at;
	size_t		 len;

	if (begin == NULL || (len = strcspn(begin + 3, "/?#")) >= ADDR_AUTHORITY_MAX)
		return (-1);
	snprintf(login, ADDR_AUTHORITY_MAX, "%.*s", (int)len, begin + 3);
	at = strrchr(login, '@');
	strlcpy(address, at != NULL ? at + 1 : login, ADDR_AUTHORITY_MAX);
	*(at != NULL ? at : login) = '\0';
	return (0);
}
