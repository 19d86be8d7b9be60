/* SPDX-License-Identifier: ISC */
/* A part of the probe of connections: whether the kernel passes over the host's own network. */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "facts/fact.h"
#include "net/interface.h"
#include "net/sock.h"
#include "os/os.h"
#include "probe/probe-net.h"

/* Connect by this interface: 1, 0 if there is nothing that way, -1 if a user may not choose it. */
static int
conflict_try(const struct sockaddr *sa, socklen_t len, const char *device,
    const struct probe_input *in)
{
	struct sock_tune	tune = { .connect_s = in->timeout_ms / 1000 + 1,
				    .dead_after_s = in->dead_after_s };
	int			fd, ok;

	if ((fd = sock_open(sa, &tune, 0)) == -1)
		return (-1);
	if (os_bind_device(fd, sa->sa_family, device) == -1) {
		close(fd);
		return (-1);
	}
	ok = (connect(fd, sa, len) == 0 || errno == EINPROGRESS) &&
	    sock_wait(fd, POLLOUT, clock_ms() + in->timeout_ms) == 1 && sock_error(fd) == 0;
	if (ok)
		probe_end(fd, NULL, 0);
	else
		close(fd);
	return (ok);
}

int
probe_conflict(json_t *facts, const struct probe_input *in, const struct sockaddr *sa,
    socklen_t len)
{
	struct interface_conflict	conflict;
	char				text[ADDR_TEXT_MAX];
	int				ok;

	if (addr_is_tailnet(sa) || !interface_conflict(sa, len, &conflict))
		return (0);
	fact_put_text(facts, "connect.conflict.address", addr_text(sa, len, text));
	fact_put_text(facts, "connect.conflict.link", conflict.link);
	fact_put_text(facts, "connect.conflict.kernel", conflict.kernel);
	if ((ok = conflict_try(sa, len, conflict.link, in)) != -1)
		fact_put_truth(facts, "connect.conflict.ok", ok);
	probe_made(facts, ok == 1);
	return (1);
}
