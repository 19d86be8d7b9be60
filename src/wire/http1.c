/* SPDX-License-Identifier: ISC */
/* HTTP/1 heads (RFC 9112), as CONNECT and the LocalAPI need them. */

#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "wire/http1.h"

/* The headers that anybody asks for. */
static const struct http1_header {
	char	name[24];
	size_t	offset;
} headers[] = {
	{ "Content-Length",		offsetof(struct http1, content_length) },
	{ "Transfer-Encoding",		offsetof(struct http1, transfer_encoding) },
	{ "Tailscale-Connect-Error",	offsetof(struct http1, connect_error) },
	{ "Dial-Self",			offsetof(struct http1, dial_self) },
	{ "Dial-Addr",			offsetof(struct http1, dial_addr) },
	{ "",				0 }
};

/* Ways to log in to a proxy that are met, the first of them HTTP1_BASIC, and their names. */
static const char	schemes[][12] = { "Basic", "Digest", "Negotiate", "NTLM", "Kerberos", "Bearer" };

#define SCHEMES		(sizeof(schemes) / sizeof(schemes[0]))
#define AUTHENTICATE	"Proxy-Authenticate:"

static int
digit(char c)
{
	return (c >= '0' && c <= '9');
}

/* RFC 9112 4: "HTTP/1.1 200 reason"; some leave the reason out, and its blank with it. */
static enum http1_state
http1_status_line(struct http1 *h)
{
	const char	*line = h->line;

	if (strncmp(line, "HTTP/1.", 7) != 0 || !digit(line[7]) || line[8] != ' ' ||
	    line[9] < '1' || line[9] > '5' || !digit(line[10]) || !digit(line[11]) ||
	    (line[12] != ' ' && line[12] != '\0'))
		return (HTTP1_BAD);
	h->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + line[11] - '0';
	strlcpy(h->reason, line[12] == ' ' ? line + 13 : "", sizeof(h->reason));
	return (HTTP1_MORE);
}

/* The scheme that a part of a list of challenges begins with, or 0: it may be a parameter. */
static unsigned int
http1_scheme(const char *part)
{
	size_t	i, len = strcspn(part, " \t,");

	for (i = 0; i < SCHEMES; i++)
		if (len == strlen(schemes[i]) && strncasecmp(part, schemes[i], len) == 0)
			return (1u << i);
	return (0);
}

/*
 * RFC 9110 11.6.1: challenges and their parameters stand in one list, with commas between; those
 * within quotes are text.
 */
static unsigned int
http1_challenges(const char *value)
{
	unsigned int	found = 0;
	int		quoted = 0;

	found |= http1_scheme(value + strspn(value, " \t"));
	for (; *value != '\0'; value++)
		if (quoted && *value == '\\' && value[1] != '\0')
			value++;
		else if (*value == '"')
			quoted = !quoted;
		else if (*value == ',' && !quoted)
			found |= http1_scheme(value + 1 + strspn(value + 1, " \t"));
	return (found);
}

/* RFC 9112 5: "name: value". What is not understood is passed over. */
static void
http1_header_line(struct http1 *h)
{
	const struct http1_header	*row;
	const char			*value;
	char				*to;
	size_t				 len = sizeof(AUTHENTICATE) - 1;

	if (strncasecmp(h->line, AUTHENTICATE, len) == 0)
		h->schemes |= http1_challenges(h->line + len);
	for (row = headers; row->name[0] != '\0'; row++) {
		len = strlen(row->name);
		if (strncasecmp(h->line, row->name, len) != 0 || h->line[len] != ':')
			continue;
		value = h->line + len + 1;
		value += strspn(value, " \t");
		to = (char *)h + row->offset;
		strlcpy(to, value, HTTP1_TEXT_MAX);
		for (len = strlen(to); len > 0 && strchr(" \t", to[len - 1]) != NULL; len--)
			to[len - 1] = '\0';
	}
}

/* The empty line behind the headers. Of an interim reply nothing stays. */
static enum http1_state
http1_head_end(struct http1 *h)
{
	const struct http1_header	*row;

	if (h->status >= 200 || (h->status == 101 && h->upgrade))
		return (HTTP1_HEAD);
	h->status = 0;
	h->schemes = 0;
	for (row = headers; row->name[0] != '\0'; row++)
		*((char *)h + row->offset) = '\0';
	return (HTTP1_MORE);
}

static enum http1_state
http1_line_end(struct http1 *h)
{
	size_t	len = strlen(h->line);

	/* The CR may lie beyond what is kept. */
	if (len > 0 && len == h->column && h->line[len - 1] == '\r') {
		h->line[len - 1] = '\0';
		h->column--;
	}
	if (h->status == 0)
		h->state = http1_status_line(h);
	else if (h->column == 0)
		h->state = http1_head_end(h);
	else
		http1_header_line(h);
	h->column = 0;
	h->line[0] = '\0';
	return (h->state);
}

/* What begins otherwise will never be a status line: not to be waited for. */
static int
http1_hopeless(const struct http1 *h)
{
	size_t	n = h->column < 7 ? h->column : 7;

	return (h->status == 0 && strncmp(h->line, "HTTP/1.", n) != 0);
}

static enum http1_state
http1_byte(struct http1 *h, char c)
{
	if (c == '\0' || ++h->total > HTTP1_HEAD_MAX)
		return (HTTP1_BAD);
	if (c == '\n')
		return (http1_line_end(h));
	if (h->column < sizeof(h->line) - 1) {
		h->line[h->column] = c;
		h->line[h->column + 1] = '\0';
	}
	h->column++;
	return (http1_hopeless(h) ? HTTP1_BAD : HTTP1_MORE);
}

enum http1_state
http1_feed(struct http1 *h, const char *buf, size_t len, size_t *used)
{
	size_t	i;

	for (i = 0; i < len && h->state == HTTP1_MORE; i++)
		h->state = http1_byte(h, buf[i]);
	*used = i;
	return (h->state);
}

const char *
http1_schemes_text(unsigned int set, char *text, size_t size)
{
	size_t	i;

	strlcpy(text, "", size);
	for (i = 0; i < SCHEMES; i++) {
		if ((set & 1u << i) == 0)
			continue;
		set &= ~(1u << i);
		if (text[0] != '\0')
			strlcat(text, set != 0 ? ", " : " or ", size);
		strlcat(text, schemes[i], size);
	}
	return (text);
}

long
http1_length(const struct http1 *h)
{
	int	n;

	if (h->transfer_encoding[0] != '\0' || number_parse(h->content_length, 0, 1 << 30,
	    &n) == -1)
		return (-1);
	return (n);
}
