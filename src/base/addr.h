/* SPDX-License-Identifier: ISC */
/* Hosts, ports and addresses as text. */

#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <sys/socket.h>

#define ADDR_HOST_MAX	255		/* RFC 1035 2.3.4; longer ones cannot be names */
#define ADDR_AUTHORITY_MAX 1024
#define ADDR_TEXT_MAX	64		/* an IPv6 address, "%" and the name of an interface */

/*
 * 1 if the text may be a host name or address: one word of [A-Za-z0-9._:%-], not beginning with
 * '-'.
 */
int	addr_host_ok(const char *);
/* The same name in lower case, as known_hosts has it, or "" if it is none or NULL; the buffer. */
const char *addr_host_lower(const char *, char [ADDR_HOST_MAX + 1]);
/* The same in upper case, in which ssh_config's Host sees another name. */
const char *addr_host_upper(const char *, char [ADDR_HOST_MAX + 1]);
/* The port 1..65535 of a decimal number, or -1. */
int	addr_port(const char *);
/* The family that ssh's AddressFamily names: AF_INET, AF_INET6, or AF_UNSPEC for any. */
int	addr_family(const char *);
/*
 * The address that a text is, without a zone, and the port: its length, or 0 if it is none. Takes
 * no memory.
 */
socklen_t addr_literal(const char *, int, struct sockaddr_storage *);
/* The numeric address without port in the buffer, which it returns; "?" if it has none. */
const char *addr_text(const struct sockaddr *, socklen_t, char [ADDR_TEXT_MAX]);
/* 1 for 127.0.0.0/8 and ::1. */
int	addr_is_loopback(const struct sockaddr *);
/*
 * 1 for what Tailscale and Headscale give their nodes (Tailscale's net/tsaddr): 100.64.0.0/10
 * without ChromeOS's 100.115.92.0/23, and fd7a:115c:a1e0::/48.
 */
int	addr_is_tailnet(const struct sockaddr *);
/*
 * 1 if a name lies under a domain, whole labels compared, letter case and final dots aside; 0 if
 * either is NULL or "".
 */
int	addr_name_under(const char *name, const char *domain);
/*
 * 1 if that is a mesh's name wherever it is met, by Tailscale's own domains, or one under this
 * suffix.
 */
int	addr_name_is_tailnet(const char *name, const char *suffix);
/*
 * The address that the name of a "4via6" route stands for, N-N-N-N-via-SITE, alone or in a mesh's
 * domain (Tailscale's net/tsaddr, MapVia): the buffer, or NULL if it is no such name.
 */
const char *addr_4via6(const char *name, const char *suffix, char [ADDR_TEXT_MAX]);
/*
 * "HOST:PORT", "[IPv6]:PORT" or ":PORT", which is this machine's: the host without brackets and the
 * port, 0, or -1 if it is no such text.
 */
int	addr_split(const char *, char [ADDR_HOST_MAX + 1], int *);
/* 1 if two such texts name the same host and port; localhost is 127.0.0.1. */
int	addr_same(const char *, const char *);
/*
 * The authority of a URL, RFC 3986 3.2, in two buffers of this size: USER:PASSWORD as it stands
 * there, or "", and HOST:PORT. 0, or -1 if there is none or it is too long.
 */
int	addr_authority(const char *, char [ADDR_AUTHORITY_MAX], char [ADDR_AUTHORITY_MAX]);

#endif
