/* SPDX-License-Identifier: ISC */
/*
 * tailscaled's status document, `GET /localapi/v0/status?peers=false`: Tailscale's ipn/ipnstate.
 * Keys are added with every release, so only what is needed is looked at, and what has another type
 * than expected counts as not said.
 */

#ifndef WIRE_TSJSON_H
#define WIRE_TSJSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define TSJSON_ADDRS_MAX	8
#define TSJSON_HEALTH_MAX	4

enum tsjson_tun {
	TSJSON_TUN_UNSAID,	/* older than 1.36 */
	TSJSON_TUN_NO,		/* userspace networking */
	TSJSON_TUN_YES
};

/* The strings are as they came: to be vis'd before they are shown, except suffix and addresses. */
struct tsjson {
	char		version[48];
	char		state[32];			/* BackendState */
	enum tsjson_tun	tun;
	/* MagicDNSSuffix; "" or a host name without dots at its ends */
	char		suffix[ADDR_HOST_MAX + 1];
	/* TailscaleIPs of this node, each addr_host_ok */
	char		addrs[TSJSON_ADDRS_MAX][ADDR_TEXT_MAX];
	int		addr_count;
	/* all that the kernel of a machine with a TUN would send out goes through a peer */
	int		exit_node;
	int64_t		created_s;	/* this node, since 1970; 0: not said */
	/* the first complaints; "" ends them */
	char		health[TSJSON_HEALTH_MAX][160];
};

/*
 * The document, which the caller lets go of, and its BackendState, as it came; NULL if it is none
 * of tailscaled's.
 */
json_t	*tsjson_open(const char *buf, size_t len, char *state, size_t size);
/* Copy the text of this name in an object, or "". */
void	tsjson_text(const json_t *object, const char *key, char *to, size_t size);

/* Return 0, or -1 if it is not such a document. */
int	tsjson_status(const char *buf, size_t len, struct tsjson *status);

/*
 * Of the document of `GET /localapi/v0/prefs`: 1 if the node accepts the routes of its peers, 0 if
 * not, -1 if it does not say.
 */
int	tsjson_accepts_routes(const char *, size_t);

#endif
