/* SPDX-License-Identifier: ISC */
/* The hosts of a scan: arguments, standard input, peers. */

#include <sys/types.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "cmd/scan-list.h"
#include "sshconf/ssh-host.h"

/*
 * HOST, HOST:PORT or [IPv6]:PORT; without a port, ssh's configuration has its say. Return 0, or -1
 * if it is not a host.
 */
static int
list_word(struct scan_host *to, const char *word)
{
	static const char	*const ways[] = {
		[SSH_HOST_JUMP] = "ssh reaches it through a jump host",
		[SSH_HOST_COMMAND] = "ssh reaches it through a ProxyCommand",
		[SSH_HOST_UNKNOWN] = "ssh -G did not say in a second how it is reached",
	};
	struct ssh_host		 found;

	memset(to, 0, sizeof(*to));
	strlcpy(to->name, word, sizeof(to->name));
	if (ssh_host_split(word, NULL, to->host, &to->port) == 0)
		return (0);
	if (!addr_host_ok(word))
		return (-1);
	ssh_host(word, &found);
	strlcpy(to->host, found.host, sizeof(to->host));
	to->port = found.port;
	to->family = found.family;
	to->unseen = ways[found.way];
	return (0);
}

static const struct scan_host *
list_host(struct scan_list *list, const char *word)
{
	char	shown[64];

	if (list_word(&list->host, word) == 0) {
		list->begun++;
		return (&list->host);
	}
	list->odd++;
	fprintf(stderr, "meshssh: \"%.60s\" is not a host name or address\n",
	    error_vis(shown, sizeof(shown), word));
	return (NULL);
}

/* The next byte: 1, 0 at the end, or -1 if it is not there yet. */
static int
list_byte(struct scan_list *list, char *c)
{
	struct pollfd	pfd = { .fd = list->fd, .events = POLLIN };
	ssize_t		n;

	if (list->in_off == list->in_len) {
		if (poll(&pfd, 1, 0) <= 0)
			return (-1);
		if ((n = read(list->fd, list->in, sizeof(list->in))) <= 0)
			return (n == -1 && (errno == EINTR || errno == EAGAIN) ? -1 : 0);
		list->in_off = 0;
		list->in_len = (size_t)n;
	}
	*c = list->in[list->in_off++];
	return (1);
}

/*
 * A line's first word; comments begin with "#". NULL at the end, or with *later where the line has
 * not come to its own.
 */
static const char *
list_line(struct scan_list *list, int *later)
{
	char	c = '\0';
	int	more;

	do {
		while ((more = list_byte(list, &c)) == 1 && c != '\n')
			/*
			 * What is too long for a host is cut, and is still too long. A NUL would
			 * hide what follows.
			 */
			if (list->len < sizeof(list->line) - 1)
				list->line[list->len++] = c == '\0' ? '?' : c;
		if (more == -1) {
			*later = 1;
			return (NULL);
		}
		list->line[list->len] = '\0';
		list->len = 0;
		list->line[strcspn(list->line, " \t\r#")] = '\0';
		if (list->line[0] != '\0')
			return (list->line);
	} while (more == 1);
	return (NULL);
}

/* A peer is reached by its address, which needs no resolver, and known by its name. */
static const struct scan_host *
list_peer(struct scan_list *list)
{
	const json_t	*peer;
	const char	*name, *address;

	while ((peer = json_array_get(list->peers, list->next)) != NULL) {
		list->next++;
		name = json_text_at(peer, "name");
		if ((address = json_text_at(peer, "addresses.0")) == NULL)
			continue;
		memset(&list->host, 0, sizeof(list->host));
		strlcpy(list->host.name, name[0] != '\0' ? name : address, sizeof(list->host.name));
		strlcpy(list->host.host, address, sizeof(list->host.host));
		list->host.port = 22;
		list->begun++;
		return (&list->host);
	}
	return (NULL);
}

const struct scan_host *
scan_list_next(struct scan_list *list, int *later)
{
	const struct scan_host	*host;
	const char		*word;

	if (list->peers != NULL)
		return (list_peer(list));
	while ((word = list->fd != -1 ? list_line(list, later) : *list->words) != NULL) {
		if (list->fd == -1)
			list->words++;
		if ((host = list_host(list, word)) != NULL)
			return (host);
	}
	return (NULL);
}
