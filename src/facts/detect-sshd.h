/* SPDX-License-Identifier: ISC */
/* For the two files of the detector "sshd". */

#ifndef FACTS_DETECT_SSHD_H
#define FACTS_DETECT_SSHD_H

#include <jansson.h>

#include "facts/detect.h"

#define SSHD_PORTS_MAX	8

/* What sshd_config says, for all users, as far as the doctor wants to know. */
struct sshd_config {
	int	ports[SSHD_PORTS_MAX];
	int	port_count;		/* 0: 22 */
	int	lax;			/* StrictModes no */
	int	other_keys_file;	/* AuthorizedKeysFile is not, or not only, the usual one */
	int	unread;			/* a part of it cannot be read by this user */
	int	files;			/* so far */
};

/* Where something listens on those ports. */
struct sshd_listens {
	int	loopback;
	int	outside;
};

/* What else lies between sshd and who wants to reach it. */
void	detect_sshd_firewall(json_t *facts, const char *root);
void	detect_sshd_windows(json_t *, const struct sshd_config *, const struct detect_input *);

#endif
