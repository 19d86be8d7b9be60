/* SPDX-License-Identifier: ISC */
/* meshssh-config: its commands, as a table, and its options. */

#ifndef CONFIG_CONF_H
#define CONFIG_CONF_H

#include <sys/types.h>

#include <jansson.h>
#include <stdio.h>

#include "base/option.h"

struct error;
struct install;
struct install_file;
struct install_text;
struct ssh_ask;

struct conf {
	const struct conf_command *command;	/* which is run */
	/* as src/emit/emit.h has it: each option that was given, a text or true */
	json_t		*wanted;
	const char	*tailscaled;	/* its socket, or NULL */
	int		 status;	/* exit status where nothing failed */
};

#define CONF_OPTIONS_MAX	20	/* of one command */

struct conf_command {
	const char	*name;
	const char	*operands;	/* for the usage text */
	/*
	 * Run it with the words behind the command, which a NULL ends. Return 0 on success, or -1
	 * with *err set.
	 */
	int		 (*run)(struct conf *conf, char **words, struct error *err);
	const char	*text;
	const char	*options[CONF_OPTIONS_MAX + 1];	/* of the table, those that it takes */
};

/* ends with a NULL name; the first is the default */
extern const struct conf_command	conf_commands[];
extern const struct option_row		conf_options[];	/* ends with a NULL name */

/* All of meshssh-config. Return 0 and the exit status, or -1 with *err set. */
int	cmd_config(int argc, char **argv, int *status, struct error *err);
/*
 * Parse its command line and run nothing: the command and what is wanted are set, and *words, which
 * a NULL ends, begins behind the command. Return 0 on success, or -1 with *err set. With --help or
 * --version, the rest is not checked.
 */
int	conf_parse(struct conf *conf, char ***words, struct error *err);
void	conf_usage(FILE *fp);

/* Return 1 if the command takes this option, as every command does debug, help and version. */
int	conf_takes(const struct conf_command *command, const char *option);
/* Return 1 if this option was given. */
int	conf_given(const struct conf *conf, const char *option);
/* An option's text, or NULL. */
const char *conf_text(const struct conf *conf, const char *option);
/*
 * Return 0 if that is a host, or -1 with *err set: it has bytes that no name has, or a port beside
 * it.
 */
int	conf_host_ok(const struct conf *conf, const char *host, struct error *err);
/*
 * Collect the document for a host, or for the machine alone if it is NULL, with what is wanted.
 * Return it, or NULL with *err set; the caller releases it with json_decref.
 */
json_t	*conf_document(const struct conf *conf, const char *host, struct error *err);

/*
 * The same for the machine with all peers of the mesh as facts.peers, and who else gives their
 * names a meaning.
 */
json_t	*conf_document_mesh(const struct conf *conf, struct error *err);

/*
 * Add facts.ssh.named to a document: which names and addresses of these peers already mean
 * something to this machine's own files.
 */
void	conf_named(json_t *doc, const json_t *peers);

#define CONF_KNOWN_FILES	8192	/* bytes of the paths of known_hosts files */

/*
 * Return what the caller's ssh would do for the host, as `ssh -G` prints it, which the caller
 * frees, or NULL with *err set.
 */
struct ssh_ask *conf_ssh_ask(const char *host, struct error *err);
/*
 * Return buf, filled with a value of that answer, or with "" if there is none or it does not fit.
 */
const char *conf_ssh_value(const char *answer, const char *keyword, char *buf, size_t size);
/* The known_hosts files of that answer, with blanks between them. */
void	conf_ssh_known(const char *answer, char files[CONF_KNOWN_FILES]);
/* Set *err: one of these files cannot be read, or, where each can, could not be searched. */
void	conf_ssh_unread(const char *files, struct error *err);

/* Tell what a block of this host could use, where the user has to decide about it. */
void	conf_offer(FILE *fp, const json_t *doc);

/* Return 0 if there are no words, or -1 with *err set: the command takes none. */
int	conf_no_words(const struct conf *conf, char **words, struct error *err);

/*
 * Commands that are the text of the emitter of their name: over a document of each host, or of this
 * machine with all peers of the mesh.
 */
int	conf_emit_hosts(struct conf *conf, char **words, struct error *err);
int	conf_emit_mesh(struct conf *conf, char **words, struct error *err);
int	conf_wsl(struct conf *conf, char **words, struct error *err);
int	conf_windows(struct conf *conf, char **words, struct error *err);
int	conf_nfs(struct conf *conf, char **words, struct error *err);
int	conf_install(struct conf *conf, char **words, struct error *err);
int	conf_remove(struct conf *conf, char **words, struct error *err);
int	conf_check(struct conf *conf, char **words, struct error *err);

/*
 * One more file, by its absolute path, which install_close frees. A link is made by another
 * program, which would make it anew. Return NULL with *err set.
 */
struct install_file *conf_own_open(struct install *in, const char *path, mode_t mode,
	    struct error *err);
/* Return 1 if the file is there and from meshssh-config, by its first lines. */
int	conf_own_is(const struct install_file *file);
/* What an emitter says, under its header, which the caller frees; or NULL with *err set. */
char	*conf_own_text(const json_t *doc, const char *emitter, struct error *err);
/* A file of our own with that text; or NULL with *err set. */
struct install_file *conf_own_put(struct install *in, const json_t *doc, const char *emitter,
	    const char *path, mode_t mode, struct error *err);

/* Return whose configuration it is, an enum install_scope, or -1 with *err set. */
int	conf_scope(const struct conf *conf, struct error *err);
/*
 * Do what changes and tell, or show it with --dry-run. Return 0 on success, or -1 with *err set;
 * *changed, which may be NULL, is 1 if a file changed.
 */
int	conf_finish(const struct conf *conf, struct install *in, int *changed, struct error *err);
/*
 * Compare what ssh takes for each host of the sections that change, with our own file as it is here
 * and as it will be. Print the changes, each line behind the prefix, unless that is NULL. Return 0,
 * or -1 with *err set if something changes that the blocks do not set, or ssh does not answer.
 */
int	conf_effect(const struct install *in, const struct install_text *own, const char *prefix,
	    struct error *err);
/* The same for the section of one name, which is compared with no section of that name. */
int	conf_effect_now(struct install *in, const char *name, const char *prefix,
	    struct error *err);
/*
 * If these blocks, which all users have, have a ProxyCommand: tell, a line each, which accounts use
 * ssh and have a shell that runs no commands. ssh runs a ProxyCommand with $SHELL, which sudo(8)
 * takes from the account.
 */
void	conf_tell_deaf(FILE *fp, const struct install_text *text);
int	conf_diff(struct conf *conf, char **words, struct error *err);
int	conf_nix(struct conf *conf, char **words, struct error *err);
int	conf_serve(struct conf *conf, char **words, struct error *err);

/* Values of options, for the table. Return 0, or -1 if they cannot stand where Nix takes them. */
int	conf_nix_set_word(void *to, const char *value);
int	conf_nix_set_list(void *to, const char *value);
int	conf_nix_set_path(void *to, const char *value);
int	conf_nix_set_jobs(void *to, const char *value);
int	conf_nix_set_protocol(void *to, const char *value);

#endif
