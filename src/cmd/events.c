/* SPDX-License-Identifier: ISC */
/* libevent's messages and failures become ours. */

#include <event2/event.h>

#include <errno.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "catalogue/catalogue.h"
#include "cmd/events.h"

static void
events_log_cb(int severity, const char *msg)
{
	(void)severity;
	log_debug(1, "libevent: %s", msg);
}

/* It does that where it gets no descriptors for its signals. */
static void
events_fatal_cb(int error)
{
	struct error	err;

	(void)error;
	error_errno(&err, errno, "cannot start the event loop");
	error_say(&err);
	_exit(code_row(err.code)->status);
}

void
events_tame(void)
{
	event_set_log_callback(events_log_cb);
	event_set_fatal_callback(events_fatal_cb);
}
