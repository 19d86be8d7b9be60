/* SPDX-License-Identifier: ISC */
/*
 * The doctor's facts: one tree of JSON, "facts" in what --doctor --json prints, filled by a table
 * of detectors, which look at this machine, and by the probes, which ask the host. Nobody judges
 * here. meshssh-doctor(5) documents every key.
 *
 * What could not be seen is not there: a rule that needs it stays silent. Strings are printable.
 */

#ifndef FACTS_DETECT_H
#define FACTS_DETECT_H

#include <jansson.h>
#include <stdint.h>

#include "sshconf/ssh-config.h"

/* for one detector, all programs and daemons that it asks together */
#define DETECT_MS	900

struct facts;

struct detect_input {
	/* the folder that the machine's files are below: "", or a test's */
	const char	*root;
	/* as the user wrote it; NULL: this machine alone is looked at */
	const char	*host;
	int		 port;		/* 0: what ssh would take */
	/* ssh's options beside its files, each one word, which a NULL ends; NULL: there are none */
	char *const	*ssh_args;
	const char	*tailscaled;	/* its socket, if it was named */
	int		 full;		/* user names and paths of homes may be told */
	/* for which calls what the detector of ssh finds is to hold */
	enum ssh_config_calls	 calls;
	/* what connections go by: filled by the detector of tailscaled */
	struct facts	*seen;
	/*
	 * What ssh -G printed for the host, which is no fact, for nothing is left out of it: set by
	 * the detector of ssh where it printed anything, and freed by the caller; NULL: not wanted
	 */
	char		**answer;
	/* by then, on clock_ms(), the detector is to be ready; set by detect_one */
	int64_t		 until_ms;
};

struct detector {
	char	name[16];		/* the object it fills */
	/* Takes a second at most. */
	void	(*detect)(json_t *facts, const struct detect_input *);
};

extern const struct detector	*const detectors[];	/* ends with NULL */
extern const struct detector	 detect_system, detect_tailscale, detect_net, detect_ssh,
				    detect_names, detect_nix, detect_sshd, detect_serve;
/*
 * Not one of them: for CheckHostIP, the keys that are known for the address that was connected to.
 */
extern const struct detector	 detect_ssh_address;

/* Let one look. */
void	detect_one(const struct detector *, json_t *facts, const struct detect_input *);
/* Milliseconds that a detector has left; 0 if there are none. */
int	detect_left_ms(const struct detect_input *);
/* All of them. */
void	detect(json_t *facts, const struct detect_input *);

#endif
