/* SPDX-License-Identifier: ISC */
/* Stanzas of ssh_config(5): lines, and what the user's own files have to say to them. */

#ifndef EMIT_EMIT_SSH_H
#define EMIT_EMIT_SSH_H

#include <jansson.h>
#include <stdio.h>

struct error;
struct names;

/*
 * A value as ssh_config(5) takes it in all versions from 7.2 on, in double quotes where it has
 * blanks: the buffer, or NULL if it cannot stand there, or does not fit.
 */
const char *emit_ssh_word(const char *, char *, size_t);
/* "    Keyword value", behind a comment that says why, unless that is NULL. */
void	emit_ssh_line(FILE *, const char *keyword, const char *value, const char *why);
/* The same for a HostName, which is no token. */
void	emit_ssh_hostname(FILE *, const char *name, const char *why);
#define EMIT_SSH_BUILDER	"--dead-after=30"	/* of Nix: a build that hangs is worse */

/*
 * The same for the ProxyCommand by meshssh, which a word of its own stands for, or NULL, with
 * options like " --fdpass"; 0, or -1 with the error set if the program's path cannot stand there,
 * or that of tailscaled's socket, where the user names one.
 */
int	emit_ssh_proxy(FILE *, const json_t *, const char *program, const char *options,
	    struct error *);
/*
 * The further names of the host that --or lists: those that are wanted, or else those that the
 * block of ours in force has. The count is 1 if there are none. 0, or -1 with the error set.
 */
int	emit_ssh_names(const json_t *, struct names *, struct error *);
#define EMIT_SSH_OR_MAX	4200	/* bytes of the option */
/* " --or=NAME,...", as a ProxyCommand takes it, or "" if there are none: the buffer. */
const char *emit_ssh_or(const struct names *, char [EMIT_SSH_OR_MAX]);
/*
 * 1 if a line of the user's own says how to connect, by other hosts or programs, and stays in
 * force. If stronger is set, it gives way, unless its block names the host.
 */
int	emit_ssh_elsewhere(const json_t *, int stronger);
/* The same, also of a line that is void beside a ProxyCommand, such as BindAddress. */
int	emit_ssh_stays(const json_t *, int stronger);
/*
 * BindAddress or BindInterface, if the user's own ssh connects to the host from what one of them
 * says, or NULL. *follow is 0 if that is so at times only, or gives way, as to a mesh.
 */
const char *emit_ssh_bound(const json_t *, int *follow);
/*
 * The ProxyCommand, with the AddressFamily that is ssh's, and why; or, where such a line stays, a
 * comment that names it. As emit_ssh_proxy returns.
 */
int	emit_ssh_way(FILE *, const json_t *, const char *options, int stronger, struct error *);
/*
 * How long ssh waits for meshssh, and for a server that went silent, unless the user's own files
 * say it.
 */
void	emit_ssh_wait(FILE *, const json_t *);
void	emit_ssh_alive(FILE *, const json_t *);
/* 1 if sessions with the host outlive their connections, seen from here. */
int	emit_ssh_resumes(const json_t *);
/*
 * What keeps ssh canonicalizing names, where it does so now: with a ProxyCommand, "yes" is no for
 * it.
 */
void	emit_ssh_canonical(FILE *, const json_t *);
/* What keeps ssh from marking its packets. */
void	emit_ssh_marks(FILE *, const json_t *);

/*
 * 1 if the ssh at hand knows the keyword, in lower case; unknown ones are fatal to it, for every
 * host.
 */
int	emit_ssh_knows(const json_t *, const char *keyword);
/*
 * 1 if the user's own files set the keyword, in lower case, for the host. A block that names the
 * host and has a ProxyCommand by meshssh is ours, not theirs. Where only ssh can tell, because of
 * Match exec, it is theirs if ssh has another value than this one; NULL: that says nothing.
 */
int	emit_ssh_theirs(const json_t *, const char *keyword, const char *otherwise);
/* 1 if ssh would connect through meshssh already, with no option that the user chose. */
int	emit_ssh_by_meshssh(const json_t *);
/*
 * 1 if a peer is better called by its address: the mesh has no MagicDNS, or this machine does not
 * ask it, though the kernel has the way. Elsewhere tailscaled is asked, who knows the names.
 */
int	emit_ssh_nameless(const json_t *);

#endif
