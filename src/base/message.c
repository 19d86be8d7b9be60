/* SPDX-License-Identifier: ISC */
/* The catalogue of messages. */

#include <sysexits.h>

#include "base/error.h"

/* The texts stand in the table itself: pointers to them would be a page that each relay has of its own. */
static const struct code_row rows[CODE_COUNT] = {
	[CODE_NONE] = {
		.name = "none", .status = EX_OK,
		.hint = "nothing to do",
		.cure = "Nothing failed."
	},
	[CODE_USAGE] = {
		.name = "usage", .status = EX_USAGE,
		.hint = "see --help",
		.cure = "The call was not understood. --help lists the options; with meshssh, everything that is not one of "
		    "them belongs to ssh."
	},
	[CODE_BAD_HOST] = {
		.name = "bad-host", .status = EX_USAGE,
		.hint = "a host is one word of letters, digits and ._:%-",
		.cure = "A host is one word of letters, digits, dot, underscore, colon, percent and hyphen, does not begin "
		    "with a hyphen and has at most 255 bytes. IPv6 addresses stand without brackets."
	},
	[CODE_BAD_PORT] = {
		.name = "bad-port", .status = EX_USAGE,
		.hint = "a port is a number from 1 to 65535",
		.cure = "With two operands, the second one a number, meshssh relays to that port. To run a command whose "
		    "name begins with a digit on a host, write meshssh HOST -- COMMAND."
	},
	[CODE_BAD_PATH] = {
		.name = "bad-path", .status = EX_USAGE,
		.hint = "a path begins with / and has no control characters",
		.cure = "Paths in fstab are absolute. They may have blanks and any letters, but no line breaks or other "
		    "control characters; where something is mounted, they are not / and have no parts . and .. either."
	},
	[CODE_BAD_KEY] = {
		.name = "bad-key", .status = EX_DATAERR,
		.hint = "name a file of public keys, such as ~/.ssh/id_ed25519.pub",
		.cure = "A file of public keys has a line for each: the type, the key in base64, and a comment if you like, "
		    "as ssh-keygen writes it to the file whose name ends in .pub. Options before a key are not taken over, "
		    "so they are refused. The private key, in the file without .pub, never leaves your machine."
	},
	[CODE_NOT_WSL] = {
		.name = "not-wsl", .status = EX_UNAVAILABLE,
		.hint = "run it within WSL, or give --generic",
		.cure = "meshssh-config wsl looks at the WSL that it runs in: its network, its MTU, the servers in it. Run it "
		    "there, outside of containers; --generic prints what suits any WSL 2, whatever this machine is."
	},
	[CODE_NO_STDIO] = {
		.name = "no-stdio", .status = EX_USAGE,
		.hint = "use it as ssh's ProxyCommand",
		.cure = "The relay reads from standard input and writes to standard output, and one of them was closed when "
		    "it started. ssh opens both for a ProxyCommand."
	},
	[CODE_FDPASS_NO_SOCKET] = {
		.name = "fdpass-no-socket", .status = EX_USAGE,
		.hint = "say ProxyUseFdpass yes, or leave out --fdpass",
		.cure = "With --fdpass the connection is handed to ssh over a unix socket on standard output. ssh gives one "
		    "only if its configuration says ProxyUseFdpass yes for this host (and then IPQoS none should stand "
		    "there too)."
	},
	[CODE_UNQUOTABLE_PATH] = {
		.name = "odd-path", .status = EX_CONFIG,
		.hint = "install it where the path has no quotes or $",
		.cure = "ssh runs a ProxyCommand through the user's shell. The path of this program has a character that "
		    "shells do not agree on how to quote, so it cannot be named there safely. Install it under a plain path."
	},
	[CODE_NO_SSH] = {
		.name = "no-ssh", .status = EX_OSFILE,
		.hint = "install the OpenSSH client",
		.cure = "No ssh was found in PATH, nor at /usr/bin/ssh. Install the OpenSSH client."
	},
	[CODE_NO_PROGRAM] = {
		.name = "no-program", .status = EX_OSFILE,
		.hint = "install meshssh again, whole",
		.cure = "meshssh --doctor, --scan and --replay run the program meshssh-doctor, which was installed with meshssh: "
		    "beside it, or in libexecdir. It is missing or cannot be run. Install meshssh again, or copy meshssh-doctor "
		    "to the folder that meshssh is in."
	},
	[CODE_BAD_RECORD] = {
		.name = "bad-record", .status = EX_DATAERR,
		.hint = "remove the file",
		.cure = "The failure record is no record that meshssh wrote. The next failure replaces it; it may be removed."
	},
	[CODE_CONFIG_READ] = {
		.name = "config-read", .status = EX_NOINPUT,
		.hint = "nothing was changed",
		.cure = "A file of ssh's configuration is there and cannot be read: it is not this user's, or no regular "
		    "file, or a link that leads nowhere, or has more than 16 megabytes. Files of root's and of the system "
		    "need sudo. Nothing was changed."
	},
	[CODE_CONFIG_WRITE] = {
		.name = "config-write", .status = EX_CANTCREAT,
		.hint = "nothing was changed",
		.cure = "The folder of the configuration does not take a new file with the owner, access control list and "
		    "attributes of the old one: the disk is full or read-only, or the folder is another user's. Files of root's "
		    "and of the system need sudo. The configuration is as it was; --dry-run shows what would change."
	},
	[CODE_CONFIG_BROKEN] = {
		.name = "config-broken", .status = EX_CONFIG,
		.hint = "correct that first; nothing was changed",
		.cure = "ssh refuses its configuration as it is, before anything of meshssh's is added; the message has ssh's "
		    "own words, with file and line. Correct that line: ssh -G HOST tells whether ssh takes it. A file "
		    "that begins with a byte order mark (\\357\\273\\277) was saved as \"UTF-8 with BOM\": save it "
		    "without. Then install again."
	},
	[CODE_CONFIG_REFUSED] = {
		.name = "config-refused", .status = EX_CONFIG,
		.hint = "nothing was changed; please report this",
		.cure = "ssh takes the configuration as it is, and refuses it with what meshssh-config would write; the "
		    "message has ssh's own words. So nothing was written. Please report it, with the output of --dry-run "
		    "and of ssh -V."
	},
	[CODE_CONFIG_FOREIGN] = {
		.name = "config-foreign", .status = EX_CONFIG,
		.hint = "rename that file",
		.cure = "The name that meshssh-config's own file has is taken by a file that it did not write, or whose first "
		    "lines were changed. It is left as it is. Rename it, and its Include with it, and install again."
	},
	[CODE_CONFIG_STORE] = {
		.name = "config-store", .status = EX_CONFIG,
		.hint = "rebuild, then install again",
		.cure = "home-manager, NixOS or nix-darwin makes this file, and it cannot be written. Let the module include "
		    "meshssh-config's file: programs.ssh.includes = [ \"...\" ]; with home-manager, "
		    "programs.ssh.extraConfig = \"Include /etc/ssh/meshssh.conf\"; with NixOS. Rebuild. From then on "
		    "install writes the blocks alone, and needs no other line."
	},
	[CODE_CONFIG_MOVED] = {
		.name = "config-moved", .status = EX_TEMPFAIL,
		.hint = "run the command again",
		.cure = "While ssh was asked about the new configuration, another program wrote to the file, most likely an "
		    "editor. What it wrote is left as it is. Run the command again to start from there."
	},
	[MSG_CONFIG_PARTLY] = {
		.name = "config-partly", .status = EX_IOERR,
		.hint = "run the command again to finish",
		.cure = "Each file is whole, old or new. Remove the cause that the message names, and run the same command again."
	},
	[MSG_CONFIG_PROGRAM] = {
		.name = "config-program", .status = EX_CONFIG,
		.hint = "use \"make install\", or --program=PATH",
		.cure = "root's ssh will run this program: it, and each folder and link on the way to it, must be root's and not "
		    "writable by group or others, sticky or not. Use make install, or name another one by --program=PATH."
	},
	[CODE_LOCAL_BUILDER] = {
		.name = "local-builder", .status = EX_USAGE,
		.hint = "give it a name of its own in ~/.ssh/config",
		.cure = "For a builder called localhost Nix runs no ssh, but builds on this machine itself. Give what listens "
		    "here a name of its own in ~/.ssh/config: Host vm, HostName 127.0.0.1, Port N; then meshssh-config nix vm. "
		    "For nix-darwin's own Linux builder: meshssh-config nix --linux-builder."
	},
	[CODE_NO_HOST_KEY] = {
		.name = "no-host-key", .status = EX_UNAVAILABLE,
		.hint = "name it: --host-key=ssh_host_ed25519_key.pub",
		.cure = "nix-daemon has no terminal to ask whether a host key is right, so the key must stand in the list of "
		    "builders, and the builder did not show it. meshssh --why may say more. Or fetch /etc/ssh/"
		    "ssh_host_ed25519_key.pub from the builder by another way and name it with --host-key=FILE."
	},
	[MSG_HOST_KEY_DIFFERS] = {
		.name = "host-key-differs", .status = EX_NOPERM,
		.hint = "get its key by another way: --host-key=FILE",
		.cure = "A known_hosts file has the host, and the key that it showed is not among those there, or is revoked, or the "
		    "file has only the key of an authority. Another machine may have answered, or the host was installed "
		    "anew. Ask whoever runs it for /etc/ssh/ssh_host_ed25519_key.pub and name it with --host-key=FILE. If "
		    "the line is out of date, ssh-keygen -R HOST -f FILE removes it. A revoked key is never accepted."
	},
	[CODE_MANAGED_FILE] = {
		.name = "managed-file", .status = EX_CONFIG,
		.hint = "use --nixos or --darwin",
		.cure = "The file is a link, as NixOS, nix-darwin and home-manager make them; what is written there is gone "
		    "with the next rebuild. meshssh-config nix --nixos or --darwin prints a module for the configuration that "
		    "makes the file; without --install the text is printed."
	},
	[CODE_NO_NIX] = {
		.name = "no-nix", .status = EX_OSFILE,
		.hint = "install Nix, or put it into PATH",
		.cure = "No nix was found in PATH, nor in the profiles where its installers put it. On the builder itself, or "
		    "where Nix runs in a container, call this there."
	},
	[CODE_NAME_UNKNOWN] = {
		.name = "no-such-name", .status = EX_NOHOST,
		.hint = "check the spelling, and that the mesh's DNS is on",
		.cure = "The resolver says that there is no address for this name. Check the spelling and HostName in "
		    "ssh_config. For a name of the mesh check that MagicDNS is on and that this machine uses it; the "
		    "address of the host works without it."
	},
	[CODE_NAME_LOOKUP] = {
		.name = "name-lookup", .status = EX_NOHOST,
		.hint = "check the resolver, or use the address",
		.cure = "The resolver could not answer. Check /etc/resolv.conf, the network and the mesh's DNS; the address "
		    "of the host works without a resolver."
	},
	[CODE_NAME_TIMEOUT] = {
		.name = "name-timeout", .status = EX_NOHOST,
		.hint = "check the resolver, or use the address",
		.cure = "The resolver did not answer in time. A name server in /etc/resolv.conf that nobody runs any more "
		    "is the usual cause; the address of the host works without a resolver."
	},
	[CODE_REFUSED] = {
		.name = "refused", .status = EX_UNAVAILABLE,
		.hint = "is sshd running there, on this port?",
		.cure = "The host is there and says that nothing listens on this port. Start sshd there, or correct the "
		    "port. If tailscaled on the host runs in userspace-networking mode, sshd must listen on loopback."
	},
	[CODE_NO_ROUTE] = {
		.name = "unreachable", .status = EX_UNAVAILABLE,
		.hint = "is the network, or the mesh, up on this machine?",
		.cure = "This machine or a router has no route to the host. Check that the network and the mesh are up here, "
		    "and that the mesh's addresses are routed (ip route get ADDRESS)."
	},
	[CODE_NO_ANSWER] = {
		.name = "no-answer", .status = EX_UNAVAILABLE,
		.hint = "is the host up, and does a firewall drop the port?",
		.cure = "The connection attempt was not answered at all. The host is down or asleep, a firewall or the mesh's "
		    "access rules drop the port, or packets go to a network where the host is not. If tailscaled on this "
		    "machine runs in userspace-networking mode, the kernel has no route into the mesh."
	},
	[CODE_BLOCKED] = {
		.name = "blocked", .status = EX_UNAVAILABLE,
		.hint = "a firewall or policy on this machine forbids it",
		.cure = "This machine itself did not permit the connection: a local firewall rule, a sandbox or a security "
		    "policy. Look there first; the other side never saw a packet."
	},
	[CODE_MESH_DOWN] = {
		.name = "mesh-down", .status = EX_UNAVAILABLE,
		.hint = "start tailscaled, then tailscale up",
		.cure = "The host belongs to the mesh, and tailscaled on this machine does not run, or runs and is not "
		    "connected. Start it (systemctl start tailscaled) and log in (tailscale up; tailscale status says what it "
		    "waits for). Where its socket is in an unusual place, name it with --tailscaled=SOCKET or TS_SOCKET."
	},
	[CODE_MESH_HUNG] = {
		.name = "mesh-hung", .status = EX_UNAVAILABLE,
		.hint = "restart tailscaled",
		.cure = "tailscaled on this machine takes connections and does not answer. It is stopped, overloaded or "
		    "locked up; restart it (systemctl restart tailscaled)."
	},
	[MSG_MESH_CLOSED] = {
		.name = "mesh-closed", .status = EX_UNAVAILABLE,
		.hint = "ask root for access to it, or try --via=socks5",
		.cure = "tailscaled runs here, but this user may not open its socket: its folder is closed to others, or a sandbox or "
		    "security policy forbids it. Ask root to open the folder, or use tailscaled's proxy if it has one."
	},
	[MSG_MESH_STATUS] = {
		.name = "mesh-status", .status = EX_UNAVAILABLE,
		.hint = "name the hosts yourself, or update tailscaled",
		.cure = "tailscaled was asked for the peers of the mesh, and its answer is of no use: it is too large, cut off or not a "
		    "status, or something else listens on its socket. Name the hosts; tailscale status shows what it knows."
	},
	[CODE_PEER_UNKNOWN] = {
		.name = "not-in-mesh", .status = EX_NOHOST,
		.hint = "check the name, and tailscale status",
		.cure = "The name or address looks like one of the mesh, but tailscaled knows no peer that has it: it is "
		    "misspelt, was removed, or is not shared with this machine. tailscale status lists the peers. It was not "
		    "tried outside the mesh, where something else may have it."
	},
	[CODE_MESH_UNEXPECTED] = {
		.name = "tailscaled", .status = EX_UNAVAILABLE,
		.hint = "try --via=socks5 or --via=http, or update tailscaled",
		.cure = "tailscaled on this machine does not make connections for others on its socket: it is older than "
		    "1.24, was built without that, or what listens there is something else. If it has a proxy "
		    "(--socks5-server, --outbound-http-proxy-listen), that works too."
	},
	[CODE_NO_PROXY] = {
		.name = "no-proxy", .status = EX_UNAVAILABLE,
		.hint = "name it: --via=socks5=HOST:PORT or --via=http=HOST:PORT",
		.cure = "A proxy was asked for, and none is known: not in ALL_PROXY, TS_SOCKS5_SERVER or "
		    "TS_OUTBOUND_HTTP_PROXY_LISTEN, not on tailscaled's command line, not in its defaults file. Name its "
		    "address, or start tailscaled with --socks5-server=localhost:1055."
	},
	[CODE_PROXY_DOWN] = {
		.name = "proxy-down", .status = EX_UNAVAILABLE,
		.hint = "is the proxy running, at this address?",
		.cure = "The proxy itself could not be reached. Check that it runs and that its address is right."
	},
	[CODE_PROXY_SILENT] = {
		.name = "proxy-silent", .status = EX_UNAVAILABLE,
		.hint = "is the host up? is this a proxy?",
		.cure = "The proxy took the connection and gave no answer in time. Most often it waits in vain for the host, "
		    "which is down or asleep; else what listens there is no proxy, or hangs. --timeout=SECONDS waits longer."
	},
	[CODE_PROXY_CLOSED] = {
		.name = "proxy-closed", .status = EX_UNAVAILABLE,
		.hint = "see the proxy's log",
		.cure = "The proxy ended the connection before it had answered. Its log should say why; it may also be "
		    "something else than a proxy, or of the other kind (SOCKS5, HTTP)."
	},
	[CODE_PROXY_FAILED] = {
		.name = "proxy-failed", .status = EX_UNAVAILABLE,
		.hint = "is the host up, and reachable from there?",
		.cure = "The proxy, or tailscaled, could not connect to the host, and does not say exactly why: the host is down, "
		    "has another name, or a firewall is between the two. tailscaled's SOCKS5 proxy gives this answer for every "
		    "failure."
	},
	[CODE_PROXY_REFUSED] = {
		.name = "proxy-refused", .status = EX_NOPERM,
		.hint = "the proxy's rules forbid this host or port",
		.cure = "The proxy answered that it will not connect to this host or port. Its rules say so (many HTTP "
		    "proxies allow CONNECT to port 443 only); ask who runs it, or use another route."
	},
	[CODE_PROXY_AUTH] = {
		.name = "proxy-auth", .status = EX_NOPERM,
		.hint = "check MESHSSH_PROXY_AUTH or ~/.config/meshssh/proxy-auth",
		.cure = "The proxy wants a user name and a password, or did not accept those it got. They are taken from "
		    "MESHSSH_PROXY_AUTH (USER:PASSWORD), or from ~/.config/meshssh/proxy-auth, which has lines HOST:PORT "
		    "USER:PASSWORD, must be yours, and may be readable by you alone (chmod 600)."
	},
	[CODE_NOT_A_PROXY] = {
		.name = "not-a-proxy", .status = EX_PROTOCOL,
		.hint = "check the address, and the kind: socks5 or http",
		.cure = "What listens at the proxy's address does not speak the protocol: the address or the kind (SOCKS5, "
		    "HTTP) is wrong."
	},
	[CODE_SERVER_CLOSED] = {
		.name = "server-closed", .status = EX_UNAVAILABLE,
		.hint = "too many logins at once, or this address is not let in",
		.cure = "The server took the connection and closed it before it said anything. sshd does so when MaxStartups "
		    "is reached or PerSourcePenalties hold this address back; so do TCP wrappers and forwarders whose "
		    "target is down. Wait a minute, then look at the server's log."
	},
	[CODE_SERVER_SILENT] = {
		.name = "server-silent", .status = EX_UNAVAILABLE,
		.hint = "is an SSH server behind this port?",
		.cure = "The connection was made, but the server did not identify itself in time. Either no SSH server is "
		    "behind this port, or a forwarder took the connection while its target is down, or the server is "
		    "overloaded; --timeout=SECONDS waits longer."
	},
	[CODE_NOT_SSH] = {
		.name = "not-ssh", .status = EX_PROTOCOL,
		.hint = "this is no SSH server; check the port",
		.cure = "Something else than an SSH server answers on this port. Check the port, and that no web proxy or "
		    "captive portal stands in between."
	},
	[CODE_RESET] = {
		.name = "reset", .status = EX_TEMPFAIL,
		.hint = "the server or a firewall in between ended it",
		.cure = "The connection was reset while it was in use: the server was killed or rebooted, or a firewall or NAT "
		    "in between forgot the connection. ServerAliveInterval in ssh_config keeps NATs from forgetting."
	},
	[CODE_DEAD_PATH] = {
		.name = "dead-path", .status = EX_TEMPFAIL,
		.hint = "the network changed, or the host went down",
		.cure = "The other side stopped answering, or stopped taking what was sent: it went down or to sleep, "
		    "or the network between changed. Connect again; --dead-after=SECONDS says how long that is borne."
	},
	[CODE_PMTU_FORWARD] = {
		.name = "hole-there", .status = EX_TEMPFAIL,
		.hint = "connect again, or with --mss=536",
		.cure = "A link on the way to the host is smaller than both ends believe (a tunnel in a tunnel, a VPN, PPPoE), and "
		    "the ICMP message that should say so does not arrive. The next connection begins with smaller packets, unless "
		    "--no-cache is given. To mend it, set the MTU of the tunnel's interface to what really passes, or "
		    "net.ipv4.tcp_mtu_probing=1 on this machine."
	},
	[CODE_PMTU_REVERSE] = {
		.name = "hole-back", .status = EX_TEMPFAIL,
		.hint = "connect again, or with --mss=536",
		.cure = "A link on the way back from the host is smaller than both ends believe (a tunnel in a tunnel, a VPN, PPPoE), "
		    "and the ICMP message that should say so does not reach the host. The next connection asks for smaller packets, "
		    "unless --no-cache is given. To mend it, set the MTU of the tunnel's interface to what really passes, or "
		    "net.ipv4.tcp_mtu_probing=1 on the host."
	},
	[CODE_DSCP_REVERSE] = {
		.name = "marks-lost", .status = EX_TEMPFAIL,
		.hint = "each time? then set IPQoS none in the server's sshd_config",
		.cure = "The login worked, and since the session began not even acknowledgements come back. From that moment on sshd "
		    "marks its packets (DSCP), and something on the way back drops what is marked: set IPQoS none in the server's "
		    "sshd_config. If it happens once and never again, the path had died at this very moment."
	},
	[CODE_ADDRESS_GONE] = {
		.name = "address-gone", .status = EX_TEMPFAIL,
		.hint = "the network here changed; connect again",
		.cure = "The address that the connection was made from is no longer this machine's: another network was joined, a VPN "
		    "or the mesh went down, or the address ran out. Nothing can reach the session any more. Connect again; what must "
		    "go on meanwhile belongs into tmux or screen on the host."
	},
	[CODE_SERVER_CHANGED] = {
		.name = "server-changed", .status = EX_PROTOCOL,
		.hint = "do several servers share this address? try again",
		.cure = "The path lost large packets, so a second connection with smaller ones was made; but there another server "
		    "answered, or the same after an update, and what ssh has seen of the first does not fit. Connect again. Where "
		    "a load balancer spreads logins over different servers, --mss=536 avoids the second connection."
	},
	[CODE_INPUT] = {
		.name = "input", .status = EX_IOERR,
		.hint = "is it a file that can be read?",
		.cure = "What should be sent could not be read from standard input, so the session ended early and what was "
		    "sent is not whole."
	},
	[CODE_OUTPUT] = {
		.name = "output", .status = EX_IOERR,
		.hint = "is the disk full, or the terminal gone?",
		.cure = "What was to be written to standard output or a file could not be. The disk may be full, a limit of the "
		    "file's size or a quota reached, or the terminal closed."
	},
	[CODE_NO_DESCRIPTORS] = {
		.name = "no-descriptors", .status = EX_OSERR,
		.hint = "raise ulimit -n, or close some sessions",
		.cure = "The limit of open files is reached, for this process (ulimit -n) or for the whole system. Raise it, "
		    "or end sessions that are not needed."
	},
	[CODE_NO_MEMORY] = {
		.name = "no-memory", .status = EX_OSERR,
		.hint = "end some programs",
		.cure = "The system gave no more memory."
	},
	[MSG_PERMISSION] = {
		.name = "permission", .status = EX_NOPERM,
		.hint = "who owns it, and does a policy or sandbox forbid it?",
		.cure = "The system did not permit it; the message says what. A file or folder belongs to another user or is mounted "
		    "read-only, or a sandbox or security policy forbids it."
	},
	[CODE_SYSTEM] = {
		.name = "system", .status = EX_OSERR,
		.hint = "the system said so; see meshssh-messages(7)",
		.cure = "The system refused something that normally works; the message names it, and the option --debug may show "
		    "what led to it."
	},
};

const struct code_row *
code_row(enum code code)
{
	return (&rows[code]);
}
