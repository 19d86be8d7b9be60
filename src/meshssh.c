#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "os/os.h"

/*
 * A descriptor that is missing now would later be a socket that somebody prints to. 1 if stdin or stdout was missing, -1 if
 * it could not be helped.
 */
static int
plug_stdio(void)
{
	int	fd, missing = 0;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			continue;
		missing |= fd != STDERR_FILENO;
		if (open("/dev/null", O_RDWR) != fd)
			return (-1);
	}
	return (missing);
}

/* Exactly two words of which the second begins like a number, or is empty: a host and a port. */
static int
wants_relay(int count, char **words)
{
	return (count == 2 && (words[1][0] == '\0' || (words[1][0] >= '0' && words[1][0] <= '9')));
}

static int
run(const struct options *opts, const char *argv0, int count, char **words, int missing, struct error *err)
{
	int	dashes = count > 0 && strcmp(words[0], "--") == 0;

	if (opts->mode != OPTIONS_RUN && count > 0) {
		error_set(err, MSG_USAGE, "--help, --version and --why stand alone");
		return (-1);
	}
	switch (opts->mode) {
	case OPTIONS_WHY:
		return (cmd_why(err));
	case OPTIONS_HELP:
		options_usage(stdout);
		return (0);
	case OPTIONS_VERSION:
		printf("%s\n", PACKAGE_STRING);
		return (0);
	case OPTIONS_RUN:
		break;
	}
	if (count == dashes) {
		error_set(err, MSG_USAGE, "there is no host");
		return (-1);
	}
	if (!wants_relay(count - dashes, words + dashes))
		return (cmd_ssh(opts, argv0, words, err));
	if (missing) {
		error_set(err, MSG_NO_STDIO, "standard input or output is closed");
		return (-1);
	}
	/* What ssh or a script left open is not ours to keep. */
	os_close_from(STDERR_FILENO + 1);
	return (cmd_relay(opts, words[dashes], words[dashes + 1], err));
}

int
main(int argc, char **argv)
{
	struct options	opts;
	struct error	err = { .code = MSG_NONE };
	char		line[ERROR_LINE_BYTES + 1];
	int		rest, missing = plug_stdio();

	if (missing == -1)
		return (error_row(MSG_SYSTEM)->status);
	if (options_parse(&opts, argc, argv, &rest, &err) == 0) {
		log_set_level(opts.debug);
		if (run(&opts, argv[0], argc - rest, argv + rest, missing, &err) == 0) {
			if (fflush(stdout) == 0)
				return (0);
			error_set(&err, MSG_OUTPUT, "cannot write to standard output: %s", strerror(errno));
		}
	}
	if (err.text[0] != '\0') {
		error_line(&err, line);
		fputs(line, stderr);
	}
	return (error_row(err.code)->status);
}
