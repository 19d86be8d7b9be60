/* SPDX-License-Identifier: ISC */
/* Asks one name server directly. */

#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "facts/fact.h"
#include "net/sock.h"
#include "probe/probe-dns.h"
#include "wire/dns.h"

#define TRIES		2
#define TRY_MS		1000	/* it is on this machine, but may ask another server */

/* One question: its answer, or what kept it from coming. */
struct question {
	unsigned char		 query[DNS_QUERY_MAX];
	size_t			 len;
	struct dns_answer	 answer;
	const char		*error;		/* NULL if there is an answer */
	int			 silent;	/* none came */
};

/* A UDP socket that talks to this server alone; -1 with errno. */
static int
dns_socket(const char *server, int port)
{
	struct sockaddr_storage	ss;
	socklen_t		len = addr_literal(server, port, &ss);
	int			fd;

	if ((fd = socket(ss.ss_family, SOCK_DGRAM, 0)) == -1)
		return (-1);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && connect(fd, (struct sockaddr *)&ss, len) == 0)
		return (fd);
	file_close(fd);
	return (-1);
}

/*
 * Wait for the answer to this question; what is none is passed over. 1, 0 when the time is over, -1
 * with errno.
 */
static int
question_wait(struct question *q, int fd, int64_t until_ms)
{
	unsigned char	buf[DNS_ANSWER_MAX];
	ssize_t		len;
	int		n;

	while ((n = sock_wait(fd, POLLIN, until_ms)) == 1) {
		if ((len = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) == -1) {
			if (errno != EAGAIN && errno != EINTR)
				return (-1);
		} else if (dns_parse(buf, (size_t)len, q->query, q->len, &q->answer) == 0)
			return (1);
	}
	return (n);
}

static void
question_ask(struct question *q, int fd, const char *name, int type, const struct probe_input *in)
{
	int	wait_ms = in->timeout_ms / TRIES < TRY_MS ? in->timeout_ms / TRIES : TRY_MS;
	int	i, n = 0;

	/* Nobody but this machine's own daemon is asked: the number need not be hard to guess. */
	q->len = dns_query(q->query, sizeof(q->query), (uint16_t)(clock_ms() ^ type << 8), name,
	    type);
	if (q->len == 0) {
		q->error = "this can be no name";
		return;
	}
	for (i = 0; i < TRIES && n == 0; i++) {
		if (send(fd, q->query, q->len, MSG_NOSIGNAL) == -1)
			n = -1;
		else
			n = question_wait(q, fd, clock_ms() + wait_ms);
	}
	if (n == 1)
		q->error = q->answer.rcode != 0 ? dns_rcode(q->answer.rcode) : NULL;
	else
		q->error = n == 0 ? "no answer" : strerror(errno);
	q->silent = n == 0;
}

/* The addresses of an answer go into the list. */
static void
question_addresses(const struct question *q, json_t *list)
{
	const struct dns_address	*a;
	char				 text[INET6_ADDRSTRLEN];
	int				 i;

	/* An address beside "no such name" is no answer. */
	for (i = 0; q->error == NULL && i < q->answer.count; i++) {
		a = &q->answer.addresses[i];
		if (inet_ntop(a->ipv6 ? AF_INET6 : AF_INET, a->bytes, text, sizeof(text)) != NULL)
			fact_append_text(list, text);
	}
}

void
probe_dns(json_t *facts, const char *path, const char *server, int port, const char *name,
    const struct probe_input *in)
{
	struct question	 v4 = { .len = 0 }, v6 = { .len = 0 };
	int64_t		 began_ms = clock_ms();
	json_t		*said = json_object(), *list = json_array();
	const char	*error;
	int		 fd;

	if ((fd = dns_socket(server, port)) == -1)
		error = strerror(errno);
	else {
		question_ask(&v4, fd, name, DNS_A, in);
		question_ask(&v6, fd, name, DNS_AAAA, in);
		close(fd);
		error = v4.error != NULL ? v4.error : v6.error != NULL ?
		    v6.error : "it has no address";
	}
	json_put(said, "ms", json_integer(clock_ms() - began_ms));
	question_addresses(&v4, list);
	question_addresses(&v6, list);
	if (json_array_size(list) > 0)
		json_put(said, "addresses", json_incref(list));
	else
		json_put(said, "error", fact_string(error));
	if (json_array_size(list) == 0 && (v4.silent || v6.silent))
		json_put(said, "code", json_string(code_row(CODE_NAME_TIMEOUT)->name));
	json_decref(list);
	fact_put(facts, path, said);
}
