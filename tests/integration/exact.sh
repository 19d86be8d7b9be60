#!/bin/sh
# Every byte arrives, in its place, both ways at once, whatever the pieces and pauses: pump (pump.c) checks all of them
# and both ends of file. With pipes and socketpairs, tiny pipes, slow readers, through the SSH greeting and without.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "bytes are exact" "${CC:-cc}" || finish
# shellcheck disable=SC2086	# CFLAGS are words
${CC:-cc} -O2 ${CFLAGS:-} -pthread -o "$T/pump" "$TOOLS/pump.c" || { not_ok "pump compiles"; finish; }

# exact NAME PUMP-OPTION...: the relay has nothing to say, so stderr must be pump's own.
exact() {
	name=$1
	shift
	if "$T/pump" "$@" -- "$MESHSSH" >"$T/pump.out" 2>&1 </dev/null; then
		ok "$name ($(sed -n 's/.* in \(.*\)/\1/p' "$T/pump.out"))"
	else
		not_ok "$name" "$(cat "$T/pump.out")"
	fi
}

exact "1 GiB both ways at once, as SSH" -i -n 1g
exact "128 MiB both ways, no SSH, both sides end as they please" -n 128m
exact "64 MiB both ways, a socketpair, as SSH" -s -i -n 64m
exact "64 MiB both ways, a socketpair, no SSH" -s -n 64m
exact "32 MiB both ways, pipes of one page" -p 4096 -i -n 32m
exact "32 MiB both ways, pipes of one page, no SSH" -p 4096 -n 32m
exact "128 MiB both ways, pipes of 1 MiB" -p 1m -i -n 128m
exact "slow readers on both sides" -r -i -n 2m
exact "slow readers on both sides, tiny pipes" -r -p 4096 -n 1m
exact "slow readers on both sides, a socketpair" -r -s -n 2m
exact "no SSH: the server ends at once, the client sends on" -e -n 64m
exact "no SSH: the server ends at once, and takes what the client sends slowly" -e -r -n 12m
exact "one byte each way" -n 1
exact "16 bytes each way, as SSH" -i -n 16
# Sizes around those of buffers, pages and pipes, where off-by-one errors live.
i=0
for size in 4095 4096 4097 65535 65536 65537 131071 1048575 1048576 1048577; do
	for kind in -i -s; do
		"$T/pump" $kind -n $size -- "$MESHSSH" >"$T/pump.out" 2>&1 </dev/null && continue
		not_ok "$size bytes, $kind" "$(cat "$T/pump.out")"
		i=$((i + 1))
	done
done
is "sizes around those of pages, pipes and buffers: failures" $i 0
finish
