/* SPDX-License-Identifier: ISC */
/* Runs ssh -G and keeps what it prints. */

#include <string.h>

#include "os/run.h"
#include "sshconf/ssh-ask.h"
#include "sshconf/ssh-program.h"

void
ssh_ask(const char *const argv[], int ms, struct ssh_ask *ask)
{
	struct run_text	out = { .buf = ask->out, .size = sizeof(ask->out) };
	struct run_text	err = { .buf = ask->err, .size = sizeof(ask->err) };
	struct run_child child = { .envp = NULL };

	/* A script called ssh may lead back to this program. */
	ssh_program_child(argv[0], &child);
	ask->status = run(argv, ms, &out, &err, &child);
	ssh_program_child_free(&child);
}

/* 1 if the text, up to a line break, has the number of a line. */
static int
names_line(const char *text)
{
	const char	*at = strstr(text, "line "), *end = text + strcspn(text, "\r\n");

	return (at != NULL && at < end && strchr("0123456789", at[strlen("line ")]) != NULL);
}

void
ssh_ask_refusal(struct ssh_ask *ask)
{
	char	*end = ask->err + strcspn(ask->err, "\r\n"), *next = end + strspn(end, "\r\n");

	if (end > ask->err && !names_line(ask->err) && names_line(next)) {
		if (next - end > 1)
			*end++ = ';';
		while (end < next)
			*end++ = ' ';
		end += strcspn(end, "\r\n");
	}
	*end = '\0';
}

const char *
ssh_answer(const char *answer, const char *keyword, int nth, size_t *len)
{
	size_t	n = strlen(keyword), end;

	for (; *answer != '\0'; answer += end + (answer[end] == '\n')) {
		end = strcspn(answer, "\n");
		if (end > n && strncmp(answer, keyword, n) == 0 && answer[n] == ' ' && nth-- == 0) {
			*len = end - n - 1;
			return (answer + n + 1);
		}
	}
	return (NULL);
}
