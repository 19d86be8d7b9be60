/* SPDX-License-Identifier: ISC */
/* SOCKS5 (RFC 1928) and its login (RFC 1929). */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <string.h>

#include "wire/socks5.h"

#define SOCKS_VERSION	5	/* RFC 1928 3 */
#define METHOD_NONE	0
#define METHOD_LOGIN	2
#define METHOD_REFUSED	0xff
#define LOGIN_VERSION	1	/* RFC 1929 2 */
#define CMD_CONNECT	1	/* RFC 1928 4 */
#define ATYP_INET	1
#define ATYP_NAME	3
#define ATYP_INET6	4

/* RFC 1928 6, the reply field. */
static const struct socks5_reply {
	unsigned char	 reply;
	enum code	 code;
	char		 text[44];
} replies[] = {
	{ 1,	CODE_PROXY_FAILED,	"could not connect, and does not say why" },
	{ 2,	CODE_PROXY_REFUSED,	"does not allow this connection" },
	{ 3,	CODE_NO_ROUTE,	"has no route to the host's network" },
	{ 4,	CODE_NO_ROUTE,	"cannot reach the host" },
	{ 5,	CODE_REFUSED,		"was refused by the host" },
	{ 6,	CODE_NO_ANSWER,		"had no answer from the host" },
	{ 7,	CODE_PROXY_REFUSED,	"does not know how to connect" },
	{ 8,	CODE_PROXY_REFUSED,	"does not know this kind of address" },
	{ 0,	CODE_PROXY_FAILED,	"failed in a way that no standard names" },
};

static enum socks5_state
socks5_fail(struct socks5 *s, enum code code, const char *text)
{
	s->code = code;
	s->text = text;
	s->state = SOCKS5_FAILED;
	return (s->state);
}

static void
socks5_put(struct socks5 *s, const void *data, size_t len)
{
	memcpy(s->out + s->out_len, data, len);
	s->out_len += len;
}

static void
socks5_put_byte(struct socks5 *s, size_t byte)
{
	s->out[s->out_len++] = (unsigned char)byte;
}

static void
socks5_put_text(struct socks5 *s, const char *text)
{
	socks5_put_byte(s, strlen(text));
	socks5_put(s, text, strlen(text));
}

/* What was put together is to be sent, and so many bytes to be read then. */
static enum socks5_state
socks5_turn(struct socks5 *s, int step, size_t need)
{
	s->step = step;
	s->have = 0;
	s->need = need;
	s->state = SOCKS5_SEND;
	return (s->state);
}

int
socks5_begin(struct socks5 *s, const char *host, int port, const char *user, const char *password)
{
	memset(s, 0, sizeof(*s));
	s->host = host;
	s->port = port;
	s->user = user;
	s->password = password;
	if (strlen(host) > SOCKS5_PART_MAX || strchr(host, '%') != NULL) {
		socks5_fail(s, CODE_BAD_HOST, "cannot be told such a host");
		return (-1);
	}
	if (user != NULL && (user[0] == '\0' || strlen(user) > SOCKS5_PART_MAX ||
	    password[0] == '\0' || strlen(password) > SOCKS5_PART_MAX)) {
		socks5_fail(s, CODE_PROXY_AUTH, "takes user and password of 1 to 255 bytes");
		return (-1);
	}
	socks5_put_byte(s, SOCKS_VERSION);
	socks5_put_byte(s, user != NULL ? 2 : 1);
	socks5_put_byte(s, METHOD_NONE);
	if (user != NULL)
		socks5_put_byte(s, METHOD_LOGIN);
	socks5_turn(s, SOCKS5_METHOD, 2);
	return (0);
}

/* RFC 1928 4: names are resolved by the proxy, which may know more than we do. */
static enum socks5_state
socks5_request(struct socks5 *s)
{
	struct in_addr	in;
	struct in6_addr	in6;

	s->out_len = 0;
	socks5_put_byte(s, SOCKS_VERSION);
	socks5_put_byte(s, CMD_CONNECT);
	socks5_put_byte(s, 0);
	if (inet_pton(AF_INET, s->host, &in) == 1) {
		socks5_put_byte(s, ATYP_INET);
		socks5_put(s, &in, sizeof(in));
	} else if (inet_pton(AF_INET6, s->host, &in6) == 1) {
		socks5_put_byte(s, ATYP_INET6);
		socks5_put(s, &in6, sizeof(in6));
	} else {
		socks5_put_byte(s, ATYP_NAME);
		socks5_put_text(s, s->host);
	}
	socks5_put_byte(s, (size_t)s->port >> 8);
	socks5_put_byte(s, (size_t)s->port & 0xff);
	/* Up to the first byte of the address, which may be the length of a name. */
	return (socks5_turn(s, SOCKS5_REPLY, 5));
}

static enum socks5_state
socks5_login(struct socks5 *s)
{
	s->out_len = 0;
	socks5_put_byte(s, LOGIN_VERSION);
	socks5_put_text(s, s->user);
	socks5_put_text(s, s->password);
	return (socks5_turn(s, SOCKS5_LOGIN, 2));
}

static enum socks5_state
socks5_method(struct socks5 *s)
{
	if (s->in[0] != SOCKS_VERSION)
		return (socks5_fail(s, CODE_NOT_A_PROXY, "does not speak SOCKS5"));
	if (s->in[1] == METHOD_NONE)
		return (socks5_request(s));
	if (s->in[1] == METHOD_LOGIN && s->user != NULL)
		return (socks5_login(s));
	/* Some want to log in though it was not offered. */
	if (s->in[1] != METHOD_REFUSED && s->in[1] != METHOD_LOGIN)
		return (socks5_fail(s, CODE_NOT_A_PROXY,
		    "wants a way to log in that was not offered"));
	return (socks5_fail(s, CODE_PROXY_AUTH, s->user != NULL ?
	    "lets nobody in with user and password" : "wants a user and a password"));
}

static enum socks5_state
socks5_logged_in(struct socks5 *s)
{
	/* RFC 1929 2. The version is 1, though some echo SOCKS's. */
	if (s->in[0] != LOGIN_VERSION && s->in[0] != SOCKS_VERSION)
		return (socks5_fail(s, CODE_NOT_A_PROXY, "does not speak SOCKS5"));
	if (s->in[1] != 0)
		return (socks5_fail(s, CODE_PROXY_AUTH, "does not accept this user and password"));
	return (socks5_request(s));
}

/* The first five bytes tell how long the reply is; -1 if they are none. */
static int
socks5_reply_length(struct socks5 *s)
{
	const struct socks5_reply	*row = replies;

	if (s->in[0] != SOCKS_VERSION) {
		socks5_fail(s, CODE_NOT_A_PROXY, "does not speak SOCKS5");
		return (-1);
	}
	/* A refusal need not be read to its end. */
	if (s->in[1] != 0) {
		while (row->reply != 0 && row->reply != s->in[1])
			row++;
		socks5_fail(s, row->code, row->text);
		return (-1);
	}
	if (s->in[3] == ATYP_INET)
		s->need = 4 + sizeof(struct in_addr) + 2;
	else if (s->in[3] == ATYP_INET6)
		s->need = 4 + sizeof(struct in6_addr) + 2;
	else if (s->in[3] == ATYP_NAME)
		s->need = 4 + 1 + (size_t)s->in[4] + 2;
	else {
		socks5_fail(s, CODE_NOT_A_PROXY, "replies with an address of unknown kind");
		return (-1);
	}
	return (0);
}

enum socks5_state
socks5_sent(struct socks5 *s)
{
	s->state = SOCKS5_RECV;
	return (s->state);
}

size_t
socks5_want(const struct socks5 *s)
{
	return (s->need - s->have);
}

enum socks5_state
socks5_feed(struct socks5 *s, const unsigned char *buf, size_t len)
{
	if (len == 0)
		return (s->state);
	memcpy(s->in + s->have, buf, len);
	s->have += len;
	if (s->have < s->need) {
		/* What begins otherwise is not waited for: it may be all that comes. */
		if (s->step != SOCKS5_LOGIN && s->in[0] != SOCKS_VERSION)
			return (socks5_fail(s, CODE_NOT_A_PROXY, "does not speak SOCKS5"));
		/* The same for a refusal, of which a proxy may send less than the whole. */
		if (s->step == SOCKS5_REPLY && s->have >= 2 && s->have < 5 && s->in[1] != 0)
			socks5_reply_length(s);
		return (s->state);
	}
	if (s->step == SOCKS5_METHOD)
		return (socks5_method(s));
	if (s->step == SOCKS5_LOGIN)
		return (socks5_logged_in(s));
	if (s->have == 5 && socks5_reply_length(s) == -1)
		return (s->state);
	if (s->have == s->need)
		s->state = SOCKS5_DONE;
	return (s->state);
}
