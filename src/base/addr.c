#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <netdb.h>
#include <string.h>

#include "base/addr.h"
#include "base/number.h"

int
addr_host_ok(const char *host)
{
	static const char	allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:%-";
	size_t			len = strlen(host);

	return (len > 0 && len <= ADDR_HOST_MAX && host[0] != '-' && strspn(host, allowed) == len);
}

int
addr_port(const char *text)
{
	int	port;

	return (number_parse(text, 1, 65535, &port) == 0 ? port : -1);
}

const char *
addr_text(const struct sockaddr *sa, socklen_t len, char text[ADDR_TEXT_MAX])
{
	if (getnameinfo(sa, len, text, ADDR_TEXT_MAX, NULL, 0, NI_NUMERICHOST) != 0)
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
