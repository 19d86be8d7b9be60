/* SPDX-License-Identifier: ISC */
/*
 * What known_hosts files say of a key: their lines as a list of {"file", "line", "mark", "other",
 * "key"}, and the verdict.
 */

#ifndef FACTS_SSH_TRUST_H
#define FACTS_SSH_TRUST_H

#include <jansson.h>

struct ssh_known;

/* The greater says the more. */
enum ssh_trust {
	SSH_TRUST_NEW,		/* nothing */
	/* it is known without the port that is meant, as ssh takes it, too */
	SSH_TRUST_ELSEWHERE,
	SSH_TRUST_AUTHORITY,	/* the host's keys are an authority's to sign */
	SSH_TRUST_DIFFERS,	/* the host has another key */
	SSH_TRUST_KNOWN,
	SSH_TRUST_REVOKED
};

/*
 * Add the lines with this name to the list; other: it lacks the port that is meant, so a key that
 * differs may be that of another server. 0, or -1 if a file could not be looked at.
 */
int	ssh_trust_add(json_t *lines, const struct ssh_known *, const char *name, int other);
/* What the lines say of "TYPE BASE64", and the one that says it, or NULL. */
enum ssh_trust	ssh_trust(const json_t *lines, const char *key, const json_t **);
/* 1 if a key of this type is known. */
int	ssh_trust_type(const json_t *lines, const char *type);

#endif
