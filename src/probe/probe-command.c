/* SPDX-License-Identifier: ISC */
/* Another program's ProxyCommand: where it leads. */

#include <sys/types.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "base/yes-no.h"
#include "facts/fact.h"
#include "os/command.h"
#include "probe/probe-command.h"
#include "probe/probe-identification.h"
#include "sshconf/redact.h"
#include "sshconf/ssh-ask.h"
#include "sshconf/ssh-proxy.h"
#include "wire/sshkex.h"
#include "wire/sshwire.h"

#define STEPS	3	/* a lookup, a connection to a proxy, one from there to the host */
#define LAST_MS	1000	/* for the last words of one that has closed its output, and its end */
#define ASKED_MS	1000	/* for one that goes on without an answer */
#define SAID_MAX	1024

struct talk {
	struct command		 command;
	int			 from;	/* what the server says comes from here; -1: not yet */
	int			 err;	/* its standard error; -1: that has ended */
	int			 terminal;	/* what it writes there; -1: that does not matter */
	int			 asks;		/* it wrote there */
	struct sshwire_id	 id;
	struct sshwire_line	 line;
	char			 said[SAID_MAX];	/* the last that it said there */
	size_t			 len;
};

/* The value of a keyword, to be freed; NULL if there is none, or its line was cut. */
static char *
answer_value(const char *answer, const char *keyword)
{
	size_t		 len;
	const char	*value = ssh_answer(answer, keyword, 0, &len);

	return (value != NULL && value[len] == '\n' ? xasprintf("%.*s", (int)len, value) : NULL);
}

char *
probe_command_line(const struct probe_input *in, const char *answer)
{
	char			*command = answer_value(answer, "proxycommand");
	char			*host = answer_value(answer, "hostname");
	char			*alias = answer_value(answer, "hostkeyalias");
	char			*user = answer_value(answer, "user"), *line = NULL;
	struct ssh_proxy_tokens	 tokens = { .host = host, .typed = in->typed, .user = user,
				    .alias = alias != NULL ? alias : in->typed,
				    .port = in->port };

	if (command != NULL)
		line = ssh_proxy_line(command, &tokens);
	free(command);
	free(host);
	free(alias);
	free(user);
	return (line);
}

/* ssh does not wait for the server before it says who it is. */
static void
talk_begin(struct talk *t, int from, int to)
{
	void	(*pipe_cb)(int) = signal(SIGPIPE, SIG_IGN);
	ssize_t	n = write(to, SSHKEX_ID, SSHKEX_ID_LEN);

	/* Who does not take it ends, which is seen. */
	(void)n;
	signal(SIGPIPE, pipe_cb);
	t->from = from;
}

/* Of what it says to people the end counts. */
static void
talk_said(struct talk *t)
{
	char	buf[SAID_MAX / 2];
	ssize_t	n = read(t->err, buf, sizeof(buf));

	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		t->err = -1;
	if (n <= 0)
		return;
	if (t->len + (size_t)n > sizeof(t->said)) {
		memmove(t->said, t->said + n, t->len - (size_t)n);
		t->len -= (size_t)n;
	}
	memcpy(t->said + t->len, buf, (size_t)n);
	t->len += (size_t)n;
}

/* The descriptor that it passes: 0, or -1 if it ends without. */
static int
talk_receive(struct talk *t)
{
	int	fd = command_receive(&t->command);

	if (fd == -1)
		return (errno == EAGAIN || errno == EINTR ? 0 : -1);
	talk_begin(t, fd, fd);
	return (0);
}

/* More of what the server says: 0, or -1 at its end. */
static int
talk_read(struct talk *t)
{
	char	buf[512];
	ssize_t	n = read(t->from, buf, sizeof(buf)), i;

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return (0);
	for (i = 0; i < n && t->id.state == SSHWIRE_MORE; i++) {
		sshwire_line_feed(&t->line, buf[i]);
		sshwire_id_feed(&t->id, buf + i, 1);
	}
	return (n > 0 ? 0 : -1);
}

/* 1 if it is a server that ssh can talk to, and not what we have said ourselves. */
static int
talk_answers(const struct talk *t)
{
	return (sshwire_is_version_2(t->line.text, t->line.len) &&
	    (t->line.len != SSHKEX_ID_LEN || memcmp(t->line.text, SSHKEX_ID, SSHKEX_ID_LEN) != 0));
}

/*
 * No server came in time. It waits for a person if its terminal hides what is typed, or if the last
 * that it said is a line without an end that looks like a question.
 */
static const char *
talk_waits(const struct talk *t)
{
	size_t	len = t->len;

	while (len > 0 && (t->said[len - 1] == ' ' || t->said[len - 1] == '\t'))
		len--;
	return (command_hides(&t->command) || (len > 0 && memchr("?:>", t->said[len - 1], 3) !=
	    NULL) ? "asks" : "silent");
}

/* What can be heard by then. 0 if there is no reason to go on; *ended tells why, or is NULL. */
static int
talk_step(struct talk *t, int64_t left_ms, const char **ended)
{
	struct pollfd	pfd[3] = {
		{ .fd = t->from != -1 ? t->from : t->command.out, .events = POLLIN },
		{ .fd = t->err, .events = POLLIN },
		{ .fd = t->terminal, .events = POLLIN },
	};

	if (left_ms <= 0)
		*ended = talk_waits(t);
	else if (poll(pfd, 3, (int)left_ms) > 0) {
		if (pfd[2].revents != 0) {
			t->asks = (pfd[2].revents & POLLIN) != 0;
			t->terminal = -1;
		}
		if (pfd[1].revents != 0)
			talk_said(t);
		if (pfd[0].revents != 0 && (t->from != -1 ? talk_read(t) : talk_receive(t)) == -1)
			*ended = "closed";
	}
	if (t->id.state == SSHWIRE_NOT_SSH || (t->id.state == SSHWIRE_SSH && !talk_answers(t)))
		*ended = "other";
	return (*ended == NULL && t->id.state == SSHWIRE_MORE);
}

/*
 * Until the server has identified itself: NULL, or how it ended else. What is written to the
 * terminal may be no question.
 */
static const char *
talk_hear(struct talk *t, int64_t until_ms)
{
	const char	*ended = NULL;
	int		 asked = 0;

	while (talk_step(t, until_ms - clock_ms(), &ended))
		if (t->asks && !asked) {
			asked = 1;
			if (until_ms - clock_ms() > ASKED_MS)
				until_ms = clock_ms() + ASKED_MS;
		}
	return (ended != NULL && t->asks ? "asks" : ended);
}

/* What it still has to say. */
static void
talk_last(struct talk *t)
{
	const int64_t	until_ms = clock_ms() + LAST_MS;
	struct pollfd	pfd = { .events = POLLIN };

	while (t->err != -1 && clock_ms() < until_ms) {
		pfd.fd = t->err;
		if (poll(&pfd, 1, (int)(until_ms - clock_ms())) > 0)
			talk_said(t);
	}
}

/* The last line of it that is not empty. */
static void
talk_told(json_t *facts, struct talk *t, int full)
{
	char	text[SAID_MAX + 1], *line = text;
	size_t	i, len = t->len;

	for (i = 0; i < len; i++)
		text[i] = t->said[i] != '\0' ? t->said[i] : ' ';
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	text[len] = '\0';
	for (i = 0; i < len; i++)
		if (text[i] == '\n' || text[i] == '\r')
			line = text + i + 1;
	if (line[0] != '\0')
		fact_put(facts, "connect.command.said", redact(REDACT_ERROR, line, getenv("HOME"),
		    full));
}

/* The way is open: NULL; else how it ended. */
static void
talk_facts(json_t *facts, struct talk *t, const struct probe_input *in, const char *ended,
    int64_t ms)
{
	fact_put_text(facts, "connect.route", "command");
	fact_put_number(facts, "connect.port", in->port);
	fact_put_number(facts, "connect.ms", ms);
	fact_put_truth(facts, "connect.ok", ended == NULL);
	if (ended == NULL) {
		probe_identification_line(facts, t->line.text, t->line.len, ms);
		return;
	}
	fact_put_text(facts, "connect.command.ended", ended);
	if (t->id.first[0] != '\0')
		fact_put_text(facts, "server.first", t->id.first);
	talk_told(facts, t, in->full);
}

/* It runs. */
static int
command_run(json_t *facts, struct talk *t, const struct probe_input *in)
{
	const int64_t	 began_ms = clock_ms();
	const char	*ended = talk_hear(t, began_ms + STEPS * (int64_t)in->timeout_ms);
	const int64_t	 ms = clock_ms() - began_ms;
	int		 closed = ended != NULL && strcmp(ended, "closed") == 0, status;

	if (closed)
		talk_last(t);
	if (t->from != -1 && t->from != t->command.out)
		close(t->from);
	status = command_end(&t->command, closed ? LAST_MS : 0);
	if (ended != NULL && strcmp(ended, "asks") == 0) {
		fact_put_text(facts, "connect.command.ended", ended);
		return (-1);
	}
	talk_facts(facts, t, in, ended, ms);
	if (closed && status != -1)
		fact_put_number(facts, "connect.command.status", status);
	return (0);
}

int
probe_command(json_t *facts, const struct probe_input *in, const char *answer)
{
	char	*fdpass = answer_value(answer, "proxyusefdpass");
	char	*line = probe_command_line(in, answer);
	struct talk *t = xcalloc(1, sizeof(*t));
	int	 passes = yes_no(fdpass) == 1, result = -1;

	t->from = -1;
	/* It would ask in a window. */
	setenv("SSH_ASKPASS_REQUIRE", "never", 1);
	if (line != NULL && command_start(&t->command, line, passes) == 0) {
		t->err = t->command.err;
		t->terminal = t->command.tty;
		if (!passes)
			talk_begin(t, t->command.out, t->command.in);
		result = command_run(facts, t, in);
	}
	free(fdpass);
	free(line);
	free(t);
	return (result);
}
