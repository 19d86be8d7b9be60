/* SPDX-License-Identifier: ISC */
/* Probe: a port that is not ssh's. */

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "facts/fact.h"
#include "probe/probe-net.h"
#include "probe/probe-service.h"

#define LISTEN_MS	1500	/* whoever speaks first does it by then */

static const struct opening {
	char	bytes[20];
	int	len;
	char	kind[8];
} openings[] = {
	{ "SSH-",		4,	"ssh" },
	{ "HTTP/",		5,	"http" },
	/* what takes us for HTTP/0.9 sends no head */
	{ "<!DOCTYPE HTML",	14,	"http" },
	{ "<html",		5,	"http" },
	{ "\x15\x03",		2,	"tls" },	/* an alert (RFC 8446 6): that is not TLS */
	{ "\x16\x03",		2,	"tls" },
	{ "220",		3,	"mail" },	/* or FTP, which begins in the same way */
	{ "* OK",		4,	"mail" },
	{ "+OK",		3,	"mail" },
	{ "RFB ",		4,	"vnc" },
	{ "@RSYNCD:",		8,	"rsync" },
	{ "-ERR",		4,	"redis" },
	{ "AMQP",		4,	"amqp" },
	{ "\xff\xfb",		2,	"telnet" },
	{ "\xff\xfd",		2,	"telnet" },
	{ "",			0,	"other" },
};

/* Behind these is a printer: what is sent there ends on paper. */
static const int	printers[] = { 515, 631, 9100, 9101, 9102 };

const char *
probe_service_kind(const char *buf, size_t len)
{
	const struct opening	*row = openings;

	while (row->len > 0 && (len < (size_t)row->len ||
	    strncasecmp(buf, row->bytes, (size_t)row->len) != 0))
		row++;
	return (row->kind);
}

static int
service_is_printer(int port)
{
	size_t	i;

	for (i = 0; i < sizeof(printers) / sizeof(printers[0]); i++)
		if (printers[i] == port)
			return (1);
	return (0);
}

/*
 * Who waits to be asked is asked for what every web server answers, and others refuse. 1 if it was
 * asked, 0 if it spoke or ended by itself.
 */
static int
service_ask(struct probe_talk *talk, const struct probe_input *in)
{
	static const char	question[] = "HEAD / HTTP/1.0\r\n\r\n";
	int64_t			until_ms = clock_ms() + (in->timeout_ms < LISTEN_MS ?
				    in->timeout_ms : LISTEN_MS);

	if (probe_hear(talk, until_ms) == 1 || talk->over || service_is_printer(in->port))
		return (0);
	until_ms = clock_ms() + in->timeout_ms;
	if (probe_send(talk->fd, question, sizeof(question) - 1, until_ms) == 0)
		probe_hear(talk, until_ms);
	return (1);
}

int
probe_service(json_t *facts, const struct probe_input *in, struct probe_talk *talk)
{
	const char		*kind = "unconnected";
	char			 first[PROBE_TEXT_MAX];
	size_t			 len;

	if (talk->fd != -1) {
		fact_put_truth(facts, "service.asked", service_ask(talk, in));
		kind = talk->len > 0 ?
		    probe_service_kind(talk->buf, talk->len) : probe_mute(talk);
	}
	fact_put(facts, "service.kind", json_string(kind));
	fact_put_truth(facts, "service.ok", talk->fd != -1 && (talk->len > 0 || !talk->over));
	if (talk->len > 0) {
		for (len = 0; len < talk->len && len < sizeof(first) - 1 &&
		    talk->buf[len] != '\r' && talk->buf[len] != '\n' && talk->buf[len] != '\0';
		    len++)
			first[len] = talk->buf[len];
		first[len] = '\0';
		fact_put_text(facts, "service.first", first);
	}
	if (strcmp(kind, "ssh") == 0)
		return (1);
	if (talk->fd != -1)
		probe_end(talk->fd, NULL, 0);
	return (0);
}
