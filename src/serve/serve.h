/* SPDX-License-Identifier: ISC */
/* The far side of sessions that outlive their connections: what it was told, and its log. */

#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include <sys/types.h>
#include <sys/socket.h>

#include <stdint.h>

#include "base/addr.h"
#include "base/option.h"
#include "wire/resume.h"

#define SERVE_LISTENERS	16
#define SERVE_RUN_MAX	64	/* with a name behind it, a path of a unix socket */

struct error;

/* As whom we connect to sshd. */
enum serve_source {
	SERVE_CLIENT,		/* the address and port of the client */
	SERVE_HASH,		/* an address of 127.0.0.0/8, for each client's address its own */
	SERVE_LOOPBACK
};

struct serve {
	/* by family: IPv4, IPv6; of length 0 where there is none */
	struct sockaddr_storage	 sshd[2];
	socklen_t		 sshd_len[2];
	enum serve_source	 source;
	int			 same_address;	/* a session goes on from where it began only */
	uint32_t		 hold_s;
	char			 run[SERVE_RUN_MAX];
	uint8_t			 boot[RESUME_BOOT_BYTES];
	int			 listener[SERVE_LISTENERS];
	int			 listeners;
};

/* Who is at the other end; an IPv4 address within IPv6 counts as the former. */
struct serve_peer {
	struct sockaddr_storage	 ss;
	socklen_t		 len;
	char			 text[ADDR_TEXT_MAX];	/* without the port */
	int			 port;
};

/* The peer of a connected socket; 0, or -1 with errno. */
int	serve_peer(int fd, struct serve_peer *);
/* A line in the log, which is standard error; printable, and cut to fit. */
void	serve_say(const char *, ...) __attribute__((__format__(printf, 1, 2)));
/* The options of the program, and it: 0 and the exit status, or -1 with *err set. */
extern const struct option_row	serve_table[];
int	cmd_serve(int argc, char **argv, int *status, struct error *err);

#endif
