#include <string.h>

#include "wire/sshwire.h"

static const char	id_start[] = "SSH-";
#define ID_START_LEN	((int)sizeof(id_start) - 1)

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
