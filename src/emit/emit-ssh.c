/* SPDX-License-Identifier: ISC */
/* Lines of ssh_config that several emitters write. */

#include <sys/types.h>
#include <sys/socket.h>

#include <ctype.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/json.h"
#include "base/names.h"
#include "base/shell.h"
#include "base/yes-no.h"
#include "emit/emit-ssh.h"
#include "emit/emit.h"
#include "facts/query.h"

#define NEWEST	9999	/* an ssh that does not tell its version is taken for a new one */
#define IPQOS_NONE 706	/* the first version that knows "none" */

/*
 * The version of ssh, as the facts have it, that first knew a keyword; what 5.3 knew is left out.
 */
static const struct known {
	char	keyword[24];
	int	first;
} known[] = {
	{ "ipqos",		507 },
	{ "match",		605 },
	{ "proxyusefdpass",	605 },
};

/* What ssh does only where it connects by itself: these lines are void with a ProxyCommand. */
static const struct alone {
	char	keyword[36];
	/* a value that asks for nothing; NULL: any, for the ProxyCommand can have it as well */
	const char	*harmless;
	int		 local;		/* it is about this machine as a host */
	int		 firm;		/* it is about the login, whichever way leads there */
	const char	*unless;	/* of no effect while this one is not 0 */
} alone[] = {
	{ "AddressFamily",			NULL,	0, 0, NULL },
	{ "BindAddress",			"none",	0, 0, NULL },
	{ "BindInterface",			"none",	0, 0, NULL },
	{ "ConnectionAttempts",			"1",	0, 0, NULL },
	{ "GSSAPITrustDns",			"no",	0, 1, NULL },
	{ "HostbasedAuthentication",		"no",	0, 1, NULL },
	{ "NoHostAuthenticationForLocalhost",	"no",	1, 1, NULL },
	{ "TCPKeepAlive",			"yes",	0, 1, "serveraliveinterval" },
};

int
emit_ssh_knows(const json_t *doc, const char *keyword)
{
	json_int_t	version = json_number_at(doc, "facts.ssh.version_number", NEWEST);
	size_t		i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].keyword, keyword) == 0)
			return (version >= known[i].first);
	return (1);
}

const char *
emit_ssh_word(const char *value, char *out, size_t size)
{
	const char	*quote = value[0] == '\0' || strpbrk(value, " #=,") != NULL ? "\"" : "";
	const char	*p;

	for (p = value; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == '\x7f' || strchr("\"'\\`$", *p) != NULL)
			return (NULL);
	return ((size_t)snprintf(out, size, "%s%s%s", quote, value, quote) < size ? out : NULL);
}

void
emit_ssh_line(FILE *fp, const char *keyword, const char *value, const char *why)
{
	if (why != NULL)
		fprintf(fp, "    # %s\n", why);
	fprintf(fp, "    %s %s\n", keyword, value);
}

void
emit_ssh_hostname(FILE *fp, const char *name, const char *why)
{
	if (why != NULL)
		fprintf(fp, "    # %s\n", why);
	fprintf(fp, "    HostName ");
	emit_percents(fp, name);
	fprintf(fp, "\n");
}

/* A word of the command, of an option and a path. */
static int
ssh_path(FILE *fp, const char *option, const char *path, struct error *err)
{
	char	word[2 * PATH_MAX];

	if (path[0] != '/') {
		error_set(err, CODE_USAGE,
		    "\"%.100s\" is not an absolute path, which a ProxyCommand needs", path);
		return (-1);
	}
	if (shell_word(option, path, word, sizeof(word)) == -1) {
		error_set(err, CODE_UNQUOTABLE_PATH, "%.100s: cannot stand in a ProxyCommand",
		    path);
		return (-1);
	}
	fprintf(fp, " %s", word);
	return (0);
}

int
emit_ssh_proxy(FILE *fp, const json_t *doc, const char *program, const char *options,
    struct error *err)
{
	const char	*path = json_text_at(doc, "wanted.program"),
			    *socket = json_text_at(doc, "wanted.tailscaled");

	fprintf(fp, "    ProxyCommand");
	if (program != NULL)
		fprintf(fp, " %s", program);
	else if (ssh_path(fp, "", path != NULL ? path : "", err) == -1)
		return (-1);
	if (socket != NULL && ssh_path(fp, "--tailscaled=", socket, err) == -1)
		return (-1);
	fprintf(fp, "%s%s\n", options, SHELL_RELAY);
	return (0);
}

/* "facts.ssh.GROUP.KEYWORD", in lower case, as the facts have it. */
static const json_t *
ssh_fact(const json_t *doc, const char *group, const char *keyword)
{
	char	path[96], *p;

	snprintf(path, sizeof(path), "facts.ssh.%.16s.%.40s", group, keyword);
	for (p = path; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return (json_at(doc, path));
}

static const json_t *
ssh_where(const json_t *doc, const char *keyword)
{
	return (ssh_fact(doc, "where", keyword));
}

/*
 * What ssh has for the keyword, or NULL. It cannot be asked about the hosts of a mesh or a pattern:
 * there the line counts that is for all hosts.
 */
static const char *
ssh_value(const json_t *doc, const char *keyword)
{
	return (json_at(doc, "facts.ssh.options") != NULL ?
	    json_string_value(ssh_fact(doc, "options", keyword)) :
	    json_text_at(ssh_where(doc, keyword), "value"));
}

/*
 * The line that sets the keyword at times: what ssh -G says now, in this network, is not for ever.
 */
static const json_t *
ssh_conditional(const json_t *doc, const char *keyword)
{
	return (ssh_fact(doc, "conditional", keyword));
}

static const json_t *
ssh_conditional_way(const json_t *doc)
{
	const json_t	*line = ssh_conditional(doc, "proxycommand");

	return (line != NULL ? line : ssh_conditional(doc, "proxyjump"));
}

/* 1 if the host is a peer of the mesh, or the hosts are all of them. */
static int
ssh_is_mesh(const json_t *doc)
{
	return (json_at(doc, "facts.peers") != NULL ||
	    json_truth_at(doc, "facts.tailscale.peer.found") == 1);
}

/* 1 if the host may be this machine, which ssh tells by the address that it connects to. */
static int
ssh_may_be_local(const json_t *doc)
{
	const char		*address = json_text_at(doc, "facts.connect.address");
	const char		*pattern = json_text_at(doc, "wanted.match");
	struct sockaddr_storage	 ss;

	if (pattern != NULL)
		return (fnmatch(pattern, "localhost", 0) == 0 ||
		    fnmatch(pattern, "127.0.0.1", 0) == 0 || fnmatch(pattern, "::1", 0) == 0);
	if (ssh_is_mesh(doc))
		return (0);
	if (address == NULL)
		address = json_text_at(doc, "target.name");
	return (address == NULL || addr_literal(address, 1, &ss) <= 0 ||
	    addr_is_loopback((struct sockaddr *)&ss));
}

/*
 * A line of a file that install or nix --install has written. The file says so by itself: another
 * meshssh-config may have written it after ssh was asked for what it takes.
 */
static int
ssh_installed(const json_t *where)
{
	static const char	*const files[] = {
		"~/.ssh/meshssh.conf", "/etc/ssh/meshssh.conf", "~/.ssh/meshssh_nix"
	};
	size_t			 i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (query_is(where, "file", files[i]))
			return (1);
	return (0);
}

/* " --family=...", where ssh itself would take addresses of one family only, or "". */
static const char *
ssh_family(const json_t *doc)
{
	const char	*family = ssh_value(doc, "addressfamily");

	return (family == NULL ? "" : strcasecmp(family, "inet") == 0 ? " --family=inet" :
	    strcasecmp(family, "inet6") == 0 ? " --family=inet6" : "");
}

/* 1 if the ProxyCommand of a block would not have this word: an option, another host or port. */
static int
ssh_is_own_word(const json_t *doc, const char *word, size_t len)
{
	const char	*family = ssh_family(doc) + strspn(ssh_family(doc), " ");

	if (len > 2 && strchr("\"'", word[0]) != NULL && word[len - 1] == word[0]) {
		word++;
		len -= 2;
	}
	if (len == 2 && word[0] == '%')
		return (word[1] != 'h' && word[1] != 'p');
	if (len == 0 || (len == 2 && strncmp(word, "--", len) == 0) ||
	    (len == 7 && strncmp(word, "--relay", len) == 0))
		return (0);
	if (len == strlen(family) && strncmp(word, family, len) == 0)
		return (0);
	/* Of a builder's block, see emit-nix.c. */
	if (len == strlen(EMIT_SSH_BUILDER) && strncmp(word, EMIT_SSH_BUILDER, len) == 0)
		return (0);
	if (len == 8 && strncmp(word, "--fdpass", len) == 0)
		return (json_truth_at(doc, "wanted.fdpass") != 1);
	if (strncmp(word, "--or=", 5) == 0)
		return (json_text_at(doc, "wanted.or") == NULL);
	return (strncmp(word, "--tailscaled=", 13) != 0 ||
	    json_text_at(doc, "wanted.tailscaled") == NULL);
}

/* The names of --or in a command of ours, without the percents that are there twice: 1, or 0. */
static int
ssh_or_in_force(const json_t *doc, char *names, size_t size)
{
	const char	*command = json_text_at(doc, "facts.ssh.options.proxycommand"), *at;
	size_t		 len = 0;

	if (command == NULL || !ssh_installed(ssh_where(doc, "proxycommand")) ||
	    (at = strstr(command, " --or=")) == NULL)
		return (0);
	for (at += strlen(" --or="); *at != '\0' && *at != ' ' && len + 1 < size; at++) {
		names[len++] = *at;
		at += at[0] == '%' && at[1] == '%';
	}
	names[len] = '\0';
	return (len > 0);
}

int
emit_ssh_names(const json_t *doc, struct names *names, struct error *err)
{
	const char	*wanted = json_text_at(doc, "wanted.or");
	char		 now[EMIT_SSH_OR_MAX];

	names->count = 1;
	if (wanted != NULL)
		return (names_parse(wanted, "", names, err));
	/* What is no list is not ours to keep. */
	if (ssh_or_in_force(doc, now, sizeof(now)) && names_parse(now, "", names, NULL) == -1)
		names->count = 1;
	return (0);
}

const char *
emit_ssh_or(const struct names *names, char out[EMIT_SSH_OR_MAX])
{
	char	list[sizeof(names->hosts)] = "";
	int	i;

	out[0] = '\0';
	if (names->count < 2)
		return (out);
	for (i = 1; i < names->count; i++) {
		strlcat(list, i > 1 ? "," : "", sizeof(list));
		strlcat(list, names->hosts[i], sizeof(list));
	}
	/* No byte of a name is one that a shell takes for more than it is. */
	out[0] = ' ';
	shell_word("--or=", list, out + 1, EMIT_SSH_OR_MAX - 1);
	return (out);
}

/* What else stands behind the program in a ProxyCommand by meshssh is the user's will. */
static int
ssh_has_own_words(const json_t *doc)
{
	const char	*word = json_text_at(doc, "facts.ssh.options.proxycommand"),
			    *program = json_text_at(doc, "facts.ssh.proxy.program"), *at;
	size_t		 len;

	if (word != NULL && program != NULL && (at = strstr(word, program)) != NULL) {
		word = at + strlen(program);
		word += *word == '"';
	}
	for (; word != NULL && *word != '\0'; word += len) {
		word += strspn(word, " \t");
		len = strcspn(word, " \t");
		if (ssh_is_own_word(doc, word, len))
			return (1);
	}
	return (0);
}

/* 1 if the ProxyCommand in force runs meshssh. */
static int
ssh_runs_meshssh(const json_t *doc)
{
	const char	*program = json_text_at(doc, "facts.ssh.proxy.program"), *name;

	if (program == NULL)
		return (0);
	name = strrchr(program, '/');
	return (strcmp(name != NULL ? name + 1 : program, "meshssh") == 0);
}

int
emit_ssh_by_meshssh(const json_t *doc)
{
	return (ssh_installed(ssh_where(doc, "proxycommand")) ||
	    (ssh_runs_meshssh(doc) && !ssh_has_own_words(doc)));
}

/*
 * A line that install has written, or of a block that names the host, in a file where such a one
 * has meshssh.
 */
static int
ssh_ours(const json_t *doc, const json_t *where)
{
	const json_t	*proxy = ssh_where(doc, "proxycommand");
	const char	*file = json_text_at(where, "file");

	if (ssh_installed(where))
		return (1);
	return (emit_ssh_by_meshssh(doc) && json_truth_at(proxy, "named") == 1 &&
	    json_truth_at(where, "named") == 1 && file != NULL && query_is(proxy, "file", file));
}

int
emit_ssh_theirs(const json_t *doc, const char *keyword, const char *otherwise)
{
	const json_t	*where = ssh_where(doc, keyword);
	const char	*value;
	char		 path[64];

	if (ssh_conditional(doc, keyword) != NULL)
		return (1);
	if (where != NULL)
		return (!ssh_ours(doc, where));
	snprintf(path, sizeof(path), "facts.ssh.options.%.40s", keyword);
	value = json_text_at(doc, path);
	return (otherwise != NULL && value != NULL && !yes_no_same(value, otherwise));
}

int
emit_ssh_nameless(const json_t *doc)
{
	const json_t	*facts = json_at(doc, "facts");

	return (json_truth_at(facts, "tailscale.magicdns") == 0 ||
	    (query_kernel(facts) && json_truth_at(facts, "names.magicdns_resolver") == 0));
}

/* What the user's own files say in the place of our ProxyCommand: the keyword, or NULL. */
static const char *
ssh_other_way(const json_t *doc)
{
	if (ssh_where(doc, "proxyjump") != NULL || json_text_at(doc,
	    "facts.ssh.options.proxyjump") != NULL)
		return ("ProxyJump");
	if (!emit_ssh_by_meshssh(doc) && (ssh_where(doc, "proxycommand") != NULL ||
	    json_text_at(doc, "facts.ssh.options.proxycommand") != NULL))
		return ("ProxyCommand");
	return (NULL);
}

/*
 * "ProxyJump bastion (~/.ssh/config)", as far as that is known and may stand in a comment. No
 * number of a line: that changes with each line above it, and with those of install.
 */
static void
ssh_quote(FILE *fp, const json_t *doc, const char *keyword)
{
	const json_t	*where = ssh_conditional(doc, keyword);
	const char	*value, *file;
	char		 shown[120];

	if (where == NULL)
		where = ssh_where(doc, keyword);
	if ((value = json_text_at(where, "value")) == NULL && ssh_conditional(doc, keyword) == NULL)
		value = json_string_value(ssh_fact(doc, "options", keyword));
	fprintf(fp, "%s", keyword);
	if (value != NULL)
		fprintf(fp, " %s", error_vis(shown, sizeof(shown), value));
	if ((file = json_text_at(where, "file")) != NULL)
		fprintf(fp, " (%s)", error_vis(shown, sizeof(shown), file));
}

/* 1 if this line of the user's, by its keyword, gives way to what a mesh knows: it is for many. */
static int
ssh_gives_way(const json_t *doc, const char *keyword)
{
	return (ssh_conditional(doc, keyword) == NULL &&
	    json_truth_at(ssh_where(doc, keyword), "named") == 0);
}

static int
ssh_asks_nothing(const json_t *doc, const struct alone *a)
{
	const char	*value = ssh_value(doc, a->keyword), *other = NULL;

	if (ssh_conditional(doc, a->keyword) != NULL)
		return (0);
	if (value == NULL || a->harmless == NULL || yes_no_same(value, a->harmless))
		return (1);
	/* One that a block of ours has set is not the user's. */
	if (a->unless != NULL && emit_ssh_theirs(doc, a->unless, "0"))
		other = ssh_value(doc, a->unless);
	return (other != NULL && strcmp(other, "0") != 0);
}

/*
 * The first line, from this row of the table on, that the user's own files have, if at times only,
 * and a ProxyCommand would undo; *yields is 1 if it gives way. NULL: there is none.
 */
static const struct alone *
ssh_alone_next(const json_t *doc, const struct alone *a, int *yields)
{
	const json_t	*facts = json_at(doc, "facts");

	/* ssh by itself does not get there. */
	if ((query_mesh(facts) == 1 || json_at(facts, "peers") != NULL) && !query_kernel(facts))
		return (NULL);
	for (; a < alone + sizeof(alone) / sizeof(alone[0]); a++) {
		if (ssh_asks_nothing(doc, a) || (a->local && !ssh_may_be_local(doc)))
			continue;
		/* What a mesh knows is not where to connect from to the hosts of a pattern. */
		*yields = !a->firm && ssh_gives_way(doc, a->keyword) && (json_text_at(doc,
		    "wanted.match") == NULL || strncmp(a->keyword, "Bind", 4) != 0);
		return (a);
	}
	return (NULL);
}

/* The keyword of such a line that stays in force, or NULL. */
static const char *
ssh_alone(const json_t *doc, int stronger)
{
	const struct alone	*a = alone;
	int			 yields;

	for (; (a = ssh_alone_next(doc, a, &yields)) != NULL; a++)
		if (!stronger || !yields)
			return (a->keyword);
	return (NULL);
}

const char *
emit_ssh_bound(const json_t *doc, int *follow)
{
	const struct alone	*a = alone;
	int			 yields;

	for (; (a = ssh_alone_next(doc, a, &yields)) != NULL; a++)
		if (strncmp(a->keyword, "Bind", 4) == 0) {
			*follow = ssh_conditional(doc, a->keyword) == NULL &&
			    !(yields && ssh_is_mesh(doc));
			return (a->keyword);
		}
	return (NULL);
}

int
emit_ssh_elsewhere(const json_t *doc, int stronger)
{
	const char	*other = ssh_other_way(doc);

	if (ssh_conditional_way(doc) != NULL)
		return (1);
	return (other != NULL && (!stronger || ssh_runs_meshssh(doc) ||
	    !ssh_gives_way(doc, other)));
}

int
emit_ssh_stays(const json_t *doc, int stronger)
{
	return (emit_ssh_elsewhere(doc, stronger) || json_truth_at(doc, "wanted.deaf") == 1 ||
	    ssh_alone(doc, stronger) != NULL);
}

/* Why there is no ProxyCommand. */
static void
ssh_put_stays(FILE *fp, const json_t *doc, int stronger)
{
	const char	*file = json_text_at(ssh_conditional_way(doc), "file");
	char		 shown[120];

	fprintf(fp, "    # no ProxyCommand here");
	if (ssh_conditional_way(doc) != NULL)
		fprintf(fp, ": a Match sets one at times (%s)",
		    error_vis(shown, sizeof(shown), file != NULL ? file : "ssh_config"));
	else if (emit_ssh_elsewhere(doc, stronger)) {
		fprintf(fp, ", because this line stays in force: ");
		ssh_quote(fp, doc, ssh_other_way(doc));
	} else if (json_truth_at(doc, "wanted.deaf") == 1)
		fprintf(fp, ": ssh would run it with $SHELL, which runs no commands");
	else {
		fprintf(fp, ", because it would disable this line: ");
		ssh_quote(fp, doc, ssh_alone(doc, stronger));
	}
	fprintf(fp, "\n");
}

static void
ssh_put_replaced(FILE *fp, const json_t *doc, const char *keyword)
{
	fprintf(fp, "    # replaces this line, which is for many hosts: ");
	ssh_quote(fp, doc, keyword);
	fprintf(fp, "\n");
}

int
emit_ssh_way(FILE *fp, const json_t *doc, const char *options, int stronger, struct error *err)
{
	const struct alone	*a = alone;
	char			 all[EMIT_SSH_OR_MAX + 32];
	int			 yields;

	if (emit_ssh_stays(doc, stronger)) {
		ssh_put_stays(fp, doc, stronger);
		return (0);
	}
	if (ssh_other_way(doc) != NULL)
		ssh_put_replaced(fp, doc, ssh_other_way(doc));
	else
		fprintf(fp,
		    "    # meshssh finds the way, and says what is wrong if there is none\n");
	for (; (a = ssh_alone_next(doc, a, &yields)) != NULL; a++)
		ssh_put_replaced(fp, doc, a->keyword);
	snprintf(all, sizeof(all), "%s%s", ssh_family(doc), options);
	return (emit_ssh_proxy(fp, doc, NULL, all, err));
}

void
emit_ssh_wait(FILE *fp, const json_t *doc)
{
	/* meshssh waits 10 s for the name, for the connection, and for the server's first line. */
	if (!emit_ssh_theirs(doc, "connecttimeout", "none"))
		emit_ssh_line(fp, "ConnectTimeout", "45", "meshssh gives up earlier, and says why");
}

int
emit_ssh_resumes(const json_t *doc)
{
	return (json_truth_at(doc, "facts.resume.ok") == 1);
}

void
emit_ssh_alive(FILE *fp, const json_t *doc)
{
	/* Who has TCPKeepAlive no wants a session to outlast any silence. */
	if (emit_ssh_theirs(doc, "serveraliveinterval", "0") ||
	    yes_no(ssh_value(doc, "tcpkeepalive")) == 0)
		return;
	if (query_is(doc, "facts.server.kind", "tailscale")) {
		fprintf(fp, "    # no ServerAliveInterval: Tailscale SSH answers nothing while a person "
		    "confirms the login\n");
		return;
	}
	if (emit_ssh_resumes(doc)) {
		emit_ssh_line(fp, "ServerAliveInterval", "0",
		    "the host holds sessions that have no connection, and this would end them");
		return;
	}
	emit_ssh_line(fp, "ServerAliveInterval", "15",
	    "a session outlasts an outage of ten minutes");
	if (!emit_ssh_theirs(doc, "serveralivecountmax", "3"))
		emit_ssh_line(fp, "ServerAliveCountMax", "40", NULL);
}

void
emit_ssh_canonical(FILE *fp, const json_t *doc)
{
	const char	*now = ssh_value(doc, "canonicalizehostname");

	if (yes_no(now) == 1 || (now != NULL && strcasecmp(now, "always") == 0 &&
	    !emit_ssh_theirs(doc, "canonicalizehostname", NULL)))
		emit_ssh_line(fp, "CanonicalizeHostname", "always",
		    "with a ProxyCommand, ssh would not canonicalize the name otherwise");
}

void
emit_ssh_marks(FILE *fp, const json_t *doc)
{
	int	none = json_number_at(doc, "facts.ssh.version_number", NEWEST) >= IPQOS_NONE;

	if (emit_ssh_knows(doc, "ipqos") && !emit_ssh_theirs(doc, "ipqos", NULL))
		emit_ssh_line(fp, "IPQoS", none ? "none" : "cs0 cs0",
		    "some routers drop marked packets: where ssh has the connection itself, it shall not mark them");
}
