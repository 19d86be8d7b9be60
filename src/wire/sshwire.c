/* SPDX-License-Identifier: ISC */
/* SSH identification strings and packet lengths (RFC 4253). */

#include <string.h>

#include "base/number.h"
#include "wire/sshwire.h"

static const char	id_start[] = "SSH-";
#define ID_START_LEN	((int)sizeof(id_start) - 1)
#define OFFER_WORD	"meshssh="

static enum sshwire_id_state
sshwire_id_byte(struct sshwire_id *id, char c)
{
	if (id->lines == 0 && id->column < sizeof(id->first) - 1 && c != '\r' && c != '\n')
		id->first[id->column] = c;
	id->total++;
	if (c == '\n') {
		if (id->matched == ID_START_LEN)
			return (SSHWIRE_SSH);
		/* ssh would read such a reply to its end and then say nothing useful. */
		if (id->lines == 0 && strncmp(id->first, "HTTP/", 5) == 0)
			return (SSHWIRE_NOT_SSH);
		id->lines++;
		id->column = 0;
		id->matched = 0;
		return (id->lines < SSHWIRE_LINES_MAX ? SSHWIRE_MORE : SSHWIRE_NOT_SSH);
	}
	id->column++;
	if (id->column > SSHWIRE_LINE_MAX)
		return (SSHWIRE_NOT_SSH);
	if (id->matched != -1 && id->matched != ID_START_LEN)
		id->matched = c == id_start[id->matched] ? id->matched + 1 : -1;
	return (SSHWIRE_MORE);
}

enum sshwire_id_state
sshwire_id_feed(struct sshwire_id *id, const char *buf, size_t len)
{
	while (len-- > 0 && id->state == SSHWIRE_MORE)
		id->state = sshwire_id_byte(id, *buf++);
	return (id->state);
}

const char *
sshwire_refusal(const struct sshwire_id *id)
{
	static const struct {
		char	start[28];
		char	word[12];
	}	refusals[] = {
		{ "Exceeded MaxStartups",	"maxstartups" },
		{ "Not allowed at this time",	"penalty" },
	};
	size_t	i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (strncmp(id->first, refusals[i].start, strlen(refusals[i].start)) == 0)
			return (refusals[i].word);
	return (NULL);
}

int
sshwire_offer(const char *buf, size_t len)
{
	const char	*end = memchr(buf, '\n', len < SSHWIRE_ID_MAX ? len : SSHWIRE_ID_MAX);
	char		 line[SSHWIRE_ID_MAX + 1], *rest = line, *word;
	int		 port;

	if (end == NULL || memchr(buf, '\0', (size_t)(end - buf)) != NULL)
		return (0);
	memcpy(line, buf, (size_t)(end - buf));
	line[end - buf] = '\0';
	line[strcspn(line, "\r")] = '\0';
	/* The version is the first word, and no comment. */
	if (strncmp(line, "SSH-", 4) != 0 || strsep(&rest, " ") == NULL)
		return (0);
	while ((word = strsep(&rest, " ")) != NULL)
		if (strncmp(word, OFFER_WORD, strlen(OFFER_WORD)) == 0 &&
		    number_parse(word + strlen(OFFER_WORD), 1, 65535, &port) == 0)
			return (port);
	return (0);
}

int
sshwire_id_begun(const struct sshwire_id *id)
{
	return (id->matched == ID_START_LEN);
}

int
sshwire_is_client(const char *buf, size_t len)
{
	size_t	n = len < sizeof(id_start) - 1 ? len : sizeof(id_start) - 1;

	if (memcmp(buf, id_start, n) != 0)
		return (0);
	return (n == sizeof(id_start) - 1 ? 1 : -1);
}

void
sshwire_line_feed(struct sshwire_line *line, char c)
{
	if (line->ended)
		memset(line, 0, sizeof(*line));
	if (line->len < sizeof(line->text))
		line->text[line->len++] = c;
	line->ended = c == '\n';
}

int
sshwire_is_version_2(const char *line, size_t len)
{
	return (len >= 8 && (memcmp(line, "SSH-2.0-", 8) == 0 ||
	    (len >= 9 && memcmp(line, "SSH-1.99-", 9) == 0)));
}

/* A byte of the packet: its length, the length of its padding, the type, and what is in it. */
static int
hello_packet_byte(struct sshwire_hello *hello, unsigned char c)
{
	const size_t	head = 4;

	if (hello->packet < head)
		hello->length = hello->length << 8 | c;
	hello->packet++;
	if (hello->packet < head)
		return (SSHWIRE_HELLO_MORE);
	if (hello->length < 2 || hello->length > SSHWIRE_PACKET_MAX - head ||
	    (hello->packet == head + 2 && c != 20 /* SSH_MSG_KEXINIT */))
		return (SSHWIRE_HELLO_OTHER);
	return (hello->packet == head + hello->length ? SSHWIRE_HELLO_WHOLE : SSHWIRE_HELLO_MORE);
}

static int
hello_byte(struct sshwire_hello *hello, char c)
{
	static const char	start[] = "SSH-2.0-";

	if (hello->ended)
		return (hello_packet_byte(hello, (unsigned char)c));
	if ((hello->line < sizeof(start) - 1 && c != start[hello->line]) ||
	    hello->line == SSHWIRE_ID_MAX)
		return (SSHWIRE_HELLO_OTHER);
	hello->line++;
	hello->ended = c == '\n';
	return (SSHWIRE_HELLO_MORE);
}

int
sshwire_hello_feed(struct sshwire_hello *hello, const char *buf, size_t len)
{
	for (; len > 0 && hello->state != SSHWIRE_HELLO_OTHER; len--)
		if (hello->state == SSHWIRE_HELLO_WHOLE)
			hello->state = SSHWIRE_HELLO_OTHER;
		else
			hello->state = hello_byte(hello, *buf++);
	return ((int)hello->state);
}
