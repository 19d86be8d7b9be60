/* SPDX-License-Identifier: ISC */
/* The table of facts, and the check of a document against it. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts/schema.h"

const struct fact_row	fact_rows[] = {
	{ "system.os", FACT_TEXT, "", "detect-system",
	    "Name of the kernel in lower case: \"linux\", \"darwin\", \"freebsd\"." },
	{ "system.release", FACT_TEXT, "", "detect-system",
	    "Its release." },
	{ "system.distribution", FACT_TEXT, "", "detect-system",
	    "ID in /etc/os-release: \"debian\", \"nixos\"." },
	{ "system.wsl", FACT_NUMBER, "", "detect-system",
	    "0 not WSL, 1 WSL 1, 2 WSL 2 (containers within WSL count)." },
	{ "system.wsl_mode", FACT_TEXT, "", "detect-system",
	    "WSL 2's network: nat, mirrored, bridged, consomme, virtioproxy, none; not in containers." },
	{ "system.wsl_mode_source", FACT_TEXT, "", "detect-system",
	    "Who says so: \"wslinfo\", or \"interfaces\" (guessed from what interfaces and routes there are)." },
	{ "system.wsl_mode_wanted", FACT_TEXT, "", "detect-system",
	    "networkingMode in [wsl2] of the .wslconfig files in /mnt/c/Users; absent if they do not agree." },
	{ "system.wsl_boot.systemd", FACT_TRUTH, "", "detect-system",
	    "systemd=true in [boot] of /etc/wsl.conf." },
	{ "system.wsl_boot.command", FACT_TRUTH, "", "detect-system",
	    "There is a command in [boot] of /etc/wsl.conf; it is not told." },
	{ "system.wsl_boot.interface", FACT_TEXT, "", "detect-system",
	    "The interface whose MTU that command sets." },
	{ "system.wsl_boot.mtu", FACT_NUMBER, "bytes", "detect-system",
	    "That MTU." },
	{ "system.container", FACT_TEXT, "", "detect-system",
	    "Docker, podman, lxc and so on." },
	{ "system.tun", FACT_TRUTH, "", "detect-system",
	    "/dev/net/tun can be opened (Linux; absent if only root could tell)." },
	{ "system.root", FACT_TRUTH, "", "detect-system",
	    "The doctor runs as root." },
	{ "system.systemd", FACT_TRUTH, "", "detect-system",
	    "Systemd runs here." },
	{ "net.interfaces", FACT_OBJECTS, "", "detect-net",
	    "At most 256 of {name, mtu, up, tunnel, addresses}; tunnel: point to point and not loopback." },
	{ "net.interfaces.[].name", FACT_TEXT, "", "detect-net",
	    "Name of the interface." },
	{ "net.interfaces.[].mtu", FACT_NUMBER, "bytes", "detect-net",
	    "Its MTU." },
	{ "net.interfaces.[].up", FACT_TRUTH, "", "detect-net",
	    "It is up." },
	{ "net.interfaces.[].tunnel", FACT_TRUTH, "", "detect-net",
	    "It is point to point and not loopback." },
	{ "net.interfaces.[].addresses", FACT_TEXTS, "", "detect-net",
	    "Its addresses." },
	{ "net.gateway.interface", FACT_TEXT, "", "detect-net",
	    "Interface of the default route with the least metric, of IPv4 if there is one, else of IPv6 (Linux)." },
	{ "net.gateway.address", FACT_TEXT, "", "detect-net",
	    "The router; absent if the interface leads there without one." },
	{ "net.gateway.mtu", FACT_NUMBER, "bytes", "detect-net",
	    "MTU of that interface, bytes." },
	{ "net.gateway6.interface", FACT_TEXT, "", "detect-net",
	    "The interface of IPv6's default route." },
	{ "net.gateway6.address", FACT_TEXT, "", "detect-net",
	    "The router of IPv6's default route; absent if the interface leads there without one." },
	{ "net.eth0_mtu", FACT_NUMBER, "bytes", "detect-net",
	    "MTU of eth0, bytes (WSL)." },
	{ "net.tcp_mtu_probing", FACT_NUMBER, "", "detect-net",
	    "net.ipv4.tcp_mtu_probing: 0, 1 or 2 (Linux)." },
	{ "net.own_tailnet", FACT_TRUTH, "", "detect-net",
	    "An interface here has an address of 100.64.0.0/10 or fd7a:115c:a1e0::/48." },
	{ "names.host", FACT_TEXT, "", "detect-names",
	    "The host as it was written, if it is a name." },
	{ "names.nameservers", FACT_TEXTS, "", "detect-names",
	    "Name servers in /etc/resolv.conf, at most 16 (not on macOS)." },
	{ "names.search", FACT_TEXTS, "", "detect-names",
	    "Search domains there." },
	{ "names.hosts_entry", FACT_TEXT, "", "detect-names",
	    "The first address that /etc/hosts has for names.host." },
	{ "names.hosts_entries", FACT_TEXTS, "", "detect-names",
	    "All addresses that it has for it, at most 16." },
	{ "names.mdns", FACT_TRUTH, "", "detect-names",
	    "The hosts line of /etc/nsswitch.conf asks multicast DNS; absent if systemd-resolved may ask it." },
	{ "names.magicdns_resolver", FACT_TRUTH, "", "detect-names",
	    "100.100.100.100 or fd7a:115c:a1e0::53 is asked, also by systemd-resolved; absent where another forwarder hides it." },
	{ "sshd.installed", FACT_TRUTH, "", "detect-sshd",
	    "There is an sshd in the usual places (the sshd keys: only if no host is given)." },
	{ "sshd.enabled", FACT_TRUTH, "", "detect-sshd",
	    "Systemd starts sshd, or its socket, at boot." },
	{ "sshd.running", FACT_TRUTH, "", "detect-sshd",
	    "Something listens on a port of sshd's; absent if the ports cannot be known." },
	{ "sshd.listens", FACT_TEXTS, "", "detect-sshd",
	    "Where, \"ADDRESS:PORT\", at most 16." },
	{ "sshd.only_loopback", FACT_TRUTH, "", "detect-sshd",
	    "On loopback and nowhere else." },
	{ "sshd.not_loopback", FACT_TRUTH, "", "detect-sshd",
	    "Not on loopback, neither by name nor by listening everywhere." },
	{ "sshd.host_key_modes_ok", FACT_TRUTH, "", "detect-sshd",
	    "Sshd takes its host keys, /etc/ssh/ssh_host_*_key." },
	{ "sshd.host_key_open", FACT_TEXT, "", "detect-sshd",
	    "The first one that it does not take." },
	{ "sshd.authorized_keys_mode_ok", FACT_TRUTH, "", "detect-sshd",
	    "This user's ~/.ssh/authorized_keys passes StrictModes; absent if there is none, or sshd looks elsewhere." },
	{ "sshd.authorized_keys_open", FACT_TEXT, "", "detect-sshd",
	    "What does not pass: \"~\", \"~/.ssh\" or \"~/.ssh/authorized_keys\"." },
	{ "sshd.firewall_missing_interface", FACT_TEXT, "", "detect-sshd",
	    "A mesh's interface (tailscale0, wg0) that an active nftables, ufw or firewalld names and that is not there." },
	{ "sshd.firewall_file", FACT_TEXT, "", "detect-sshd",
	    "The file that names it." },
	{ "sshd.windows_portproxy.address", FACT_TEXT, "", "detect-sshd",
	    "Where Windows passes a port on to: an address of WSL's NAT (WSL 2, mode nat)." },
	{ "sshd.windows_portproxy.port", FACT_TEXT, "", "detect-sshd",
	    "The port there, one of sshd's." },
	{ "sshd.windows_portproxy.listen_address", FACT_TEXT, "", "detect-sshd",
	    "Where Windows listens." },
	{ "sshd.windows_portproxy.listen_port", FACT_TEXT, "", "detect-sshd",
	    "And on which port." },
	{ "sshd.windows_portproxy.matches", FACT_TRUTH, "", "detect-sshd",
	    "An interface here has that address." },
	{ "sshd.windows_admin_keys", FACT_TRUTH, "", "detect-sshd",
	    "administrators_authorized_keys is there (WSL, if the sshd_config of Windows wants it)." },
	{ "tailscale.state", FACT_TEXT, "", "detect-tailscale",
	    "\"none\" no socket, \"dead\" nobody listens, \"permission-denied\" not for this user, \"hung\" no answer, \"unexpected\" another answer, \"down\" not connected, \"up\"." },
	{ "tailscale.installed", FACT_TRUTH, "", "detect-tailscale",
	    "A program tailscaled, or Tailscale's application for macOS, is on this machine; only if the state is \"none\"." },
	{ "tailscale.socket", FACT_TEXT, "", "detect-tailscale",
	    "Where tailscaled listens; the home as \"~\" without --full; \"port N\" for Tailscale's graphical builds for macOS." },
	{ "tailscale.backend", FACT_TEXT, "", "detect-tailscale",
	    "BackendState, as tailscaled calls its state." },
	{ "tailscale.version", FACT_TEXT, "", "detect-tailscale",
	    "Tailscaled's version." },
	{ "tailscale.tun", FACT_TRUTH, "", "detect-tailscale",
	    "It has a TUN; false is userspace-networking mode; absent if older than 1.36." },
	{ "tailscale.here", FACT_TRUTH, "", "detect-tailscale",
	    "An address of this node is on an interface of this network namespace." },
	{ "tailscale.health", FACT_WORDS, "", "detect-tailscale",
	    "Its first complaint, as far as it may be told." },
	{ "tailscale.health_harmless", FACT_TRUTH, "", "detect-tailscale",
	    "That complaint is about something that keeps no connection from working: routes that are not accepted, an update." },
	{ "tailscale.suffix", FACT_TEXT, "", "detect-tailscale",
	    "The domain of the mesh's names (MagicDNSSuffix)." },
	{ "tailscale.magicdns", FACT_TRUTH, "", "detect-tailscale",
	    "The mesh has names (CurrentTailnet.MagicDNSEnabled)." },
	{ "tailscale.key_expired", FACT_TRUTH, "", "detect-tailscale",
	    "This node's key has expired." },
	{ "tailscale.key_expires_days", FACT_NUMBER, "days", "detect-tailscale",
	    "Whole days until it expires, negative since; absent if never." },
	{ "tailscale.host", FACT_TEXT, "", "detect-tailscale",
	    "Whose the host is by how it is written: \"mesh\" (an address or a domain of a mesh), \"perhaps\" (one word; any name while tailscaled cannot tell the domain of its mesh), \"other\"; absent without a host." },
	{ "tailscale.peers", FACT_NUMBER, "", "detect-tailscale",
	    "How many peers tailscaled knows; only with a host, and if it is connected." },
	{ "tailscale.similar", FACT_TEXT, "", "detect-tailscale",
	    "The host is no peer, and the one of this name may be meant." },
	{ "tailscale.peer.found", FACT_TRUTH, "", "detect-tailscale",
	    "The host is a peer, or this node; false if it is written like one of the mesh but is not; otherwise absent." },
	{ "tailscale.peer.name", FACT_TEXT, "", "detect-tailscale",
	    "Its name in the mesh's DNS." },
	{ "tailscale.peer.self", FACT_TRUTH, "", "detect-tailscale",
	    "It is this node itself." },
	{ "tailscale.peer.addresses", FACT_TEXTS, "", "detect-tailscale",
	    "Its addresses in the mesh." },
	{ "tailscale.peer.online", FACT_TRUTH, "", "detect-tailscale",
	    "The control server has a connection to it; absent for this node." },
	{ "tailscale.peer.expired", FACT_TRUTH, "", "detect-tailscale",
	    "Its key has expired." },
	{ "tailscale.peer.tailscale_ssh", FACT_TRUTH, "", "detect-tailscale",
	    "It publishes host keys, so Tailscale SSH is switched on there." },
	{ "tailscale.peer.os", FACT_TEXT, "", "detect-tailscale",
	    "Its system, as tailscaled calls it: linux, windows, macOS, ..." },
	{ "tailscale.peer.relay", FACT_TEXT, "", "detect-tailscale",
	    "Its home relay (DERP region)." },
	{ "tailscale.peer.last_seen_days", FACT_NUMBER, "days", "detect-tailscale",
	    "Whole days since the control server lost it." },
	{ "tailscale.proxies", FACT_OBJECTS, "", "detect-tailscale",
	    "Proxies that the environment, tailscaled's command line or its defaults file names." },
	{ "tailscale.proxies.[].kind", FACT_TEXT, "", "detect-tailscale",
	    "\"socks5\" or \"http\"." },
	{ "tailscale.proxies.[].address", FACT_TEXT, "", "detect-tailscale",
	    "Where it listens, \"ADDRESS:PORT\"." },
	{ "tailscale.proxies.[].source", FACT_TEXT, "", "detect-tailscale",
	    "What names it." },
	{ "tailscale.proxies_of_others", FACT_TEXTS, "", "detect-tailscale",
	    "Addresses where a proxy often is, and where a program of another user listens: it is not used. Linux only." },
	{ "tailscale.windows.installed", FACT_TRUTH, "", "detect-tailscale",
	    "WSL: tailscale.exe is in PATH, or where it is installed by default." },
	{ "tailscale.windows.running", FACT_TRUTH, "", "detect-tailscale",
	    "WSL: tailscale.exe status says Running or Starting." },
	{ "tailscale.windows.backend", FACT_TEXT, "", "detect-tailscale",
	    "WSL: its BackendState." },
	{ "tailscale.windows.suffix", FACT_TEXT, "", "detect-tailscale",
	    "WSL: its MagicDNSSuffix." },
	{ "ssh.path", FACT_TEXT, "", "detect-ssh",
	    "The ssh that would be run." },
	{ "ssh.version", FACT_TEXT, "", "detect-ssh",
	    "What ssh -V says first, \"OpenSSH_9.2p1\"." },
	{ "ssh.version_number", FACT_NUMBER, "", "detect-ssh",
	    "100 times the major number and the minor one: 902." },
	{ "ssh.refuses", FACT_WORDS, "", "detect-ssh",
	    "The first line that ssh -G says when it fails; absent if it does not." },
	{ "ssh.refuses_code", FACT_TEXT, "", "detect-ssh",
	    "What that is about: mode (others may write to a file), ipqos, option (one that this ssh does not know), other." },
	{ "ssh.refuses_file", FACT_TEXT, "", "detect-ssh",
	    "The file, if that is mode." },
	{ "ssh.refuses_kind", FACT_TEXT, "", "detect-ssh",
	    "Why, if that is mode: store (a link to what Nix made), drive (of Windows), owner, mode." },
	{ "ssh.slow", FACT_TRUTH, "", "detect-ssh",
	    "Ssh -G did not end within 0.9 s; absent otherwise." },
	{ "ssh.options.*", FACT_TEXT, "", "detect-ssh",
	    "What ssh -G prints for the host by this keyword: addressfamily, bindaddress, "
	    "bindinterface, canonicalizehostname, connectionattempts, connecttimeout, "
	    "controlmaster, controlpath, controlpersist, globalknownhostsfile, hostkeyalias, "
	    "hostname, identitiesonly, ipqos, knownhostscommand, "
	    "nohostauthenticationforlocalhost, port, proxycommand, proxyjump, proxyusefdpass, "
	    "serveralivecountmax, serveraliveinterval, stricthostkeychecking, tcpkeepalive, "
	    "userknownhostsfile, verifyhostkeydns." },
	{ "ssh.algorithms.kexalgorithms", FACT_TEXTS, "", "detect-ssh",
	    "The algorithms that ssh -G says it takes, in its order." },
	{ "ssh.algorithms.hostkeyalgorithms", FACT_TEXTS, "", "detect-ssh",
	    "The algorithms that ssh -G says it takes, in its order." },
	{ "ssh.algorithms.ciphers", FACT_TEXTS, "", "detect-ssh",
	    "The algorithms that ssh -G says it takes, in its order." },
	{ "ssh.algorithms.macs", FACT_TEXTS, "", "detect-ssh",
	    "The algorithms that ssh -G says it takes, in its order." },
	{ "ssh.hidden", FACT_OBJECT, "", "detect-ssh",
	    "A block for this host in a file that ssh does not read for it, because of where its Include stands: file, line, by_file, by_line." },
	{ "ssh.hidden.file", FACT_TEXT, "", "detect-ssh",
	    "The file with the block." },
	{ "ssh.hidden.line", FACT_NUMBER, "", "detect-ssh",
	    "Its line in it." },
	{ "ssh.hidden.by_file", FACT_TEXT, "", "detect-ssh",
	    "The file with the Include." },
	{ "ssh.hidden.by_line", FACT_NUMBER, "", "detect-ssh",
	    "The line of the Include." },
	{ "ssh.missing", FACT_OBJECT, "", "detect-ssh",
	    "An Include of a file that is not there: file, line." },
	{ "ssh.missing.file", FACT_TEXT, "", "detect-ssh",
	    "The file with the Include." },
	{ "ssh.missing.line", FACT_NUMBER, "", "detect-ssh",
	    "The line in it." },
	{ "ssh.early", FACT_OBJECT, "", "detect-ssh",
	    "A Match host that does not count because it stands above the HostName that it asks for: file, line." },
	{ "ssh.early.file", FACT_TEXT, "", "detect-ssh",
	    "The file with the Match." },
	{ "ssh.early.line", FACT_NUMBER, "", "detect-ssh",
	    "The line in it." },
	{ "ssh.conditional.*", FACT_OBJECT, "", "detect-ssh",
	    "A keyword that a block sets first of which only ssh can tell whether it counts (Match exec, final, canonical): file, line." },
	{ "ssh.conditional.*.file", FACT_TEXT, "", "detect-ssh",
	    "Its file." },
	{ "ssh.conditional.*.line", FACT_NUMBER, "", "detect-ssh",
	    "Its line." },
	{ "ssh.where.*", FACT_OBJECT, "", "detect-ssh",
	    "The line that sets a keyword that ssh knows: file, line, value, named; absent where a block that cannot be judged (Match exec) may set it first." },
	{ "ssh.where.*.file", FACT_TEXT, "", "detect-ssh",
	    "The file." },
	{ "ssh.where.*.line", FACT_NUMBER, "", "detect-ssh",
	    "The line in it." },
	{ "ssh.where.*.value", FACT_TEXT, "", "detect-ssh",
	    "What it sets." },
	{ "ssh.where.*.named", FACT_TRUTH, "", "detect-ssh",
	    "The block of that line names the host itself, not by a pattern." },
	{ "ssh.shadowed", FACT_OBJECTS, "", "detect-ssh",
	    "Later lines for a keyword that is set already, with another value: keyword, value, file, line, named, by_file, by_line, by_named." },
	{ "ssh.shadowed.[].keyword", FACT_TEXT, "", "detect-ssh",
	    "The keyword, in lower case." },
	{ "ssh.shadowed.[].value", FACT_TEXT, "", "detect-ssh",
	    "What the later line would set." },
	{ "ssh.shadowed.[].file", FACT_TEXT, "", "detect-ssh",
	    "The file of the later line." },
	{ "ssh.shadowed.[].line", FACT_NUMBER, "", "detect-ssh",
	    "The line in it." },
	{ "ssh.shadowed.[].named", FACT_TRUTH, "", "detect-ssh",
	    "Its block names the host itself." },
	{ "ssh.shadowed.[].by_file", FACT_TEXT, "", "detect-ssh",
	    "The file of the line that counts." },
	{ "ssh.shadowed.[].by_line", FACT_NUMBER, "", "detect-ssh",
	    "The line in it." },
	{ "ssh.shadowed.[].by_named", FACT_TRUTH, "", "detect-ssh",
	    "Its block names the host itself." },
	{ "ssh.files", FACT_OBJECTS, "", "detect-ssh",
	    "The files that ssh reads, in its order: file, readable; owner_ok and mode_ok where ssh would refuse the file if they were false." },
	{ "ssh.files.[].file", FACT_TEXT, "", "detect-ssh",
	    "Its path." },
	{ "ssh.files.[].readable", FACT_TRUTH, "", "detect-ssh",
	    "This user can read it." },
	{ "ssh.files.[].owner_ok", FACT_TRUTH, "", "detect-ssh",
	    "False if ssh refuses its owner." },
	{ "ssh.files.[].mode_ok", FACT_TRUTH, "", "detect-ssh",
	    "False if ssh refuses its mode." },
	{ "ssh.system_includes", FACT_TRUTH, "", "detect-ssh",
	    "/etc/ssh/ssh_config reads ssh_config.d." },
	{ "ssh.system_files", FACT_TEXTS, "", "detect-ssh",
	    "The *.conf files in /etc/ssh/ssh_config.d." },
	{ "ssh.key_files", FACT_OBJECTS, "", "detect-ssh",
	    "The private keys that are there for the host: file, mode_ok, encrypted." },
	{ "ssh.key_files.[].file", FACT_TEXT, "", "detect-ssh",
	    "Its path." },
	{ "ssh.key_files.[].mode_ok", FACT_TRUTH, "", "detect-ssh",
	    "Only its owner can read it." },
	{ "ssh.key_files.[].encrypted", FACT_TRUTH, "", "detect-ssh",
	    "It has a passphrase." },
	{ "ssh.known.alias", FACT_TEXT, "", "detect-ssh",
	    "The name that the host's key is known under, or else would be: \"[host]:port\" if the port is not 22." },
	{ "ssh.known.found", FACT_TRUTH, "", "detect-ssh",
	    "A key is known under that name." },
	{ "ssh.known.types", FACT_TEXT, "", "detect-ssh",
	    "The types of the keys that are known, with blanks between them; absent for those of an authority." },
	{ "ssh.known.keys", FACT_TEXTS, "", "detect-ssh",
	    "The keys that are known, at most 16: type and the last 32 characters of the base64; absent for those of an authority." },
	{ "ssh.known.other", FACT_TEXT, "", "detect-ssh",
	    "Another name of the host under which a key is known; only if found is false." },
	{ "ssh.named", FACT_MAP, "", "meshssh-config",
	    "By each name of a peer that the user's own files have: by, the line, and file; not in what --doctor prints." },
	{ "ssh.named_blind", FACT_TRUTH, "", "meshssh-config",
	    "A file that may have such names could not be read." },
	{ "ssh.known_names", FACT_MAP, "", "meshssh-config",
	    "By each name of a peer that known_hosts files have: their keys; not in what --doctor prints." },
	{ "ssh.proxy.ours", FACT_TRUTH, "", "detect-ssh",
	    "The ProxyCommand runs meshssh." },
	{ "ssh.proxy.program", FACT_TEXT, "", "detect-ssh",
	    "Its program; absent, like what follows, where only a shell could tell." },
	{ "ssh.proxy.absolute", FACT_TRUTH, "", "detect-ssh",
	    "It is a path." },
	{ "ssh.proxy.there", FACT_TRUTH, "", "detect-ssh",
	    "It is an executable file, at that path or in PATH." },
	{ "ssh.proxy.everywhere", FACT_TRUTH, "", "detect-ssh",
	    "It is in /usr/bin, /bin, /usr/sbin or /sbin; only if it is no path." },
	{ "ssh.proxy.passes_fd", FACT_TRUTH, "", "detect-ssh",
	    "It is told to pass a descriptor; only for programs of which that is known." },
	{ "nix.installed", FACT_TRUTH, "", "detect-nix",
	    "There is /nix/store or /etc/nix/nix.conf; without it none of the others is there." },
	{ "nix.daemon", FACT_TRUTH, "", "detect-nix",
	    "Nix-daemon listens on its socket." },
	{ "nix.root_home", FACT_TEXT, "", "detect-nix",
	    "The home of root." },
	{ "nix.root_config", FACT_TRUTH, "", "detect-nix",
	    "Root has an ssh configuration file; absent if that cannot be seen." },
	{ "nix.root_config_ok", FACT_TRUTH, "", "detect-nix",
	    "Nobody but root can write to it." },
	{ "nix.sshopts", FACT_TEXT, "", "detect-nix",
	    "NIX_SSHOPTS of this process." },
	{ "nix.daemon_sshopts", FACT_TEXT, "", "detect-nix",
	    "NIX_SSHOPTS in the daemon's unit or launchd file." },
	{ "nix.machines", FACT_OBJECTS, "", "detect-nix",
	    "The lines of builders: uri without user, file, line, fields; error if Nix cannot read it, remark and remark_code if it is odd." },
	{ "nix.machines.[].uri", FACT_TEXT, "", "detect-nix",
	    "The URI without the user." },
	{ "nix.machines.[].file", FACT_TEXT, "", "detect-nix",
	    "The file of the line." },
	{ "nix.machines.[].line", FACT_NUMBER, "", "detect-nix",
	    "The line in it." },
	{ "nix.machines.[].fields", FACT_NUMBER, "", "detect-nix",
	    "How many fields it has." },
	{ "nix.machines.[].error", FACT_WORDS, "", "detect-nix",
	    "Why Nix cannot read it." },
	{ "nix.machines.[].remark", FACT_WORDS, "", "detect-nix",
	    "What is unexpected about it." },
	{ "nix.machines.[].remark_code", FACT_TEXT, "", "detect-nix",
	    "What that is about: host-key, speed, columns, blank (before the name of its list)." },
	{ "nix.builder.uri", FACT_TEXT, "", "detect-nix",
	    "From its line in the list of builders." },
	{ "nix.builder.scheme", FACT_TEXT, "", "detect-nix",
	    "From its line in the list of builders." },
	{ "nix.builder.host", FACT_TEXT, "", "detect-nix",
	    "From its line in the list of builders." },
	{ "nix.builder.file", FACT_TEXT, "", "detect-nix",
	    "From its line in the list of builders." },
	{ "nix.builder.line", FACT_NUMBER, "", "detect-nix",
	    "From its line in the list of builders." },
	{ "nix.builder.fields", FACT_NUMBER, "", "detect-nix",
	    "From its line in the list of builders." },
	{ "nix.builder.user_given", FACT_TRUTH, "", "detect-nix",
	    "The URI has a user." },
	{ "nix.builder.uri_port", FACT_NUMBER, "", "detect-nix",
	    "The port in the URI." },
	{ "nix.builder.remark", FACT_WORDS, "", "detect-nix",
	    "What is odd about the line." },
	{ "nix.builder.key_file", FACT_TEXT, "", "detect-nix",
	    "The private key in the line, if that is a whole path." },
	{ "nix.builder.key_there", FACT_TRUTH, "", "detect-nix",
	    "It is there." },
	{ "nix.builder.key_readable_by_root", FACT_TRUTH, "", "detect-nix",
	    "Root can read it." },
	{ "nix.builder.key_mode_ok", FACT_TRUTH, "", "detect-nix",
	    "Ssh takes it from root." },
	{ "nix.builder.key_encrypted", FACT_TRUTH, "", "detect-nix",
	    "It has a passphrase." },
	{ "nix.builder.host_key_ok", FACT_TRUTH, "", "detect-nix",
	    "The line has a host key, and it is one." },
	{ "nix.builder.host_known", FACT_TRUTH, "", "detect-nix",
	    "Root knows the host's key; only if the line has none." },
	{ "nix.builder.in_root_config", FACT_TRUTH, "", "detect-nix",
	    "A block in what root's ssh reads names the host." },
	{ "nix.builder.in_user_config", FACT_TRUTH, "", "detect-nix",
	    "A block in the user's own file names it; of root, who called sudo counts, and without sudo it is absent." },
	{ "nix.builder.user_port", FACT_NUMBER, "", "detect-nix",
	    "The port in that block." },
	{ "nix.builder.port_in_stanza", FACT_TRUTH, "", "detect-nix",
	    "What root's ssh reads sets a port for it." },
	{ "nix.builder.options_known", FACT_TRUTH, "", "detect-nix",
	    "All that root's ssh reads could be read and judged." },
	{ "nix.builder.hostname", FACT_TEXT, "", "detect-nix",
	    "What root's ssh takes for it, as it is written." },
	{ "nix.builder.port", FACT_TEXT, "", "detect-nix",
	    "What root's ssh takes for it, as it is written." },
	{ "nix.builder.hostkeyalias", FACT_TEXT, "", "detect-nix",
	    "What root's ssh takes for it, as it is written." },
	{ "nix.builder.controlmaster", FACT_TEXT, "", "detect-nix",
	    "What root's ssh takes for it, as it is written." },
	{ "nix.builder.serveraliveinterval", FACT_TEXT, "", "detect-nix",
	    "What root's ssh takes for it, as it is written." },
	{ "nix.builder.connecttimeout", FACT_TEXT, "", "detect-nix",
	    "What root's ssh takes for it, as it is written." },
	{ "nix.builder.stricthostkeychecking", FACT_TEXT, "", "detect-nix",
	    "What root's ssh takes for it, as it is written." },
	{ "nix.builder.userknownhostsfile", FACT_TEXT, "", "detect-nix",
	    "What root's ssh takes for it, as it is written." },
	{ "nix.builder.globalknownhostsfile", FACT_TEXT, "", "detect-nix",
	    "What root's ssh takes for it, as it is written." },
	{ "nix.builder.knownhostscommand", FACT_TEXT, "", "detect-nix",
	    "What root's ssh takes for it, as it is written." },
	{ "nix.builder.controlmaster_where", FACT_TEXT, "", "detect-nix",
	    "FILE:LINE of it." },
	{ "nix.builder.proxy_program", FACT_TEXT, "", "detect-nix",
	    "The program of root's ProxyCommand for it." },
	{ "nix.builder.proxy_relative", FACT_TRUTH, "", "detect-nix",
	    "It is no path." },
	{ "nix.builder.proxy_everywhere", FACT_TRUTH, "", "detect-nix",
	    "It is in /usr/bin, /bin, /usr/sbin or /sbin; only if it is no path." },
	{ "nix.builder.proxy_there", FACT_TRUTH, "", "detect-nix",
	    "It is an executable file; only if it is a path." },
	{ "names.lookups.system", FACT_OBJECT, "", "probe-names",
	    "What getaddrinfo(3) says of the host: addresses, or error; and ms." },
	{ "names.lookups.system.addresses", FACT_TEXTS, "", "probe-names",
	    "The addresses." },
	{ "names.lookups.system.error", FACT_WORDS, "", "probe-names",
	    "Why there are none." },
	{ "names.lookups.system.code", FACT_TEXT, "", "probe-names",
	    "The same as a code: name-unknown, name-lookup (the resolver could not answer), name-timeout." },
	{ "names.lookups.system.ms", FACT_NUMBER, "ms", "probe-names",
	    "How long it took." },
	{ "names.lookups.magicdns", FACT_OBJECT, "", "probe-names",
	    "What 100.100.100.100 says, where it can be asked: addresses, or error; and ms." },
	{ "names.lookups.magicdns.addresses", FACT_TEXTS, "", "probe-names",
	    "The addresses." },
	{ "names.lookups.magicdns.error", FACT_WORDS, "", "probe-names",
	    "Why there are none." },
	{ "names.lookups.magicdns.code", FACT_TEXT, "", "probe-names",
	    "name-timeout if no answer came; absent if one did." },
	{ "names.lookups.magicdns.ms", FACT_NUMBER, "ms", "probe-names",
	    "How long it took." },
	{ "names.lookups.searched", FACT_OBJECT, "", "probe-names",
	    "The name is known only with a search domain: name, addresses." },
	{ "names.lookups.searched.name", FACT_TEXT, "", "probe-names",
	    "The name with the domain." },
	{ "names.lookups.searched.addresses", FACT_TEXTS, "", "probe-names",
	    "The addresses." },
	{ "connect.addresses", FACT_OBJECTS, "", "probe-connect",
	    "Each address alone: address, family (4 or 6), ms, and if it was not connected error, detail, interface, gateway, said_by and said_from." },
	{ "connect.addresses.[].address", FACT_TEXT, "", "probe-connect",
	    "The address." },
	{ "connect.addresses.[].family", FACT_NUMBER, "", "probe-connect",
	    "4 or 6." },
	{ "connect.addresses.[].ms", FACT_NUMBER, "ms", "probe-connect",
	    "Milliseconds until it was connected, or failed." },
	{ "connect.addresses.[].error", FACT_TEXT, "", "probe-connect",
	    "How it failed, a code of meshssh-messages(7): refused, no-answer, no-route, reset, blocked, host-firewall, path-firewall, host-absent, host-off, router-no-route; absent if it was connected." },
	{ "connect.addresses.[].detail", FACT_WORDS, "", "probe-connect",
	    "What the system says, and the ICMP message." },
	{ "connect.addresses.[].interface", FACT_TEXT, "", "probe-connect",
	    "The interface that packets to it leave by." },
	{ "connect.addresses.[].gateway", FACT_TEXT, "", "probe-connect",
	    "The router that packets to it are handed to; absent if it is in a network of this machine." },
	{ "connect.addresses.[].said_by", FACT_TEXT, "", "probe-connect",
	    "Who sent the ICMP message: own (this machine), host, other; nobody if there was none; absent if the system does not tell." },
	{ "connect.addresses.[].said_from", FACT_TEXT, "", "probe-connect",
	    "The address that the ICMP message came from." },
	{ "connect.routes", FACT_OBJECTS, "", "probe-connect",
	    "Each kind of way: route, to, ok, ms, and if it failed code and detail." },
	{ "connect.routes.[].route", FACT_TEXT, "", "probe-connect",
	    "direct, localapi, socks5 or http." },
	{ "connect.routes.[].to", FACT_TEXT, "", "probe-connect",
	    "What was connected to." },
	{ "connect.routes.[].ok", FACT_TRUTH, "", "probe-connect",
	    "It works." },
	{ "connect.routes.[].ms", FACT_NUMBER, "ms", "probe-connect",
	    "Milliseconds until it was connected, or failed." },
	{ "connect.routes.[].code", FACT_TEXT, "", "probe-connect",
	    "How it failed, a code of meshssh-messages(7): refused, no-answer, no-route, proxy-auth, mesh-hung and so on; absent if it works." },
	{ "connect.routes.[].detail", FACT_WORDS, "", "probe-connect",
	    "Why it does not work." },
	{ "connect.route", FACT_TEXT, "", "probe-connect",
	    "The first that works: direct, localapi, socks5, http." },
	{ "connect.address", FACT_TEXT, "", "probe-connect",
	    "The address that works, if that is direct." },
	{ "connect.port", FACT_NUMBER, "", "probe-connect",
	    "The port that was connected to." },
	{ "connect.ms", FACT_NUMBER, "ms", "probe-connect",
	    "Milliseconds until it was connected." },
	{ "connect.ok", FACT_TRUTH, "", "probe-connect",
	    "One of them works." },
	{ "connect.far", FACT_TRUTH, "", "probe-connect",
	    "It leads to another machine than this one; absent if none works." },
	{ "connect.why_not", FACT_WORDS, "", "probe-connect",
	    "Why tailscaled is not among the ways." },
	{ "connect.made", FACT_NUMBER, "", "probe-connect",
	    "Connections that the server has seen, of all probes." },
	{ "connect.stopped", FACT_TEXT, "", "probe-net",
	    "How a later connection failed, as the code of a route: refused, no-answer and so on; no more were made then." },
	{ "server.text", FACT_TEXT, "", "probe-identification",
	    "The server's identification." },
	{ "server.software", FACT_TEXT, "", "probe-identification",
	    "Its software version, \"OpenSSH_9.2p1\"." },
	{ "server.kind", FACT_TEXT, "", "probe-identification",
	    "Openssh, openssh-windows, dropbear, tinyssh, tailscale, go, or ssh for every other server of SSH; http or other if it is not one; none if it says nothing." },
	{ "server.version_number", FACT_NUMBER, "", "probe-identification",
	    "Of OpenSSH, 100 times the major number and the minor one." },
	{ "server.first", FACT_WORDS, "", "probe-identification",
	    "What came before the identification, or in its place: the first line." },
	{ "server.http_status", FACT_NUMBER, "", "probe-identification",
	    "The status in that line, if it is HTTP's." },
	{ "server.error", FACT_TEXT, "", "probe-identification",
	    "There was no identification, or no KEXINIT behind it: silent, closed, reset; unconnected if the connection failed." },
	{ "server.refusal", FACT_TEXT, "", "probe-identification",
	    "It lets nobody in just now: maxstartups, penalty." },
	{ "server.ms", FACT_NUMBER, "ms", "probe-identification",
	    "Milliseconds until the identification." },
	{ "server.kexinit_ms", FACT_NUMBER, "ms", "probe-identification",
	    "Milliseconds until the server's KEXINIT." },
	{ "server.kexinit_bytes", FACT_NUMBER, "bytes", "probe-identification",
	    "Its size." },
	{ "server.kexinit_malformed", FACT_TRUTH, "", "probe-identification",
	    "It cannot be read, or a list in it is empty; absent if all is well." },
	{ "server.kex_large", FACT_TRUTH, "", "probe-identification",
	    "The server has a key exchange whose answer is large." },
	{ "server.kex", FACT_TEXTS, "", "probe-identification",
	    "The server's algorithms, in its order, at most 64 of each: key exchange, host keys, and for what the client sends." },
	{ "server.host_key_types", FACT_TEXTS, "", "probe-identification",
	    "The server's algorithms, in its order, at most 64 of each: key exchange, host keys, and for what the client sends." },
	{ "server.ciphers", FACT_TEXTS, "", "probe-identification",
	    "The server's algorithms, in its order, at most 64 of each: key exchange, host keys, and for what the client sends." },
	{ "server.macs", FACT_TEXTS, "", "probe-identification",
	    "The server's algorithms, in its order, at most 64 of each: key exchange, host keys, and for what the client sends." },
	{ "server.host_key", FACT_TEXT, "", "probe-mtu",
	    "The server's key, in the same form; seen only where the reverse path was measured, and not proven." },
	{ "service.kind", FACT_TEXT, "", "probe-service",
	    "A port that is not ssh's: what it speaks, or how it said nothing: silent, closed, reset; unconnected if the connection failed." },
	{ "service.ok", FACT_TRUTH, "", "probe-service",
	    "It speaks, or listens." },
	{ "service.asked", FACT_TRUTH, "", "probe-service",
	    "It said nothing by itself, and was asked for a page (HEAD); printers are not asked." },
	{ "service.first", FACT_WORDS, "", "probe-service",
	    "The first line that it says." },
	{ "dscp.unmarked_ms", FACT_NUMBER, "ms", "probe-dscp",
	    "Milliseconds that a connection without a mark takes." },
	{ "dscp.dropped", FACT_TEXTS, "", "probe-dscp",
	    "Marks whose connections get no answer: af21, ef, cs1, lowdelay." },
	{ "dscp.passed", FACT_TEXTS, "", "probe-dscp",
	    "Marks that pass." },
	{ "dscp.inconclusive", FACT_TRUTH, "", "probe-dscp",
	    "Connections without a mark got no answer either, or were refused." },
	{ "mtu.route_mtu", FACT_NUMBER, "bytes", "probe-mtu",
	    "The MTU of the route, or of its interface." },
	{ "mtu.route_interface", FACT_TEXT, "", "probe-mtu",
	    "The interface that the route leads out of." },
	{ "mtu.mss_offered", FACT_NUMBER, "bytes", "probe-mtu",
	    "The segment size that the kernel offers by itself." },
	{ "mtu.forward", FACT_OBJECT, "", "probe-mtu",
	    "The way to the host: ok, largest_ok and smallest_bad, in bytes of IP packets, and tried, the largest that was; absent if it was not found out." },
	{ "mtu.forward.ok", FACT_TRUTH, "", "probe-mtu",
	    "Full-size packets pass." },
	{ "mtu.forward.largest_ok", FACT_NUMBER, "bytes", "probe-mtu",
	    "The largest packet that passed." },
	{ "mtu.forward.smallest_bad", FACT_NUMBER, "bytes", "probe-mtu",
	    "The smallest packet that did not." },
	{ "mtu.forward.tried", FACT_NUMBER, "bytes", "probe-mtu",
	    "The largest packet that was tried." },
	{ "mtu.forward.bytes", FACT_NUMBER, "bytes", "probe-mtu",
	    "What was sent." },
	{ "mtu.reverse", FACT_OBJECT, "", "probe-mtu",
	    "The same for the reverse path." },
	{ "mtu.reverse.ok", FACT_TRUTH, "", "probe-mtu",
	    "Full-size packets pass." },
	{ "mtu.reverse.largest_ok", FACT_NUMBER, "bytes", "probe-mtu",
	    "The largest packet that passed." },
	{ "mtu.reverse.smallest_bad", FACT_NUMBER, "bytes", "probe-mtu",
	    "The smallest packet that did not." },
	{ "mtu.reverse.tried", FACT_NUMBER, "bytes", "probe-mtu",
	    "The largest packet that was tried." },
	{ "mtu.untested", FACT_WORDS, "", "probe-mtu",
	    "Why a way was not tested: the server or this system lacks what it takes." },
	{ "mtu.inconclusive", FACT_WORDS, "", "probe-mtu",
	    "Why a way was not found out." },
	{ "mtu.connections", FACT_NUMBER, "", "probe-mtu",
	    "Connections that were made for it." },
	{ "control.listens", FACT_TRUTH, "", "probe-control",
	    "A shared connection of ssh's (ControlMaster) is there for the host; its object is there if ControlPath is set." },
	{ "control.answers", FACT_TRUTH, "", "probe-control",
	    "It answers ssh -O check; only if it listens." },
	{ "control.passes", FACT_TRUTH, "", "probe-control",
	    "The server answers through it; only if it answers, and does not ask its user first." },
	{ "control.ms", FACT_NUMBER, "ms", "probe-control",
	    "Milliseconds that the last of these took." },
	{ "nix.builders", FACT_TEXT, "", "meshssh-config",
	    "The builders setting of nix.conf." },
	{ "peers", FACT_OBJECTS, "", "meshssh-config",
	    "The peers of the mesh; not in what --doctor prints." },
	{ "peers.[].id", FACT_TEXT, "", "meshssh-config",
	    "tailscaled's identifier of the peer." },
	{ "peers.[].name", FACT_TEXT, "", "meshssh-config",
	    "Its name in the mesh's DNS." },
	{ "peers.[].addresses", FACT_TEXTS, "", "meshssh-config",
	    "Its addresses in the mesh." },
	{ "peers.[].online", FACT_TRUTH, "", "meshssh-config",
	    "The control server has a connection to it." },
	{ "peers.[].expired", FACT_TRUTH, "", "meshssh-config",
	    "Its key has expired." },
	{ "peers.[].os", FACT_TEXT, "", "meshssh-config",
	    "Its system." },
	{ "peers.[].user", FACT_TEXT, "", "meshssh-config",
	    "The login of its owner." },
	{ "peers.[].tags", FACT_TEXTS, "", "meshssh-config",
	    "Its tags." },
	{ "peers.[].host_keys", FACT_TEXTS, "", "meshssh-config",
	    "The host keys that it publishes." },
	{ NULL, FACT_TEXT, NULL, NULL, NULL }
};

const char *
fact_type_name(enum fact_type type)
{
	static const char	names[][20] = {
		[FACT_TEXT] = "text",
		[FACT_WORDS] = "text for people",
		[FACT_NUMBER] = "number",
		[FACT_TRUTH] = "truth",
		[FACT_TEXTS] = "list of texts",
		[FACT_OBJECT] = "object",
		[FACT_OBJECTS] = "list of objects",
		[FACT_MAP] = "object by name",
	};

	return (names[type]);
}

/* 1 if a path is that of a row, or leads there: then *whole is 0. */
static int
path_fits(const char *row, const char *path, int *whole)
{
	size_t	len, row_len;

	for (; *path != '\0'; row += row_len + (row[row_len] == '.'),
	    path += len + (path[len] == '.')) {
		len = strcspn(path, ".");
		row_len = strcspn(row, ".");
		if (strncmp(row, "[]", 2) == 0 ? strspn(path, "0123456789") != len :
		    row[0] != '*' && (row_len != len || strncmp(row, path, len) != 0))
			return (0);
	}
	*whole = *row == '\0';
	return (1);
}

const struct fact_row *
fact_find(const char *path)
{
	static const struct fact_row	way = { "", FACT_OBJECT, "", "", "" };
	const struct fact_row		*row, *found = NULL;
	int				 whole;

	for (row = fact_rows; row->path != NULL; row++) {
		if (!path_fits(row->path, path, &whole))
			continue;
		if (whole)
			return (row);
		found = &way;
	}
	return (found);
}

static int
value_fits(const json_t *value, enum fact_type type)
{
	const json_t	*one;
	size_t		 i;

	switch (type) {
	case FACT_TEXT:
	case FACT_WORDS:
		return (json_is_string(value));
	case FACT_NUMBER:
		return (json_is_integer(value));
	case FACT_TRUTH:
		return (json_is_boolean(value));
	case FACT_OBJECT:
	case FACT_MAP:
		return (json_is_object(value));
	case FACT_TEXTS:
	case FACT_OBJECTS:
		json_array_foreach(value, i, one)
			if (type == FACT_TEXTS ? !json_is_string(one) : !json_is_object(one))
				return (0);
		return (json_is_array(value));
	}
	return (0);
}

int
fact_is(const char *path, enum fact_type type)
{
	const struct fact_row	*row = fact_find(path);

	return (row != NULL && row->type == type);
}

int
fact_fits(const char *path, const json_t *value)
{
	const struct fact_row	*row = fact_find(path);

	return (row != NULL && (value == NULL || value_fits(value, row->type)));
}

/* The object at a path, and what is in it, without recursion beyond the depth of the table. */
static int
object_check(const json_t *object, const char *at, char bad[128])
{
	const struct fact_row	*row;
	const char		*key;
	char			 path[128];
	json_t			*value, *one;
	size_t			 i;

	json_object_foreach((json_t *)(uintptr_t)object, key, value) {
		snprintf(path, sizeof(path), "%s%s%s", at, at[0] != '\0' ? "." : "", key);
		if ((row = fact_find(path)) == NULL || !value_fits(value, row->type)) {
			strlcpy(bad, path, 128);
			return (-1);
		}
		if (row->type == FACT_OBJECT && object_check(value, path, bad) == -1)
			return (-1);
		if (row->type != FACT_OBJECTS)
			continue;
		strlcat(path, ".0", sizeof(path));
		json_array_foreach(value, i, one)
			if (object_check(one, path, bad) == -1)
				return (-1);
	}
	return (0);
}

int
fact_check(const json_t *facts, char bad[128])
{
	return (object_check(facts, "", bad));
}

int
fact_ok(int ok, const char *path)
{
#ifdef TEST_BUILD
	if (!ok) {
		fprintf(stderr, "facts: \"%s\" is not so in the table\n", path);
		abort();
	}
#else
	(void)path;
#endif
	return (ok);
}
