/* SPDX-License-Identifier: ISC */
/* Emitters for meshssh-serve: a module of NixOS, and launchd's list. */

#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "emit/emit-nix.h"
#include "emit/emit-serve.h"

static void
nixos_program(FILE *fp, const json_t *doc, const struct emit_serve *s)
{
	if (json_truth_at(doc, "wanted.program-named") == 1)
		fprintf(fp, "  program = \"%s\";\n", s->program);
	else
		fprintf(fp, "  program = if pkgs ? meshssh then \"${pkgs.meshssh}/bin/meshssh-serve\" "
		    "else \"%s\";\n", s->program);
	if (!s->loopback)
		fprintf(fp, "  ip = \"${pkgs.iproute2}/bin/ip\";\n");
}

static void
nixos_units(FILE *fp, const struct emit_serve *s)
{
	size_t	i;

	fprintf(fp, "    systemd.sockets.meshssh = {\n"
	    "      description = \"Where SSH sessions are resumed\";\n"
	    "      wantedBy = [ \"sockets.target\" ];\n"
	    "      listenStreams = [");
	for (i = 0; i < s->count; i++)
		fprintf(fp, " \"%s\"", s->listen[i]);
	fprintf(fp, " ];\n      socketConfig.FreeBind = true;\n");
	if (s->only6 != NULL)
		fprintf(fp, "      socketConfig.BindIPv6Only = \"%s\";\n", s->only6);
	fprintf(fp, "    };\n"
	    "    systemd.services.meshssh = {\n"
	    "      description = \"SSH sessions that outlive their connections\";\n"
	    "      requires = [ \"meshssh.socket\" ];\n"
	    "      serviceConfig = {\n");
	emit_serve_lines(fp, s, 1);
	fprintf(fp, "      };\n    };\n");
}

int
emit_serve_nixos(FILE *fp, const json_t *doc, struct error *err)
{
	struct emit_serve	s;
	char			addendum[EMIT_SERVE_LINES];

	if (emit_serve_read(&s, doc, err) == -1 || emit_serve_addendum(&s, doc, addendum,
	    err) == -1)
		return (-1);
	fprintf(fp, "{ config, lib, pkgs, ... }:\nlet\n");
	nixos_program(fp, doc, &s);
	fprintf(fp, "in\n{\n  options.services.meshssh.serve.enable =\n"
	    "    lib.mkEnableOption \"SSH sessions that outlive their connections\";\n"
	    "  config = lib.mkIf config.services.meshssh.serve.enable {\n"
	    "    users.users." EMIT_SERVE_USER " = {\n      isSystemUser = true;\n"
	    "      group = \"" EMIT_SERVE_USER "\";\n    };\n"
	    "    users.groups." EMIT_SERVE_USER " = { };\n");
	nixos_units(fp, &s);
	fprintf(fp, "    # what ${pkgs.openssh}/bin/sshd says before a login\n"
	    "    services.openssh.settings.VersionAddendum = \"%s\";\n"
	    "    services.openssh.extraConfig = lib.mkAfter ''\n", addendum);
	emit_serve_match(fp, &s, "      ");
	fprintf(fp, "    '';\n  };\n}\n");
	return (0);
}

/* One word of the command line. */
static void
launchd_word(FILE *fp, const char *before, const char *word)
{
	fprintf(fp, "\t\t<string>%s%s</string>\n", before, word);
}

int
emit_serve_launchd(FILE *fp, const json_t *doc, struct error *err)
{
	const char		*login = json_text_at(doc, "wanted.login"),
				    *home = json_text_at(doc, "wanted.home");
	struct emit_serve	s;
	char			sshd[40];
	size_t			i;

	if (emit_serve_read(&s, doc, err) == -1)
		return (-1);
	if (login == NULL || !emit_nix_word(login, "._-") || home == NULL || !emit_nix_path(home)) {
		error_set(err, CODE_USAGE, "\"%.60s\" has no name, or no home, that launchd takes",
		    login != NULL ? login : "");
		return (-1);
	}
	snprintf(sshd, sizeof(sshd), "127.0.0.1:%d", s.sshd_port);
	fprintf(fp, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<!-- Made by meshssh-config serve -->\n<plist version=\"1.0\">\n<dict>\n"
	    "\t<key>Label</key>\n\t<string>meshssh-serve</string>\n");
	if (!s.rootless)
		fprintf(fp, "\t<key>UserName</key>\n\t<string>%s</string>\n", login);
	fprintf(fp, "\t<key>ProgramArguments</key>\n\t<array>\n");
	launchd_word(fp, "", s.program);
	for (i = 0; i < s.count; i++)
		launchd_word(fp, "", s.listen[i]);
	launchd_word(fp, "--sshd=", sshd);
	launchd_word(fp, "--source=", "loopback");
	fprintf(fp, "\t\t<string>--run=%s/Library/Caches/meshssh-serve</string>\n", home);
	fprintf(fp, "\t</array>\n\t<key>RunAtLoad</key>\n\t<true/>\n\t<key>KeepAlive</key>\n"
	    "\t<true/>\n\t<key>AbandonProcessGroup</key>\n\t<true/>\n</dict>\n</plist>\n");
	return (0);
}
