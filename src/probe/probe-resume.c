/* SPDX-License-Identifier: ISC */
/* Probe: the port at which the server says that sessions can be resumed. */

#include <unistd.h>

#include "base/clock.h"
#include "facts/fact.h"
#include "probe/probe-net.h"

#define LIMIT_MS	3000	/* a session waits for it much shorter */

static int
resume_useful(const json_t *facts, const struct probe_input *in)
{
	(void)in;
	return (fact_number(facts, "server.resume_port", 0) > 0);
}

/* Connected, and nothing said: what answers there says nothing first either. */
static void
resume_run(json_t *facts, const struct probe_input *given)
{
	struct probe_input	 in = *given;
	const char		*code;
	int64_t			 began_ms = clock_ms();
	int			 fd;

	if (in.timeout_ms > LIMIT_MS)
		in.timeout_ms = LIMIT_MS;
	fd = probe_reach(facts, &in, (int)fact_number(facts, "server.resume_port", 0), &code);
	fact_put_truth(facts, "resume.ok", fd != -1);
	fact_put_number(facts, "resume.ms", clock_ms() - began_ms);
	if (fd == -1)
		fact_put_text(facts, "resume.error", code);
	else
		close(fd);
}

const struct probe probe_resume = {
	.name = "resume",
	.doing = "tries the port for resumption",
	.useful = resume_useful,
	.run = resume_run
};
