/* SPDX-License-Identifier: ISC */
/* Emitters for meshssh-serve: systemd's units, and the user whom they name. */

#include <stdio.h>

#include "base/error.h"
#include "emit/emit-serve.h"

/* Its rule, route and table; before those of tailscaled, which begin at 5210. */
#define NUMBER	"4622"

/*
 * What sends sshd's answers back to it where sshd sees the address of the client: one rule and one
 * route for an address that nobody else uses.
 */
static const struct ip_line {
	int	v6;
	char	words[64];
} ips[] = {
	{ 0, "rule add pref " NUMBER " from " EMIT_SERVE_TO " lookup " NUMBER },
	{ 0, "route replace local default dev lo table " NUMBER },
	{ 1, "-6 addr replace " EMIT_SERVE_TO6 "/128 dev lo" },
	{ 1, "-6 rule add pref " NUMBER " from " EMIT_SERVE_TO6 " lookup " NUMBER },
	{ 1, "-6 route replace local default dev lo table " NUMBER },
};

enum who {
	EACH,
	SYSTEM,			/* not in a user's own manager */
	CLIENT			/* where sshd sees the address of the client */
};

/* What systemd is told of the service; sessions are processes of their own and go on. */
static const struct unit_line {
	enum who who;
	char	 key[28];
	char	 value[96];
} unit_lines[] = {
	{ SYSTEM, "User", EMIT_SERVE_USER },
	{ EACH, "KillMode", "process" },
	{ EACH, "OOMPolicy", "continue" },
	{ EACH, "Restart", "on-failure" },
	{ EACH, "RuntimeDirectory", "meshssh" },
	{ EACH, "RuntimeDirectoryMode", "0700" },
	{ EACH, "RuntimeDirectoryPreserve", "yes" },
	{ EACH, "TasksMax", "512" },
	{ EACH, "UMask", "0077" },
	{ CLIENT, "AmbientCapabilities", "CAP_NET_RAW" },
	{ CLIENT, "CapabilityBoundingSet", "CAP_NET_RAW" },
	{ EACH, "NoNewPrivileges", "yes" },
	{ SYSTEM, "ProtectSystem", "strict" },
	{ SYSTEM, "ProtectHome", "yes" },
	{ SYSTEM, "PrivateTmp", "yes" },
	{ SYSTEM, "PrivateDevices", "yes" },
	{ SYSTEM, "ProtectClock", "yes" },
	{ SYSTEM, "ProtectControlGroups", "yes" },
	{ SYSTEM, "ProtectHostname", "yes" },
	{ SYSTEM, "ProtectKernelLogs", "yes" },
	{ SYSTEM, "ProtectKernelModules", "yes" },
	{ SYSTEM, "ProtectKernelTunables", "yes" },
	{ SYSTEM, "ProtectProc", "invisible" },
	{ EACH, "LockPersonality", "yes" },
	{ EACH, "MemoryDenyWriteExecute", "yes" },
	{ EACH, "RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX" },
	{ EACH, "RestrictNamespaces", "yes" },
	{ EACH, "RestrictRealtime", "yes" },
	{ EACH, "RestrictSUIDSGID", "yes" },
	{ EACH, "SystemCallArchitectures", "native" },
	{ EACH, "SystemCallErrorNumber", "EPERM" },
	{ EACH, "SystemCallFilter", "@system-service seccomp landlock_create_ruleset "
	    "landlock_add_rule landlock_restrict_self" }
};

void
emit_serve_options(FILE *fp, const struct emit_serve *s)
{
	const char	*to = s->darwin ? "127.0.0.1" : EMIT_SERVE_TO;

	fprintf(fp, " --sshd=%s:%d", to, s->sshd_port);
	/* On loopback the family of the client is nothing to sshd. */
	if (s->v6 && !s->loopback)
		fprintf(fp, " --sshd=[" EMIT_SERVE_TO6 "]:%d", s->sshd_port);
	fprintf(fp, " --source=%s", s->loopback ? "loopback" : "client");
}

static void
unit_ips(FILE *fp, const struct emit_serve *s, int nix)
{
	const struct ip_line	*ip;

	if (nix)
		fprintf(fp, "        ExecStartPre = [\n");
	for (ip = ips; ip < ips + sizeof(ips) / sizeof(ips[0]); ip++)
		if (!ip->v6 || s->v6)
			fprintf(fp, nix ? "          \"-+${ip} %s\"\n" :
			    "ExecStartPre=-+/sbin/ip %s\n", ip->words);
	if (nix)
		fprintf(fp, "        ];\n");
}

void
emit_serve_lines(FILE *fp, const struct emit_serve *s, int nix)
{
	const struct unit_line	*line;

	if (!s->loopback)
		unit_ips(fp, s, nix);
	fprintf(fp, nix ? "        ExecStart = \"${program}" : "ExecStart=%s", s->program);
	emit_serve_options(fp, s);
	fprintf(fp, nix ? "\";\n" : "\n");
	for (line = unit_lines; line < unit_lines + sizeof(unit_lines) / sizeof(unit_lines[0]);
	    line++)
		if (line->who == EACH || (!s->rootless && (line->who == SYSTEM || !s->loopback)))
			fprintf(fp, nix ? "        %s = \"%s\";\n" : "%s=%s\n", line->key,
			    line->value);
	/* Root has capabilities that nobody gave; this user has none but those. */
	if (s->loopback && !s->rootless)
		fprintf(fp, nix ? "        CapabilityBoundingSet = \"\";\n" :
		    "CapabilityBoundingSet=\n");
}

int
emit_serve_users(FILE *fp, const json_t *doc, struct error *err)
{
	(void)doc;
	(void)err;
	fprintf(fp, "u " EMIT_SERVE_USER " - \"meshssh-serve\" /nonexistent\n");
	return (0);
}

int
emit_serve_socket(FILE *fp, const json_t *doc, struct error *err)
{
	struct emit_serve	s;
	size_t			i;

	if (emit_serve_read(&s, doc, err) == -1)
		return (-1);
	fprintf(fp, "[Unit]\nDescription=Where SSH sessions are resumed\n"
	    "Documentation=man:meshssh-serve(8)\n\n[Socket]\n");
	if (s.loopback && !s.rootless)
		fprintf(fp, "# tailscaled has no interface, and brings connections to loopback\n");
	else if (s.mesh)
		fprintf(fp, "# the addresses of the mesh, and no others\n");
	for (i = 0; i < s.count; i++)
		fprintf(fp, "ListenStream=%s\n", s.listen[i]);
	if (s.only6 != NULL)
		fprintf(fp, "BindIPv6Only=%s\n", s.only6);
	fprintf(fp, "# before they are there, too\nFreeBind=yes\n\n[Install]\n"
	    "WantedBy=sockets.target\n");
	return (0);
}

int
emit_serve_service(FILE *fp, const json_t *doc, struct error *err)
{
	struct emit_serve	s;

	if (emit_serve_read(&s, doc, err) == -1)
		return (-1);
	fprintf(fp, "[Unit]\nDescription=SSH sessions that outlive their connections\n"
	    "Documentation=man:meshssh-serve(8)\nRequires=meshssh.socket\n\n[Service]\n");
	if (s.rootless)
		fprintf(fp, "# without root, sshd takes each client for a local one: 127.0.0.1\n");
	emit_serve_lines(fp, &s, 0);
	return (0);
}
