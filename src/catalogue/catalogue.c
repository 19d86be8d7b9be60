/* SPDX-License-Identifier: ISC */
/* The catalogue: one row for every code. */

#include <string.h>
#include <sysexits.h>

#include "catalogue/catalogue.h"
#include "catalogue/local.h"

/*
 * A fault has one row, whether a program meets it (an error, with exit status and hint), the doctor
 * finds it, or both. Of what is found together the most severe comes first, and of equals the one
 * with the larger rank; of several attempts that failed, the race tells that with the larger rank.
 * So the ranks are one scale. For errors, from above: without descriptors or memory nothing else is
 * worth saying (100); what keeps each ssh from working (99 to 96); what a path does to a connection
 * that was made (96 to 94); who speaks for the host (93); what is known here of the host (92);
 * this machine's mesh (91, 90), Nix (88 to 77), a proxy that forbids (70), silence (68), what is in
 * between (66), names (64), proxies that say nothing, or are none (62 to 60). What is told only
 * where it is alone has 1.
 *
 * The texts stand in the table itself: pointers would be pages that each relay has of its own.
 */
static const struct code_row rows[CODE_LOCAL] = {
	[CODE_NONE] = { "none", KIND_ERROR, SEVERITY_NOTE, 0, EX_OK,
	    "nothing to do",
	    "Nothing failed." },
	[CODE_USAGE] = { "usage", KIND_ERROR, SEVERITY_ERROR, 1, EX_USAGE,
	    "see --help",
	    "The call was not understood. --help lists the options; with meshssh, everything "
	    "that is not one of them belongs to ssh." },
	[CODE_BAD_HOST] = { "bad-host", KIND_ERROR, SEVERITY_ERROR, 1, EX_USAGE,
	    "a host is one word of letters, digits and ._:%-",
	    "A host is one word of letters, digits, dot, underscore, colon, percent and hyphen, "
	    "does not begin with a hyphen and has at most 255 bytes. IPv6 addresses stand "
	    "without brackets." },
	[CODE_BAD_PORT] = { "bad-port", KIND_ERROR, SEVERITY_ERROR, 1, EX_USAGE,
	    "a port is a number from 1 to 65535",
	    "With two operands, the second one a number, meshssh relays to that port. To run a "
	    "command whose name begins with a digit on a host, write meshssh HOST -- COMMAND." },
	[CODE_BAD_PATH] = { "bad-path", KIND_ERROR, SEVERITY_ERROR, 1, EX_USAGE,
	    "a path begins with / and has no control characters",
	    "Paths in fstab are absolute. They may have blanks and any letters, but no line "
	    "breaks or other control characters; where something is mounted, they are not / and "
	    "have no parts . and .. either." },
	[CODE_BAD_KEY] = { "bad-key", KIND_ERROR, SEVERITY_ERROR, 1, EX_DATAERR,
	    "name a file of public keys, such as ~/.ssh/id_ed25519.pub",
	    "A file of public keys has a line for each: the type, the key in base64, and a "
	    "comment if you like, as ssh-keygen writes it to the file whose name ends in .pub. "
	    "Options before a key are not taken over, so they are refused. The private key, in "
	    "the file without .pub, never leaves your machine." },
	[CODE_NOT_WSL] = { "not-wsl", KIND_ERROR, SEVERITY_ERROR, 1, EX_UNAVAILABLE,
	    "run it within WSL, or give --generic",
	    "meshssh-config wsl looks at the WSL that it runs in: its network, its MTU, the "
	    "servers in it. Run it there, outside of containers; --generic prints what suits any "
	    "WSL 2, whatever this machine is." },
	[CODE_NO_STDIO] = { "no-stdio", KIND_ERROR, SEVERITY_ERROR, 1, EX_USAGE,
	    "use it as ssh's ProxyCommand",
	    "The relay reads from standard input and writes to standard output, and one of them "
	    "was closed when it started. ssh opens both for a ProxyCommand." },
	[CODE_UNQUOTABLE_PATH] = { "unquotable-path", KIND_ERROR, SEVERITY_ERROR, 1, EX_CONFIG,
	    "install it where the path has no quotes or $",
	    "ssh runs a ProxyCommand through the user's shell. The path of this program has a "
	    "character that shells do not agree on how to quote, so it cannot be named there "
	    "safely. Install it under a plain path." },
	[CODE_NO_SSH] = { "no-ssh", KIND_ERROR, SEVERITY_ERROR, 1, EX_OSFILE,
	    "install the OpenSSH client",
	    "No ssh was found in PATH, nor at /usr/bin/ssh. Install the OpenSSH client." },
	[CODE_NO_PROGRAM] = { "no-program", KIND_ERROR, SEVERITY_ERROR, 1, EX_OSFILE,
	    "install meshssh again, whole",
	    "meshssh --doctor, --scan and --replay run the program meshssh-doctor, which was "
	    "installed with meshssh: beside it, or in libexecdir. It is missing or cannot be "
	    "run. Install meshssh again, or copy meshssh-doctor to the folder that meshssh is "
	    "in." },
	[CODE_BAD_RECORD] = { "bad-record", KIND_ERROR, SEVERITY_ERROR, 1, EX_DATAERR,
	    "remove the file",
	    "The failure record is not one that meshssh wrote. The next failure replaces it; "
	    "it may be removed." },
	[CODE_NO_RECORD] = { "no-record", KIND_ERROR, SEVERITY_ERROR, 1, EX_NOPERM,
	    "set XDG_CACHE_HOME to a folder of yours",
	    "There is no place for the failure record, so meshssh cannot show the last failure. "
	    "The cache folder, and what it is in, must belong to root or to you, and other users "
	    "must not be able to write there. In a user namespace (unshare -r) the folders of "
	    "the system belong to another user. Set XDG_CACHE_HOME to a folder of yours." },
	[CODE_CONFIG_READ] = { "config-read", KIND_ERROR, SEVERITY_ERROR, 1, EX_NOINPUT,
	    "nothing was changed",
	    "A file of ssh's configuration is there and cannot be read: it is not this user's, "
	    "or no regular file, or a link that leads nowhere, or has more than 16 megabytes. "
	    "Files of root's and of the system need sudo. Nothing was changed." },
	[CODE_CONFIG_WRITE] = { "config-write", KIND_ERROR, SEVERITY_ERROR, 1, EX_CANTCREAT,
	    "nothing was changed",
	    "The folder of the configuration does not take a new file with the owner, access "
	    "control list and attributes of the old one: the disk is full or read-only, or the "
	    "folder is another user's. Files of root's and of the system need sudo. The "
	    "configuration is as it was; --dry-run shows what would change." },
	[CODE_CONFIG_BROKEN] = { "config-broken", KIND_BOTH, SEVERITY_ERROR, 98, EX_CONFIG,
	    "correct that first; nothing was changed",
	    "ssh refuses its configuration as it is, and connects to no host; the message has "
	    "ssh's own words, with file and line. Correct that line (ssh -G HOST tells whether "
	    "ssh takes it), or write IgnoreUnknown above a keyword that only a newer ssh knows. "
	    "A file that begins with a byte order mark (\\357\\273\\277) was saved as \"UTF-8 "
	    "with BOM\": save it without. meshssh-config changes nothing before that." },
	[CODE_CONFIG_REFUSED] = { "config-refused", KIND_ERROR, SEVERITY_ERROR, 1, EX_CONFIG,
	    "nothing was changed; please report this",
	    "ssh takes the configuration as it is, and refuses it with what meshssh-config would "
	    "write; the message has ssh's own words. So nothing was written. Please report it, "
	    "with the output of --dry-run and of ssh -V." },
	[CODE_CONFIG_CHANGES] = { "config-changes", KIND_ERROR, SEVERITY_ERROR, 1, EX_CONFIG,
	    "meshssh-config diff HOST shows all of it",
	    "With the host's block, ssh would take another value for a keyword that the block "
	    "does not set: a Match or a path in the user's own files depends on the host's name or "
	    "on what else the block sets. So nothing was written. Set the keyword in a Host block "
	    "of your own that names the host, and try again." },
	[CODE_CONFIG_FOREIGN] = { "config-foreign", KIND_ERROR, SEVERITY_ERROR, 1, EX_CONFIG,
	    "rename that file",
	    "The name that meshssh-config's own file has is taken by a file that it did not "
	    "write, or whose first lines were changed. It is left as it is. Rename it, and its "
	    "Include with it, and install again." },
	[CODE_CONFIG_STORE] = { "config-store", KIND_ERROR, SEVERITY_ERROR, 1, EX_CONFIG,
	    "rebuild, then install again",
	    "home-manager, NixOS or nix-darwin makes this file, and it cannot be written. Let "
	    "the module include meshssh-config's file: programs.ssh.includes = [ \"...\" ]; with "
	    "home-manager, programs.ssh.extraConfig = \"Include /etc/ssh/meshssh.conf\"; with "
	    "NixOS. Rebuild. From then on install writes the blocks alone, and needs no other "
	    "line." },
	[CODE_CONFIG_MOVED] = { "config-moved", KIND_ERROR, SEVERITY_ERROR, 1, EX_TEMPFAIL,
	    "run the command again",
	    "While ssh was asked about the new configuration, another program wrote to the "
	    "file, most likely an editor. What it wrote is left as it is. Run the command again "
	    "to start from there." },
	[CODE_CONFIG_PARTLY] = { "config-partly", KIND_ERROR, SEVERITY_ERROR, 1, EX_IOERR,
	    "run the command again to finish",
	    "Each file is whole, old or new. Remove the cause that the message names, and run "
	    "the same command again." },
	[CODE_CONFIG_PROGRAM] = { "config-program", KIND_ERROR, SEVERITY_ERROR, 1, EX_CONFIG,
	    "run make install, or name one: --program=PATH",
	    "root's ssh will run this program: it, and each folder and link on the way to it, "
	    "must be root's and not writable by group or others, sticky or not. Use make "
	    "install, or name another one by --program=PATH." },
	[CODE_SERVE_NO_MESH] = { "serve-no-mesh", KIND_ERROR, SEVERITY_ERROR, 1, EX_UNAVAILABLE,
	    "connect the mesh, or name addresses: --listen=ADDRESS",
	    "meshssh-serve is to listen at the addresses that this machine has in its mesh, and "
	    "it has none now. Connect the mesh (tailscale up) and run the command again, or name "
	    "the addresses with --listen=ADDRESS." },
	[CODE_SERVE_SHADOWED] = { "serve-shadowed", KIND_ERROR, SEVERITY_ERROR, 1, EX_CONFIG,
	    "nothing was changed",
	    "An earlier line of sshd's configuration sets VersionAddendum, or a Match with "
	    "ClientAliveInterval that meshssh-serve's sessions fall under, so that the lines for "
	    "them would have no effect; or sshd does not listen where meshssh-serve connects to. "
	    "The message has the value that stays in force. Add meshssh=4622 to that "
	    "VersionAddendum, correct that Match, or add ListenAddress 127.0.0.22, and install "
	    "again." },
	[CODE_SERVE_REFUSED] = { "serve-refused", KIND_ERROR, SEVERITY_ERROR, 1, EX_CONFIG,
	    "nothing was changed",
	    "sshd (sshd -t) or systemd (systemd-analyze verify) refuses what would be written, or "
	    "what is there already; the message quotes it. If the line that it names is not "
	    "from meshssh-config, correct it and install again. Else please report it." },
	[CODE_SERVE_ENABLED] = { "serve-enabled", KIND_ERROR, SEVERITY_ERROR, 1, EX_TEMPFAIL,
	    "disable it, then run the command again",
	    "systemd would go on starting a unit whose file is gone. Run what the message says; "
	    "sessions that are open stay. Then run the same command again." },
	[CODE_LOCAL_BUILDER] = { "local-builder", KIND_ERROR, SEVERITY_ERROR, 1, EX_USAGE,
	    "give it a name of its own in ~/.ssh/config",
	    "For a builder called localhost Nix runs no ssh, but builds on this machine itself. "
	    "Give what listens here a name of its own in ~/.ssh/config: Host vm, HostName "
	    "127.0.0.1, Port N; then meshssh-config nix vm. For nix-darwin's own Linux builder: "
	    "meshssh-config nix --linux-builder." },
	[CODE_BUILDER_BEHIND] = { "builder-behind", KIND_ERROR, SEVERITY_ERROR, 1, EX_CONFIG,
	    "write root's block by hand, with --host-key for the key",
	    "Your ssh reaches the builder by a ProxyJump or ProxyCommand that root's ssh would not "
	    "have: a program or token of your own, a jump host behind another, or a line that "
	    "counts at times only. Write a block of that name into root's ssh_config with the same line, and what the "
	    "hosts on the way need; their keys and host keys must be root's, too." },
	[CODE_BUILDERS_SHADOWED] = { "builders-shadowed", KIND_ERROR, SEVERITY_ERROR, 1, EX_CONFIG,
	    "remove that line, or move it above the include",
	    "Of several lines that set builders, Nix takes the last, and a line of yours stands "
	    "behind the place where meshssh-config would write its own. So nothing was written." },
	[CODE_NO_HOST_KEY] = { "no-host-key", KIND_ERROR, SEVERITY_ERROR, 1, EX_UNAVAILABLE,
	    "name it: --host-key=ssh_host_ed25519_key.pub",
	    "nix-daemon has no terminal to ask whether a host key is right, so the key must "
	    "stand in the list of builders, and the builder did not show it. meshssh --why may "
	    "say more. Or fetch /etc/ssh/ssh_host_ed25519_key.pub from the builder by another "
	    "way and name it with --host-key=FILE." },
	[CODE_HOST_KEY_DIFFERS] = { "host-key-differs", KIND_ERROR, SEVERITY_ERROR, 1, EX_NOPERM,
	    "get its key by another way: --host-key=FILE",
	    "A known_hosts file has the host, and the key that it showed is not among those "
	    "there, or is revoked, or the file has only the key of an authority. Another "
	    "machine may have answered, or the host was installed anew. Ask whoever runs it for "
	    "/etc/ssh/ssh_host_ed25519_key.pub and name it with --host-key=FILE. If the line is "
	    "out of date, ssh-keygen -R HOST -f FILE removes it. A revoked key is never "
	    "accepted." },
	[CODE_MANAGED_FILE] = { "managed-file", KIND_ERROR, SEVERITY_ERROR, 1, EX_CONFIG,
	    "use --nixos or --darwin",
	    "The file is a link, as NixOS, nix-darwin and home-manager make them; what is "
	    "written there is gone with the next rebuild. meshssh-config nix --nixos or --darwin "
	    "prints a module for the configuration that makes the file; without --install the "
	    "text is printed." },
	[CODE_NO_NIX] = { "no-nix", KIND_ERROR, SEVERITY_ERROR, 1, EX_OSFILE,
	    "install Nix, or put it into PATH",
	    "No nix was found in PATH, nor in the profiles where its installers put it. On the "
	    "builder itself, or where Nix runs in a container, call this there." },
	[CODE_NAME_UNKNOWN] = { "name-unknown", KIND_BOTH, SEVERITY_ERROR, 64, EX_NOHOST,
	    "check the spelling, and that the mesh's DNS is on",
	    "The resolver says that there is no address for this name, and tailscaled, if there "
	    "is one, knows no host of that name. Check the spelling and HostName in ssh_config. "
	    "For a name of the mesh check that MagicDNS is on and that this machine uses it; the "
	    "address of the host works without it." },
	[CODE_NAME_LOOKUP] = { "name-lookup", KIND_BOTH, SEVERITY_ERROR, 64, EX_NOHOST,
	    "check the resolver, or use the address",
	    "The resolver could not answer. Check /etc/resolv.conf, the network and the mesh's "
	    "DNS; the address of the host works without a resolver." },
	[CODE_NAME_TIMEOUT] = { "name-timeout", KIND_ERROR, SEVERITY_ERROR, 64, EX_NOHOST,
	    "check the resolver, or use the address",
	    "The resolver did not answer in time. A name server in /etc/resolv.conf that no "
	    "longer runs is the usual cause; the address of the host works without a resolver." },
	[CODE_NO_INTERFACE] = { "no-interface", KIND_BOTH, SEVERITY_ERROR, 64, EX_NOHOST,
	    "write ADDRESS%INTERFACE with one of them",
	    "The part of the address behind the percent sign is the interface of this machine "
	    "that leads to the host, and this machine has none of that name. It was renamed or "
	    "unplugged, or belongs to another machine. ip address (or ifconfig) lists them; "
	    "without a percent sign, each interface that is up is tried." },
	[CODE_REFUSED] = { "refused", KIND_BOTH, SEVERITY_ERROR, 93, EX_UNAVAILABLE,
	    "is sshd running there, on this port?",
	    "The host is there and says that nothing listens on this port. Start sshd there, or "
	    "correct the port. If tailscaled on the host runs in userspace-networking mode, sshd "
	    "must listen on loopback." },
	[CODE_NO_ROUTE] = { "no-route", KIND_BOTH, SEVERITY_ERROR, 66, EX_UNAVAILABLE,
	    "is the network, or the mesh, up on this machine?",
	    "This machine or a router has no route to the host. Check that the network and the "
	    "mesh are up here, and that the mesh's addresses are routed (ip route get ADDRESS)." },
	[CODE_NO_ANSWER] = { "no-answer", KIND_BOTH, SEVERITY_ERROR, 68, EX_UNAVAILABLE,
	    "is the host up, or a firewall in the way? try --timeout=60",
	    "The connection attempt was not answered at all. The host is down or asleep, a "
	    "firewall or the mesh's access rules drop the port, or packets go to a network where "
	    "the host is not. If tailscaled on this machine runs in userspace-networking mode, "
	    "the kernel has no route into the mesh. A host that wakes up, or a machine that is new in the "
	    "mesh, may need longer than --timeout." },
	[CODE_BLOCKED] = { "blocked", KIND_BOTH, SEVERITY_ERROR, 92, EX_UNAVAILABLE,
	    "a firewall or policy on this machine forbids it",
	    "This machine itself did not permit the connection: a local firewall rule, such as "
	    "the kill switch of a VPN, a sandbox or a security policy. Look there first; the "
	    "other side never saw a packet." },
	[CODE_HOST_FIREWALL] = { "host-firewall", KIND_BOTH, SEVERITY_ERROR, 93, EX_UNAVAILABLE,
	    "open the port there; if it worked before, wait 30 s",
	    "The host is there, and its firewall turned the connection away with an ICMP "
	    "message. Let the firewall on the host accept the port from this machine (ufw allow, "
	    "firewall-cmd --add-service). If connections were accepted a moment ago, the firewall "
	    "limits their number (ufw limit: 6 in 30 seconds): wait 30 seconds, then connect "
	    "less often." },
	[CODE_PATH_FIREWALL] = { "path-firewall", KIND_BOTH, SEVERITY_ERROR, 70, EX_UNAVAILABLE,
	    "a firewall on the way forbids it; ask who runs it",
	    "Neither this machine nor the host, but a router or firewall on the way turned the "
	    "connection away with an ICMP message, which names its address. Ask who runs it to "
	    "let the port pass, or use another way to the host." },
	[CODE_HOST_ABSENT] = { "host-absent", KIND_BOTH, SEVERITY_ERROR, 68, EX_UNAVAILABLE,
	    "it is off, asleep, or has another address",
	    "The address belongs to a network that this machine is in, and no machine there "
	    "answered the question who has it (ARP, or neighbor discovery). The host is off or "
	    "asleep, or has another address now. If the interface that the message names is not "
	    "the one that leads to the host (Docker, virtual machines, WSL), the two networks "
	    "use the same addresses." },
	[CODE_HOST_OFF] = { "host-off", KIND_BOTH, SEVERITY_ERROR, 68, EX_UNAVAILABLE,
	    "is the host up, and is this its address?",
	    "A router near the host says that it cannot reach it: the host is off or asleep, or "
	    "has another address now. Start it, or correct the address." },
	[CODE_LOCAL_NETWORK] = { "local-network", KIND_BOTH, SEVERITY_ERROR, 91, EX_UNAVAILABLE,
	    "allow it in Privacy & Security > Local Network",
	    "macOS 15 and later keeps a program from the hosts of its own network until it is "
	    "allowed there, and says \"No route to host\" at once. What counts is the app that "
	    "ssh was started from: allow it in System Settings, Privacy & Security, Local "
	    "Network, then start it again. What runs in Terminal, over ssh or as root is not "
	    "concerned; other terminals, editors and launch agents are." },
	[CODE_ROUTER_NO_ROUTE] = { "router-no-route", KIND_BOTH, SEVERITY_ERROR, 66, EX_UNAVAILABLE,
	    "is the address right, and that router's VPN up?",
	    "The router that the message names has no way to the address. Either the address is "
	    "wrong, or the link or VPN behind that router is down, or packets leave this machine "
	    "by the wrong router (ip route get ADDRESS shows which one)." },
	[CODE_MESH_DOWN] = { "mesh-down", KIND_BOTH, SEVERITY_ERROR, 90, EX_UNAVAILABLE,
	    "start tailscaled (systemctl start tailscaled)",
	    "The host belongs to the mesh, and tailscaled on this machine does not run: nobody "
	    "listens on its socket, or there is no socket. Start it (systemctl start "
	    "tailscaled); tailscale status says whether it waits for something else. Where its "
	    "socket is in an unusual place, name it with --tailscaled=SOCKET or TS_SOCKET." },
	[CODE_MESH_HUNG] = { "mesh-hung", KIND_BOTH, SEVERITY_ERROR, 90, EX_UNAVAILABLE,
	    "restart tailscaled",
	    "tailscaled on this machine takes connections and does not answer. It is stopped, "
	    "overloaded or locked up; restart it (systemctl restart tailscaled)." },
	[CODE_MESH_ROUTES] = { "mesh-routes", KIND_FINDING, SEVERITY_ERROR, 91, 0, "",
	    "The host is in a network that a peer of the mesh routes to (a subnet router), and "
	    "that way is not open: this machine does not accept the routes of its peers, which "
	    "on Linux is the default, or the peer is offline. A machine that is in that network itself "
	    "should not accept them." },
	[CODE_MESH_MTU] = { "mesh-mtu", KIND_BOTH, SEVERITY_ERROR, 95, EX_TEMPFAIL,
	    "try -o KexAlgorithms=curve25519-sha256, and --doctor",
	    "The network below the mesh loses packets as large as tailscaled makes them (up to "
	    "1360 bytes), without a word. What ssh says first gets through, in small pieces; "
	    "what the host says is cut by its own tailscaled. With -o "
	    "KexAlgorithms=curve25519-sha256 a login may get through, long output will not. Set "
	    "the MTU of the network below (a VPN, WSL's eth0) to 1360 or more, or "
	    "TS_DEBUG_MTU=1200 for tailscaled on the host." },
	[CODE_MESH_PERMISSION_DENIED] = { "mesh-permission-denied",
	    KIND_BOTH, SEVERITY_ERROR, 90, EX_UNAVAILABLE,
	    "ask root for access to it, or try --via=socks5",
	    "tailscaled runs here, but this user may not open its socket, which is normally "
	    "open to all: its folder is closed to others, or a sandbox or security policy "
	    "forbids it. Ask root to correct the modes of the socket and of its folder "
	    "(tailscaled makes them 0666 and 0755), or use tailscaled's proxy if it has one; in "
	    "a container, mount the whole folder." },
	[CODE_MESH_STOPPED] = { "mesh-stopped", KIND_BOTH, SEVERITY_ERROR, 90, EX_UNAVAILABLE,
	    "connect it: tailscale up",
	    "tailscaled runs, and the mesh is switched off (tailscale down). Switch it on with "
	    "tailscale up." },
	[CODE_MESH_LOGGED_OUT] = { "mesh-logged-out", KIND_BOTH, SEVERITY_ERROR, 90, EX_UNAVAILABLE,
	    "log in: tailscale up",
	    "tailscaled runs, and this machine is not logged in to a mesh. Log in with tailscale "
	    "up." },
	[CODE_MESH_UNAPPROVED] = { "mesh-unapproved", KIND_BOTH, SEVERITY_ERROR, 90, EX_UNAVAILABLE,
	    "have this machine approved in the admin console",
	    "An administrator of the mesh has yet to approve this machine. That is done in the "
	    "admin console, under Machines." },
	[CODE_MESH_OTHER_USER] = { "mesh-other-user", KIND_BOTH, SEVERITY_ERROR, 90, EX_UNAVAILABLE,
	    "have that user run: tailscale logout",
	    "Another user of this machine holds tailscaled. That user has to log out first: "
	    "tailscale logout." },
	[CODE_MESH_NO_STATE] = { "mesh-no-state", KIND_BOTH, SEVERITY_ERROR, 90, EX_UNAVAILABLE,
	    "wait a moment, then look at tailscaled's log",
	    "tailscaled has just started, or cannot reach its control server. Wait a moment; if "
	    "it stays so, look whether this machine reaches that server, and read tailscaled's "
	    "log." },
	[CODE_MESH_STATUS] = { "mesh-status", KIND_ERROR, SEVERITY_ERROR, 1, EX_UNAVAILABLE,
	    "name the hosts yourself, or update tailscaled",
	    "tailscaled was asked for the peers of the mesh, and its answer is of no use: it is "
	    "too large, cut off or not a status, or something else listens on its socket. Name "
	    "the hosts; tailscale status shows what it knows." },
	[CODE_PEER_UNKNOWN] = { "peer-unknown", KIND_BOTH, SEVERITY_ERROR, 92, EX_NOHOST,
	    "check the name, and tailscale status",
	    "The name or address looks like one of the mesh, but tailscaled knows no peer that "
	    "has it: it is misspelt, was removed or renamed, is not shared with this machine, or "
	    "the mesh's rules hide it. tailscale status lists the peers. It was not tried "
	    "outside the mesh, where something else may have it." },
	[CODE_MESH_UNEXPECTED] = { "mesh-unexpected", KIND_BOTH, SEVERITY_ERROR, 64, EX_UNAVAILABLE,
	    "try --via=socks5 or --via=http, or update tailscaled",
	    "What listens on tailscaled's socket does not answer as tailscaled does, or does not "
	    "make connections for others: it is older than 1.24, was built without that, or is "
	    "something else. Name the right socket (--tailscaled=SOCKET, TS_SOCKET), or update "
	    "or restart tailscaled. If it has a proxy (--socks5-server, "
	    "--outbound-http-proxy-listen), that works too." },
	[CODE_NO_PROXY] = { "no-proxy", KIND_ERROR, SEVERITY_ERROR, 61, EX_UNAVAILABLE,
	    "name it: --via=socks5=HOST:PORT or --via=http=HOST:PORT",
	    "A proxy was asked for, and none is known: not in ALL_PROXY, TS_SOCKS5_SERVER or "
	    "TS_OUTBOUND_HTTP_PROXY_LISTEN, not on tailscaled's command line, not in its "
	    "defaults file. Name its address, or start tailscaled with "
	    "--socks5-server=localhost:1055." },
	[CODE_PROXY_DOWN] = { "proxy-down", KIND_BOTH, SEVERITY_ERROR, 60, EX_UNAVAILABLE,
	    "is the proxy running, at this address?",
	    "The proxy itself could not be reached. Check that it runs and that its address is "
	    "right." },
	[CODE_PROXY_SILENT] = { "proxy-silent", KIND_BOTH, SEVERITY_ERROR, 62, EX_UNAVAILABLE,
	    "is the host up? is this a proxy?",
	    "The proxy took the connection and gave no answer in time. Most often it waits in "
	    "vain for the host, which is down or asleep; else what listens there is not a proxy, or "
	    "hangs. --timeout=SECONDS waits longer." },
	[CODE_PROXY_CLOSED] = { "proxy-closed", KIND_BOTH, SEVERITY_ERROR, 61, EX_UNAVAILABLE,
	    "see the proxy's log",
	    "The proxy ended the connection before it had answered. Its log should say why; it "
	    "may also be something else than a proxy, or of the other kind (SOCKS5, HTTP)." },
	[CODE_PROXY_FAILED] = { "proxy-failed", KIND_BOTH, SEVERITY_ERROR, 66, EX_UNAVAILABLE,
	    "is the host up, and reachable from there?",
	    "The proxy, or tailscaled, could not connect to the host, and does not say exactly "
	    "why: the host is down, has another name, or a firewall is between the two. "
	    "tailscaled's SOCKS5 proxy gives this answer for every failure." },
	[CODE_PROXY_REFUSED] = { "proxy-refused", KIND_BOTH, SEVERITY_ERROR, 70, EX_NOPERM,
	    "the proxy's rules forbid this host or port",
	    "The proxy answered that it will not connect to this host or port. Its rules say so "
	    "(many HTTP proxies allow CONNECT to port 443 only); ask who runs it, or use another "
	    "route." },
	[CODE_PROXY_AUTH] = { "proxy-auth", KIND_BOTH, SEVERITY_ERROR, 70, EX_NOPERM,
	    "check MESHSSH_PROXY_AUTH or ~/.config/meshssh/proxy-auth",
	    "The proxy wants a user name and a password, or did not accept those it got. They "
	    "are taken from MESHSSH_PROXY_AUTH (USER:PASSWORD), or from "
	    "~/.config/meshssh/proxy-auth, which has lines HOST:PORT USER:PASSWORD, must be "
	    "yours, and may be readable by you alone (chmod 600)." },
	[CODE_PROXY_SCHEME] = { "proxy-scheme", KIND_BOTH, SEVERITY_ERROR, 70, EX_NOPERM,
	    "run a local proxy that logs in there, such as px or cntlm",
	    "The proxy wants a login, and not by the one method that meshssh has (Basic: a user "
	    "name and a password); they were not sent to it. Proxies of companies want "
	    "Negotiate (Kerberos) or NTLM. A program on this machine can log in there and be a "
	    "proxy without a login itself: px or cntlm. Name it with --via=http=127.0.0.1:PORT." },
	[CODE_NOT_A_PROXY] = { "not-a-proxy", KIND_BOTH, SEVERITY_ERROR, 61, EX_PROTOCOL,
	    "check the address, and the kind: socks5 or http",
	    "What listens at the proxy's address does not speak the protocol: the address or the "
	    "kind (SOCKS5, HTTP) is wrong." },
	[CODE_SERVER_CLOSED] = { "server-closed", KIND_BOTH, SEVERITY_ERROR, 93, EX_UNAVAILABLE,
	    "too many logins at once, or this address is not let in",
	    "The server took the connection and closed it before it said anything. sshd does so "
	    "when MaxStartups is reached or PerSourcePenalties hold this address back; so do TCP "
	    "wrappers and forwarders whose target is down. Wait a minute, then look at the "
	    "server's log." },
	[CODE_SERVER_SILENT] = { "server-silent", KIND_BOTH, SEVERITY_ERROR, 93, EX_UNAVAILABLE,
	    "is an SSH server behind this port?",
	    "The connection was made, but the server did not identify itself in time. Either no "
	    "SSH server is behind this port, or a forwarder took the connection while its target "
	    "is down, or the server is overloaded; --timeout=SECONDS waits longer." },
	[CODE_NOT_SSH] = { "not-ssh", KIND_BOTH, SEVERITY_ERROR, 93, EX_PROTOCOL,
	    "this is no SSH server; check the port",
	    "Something else than an SSH server answers on this port. Check the port, and that no "
	    "web proxy or captive portal stands in between." },
	[CODE_RESET] = { "reset", KIND_BOTH, SEVERITY_ERROR, 93, EX_TEMPFAIL,
	    "the server or a firewall in between ended it",
	    "The server, or a firewall in its place, reset the connection. Before the login: "
	    "look at the server's log. While the session was in use: the server was killed or "
	    "rebooted, or a firewall or NAT in between forgot the connection; "
	    "ServerAliveInterval in ssh_config keeps NATs from forgetting." },
	[CODE_DEAD_PATH] = { "dead-path", KIND_ERROR, SEVERITY_ERROR, 1, EX_TEMPFAIL,
	    "the network changed, or the host went down",
	    "The host stopped answering, or stopped accepting data: it went down or to sleep, or "
	    "the network on the way changed. Connect again; --dead-after=SECONDS says how long "
	    "a session waits for an answer, 15 minutes if it is not given." },
	[CODE_PMTU_FORWARD] = { "pmtu-forward", KIND_BOTH, SEVERITY_ERROR, 95, EX_TEMPFAIL,
	    "connect again, or with --mss=536",
	    "A link on the way to the host is smaller than both ends believe (a tunnel in a "
	    "tunnel, a VPN, PPPoE), and the ICMP message that should say so does not arrive. "
	    "Plain ssh hangs in the key exchange; the next connection of meshssh begins with "
	    "smaller packets, unless --no-cache is given. To mend it, set the MTU of the "
	    "tunnel's interface to what really passes, or net.ipv4.tcp_mtu_probing=1 on this "
	    "machine." },
	[CODE_PMTU_REVERSE] = { "pmtu-reverse", KIND_BOTH, SEVERITY_ERROR, 95, EX_TEMPFAIL,
	    "connect again, or with --mss=536",
	    "A link on the reverse path from the host is smaller than both ends believe (a tunnel in "
	    "a tunnel, a VPN, PPPoE), and the ICMP message that should say so does not reach the "
	    "host. Plain ssh hangs in the key exchange or at long output; meshssh's next "
	    "connection asks for smaller packets, unless --no-cache is given. To mend it, set "
	    "the MTU of the tunnel's interface to what really passes, or "
	    "net.ipv4.tcp_mtu_probing=1 on the host." },
	[CODE_DSCP_REVERSE] = { "dscp-reverse", KIND_BOTH, SEVERITY_NOTE, 30, EX_TEMPFAIL,
	    "each time? then set IPQoS none in the server's sshd_config",
	    "sshd marks its packets (DSCP) when the session begins, and something on the "
	    "reverse path drops what is marked: the login works, and then not even "
	    "acknowledgements come back. Set IPQoS none in the server's sshd_config. Where marked packets to the host "
	    "are dropped, those from it may be, too. If it happens once and never again, the "
	    "path had died at this very moment." },
	[CODE_ADDRESS_GONE] = { "address-gone", KIND_ERROR, SEVERITY_ERROR, 1, EX_TEMPFAIL,
	    "the network here changed; connect again",
	    "The address that the connection was made from is no longer this machine's, and did "
	    "not come back in time: another network was joined, a VPN or the mesh went down, or "
	    "the address ran out. Connect again; what must go on meanwhile belongs into tmux or "
	    "screen on the host." },
	[CODE_SERVER_CHANGED] = { "server-changed", KIND_ERROR, SEVERITY_ERROR, 1, EX_PROTOCOL,
	    "do several servers share this address? try again",
	    "The path lost large packets, so a second connection with smaller ones was made; but "
	    "there another server answered, or the same after an update, and what ssh has seen "
	    "of the first does not fit. Connect again. Where a load balancer spreads logins over "
	    "different servers, --mss=536 avoids the second connection." },
	[CODE_HOST_RESTARTED] = { "host-restarted", KIND_ERROR, SEVERITY_ERROR, 1, EX_TEMPFAIL,
	    "connect again",
	    "The session was held while the network was away, but the host, or the program there that "
	    "holds sessions, was restarted meanwhile, and the session ended with it. Connect again." },
	[CODE_HELD_TOO_LONG] = { "held-too-long", KIND_ERROR, SEVERITY_ERROR, 1, EX_TEMPFAIL,
	    "connect again; --hold sets how long a session is held",
	    "The session could not be reconnected for as long as both ends hold it: --hold=SECONDS here, "
	    "a day unless it is given, and the limit of meshssh-serve on the host. Connect again; see "
	    "meshssh(1)." },
	[CODE_SESSION_LOST] = { "session-lost", KIND_ERROR, SEVERITY_ERROR, 1, EX_TEMPFAIL,
	    "connect again",
	    "The session was resumed, or was to be, but it no longer exists on the host: its sshd ended "
	    "it, for example because of ClientAliveInterval, or the program that held it was stopped. "
	    "Connect again. In the host's sshd_config, ClientAliveInterval must be 0 for sessions that "
	    "are held; meshssh-config serve writes that." },
	[CODE_NOT_RESUMABLE] = { "not-resumable", KIND_ERROR, SEVERITY_ERROR, 1, EX_TEMPFAIL,
	    "does another host have this address now?",
	    "Where the host held the session, another service answers. Another machine has its address "
	    "or name now, the host runs something else at this port, or a network login page answers for "
	    "all hosts. After two minutes of such answers, the session was given up. Connect again." },
	[CODE_OUTER_LOGIN] = { "outer-login", KIND_ERROR, SEVERITY_WARNING, 1, EX_NOPERM,
	    "it needs a key that asks nothing, as from ssh-agent",
	    "With --resume=ssh, a second ssh logs in to the same host, now and whenever the connection "
	    "breaks, and it cannot ask for a password, a passphrase, a touch or a new host key. It could "
	    "not log in, so this session goes on as one of plain ssh and ends with its connection. Load "
	    "the key with ssh-add, or use one that needs no touch; log in once without --resume=ssh "
	    "where the host's key is new." },
	[CODE_OUTER_FAILED] = { "outer-failed", KIND_ERROR, SEVERITY_WARNING, 1, EX_UNAVAILABLE,
	    "is meshssh-serve there, and may ssh forward to it?",
	    "With --resume=ssh, a second ssh forwards the connection to meshssh-serve on the host, and it "
	    "could not; the message has its own words. This session goes on as one of plain ssh and ends "
	    "with its connection. meshssh-serve must listen at the address and port that --resume=ssh "
	    "names, and sshd must allow forwarding: AllowTcpForwarding, PermitOpen, DisableForwarding." },
	[CODE_SERVE_SOURCE] = { "serve-source", KIND_ERROR, SEVERITY_ERROR, 1, EX_CONFIG,
	    "meshssh-config serve shows what it needs",
	    "meshssh-serve cannot connect to sshd as its options say, so it does not start. With "
	    "--source=client, so that sshd sees the clients' own addresses, it needs Linux, the "
	    "capability CAP_NET_RAW, and a rule and a route that bring sshd's answers back to it; "
	    "meshssh-config serve writes them. With --source=hash, it needs a system that has all of "
	    "127.0.0.0/8." },
	[CODE_INPUT] = { "input", KIND_ERROR, SEVERITY_ERROR, 1, EX_IOERR,
	    "is it a file that can be read?",
	    "What should be sent could not be read from standard input, so the session ended "
	    "early and what was sent is not whole." },
	[CODE_OUTPUT] = { "output", KIND_ERROR, SEVERITY_ERROR, 1, EX_IOERR,
	    "is the disk full, or the terminal gone?",
	    "What was to be written to standard output or a file could not be. The disk may be "
	    "full, a limit of the file's size or a quota reached, or the terminal closed." },
	[CODE_NO_DESCRIPTORS] = { "no-descriptors", KIND_ERROR, SEVERITY_ERROR, 100, EX_OSERR,
	    "raise ulimit -n, or close some sessions",
	    "The limit of open files is reached, for this process (ulimit -n) or for the whole "
	    "system. Raise it, or end sessions that are not needed." },
	[CODE_NO_MEMORY] = { "no-memory", KIND_ERROR, SEVERITY_ERROR, 100, EX_OSERR,
	    ERROR_HINT_NO_MEMORY,
	    "The system gave no more memory." },
	[CODE_PERMISSION] = { "permission", KIND_ERROR, SEVERITY_ERROR, 1, EX_NOPERM,
	    "who owns it, and does a policy or sandbox forbid it?",
	    "The system did not permit it; the message says what. A file or folder belongs to "
	    "another user or is mounted read-only, or a sandbox or security policy forbids it." },
	[CODE_SYSTEM] = { "system", KIND_ERROR, SEVERITY_ERROR, 1, EX_OSERR,
	    "the system said so; see meshssh-messages(7)",
	    "The system refused something that normally works; the message names it, and the "
	    "option --debug may show what led to it." },
	[CODE_MESH_ABSENT] = { "mesh-absent", KIND_FINDING, SEVERITY_ERROR, 85, 0, "",
	    "The host belongs to a mesh by its name or address, and no tailscaled, proxy or "
	    "interface of a mesh is on this machine. Install Tailscale, or say where its socket "
	    "or proxy is." },
	[CODE_MESH_WINDOWS_DOWN] = { "mesh-windows-down", KIND_FINDING, SEVERITY_ERROR, 90, 0, "",
	    "This is WSL, the host is reached through Tailscale on Windows, and that is not "
	    "connected. Run tailscale.exe up." },
	[CODE_MESH_KEY_EXPIRED] = { "mesh-key-expired",
	    KIND_BOTH, SEVERITY_ERROR, 91, EX_UNAVAILABLE,
	    "log in anew: tailscale up --force-reauth",
	    "The key of this machine for the mesh has expired, so it is out of the mesh. Log in "
	    "anew: tailscale up --force-reauth." },
	[CODE_MESH_TOO_OLD] = { "mesh-too-old", KIND_FINDING, SEVERITY_ERROR, 80, 0, "",
	    "tailscaled is older than 1.24, which was the first that connects for other "
	    "programs, and the kernel has no way into its mesh. Update it, or start it with a "
	    "SOCKS5 proxy." },
	[CODE_MESH_HEALTH] = { "mesh-health", KIND_FINDING, SEVERITY_NOTE, 40, 0, "",
	    "tailscaled itself says that something is wrong; its words are the evidence. It need "
	    "not be the cause of the trouble with this host." },
	[CODE_MESH_USERSPACE] = { "mesh-userspace", KIND_FINDING, SEVERITY_NOTE, 30, 0, "",
	    "tailscaled runs in userspace-networking mode, without an interface: programs that "
	    "know nothing of it, plain ssh among them, do not get into the mesh. meshssh does; "
	    "use it as ProxyCommand." },
	[CODE_MESH_ELSEWHERE] = { "mesh-elsewhere", KIND_FINDING, SEVERITY_NOTE, 30, 0, "",
	    "tailscaled has its interface in another network namespace, such as another "
	    "container's: plain ssh does not get into the mesh from here. meshssh does, through "
	    "tailscaled's socket." },
	[CODE_MESH_KEY_EXPIRES] = { "mesh-key-expires", KIND_FINDING, SEVERITY_NOTE, 20, 0, "",
	    "The key of this machine for the mesh expires within 14 days. Log in anew in time, "
	    "or disable key expiry for it in the admin console." },
	[CODE_MESH_NO_LOCALAPI] = { "mesh-no-localapi", KIND_FINDING, SEVERITY_NOTE, 20, 0, "",
	    "The mesh is reached through tailscaled's proxy, since its socket is not available "
	    "here. The proxy gives up after 5 seconds and does not say why; with the socket, "
	    "connections are more patient and failures are told apart." },
	[CODE_MESH_ENDED] = { "mesh-ended", KIND_ERROR, SEVERITY_ERROR, 1, EX_TEMPFAIL,
	    "connect again when it runs",
	    "tailscaled on this machine carried the session, and it stopped or was restarted, as "
	    "an update of it does. That ends every session that goes through it. Connect again; "
	    "where tailscaled has a TUN, sessions survive its restart." },
	[CODE_MESH_EXIT_NODE_OFF] = { "mesh-exit-node-off",
	    KIND_ERROR, SEVERITY_ERROR, 90, EX_UNAVAILABLE,
	    "wake it, or use none: tailscale set --exit-node=",
	    "All traffic of this machine to hosts outside of the mesh goes through the exit node "
	    "that was chosen, and that node is offline, so nothing outside of the mesh answers. "
	    "Start that node, choose another, or use none: tailscale set --exit-node=." },
	[CODE_PEER_EXPIRED] = { "peer-expired", KIND_BOTH, SEVERITY_ERROR, 84, EX_UNAVAILABLE,
	    "on the host: tailscale up --force-reauth",
	    "The host's key for the mesh has expired, and no peer gets to it before it has "
	    "logged in again. Do that on the host, by another way in, or have key expiry "
	    "disabled for it." },
	[CODE_PEER_OFFLINE] = { "peer-offline", KIND_BOTH, SEVERITY_ERROR, 74, EX_UNAVAILABLE,
	    "wake the host, or start tailscaled there",
	    "The control server has no connection to the host, and it does not answer: it is off "
	    "or asleep, or tailscaled does not run there." },
	[CODE_PEER_FAILED] = { "peer-failed", KIND_FINDING, SEVERITY_ERROR, 68, 0, "",
	    "tailscaled tried to connect to the peer and failed in a way that tells no more; its "
	    "words are the evidence." },
	[CODE_PEER_UNREACHABLE] = { "peer-unreachable",
	    KIND_BOTH, SEVERITY_ERROR, 72, EX_UNAVAILABLE,
	    "is it asleep, or this machine no longer in the mesh?",
	    "The control server has the host online, and the host does not answer tailscaled's "
	    "own ping, which no access rule and no firewall on the host keeps from being "
	    "answered. The host has just gone to sleep or lost its network, or this machine was "
	    "removed from the mesh. Ping another peer: tailscale ping NAME. If none answers, log "
	    "in anew: tailscale up --force-reauth." },
	[CODE_PEER_RELAYED] = { "peer-relayed", KIND_FINDING, SEVERITY_NOTE, 10, 0, "",
	    "No direct path between this machine and the host has been found, so a relay (DERP) "
	    "carries all packets. It works, and is slower. Mostly a NAT or firewall blocks UDP; "
	    "tailscale netcheck says more." },
	[CODE_PATH_JUMBO] = { "path-jumbo", KIND_FINDING, SEVERITY_ERROR, 96, 0, "",
	    "The interface takes packets larger than 1500 bytes, and the path does not; what is "
	    "too large vanishes without a word. Set the MTU of the interface to 1500." },
	[CODE_PMTU_BOTH] = { "pmtu-both", KIND_FINDING, SEVERITY_ERROR, 95, 0, "",
	    "Large packets vanish in both directions; see pmtu-forward and pmtu-reverse." },
	[CODE_DSCP_FORWARD] = { "dscp-forward", KIND_FINDING, SEVERITY_WARNING, 65, 0, "",
	    "Something on the way drops packets that carry certain marks (DSCP). ssh marks its "
	    "packets (IPQoS), meshssh does not. It is an error only if ssh, as it is configured "
	    "for this host, sets such a mark at once." },
	[CODE_DSCP_REMARKED] = { "dscp-remarked", KIND_FINDING, SEVERITY_ERROR, 94, 0, "",
	    "ssh connects with one mark, or none, and changes to another one after the login, "
	    "which is dropped on the way; the session hangs then. Set IPQoS none for the host." },
	[CODE_PATH_IPV6_SILENT] = { "path-ipv6-silent", KIND_FINDING, SEVERITY_WARNING, 60, 0, "",
	    "The host's IPv6 address comes first and does not answer, while the IPv4 address "
	    "does. Plain ssh waits for it for 2 minutes; mend IPv6, or set AddressFamily inet "
	    "for the host." },
	[CODE_PATH_ADDRESS_SILENT] = { "path-address-silent",
	    KIND_FINDING, SEVERITY_WARNING, 58, 0, "",
	    "The first address of the host does not answer, while a later one does. Take the old "
	    "address out of the DNS or /etc/hosts." },
	[CODE_PATH_ADDRESS_MUTE] = { "path-address-mute",
	    KIND_FINDING, SEVERITY_ERROR, 94, 0, "",
	    "An address of the host takes the connection and then says nothing, while another "
	    "one has a server. Plain ssh waits at the first one for good. Correct what is behind "
	    "that address, take it out of the DNS or /etc/hosts, or set AddressFamily or HostName "
	    "for the host; meshssh goes on to the other one after a second." },
	[CODE_PATH_NO_ZONE] = { "path-no-zone", KIND_FINDING, SEVERITY_WARNING, 60, 0, "",
	    "The address is link-local: it needs the interface of this machine behind it, as "
	    "ADDRESS%INTERFACE, or plain ssh says \"Invalid argument\". meshssh tries each "
	    "interface that is up." },
	[CODE_PATH_NAT64] = { "path-nat64", KIND_FINDING, SEVERITY_WARNING, 60, 0, "",
	    "This network has IPv6 alone, and the address is one of IPv4: plain ssh has no route "
	    "to it. The network translates (NAT64), and meshssh uses that. A name of the host "
	    "works with plain ssh, too, if the network's resolver is asked; so does the IPv6 "
	    "address that the doctor shows." },
	[CODE_ROUTE_CONFLICT] = { "route-conflict", KIND_FINDING, SEVERITY_ERROR, 92, 0, "",
	    "This machine is in the host's network itself, and the kernel sends the packets to "
	    "another interface: a subnet router of the mesh advertises that network and this "
	    "machine accepts its routes, or an exit node takes all traffic. Use tailscale set "
	    "--accept-routes=false, or --exit-node-allow-lan-access. meshssh connects by the right "
	    "interface after a second where the system lets a user choose (Linux, macOS); plain ssh "
	    "does not." },
	[CODE_PATH_CAPTIVE] = { "path-captive", KIND_FINDING, SEVERITY_ERROR, 94, 0, "",
	    "HTTP is spoken on the port, and it leads elsewhere: a portal wants a login before "
	    "it lets anything through. Open a web page in a browser." },
	[CODE_PROXY_NO_SERVER] = { "proxy-no-server", KIND_FINDING, SEVERITY_ERROR, 94, 0, "",
	    "A proxy says that it is connected to the host, and then nothing comes from there, "
	    "or it ends. Some proxies say so before they have connected: the host may be down, "
	    "or the port wrong. Look at the proxy's log, or take another way with --via." },
	[CODE_PROXY_OF_OTHERS] = { "proxy-of-others", KIND_FINDING, SEVERITY_NOTE, 15, 0, "",
	    "A program of another user listens where tailscaled's proxy often is, on "
	    "127.0.0.1:1055 or 1080. It is not used unasked: any user can listen there. If it "
	    "is the right one, name it: --via=socks5=127.0.0.1:1055." },
	[CODE_NETWORK_OVERLAP] = { "network-overlap", KIND_FINDING, SEVERITY_WARNING, 68, 0, "",
	    "The address lies in a network of containers or virtual machines on this machine, "
	    "such as Docker's 172.17.0.0/16, or in the one between WSL and Windows. So packets "
	    "for it never leave this machine. If a host elsewhere is meant, for example behind a "
	    "VPN, give the network here other addresses, or add a route for that one host." },
	[CODE_NOT_CONNECTED] = { "not-connected", KIND_FINDING, SEVERITY_ERROR, 1, 0, "",
	    "The host was not reached, and no other cause fits. meshssh --debug shows each step, "
	    "and the facts of meshssh --doctor --json are what is needed to look further." },
	[CODE_WAY_NOT_CHECKED] = { "way-not-checked", KIND_FINDING, SEVERITY_NOTE, 16, 0, "",
	    "ssh reaches the host through a jump host or another program's ProxyCommand, and "
	    "what lies behind was not checked: the doctor itself does not log in or ask a "
	    "person, and a direct connection would say nothing about it. Where a ProxyCommand led "
	    "to an SSH server, that is said. Run meshssh --doctor for the jump host, or on the machine "
	    "that connects to the host." },
	[CODE_WAY_FAILED] = { "way-failed", KIND_FINDING, SEVERITY_ERROR, 72, 0, "",
	    "The doctor ran the ProxyCommand of this host as ssh does, and it ended, or said "
	    "something else, before an SSH server identified itself, so ssh cannot connect. The "
	    "evidence is the last that the program said. Run the command by itself to see more." },
	[CODE_WAY_SILENT] = { "way-silent", KIND_FINDING, SEVERITY_ERROR, 70, 0, "",
	    "The doctor ran the ProxyCommand of this host as ssh does, and no SSH server "
	    "identified itself in time. The host or a proxy may be down, or the program waits for "
	    "something. If it only needs longer, run meshssh --doctor with a larger --timeout." },
	[CODE_NAME_SEARCHED] = { "name-searched", KIND_FINDING, SEVERITY_NOTE, 20, 0, "",
	    "The name was found only after a search domain of /etc/resolv.conf was appended to "
	    "it, so it may be another host than the one that is meant. It is a warning if the "
	    "name is a whole one of the mesh. Write the whole name, or set HostName." },
	[CODE_NAME_NO_MDNS] = { "name-no-mdns", KIND_FINDING, SEVERITY_ERROR, 82, 0, "",
	    "Names below .local are told by multicast DNS, and the hosts line of "
	    "/etc/nsswitch.conf does not ask it. Install libnss-mdns and avahi-daemon, or use "
	    "the host's name in the mesh." },
	[CODE_MAGICDNS_OFF] = { "magicdns-off", KIND_FINDING, SEVERITY_WARNING, 50, 0, "",
	    "The name is one of the mesh, a whole or a short one, and the system's resolver does "
	    "not ask MagicDNS, 100.100.100.100. meshssh asks tailscaled itself and gets there, "
	    "and nothing is said where ssh uses it for the host; other programs need tailscale "
	    "set --accept-dns=true, or MagicDNS turned on where the mesh is administered." },
	[CODE_HOSTS_STALE] = { "hosts-stale", KIND_FINDING, SEVERITY_WARNING, 84, 0, "",
	    "/etc/hosts has an address of the mesh for the host that is not the host's. It was "
	    "given to another host or to none. Remove the line or correct it." },
	[CODE_NAME_FAKE] = { "name-fake", KIND_FINDING, SEVERITY_ERROR, 86, 0, "",
	    "The address of the name is one of 198.18.0.0/15, which no host has. A proxy program "
	    "on this machine or its router makes such addresses up (fake-ip of Clash, sing-box, "
	    "Surge and others) and takes each connection to them for itself: it says that the "
	    "host is connected before that is so, and often does not know the mesh. Let it leave "
	    "this name, or the mesh's domain, and 100.64.0.0/10 alone." },
	[CODE_NAME_OUTSIDE_MESH] = { "name-outside-mesh", KIND_FINDING, SEVERITY_NOTE, 30, 0, "",
	    "The resolver's address for the name is not one that the host of this name has "
	    "in the mesh. That is in order if it is the same host by another network, and else "
	    "another host. To stay in the mesh write the whole name that tailscale status shows." },
	[CODE_PEER_SILENT] = { "peer-silent", KIND_BOTH, SEVERITY_ERROR, 68, EX_UNAVAILABLE,
	    "do the mesh's access rules, or its firewall, drop the port?",
	    "The peer is online, and does not answer on this port at all. Mostly the access "
	    "rules of the mesh (ACL) drop the connection, or a firewall on the host; if "
	    "tailscale ping is answered, the way itself is there." },
	[CODE_PEER_USERSPACE] = { "peer-userspace", KIND_FINDING, SEVERITY_NOTE, 50, 0, "",
	    "A peer that is online refuses the port. If its tailscaled runs in "
	    "userspace-networking mode, it hands connections to 127.0.0.1, and sshd must listen "
	    "there. Whether it does is not seen from here; on Windows and macOS it hardly ever "
	    "does." },
	[CODE_SERVER_MAXSTARTUPS] = { "server-maxstartups", KIND_FINDING, SEVERITY_ERROR, 93, 0, "",
	    "sshd turns logins away because too many have begun and not ended. Raise MaxStartups "
	    "on the host, or look for who causes them." },
	[CODE_SERVER_PENALTY] = { "server-penalty", KIND_FINDING, SEVERITY_ERROR, 93, 0, "",
	    "sshd does not let this address in for a while, after failed logins or connections "
	    "without one (PerSourcePenalties, OpenSSH 9.8 and later). The penalty ends by "
	    "itself, after 10 minutes at most. Newer versions of sshd use the same words where "
	    "too many logins have begun and not ended (MaxStartups); the host's log says "
	    "which." },
	[CODE_SERVER_TOO_OLD] = { "server-too-old", KIND_FINDING, SEVERITY_ERROR, 50, 0, "",
	    "The server offers no algorithm that this ssh takes, for the key exchange, its host "
	    "key, the cipher or the MAC. Update it; until then allow the old algorithm for this "
	    "host alone." },
	[CODE_CONFIG_ALGORITHMS] = { "config-algorithms", KIND_FINDING, SEVERITY_ERROR, 50, 0, "",
	    "Ciphers, MACs, KexAlgorithms or HostKeyAlgorithms in your ssh configuration leaves "
	    "out everything that the server offers. Without that line, ssh would connect. "
	    "Remove the line, or add one of the server's algorithms to its list." },
	[CODE_SERVER_MALFORMED] = { "server-malformed", KIND_FINDING, SEVERITY_ERROR, 50, 0, "",
	    "The server's first message of the key exchange, its list of algorithms, is not "
	    "well-formed. ssh(1) ends with a message of its own. Update the server, or check "
	    "what stands between: a proxy or firewall may change it." },
	[CODE_SERVER_LIMITS] = { "server-limits", KIND_FINDING, SEVERITY_WARNING, 50, 0, "",
	    "The host took some connections and then no more, so the tests could not be "
	    "finished. Mostly its firewall limits how often one address may connect: ufw limit "
	    "allows 5 connections in 30 seconds. It may also be that the path to the host, or "
	    "the host, has just failed. Wait 30 seconds and look again." },
	[CODE_UNFINISHED] = { "unfinished", KIND_FINDING, SEVERITY_WARNING, 8, 0, "",
	    "The host was reached, and a test of the path or of the server has no result: "
	    "packets were lost, the server did not take part, or a connection failed. So what "
	    "was not tested may be broken. The evidence names the tests. Run the command "
	    "again." },
	[CODE_NFS_CLOSED] = { "nfs-closed", KIND_FINDING, SEVERITY_ERROR, 93, 0, "",
	    "The port of NFS (2049) is refused, or silent. Start the NFS server on the host, and "
	    "let the port through its firewall and the mesh's rules." },
	[CODE_SERVER_WINDOWS] = { "server-windows", KIND_FINDING, SEVERITY_NOTE, 10, 0, "",
	    "The server is OpenSSH for Windows: the keys of administrators stand in "
	    "C:\\ProgramData\\ssh\\administrators_authorized_keys, which administrators and "
	    "SYSTEM alone may change." },
	[CODE_SERVER_TAILSCALE_SSH] = { "server-tailscale-ssh",
	    KIND_FINDING, SEVERITY_NOTE, 10, 0, "",
	    "Tailscale SSH answers instead of the host's sshd. The rules of the mesh say "
	    "who may log in; in check mode a browser has to confirm it." },
};

const struct code_row *
code_row(enum code code)
{
	return (code < CODE_LOCAL ? &rows[code] : &catalogue_local[code - CODE_LOCAL]);
}

enum code
code_by_name(const char *name)
{
	int	code;

	for (code = CODE_NONE; code < CODE_COUNT; code++)
		if (strcmp(code_row((enum code)code)->name, name) == 0)
			return ((enum code)code);
	return (CODE_NONE);
}
