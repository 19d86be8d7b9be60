/* SPDX-License-Identifier: ISC */
/* Emitters: modules for NixOS and nix-darwin. */

#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "emit/emit-nix.h"

/*
 * meshssh, in a module; the quotes are for a path with blanks, and pass through ssh to the shell.
 */
#define PROGRAM	"\"${meshssh}\""

/* A list of Nix's from one with commas: [ "a" "b" ]. */
static void
module_list(FILE *fp, const char *list)
{
	size_t	len;

	fprintf(fp, "[");
	for (; *list != '\0'; list += len + (list[len] == ',')) {
		len = strcspn(list, ",");
		if (len > 0)
			fprintf(fp, " \"%.*s\"", (int)len, list);
	}
	fprintf(fp, " ]");
}

static void
module_machine(FILE *fp, const json_t *doc, const struct emit_nix_host *h)
{
	fprintf(fp, "    {\n      hostName = \"%s\";\n      protocol = \"%s\";\n", h->alias,
	    emit_nix_protocol(doc));
	fprintf(fp, "      sshUser = \"%s\";\n      sshKey = \"%s\";\n      systems = ", h->user,
	    h->key);
	if (strcmp(h->systems, "-") == 0)
		fprintf(fp, "[ pkgs.stdenv.hostPlatform.system ]");
	else
		module_list(fp, h->systems);
	fprintf(fp, ";\n      maxJobs = %d;\n", h->jobs);
	if (strcmp(h->features, "-") != 0) {
		fprintf(fp, "      supportedFeatures = ");
		module_list(fp, h->features);
		fprintf(fp, ";\n");
	}
	if (!h->ca)
		fprintf(fp, "      publicHostKey = \"%s\";\n", h->pinned);
	fprintf(fp, "    }\n");
}

/* The host key is among the system's as well, for who runs ssh without Nix. */
static void
module_known(FILE *fp, const struct emit_nix_host *h)
{
	char	name[EMIT_NIX_KNOWN_MAX];

	fprintf(fp, "  programs.ssh.knownHosts.\"%s\".publicKey = \"%s\";\n",
	    emit_nix_known_as(h, name), h->host_key);
	if (h->ca)
		fprintf(fp, "  programs.ssh.knownHosts.\"%s\".certAuthority = true;\n",
		    emit_nix_known_as(h, name));
}

/* nix.buildMachines; the builder of nix-darwin's own is written by its own option. */
static int
module_machines(FILE *fp, const json_t *doc, struct error *err)
{
	struct emit_nix_host	h;
	size_t			i;
	int			more, direct = 0, others = 0;

	fprintf(fp,
	    "  nix.distributedBuilds = true;\n  nix.settings.builders-use-substitutes = true;\n");
	for (i = 0; (more = emit_nix_host(doc, i, &h, err)) == 1; i++) {
		direct |= h.direct && !h.jump;
		if (h.direct || h.jump)
			continue;
		if (!others++)
			fprintf(fp, "  nix.buildMachines = [\n");
		module_machine(fp, doc, &h);
	}
	if (others)
		fprintf(fp, "  ];\n");
	for (i = 0; more == 0 && emit_nix_host(doc, i, &h, err) == 1; i++)
		module_known(fp, &h);
	if (direct)
		fprintf(fp, "  nix.linux-builder.enable = true;\n");
	return (more);
}

/*
 * Lines of a file, as deep as a string of Nix's wants them; its own text has nothing that Nix would
 * take for more.
 */
static void
module_lines(FILE *fp, const char *text)
{
	size_t	len;

	for (; *text != '\0'; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		fprintf(fp, len > 0 ? "    %.*s\n" : "\n", (int)len, text);
	}
}

/* The blocks as a string of Nix's: a whole file for nix-darwin, for NixOS a part of one. */
static int
module_blocks(FILE *fp, const json_t *doc, const char *before, const char *behind, int darwin,
    struct error *err)
{
	struct emit_nix_host	h;
	char			line[ADDR_HOST_MAX + 40], *text;
	size_t			i, len;
	FILE			*mem = xmemstream(&text, &len);
	int			more = 0;

	for (i = 0; (more = emit_nix_host(doc, i, &h, err)) == 1; i++) {
		snprintf(line, sizeof(line), "%s%s%s", before, h.alias, behind);
		if (i > 0)
			fprintf(mem, "\n");
		if (emit_nix_block(mem, doc, &h, line, PROGRAM, err) == -1)
			break;
	}
	if (darwin)
		emit_nix_rest(mem, "/var/root", 1);
	else
		/* What other modules add stands behind it and is for all hosts. */
		fprintf(mem, "\nHost *\n");
	xmemstream_close(mem);
	if (more == 0) {
		fprintf(fp, "''\n");
		module_lines(fp, text);
		fprintf(fp, "  ''");
	}
	free(text);
	return (more == 0 ? 0 : -1);
}

/*
 * The path of meshssh: that of the package, where there is one, for it stays as long as the system
 * that names it.
 */
static int
module_program(FILE *fp, const json_t *doc, struct error *err)
{
	const char	*program = json_text_at(doc, "wanted.program");

	if (program == NULL || program[0] != '/' || strpbrk(program,
	    "\"'\\$`%!*?[]{}();<>|&#~^\n\r\t") != NULL) {
		error_set(err, CODE_UNQUOTABLE_PATH, "%.100s: cannot stand in a module",
		    program != NULL ? program : "meshssh");
		return (-1);
	}
	fprintf(fp, "let\n");
	if (json_truth_at(doc, "wanted.program-named") == 1)
		fprintf(fp, "  meshssh = \"%s\";\n", program);
	else
		fprintf(fp,
		    "  meshssh = if pkgs ? meshssh then \"${pkgs.meshssh}/bin/meshssh\" else \"%s\";\n",
		    program);
	fprintf(fp, "in\n");
	return (0);
}

/* What both modules begin with. */
static int
module_begin(FILE *fp, const json_t *doc, struct error *err)
{
	fprintf(fp, "{ pkgs, ... }:\n");
	if (module_program(fp, doc, err) == -1)
		return (-1);
	fprintf(fp, "{\n");
	return (module_machines(fp, doc, err));
}

int
emit_nix_nixos(FILE *fp, const json_t *doc, struct error *err)
{
	if (module_begin(fp, doc, err) == -1)
		return (-1);
	fprintf(fp,
	    "  # for root's ssh alone, which nix-daemon runs; to others the host may mean something else\n");
	fprintf(fp, "  programs.ssh.extraConfig = ");
	if (module_blocks(fp, doc, "Match originalhost ", " localuser root", 0, err) == -1)
		return (-1);
	fprintf(fp, ";\n}\n");
	return (0);
}

int
emit_nix_darwin(FILE *fp, const json_t *doc, struct error *err)
{
	if (module_begin(fp, doc, err) == -1)
		return (-1);
	fprintf(fp,
	    "  # a file of its own, for a managed /etc/ssh/ssh_config may not read /etc/ssh/ssh_config.d\n");
	fprintf(fp, "  environment.etc.\"%s\".text = ", &EMIT_NIX_SSH_CONFIG[strlen("/etc/")]);
	if (module_blocks(fp, doc, "Host ", "", 1, err) == -1)
		return (-1);
	fprintf(fp,
	    ";\n  launchd.daemons.nix-daemon.serviceConfig.EnvironmentVariables.NIX_SSHOPTS = \"-F %s\";\n",
	    EMIT_NIX_SSH_CONFIG);
	fprintf(fp, "  # with ssh-ng, the reason why ssh failed is here alone\n");
	fprintf(fp, "  services.nix-daemon.logFile = \"/var/log/nix-daemon.log\";\n}\n");
	return (0);
}
