/* SPDX-License-Identifier: ISC */
/* The relay's program: parses the options, then relays, becomes ssh, or shows the last failure. */

#include <sys/types.h>

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "catalogue/catalogue.h"
#include "cmd/cmd.h"
#include "cmd/events.h"
#include "cmd/options.h"
#include "cmd/self.h"
#include "cmd/stdio.h"
#include "os/os.h"
#include "wire/resume-proof.h"

/*
 * Without --relay: exactly two words of which the second begins like a number, or is empty: a host
 * and a port. If the first begins with a hyphen, it is an option of ssh's and the second an
 * address, unless that can be nothing but a port.
 */
static int
wants_relay(const struct options *opts, int count, char **words)
{
	size_t	digits;

	if (opts->relay)
		return (1);
	if (opts->mode != OPTIONS_RUN || count != 2)
		return (0);
	digits = strspn(words[1], "0123456789");
	return (words[1][digits] == '\0' || (digits > 0 && words[0][0] != '-'));
}

static int
run(const struct options *opts, char **argv, int count, char **words, struct error *err)
{
	if (opts->mode == OPTIONS_DOCTOR || opts->mode == OPTIONS_SCAN)
		return (self_exec("meshssh-doctor", argv, err));
	if (opts->mode != OPTIONS_RUN && count > 0) {
		error_set(err, CODE_USAGE, "--help, --version and --why stand alone");
		return (-1);
	}
	if (options_answer(opts, "meshssh", resume_library))
		return (0);
	if (opts->mode == OPTIONS_WHY)
		return (cmd_why(err));
	if (count == 0 || (count == 1 && strcmp(words[0], "--") == 0)) {
		error_set(err, CODE_USAGE, "there is no host");
		return (-1);
	}
	return (cmd_ssh(opts, argv[0], words, err));
}

/*
 * The exit status of a relay, which prints its errors itself; -1 with the error set if it cannot
 * start.
 */
static int
relay(const struct options *opts, int count, char **words, int missing, struct error *err)
{
	if (opts->mode != OPTIONS_RUN || count != 2) {
		error_set(err, CODE_USAGE, "--relay takes a host and a port, and nothing else");
		return (-1);
	}
	if (missing) {
		error_set(err, CODE_NO_STDIO, "standard input or output is closed");
		return (-1);
	}
	/* What ssh or a script left open is not ours to keep. */
	os_close_from(STDERR_FILENO + 1);
	return (cmd_relay(opts, words[0], words[1], err) == 0 ? 0 : code_row(err->code)->status);
}

int
main(int argc, char **argv)
{
	struct options	opts;
	struct error	err = { .code = CODE_NONE };
	int		rest, count = 0, dashes, status, missing = stdio_plug(&err);

	xalloc_init();
	events_tame();
	if (missing != -1 && options_parse(&opts, argc, argv, &rest, &err) == 0) {
		log_set_level(opts.debug);
		while (argv[rest + count] != NULL)
			count++;
		dashes = count > 0 && strcmp(argv[rest], "--") == 0;
		if (wants_relay(&opts, count - dashes, argv + rest + dashes)) {
			status = relay(&opts, count - dashes, argv + rest + dashes, missing, &err);
			if (status != -1)
				return (status);
		} else if (run(&opts, argv, count, argv + rest, &err) == 0 &&
		    stdio_flush(&err) == 0)
			return (0);
	}
	error_say(&err);
	return (code_row(err.code)->status);
}
