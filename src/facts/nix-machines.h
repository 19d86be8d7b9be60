/* SPDX-License-Identifier: ISC */
/* Nix's list of remote builders: builders in nix.conf, /etc/nix/machines. */

#ifndef FACTS_NIX_MACHINES_H
#define FACTS_NIX_MACHINES_H

#define NIX_MACHINES_MAX	64
#define NIX_MACHINE_FIELDS	8
#define NIX_BUILDERS_MAX	4096

struct nix_machine {
	char	file[256];
	int	line;
	int	fields;
	char	uri[512];
	char	scheme[24];		/* "ssh", where none is written */
	int	ssh;			/* it is reached by ssh */
	char	user[64];
	char	host[256];		/* without brackets */
	int	port;			/* of the URI, or 0 */
	char	key[512];		/* the private key, or "" */
	int	host_key;		/* 1 there is one, -1 one that no host can have, 0 none */
	char	host_key_type[40];
	char	pinned[2736];		/* what stands for it, base64 of fewer than 2048 bytes */
	/* why Nix refuses the line, and with it every build; or "" */
	char	error[160];
	char	remark[160];		/* what else is unexpected; or "" */
	/* what the remark is about: host-key, speed, columns or blank */
	char	remark_code[12];
};

/*
 * One entry without comment, in place: 1, or 0 if there is nothing in it. Sets all but file and
 * line.
 */
int	nix_machine_parse(char *, struct nix_machine *);
/* Call for each machine that the files below the root name. What cannot be read is passed over. */
void	nix_machines_read(const char *root, void (*)(void *, const struct nix_machine *), void *);
/*
 * The value of builders in what nix-daemon reads, nix.conf and root's own, without blanks around
 * it, or Nix's default.
 */
void	nix_builders(const char *root, char [NIX_BUILDERS_MAX]);

/*
 * Return 1 if a line of builders at the end of this file would be the one that counts: nix.conf is
 * the file, or reads it, and no later line wins. Otherwise 0, with the file and line that win, or
 * with where "" if nix.conf does not read the file.
 */
int	nix_builders_win(const char *root, const char *path, char where[256], int *line);
/* Return the line that sets builders, with its file in where; 0 if no line does. */
int	nix_builders_where(const char *root, char where[256]);

#endif
