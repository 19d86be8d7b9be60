/* SPDX-License-Identifier: ISC */
/* The table of emitters. */

#include <string.h>

#include "emit/emit-hosts.h"
#include "emit/emit-nix.h"
#include "emit/emit-serve.h"
#include "emit/emit-stanza.h"
#include "emit/emit-tailnet.h"
#include "emit/emit.h"

const struct emitter	emitters[] = {
	{ "stanza", emit_stanza },
	{ "tailnet", emit_tailnet },
	{ "known-hosts", emit_known_hosts },
	{ "wsl", emit_wsl },
	{ "windows", emit_windows },
	{ "nfs", emit_nfs },
	{ "nix-ssh", emit_nix_ssh },
	{ "nix-machines", emit_nix_machines },
	{ "nix-known", emit_nix_known },
	{ "nix-conf", emit_nix_conf },
	{ "nix-sshopts", emit_nix_sshopts },
	{ "nix-env", emit_nix_env },
	{ "nix-nixos", emit_nix_nixos },
	{ "nix-darwin", emit_nix_darwin },
	{ "serve-users", emit_serve_users },
	{ "serve-socket", emit_serve_socket },
	{ "serve-service", emit_serve_service },
	{ "serve-sshd", emit_serve_sshd },
	{ "serve-nixos", emit_serve_nixos },
	{ "serve-launchd", emit_serve_launchd },
	{ "", NULL }
};

const struct emitter *
emit_find(const char *name)
{
	const struct emitter	*emitter;

	for (emitter = emitters; emitter->name[0] != '\0'; emitter++)
		if (strcmp(emitter->name, name) == 0)
			return (emitter);
	return (NULL);
}
