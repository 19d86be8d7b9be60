/* SPDX-License-Identifier: ISC */
/*
 * Many hosts at once on one event loop: whether each can be reached, how, and what its server says
 * first.
 */

#ifndef SCAN_SCAN_H
#define SCAN_SCAN_H

#include "base/addr.h"
#include "base/error.h"

struct event_base;
struct facts;
struct plan_choice;

struct scan_host {
	char		 name[ADDR_HOST_MAX + 16];	/* as people call it */
	char		 host[ADDR_HOST_MAX + 1];	/* what is connected to */
	int		 port;
	/* the keyword by which ssh goes there through another host or program; or NULL */
	const char	*way;
};

struct scan_row {
	const char	*host;			/* its name */
	int		 port;
	int		 ok;			/* a server of SSH has identified itself */
	int		 ms;			/* until then, or until it was given up */
	const char	*route;			/* "direct", ...; "" if none led there */
	char		 address[ADDR_TEXT_MAX];	/* that was connected to */
	/* its identification, printable, without "SSH-2.0-" */
	char		 server[64];
	struct error	 err;			/* if it is not ok */
};

struct scan_config {
	struct event_base	*base;
	const struct plan_choice *choice;	/* --via */
	const struct facts	*facts;
	const char		*tailscaled;	/* its socket, or NULL */
	int			 family;
	int			 timeout_ms;	/* for connecting, and for the server to speak */
	int			 jobs;		/* so many hosts at once */
	/*
	 * The next host, to be there until the next call; or NULL. If *later was set then, it is
	 * called again when this descriptor is readable.
	 */
	const struct scan_host	*(*next_cb)(void *, int *later);
	int			 more_fd;
	void			(*row_cb)(const struct scan_row *, void *);
	void			*arg;
};

/* Look at every host; the rows come as they are known. Return 0, or -1 with errno. */
int	scan_run(const struct scan_config *);

#endif
