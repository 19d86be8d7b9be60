#!/bin/sh
# What meshssh-config wsl, windows and nfs print, held against what is to read it: a grammar of PowerShell, systemd's
# generator for fstab and its check of units, findmnt. Two calls give the same bytes; hostile names, paths and keys are
# refused, or stay one word.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "configuration around ssh" python3 timeout ssh-keygen || finish
CONFIG=$BUILDDIR/meshssh-config
PYTHONPATH=$BUILDDIR/python${PYTHONPATH:+:$PYTHONPATH}
export PYTHONPATH
LC_ALL=C.UTF-8
export LC_ALL
unset ALL_PROXY all_proxy TS_SOCKS5_SERVER TS_OUTBOUND_HTTP_PROXY_LISTEN TS_SOCKET
exec </dev/null

# config NAME STATUS ARGUMENT...: output in $T/out and $T/err; what fails says one line and prints nothing.
config() {
	c_name=$1
	c_status=$2
	shift 2
	timeout 60 "$CONFIG" "$@" >"$T/out" 2>"$T/err"
	c_got=$?
	if [ "$c_status" -eq 0 ]; then
		is "$c_name" "$c_got $(cat "$T/err")" "0 "
	else
		is "$c_name" "$c_got $(wc -l <"$T/err") $(wc -c <"$T/out")" "$c_status 1 0"
	fi
}

# Builders need a nix that says which one it is.
mkdir "$T/bin"
printf '#!/bin/sh\necho nothing\n' >"$T/bin/nix"
chmod 755 "$T/bin/nix"
PATH=$T/bin:$PATH config 'a nix that does not say its version' 72 nix --check nas
check 'a nix that does not say its version: what to do' grep -qF '; install Nix, or put it into PATH' "$T/err"

# again NAME ARGUMENT...: the same call gives the same bytes.
again() {
	a_name=$1
	shift
	timeout 60 "$CONFIG" "$@" >"$T/again" 2>&1
	check "$a_name: the same bytes again" cmp "$T/out" "$T/again"
}

# --- wsl

if grep -qi microsoft /proc/sys/kernel/osrelease || [ -e /run/WSL ]; then
	config "wsl, in WSL" 0 wsl
	check "wsl, in WSL: it is a comment, or more" grep -q '^#' "$T/out"
else
	config "wsl, where there is none" 69 wsl
	check "wsl, where there is none: a sentence" grep -qx \
	    'meshssh-config: this machine is no WSL; run it within WSL, or give --generic' "$T/err"
fi
config "wsl, for any" 0 wsl --generic
again "wsl, for any" wsl --generic
check "wsl, for any: two files, each named and signed" sh -c "[ \$(grep -c '^# Made by meshssh' '$T/out') -eq 2 ] &&
    grep -q '^# %UserProfile%.\.wslconfig, in Windows' '$T/out' && grep -q '^# /etc/wsl\.conf, in WSL' '$T/out'"
check "wsl, for any: files of sections and keys" python3 -c 'import configparser, sys
config = configparser.ConfigParser(interpolation=None)
config.optionxform = str
config.read(sys.argv[1])
said = {name: dict(config[name]) for name in config.sections()}
assert said == {"wsl2": {"networkingMode": "mirrored", "vmIdleTimeout": "-1"},
    "general": {"instanceIdleTimeout": "-1"}, "boot": {"systemd": "true"}}, said' "$T/out"
config "wsl takes no word" 64 wsl --generic host
config "wsl takes no key" 64 wsl --key=x

# --- windows

ssh-keygen -q -t ed25519 -N '' -C 'me@laptop' -f "$T/key"
read -r type key comment <"$T/key.pub"
config "windows" 0 windows --key="$T/key.pub"
again "windows" windows --key="$T/key.pub"
check "windows: plain ASCII, and no carriage return" sh -c "! LC_ALL=C grep -q '[^ -~]' '$T/out'"
check "windows: winget is never left to choose its source" sh -c "
    grep winget '$T/out' | grep -v '^#' | grep \"'install'\" | grep -q \"'--source' 'winget'\""
cp "$T/out" "$T/plain.ps1"

# parsed NAME SCRIPT PLAIN LITERAL...: it is PowerShell, with these literals; of the same shape as another script, if that
# is not "".
parsed() {
	p_name=$1
	shift
	if ! python3 -c 'import tree_sitter, tree_sitter_powershell' 2>/dev/null; then
		skip "$p_name" "there is no grammar of PowerShell"
		return
	fi
	check "$p_name" python3 -c 'import json, subprocess, sys
def read(script):
    return json.loads(subprocess.run([sys.executable, sys.argv[1], script], check=True, stdout=subprocess.PIPE).stdout)
said = read(sys.argv[2])
assert not said["errors"], said["errors"]
assert sys.argv[3] == "" or read(sys.argv[3])["shape"] == said["shape"]
for literal in sys.argv[4:]:
    assert literal in said["literals"], (literal, said["literals"])' "$TOOLS/powershell.py" "$@"
}
parsed "windows: it is PowerShell" "$T/plain.ps1" "" "$type $key $comment"
config "windows, all of it" 0 windows --key="$T/key.pub" --forward=2222 --distribution=Ubuntu-24.04 \
    --login-server=https://control.example:8443/
cp "$T/out" "$T/full.ps1"
parsed "windows, all of it: it is PowerShell" "$T/full.ps1" "" "$type $key $comment" 2222 Ubuntu-24.04 \
    https://control.example:8443/
# The grammar itself must be one that notices.
sed "s/'2222'/'22'22'/" "$T/full.ps1" >"$T/broken.ps1"
if python3 -c 'import tree_sitter_powershell' 2>/dev/null; then
	is "a quote in the wrong place is noticed" "$(python3 "$TOOLS/powershell.py" "$T/broken.ps1" |
	    python3 -c 'import json, sys; print(len(json.load(sys.stdin)["errors"]) > 0)')" True
fi

# Comments that would be more than a comment.
while read -r hostile; do
	printf '%s %s %s\n' "$type" "$key" "$hostile" >"$T/hostile.pub"
	config "a key of $hostile" 0 windows --key="$T/hostile.pub"
	parsed "a key of $hostile: one literal, and nothing else has changed" "$T/out" "$T/plain.ps1" \
	    "$type $key $hostile"
done <<'END'
it's
''
'; Remove-Item C:\ -Recurse; '
$(calc) `calc` "$env:PATH" @(calc) {calc}
'@
#> ' <#
-- %PATH% ^& | calc
\
END
# What reads as a quote in another code page, or to PowerShell itself: the comment is left out.
for hostile in "’; calc; ’" "‚ ‛ ‘" "ü’" "日本"; do
	printf '%s %s %s\n' "$type" "$key" "$hostile" >"$T/hostile.pub"
	config "a key of $hostile" 0 windows --key="$T/hostile.pub"
	parsed "a key of $hostile: the key alone" "$T/out" "$T/plain.ps1" "$type $key"
done
printf '# mine\r\n\r\n%s %s a\r\n%s %s b' "$type" "$key" "$type" "$key" >"$T/two.pub"
config "two keys, with Windows's line ends" 0 windows --key="$T/two.pub"
parsed "two keys: two literals" "$T/out" "" "$type $key a" "$type $key b"

printf '%s %s a\033[2Jb\n' "$type" "$key" >"$T/control.pub"
printf '%s %s\0\n' "$type" "$key" >"$T/nul.pub"
printf '%s %s \377\n' "$type" "$key" >"$T/latin.pub"
printf 'command="x" %s %s\n' "$type" "$key" >"$T/options.pub"
printf "%s %s';calc;'\n" "$type" "$key" >"$T/quote.pub"
printf '%s\n' "$type" >"$T/type.pub"
printf '# none\n\n' >"$T/none.pub"
head -c 70000 /dev/zero | tr '\0' '#' >"$T/large.pub"
for file in key control.pub nul.pub latin.pub options.pub quote.pub type.pub none.pub large.pub nosuch.pub .; do
	config "no public key: $file" 65 windows --key="$T/$file"
done
check "the private key is told by its name" sh -c "timeout 10 '$CONFIG' windows --key='$T/key' 2>&1 |
    grep -q 'that is the private key'"
long=$(printf '%256s' '' | tr ' ' x)
# shellcheck disable=SC2089	# a quote is meant
for words in --distribution=Ubuntu "--forward=2222 --distribution=-x" "--forward=2222 --distribution=x;calc" \
    "--forward=2222 --distribution=$long" "--forward=2222 --distribution=ü" "--forward=22" "--forward=0" "--forward=x" \
    "--login-server=-x" "--login-server=https://x'" "--login-server=https://ü" "host" "--port=1"; do
	# shellcheck disable=SC2086,SC2090	# words
	config "windows $(printf %.40s "$words")" 64 windows $words
done

# --- nfs

mkdir "$T/mnt" "$T/a b"
nowhere=--tailscaled=$T/nosuch
config "nfs of any host" 0 nfs "$nowhere" 192.0.2.1:/srv/data "$T/mnt"
again "nfs of any host" nfs "$nowhere" 192.0.2.1:/srv/data "$T/mnt"
is "nfs of any host: one line" "$(grep -vc '^#' "$T/out")" 1
cp "$T/out" "$T/direct"
config "nfs in a mesh whose way is not known" 69 nfs "$nowhere" nas.example.ts.net:/srv "$T/mnt"

# A proxy into the mesh, and no route: the tunnel.
ALL_PROXY=socks5://127.0.0.1:1055
export ALL_PROXY
config "nfs through a tunnel" 0 nfs "$nowhere" --port=20499 --program="$MESHSSH" 'nas.example.ts.net:/srv/my data' "$T/a b"
again "nfs through a tunnel" nfs "$nowhere" --port=20499 --program="$MESHSSH" 'nas.example.ts.net:/srv/my data' "$T/a b"
cp "$T/out" "$T/tunnel"
mkdir "$T/units"
sed -n '1,/^$/p; /^\[Unit\]/,/^# \/etc\/fstab/p' "$T/tunnel" | sed '/^# \/etc\/fstab/,$d' \
    >"$T/units/meshssh-nfs-20499.service"
sed -n '/^# \/etc\/fstab/,$p' "$T/tunnel" >"$T/fstab"
is "nfs through a tunnel: the file is named" "$(head -n 1 "$T/tunnel")" \
    "# /etc/systemd/system/meshssh-nfs-20499.service"

if need "findmnt takes the lines" findmnt; then
	# It looks up no host; what kinds of file systems this kernel has is not the question.
	check "findmnt takes the line" findmnt --verify --tab-file "$T/direct"
	check "findmnt takes the line of the tunnel" findmnt --verify --tab-file "$T/fstab"
fi

generator=/usr/lib/systemd/system-generators/systemd-fstab-generator
[ -x "$generator" ] || generator=/lib/systemd/system-generators/systemd-fstab-generator
if [ -x "$generator" ] && need "systemd takes the units" systemd-analyze systemd-escape; then
	check "systemd makes units of the line" env SYSTEMD_FSTAB="$T/fstab" SYSTEMD_LOG_TARGET=console "$generator" \
	    "$T/units" "$T/units" "$T/units"
	unit=$T/units/$(systemd-escape --path "$T/a b")
	check "mounted when somebody looks, and not before" test -L \
	    "$T/units/remote-fs.target.wants/${unit##*/}.automount" -a ! -e \
	    "$T/units/remote-fs.target.wants/${unit##*/}.mount"
	check "from the tunnel" grep -qx 'What=127.0.0.1:/srv/my data' "$unit.mount"
	check "to the folder" grep -qx "Where=$T/a b" "$unit.mount"
	check "after the tunnel, and with it" sh -c "grep -qx 'Requires=meshssh-nfs-20499.service' '$unit.mount' &&
	    grep -qx 'After=meshssh-nfs-20499.service' '$unit.mount'"
	timeout 60 systemd-analyze verify --man=no "$T/units/meshssh-nfs-20499.service" "$unit.mount" "$unit.automount" \
	    >"$T/verify" 2>&1
	is "systemd has nothing to say about the units" "$? $(cat "$T/verify")" "0 "
else
	[ -x "$generator" ] || skip "systemd takes the units" "systemd is not installed"
fi

# fstab_is EXPORT DIR: the last output is one line that says so.
# shellcheck disable=SC2317,SC2329	# called by way of check
fstab_is() {
	sed -n '/^# \/etc\/fstab/,$p' "$T/out" >"$T/fstab"
	findmnt --tab-file "$T/fstab" --json -o SOURCE,TARGET,FSTYPE,OPTIONS | python3 -c 'import json, sys
said = json.load(sys.stdin)["filesystems"]
assert len(said) == 1, said
assert said[0]["source"] == "192.0.2.1:" + sys.argv[1] and said[0]["target"] == sys.argv[2], said
assert said[0]["fstype"] == "nfs" and said[0]["options"].startswith("_netdev,nofail,hard,"), said' "$1" "$2"
}
unset ALL_PROXY
name=$(printf '%255s' '' | tr ' ' y)
# shellcheck disable=SC2016,SC1003	# it is not meant to expand
for path in '/a b' "/it's" '/"x"' '/$(reboot)' '/`x`' '/a,rw,exec' '/#a' '/a#b' '/a\040b' '/\' '/a  0 0' '/%h' '/~' '/*' \
    '/ü 日本' "/$name" '/-x' '/a:/b' '/a=b'; do
	config "nfs of $(printf %.20s "$path")" 0 nfs "$nowhere" "192.0.2.1:$path" "$path"
	check "nfs of $(printf %.20s "$path"): one word each" fstab_is "$path" "$path"
done
newline=$(printf '/a\n/dev/sda / ext4 defaults 0 0')
tab=$(printf '/a\tb')
latin=$(printf '/\344')
for path in "$newline" "$tab" "$(printf '/a\177')" "$latin"; do
	config "an export with a control character, or of no letters" 64 nfs "$nowhere" "192.0.2.1:$path" /mnt
	config "a folder with a control character, or of no letters" 64 nfs "$nowhere" 192.0.2.1:/a "$path"
done
for path in '' mnt ./mnt / // /mnt/.. /../mnt /mnt/./x; do
	config "a folder \"$path\"" 64 nfs "$nowhere" 192.0.2.1:/a "$path"
done
# shellcheck disable=SC2016
for word in '' nas nas: :/a nas:a -oProxyCommand=x:/a 'a b:/a' 'a;b:/a' 'nä:/a' "a'b:/a" '$(x):/a' '[]:/a' '[-x]:/a' \
    "$long:/a" "$(printf 'a\nb:/a')"; do
	config "a host \"$(printf %.20s "$word" | tr '\n' ' ')\"" 64 nfs "$nowhere" "$word" /mnt
done
config "nfs without a folder" 64 nfs "$nowhere" 192.0.2.1:/a
config "nfs with a word too many" 64 nfs "$nowhere" 192.0.2.1:/a /mnt /mnt
config "nfs with an odd port" 64 nfs "$nowhere" --port=65536 192.0.2.1:/a /mnt
config "nfs over IPv6" 0 nfs "$nowhere" '[2001:db8::1]:/a' /mnt
is "nfs over IPv6: in brackets" "$(grep -v '^#' "$T/out" | cut -d' ' -f1)" '[2001:db8::1]:/a'

finish
