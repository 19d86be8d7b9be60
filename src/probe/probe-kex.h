/* SPDX-License-Identifier: ISC */
/*
 * One connection to an SSH server, ended in the middle of a key exchange: how large the packets are
 * that get through. Ours are seen by their acknowledgement, the server's by what arrives.
 */

#ifndef PROBE_PROBE_KEX_H
#define PROBE_PROBE_KEX_H

#include <sys/socket.h>

#include <stdint.h>

#include "probe/probe.h"

#define KEX_SIZES_MAX	24

/* What the connection is to find out. Sizes are those of IP packets, in bytes. */
struct kex_try {
	const struct sockaddr	*sa;
	socklen_t		 len;
	/* of our segments and of the server's; 0: as the kernel has them */
	int			 mss_bytes;
	/* to be sent, from small to large; too large ones are left out */
	int			 sizes[KEX_SIZES_MAX];
	int			 count;
	int			 to_full;	/* after them, the largest */
	/* see what the server's key exchange looks like */
	int			 reverse;
	/* as it was seen earlier, with small segments; 0: not known */
	int			 kexinit_bytes;
	/* so much silence is more than the server needs for an answer */
	int			 quiet_ms;
	/* it writes its reply and what comes behind it at once */
	int			 openssh;
};

struct kex_result {
	enum {
		KEX_UNCONNECTED,
		KEX_BLIND,	/* this system does not tell what is acknowledged */
		KEX_MUTE,	/* no identification */
		KEX_TALKED
	}	 state;
	int	 kept;		/* the connection is one that an earlier probe has made */
	int	 error;		/* errno, if it is UNCONNECTED */
	/* why it is MUTE, as sshwire_refusal has it; NULL: not known */
	const char *refusal;
	int	 mss_bytes;	/* that we have offered */
	int	 full;		/* the largest packet that we would send */
	int	 passed;	/* the largest that was acknowledged; 0: none */
	/* the one that was not, though it was sent again and again; 0: none */
	int	 stuck;
	enum {
		KEX_REVERSE_UNTRIED,
		KEX_REVERSE_WHOLE,	/* all came */
		KEX_REVERSE_LOST,	/* what is behind a large one came, the large one did not */
		KEX_REVERSE_SILENT,	/* nothing came; a slow server would look the same */
		KEX_REVERSE_ENDED,	/* the server broke it off */
		KEX_REVERSE_SMALL	/* it has no key exchange with a large answer */
	}	 reverse;
	int	 reverse_full;	/* the largest packet that the server would send */
	int	 reverse_bytes;	/* the largest that came, or the smallest that did not */
	int	 in_reply;	/* it was the answer that did not come, not the KEXINIT */
	int	 late;		/* the exchange was not over when its time was */
};

/*
 * Connect and look; what is said then takes no longer than three times the input's timeout, however
 * little the server says at a time. Leaves nothing open.
 */
void	probe_kex(const struct kex_try *, const struct probe_input *, struct kex_result *);

/* --- of probe-kex-retry.c -------------------------------------------------------------------- */

struct probe_talk;

/* What a connection is made of. */
struct kex_wire {
	struct probe_talk	*talk;
	const struct probe_input *in;
	int64_t			 until_ms;	/* for all that is said on it */
	int			 header;	/* bytes of IP and TCP */
	int			 options;	/* of TCP, in each segment */
};

/*
 * Send these bytes in packets of the sizes, then of the first one, so that what is acknowledged
 * tells which of them got through. Sets passed and stuck; 0 when all was acknowledged, -1 if not.
 */
int	kex_steps(const struct kex_wire *, const int *sizes, int count, const char *, size_t,
	    struct kex_result *);

#endif
