/* SPDX-License-Identifier: ISC */
/* The doctor's program: --doctor, --scan and --replay. */

#include <signal.h>

#include "base/error.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "catalogue/catalogue.h"
#include "cmd/cmd.h"
#include "cmd/events.h"
#include "cmd/options.h"
#include "cmd/ssh-args.h"
#include "cmd/stdio.h"
#include "wire/resume-proof.h"

/* What meshssh --doctor, --scan and --replay run; without one of them, --doctor is meant. */
static int
run(struct options *opts, char **words, int *status, struct error *err)
{
	int	count = 0;

	if (options_answer(opts, "meshssh-doctor", resume_library))
		return (0);
	if (opts->mode == OPTIONS_WHY) {
		error_set(err, CODE_USAGE, "--why belongs to meshssh");
		return (-1);
	}
	if (opts->or_names != NULL) {
		error_set(err, CODE_USAGE, "--or is for connections; check each name by itself: --doctor NAME");
		return (-1);
	}
	if (opts->mode == OPTIONS_SCAN)
		return (cmd_scan(opts, words, status, err));
	if (opts->output != NULL || opts->format == OPTIONS_OPENMETRICS) {
		error_set(err, CODE_USAGE, "--output and --format=openmetrics are for --scan");
		return (-1);
	}
	if ((opts->ssh_args = ssh_args_take(words)) == NULL) {
		error_set(err, CODE_USAGE,
		    "of ssh's options, --doctor takes -4, -6, -F, -J, -i, -l, -o and -p");
		return (-1);
	}
	while (words[count] != NULL)
		count++;
	if (count <= (opts->replay != NULL ? 0 : 2))
		return (cmd_doctor(opts, words[0], count > 1 ? words[1] : NULL, status, err));
	error_set(err, CODE_USAGE, "--doctor takes a host and a port, --replay a file alone");
	return (-1);
}

int
main(int argc, char **argv)
{
	struct options	opts;
	struct error	err = { .code = CODE_NONE };
	int		rest, status = 0, result;

	xalloc_init();
	events_tame();
	signal(SIGXFSZ, SIG_IGN);	/* a limit of a file's size is an error as others are */
	if (stdio_plug(&err) != -1 && options_parse(&opts, argc, argv, &rest, &err) == 0 &&
	    options_gather(&opts, argv + rest, &err) == 0) {
		log_set_level(opts.debug);
		result = run(&opts, argv + rest, &status, &err);
		ssh_args_free(opts.ssh_args);
		if (result == 0 && stdio_flush(&err) == 0)
			return (status);
	}
	error_say(&err);
	return (code_row(err.code)->status);
}
