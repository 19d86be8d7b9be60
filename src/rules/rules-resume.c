/* SPDX-License-Identifier: ISC */
/* Rules: sessions that outlive their connections, on either side. */

#include <sys/types.h>
#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/json.h"
#include "facts/query.h"
#include "rules/rules-config.h"
#include "rules/rules.h"

/* 1 if ssh connects to the host by meshssh. */
static int
by_meshssh(const json_t *facts)
{
	const char	*program = json_text_at(facts, "ssh.proxy.program"), *name;

	if (program == NULL || config_on(facts, OPTION("proxyjump")))
		return (0);
	name = strrchr(program, '/');
	return (strcmp(name != NULL ? name + 1 : program, "meshssh") == 0);
}

/* 1 if the port takes connections, and what answers there cannot resume. */
static int
is_another(const char *error)
{
	static const char *const	codes[] = { "not-resumable", "server-silent", "server-closed" };
	size_t				i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(error, codes[i]) == 0)
			return (1);
	return (0);
}

static int
check_unreachable(const json_t *facts, struct finding *f)
{
	const char	*error = json_text_at(facts, "resume.error");
	int		 port = (int)json_number_at(facts, "server.resume_port", 0);

	if (json_truth_at(facts, "resume.ok") != 0 || error == NULL)
		return (0);
	finding_set(f->evidence, "port %d: %.40s after %d ms", port, error,
	    (int)json_number_at(facts, "resume.ms", 0));
	if (is_another(error)) {
		finding_set(f->cause,
		    "The host offers to resume sessions, and what answers at that port does not do it.");
		finding_cure(f, "On the host: ss -ltnp 'sport = :%d'; meshssh.socket should have that port.",
		    port);
		return (1);
	}
	finding_set(f->cause,
	    "The host offers to resume sessions, and the port for that takes no connection from here.");
	finding_cure(f, "On the host: systemctl status meshssh.socket; ss -ltn 'sport = :%d'", port);
	if (query_mesh(facts) == 1)
		finding_cure(f, "Let the mesh's access rules accept port %d from this machine.",
		    port);
	finding_cure(f, "Let the host's firewall accept port %d.", port);
	return (1);
}

/* Here: ssh counts; on a server: sshd does. */
static int
check_alive(const json_t *facts, struct finding *f)
{
	const char	*text = json_text_at(facts, OPTION("serveraliveinterval")),
			    *count = json_text_at(facts, OPTION("serveralivecountmax"));
	int		 here = text != NULL ? atoi(text) : 0,
			    there = (int)json_number_at(facts, "serve.alive", 0);
	char		 where[300];

	/* A build that hangs is worse than one that fails and is tried again. */
	if (json_text_at(facts, "nix.builder.host") != NULL &&
	    json_truth_at(facts, "system.root") == 1)
		here = 0;
	if (here > 0 && by_meshssh(facts) && json_truth_at(facts, "resume.ok") == 1) {
		finding_set(f->cause,
		    "The host holds sessions without a connection, and this ssh ends them: ServerAliveInterval.");
		finding_set(f->evidence, "ServerAliveInterval %d%s, ServerAliveCountMax %.10s", here,
		    config_where(facts, "serveraliveinterval", where), count != NULL ? count : "3");
		finding_cure(f, "In the host's block in ~/.ssh/config: ServerAliveInterval 0");
		return (1);
	}
	if (there > 0 && json_truth_at(facts, "serve.enabled") == 1) {
		finding_set(f->cause,
		    "meshssh-serve holds sessions without a connection, and this machine's sshd ends them: ClientAliveInterval.");
		finding_set(f->evidence, "ClientAliveInterval %d for sessions from meshssh-serve",
		    there);
		finding_cure(f, "%smeshssh-config serve --install; then reload sshd",
		    query_sudo(facts));
		return (1);
	}
	return (0);
}

static int
check_fdpass(const json_t *facts, struct finding *f)
{
	char	where[300];

	if (!by_meshssh(facts) || !config_on(facts, OPTION("proxyusefdpass")) ||
	    json_truth_at(facts, "ssh.proxy.passes_fd") != 1 ||
	    json_truth_at(facts, "resume.ok") != 1)
		return (0);
	finding_set(f->cause,
	    "The host could resume sessions, and --fdpass leaves the connection to ssh, which cannot.");
	finding_set(f->evidence, "ProxyUseFdpass yes%s; the host offers port %d",
	    config_where(facts, "proxyusefdpass", where),
	    (int)json_number_at(facts, "server.resume_port", 0));
	finding_cure(f, "In the host's block: take --fdpass out of ProxyCommand, and ProxyUseFdpass yes with it.");
	return (1);
}

static int
check_source(const json_t *facts, struct finding *f)
{
	const char	*source = json_text_at(facts, "serve.source"),
			    *match = json_text_at(facts, "serve.match_local");

	if (source == NULL || match == NULL || strcmp(source, "client") == 0)
		return (0);
	/* Until it is enabled, nobody comes that way. */
	if (json_truth_at(facts, "serve.enabled") != 1)
		f->severity = SEVERITY_NOTE;
	finding_set(f->cause,
	    "Clients of meshssh-serve are local ones to sshd, for whom sshd_config has a Match of its own.");
	finding_set(f->evidence, "--source=%.20s; sshd_config has \"%.100s\"", source, match);
	finding_cure(f, "%smeshssh-config serve --install, which takes --source=client",
	    query_sudo(facts));
	finding_cure(f, "Or take that Match out of sshd_config, and reload sshd.");
	return (1);
}

/* 1 if others than the mesh reach what listens there. */
static int
is_open(const char *listen)
{
	struct sockaddr_storage	ss;
	char			host[ADDR_HOST_MAX + 1];
	int			port;

	if (listen[0] == '/' || listen[0] == '@')
		return (0);
	return (addr_split(listen, host, &port) == -1 || addr_literal(host, 0, &ss) == 0 ||
	    (!query_is_mesh_address(host) && !addr_is_loopback((struct sockaddr *)&ss)));
}

static int
check_open(const json_t *facts, struct finding *f)
{
	const json_t	*one;
	const char	*text;
	size_t		 i;

	if (json_truth_at(facts, "serve.enabled") != 1)
		return (0);
	json_array_foreach(json_at(facts, "serve.listens"), i, one)
		if ((text = json_string_value(one)) != NULL && is_open(text)) {
			finding_set(f->cause,
			    "meshssh-serve listens outside of the mesh: who reaches that address reaches sshd.");
			finding_set(f->evidence, "meshssh.socket: ListenStream=%.100s", text);
			finding_cure(f, "%smeshssh-config serve --install, for the mesh's addresses alone",
			    query_sudo(facts));
			return (1);
		}
	return (0);
}

const struct rule rules_resume[] = {
	{
		.code = CODE_RESUME_UNREACHABLE,
		.certainty = CERTAINTY_SURE,
		.needs = { "server.resume_port", "resume.ok" },
		.check = check_unreachable
	},
	{
		.code = CODE_ALIVE_ENDS_HELD,
		.certainty = CERTAINTY_SURE,
		.check = check_alive
	},
	{
		.code = CODE_FDPASS_NO_RESUME,
		.certainty = CERTAINTY_SURE,
		.needs = { "resume.ok", "ssh.proxy.passes_fd" },
		.check = check_fdpass
	},
	{
		.code = CODE_SOURCE_LOCAL,
		.certainty = CERTAINTY_LIKELY,
		.needs = { "serve.source", "serve.match_local" },
		.check = check_source
	},
	{
		.code = CODE_SERVE_OPEN,
		.certainty = CERTAINTY_SURE,
		.needs = { "serve.listens" },
		.check = check_open
	},
	{ .code = CODE_NONE }
};
