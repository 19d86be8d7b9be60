#!/bin/sh
# One system call fails, by strace, for each of many calls, numbers and errors (syscalls.py): a relay hands on every byte
# or says why not; the front door is ssh with the relay or says why not; the doctor, the scan and the companion never say that
# something works which does not. Nobody hangs or crashes.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source-path=SCRIPTDIR source=attack.sh
. "$(dirname "$0")/attack.sh"
# Root installs a program only if root owns every folder above it, which the root of a user's namespace does not.
{ need "failing system calls" python3 ssh strace unshare ip mount && need_root "failing system calls"; } || finish
attack syscalls
finish
