#!/bin/sh
# The doctor's detectors on machines that are odd: programs that hang, no environment, hardly a descriptor, nothing to
# read or to write; the end comes in time, with a document. And in a home with secrets none of them is told.
#
# shellcheck disable=SC2016,SC2088,SC2317	# the inner shell expands, the doctor writes the tilde, check calls
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "detectors" ssh python3 timeout || finish
exec </dev/null

# looks NAME LIMIT COMMAND...: prints facts, and that within so many milliseconds.
looks() {
	name=$1
	limit=$2
	shift 2
	began=$(date +%s%N)
	timeout 20 "$@" >"$T/out" 2>"$T/err"
	took=$((($(date +%s%N) - began) / 1000000))
	if ! python3 -c 'import json, sys; json.load(open(sys.argv[1]))["facts"]["system"]' "$T/out" 2>/dev/null; then
		not_ok "$name" "no facts: $(head -c 300 "$T/out" "$T/err")"
	elif [ $took -gt "$limit" ] || [ -s "$T/err" ]; then
		not_ok "$name" "$took ms, stderr: $(cat "$T/err")"
	else
		ok "$name"
	fi
}

# nobody_left: no process has our mark in its environment but us.
nobody_left() { ! grep -lsF "DETECTORS_MARK=$T" /proc/[0-9]*/environ; }

mkdir "$T/bin"
for program in ssh ssh-keygen getent nix sudo tailscale tailscale.exe wslinfo; do
	printf '#!/bin/sh\nsleep 70 & sleep 70\n' >"$T/bin/$program"
	chmod +x "$T/bin/$program"
done
looks "programs that hang" 1900 env DETECTORS_MARK="$T" PATH="$T/bin:$PATH" "$MESHSSH" --doctor --json
check "and nothing of them is left" wait_for 5 nobody_left
# As ssh, but not when it is to read its configuration.
printf '#!/bin/sh\n[ "$1" != -G ] || sleep 70\nexec %s "$@"\n' "$(command -v ssh)" >"$T/bin/ssh"
looks "ssh -G that hangs" 1900 env PATH="$T/bin:$PATH" "$MESHSSH" --doctor --json
check "which is told" grep -q '"slow": true' "$T/out"
printf '#!/bin/sh\nexec %s "$@"\n' "$(command -v ssh)" >"$T/bin/ssh"
looks "ssh-keygen that hangs" 1900 env PATH="$T/bin:$PATH" "$MESHSSH" --doctor --json --timeout=1 127.0.0.1 1

looks "no environment" 1900 env -i "$MESHSSH" --doctor --json
looks "PATH of nothing, a home that is not there" 1900 env -i PATH= HOME=/nonexistent TERM=dumb "$MESHSSH" --doctor --json
looks "a closed standard input" 1900 sh -c 'exec "$0" --doctor --json <&-' "$MESHSSH"
looks "64 descriptors" 1900 sh -c 'ulimit -n 64; exec "$0" --doctor --json' "$MESHSSH"
looks "48 descriptors" 1900 sh -c 'ulimit -n 48; exec "$0" --doctor --json' "$MESHSSH"
mkdir "$T/gone"
looks "a folder that is gone" 1900 sh -c 'cd "$1" && rmdir "$1" && exec "$0" --doctor --json' "$MESHSSH" "$T/gone"

# What needs mounts and users of its own.
# Where other users can run it, wherever this checkout is.
mkdir "$T/program"
chmod 755 "$T" "$T/program"
cp "$BUILDDIR/meshssh-doctor" "$T/program"
cp "$MESHSSH" "$T/program/meshssh"
MESHSSH=$T/program/meshssh
{ need "a machine of its own" setpriv ssh-keygen && need_root "a machine of its own"; } || finish
looks "an empty /etc" 1900 unshare -m sh -c 'mount -t tmpfs none /etc && exec "$0" --doctor --json' "$MESHSSH"
looks "an empty /sys and /dev" 1900 unshare -m sh -c \
    'mount -t tmpfs none /sys && mount -t tmpfs none /dev && exec "$0" --doctor --json' "$MESHSSH"
looks "no /proc" 1900 unshare -m sh -c 'mount -t tmpfs none /proc && exec "$0" --doctor --json' "$MESHSSH"
looks "a user that nobody knows" 1900 setpriv --reuid=54321 --regid=54321 --clear-groups "$MESHSSH" --doctor --json
looks "nothing can be written" 1900 unshare -m sh -c 'mount -o bind,ro / /mnt && exec chroot /mnt "$0" --doctor --json' \
    "$MESHSSH"

# A home with a name, a configuration with secrets, a key.
cat >"$T/config" <<'END'
User hidden-login
IdentityFile ~/.ssh/id
ControlPath /tmp/cm-hidden-login@%h
Host nas
	ProxyCommand sshpass -p hunter2 ssh -l hidden-login -i /home/hidden-owner/key hidden-login@jump -W %h:%p
Host web
	ProxyCommand curl -H 'Proxy-Authorization: Basic aHVudGVyMg==' http://u:hunter2@127.0.0.1:1 --proxy-pass=hunter2
END
ssh-keygen -q -t ed25519 -N '' -C hidden-comment -f "$T/id"
cat >"$T/secret.sh" <<'END'
mount -t tmpfs none /home && mkdir -p /home/hidden-owner/.ssh && cp "$T/config" "$T/id" /home/hidden-owner/.ssh/ &&
chown -R 54322:54322 /home/hidden-owner &&
sed '$a\
hidden-owner:x:54322:54322:Hidden Person:/home/hidden-owner:/bin/sh' /etc/passwd >"$T/passwd" &&
mount -o bind "$T/passwd" /etc/passwd &&
chmod 755 "$T" &&
exec setpriv --reuid=54322 --regid=54322 --clear-groups env -i PATH="$PATH" HOME=/home/hidden-owner \
    ALL_PROXY=socks5://u:hunter2@127.0.0.1:1 MESHSSH_PROXY_AUTH=u:hunter2 "$@"
END
for host in nas web; do
	looks "a home with secrets: $host" 4000 env T="$T" unshare -m sh "$T/secret.sh" "$MESHSSH" --doctor --json --timeout=1 $host
	check "its files are read" grep -q '~/.ssh/config' "$T/out"
	is "and no name is told, nor a password or a key" \
	    "$(grep -nE 'hidden|Hidden|hunter2|aHVudGVyMg|BEGIN|b3BlbnNzaC' "$T/out")" ""
	looks "with --full" 4000 env T="$T" unshare -m sh "$T/secret.sh" "$MESHSSH" --doctor --json --full --timeout=1 $host
	check "names are" grep -q 'hidden-owner' "$T/out"
	is "and what stands in no configuration is not" "$(grep -nE 'BEGIN|b3BlbnNzaC|hidden-comment' "$T/out")" ""
done

# What ssh does by itself is told.
"$MESHSSH" --doctor --json --timeout=1 127.0.0.1 1 >"$T/out" 2>"$T/err"
is "all that ssh -G says of its own defaults is told" "$(python3 -c 'import json, sys
print(*sorted(k for k, v in json.load(open(sys.argv[1]))["facts"]["ssh"]["options"].items() if "..." in v))' "$T/out")" ""

# Secrets as people have them in commands, each in a block of its own, read by the real ssh -G: none is told.
cat >"$T/commands" <<'END'
ProxyCommand proxytunnel -p proxy.example:3128 -P bob:hunter2 -d %h:%p
ProxyCommand tunnel --key hunter2 %h %p
ProxyCommand tunnel --key=hunter2 %h %p
ProxyCommand curl --cookie session=hunter2 https://gw.example/%h
ProxyCommand curl -H "X-Api-Key: hunter2" https://gw.example/
ProxyCommand wstunnel wss://gw.example/t?sig=hunter2
ProxyCommand wstunnel wss://bob:hunter2@gw.example
ProxyCommand KEY=hunter2 tunnel %h %p
ProxyCommand env KEY=hunter2 tunnel %h %p
ProxyCommand sh -c 'KEY=hunter2 nc %%h %%p'
ProxyCommand tunnel ghp_hunter2ABCDEFGHIJKLMNOP %h
ProxyCommand ncat --proxy proxy:3128 --proxy-auth bob:hunter2 %h %p
ProxyCommand nc -X connect -x bob:hunter2@proxy:3128 %h %p
ProxyCommand ssh -o User=hunter2 -o SetEnv=K=hunter2 jump -W %h:%p
ProxyCommand ssh jump TOKEN=hunter2 nc %h %p
ProxyCommand meshssh --via=socks5=bob:hunter2@127.0.0.1:1 %h %p
ProxyJump hunter2@bastion:2222
KnownHostsCommand /usr/bin/keys --token hunter2 %H
RemoteCommand TOKEN=hunter2 sh
RemoteCommand deploy --key hunter2
LocalCommand notify https://hooks.example/services/hunter2
SetEnv TOKEN=hunter2
User hunter2
IdentityFile /home/hunter2/.ssh/id
ControlPath /tmp/cm-hunter2@%h
Port 22 # hunter2
END
mkdir -p "$T/told/.ssh"
sed '{h;s/.*//;x;}; =' "$T/commands" | sed -n 'N;s/\(.*\)\n\(.*\)/Host h\1\n\t\2/p' >"$T/told/.ssh/config"
cat >"$T/told.sh" <<'END'
mount -t tmpfs none /home && mkdir /home/teller && cp -r "$T/told/.ssh" /home/teller && chown -R 54322:54322 /home/teller &&
sed '$a\
teller:x:54322:54322::/home/teller:/bin/sh' /etc/passwd >"$T/passwd" && mount -o bind "$T/passwd" /etc/passwd && chmod 755 "$T" &&
exec setpriv --reuid=54322 --regid=54322 --clear-groups env -i PATH="$PATH" HOME=/home/teller NIX_SSHOPTS='-l hunter2' \
    sh -c 'while read -r host; do "$0" --doctor --json --timeout=1 "$host" 1; "$0" --doctor --timeout=1 "$host" 1; done' "$MESHSSH"
END
sed -n 's/^Host //p' "$T/told/.ssh/config" >"$T/hosts"
timeout 300 env T="$T" unshare -m sh "$T/told.sh" <"$T/hosts" >"$T/out" 2>"$T/err"
is "each of them was looked at" "$(grep -c '"version": 2,*$' "$T/out")" "$(wc -l <"$T/commands" | tr -d ' ')"
check "the commands are told as far as they may be" grep -qF '"proxycommand": "proxytunnel -p proxy.example:3128 -P ... -d %h:%p"' \
    "$T/out"
is "and no secret of theirs" "$(grep -n hunter2 "$T/out" "$T/err")" ""

finish
