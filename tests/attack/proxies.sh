#!/bin/sh
# Proxies and tailscaled sockets whose answers are damaged (proxies.py): SOCKS5 and HTTP CONNECT with changed bytes, the
# LocalAPI's upgrade cut at every byte, status documents of every bad make. The session is the server's stream to its last
# byte, or there is one plain line; no program hangs over a document, or writes into a configuration what a peer wants to
# have there.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source-path=SCRIPTDIR source=attack.sh
. "$(dirname "$0")/attack.sh"
need "damaged answers" python3 ssh unshare ip || finish
attack proxies
finish
