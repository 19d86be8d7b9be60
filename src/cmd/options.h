/* SPDX-License-Identifier: ISC */
/* Our own options: long ones only, for ssh has the short ones. */

#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdio.h>

#include "base/option.h"
#include "route/mss.h"
#include "route/plan.h"

struct error;

#define OPTIONS_SECONDS_MAX	3600	/* of --timeout and --dead-after */

#define OPTIONS_RESUME_AUTO	0
#define OPTIONS_RESUME_OFF	(-1)
#define OPTIONS_HOLD_S		(24 * 60 * 60)	/* unless --hold says otherwise */
#define OPTIONS_HOLD_MAX	(7 * OPTIONS_HOLD_S)

enum options_mode {
	OPTIONS_RUN,		/* relay or ssh, by the operands */
	OPTIONS_WHY,
	OPTIONS_DOCTOR,
	OPTIONS_SCAN,
	OPTIONS_HELP,
	OPTIONS_VERSION
};

/* Of reports. */
enum options_format {
	OPTIONS_TEXT,		/* for people */
	OPTIONS_JSON,
	OPTIONS_OPENMETRICS	/* --scan */
};

struct options {
	enum options_mode	mode;
	int			relay;		/* HOST and PORT must follow */
	int			family;		/* AF_UNSPEC, AF_INET or AF_INET6 */
	int			mss;		/* bytes, or as in route/mss.h */
	int			fdpass;
	struct plan_choice	choice;		/* --via */
	const char		*or_names;	/* of the same host, as names_parse takes them */
	const char		*tailscaled;	/* its socket, or NULL */
	int			timeout_s;
	int			timeout_given;
	int			connect_timeout_s;	/* of the ssh that runs us; 0: not said */
	int			dead_after_s;
	int			dead_after_given;
	int			no_cache;
	/* --resume: a port, or one of those above */
	int			resume;
	int			by_ssh;		/* --resume=ssh */
	const char		*by_ssh_to;	/* PORT or ADDRESS:PORT behind that, or NULL */
	int			hold_s;
	enum options_format	format;
	const char		*output;	/* --scan: to this file, or NULL */
	int			jobs;		/* of --scan, at once */
	int			tailnet;	/* --scan: all peers */
	int			full;		/* user names and homes, too */
	const char		*replay;	/* judge this file, or NULL */
	char			**ssh_args;	/* --doctor: ssh's options, which a NULL ends */
	int			debug;
};

/* for a struct options; ends with a NULL name */
extern const struct option_row	options_table[];

/*
 * Read the options at the front of argv; the first word that is none of ours, "--" included, is at
 * *rest. Return 0, or -1 with *err set.
 */
int	options_parse(struct options *opts, int argc, char **argv, int *rest, struct error *err);
/*
 * Where nothing belongs to ssh, options stand anywhere: read those among the words, which a NULL
 * ends, and leave the operands. Return 0, or -1 with *err set.
 */
int	options_gather(struct options *opts, char **words, struct error *err);
void	options_usage(FILE *);
/*
 * Write what --help or --version asked for to standard output: 1, or 0 if neither was given. The
 * function gives the version of libsodium, or NULL.
 */
int	options_answer(const struct options *opts, const char *program,
	    const char *(*libsodium)(void));

#endif
