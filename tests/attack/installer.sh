#!/bin/sh
# The companion that installs is killed at random and at each call that changes something, has each such call fail, and
# is raced by itself, nix --install and an editor (installer.py). Each file is the old one or the new one, whole; ssh takes
# for other hosts what it took before; the next run does it all and leaves nothing; what is the user's stays.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source-path=SCRIPTDIR source=attack.sh
. "$(dirname "$0")/attack.sh"
# Root installs a program only if root owns every folder above it, which the root of a user's namespace does not.
{ need "attacks on the installer" python3 ssh strace unshare ip mount && need_root "attacks on the installer"; } || finish
attack installer
finish
