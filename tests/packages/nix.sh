#!/bin/sh
# contrib/packages/nix on a machine of its own, with a real Nix: the package is built from this tree, with a stand-in for
# nixpkgs; from a profile that it is installed into, the profile's path is what goes into configuration, and from the
# store alone the store's, with a warning; a file of that name in a profile that is another program is not taken. The
# modules come to what meshssh-config prints. nix-2.4's flakes are looked at without a network.
#
# shellcheck disable=SC2016,SC2317	# text for other shells; functions that are called by way of check
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source-path=SCRIPTDIR source=../integration/nixlab.sh
. "$TOOLS/nixlab.sh"
{ need 'Nix' nix nix-build nsenter setpriv git python3 autoreconf && need_root 'Nix'; } || finish
exec </dev/null
if ! lab_can >"$T/can" 2>&1; then
	skip 'Nix' "a machine of its own cannot be made here: $(head -n 1 "$T/can")"
	finish
fi
lab_init
if ! lab_machine near; then
	not_ok 'the machine' "$(cat "$T/near.out")"
	finish
fi
lab_nix_conf | near_write /etc/nix/nix.conf
mkdir "$SHARE/tree"
(cd "$SRCDIR" && tar -cf - --exclude=./.git --exclude=./autom4te.cache --exclude=./build --exclude=./tests/fuzz/corpus .) |
    tar -C "$SHARE/tree" --no-same-owner -xf -
NIX=/share/tree/contrib/packages/nix
STANDIN=/share/tree/tests/packages/nix

# --- the package ----------------------------------------------------------------------------------------------------

check 'the package is built' near nix-build -I nixpkgs="$STANDIN" "$NIX" -o /tmp/result
store=$(near readlink /tmp/result)
version=$(sed -n 's/^AC_INIT(\[meshssh], \[\(.*\)])$/\1/p' "$SRCDIR/configure.ac")
is 'it is called by the version' "${store#*-}" "meshssh-$version"
is 'the programs' "$(near ls "$store/bin" | tr '\n' ' ')" 'meshssh meshssh-config meshssh-doctor meshssh-serve '
is 'the program runs' "$(near "$store/bin/meshssh" --version | head -n 1 | cut -d' ' -f1,2)" "meshssh $version"

# flake NAME [ARGUMENT...]: a text of the flake, with the stand-in, as it is had from a repository.
near git -C /share/tree init -q
near git -C /share/tree add -A
flake() {
	f_name=$1
	shift
	near nix eval --raw --impure --no-write-lock-file --override-input nixpkgs "path:$STANDIN" \
	    "git+file:///share/tree?dir=contrib/packages/nix#$f_name" "$@"
}
is 'the flake has the package' "$(flake packages.x86_64-linux.default.name 2>"$T/err" || cat "$T/err")" "meshssh-$version"
for modules in nixosModules darwinModules homeModules; do
	check "the flake has $modules" flake "$modules.default" --apply 'm: builtins.seq (builtins.head (m { pkgs = null; }).imports) ""'
done

# --- what is written into configuration -----------------------------------------------------------------------------

# program COMMAND...: the meshssh that meshssh-config says there, and what it warns of.
program() {
	"$@" >"$T/out" 2>"$T/err"
	sed -n 's/^ *ProxyCommand \([^ ]*\) .*/\1/p; s/^ExecStart=\([^ ]*\) .*/\1/p; s/^  program = .*"\(.*\)";/\1/p' "$T/out" |
	    tr '\n' ' '
	sed 's/.* does not last, /WARNS: /' "$T/err"
}
as_alice() { lab_in "$PID_near" HOME=/home/alice setpriv --reuid 1500 --regid 1500 --clear-groups "$@"; }
config=$store/bin/meshssh-config
stays='WARNS: nix-collect-garbage removes it: install meshssh into a profile (nix profile install; for what root runs, '
stays="$stays"'with --profile /nix/var/nix/profiles/default), then do this again'

is 'no profile has it: the store, and a warning' "$(program as_alice "$config" stanza --match='*.x')" \
    "$store/bin/meshssh $stays"
is 'the warning comes once' "$(program as_alice "$config" install --no-probe --dry-run a b 2>&1 | grep -c WARNS)" 1
is 'a program that was named is the choice of the user' \
    "$(program as_alice "$config" stanza --program="$store/bin/meshssh" --match='*.x')" "$store/bin/meshssh "

# A profile of alice, made by nix-env, and what the link of Nix leads to.
profile=/nix/var/nix/profiles/per-user/alice/profile
near mkdir -p "${profile%/*}"
check 'installed into a profile' near nix-env -p "$profile" -i "$store"
near ln -s "$profile" /home/alice/.nix-profile
is 'a profile in the home' "$(program as_alice "$config" stanza --match='*.x')" '/home/alice/.nix-profile/bin/meshssh '
is 'called by the profile' "$(program as_alice /home/alice/.nix-profile/bin/meshssh-config stanza --match='*.x')" \
    '/home/alice/.nix-profile/bin/meshssh '
is 'root is not to run what is in the home of a user' \
    "$(program as_alice "$config" serve --listen=100.64.0.7)" "$store/bin/meshssh-serve $stays"
is 'her own service may' "$(program as_alice "$config" serve --rootless --listen=127.0.0.1)" '/home/alice/.nix-profile/bin/meshssh-serve '
is 'root has no such profile' "$(program near "$config" stanza --match='*.x')" "$store/bin/meshssh $stays"
near rm /home/alice/.nix-profile
near install -d -o alice /home/alice/.local/state/nix
near ln -s "$profile" /home/alice/.local/state/nix/profile
is 'a profile in the folder of XDG' "$(program as_alice "$config" stanza --match='*.x')" \
    '/home/alice/.local/state/nix/profile/bin/meshssh '
near mkdir -p /etc/profiles/per-user
near ln -s "$profile" /etc/profiles/per-user/alice
is 'a profile of the system for this user' "$(program as_alice "$config" stanza --match='*.x')" \
    '/etc/profiles/per-user/alice/bin/meshssh '

# The profile of all users: at first with another version.
near mkdir -p /tmp/other/bin
near cp "$store/bin/meshssh" "$store/bin/meshssh-serve" /tmp/other/bin
near ln -s /tmp/other /nix/var/nix/profiles/default
is 'another program of that name is not taken' "$(program as_alice "$config" stanza --match='*.x')" \
    '/etc/profiles/per-user/alice/bin/meshssh '
near rm /nix/var/nix/profiles/default
check 'installed for all' near nix-env -p /nix/var/nix/profiles/default -i "$store"
is 'the profile of all' "$(program as_alice "$config" stanza --match='*.x')" '/nix/var/nix/profiles/default/bin/meshssh '
is 'and for root' "$(program near "$config" serve --listen=100.64.0.7)" '/nix/var/nix/profiles/default/bin/meshssh-serve '
is 'and in a module' "$(program near "$config" serve --nixos --listen=100.64.0.7)" \
    '/nix/var/nix/profiles/default/bin/meshssh-serve '
near mkdir -p /run/current-system/sw
near ln -s "$store/bin" /run/current-system/sw/bin
is 'NixOS' "$(program near "$config" stanza --match='*.x')" '/run/current-system/sw/bin/meshssh '
check 'root may run that' near "$config" install --no-probe nas
is 'it is installed' "$(near grep -c 'ProxyCommand /run/current-system/sw/bin/meshssh ' /root/.ssh/meshssh.conf)" 1

# After an upgrade, the path is the same, and the other program.
near rm /run/current-system/sw/bin
near ln -s /tmp/other/bin /run/current-system/sw/bin
is 'after an upgrade, what was written leads to the new program' \
    "$(near readlink -f /run/current-system/sw/bin/meshssh)" /tmp/other/bin/meshssh

# Homebrew's Cellar, linked and not.
cellar=/home/linuxbrew/.linuxbrew/Cellar/meshssh/$version
near mkdir -p "$cellar" /home/linuxbrew/.linuxbrew/bin /home/linuxbrew/.linuxbrew/opt
near cp -r "$store/bin" "$cellar"
is 'a Cellar that nothing leads to' "$(program as_alice "$cellar/bin/meshssh-config" stanza --match='*.x')" \
    "$cellar/bin/meshssh WARNS: brew upgrade removes it: brew link meshssh, then do this again"
near ln -s "../Cellar/meshssh/$version" /home/linuxbrew/.linuxbrew/opt/meshssh
is 'a Cellar that is not linked' "$(program as_alice "$cellar/bin/meshssh-config" stanza --match='*.x')" \
    '/home/linuxbrew/.linuxbrew/opt/meshssh/bin/meshssh '
near sh -c 'cd /home/linuxbrew/.linuxbrew/bin && ln -s ../Cellar/meshssh/*/bin/* .'
is 'a Cellar that is linked' "$(program as_alice "$cellar/bin/meshssh-config" stanza --match='*.x')" \
    '/home/linuxbrew/.linuxbrew/bin/meshssh '
# update-alternatives: the program is in a folder of its version.
near mkdir -p /opt/meshssh-1
near cp -r "$store/bin" /opt/meshssh-1
near sh -c 'mkdir -p /opt/usr-local; mount -t tmpfs tmpfs /usr/local; mkdir /usr/local/bin
    ln -s /opt/meshssh-1/bin/meshssh /etc/alternatives/meshssh; ln -s /etc/alternatives/meshssh /usr/local/bin/meshssh'
is 'a link of update-alternatives' "$(program as_alice /opt/meshssh-1/bin/meshssh-config stanza --match='*.x')" \
    '/usr/local/bin/meshssh '

# --- the modules ----------------------------------------------------------------------------------------------------

# eval EXPRESSION: in JSON, with keys in order. `module FILE GIVEN` is what that module sets.
eval_nix() {
	near nix-instantiate --eval --strict --json --store dummy:// -E "
	let
	  lib = import $STANDIN/lib.nix;
	  pkgs = {
	    meshssh = \"/nix/store/x-meshssh\";
	    iproute2 = \"/nix/store/x-iproute2\";
	    openssh = \"/nix/store/x-openssh\";
	    writeText = name: text: text;
	  };
	  module = file: given: lib.eval (import file) pkgs given;
	  sshd = { services.openssh.ports = [ 22 ]; };
	in $1" | python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin), indent=1, sort_keys=True))'
}
# text EXPRESSION: a text of it.
text_nix() { eval_nix "$1" | python3 -c 'import json, sys; sys.stdout.write(json.load(sys.stdin))'; }

for listen in 100.64.0.7 100.64.0.7,fd7a:115c:a1e0::7; do
	near "$config" serve --nixos --listen=$listen --port=4700 >"$SHARE/printed.nix" 2>/dev/null
	words=$(printf '"%s"' "$listen" | sed 's/,/" "/g')
	eval_nix "module /share/printed.nix (sshd // { services.meshssh.serve.enable = true; })" >"$T/printed"
	eval_nix "removeAttrs (module $NIX/nixos.nix { services.openssh.ports = [ 22 ];
	    services.meshssh.serve = { enable = true; listen = [ $words ]; port = 4700; }; }) [ \"assertions\" ]" >"$T/ours"
	check "services.meshssh.serve is what serve --nixos prints, for $listen" sh -c 'test -s "$1" && diff "$1" "$2"' \
	    sh "$T/printed" "$T/ours"
done
for socket in '' /run/tailscale/x.sock; do
	for pattern in nas '100.64.*' '*.mesh.example'; do
		near "$config" stanza --match="$pattern" --program=/nix/store/x-meshssh/bin/meshssh \
		    ${socket:+--tailscaled=$socket} | sed -n '/^Host/,$p' >"$T/printed"
		given="enable = true; hosts = [ \"$pattern\" ]; ${socket:+tailscaled = \"$socket\";}"
		for module in nixos darwin home; do
			case $module in
			home) value='builtins.head it.programs.ssh.includes' ;;
			*) value='it.programs.ssh.extraConfig' ;;
			esac
			text_nix "let it = module $NIX/$module.nix
			    { programs.meshssh = { $given }; programs.ssh.enable = true; }; in $value" >"$T/ours"
			[ $module = home ] || printf '\nHost *\n' | cat "$T/printed" - >"$T/wanted"
			[ $module != home ] || cp "$T/printed" "$T/wanted"
			check "$module: the block of $pattern${socket:+ with $socket}" diff "$T/wanted" "$T/ours"
		done
	done
done
check 'ssh takes the blocks' ssh -G -F "$T/ours" nas.mesh.example

# refuses NAME WORDS MODULE GIVEN
refuses() {
	eval_nix "module $NIX/$3 { services.openssh.ports = [ 22 ]; $4 }" >"$T/out" 2>"$T/err"
	check "$1" grep -qF "$2" "$T/err"
}
refuses 'a pattern with a blank' 'programs.meshssh.hosts is of another type' nixos.nix \
    'programs.meshssh = { enable = true; hosts = [ "a b" ]; };'
refuses 'a socket with a quote' 'programs.meshssh.tailscaled is of another type' darwin.nix \
    "programs.meshssh = { enable = true; hosts = [ \"a\" ]; tailscaled = \"/x'y\"; };"
refuses 'nowhere to listen' 'name the addresses of this machine' nixos.nix \
    'services.meshssh.serve = { enable = true; listen = [ ]; };'
refuses 'home-manager writes no file of ssh' 'writes no ~/.ssh/config' home.nix \
    'programs.meshssh = { enable = true; hosts = [ "a" ]; }; programs.ssh.enable = false;'
finish
