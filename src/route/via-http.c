/* SPDX-License-Identifier: ISC */
/* Route: an HTTP proxy, by CONNECT. */

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/wipe.h"
#include "route/http-talk.h"
#include "route/target.h"
#include "route/via-proxy.h"

/* HTTP CONNECT: RFC 9110 9.3.6, and 11.7.1 with RFC 7617 for Basic authentication. */

#define LOGIN_MAX	(2 * PROXY_AUTH_MAX)

/* "Proxy-Authorization: Basic ...\r\n", or nothing. */
static const char *
http_authorization(const struct proxy_auth *auth, char *buf, size_t size)
{
	char	login[LOGIN_MAX], text[BASE64_SIZE(LOGIN_MAX)];

	snprintf(login, sizeof(login), "%s:%s", auth->user, auth->password);
	snprintf(buf, size, "Proxy-Authorization: Basic %s\r\n",
	    base64(text, sizeof(text), login, strlen(login)));
	wipe(login, sizeof(login));
	wipe(text, sizeof(text));
	return (buf);
}

static enum via_want
http_begin(struct via_attempt *attempt)
{
	struct proxy_auth	 auth;
	struct http_talk	*t = http_talk_new(attempt);
	const char		*host = attempt->step->host;
	char			 to[300], login[BASE64_SIZE(LOGIN_MAX) + 40] = "";

	if (attempt->login && (t->has_auth = via_proxy_auth(attempt, &auth)) == -1)
		return (VIA_FAIL);
	if (strchr(host, '%') != NULL)
		return (via_fail(attempt, CODE_BAD_HOST,
		    "a proxy cannot be told an address with a zone"));
	if (t->has_auth)
		http_authorization(&auth, login, sizeof(login));
	snprintf(to, sizeof(to), strchr(host, ':') != NULL ? "[%s]:%d" : "%s:%d", host,
	    attempt->target->port);
	t->len = (size_t)snprintf(t->request, sizeof(t->request),
	    "CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", to, to, login);
	wipe(&auth, sizeof(auth));
	wipe(login, sizeof(login));
	return (http_talk_step(attempt));
}

/*
 * Which message a refusal is; its text may tell more than its number. 401 is tinyproxy's word for a
 * wrong password.
 */
static enum code
http_message(int status, const char *text)
{
	if (status == 407 || status == 401)
		return (CODE_PROXY_AUTH);
	if (status >= 500)
		return (via_message(text, CODE_PROXY_FAILED));
	/* No proxy redirects a CONNECT; a captive portal does. */
	return (status < 400 ? CODE_NOT_A_PROXY : CODE_PROXY_REFUSED);
}

/*
 * 1 if the proxy is to be asked again, with the user and password that are known for it: they are
 * told to nobody who has not asked for them in a way that takes them.
 */
static int
http_login(const struct via_attempt *attempt, const struct http_talk *t)
{
	return (t->head.state == HTTP1_HEAD && t->head.status == 407 && !t->has_auth &&
	    (t->head.schemes & HTTP1_BASIC) != 0 && attempt->step->proxy_named);
}

/* What it wants cannot be had by a user and a password. */
static enum via_want
http_scheme(struct via_attempt *attempt, unsigned int schemes)
{
	char	names[60];

	return (via_fail(attempt, CODE_PROXY_SCHEME, "the HTTP proxy %.60s wants a login by %s",
	    attempt->step->proxy, http1_schemes_text(schemes, names, sizeof(names))));
}

static enum via_want
http_refused(struct via_attempt *attempt, struct http_talk *t)
{
	const char	*proxy = attempt->step->proxy, *text = http_talk_text(t);
	enum code	 code;

	if (t->head.connect_error[0] != '\0')
		text = t->head.connect_error;
	if (t->head.status == 407 && t->head.schemes != 0 && (t->head.schemes & HTTP1_BASIC) == 0)
		return (http_scheme(attempt, t->head.schemes));
	if ((code = http_message(t->head.status, text)) == CODE_PROXY_AUTH)
		return (via_fail(attempt, code, "the HTTP proxy %s %s", proxy, t->has_auth ?
		    "does not accept this user and password" : "wants a user and a password"));
	via_fail(attempt, code, "the HTTP proxy %s says %d ", proxy, t->head.status);
	return (via_said(attempt, text));
}

static enum via_want
http_step(struct via_attempt *attempt)
{
	struct http_talk	*t = attempt->talk;
	struct proxy_auth	 auth;
	enum via_want		 want;
	int			 known;

	want = http_talk_step(attempt);
	if (http_login(attempt, t) && (known = via_proxy_auth(attempt, &auth)) != 0) {
		attempt->login = 1;
		return (known == 1 ? VIA_AGAIN : VIA_FAIL);
	}
	if (want != VIA_DONE)
		return (want);
	if (t->head.state == HTTP1_BAD)
		return (via_fail(attempt, CODE_NOT_A_PROXY, "the HTTP proxy %s does not speak HTTP",
		    attempt->step->proxy));
	/* RFC 9110 9.3.6: any 2xx, and what it says of a body is to be ignored. */
	return (t->head.status / 100 == 2 ? VIA_DONE : http_refused(attempt, t));
}

static void
http_silent(struct via_attempt *attempt, int64_t took_ms)
{
	/* All but the end of a refusal came. */
	if (http_talk_text(attempt->talk) != NULL)
		http_refused(attempt, attempt->talk);
	else
		via_proxy_silent(attempt, took_ms);
}

const struct via via_http = {
	.name = "http",
	.peer = "the HTTP proxy",
	.to = VIA_TO_PROXY,
	.proxy = PROXY_HTTP,
	.broken = CODE_PROXY_CLOSED,
	.begin = http_begin,
	.step = http_step,
	.unconnected = via_proxy_unconnected,
	.silent = http_silent,
	.address = via_proxy_address,
};
