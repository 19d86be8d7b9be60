/* SPDX-License-Identifier: ISC */
/* The layouts of the system that this is built for: macOS or a BSD. */

#ifndef OS_OS_BSD_LAYOUT_H
#define OS_OS_BSD_LAYOUT_H

#include "os/route-message.h"
#include "os/tcp-report.h"

extern const struct route_layout	os_route_layout;
extern const struct tcp_layout		os_tcp_layout;

/* How large segments towards us may be on this connection, if that was said; or 0. */
int	os_bsd_receives(int);

#endif
