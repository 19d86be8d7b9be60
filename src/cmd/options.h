/* Our own options: long ones only, for ssh has the short ones. */

#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdio.h>

#include "base/option.h"
#include "route/ladder.h"
#include "route/plan.h"

struct error;

#define OPTIONS_SECONDS_MAX	3600	/* of --timeout and --dead-after */

enum options_mode {
	OPTIONS_RUN,		/* relay or ssh, by the operands */
	OPTIONS_WHY,
	OPTIONS_DOCTOR,
	OPTIONS_SCAN,
	OPTIONS_HELP,
	OPTIONS_VERSION
};

struct options {
	enum options_mode	mode;
	int			relay;		/* HOST and PORT must follow */
	int			family;		/* AF_UNSPEC, AF_INET or AF_INET6 */
	int			mss;		/* bytes, or as in route/ladder.h */
	int			fdpass;
	struct plan_choice	choice;		/* --via */
	const char		*tailscaled;	/* its socket, or NULL */
	int			timeout_s;
	int			timeout_given;
	int			dead_after_s;
	int			dead_after_given;
	int			no_cache;
	int			json;		/* --doctor, --scan: for programs */
	int			jobs;		/* of --scan, at once */
	int			tailnet;	/* --scan: all peers */
	int			full;		/* user names and homes, too */
	const char		*replay;	/* judge this file, or NULL */
	int			debug;
};

extern const struct option_row	options_table[];	/* for a struct options; ends with a NULL name */

/*
 * Read the options at the front of argv; the first word that is none of ours, "--" included, is at *rest. With --doctor
 * and --scan they stand anywhere, and only operands are left there; a NULL ends argv.
 * 0, or -1 with the error set.
 */
int	options_parse(struct options *, int, char **, int *, struct error *);
void	options_usage(FILE *);

#endif
