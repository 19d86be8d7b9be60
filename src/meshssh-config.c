/* SPDX-License-Identifier: ISC */
/* The companion's program. */

#include <signal.h>

#include "base/error.h"
#include "base/xalloc.h"
#include "catalogue/catalogue.h"
#include "cmd/events.h"
#include "cmd/stdio.h"
#include "config/conf.h"

int
main(int argc, char **argv)
{
	struct error	err = { .code = CODE_NONE };
	int		status = 0;

	error_program("meshssh-config");
	xalloc_init();
	events_tame();
	/* A limit on the size of files is an error of write(2), after which we clean up. */
	signal(SIGXFSZ, SIG_IGN);
	if (stdio_plug(&err) != -1 && cmd_config(argc, argv, &status, &err) == 0 &&
	    stdio_flush(&err) == 0)
		return (status);
	error_say(&err);
	return (code_row(err.code)->status);
}
