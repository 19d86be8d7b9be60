/* SPDX-License-Identifier: ISC */
/* Rules: what the server says. */

#include <string.h>

#include "base/addr.h"
#include "base/json.h"
#include "base/shell.h"
#include "facts/query.h"
#include "rules/rules-config.h"
#include "rules/rules.h"

#define SSH_PORT	22
#define NFS_PORT	2049
#define LIST_CUT	64	/* a list of so many names was cut */
#define NO_SHA1		808	/* OpenSSH 8.8: ssh-rsa, which is SHA-1, is no longer taken */

/*
 * What a connection came to that was made, one a rule: keys of the facts, and what they must say.
 */
static const struct told {
	enum code code;		/* CODE_NONE ends them */
	char	path[20];
	char	value[20];
	char	cause[120];
	char	cure[2][140];	/* "" ends them */
} tolds[] = {
	{ CODE_SERVER_MAXSTARTUPS, "server.refusal", "maxstartups",
	    "sshd turns logins away: too many are under way (MaxStartups)",
	    { "Wait a minute; look for who keeps logging in.",
	    "On the host, in /etc/ssh/sshd_config: MaxStartups 100:30:200; then reload sshd" } },
	{ CODE_SERVER_PENALTY, "server.refusal", "penalty",
	    "sshd turns logins away: it holds this address back (PerSourcePenalties), or too many are under way (MaxStartups)",
	    { "Wait: a penalty ends by itself, most within a minute, all within 10.",
	    "The host's log says which, after \"drop connection\": set PerSourcePenaltyExemptList ADDRESS, or raise MaxStartups; then restart sshd" } },
	{ CODE_SERVER_CLOSED, "server.error", "closed",
	    "The server closes the connection before it says anything",
	    { "On the host: journalctl -u ssh -u sshd; it may be MaxStartups, PerSourcePenalties or TCP wrappers.",
	    "If a port is forwarded to it: is the target of the forwarding up?" } },
	{ CODE_RESET, "server.error", "reset",
	    "The server resets the connection before it says anything",
	    { "On the host: journalctl -u ssh -u sshd; a firewall on the way may do so, too.",
	    "" } },
	{ CODE_SERVER_SILENT, "server.error", "silent",
	    "The connection is made, and the server says nothing",
	    { "Is this the port of sshd? A forwarding whose target is down, or a busy server, is silent, too.",
	    "" } },
	{ CODE_NOT_SSH, "server.kind", "http", "A web server answers on this port, not sshd",
	    { "Correct the port: Port in ~/.ssh/config, or ssh -p PORT",
	    "If the port is right, a proxy or portal of this network answers: try from another one." } },
	{ CODE_NOT_SSH, "server.kind", "other",
	    "Something else than an SSH server answers on this port",
	    { "Correct the port: Port in ~/.ssh/config, or ssh -p PORT", "" } },
	{ CODE_SERVER_WINDOWS, "server.kind", "openssh-windows",
	    "The server is OpenSSH for Windows, which reads the keys of administrators from a file of its own",
	    { "There: C:\\ProgramData\\ssh\\administrators_authorized_keys",
	    "There, as administrator: icacls.exe that file /inheritance:r /grant *S-1-5-32-544:F /grant *S-1-5-18:F" } },
	{ CODE_SERVER_TAILSCALE_SSH, "server.kind", "tailscale",
	    "Tailscale SSH answers, not the host's sshd: the mesh's rules decide who may log in, not authorized_keys",
	    { "If it is refused: look at the ssh section of the mesh's rules; in check mode it waits for a browser.",
	    "For the host's own sshd, on the host: sudo tailscale set --ssh=false" } },
	{ CODE_NONE, "", "", "", { "", "" } }
};

/* How sshd is started on the host, and its port opened. */
static const struct system {
	char	name[12];	/* as tailscaled calls it; "" ends them: the rest */
	char	start[100];
	char	open[120];
} systems[] = {
	{ "windows",
	    "Start-Service sshd; Set-Service sshd -StartupType Automatic (PowerShell, as administrator)",
	    "New-NetFirewallRule -Name sshd -DisplayName sshd -Direction Inbound -Protocol TCP -LocalPort 22" },
	{ "macOS", "switch Remote Login on: System Settings, General, Sharing",
	    "Let sshd-keygen-wrapper through: System Settings, Network, Firewall" },
	{ "", "sudo systemctl enable --now ssh (or sshd)",
	    "sudo ufw allow ssh (or: sudo firewall-cmd --add-service=ssh --permanent; sudo firewall-cmd --reload)" }
};

static int
check_told(const json_t *facts, struct finding *f)
{
	const struct told	*t = tolds;
	const char		*first = json_text_at(facts, "server.first"),
				    *service = json_text_at(facts, "service.kind");
	int			 i;

	while (t->code != CODE_NONE &&
	    (t->code != f->rule->code || !query_is(facts, t->path, t->value)))
		t++;
	/*
	 * What sshd said before it closed tells more than that it did; and a port of another
	 * service is not sshd's.
	 */
	if (t->code == CODE_NONE || (service != NULL && strcmp(service, "ssh") != 0) ||
	    (strcmp(t->path, "server.refusal") != 0 && json_text_at(facts,
	    "server.refusal") != NULL))
		return (0);
	if (strcmp(t->path, "server.error") == 0 && json_text_at(facts, "server.software") != NULL)
		finding_set(f->cause,
		    "The server says who it is, and does not go on with the key exchange.");
	else
		finding_set(f->cause, "%s.", t->cause);
	if (first == NULL && strcmp(t->path, "server.refusal") != 0)
		first = json_text_at(facts, "server.text");
	if (first == NULL && strcmp(t->path, "server.refusal") == 0)
		finding_set(f->evidence, "%s, at connection %d", t->value,
		    (int)json_number_at(facts, "connect.made", 0));
	else if (first != NULL)
		finding_set(f->evidence, "it said \"%.100s\"", first);
	else
		finding_set(f->evidence, "%s, without a word", t->value);
	for (i = 0; i < 2 && t->cure[i][0] != '\0'; i++)
		finding_cure(f, "%s", t->cure[i]);
	return (1);
}

/* A port that is not SSH's has its own rule. */
static int
is_nfs(const json_t *facts)
{
	return (json_number_at(facts, "connect.port", 0) == NFS_PORT);
}

/* 1 if the port is sshd's, as far as ssh's configuration says. */
static int
is_ssh(const json_t *facts)
{
	const char	*port = json_text_at(facts, "ssh.options.port");
	int		 asked = (int)json_number_at(facts, "connect.port", SSH_PORT);

	return (asked == SSH_PORT || (port != NULL && addr_port(port) == asked));
}

/* What the host runs, where the mesh says so; else Linux is as good as any. */
static const struct system *
system_of(const json_t *facts)
{
	const struct system	*row = systems;

	while (row->name[0] != '\0' && !query_is(facts, "tailscale.peer.os", row->name))
		row++;
	return (row);
}

static int
check_refused(const json_t *facts, struct finding *f)
{
	struct query_attempt	a;

	if (is_nfs(facts) || !query_ended(facts, "refused", &a))
		return (0);
	if (query_is(a.row, "said_by", "nobody")) {
		finding_set(f->cause,
		    "The host is there, and nothing listens on this port, or a firewall answers with a reset.");
		finding_set(f->evidence, "%s: a TCP reset after %d ms", a.text, a.ms);
	} else {
		finding_set(f->cause,
		    "The host is there, and nothing listens on this port, or its firewall refuses it.");
		finding_set(f->evidence, "%s: refused after %d ms", a.text, a.ms);
		/* A firewall on this machine or on the way may have done so as well. */
		if (a.address != NULL)
			f->certainty = CERTAINTY_LIKELY;
	}
	if (!is_ssh(facts)) {
		finding_cure(f,
		    "On the host: start what should listen there, on an address that is not only 127.0.0.1");
		return (1);
	}
	finding_cure(f, "On the host: %s", system_of(facts)->start);
	finding_cure(f, "If sshd listens on another port: Port in ~/.ssh/config");
	return (1);
}

static int
check_host_firewall(const json_t *facts, struct finding *f)
{
	const char		*detail;
	struct query_attempt	 a;

	if (!query_ended(facts, "host-firewall", &a))
		return (0);
	detail = json_text_at(a.row, "detail");
	finding_set(f->cause, "The host is there, and its firewall turns the connection away.");
	finding_set(f->evidence, "%s: %.90s, after %d ms", a.text,
	    detail != NULL ? detail : "an ICMP message", a.ms);
	finding_cure(f,
	    "If it worked a moment ago, the firewall limits connections (ufw limit): wait 30 seconds.");
	if (is_ssh(facts))
		finding_cure(f, "On the host: %s", system_of(facts)->open);
	else
		finding_cure(f, "On the host: let its firewall accept TCP port %d",
		    (int)json_number_at(facts, "connect.port", 0));
	return (1);
}

static int
check_peer_userspace(const json_t *facts, struct finding *f)
{
	struct query_attempt	a;

	/* Nobody runs it so on Windows or a Mac, where it has an interface without being root. */
	if (!query_peer_online(facts) || !is_ssh(facts) || system_of(facts)->name[0] != '\0' ||
	    !query_ended(facts, "refused", &a))
		return (0);
	finding_set(f->cause,
	    "If the host's tailscaled runs in userspace-networking mode, sshd must listen on 127.0.0.1 there.");
	finding_set(f->evidence, "the peer is online, and %s: refused", a.text);
	finding_cure(f,
	    "On the host: ss -ltn 'sport = :22'; ListenAddress in /etc/ssh/sshd_config must not leave out 127.0.0.1");
	return (1);
}

/* Silence. What the mesh says of itself and of the peer tells more, and is said by its rules. */
static int
is_silent(const json_t *facts, struct query_attempt *a)
{
	return (json_truth_at(facts, "tailscale.peer.online") != 0 &&
	    json_truth_at(facts, "tailscale.peer.expired") != 1 &&
	    json_truth_at(facts, "tailscale.peer.found") != 0 &&
	    query_ended(facts, "no-answer", a));
}

static int
check_no_answer(const json_t *facts, struct finding *f)
{
	struct query_attempt	a;

	/* A host of a mesh that this machine is not in: the mesh's rules say so. */
	if (query_peer_online(facts) || is_nfs(facts) || !is_silent(facts, &a) ||
	    (query_mesh(facts) == 1 && !query_is(facts, "tailscale.state", "up") &&
	    !query_other_way(facts)))
		return (0);
	finding_set(f->cause,
	    "The host does not answer at all: it is off or asleep, or a firewall drops the port.");
	finding_set(f->evidence, "%s: no answer in %d ms", a.text, a.ms);
	if (a.address != NULL)
		finding_cure(f,
		    "Is it on, and is this its address? Ask it from a machine beside it: ping %.80s",
		    a.address);
	else
		finding_cure(f, "Is it on? Ask it from a machine beside it.");
	finding_cure(f, "On the host: %s", system_of(facts)->open);
	return (1);
}

static int
check_peer_silent(const json_t *facts, struct finding *f)
{
	const char		*name = json_text_at(facts, "tailscale.peer.name");
	struct query_attempt	 a;
	int			 answered = json_truth_at(facts, "ping.answered");

	/* What does not even answer tailscaled has a rule of its own. */
	if (!query_peer_online(facts) || answered == 0 || is_nfs(facts) || !is_silent(facts, &a))
		return (0);
	if (answered == 1)
		f->certainty = CERTAINTY_LIKELY;
	finding_set(f->cause,
	    "The peer is online and silent on this port: the mesh's access rules (ACL) or its own firewall drop it.");
	finding_set(f->evidence, "%s: no answer in %d ms%s", a.text, a.ms, answered == 1 ?
	    "; tailscaled's own ping is answered" : "");
	if (answered == -1)
		finding_cure(f,
		    "tailscale ping %s; if that is answered, the way is there, and the rules or a firewall forbid the port",
		    SHELL_QUOTED(name != NULL ? name : a.address != NULL ? a.address : "HOST"));
	finding_cure(f,
	    "Let the mesh's rules accept the port from this machine (admin console; headscale: policy)");
	finding_cure(f, "On the host: %s", system_of(facts)->open);
	return (1);
}

static int
check_nfs(const json_t *facts, struct finding *f)
{
	struct query_attempt	a;
	int			refused = query_ended(facts, "refused", &a);

	if (!is_nfs(facts) || (!refused && !is_silent(facts, &a)))
		return (0);
	finding_set(f->cause, refused ? "The host is there, and no NFS server listens." :
	    "The NFS port is silent: a firewall or the mesh's rules drop it, or the host is off.");
	finding_set(f->evidence, "%s: %s after %d ms", a.text, refused ? "refused" : "no answer",
	    a.ms);
	finding_cure(f, "On the host: sudo systemctl enable --now nfs-server; sudo exportfs -v");
	finding_cure(f,
	    "On the host, for the firewall: sudo ufw allow %sto any port 2049 proto tcp",
	    query_mesh(facts) == 1 ? "in on tailscale0 " : "");
	return (1);
}

/* What both sides have to agree on. */
static const struct agreed {
	char	offered[28];
	char	taken[36];
	char	usual[32];	/* what ssh would take without its configuration */
	char	keyword[20];	/* of ssh_config(5) */
	char	lower[20];
	char	noun[24];
} agreements[] = {
	{ "server.host_key_types", "ssh.algorithms.hostkeyalgorithms",
	    "ssh.defaults.hostkeyalgorithms", "HostKeyAlgorithms", "hostkeyalgorithms", "host key type" },
	{ "server.kex", "ssh.algorithms.kexalgorithms", "ssh.defaults.kexalgorithms",
	    "KexAlgorithms", "kexalgorithms", "key exchange method" },
	{ "server.ciphers", "ssh.algorithms.ciphers", "ssh.defaults.ciphers", "Ciphers",
	    "ciphers", "cipher" },
	{ "server.macs", "ssh.algorithms.macs", "ssh.defaults.macs", "MACs", "macs",
	    "MAC" },
};

/* The first of the wishes that the other side has, too; NULL if there is none. */
static const char *
first_common(const json_t *wishes, const json_t *have)
{
	const json_t	*wish, *one;
	const char	*a, *b;
	size_t		 i, j;

	json_array_foreach(wishes, i, wish)
		json_array_foreach(have, j, one)
			if ((a = json_string_value(wish)) != NULL &&
			    (b = json_string_value(one)) != NULL && strcmp(a, b) == 0)
				return (a);
	return (NULL);
}

/* 1 if there is nothing that both have. A list without an end says nothing. */
static int
disagree(const json_t *facts, const struct agreed *row)
{
	const json_t	*offered = json_at(facts, row->offered),
			    *taken = json_at(facts, row->taken);

	return (json_array_size(offered) > 0 && json_array_size(offered) < LIST_CUT &&
	    json_array_size(taken) > 0 && first_common(taken, offered) == NULL);
}

/*
 * 1 if such a cipher makes a MAC of its own (RFC 5647 5.1, and OpenSSH's), so that no other is
 * agreed on.
 */
static int
has_mac(const char *cipher)
{
	return (cipher != NULL && (strstr(cipher, "gcm@") != NULL ||
	    strstr(cipher, "poly1305") != NULL));
}

/*
 * Where ssh's own list is not known: 1 if the server has keys alone that no ssh of today takes by
 * itself.
 */
static int
sha1_only(const json_t *facts)
{
	const json_t	*keys = json_at(facts, "server.host_key_types"), *key;
	const char	*type;
	size_t		 i;

	if (json_at(facts, "ssh.algorithms.hostkeyalgorithms") != NULL ||
	    json_array_size(keys) == 0 || json_number_at(facts, "ssh.version_number", 0) < NO_SHA1)
		return (0);
	json_array_foreach(keys, i, key)
		if ((type = json_string_value(key)) == NULL ||
		    (strcmp(type, "ssh-rsa") != 0 && strcmp(type, "ssh-dss") != 0))
			return (0);
	return (1);
}

/*
 * The first that they do not agree on: if excluded is set, because of a line of the user's, without
 * which *usual would be what they agree on; else even by what ssh takes by itself. NULL: none.
 */
static const struct agreed *
disagreement(const json_t *facts, int excluded, const char **usual)
{
	const json_t		*offered = json_at(facts, "server.ciphers");
	const char		*cipher = first_common(json_at(facts, "ssh.algorithms.ciphers"), offered);
	const struct agreed	*row;
	size_t			 i;

	/* That without the line would need no MAC, either. */
	if (cipher == NULL)
		cipher = first_common(json_at(facts, "ssh.defaults.ciphers"), offered);
	for (i = 0; i < sizeof(agreements) / sizeof(agreements[0]); i++) {
		row = &agreements[i];
		*usual = first_common(json_at(facts, row->usual), json_at(facts, row->offered));
		if ((*usual != NULL) == excluded && disagree(facts, row) &&
		    !(strcmp(row->keyword, "MACs") == 0 && has_mac(cipher)))
			return (row);
	}
	return (NULL);
}

static int
check_excluded(const json_t *facts, struct finding *f)
{
	const char		*usual;
	char			 where[300];
	const struct agreed	*row = disagreement(facts, 1, &usual);

	if (row == NULL)
		return (0);
	finding_set(f->cause,
	    "Your ssh configuration leaves out every %s that the server offers.", row->noun);
	finding_set(f->evidence, "%s%s; the server offers %.60s, which ssh accepts without that line",
	    row->keyword, config_where(facts, row->lower, where), usual);
	if (where[0] != '\0' && where[2] == '~')
		finding_cure(f, "Remove that %s line, or add %.60s to its list.", row->keyword, usual);
	else
		finding_cure(f, "Leave out that %s, or in ~/.ssh/config, in this host's block: %s +%.60s",
		    row->keyword, row->keyword, usual);
	return (1);
}

static int
check_too_old(const json_t *facts, struct finding *f)
{
	const char		*first, *usual, *software = json_text_at(facts, "server.software");
	char			 where[300];
	const struct agreed	*row = disagreement(facts, 0, &usual);

	if (sha1_only(facts)) {
		row = &agreements[0];
		f->certainty = CERTAINTY_LIKELY;
	}
	/* What it takes without that line is not known. */
	if (row != NULL && json_at(facts, row->usual) == NULL &&
	    config_where(facts, row->lower, where)[0] != '\0')
		f->certainty = CERTAINTY_LIKELY;
	if (row == NULL || (first = json_string_value(json_array_get(json_at(facts, row->offered),
	    0))) == NULL)
		return (0);
	finding_set(f->cause,
	    "This ssh and the server have no algorithm in common; mostly the server is too old.");
	finding_set(f->evidence, "%s: it offers %.60s and nothing that ssh takes; it is %.60s",
	    row->keyword, first, software != NULL ? software : "unknown");
	finding_cure(f, "Update the SSH server on the host.");
	finding_cure(f, "Until then, in ~/.ssh/config, in this host's block only: %s +%.60s",
	    row->keyword, first);
	return (1);
}

static int
check_malformed(const json_t *facts, struct finding *f)
{
	const char	*said = json_text_at(facts, "server.text");

	if (json_truth_at(facts, "server.kexinit_malformed") != 1)
		return (0);
	finding_set(f->cause,
	    "The server begins the key exchange with a message that is not well-formed (RFC 4253).");
	finding_set(f->evidence, "its KEXINIT has %d bytes; it is %.100s",
	    (int)json_number_at(facts, "server.kexinit_bytes", 0), said != NULL ? said : "unknown");
	finding_cure(f,
	    "Update the SSH server on the host, or check what stands between: a proxy or firewall may change it.");
	return (1);
}

/* Before a server said anything, or, where SSH was not meant, before a service was asked. */
static int
check_ended(const json_t *facts, struct finding *f)
{
	int	closed = f->rule->code == CODE_SERVER_CLOSED;

	if (check_told(facts, f))
		return (1);
	if (json_truth_at(facts, "service.asked") != 0 ||
	    !query_is(facts, "service.kind", closed ? "closed" : "reset"))
		return (0);
	f->severity = SEVERITY_WARNING;
	finding_set(f->cause, "The service %s the connection before it says anything.",
	    closed ? "closes" : "resets");
	finding_set(f->evidence, "%s, without a word and without a question",
	    closed ? "closed" : "reset");
	finding_cure(f,
	    "If a port is forwarded to it: is the target of the forwarding up? Else look at the service's log.");
	return (1);
}

#define SAID(which, need, ...) \
	{ .code = which, .certainty = CERTAINTY_SURE, .needs = { need }, \
	  .under = { __VA_ARGS__ }, .check = check_told }
#define CONNECT(which, certain, function) \
	{ .code = which, .certainty = certain, \
	  .needs = { "connect.ok" }, \
	  .under = { CODE_HOSTS_STALE, CODE_ROUTE_CONFLICT, CODE_NAME_FAKE, CODE_MESH_ROUTES }, \
	  .check = function }

const struct rule rules_server[] = {
	CONNECT(CODE_REFUSED, CERTAINTY_SURE, check_refused),
	CONNECT(CODE_HOST_FIREWALL, CERTAINTY_SURE, check_host_firewall),
	CONNECT(CODE_NO_ANSWER, CERTAINTY_SUSPECTED, check_no_answer),
	CONNECT(CODE_PEER_SILENT, CERTAINTY_SUSPECTED, check_peer_silent),
	CONNECT(CODE_PEER_USERSPACE, CERTAINTY_SUSPECTED, check_peer_userspace),
	SAID(CODE_SERVER_MAXSTARTUPS, "server.refusal", CODE_NONE),
	SAID(CODE_SERVER_PENALTY, "server.refusal", CODE_NONE),
	{ .code = CODE_SERVER_CLOSED, .certainty = CERTAINTY_SURE,
	  .under = { CODE_NOT_SSH, CODE_PROXY_NO_SERVER, CODE_NAME_FAKE },
	  .check = check_ended },
	{ .code = CODE_RESET, .certainty = CERTAINTY_SURE,
	  .under = { CODE_NOT_SSH, CODE_PROXY_NO_SERVER, CODE_NAME_FAKE },
	  .check = check_ended },
	SAID(CODE_SERVER_SILENT, "server.error", CODE_PROXY_NO_SERVER, CODE_NAME_FAKE),
	SAID(CODE_NOT_SSH, "server.kind", CODE_PATH_CAPTIVE),
	{ .code = CODE_SERVER_TOO_OLD, .certainty = CERTAINTY_SURE,
	  .needs = { "server.host_key_types" }, .check = check_too_old },
	{ .code = CODE_CONFIG_ALGORITHMS, .certainty = CERTAINTY_SURE,
	  .needs = { "server.host_key_types" }, .check = check_excluded },
	{ .code = CODE_SERVER_MALFORMED, .certainty = CERTAINTY_SURE,
	  .needs = { "server.kexinit_bytes" }, .check = check_malformed },
	{ .code = CODE_NFS_CLOSED, .certainty = CERTAINTY_SURE,
	  .needs = { "connect.port", "connect.ok" }, .check = check_nfs },
	SAID(CODE_SERVER_WINDOWS, "server.kind", CODE_NONE),
	SAID(CODE_SERVER_TAILSCALE_SSH, "server.kind", CODE_NONE),
	{ .code = CODE_NONE }
};
