/* SPDX-License-Identifier: ISC */
/* meshssh-config: its commands, as a table, and its options. */

#ifndef CONFIG_CONF_H
#define CONFIG_CONF_H

#include <jansson.h>
#include <stdio.h>

#include "base/option.h"

struct error;
struct install;
struct ssh_ask;

struct conf {
	const struct conf_command *command;	/* which is run */
	json_t		*wanted;	/* as src/emit/emit.h has it: each option that was given, a text or true */
	const char	*tailscaled;	/* its socket, or NULL */
	int		 status;	/* exit status where nothing failed */
};

struct conf_command {
	const char	*name;
	const char	*operands;	/* for the usage text */
	const char	*options;	/* of the table, those that it takes: names with blanks between them and around */
	/* The words behind the command, which a NULL ends: 0, or -1 with the error set. */
	int		 (*run)(struct conf *, char **, struct error *);
	const char	*text;
};

extern const struct conf_command	conf_commands[];	/* ends with a NULL name; the first is the default */
extern const struct option_row		conf_options[];	/* ends with a NULL name */

/* All of meshssh-config: argv, and the exit status. 0, or -1 with the error set. */
int	cmd_config(int, char **, int *, struct error *);
/*
 * Parse its command line and run nothing: the command and what is wanted are set, and *words, which a NULL ends, begins
 * behind the command. 0, or -1 with the error set. With --help or --version, the rest is not checked.
 */
int	conf_parse(struct conf *, char ***, struct error *);
void	conf_usage(FILE *);

/* 1 if this option was given. */
int	conf_given(const struct conf *, const char *option);
/* An option's text, or NULL. */
const char *conf_text(const struct conf *, const char *option);
/*
 * The document for a host, or for the machine alone if it is NULL: looked at, and with what is wanted; NULL with the error
 * set. The caller lets go of it with json_decref.
 */
json_t	*conf_document(const struct conf *, const char *host, struct error *);

/*
 * The same for the machine with all peers of the mesh as facts.peers, and who else gives their
 * names a meaning; NULL with the error set.
 */
json_t	*conf_document_mesh(const struct conf *, struct error *);

#define CONF_KNOWN_FILES	8192	/* bytes of the paths of known_hosts files */

/*
 * What the caller's ssh would do for the host, as `ssh -G` prints it; the caller frees it. NULL
 * with the error set.
 */
struct ssh_ask *conf_ssh_ask(const char *host, struct error *);
/* Of that, a value, or "" if there is none or it does not fit: the buffer. */
const char *conf_ssh_value(const char *answer, const char *keyword, char *, size_t);
/* Of that, the known_hosts files, with blanks between them. */
void	conf_ssh_known(const char *answer, char [CONF_KNOWN_FILES]);

/* 0 if there is no word, or -1 with the error set: the command takes none. */
int	conf_no_words(const struct conf *, char **, struct error *);

/*
 * Commands that are the text of the emitter of their name: over a document of each host, or of this machine with all peers
 * of the mesh.
 */
int	conf_emit_hosts(struct conf *, char **, struct error *);
int	conf_emit_mesh(struct conf *, char **, struct error *);
int	conf_wsl(struct conf *, char **, struct error *);
int	conf_windows(struct conf *, char **, struct error *);
int	conf_nfs(struct conf *, char **, struct error *);
int	conf_install(struct conf *, char **, struct error *);
int	conf_remove(struct conf *, char **, struct error *);
int	conf_check(struct conf *, char **, struct error *);

/* Whose configuration: enum install_scope, or -1 with the error set. */
int	conf_scope(const struct conf *, struct error *);
/* Do what changes and tell, or show it with --dry-run; *changed may be NULL. 0, or -1 with the error set. */
int	conf_finish(const struct conf *, struct install *, int *changed, struct error *);
int	conf_nix(struct conf *, char **, struct error *);

/* Values of options, for the table: 0, or -1 if they cannot stand where Nix takes them. */
int	conf_nix_set_word(void *, const char *);
int	conf_nix_set_list(void *, const char *);
int	conf_nix_set_path(void *, const char *);
int	conf_nix_set_jobs(void *, const char *);
int	conf_nix_set_protocol(void *, const char *);

#endif
