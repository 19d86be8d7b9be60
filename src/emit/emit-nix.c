/* SPDX-License-Identifier: ISC */
/* Emitters: root's stanza, machines and nix.conf lines. */

#include <ctype.h>
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/json.h"
#include "emit/emit-nix.h"
#include "emit/emit-ssh.h"
#include "emit/emit.h"
#include "facts/nix-machines.h"
#include "facts/query.h"

#define DEFAULT_BUILDERS	"@/etc/nix/machines"	/* Nix's own, where nix.conf has none */

const char *
emit_nix_protocol(const json_t *doc)
{
	const char	*protocol = json_text_at(doc, "wanted.protocol");

	return (protocol != NULL && strcmp(protocol, "ssh") == 0 ? "ssh" : "ssh-ng");
}

static int
nix_darwin(const json_t *doc)
{
	return (query_is(doc, "facts.system.os", "darwin"));
}

/* What keeps a session that nobody watches from waiting for ever, or for a person. */
static void
nix_block_rest(FILE *fp)
{
	emit_ssh_line(fp, "ConnectTimeout", "15", "Nix itself sets no time limits");
	/*
	 * A build that hangs is worse than one that fails and is tried again, so that a session
	 * which could be held for a day is not.
	 */
	emit_ssh_line(fp, "ServerAliveInterval", "15", NULL);
	emit_ssh_line(fp, "ServerAliveCountMax", "4", NULL);
	emit_ssh_line(fp, "ControlMaster", "no", "with shared connections Nix hangs");
	emit_ssh_line(fp, "ControlPath", "none", NULL);
	emit_ssh_line(fp, "Compression", "no", NULL);
	emit_ssh_line(fp, "RequestTTY", "no", NULL);
	emit_ssh_line(fp, "ForwardAgent", "no", NULL);
}

/* How ssh gets to the builder: as the caller's own does, or through meshssh. */
static int
nix_block_way(FILE *fp, const json_t *doc, const struct emit_nix_host *h, const char *program,
    struct error *err)
{
	const int	bound = h->proxy != NULL && strncmp(h->proxy, "Bind", 4) == 0;
	char		options[40];

	if (h->unbound != NULL)
		fprintf(fp, "    # your own ssh sets %s for many hosts or only at times; left out\n",
		    h->unbound);
	if (h->proxy != NULL)
		fprintf(fp, "    # %s\n    %s\n", bound ?
		    "as your own ssh has it; a ProxyCommand would disable this line" :
		    "the way that your own ssh takes", h->proxy);
	if (bound)
		emit_ssh_line(fp, "ProxyCommand", "none", NULL);
	if (bound && h->family != NULL)
		emit_ssh_line(fp, "AddressFamily", h->family, NULL);
	if (h->proxy != NULL || h->direct)
		return (0);
	/* With the first, --why knows the cause, too. */
	snprintf(options, sizeof(options), " " EMIT_SSH_BUILDER "%s%s", h->family != NULL ?
	    " --family=" : "", h->family != NULL ? h->family : "");
	return (emit_ssh_proxy(fp, doc, program, options, err));
}

int
emit_nix_block(FILE *fp, const json_t *doc, const struct emit_nix_host *h, const char *head,
    const char *program, struct error *err)
{
	char	port[12];

	snprintf(port, sizeof(port), "%d", h->port);
	fprintf(fp, "%s\n", head);
	emit_ssh_hostname(fp, h->name, NULL);
	emit_ssh_line(fp, "Port", port, NULL);
	emit_ssh_line(fp, "User", h->user, NULL);
	if (!h->ca)
		emit_ssh_line(fp, "HostKeyAlias", h->alias,
		    "the name under which Nix hands the host key to ssh");
	emit_ssh_line(fp, "IdentityFile", h->key, h->jump ?
	    "its public half has to be in authorized_keys there, too" : NULL);
	emit_ssh_line(fp, "IdentitiesOnly", "yes", NULL);
	emit_ssh_line(fp, "IdentityAgent", "none", "nix-daemon has neither agent nor terminal");
	emit_ssh_line(fp, "BatchMode", "yes", NULL);
	emit_ssh_line(fp, "StrictHostKeyChecking", "yes", NULL);
	if (program == NULL)
		emit_ssh_line(fp, "UserKnownHostsFile", EMIT_NIX_KNOWN_HOSTS, NULL);
	if (nix_block_way(fp, doc, h, program, err) == -1)
		return (-1);
	if (!h->direct)
		emit_ssh_line(fp, "ProxyUseFdpass", "no", NULL);
	nix_block_rest(fp);
	return (0);
}

int
emit_nix_ssh(FILE *fp, const json_t *doc, struct error *err)
{
	struct emit_nix_host	h;
	char			head[ADDR_HOST_MAX + 8];
	size_t			i;
	int			more;

	for (i = 0; (more = emit_nix_host(doc, i, &h, err)) == 1; i++) {
		snprintf(head, sizeof(head), "Host %s", h.alias);
		if (i > 0)
			fprintf(fp, "\n");
		if (emit_nix_block(fp, doc, &h, head, NULL, err) == -1)
			return (-1);
	}
	return (more);
}

/* One such line that Nix cannot read would fail every build, so it is read as Nix would. */
static int
nix_machine_line(FILE *fp, const char *line, const struct emit_nix_host *h, struct error *err)
{
	struct nix_machine	m;
	char			copy[4096];

	if (strlcpy(copy, line, sizeof(copy)) < sizeof(copy) && nix_machine_parse(copy, &m) == 1 &&
	    m.fields == NIX_MACHINE_FIELDS && m.error[0] == '\0' && m.remark[0] == '\0' &&
	    m.host_key == !h->ca && strcmp(m.host, h->alias) == 0) {
		fprintf(fp, "%s\n", line);
		return (0);
	}
	error_set(err, CODE_USAGE, "%.60s: this makes no line of Nix's list of builders", h->alias);
	return (-1);
}

int
emit_nix_machines(FILE *fp, const json_t *doc, struct error *err)
{
	struct emit_nix_host	h;
	char			line[4096];
	size_t			i;
	int			more;

	for (i = 0; (more = emit_nix_host(doc, i, &h, err)) == 1; i++) {
		if (h.jump)
			continue;
		if (h.there != NULL) {
			fprintf(fp, "# %s is in %s already\n", h.alias, h.there);
			continue;
		}
		snprintf(line, sizeof(line), "%s://%s@%s %s %s %d 1 %s - %s",
		    emit_nix_protocol(doc), h.user, h.alias, h.systems, h.key, h.jobs, h.features,
		    h.pinned);
		if (nix_machine_line(fp, line, &h, err) == -1)
			return (-1);
	}
	return (more);
}

int
emit_nix_conf(FILE *fp, const json_t *doc, struct error *err)
{
	const char	*builders = json_text_at(doc, "facts.nix.builders"), *p;

	if (builders == NULL || builders[0] == '\0')
		builders = DEFAULT_BUILDERS;
	for (p = builders; *p != '\0'; p++)
		if (!isprint((unsigned char)*p) && *p != '\t') {
			error_set(err, CODE_USAGE, "builders in nix.conf is not a line of text");
			return (-1);
		}
	/* Behind a blank, "@" is no file's mark but a machine's name for older Nix and for Lix. */
	fprintf(fp, "builders = %s", builders);
	if (strstr(builders, "@" EMIT_NIX_MACHINES) == NULL)
		fprintf(fp, ";@%s", EMIT_NIX_MACHINES);
	fprintf(fp, "\nbuilders-use-substitutes = true\n");
	return (0);
}

int
emit_nix_known(FILE *fp, const json_t *doc, struct error *err)
{
	struct emit_nix_host	h;
	char			name[EMIT_NIX_KNOWN_MAX];
	size_t			i;
	int			more;

	for (i = 0; (more = emit_nix_host(doc, i, &h, err)) == 1; i++)
		fprintf(fp, "%s%s %s\n", h.ca ? "@cert-authority " : "",
		    emit_nix_known_as(&h, name), h.host_key);
	return (more);
}

void
emit_nix_rest(FILE *fp, const char *root_home, int darwin)
{
	fprintf(fp, "\n# with -F, ssh reads no other file: what it would have read\nHost *\n");
	fprintf(fp, "    Include %s/.ssh/config\n", root_home);
	/*
	 * A managed file may lack the line that reads this folder, and nix-darwin puts its
	 * linux-builder there.
	 */
	if (darwin)
		fprintf(fp, "    Include /etc/ssh/ssh_config.d/*.conf\n");
	fprintf(fp, "    Include /etc/ssh/ssh_config\n");
}

int
emit_nix_sshopts(FILE *fp, const json_t *doc, struct error *err)
{
	const char	*home = json_text_at(doc, "facts.nix.root_home");

	if (emit_nix_ssh(fp, doc, err) == -1)
		return (-1);
	emit_nix_rest(fp, home != NULL && emit_nix_path(home) ? home : "/root", nix_darwin(doc));
	return (0);
}

int
emit_nix_env(FILE *fp, const json_t *doc, struct error *err)
{
	static const char	plist[] = "/Library/LaunchDaemons/org.nixos.nix-daemon.plist";

	(void)err;
	if (!nix_darwin(doc)) {
		fprintf(fp, "[Service]\nEnvironment=\"NIX_SSHOPTS=-F " EMIT_NIX_SSH_CONFIG "\"\n");
		return (0);
	}
	fprintf(fp, "sudo /usr/libexec/PlistBuddy -c 'Add :EnvironmentVariables:NIX_SSHOPTS string -F "
	    EMIT_NIX_SSH_CONFIG "' %s\n", plist);
	fprintf(fp,
	    "sudo launchctl bootout system/org.nixos.nix-daemon\nsudo launchctl bootstrap system %s\n",
	    plist);
	return (0);
}
