/* SPDX-License-Identifier: ISC */
/* The rows of the catalogue for what is found on this machine: its configuration, Nix, sshd. */

#include <sysexits.h>

#include "catalogue/catalogue.h"
#include "catalogue/local.h"

const struct code_row catalogue_local[CODE_COUNT - CODE_LOCAL] = {
	[CODE_CONFIG_MODE - CODE_LOCAL] = { "config-mode", KIND_FINDING, SEVERITY_ERROR, 99, 0, "",
	    "A file that ssh reads may be written by others, or belongs to another user, so ssh "
	    "refuses it and with it every host. Take the right away with chmod go-w, or make it "
	    "yours." },
	[CODE_IPQOS_HEX - CODE_LOCAL] = { "ipqos-hex", KIND_FINDING, SEVERITY_ERROR, 97, 0, "",
	    "An IPQoS value is written as a hexadecimal number, which OpenSSH 9.8 and later "
	    "refuse, and with it every host; to older ones it is a note. Write IPQoS none." },
	[CODE_PROXY_MISSING - CODE_LOCAL] = { "proxy-missing",
	    KIND_FINDING, SEVERITY_ERROR, 96, 0, "",
	    "The program of this host's ProxyCommand is not there, or cannot be run. Install it "
	    "or correct its path." },
	[CODE_FDPASS_PROXY - CODE_LOCAL] = { "fdpass-proxy",
	    KIND_FINDING, SEVERITY_ERROR, 96, 0, "",
	    "ssh and the ProxyCommand do not agree on whether the connection is handed over: "
	    "ProxyUseFdpass yes needs --fdpass (meshssh) or -F (nc), and the other way round. "
	    "Set both or none." },
	[CODE_HOST_KEY_STRICT - CODE_LOCAL] = { "host-key-strict",
	    KIND_FINDING, SEVERITY_ERROR, 60, 0, "",
	    "The host's key is not known and StrictHostKeyChecking forbids to ask, so ssh "
	    "refuses the host. Accept its key once with StrictHostKeyChecking=ask, or name the "
	    "entry under which it is known with HostKeyAlias." },
	[CODE_CONFIG_NO_INCLUDE - CODE_LOCAL] = { "config-no-include",
	    KIND_FINDING, SEVERITY_WARNING, 89, 0, "",
	    "/etc/ssh/ssh_config, perhaps one that is managed, does not include the files in "
	    "ssh_config.d, so what packages and nix-darwin put there has no effect. Put the "
	    "Include line at its top, or at the top of the user's own and, for Nix, of root's "
	    "ssh configuration. It is an error where Nix's linux-builder is among the files." },
	[CODE_CONFIG_SHADOWED - CODE_LOCAL] = { "config-shadowed",
	    KIND_FINDING, SEVERITY_WARNING, 65, 0, "",
	    "A block names this host, and a line for many hosts stands before it and wins: ssh "
	    "takes the first value. Move the block above that line." },
	[CODE_CONFIG_HIDDEN - CODE_LOCAL] = { "config-hidden",
	    KIND_FINDING, SEVERITY_ERROR, 93, 0, "",
	    "ssh_config has a block for this host in a file whose Include stands "
	    "below a Host or Match for other hosts, and so ssh does not read it for "
	    "this one. Move the Include to the top of its file." },
	[CODE_CONFIG_EARLY - CODE_LOCAL] = { "config-early",
	    KIND_FINDING, SEVERITY_WARNING, 64, 0, "",
	    "A Match host stands above the HostName that it asks for, and so it never "
	    "counts for this host. Write Match final host, or move the block below." },
	[CODE_CONFIG_MISSING - CODE_LOCAL] = { "config-missing",
	    KIND_FINDING, SEVERITY_NOTE, 27, 0, "",
	    "An Include names a file that is not there, or a folder; ssh passes over it "
	    "without a word. Correct the name, or remove the line." },
	[CODE_KEY_MODE - CODE_LOCAL] = { "key-mode", KIND_FINDING, SEVERITY_WARNING, 58, 0, "",
	    "A private key may be read by others, so ssh does not use it. Its mode should be "
	    "600; a Windows drive under WSL has no modes, so copy it from there." },
	[CODE_HOST_KEY_CHANGED - CODE_LOCAL] = { "host-key-changed",
	    KIND_FINDING, SEVERITY_ERROR, 61, 0, "",
	    "The host has another key than those that are known for it, so ssh refuses it "
	    "(REMOTE HOST IDENTIFICATION HAS CHANGED). It was installed anew, the name or address "
	    "leads to another machine, or a third party intercepts it. Compare the keys on its "
	    "console, then remove the old one with ssh-keygen -R. With StrictHostKeyChecking no "
	    "ssh connects, without passwords or forwarding. A KnownHostsCommand is not run." },
	[CODE_HOST_KEY_REVOKED - CODE_LOCAL] = { "host-key-revoked",
	    KIND_FINDING, SEVERITY_ERROR, 62, 0, "",
	    "A line @revoked in a known_hosts file, or the file that RevokedHostKeys names, has the "
	    "host's key, so ssh refuses it (REVOKED HOST KEY DETECTED). Whoever revoked it thinks "
	    "that others have it, too. The host needs another key." },
	[CODE_HOST_KEY_CERTIFICATE - CODE_LOCAL] = { "host-key-certificate",
	    KIND_FINDING, SEVERITY_WARNING, 62, 0, "",
	    "An authority is known for the host (@cert-authority), and the host has no "
	    "certificate of it that ssh takes: none at all, one of another authority, one that has "
	    "expired or does not name the host. So its key counts as unknown. Sign the host's key "
	    "anew, and name the certificate in sshd_config with HostCertificate." },
	[CODE_HOST_KEY_ADDRESS - CODE_LOCAL] = { "host-key-address",
	    KIND_FINDING, SEVERITY_WARNING, 58, 0, "",
	    "The host's key is right for its name, and another one is known for its address, which "
	    "CheckHostIP has ssh compare: it asks at each login, or refuses where it cannot ask. "
	    "Addresses that DHCP hands out change hands. Remove the line with ssh-keygen -R, or "
	    "write CheckHostIP no, which newer versions of ssh do by themselves." },
	[CODE_HOST_KEY_UNKNOWN - CODE_LOCAL] = { "host-key-unknown",
	    KIND_FINDING, SEVERITY_NOTE, 20, 0, "",
	    "The host's key is not known here. ssh asks at the first login; programs that cannot "
	    "ask, such as ansible, cron jobs and nix-daemon, fail. Log in once by hand, after a "
	    "look at the fingerprint." },
	[CODE_HOST_KEY_TYPE - CODE_LOCAL] = { "host-key-type",
	    KIND_FINDING, SEVERITY_WARNING, 55, 0, "",
	    "The server has no host key of the type that is known for it: it was installed anew, "
	    "or it is another machine. Make sure which, then remove the old key with ssh-keygen "
	    "-R." },
	[CODE_HOST_KEY_ALIAS - CODE_LOCAL] = { "host-key-alias",
	    KIND_FINDING, SEVERITY_WARNING, 50, 0, "",
	    "The host's key is known under another of its names, so ssh takes it for a new host "
	    "and asks, or fails where it cannot ask. Add HostKeyAlias to its block." },
	[CODE_LOCALHOST_PROXY - CODE_LOCAL] = { "localhost-proxy",
	    KIND_FINDING, SEVERITY_WARNING, 45, 0, "",
	    "NoHostAuthenticationForLocalhost has no effect through a ProxyCommand, so ssh asks "
	    "for the key of localhost after all. Write ProxyCommand none for it, or give it a "
	    "HostKeyAlias." },
	[CODE_CONFIG_SLOW - CODE_LOCAL] = { "config-slow",
	    KIND_BOTH, SEVERITY_WARNING, 40, EX_TEMPFAIL,
	    "does a Match exec wait for something?",
	    "ssh -G did not end within 0.9 seconds, so each connection waits as long before it "
	    "begins; where no terminal is at hand, meshssh waits 30 seconds for it and then gives "
	    "up. A command of Match exec or a name server that does not answer is the usual "
	    "cause." },
	[CODE_CONTROL_STALE - CODE_LOCAL] = { "control-stale",
	    KIND_FINDING, SEVERITY_NOTE, 35, 0, "",
	    "Sessions share one connection (ControlMaster) which nothing asks whether it lives, "
	    "so after a change of network every new session hangs on it. Set "
	    "ServerAliveInterval; ssh -O exit HOST ends one that hangs." },
	[CODE_CONTROL_DEAD - CODE_LOCAL] = { "control-dead",
	    KIND_FINDING, SEVERITY_ERROR, 97, 0, "",
	    "Sessions share one connection (ControlMaster). Its ssh still listens, and nothing "
	    "gets through it, so every new session hangs, although the host can be reached. "
	    "ssh -O exit HOST ends it; if that hangs, too, end the ssh process that holds it. "
	    "ServerAliveInterval makes ssh end it by itself." },
	[CODE_SSH_OLD - CODE_LOCAL] = { "ssh-old", KIND_FINDING, SEVERITY_WARNING, 30, 0, "",
	    "ssh is older than 7.6 and does not know IPQoS none, which the stanzas for meshssh "
	    "have. Install a newer one." },
	[CODE_FDPASS_IPQOS - CODE_LOCAL] = { "fdpass-ipqos", KIND_FINDING, SEVERITY_NOTE, 28, 0, "",
	    "A connection that ssh was handed is marked by ssh (IPQoS), from 10.1 on again and "
	    "again; where a path drops marked packets, the session hangs. Add IPQoS none to the "
	    "host's block. Where marked packets were seen to be dropped it is dscp-remarked." },
	[CODE_PROXY_RELATIVE - CODE_LOCAL] = { "proxy-relative",
	    KIND_FINDING, SEVERITY_NOTE, 25, 0, "",
	    "The ProxyCommand is found by PATH only, in a folder that nix-daemon, cron and "
	    "graphical programs do not have in theirs. Write its whole path." },
	[CODE_PROXY_VERSIONED - CODE_LOCAL] = { "proxy-versioned",
	    KIND_FINDING, SEVERITY_WARNING, 26, 0, "",
	    "The ProxyCommand names a program by the folder of one version, in a Nix store or in "
	    "Homebrew's Cellar, which the next cleanup or upgrade removes; no login works then. "
	    "meshssh-config install writes a path that stays, if a profile or Homebrew's bin "
	    "has one." },
	[CODE_CONTROL_HIDES - CODE_LOCAL] = { "control-hides",
	    KIND_FINDING, SEVERITY_NOTE, 20, 0, "",
	    "With ControlPersist, ssh discards what its ProxyCommand prints. meshssh --why still "
	    "shows the last failure." },
	[CODE_CANONICALIZE_PROXY - CODE_LOCAL] = { "canonicalize-proxy",
	    KIND_FINDING, SEVERITY_NOTE, 15, 0, "",
	    "CanonicalizeHostname yes has no effect on hosts that are reached through a proxy. "
	    "Write always, or the whole name as HostName." },
	[CODE_PROXY_IGNORES - CODE_LOCAL] = { "proxy-ignores",
	    KIND_FINDING, SEVERITY_NOTE, 14, 0, "",
	    "AddressFamily, BindAddress, BindInterface and ConnectionAttempts have no effect on "
	    "a connection that a ProxyCommand makes. Tell the ProxyCommand instead." },
	[CODE_NIX_MACHINES - CODE_LOCAL] = { "nix-machines",
	    KIND_FINDING, SEVERITY_ERROR, 88, 0, "",
	    "A line in Nix's list of builders cannot be read by Nix, which then fails every "
	    "build. It has up to eight columns with blanks only between them: URI, systems, key, "
	    "jobs, speed, features, mandatory features, host key in base64." },
	[CODE_NIX_ROOT_MODE - CODE_LOCAL] = { "nix-root-mode",
	    KIND_FINDING, SEVERITY_ERROR, 87, 0, "",
	    "Root's ssh configuration may be written by others, so ssh refuses it and Nix "
	    "reaches no builder. It should be root's, with mode 600." },
	[CODE_NIX_ROOT_CONFIG - CODE_LOCAL] = { "nix-root-config",
	    KIND_FINDING, SEVERITY_ERROR, 86, 0, "",
	    "nix-daemon runs ssh as root, and neither root's ssh configuration nor the system's "
	    "names the builder, while the user's does or the name is linux-builder. Copy the "
	    "block to root's, which is /root/.ssh/config, or /var/root/.ssh/config on macOS." },
	[CODE_NIX_PORT - CODE_LOCAL] = { "nix-port", KIND_FINDING, SEVERITY_ERROR, 85, 0, "",
	    "Root's ssh would take port 22 for the builder, which listens on another: the user's "
	    "own block says so, or it is nix-darwin's linux-builder on 31022. Add Port to root's "
	    "block." },
	[CODE_NIX_KEY - CODE_LOCAL] = { "nix-key", KIND_FINDING, SEVERITY_ERROR, 84, 0, "",
	    "The private key in the builder's line is not there, or root cannot read it." },
	[CODE_NIX_KEY_MODE - CODE_LOCAL] = { "nix-key-mode",
	    KIND_FINDING, SEVERITY_ERROR, 83, 0, "",
	    "The private key in the builder's line may be read by others, so ssh does not use "
	    "it. Its mode should be 600." },
	[CODE_NIX_KEY_ENCRYPTED - CODE_LOCAL] = { "nix-key-encrypted",
	    KIND_FINDING, SEVERITY_ERROR, 82, 0, "",
	    "The private key in the builder's line has a passphrase, and nix-daemon has nobody "
	    "to ask for it. Make a key without one for it." },
	[CODE_NIX_HOST_KEY - CODE_LOCAL] = { "nix-host-key",
	    KIND_FINDING, SEVERITY_ERROR, 81, 0, "",
	    "Column 8 of the builder's line, or publicHostKey, is not a host key. It is the base64 "
	    "form of the whole line in ssh_host_ed25519_key.pub: base64 -w0 FILE." },
	[CODE_NIX_HOST_KEY_ALIAS - CODE_LOCAL] = { "nix-host-key-alias",
	    KIND_FINDING, SEVERITY_ERROR, 79, 0, "",
	    "Nix pins the host key to the name in the builder's URI, and root's ssh looks for it "
	    "under its HostName or HostKeyAlias, so the key counts as unknown. Set HostKeyAlias "
	    "in root's block to the name in the URI." },
	[CODE_NIX_HOST_KEY_UNKNOWN - CODE_LOCAL] = { "nix-host-key-unknown",
	    KIND_FINDING, SEVERITY_ERROR, 78, 0, "",
	    "The builder's line has no host key, and root does not know it either; nix-daemon "
	    "cannot ask, so ssh refuses the builder. Pin it in column 8, or accept it once as "
	    "root." },
	[CODE_NIX_HOST_KEY_CHANGED - CODE_LOCAL] = { "nix-host-key-changed",
	    KIND_FINDING, SEVERITY_ERROR, 79, 0, "",
	    "The builder shows another host key than the one in column 8 of its line "
	    "(publicHostKey), or than those that root's ssh knows for it, such as "
	    "programs.ssh.knownHosts; so ssh refuses it. It was installed anew, or another machine "
	    "answers. Compare the keys on its console, then correct the line." },
	[CODE_NIX_PROXY_RELATIVE - CODE_LOCAL] = { "nix-proxy-relative",
	    KIND_FINDING, SEVERITY_ERROR, 77, 0, "",
	    "The ProxyCommand for the builder is not in a folder that nix-daemon looks in, or is "
	    "no program. Write its whole path." },
	[CODE_NIX_LOCALHOST - CODE_LOCAL] = { "nix-localhost",
	    KIND_FINDING, SEVERITY_WARNING, 50, 0, "",
	    "Nix uses no ssh for a builder named localhost, but builds on this machine itself; "
	    "releases 2.31.0 to 2.31.2 do so with a user or a port in the URI, too. Give it a "
	    "name of its own in root's ssh configuration." },
	[CODE_NIX_CONTROL - CODE_LOCAL] = { "nix-control",
	    KIND_FINDING, SEVERITY_WARNING, 48, 0, "",
	    "Connections to the builder are shared (ControlMaster): Nix 2.15 hangs or finds a "
	    "protocol mismatch with that, and with any Nix a shared connection that has died "
	    "hangs every build. Set ControlMaster no and ControlPath none for it." },
	[CODE_NIX_MACHINES_UNEXPECTED - CODE_LOCAL] = { "nix-machines-unexpected",
	    KIND_FINDING, SEVERITY_WARNING, 46, 0, "",
	    "A line in Nix's list of builders has more columns than count, or a speed that Nix "
	    "before 2.20 does not take." },
	[CODE_NIX_SSHOPTS - CODE_LOCAL] = { "nix-sshopts", KIND_FINDING, SEVERITY_NOTE, 20, 0, "",
	    "NIX_SSHOPTS is set here, and nix-daemon, which connects to builders, does not see "
	    "it. Write it as a block of root's ssh configuration, or set it in the daemon's "
	    "environment." },
	[CODE_NIX_UNSEEN - CODE_LOCAL] = { "nix-unseen", KIND_FINDING, SEVERITY_NOTE, 14, 0, "",
	    "Nix-daemon runs ssh as root, and whether root's ssh can reach the builder is not to "
	    "be seen by another user: root's home is closed. sudo meshssh --doctor HOST looks at "
	    "it, and at the configuration of the user who called sudo." },
	[CODE_NIX_NG_SILENT - CODE_LOCAL] = { "nix-ng-silent",
	    KIND_FINDING, SEVERITY_NOTE, 12, 0, "",
	    "With ssh-ng the reason for which ssh failed is only in the log of nix-daemon. sudo "
	    "meshssh --why tells what meshssh saw; sudo ssh HOST true shows the rest." },
	[CODE_NIX_ALIVE - CODE_LOCAL] = { "nix-alive", KIND_FINDING, SEVERITY_NOTE, 11, 0, "",
	    "Neither Nix nor root's ssh sets a time limit for the builder, so a build waits for "
	    "ever on a dead link. Set ServerAliveInterval and ConnectTimeout for it." },
	[CODE_TUNNEL_IN_TUNNEL - CODE_LOCAL] = { "tunnel-in-tunnel",
	    KIND_FINDING, SEVERITY_WARNING, 40, 0, "",
	    "A full packet of the mesh (1280 bytes, and 60 around it) does not fit into the "
	    "interface that leads to the router. Large packets are cut into pieces or vanish, "
	    "and ssh hangs while small ones pass. In WSL raise the MTU of eth0 (ip link set dev "
	    "eth0 mtu 1500); elsewhere raise that of the outer interface, or lower that of the "
	    "tunnel." },
	[CODE_WSL_JUMBO - CODE_LOCAL] = { "wsl-jumbo", KIND_FINDING, SEVERITY_WARNING, 40, 0, "",
	    "In mirrored mode WSL takes over the MTU of each adapter of Windows, and one of them "
	    "says more than 1500 bytes, as VPN adapters do. Packets of that size get lost "
	    "without a word. Set the MTU of the interface to 1500, in WSL or in Windows." },
	[CODE_JUMBO - CODE_LOCAL] = { "jumbo", KIND_FINDING, SEVERITY_NOTE, 5, 0, "",
	    "The interface to the router takes packets of more than 1500 bytes. That is in order "
	    "where the whole network does so and the router tells of smaller links. If large "
	    "packets get lost, set the MTU to 1500." },
	[CODE_WSL_FALLBACK - CODE_LOCAL] = { "wsl-fallback",
	    KIND_FINDING, SEVERITY_WARNING, 30, 0, "",
	    "WSL's network is in another mode than networkingMode in .wslconfig asks for. WSL "
	    "falls back to another mode when Windows cannot do what is asked, and .wslconfig is "
	    "read only when WSL starts. Run wsl --shutdown in Windows, start WSL again and read "
	    "its warnings." },
	[CODE_NO_TUN - CODE_LOCAL] = { "no-tun", KIND_FINDING, SEVERITY_NOTE, 5, 0, "",
	    "In this container /dev/net/tun cannot be opened, so that tailscaled can work there "
	    "in userspace-networking mode only. meshssh works with that mode; programs that "
	    "connect directly do not reach the mesh." },
	[CODE_RTO_MAX - CODE_LOCAL] = { "rto-max", KIND_FINDING, SEVERITY_NOTE, 1, 0, "",
	    "After an outage, this machine sends again after about as long as the outage took, "
	    "up to two minutes, whatever the client does. net.ipv4.tcp_rto_max_ms=2000 (Linux "
	    "6.15) makes that 2 seconds. tcp_retries2 counts the attempts: with 255, sessions "
	    "end after 8 minutes, with less sooner. Put both into /etc/sysctl.d, apply it, and "
	    "restart sshd." },
	[CODE_RESUME_UNREACHABLE - CODE_LOCAL] = { "resume-unreachable",
	    KIND_FINDING, SEVERITY_WARNING, 35, 0, "",
	    "The host's sshd says that sessions can be resumed at a port of meshssh-serve, and "
	    "that port takes no connection from here, or does not answer as meshssh-serve does. A "
	    "firewall or the mesh's access rules drop it, its socket is not started, or another "
	    "service has the port. Sessions end with their connection. On the host: systemctl "
	    "status meshssh.socket; then let the firewall and the rules accept the port, or use "
	    "meshssh --resume=ssh." },
	[CODE_ALIVE_ENDS_HELD - CODE_LOCAL] = { "alive-ends-held",
	    KIND_FINDING, SEVERITY_NOTE, 21, 0, "",
	    "Sessions are held while there is no connection, but one side counts the answers that "
	    "do not come and ends the session: ssh by ServerAliveInterval, or sshd by "
	    "ClientAliveInterval. Set the first to 0 for hosts with meshssh-serve (meshssh-config "
	    "install HOST writes it), but not for a builder of Nix, whose builds would hang; and "
	    "the other for sessions of meshssh-serve (meshssh-config serve --install)." },
	[CODE_FDPASS_NO_RESUME - CODE_LOCAL] = { "fdpass-no-resume",
	    KIND_FINDING, SEVERITY_NOTE, 20, 0, "",
	    "With --fdpass and ProxyUseFdpass, ssh has the connection itself, and the session ends "
	    "with it. The host has meshssh-serve: without both, its sessions would outlive their "
	    "connections." },
	[CODE_SOURCE_LOCAL - CODE_LOCAL] = { "source-local",
	    KIND_FINDING, SEVERITY_WARNING, 45, 0, "",
	    "meshssh-serve connects to sshd from an address of loopback (--source=hash or "
	    "--source=loopback), and sshd_config gives clients of loopback something of their "
	    "own. Whoever reaches the port of meshssh-serve gets that, too. Use --source=client, "
	    "with which sshd sees the true address, or take that Match out." },
	[CODE_SERVE_OPEN - CODE_LOCAL] = { "serve-open", KIND_FINDING, SEVERITY_NOTE, 19, 0, "",
	    "meshssh-serve listens at an address that is not the mesh's. Whoever reaches it can "
	    "talk to sshd there, as on sshd's own port. If that is not intended, let "
	    "meshssh.socket listen at the mesh's addresses alone: meshssh-config serve --install." },
	[CODE_SSHD_DOWN - CODE_LOCAL] = { "sshd-down", KIND_FINDING, SEVERITY_WARNING, 30, 0, "",
	    "No sshd listens on this machine, on none of the ports that its configuration names. "
	    "If systemd should have started it, systemctl status and sshd -t say why it did not." },
	[CODE_SSHD_LOOPBACK_ONLY - CODE_LOCAL] = { "sshd-loopback-only",
	    KIND_FINDING, SEVERITY_NOTE, 30, 0, "",
	    "sshd listens on loopback alone, so that no other machine can connect to it. It is a "
	    "warning where this machine is in a mesh. Remove ListenAddress from sshd_config; an "
	    "address of the mesh there would keep sshd from starting before the mesh does." },
	[CODE_SSHD_NOT_LOOPBACK - CODE_LOCAL] = { "sshd-not-loopback",
	    KIND_FINDING, SEVERITY_WARNING, 35, 0, "",
	    "tailscaled runs in userspace-networking mode and passes the mesh's connections on "
	    "to loopback, where sshd does not listen. They are refused. Add ListenAddress "
	    "127.0.0.1 to sshd_config." },
	[CODE_SSHD_HOST_KEY_MODES - CODE_LOCAL] = { "sshd-host-key-modes",
	    KIND_FINDING, SEVERITY_WARNING, 25, 0, "",
	    "A host key of sshd is readable by others than its owner, and sshd does not use it; "
	    "without any key it does not start. Run chmod 600 on the file." },
	[CODE_AUTHORIZED_KEYS_MODES - CODE_LOCAL] = { "authorized-keys-modes",
	    KIND_FINDING, SEVERITY_WARNING, 25, 0, "",
	    "The user's authorized_keys, its folder or the home belongs to another user or may "
	    "be written by others, so sshd does not use the keys (StrictModes). Run chmod go-w "
	    "on what is named." },
	[CODE_FIREWALL_NO_INTERFACE - CODE_LOCAL] = { "firewall-no-interface",
	    KIND_FINDING, SEVERITY_NOTE, 20, 0, "",
	    "The firewall's configuration has a rule for an interface of a mesh that does not "
	    "exist, so the rule never applies. In userspace-networking mode there is no such "
	    "interface, and connections from the mesh arrive on loopback; otherwise start what "
	    "makes the interface, or correct the name." },
	[CODE_WINDOWS_PORTPROXY - CODE_LOCAL] = { "windows-portproxy",
	    KIND_FINDING, SEVERITY_WARNING, 25, 0, "",
	    "Windows passes a port on to an address in WSL's network that this WSL does not "
	    "have. The address changes when WSL starts. Set the port proxy again with the "
	    "address that hostname -I prints, or use mirrored mode, which needs none." },
	[CODE_WINDOWS_ADMIN_KEYS - CODE_LOCAL] = { "windows-admin-keys",
	    KIND_FINDING, SEVERITY_NOTE, 5, 0, "",
	    "OpenSSH for Windows reads the keys of administrators from "
	    "C:\\ProgramData\\ssh\\administrators_authorized_keys alone, and that file is not "
	    "there. Keys in the .ssh folder of an administrator do not count. Make the file, and "
	    "let only Administrators and SYSTEM have access to it." },
};
