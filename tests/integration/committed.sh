#!/bin/sh
# A relay that is committed allocates nothing: a preloaded library (failing-malloc.c) lets every allocation fail from when
# the session is under way, and still all bytes pass, through pipes that were full, to an orderly end. The sessions are in
# committed.py.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "a session without memory" "${CC:-cc}" python3 || finish
# shellcheck disable=SC2086	# CFLAGS are words
if LC_ALL=C grep -q __asan_init "$MESHSSH" ||
    ! ${CC:-cc} -O2 ${CFLAGS:-} -shared -fPIC -o "$T/failing-malloc.so" "$TOOLS/failing-malloc.c" 2>/dev/null; then
	skip "a session without memory" "needs glibc's names, and no sanitizer with an allocator of its own"
	finish
fi
# With a machine besides, whose path is not trusted, hold-back and the watch are part of the session.
cat >"$T/machines" <<-'END'
	unshare -n sleep 300 &
	other=$!
	shift
	until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
	ip link set lo up
	ip link add net0 type veth peer name net1 netns $other
	ip address add 100.64.0.1/24 dev net0
	ip link set net0 up
	nsenter -t $other -n ip address add 100.64.0.7/24 dev net1
	nsenter -t $other -n ip link set net1 up
	"$@" 127.0.0.1 100.64.0.7@$other
	status=$?
	kill $other
	exit $status
END
if need "a guarded session without memory" ip nsenter unshare && unshare -n true 2>/dev/null; then
	unshare -n sh "$T/machines" - python3 "$TOOLS/committed.py" "$T" "$MESHSSH" </dev/null ||
	    not_ok "the driver ran"
else
	skip "a guarded session without memory" "needs network namespaces"
	python3 "$TOOLS/committed.py" "$T" "$MESHSSH" 127.0.0.1 </dev/null || not_ok "the driver ran"
fi
verdicts
finish
