/* SPDX-License-Identifier: ISC */
/* What client and server say before the session: identification strings and KEXINIT. */

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "session/identification.h"

static enum identification_state
identification_update(struct identification *g)
{
	if (g->state != IDENTIFICATION_OPEN)
		return (g->state);
	if (g->client == CLIENT_OTHER || (g->client == CLIENT_SSH &&
	    g->server.state == SSHWIRE_SSH) || (g->client == CLIENT_MUTE && g->server.total > 0))
		g->state = IDENTIFICATION_PASSED;
	else if (g->client == CLIENT_SSH && g->server.state == SSHWIRE_NOT_SSH)
		g->state = IDENTIFICATION_FAILED;
	return (g->state);
}

enum identification_state
identification_client(struct identification *g, const char *buf, size_t len)
{
	size_t	n = sizeof(g->head) - g->head_len;
	int	ssh;

	if (g->client != CLIENT_UNKNOWN)
		return (g->state);
	n = len < n ? len : n;
	memcpy(g->head + g->head_len, buf, n);
	g->head_len += n;
	if ((ssh = sshwire_is_client(g->head, g->head_len)) != -1)
		g->client = ssh ? CLIENT_SSH : CLIENT_OTHER;
	return (identification_update(g));
}

enum identification_state
identification_client_end(struct identification *g)
{
	if (g->client == CLIENT_UNKNOWN)
		g->client = g->head_len == 0 ? CLIENT_MUTE : CLIENT_OTHER;
	return (identification_update(g));
}

enum identification_state
identification_server(struct identification *g, const char *buf, size_t len)
{
	sshwire_id_feed(&g->server, buf, len);
	return (identification_update(g));
}

void
identification_again(struct identification *g)
{
	memset(&g->server, 0, sizeof(g->server));
	g->state = IDENTIFICATION_OPEN;
}

int
identification_check(const struct identification *g, enum identification_end end,
    const char *target, struct error *err)
{
	static const struct {
		enum code	 code;
		const char	*nothing;	/* it said nothing */
		const char	*half;		/* it stopped in its identification */
	}	ends[] = {
		[IDENTIFICATION_EOF] = { CODE_SERVER_CLOSED,
		    "the server closed the connection before it said anything",
		    "the server closed the connection in the middle of its identification" },
		[IDENTIFICATION_RESET] = { CODE_SERVER_CLOSED,
		    "the server reset the connection before it said anything",
		    "the server reset the connection in the middle of its identification" },
		[IDENTIFICATION_TIMEOUT] = { CODE_SERVER_SILENT,
		    "connected, but the server says nothing",
		    "connected, but the server stops in the middle of its identification" },
	};
	char	shown[SSHWIRE_SHOWN * 4];
	int	unheard;

	/*
	 * A reset, or an sshd that turns clients away, may be read before what the client said: the
	 * one is all that there is to tell, the other says it to clients of ssh alone.
	 */
	unheard = g->client == CLIENT_UNKNOWN && ((end == IDENTIFICATION_RESET &&
	    g->server.total == 0) || sshwire_refusal(&g->server) != NULL);
	if (g->state == IDENTIFICATION_PASSED || (g->client != CLIENT_SSH &&
	    g->client != CLIENT_MUTE && !unheard))
		return (0);
	if (g->server.total == 0)
		error_set(err, ends[end].code, "%s: %s", target, ends[end].nothing);
	else if (g->state != IDENTIFICATION_FAILED && sshwire_id_begun(&g->server))
		error_set(err, ends[end].code, "%s: %s", target, ends[end].half);
	else if (sshwire_refusal(&g->server) != NULL)
		error_set(err, CODE_SERVER_CLOSED, "%s: it says \"%.40s\"", target,
		    error_vis(shown, sizeof(shown), g->server.first));
	else
		error_set(err, CODE_NOT_SSH, "%s: it says \"%.40s\"", target,
		    error_vis(shown, sizeof(shown), g->server.first));
	return (-1);
}

void
identification_failed(const struct identification *g, int error, const char *target,
    struct error *err)
{
	if (error == ECONNRESET || error == EPIPE) {
		if (identification_check(g, IDENTIFICATION_RESET, target, err) == 0)
			error_set(err, CODE_RESET, "%s: connection reset", target);
	} else if (error == ETIMEDOUT || error == EHOSTUNREACH || error == ENETUNREACH ||
	    error == ENETDOWN || error == EHOSTDOWN)
		error_set(err, CODE_DEAD_PATH,
		    "%s: the host stopped answering, or stopped accepting data", target);
	else if (error == EPERM || error == EACCES)
		error_set(err, CODE_BLOCKED, "%s: %s", target, strerror(error));
	else
		error_errno(err, error, target);
}
