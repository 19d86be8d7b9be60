/* SPDX-License-Identifier: ISC */
/*
 * What was learned of the path to a host: the segment size that a connection to it should begin
 * with. Kept for each network this machine is in and each host, a file for each, for 24 hours. All
 * of it is best effort: where there is no cache folder, or what is in it cannot be trusted, there
 * is no entry.
 */

#ifndef STATE_PATH_CACHE_H
#define STATE_PATH_CACHE_H

#include <stddef.h>
#include <stdint.h>

#define PATH_CACHE_BYTES_MAX	512	/* of a file */
/* bytes of the text for a network, by os_network; it may be "": not known */
#define PATH_CACHE_NETWORK_MAX	96
#define PATH_CACHE_SECONDS		(24 * 60 * 60)
#define PATH_CACHE_COUNT_MAX	256	/* files; what is more goes, the old ones first */

/* The size in bytes for this host, in this network; 0 if there is no entry. */
int	path_cache_get(const char *network, const char *host);
void	path_cache_put(const char *network, const char *host, int mss_bytes);
void	path_cache_drop(const char *network, const char *host);

/*
 * The same for the port at which the host, whose sshd is at another, resumes sessions: 0 if nothing
 * answered there; -1 if there is no entry.
 */
int	path_cache_port_get(const char *network, const char *host, int sshd_port);
void	path_cache_port_put(const char *network, const char *host, int sshd_port, int port);
void	path_cache_port_drop(const char *network, const char *host, int sshd_port);

/*
 * The bytes of a file for this network and host, at this time in seconds: its size, or 0 if they
 * are no valid entry.
 */
int	path_cache_parse(const char *, size_t, const char *network, const char *host,
	    int64_t now_s);

#endif
