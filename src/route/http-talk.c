/* SPDX-License-Identifier: ISC */
/* An HTTP exchange as a step of a route. */

#include <errno.h>
#include <string.h>

#include "net/exact.h"
#include "route/http-talk.h"

struct http_talk *
http_talk_new(struct via_attempt *attempt)
{
	return (via_talk(attempt, sizeof(struct http_talk)));
}

/*
 * How much of the body is of use: nothing of what is in chunks, or does not begin like a text; nor
 * of what might give our own request back, if that has credentials.
 */
static size_t
talk_body_want(const struct http_talk *t)
{
	size_t	room = sizeof(t->body) - 1;
	long	length = http1_length(&t->head);

	if (t->has_auth || t->head.transfer_encoding[0] != '\0' || t->body[0] == '<' ||
	    strchr(t->body, '\n') != NULL)
		return (0);
	return (length != -1 && (size_t)length < room ? (size_t)length : room);
}

static enum via_want
talk_body(struct via_attempt *attempt, struct http_talk *t)
{
	size_t	got;
	int	result;

	if (t->got >= talk_body_want(t))
		return (VIA_DONE);
	if ((result = exact_read(attempt->fd, t->body + t->got, talk_body_want(t) - t->got,
	    &got)) == -1)
		return (VIA_DONE);
	t->got += result == 1 ? got : 0;
	return (t->got < talk_body_want(t) ? VIA_WANT_READ : VIA_DONE);
}

enum via_want
http_talk_step(struct via_attempt *attempt)
{
	struct http_talk	*t = attempt->talk;
	int			 result;

	if (t->sent < t->len)
		return (via_send(attempt, t->request, t->len, &t->sent));
	if (t->head.state == HTTP1_MORE) {
		if ((result = exact_head(attempt->fd, &t->head)) == -1)
			return (via_broken(attempt, errno));
		if (result == 0 || t->head.state == HTTP1_MORE)
			return (VIA_WANT_READ);
	}
	if (t->head.state == HTTP1_BAD || t->head.status / 100 == 2 || t->head.status == 101)
		return (VIA_DONE);
	return (talk_body(attempt, t));
}

const char *
http_talk_text(struct http_talk *t)
{
	if (t == NULL || t->head.state != HTTP1_HEAD)
		return (NULL);
	t->body[strcspn(t->body, "\r\n")] = '\0';
	return (t->body[0] == '\0' || t->body[0] == '<' ? t->head.reason : t->body);
}
