/* SPDX-License-Identifier: ISC */
/* Probe: the port at which the server says that sessions can be resumed. */

#include <stdlib.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "catalogue/catalogue.h"
#include "facts/fact.h"
#include "probe/probe-net.h"
#include "wire/resume-proof.h"
#include "wire/resume.h"

#define LIMIT_MS	3000	/* a session waits for it much shorter */

static int
resume_useful(const json_t *facts, const struct probe_input *in)
{
	(void)in;
	/* Without libsodium, sessions are not resumed from here. */
	return (fact_number(facts, "server.resume_port", 0) > 0 && resume_proof_load() == 0);
}

/*
 * Ask for a session that nobody has, which begins none; the answer tells meshssh-serve from
 * anything else. CODE_NONE if it is that, and of our version.
 */
static enum code
resume_ask(struct probe_talk *talk, int64_t until_ms)
{
	static const struct resume_hello	hello = { .kind = RESUME_AGAIN, .number = 1 };
	struct resume_reply			reply;
	uint8_t					out[RESUME_HELLO_BYTES];

	resume_hello_encode(out, &hello);
	if (probe_send(talk->fd, out, sizeof(out), until_ms) == 0)
		while (talk->len < RESUME_HELLO_BYTES && probe_hear(talk, until_ms) == 1)
			continue;
	if (talk->len == 0)
		return (talk->over ? CODE_SERVER_CLOSED : CODE_SERVER_SILENT);
	if (talk->len < RESUME_HELLO_BYTES || resume_reply_decode(&reply,
	    (const uint8_t *)talk->buf, RESUME_AGAIN) != RESUME_RIGHT ||
	    reply.status == RESUME_OTHER_VERSION)
		return (CODE_NOT_RESUMABLE);
	return (CODE_NONE);
}

static void
resume_run(json_t *facts, const struct probe_input *given)
{
	struct probe_input	 in = *given;
	struct probe_talk	*talk = xcalloc(1, sizeof(*talk));
	const char		*name;
	enum code		 code;
	int64_t			 began_ms = clock_ms();

	if (in.timeout_ms > LIMIT_MS)
		in.timeout_ms = LIMIT_MS;
	talk->fd = probe_reach(facts, &in, (int)fact_number(facts, "server.resume_port", 0), &name);
	if (talk->fd != -1) {
		code = resume_ask(talk, clock_ms() + in.timeout_ms);
		name = code != CODE_NONE ? code_row(code)->name : NULL;
		probe_end(talk->fd, NULL, 0);
	}
	fact_put_truth(facts, "resume.ok", name == NULL);
	fact_put_number(facts, "resume.ms", clock_ms() - began_ms);
	if (name != NULL)
		fact_put_text(facts, "resume.error", name);
	free(talk);
}

const struct probe probe_resume = {
	.name = "resume",
	.doing = "tries the port for resumption",
	.useful = resume_useful,
	.run = resume_run
};
