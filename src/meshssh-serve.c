/* SPDX-License-Identifier: ISC */
/* The far side's program. */

#include "base/error.h"
#include "catalogue/catalogue.h"
#include "cmd/stdio.h"
#include "serve/serve.h"

int
main(int argc, char **argv)
{
	struct error	err = { .code = CODE_NONE };
	int		status = 0;

	error_program("meshssh-serve");
	if (stdio_plug(&err) != -1 && cmd_serve(argc, argv, &status, &err) == 0 &&
	    stdio_flush(&err) == 0)
		return (status);
	error_say(&err);
	return (code_row(err.code)->status);
}
