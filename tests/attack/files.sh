#!/bin/sh
# Odd files and environments (files.py): variables that are unset or senseless, limits that leave nothing, standard
# streams that are closed, something else in the place of each file that is read, a full disk. A relay works as long as
# it has its streams and descriptors; nobody hangs, crashes, prints what a terminal would act upon, or says that all is well
# where nothing could be looked at.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source-path=SCRIPTDIR source=attack.sh
. "$(dirname "$0")/attack.sh"
need "odd files and environments" python3 ssh unshare ip mount || finish
attack files
finish
