/* SPDX-License-Identifier: ISC */
/*
 * The doctor's instruments: each asks the network one thing and puts what it saw into the facts.
 * Only the doctor uses them: they make connections that a server logs, and counts.
 */

#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include <jansson.h>

struct facts;
struct plan_choice;
struct probe_kept;

/* to one server, of all probes together: below OpenSSH's PerSourcePenalties */
#define PROBE_CONNECTIONS_MAX	12

struct probe_input {
	const char	*typed;		/* the host as the user calls it; NULL: not known */
	const char	*host;		/* what to connect to: HostName as ssh has it */
	int		 port;
	int		 ssh;		/* the port is meant for SSH */
	int		 timeout_ms;	/* for one connection, and each wait */
	int		 dead_after_s;
	const struct plan_choice *choice;	/* --via; NULL: none */
	int		 family;	/* of addresses; 0: any */
	int		 full;		/* user names and paths of homes may be told */
	const struct facts *seen;	/* what this machine could connect with */
	struct probe_kept *kept;	/* a connection for the next probe; NULL: none is kept */
};

struct probe {
	char	name[16];		/* the object it fills */
	char	doing[48];		/* for the progress line: "asks the resolver" */
	/* 1 if it can tell something, with what is known so far. Pure. */
	int	(*useful)(const json_t *facts, const struct probe_input *);
	/* That it saw nothing is a fact, too. Bounded in time. */
	void	(*run)(json_t *facts, const struct probe_input *);
};

/* in the order in which they are run; ends with NULL */
extern const struct probe	*const probes[];
extern const struct probe	 probe_names, probe_connect, probe_identification, probe_dscp,
				    probe_resume, probe_mtu, probe_control, probe_ping,
				    probe_through;

#endif
