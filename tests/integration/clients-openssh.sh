#!/bin/sh
# OpenSSH's own programs, and rsync and git which run ssh, with `ProxyCommand meshssh --relay -- "%h" "%p"` against a real sshd: exit
# status, 5 MB bit-exact both ways, forwards, -W and ProxyJump, name, IPv6 and zone literals. A session that ends well
# leaves nothing of meshssh's on stderr and no relay behind.
#
# shellcheck disable=SC2317,SC2119 # functions are called through `check`; sshd_start needs no argument
# shellcheck source-path=SCRIPTDIR
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=relays.sh
. "$(dirname "$0")/relays.sh"

need_login "clients" || finish
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY no_proxy NO_PROXY
cfg=$T/config
{
	cat <<-END
	Host six
		HostName ::1
	Host name
		HostName localhost
	Host through-w
		ProxyCommand ssh -F $cfg -W [%h]:%p relay
	Host jumped
		ProxyJump relay
	Host relay six name
		ProxyCommand $MESHSSH --relay -- "%h" "%p"
	Host *
		$(how_config)
	END
	cat "$SSH_CONFIG"
} >"$cfg"
head -c 5242880 /dev/urandom >"$T/big"
mkdir "$T/there"

# both_ways HOST: 5 MB up, 5 MB down, and 5 MB both ways at once.
# shellcheck disable=SC2094 # the file is only read
both_ways() {
	rm -f "$T/there/up"
	timeout 30 ssh -F "$cfg" "$1" "cat >'$T/there/up'" <"$T/big" &&
		cmp "$T/big" "$T/there/up" &&
		timeout 30 ssh -F "$cfg" "$1" "cat '$T/big'" | cmp "$T/big" - &&
		timeout 30 ssh -F "$cfg" "$1" cat <"$T/big" | cmp "$T/big" -
}

# Status and output, stderr of the remote command untouched.
silent "ssh runs a command" timeout 30 ssh -F "$cfg" relay 'echo out'
is "its output" "$(cat "$T/out")" out
how "it went through the relay" relay
for status in 1 7 255; do
	timeout 30 ssh -F "$cfg" relay "exit $status" >"$T/out" 2>"$T/err"
	is "exit status $status comes back, and no word" "$? $(cat "$T/out" "$T/err")" "$status "
done
timeout 30 ssh -F "$cfg" relay "cat '$T/big' >&2; exit 3" >"$T/out" 2>"$T/err"
is "5 MB on the remote command's stderr: status" "$?" 3
check "5 MB on the remote command's stderr: nothing added, nothing lost" cmp "$T/big" "$T/err"
silent "5 MB up, down, and both at once, bit-exact" both_ways relay

# Programs that run ssh.
for protocol in -s -O; do
	rm -f "$T/there/copy" "$T/back"
	silent "scp $protocol up" timeout 30 scp "$protocol" -q -F "$cfg" "$T/big" "relay:$T/there/copy"
	check "scp $protocol up: same bytes" cmp "$T/big" "$T/there/copy"
	how "scp $protocol went through the relay" relay
	silent "scp $protocol down" timeout 30 scp "$protocol" -q -F "$cfg" "relay:$T/big" "$T/back"
	check "scp $protocol down: same bytes" cmp "$T/big" "$T/back"
done

cat >"$T/batch" <<-END
	put $T/big $T/there/sftp
	get $T/there/sftp $T/sftp
	rename $T/there/sftp $T/there/renamed
	ls $T/there/renamed
END
silent "sftp batch" timeout 30 sftp -q -F "$cfg" -b "$T/batch" relay
check "sftp: same bytes there and back" cmp "$T/big" "$T/sftp"
check "sftp: the whole batch was run" test -f "$T/there/renamed"
how "sftp went through the relay" relay

if need "rsync both ways" rsync; then
	mkdir -p "$T/tree/a/b"
	cp "$T/big" "$T/tree/a/big"
	echo small >"$T/tree/a/b/small"
	silent "rsync up" timeout 30 rsync -a -e "ssh -F $cfg" "$T/tree/" "relay:$T/there/tree/"
	how "rsync went through the relay" relay
	echo changed >>"$T/there/tree/a/big"
	silent "rsync down" timeout 30 rsync -a -e "ssh -F $cfg" "relay:$T/there/tree/" "$T/tree/"
	check "rsync: same trees, a change included" diff -r "$T/tree" "$T/there/tree"
	check "rsync: the change came back" grep -qa 'changed$' "$T/tree/a/big"
fi

if need "git clone, push, fetch" git; then
	GIT_CONFIG_GLOBAL=/dev/null
	GIT_CONFIG_NOSYSTEM=1
	GIT_SSH_COMMAND="ssh -F $cfg"
	export GIT_CONFIG_GLOBAL GIT_CONFIG_NOSYSTEM GIT_SSH_COMMAND
	git_commit() {
		git -C "$1" add . &&
			git -C "$1" -c user.name=t -c user.email=t@example.org commit -q -m "$2"
	}
	repo=relay:$T/there/repo.git
	git init -q --bare -b main "$T/there/repo.git"
	git init -q -b main "$T/work"
	cp "$T/big" "$T/work/big"
	git_commit "$T/work" one
	silent "git push" timeout 30 git -C "$T/work" push -q "$repo" main
	how "git went through the relay" relay
	silent "git clone" timeout 30 git clone -q "$repo" "$T/clone"
	check "git: same bytes" cmp "$T/big" "$T/clone/big"
	echo two >"$T/work/two"
	git_commit "$T/work" two
	git -C "$T/work" push -q "$repo" main
	silent "git fetch" timeout 30 git -C "$T/clone" fetch -q
	is "git fetch brings the new commit" "$(git -C "$T/clone" rev-parse origin/main)" \
	    "$(git -C "$T/work" rev-parse main)"
fi

# One ssh within another.
accepted() { grep -c 'Accepted publickey' "$SSHD_LOG"; }
for host in through-w jumped; do
	before=$(accepted)
	silent "$host: 5 MB up, down, and both at once" both_ways "$host"
	is "$host: two logins for each session" $(($(accepted) - before)) 6
done

# Forwards.
if need "forwards" python3 curl; then
	python3 -u -m http.server --bind 127.0.0.1 --directory "$T" 0 >"$T/http" 2>&1 &
	started $!
	wait_for 10 grep -q 'port [0-9]' "$T/http"
	http=$(sed -n 's/.* port \([0-9]*\).*/\1/p' "$T/http")
	local=$(free_port)
	remote=$(free_port)
	dynamic=$(free_port)
	ssh -F "$cfg" -N -o ExitOnForwardFailure=yes -L "127.0.0.1:$local:127.0.0.1:$http" \
	    -R "127.0.0.1:$remote:127.0.0.1:$http" -D "127.0.0.1:$dynamic" relay 2>"$T/err" &
	forwarder=$!
	started $forwarder
	# -R is asked for last, so when it answers all three do.
	wait_for 10 curl -s -o /dev/null "http://127.0.0.1:$remote/batch"
	fetch() { curl -s -m 20 "$@" | cmp "$T/big" -; }
	check "-L brings 5 MB" fetch "http://127.0.0.1:$local/big"
	check "-R brings 5 MB" fetch "http://127.0.0.1:$remote/big"
	check "-D brings 5 MB by a name" fetch --socks5-hostname "127.0.0.1:$dynamic" "http://localhost:$http/big"
	is "all of it through one relay" "$(relay_count)" 1
	end $forwarder
	is "forwards: no word on stderr" "$(cat "$T/err")" ''
	gone "forwards: the relay ends with ssh"
fi

# Addresses.
if grep -q 'Server listening on ::1' "$SSHD_LOG"; then
	# shellcheck disable=SC2016 # for the remote shell
	silent "IPv6 literal" timeout 30 ssh -F "$cfg" six 'echo $SSH_CONNECTION'
	is "IPv6 literal: the server sees it" "$(cut -d' ' -f1,3 "$T/out")" '::1 ::1'
	how "IPv6 literal: through the relay" relay
else
	skip "IPv6 literal" "no IPv6 on loopback"
fi
silent "a name" timeout 30 ssh -F "$cfg" name true
how "a name: through the relay" relay

# A link-local address with a zone needs an interface other than lo; the namespace goes with the last process in it.
if unshare -n true 2>/dev/null && need "IPv6 zone literal" ip nsenter; then
	cat >"$T/zone-sshd" <<-END
	ip link set lo up &&
	ip link add zone0 type veth peer name zone1 &&
	ip link set zone0 up &&
	ip -6 addr add fe80::5/64 dev zone0 nodad &&
	exec "$(command -v sshd || echo /usr/sbin/sshd)" -D -e -f "$T/zone_sshd_config"
	END
	sed -e 's/^ListenAddress.*//' "$T/sshd_config" >"$T/zone_sshd_config"
	unshare -n sh "$T/zone-sshd" 2>"$T/zone.log" &
	zone=$!
	started $zone
	if wait_for 10 grep -q 'Server listening on ::' "$T/zone.log"; then
		# shellcheck disable=SC2016
		silent "IPv6 zone literal" timeout 30 nsenter -t $zone -n \
		    ssh -F "$cfg" -o HostName=fe80::5%%zone0 relay 'echo $SSH_CONNECTION'
		is "IPv6 zone literal: the server sees it" "$(cut -d' ' -f1 "$T/out")" 'fe80::5%zone0'
		how "IPv6 zone literal: through the relay" relay
	else
		skip "IPv6 zone literal" "no such interface here: $(head -n 1 "$T/zone.log")"
	fi
elif ! unshare -n true 2>/dev/null; then
	skip "IPv6 zone literal" "no network namespace for this user"
fi

gone "no relay is left"
finish
