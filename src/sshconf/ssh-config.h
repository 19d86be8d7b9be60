/* SPDX-License-Identifier: ISC */
/*
 * Which line of which file decides: a reader of ssh_config(5) files, after ssh's own readconf.c.
 * Nothing is run and nobody asked: of a block with Match exec it is not known whether it counts.
 */

#ifndef SSHCONF_SSH_CONFIG_H
#define SSHCONF_SSH_CONFIG_H

#include <sys/types.h>

#include <limits.h>

#define SSH_CONFIG_DEPTH	16	/* of Include, ssh's own limit */
#define SSH_CONFIG_FILES	64

enum ssh_config_match {
	SSH_CONFIG_NO,
	SSH_CONFIG_UNSURE,
	SSH_CONFIG_YES
};

/* Of which calls it is asked: what counts for one of them only is not sure. */
enum ssh_config_calls {
	SSH_CONFIG_THIS,	/* as it would be typed, with the host alone */
	SSH_CONFIG_LOGINS,	/* by any user of the host (-l), with any tag (-P) */
	SSH_CONFIG_USERS	/* and by any user of this machine */
};

/* For whom and for which host. */
struct ssh_config {
	const char	*root;		/* the folder that all files are below */
	const char	*home;		/* the user's; NULL: the system's file alone */
	/* "~" of an Include: ssh leaves it to glob(3), which takes $HOME; NULL: the same */
	const char	*tilde;
	const char	*user;		/* the user's name; NULL if it is not known */
	uid_t		 uid;		/* whose the files have to be, if not root's */
	const char	*host;		/* as typed; "" matches "*" alone */
	const char	*file;		/* of ssh's -F, read alone, or NULL */
	enum ssh_config_calls	 calls;
};

struct ssh_config_line {
	char			 keyword[40];	/* lower case */
	const char		*value;
	const char		*file;		/* without the root */
	int			 line;
	enum ssh_config_match	 match;
	int			 named;		/* its block names this host, and no pattern */
	/* it may count in ssh's second pass (Match final, canonical), which is not read here */
	int			 later;
	/* a Match: all that it asks for is so, if not what HostName is by now */
	int			 early;
};

struct ssh_config_file {
	const char	*file;		/* without the root */
	int		 readable;
	/* ssh refuses it if the next two are not so; then they are set */
	int		 checked;
	int		 owner_ok;
	int		 mode_ok;
};

struct ssh_config_reader {
	/* each line but Host and Match */
	void	(*line)(void *, const struct ssh_config_line *);
	/* each file that is there */
	void	(*file)(void *, const struct ssh_config_file *);
	/*
	 * Each Host and Match: whoever asks for these has every Include followed, whichever host it
	 * is for. NULL: nobody does.
	 */
	void	(*block)(void *, const struct ssh_config_line *);
	/* each Match, and whether it counts for this host; NULL: nobody asks */
	void	(*match)(void *, const struct ssh_config_line *);
	/*
	 * Each file that an Include names and that is not read, because the Include stands in a
	 * block for other hosts, and each that such a file includes, with the same Include; and
	 * each Include that names a file that is not there, or a folder, with file NULL. NULL:
	 * nobody asks.
	 */
	void	(*skipped)(void *, const struct ssh_config_line *include, const char *file);
	void	*arg;
};

/*
 * Read the user's file, then the system's, in ssh's order: the first value wins. Return 0, or 1 if
 * something could not be read or followed.
 */
int	ssh_config_read(const struct ssh_config *, const struct ssh_config_reader *);
/*
 * The next word of a value, in place, without quotes, as ssh splits them; NULL at the end. With the
 * second argument a sign of equality ends one, too.
 */
char	*ssh_config_word(char **, int equals);
/* What "~" is for an ssh that this user runs from here: $HOME, or NULL if that is not set. */
const char *ssh_config_tilde(void);
/* 1 if the text is what the pattern means, "*" any bytes and "?" one; letter case counts or not. */
int	ssh_config_pattern(const char *text, const char *pattern, int fold);

#endif
