# shellcheck shell=sh
# Sourced by tests/run, which installs the programs of the mesh, and by lab.sh, which runs them: where they are. HOME
# need not be set. control/go.mod is the one place that names the version, and each version has a folder of its own.

# mesh_version FOLDER: what this folder's control/go.mod asks for.
mesh_version() { sed -n 's#^require tailscale.com ##p' "$1/control/go.mod"; }

# mesh_programs FOLDER
mesh_programs() {
	p_home=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
	echo "${MESHSSH_TEST_CACHE:-${XDG_CACHE_HOME:-$p_home/.cache}/meshssh-tests}/tailscale-$(mesh_version "$1")"
}
