/* SPDX-License-Identifier: ISC */
/* Rules: this machine and its sshd. */

#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "base/shell.h"
#include "facts/query.h"
#include "rules/rules.h"

#define OUTER_BYTES	60	/* IPv4, UDP and WireGuard around a packet */
#define TAILSCALE_OUTER	1360	/* what Tailscale reckons with: the same around 1280, over IPv6 */
#define ETHERNET_MTU	1500
#define RTO_MS		200	/* after which the kernel sends again first */
#define RTO_LIMIT_MS	120000	/* it takes no more for net.ipv4.tcp_rto_max_ms */
#define RTO_MAX_MS	2000	/* what a server should have */
#define RETRIES		255	/* with that; the kernel takes no more */
#define OUTAGE_MS	240000	/* a session should outlast that */

static int
is_mesh_tunnel(const json_t *interface)
{
	const char	*name = json_text_at(interface, "name");

	return (name != NULL && json_truth_at(interface, "up") == 1 &&
	    json_truth_at(interface, "tunnel") == 1 && strncmp(name, "tailscale", 9) == 0);
}

static int
check_tunnel_in_tunnel(const json_t *facts, struct finding *f)
{
	const json_t	*interface;
	const char	*outer = json_text_at(facts, "net.gateway.interface"), *name;
	int		 outer_mtu = (int)json_number_at(facts, "net.gateway.mtu", 0), mtu;
	size_t		 i;

	json_array_foreach(json_at(facts, "net.interfaces"), i, interface) {
		name = json_text_at(interface, "name");
		mtu = (int)json_number_at(interface, "mtu", 0);
		if (!is_mesh_tunnel(interface) || mtu == 0 || outer_mtu == 0 || outer == NULL ||
		    strcmp(name, outer) == 0 || mtu + OUTER_BYTES <= outer_mtu)
			continue;
		finding_set(f->cause,
		    "A full packet of the mesh does not fit into one of %s, which carries it.",
		    outer);
		finding_set(f->evidence,
		    "%s has an MTU of %d, with %d bytes around it that is %d; %s has %d", name, mtu,
		    OUTER_BYTES, mtu + OUTER_BYTES, outer, outer_mtu);
		/* In WSL the small number is that of some adapter of Windows, not of the way. */
		if (json_number_at(facts, "system.wsl", 0) == 2)
			finding_cure(f, "%sip link set dev %s mtu %d", query_sudo(facts),
			    SHELL_QUOTED(outer), ETHERNET_MTU);
		else
			finding_cure(f, "Raise the MTU of %s to %d if its network bears that.",
			    outer, TAILSCALE_OUTER);
		finding_cure(f, "Or, without IPv6 in the mesh: %sip link set dev %s mtu %d",
		    query_sudo(facts), SHELL_QUOTED(name), outer_mtu - (TAILSCALE_OUTER - 1280));
		return (1);
	}
	return (0);
}

static int
check_wsl_jumbo(const json_t *facts, struct finding *f)
{
	const json_t	*interface;
	const char	*name;
	int		 mtu;
	size_t		 i;

	if (!query_is(facts, "system.wsl_mode", "mirrored"))
		return (0);
	json_array_foreach(json_at(facts, "net.interfaces"), i, interface) {
		name = json_text_at(interface, "name");
		mtu = (int)json_number_at(interface, "mtu", 0);
		/* "lo" and WSL's "loopback0" stay within the machine. */
		if (name == NULL || strncmp(name, "lo", 2) == 0 ||
		    json_truth_at(interface, "up") != 1 || mtu <= ETHERNET_MTU)
			continue;
		finding_set(f->cause,
		    "WSL mirrors an adapter of Windows that takes larger packets than its network does.");
		finding_set(f->evidence, "%s has an MTU of %d in mirrored mode", name, mtu);
		finding_cure(f, "%sip link set dev %s mtu %d", query_sudo(facts),
		    SHELL_QUOTED(name), ETHERNET_MTU);
		finding_cure(f,
		    "In Windows, as administrator: netsh interface ipv4 set subinterface \"NAME\" mtu=%d "
		    "store=persistent", ETHERNET_MTU);
		return (1);
	}
	return (0);
}

static int
check_jumbo(const json_t *facts, struct finding *f)
{
	const char	*name = json_text_at(facts, "net.gateway.interface");
	int		 mtu = (int)json_number_at(facts, "net.gateway.mtu", 0);

	if (name == NULL || mtu <= ETHERNET_MTU)
		return (0);
	finding_set(f->cause,
	    "The interface to the router takes larger packets than most of the internet does.");
	finding_set(f->evidence, "%s has an MTU of %d", name, mtu);
	finding_cure(f, "If large packets get lost: %sip link set dev %s mtu %d", query_sudo(facts),
	    SHELL_QUOTED(name), ETHERNET_MTU);
	return (1);
}

/* The same mode, whatever its name was in that release. */
static int
same_mode(const char *a, const char *b)
{
	static const char	renamed[][12] = { "virtioproxy", "consomme" };

	return (strcmp(a, b) == 0 || ((strcmp(a, renamed[0]) == 0 || strcmp(a, renamed[1]) == 0) &&
	    (strcmp(b, renamed[0]) == 0 || strcmp(b, renamed[1]) == 0)));
}

static int
check_wsl_fallback(const json_t *facts, struct finding *f)
{
	const char	*is = json_text_at(facts, "system.wsl_mode");
	const char	*wanted = json_text_at(facts, "system.wsl_mode_wanted");

	if (is == NULL || wanted == NULL || same_mode(is, wanted))
		return (0);
	if (!query_is(facts, "system.wsl_mode_source", "wslinfo"))
		f->certainty = CERTAINTY_SUSPECTED;
	finding_set(f->cause, "WSL's network is not in the mode that .wslconfig asks for.");
	finding_set(f->evidence, ".wslconfig says networkingMode=%s, and it is %s", wanted, is);
	finding_cure(f,
	    "In Windows: wsl --shutdown, then start WSL again and read what it warns of.");
	if (strcmp(wanted, "mirrored") == 0)
		finding_cure(f,
		    "Mirrored mode needs Windows 11 22H2 or later; update WSL: wsl --update");
	return (1);
}

static int
check_no_tun(const json_t *facts, struct finding *f)
{
	const char	*container = json_text_at(facts, "system.container");

	/* Who asks about a host outside of the mesh need not know. */
	if (container == NULL || json_truth_at(facts, "system.tun") != 0 || query_mesh(facts) == 0)
		return (0);
	finding_set(f->cause,
	    "A tailscaled in this container can work in userspace-networking mode only.");
	finding_set(f->evidence, "container: %s; /dev/net/tun cannot be opened", container);
	finding_cure(f,
	    "It is enough for meshssh. For the other mode: --device /dev/net/tun --cap-add NET_ADMIN");
	return (1);
}

/* How long an outage is that ends a session: each attempt waits twice as long as the last. */
static int64_t
rto_outage(int64_t rto_max_ms, int64_t retries)
{
	int64_t	rto_ms = RTO_MS, outage_ms = 0, i;

	for (i = 0; i <= retries && i <= RETRIES; i++) {
		outage_ms += rto_ms < rto_max_ms ? rto_ms : rto_max_ms;
		rto_ms = rto_ms < rto_max_ms ? 2 * rto_ms : rto_ms;
	}
	return (outage_ms);
}

static int
check_rto_max(const json_t *facts, struct finding *f)
{
	int64_t	rto_max_ms = json_number_at(facts, "net.tcp_rto_max_ms", 0);
	int64_t	retries = json_number_at(facts, "net.tcp_retries2", 0), outage_ms;

	if (json_truth_at(facts, "sshd.running") != 1 || rto_max_ms < 1 ||
	    rto_max_ms > RTO_LIMIT_MS)
		return (0);
	outage_ms = rto_outage(rto_max_ms, retries);
	if (rto_max_ms <= 5 * RTO_MAX_MS && outage_ms >= OUTAGE_MS)
		return (0);
	if (outage_ms < OUTAGE_MS) {
		f->severity = SEVERITY_WARNING;
		finding_set(f->cause,
		    "An outage of %lld s ends every session with this machine.",
		    (long long)outage_ms / 1000);
	} else
		finding_set(f->cause,
		    "After an outage, sessions with this machine stand still for up to two minutes more.");
	finding_set(f->evidence, "net.ipv4.tcp_rto_max_ms is %lld, net.ipv4.tcp_retries2 %lld",
	    (long long)rto_max_ms, (long long)retries);
	if (query_nixos(facts))
		finding_cure(f, "In configuration.nix: boot.kernel.sysctl.\"net.ipv4.tcp_rto_max_ms\" = "
		    "%d, and \"net.ipv4.tcp_retries2\" = %d; then restart sshd.", RTO_MAX_MS, RETRIES);
	else
		finding_cure(f, "%ssysctl -w net.ipv4.tcp_retries2=%d net.ipv4.tcp_rto_max_ms=%d, the "
		    "same in /etc/sysctl.d, then restart sshd.", query_sudo(facts), RETRIES,
		    RTO_MAX_MS);
	return (1);
}

static int
check_sshd_down(const json_t *facts, struct finding *f)
{
	/* A machine that nobody is meant to log in to is as it should be. */
	if (json_truth_at(facts, "sshd.running") != 0 ||
	    json_truth_at(facts, "sshd.enabled") != 1 ||
	    json_truth_at(facts, "system.systemd") != 1)
		return (0);
	finding_set(f->cause, "No sshd listens on this machine, so nobody can log in through one.");
	finding_set(f->evidence,
	    "no listening socket on sshd's ports; systemd should start it at boot");
	finding_cure(f, "systemctl status ssh (or sshd)");
	finding_cure(f, "%ssshd -t says what is wrong with its configuration.", query_sudo(facts));
	return (1);
}

/* tailscaled on this machine gives to loopback what comes from the mesh. */
static int
mesh_by_loopback(const json_t *facts)
{
	return (query_is(facts, "tailscale.state", "up") &&
	    json_truth_at(facts, "tailscale.tun") == 0);
}

static int
check_sshd_loopback(const json_t *facts, struct finding *f)
{
	const char	*where = json_text_at(facts, "sshd.listens.0");

	if (where == NULL || json_truth_at(facts, "sshd.only_loopback") != 1 ||
	    mesh_by_loopback(facts))
		return (0);
	/*
	 * It may be meant so; where the mesh brings connections in by its interface, it hardly is.
	 */
	if (query_is(facts, "tailscale.state", "up"))
		f->severity = SEVERITY_WARNING;
	finding_set(f->cause, "The SSH server takes connections from this machine itself only.");
	finding_set(f->evidence, "it listens on %s", where);
	finding_cure(f, "%s, then restart sshd.", query_nixos(facts) ?
	    "Remove services.openssh.listenAddresses from configuration.nix" :
	    "Remove ListenAddress from sshd_config");
	return (1);
}

static int
check_sshd_no_loopback(const json_t *facts, struct finding *f)
{
	const char	*where = json_text_at(facts, "sshd.listens.0");

	if (where == NULL || json_truth_at(facts, "sshd.not_loopback") != 1 ||
	    !mesh_by_loopback(facts))
		return (0);
	finding_set(f->cause,
	    "sshd cannot be reached through the mesh: what comes from there arrives on loopback.");
	finding_set(f->evidence,
	    "tailscaled runs in userspace-networking mode, and sshd listens on %s", where);
	finding_cure(f, "%s, then restart sshd.", query_nixos(facts) ?
	    "Add { addr = \"127.0.0.1\"; } to services.openssh.listenAddresses in configuration.nix" :
	    "Add \"ListenAddress 127.0.0.1\" to sshd_config");
	return (1);
}

static int
check_host_key_modes(const json_t *facts, struct finding *f)
{
	const char	*file = json_text_at(facts, "sshd.host_key_open");

	if (file == NULL || json_truth_at(facts, "sshd.host_key_modes_ok") != 0)
		return (0);
	finding_set(f->cause,
	    "sshd does not take a host key of its own, because others may read it.");
	finding_set(f->evidence, "%s is open to group or others", file);
	finding_cure(f, "%schmod 600 %s", query_sudo(facts), SHELL_QUOTED(file));
	return (1);
}

static int
check_authorized_keys(const json_t *facts, struct finding *f)
{
	const char	*file = json_text_at(facts, "sshd.authorized_keys_open");

	if (file == NULL || json_truth_at(facts, "sshd.authorized_keys_mode_ok") != 0)
		return (0);
	finding_set(f->cause,
	    "sshd does not take this user's authorized_keys, because others may change it.");
	finding_set(f->evidence,
	    "%s is another user's, or others may write to it; StrictModes is on", file);
	finding_cure(f, "chmod go-w %s; ls -ld %s shows whose it is.", SHELL_QUOTED(file),
	    SHELL_QUOTED(file));
	return (1);
}

static int
check_firewall(const json_t *facts, struct finding *f)
{
	const char	*name = json_text_at(facts, "sshd.firewall_missing_interface");
	const char	*file = json_text_at(facts, "sshd.firewall_file");

	if (name == NULL || file == NULL)
		return (0);
	/* Elsewhere it may have been taken down on purpose. */
	if (strncmp(name, "tailscale", 9) == 0 && mesh_by_loopback(facts))
		f->severity = SEVERITY_WARNING;
	finding_set(f->cause,
	    "The firewall has a rule for an interface that is not there, so the rule never applies.");
	finding_set(f->evidence, "%s names %s; there is no such interface", file, name);
	if (mesh_by_loopback(facts))
		finding_cure(f,
		    "In userspace-networking mode the mesh comes in on loopback: the rule can go.");
	else
		finding_cure(f, "Start what makes %s, or correct the name in %s.", name, file);
	return (1);
}

static int
check_portproxy(const json_t *facts, struct finding *f)
{
	const char	*to = json_text_at(facts, "sshd.windows_portproxy.address");
	const char	*port = json_text_at(facts, "sshd.windows_portproxy.port");
	const char	*listen_address = json_text_at(facts,
			    "sshd.windows_portproxy.listen_address");
	const char	*listen_port = json_text_at(facts, "sshd.windows_portproxy.listen_port");

	if (to == NULL || port == NULL || listen_address == NULL || listen_port == NULL ||
	    json_truth_at(facts, "sshd.windows_portproxy.matches") != 0)
		return (0);
	finding_set(f->cause,
	    "The port proxy of Windows leads to an address that this WSL does not have, or no longer has.");
	finding_set(f->evidence, "Windows passes %s:%s on to %s:%s; no interface here has that",
	    listen_address, listen_port, to, port);
	finding_cure(f,
	    "In Windows, as administrator: netsh interface portproxy set v4tov4 listenaddress=%s "
	    "listenport=%s connectport=%s connectaddress=(what hostname -I says here)",
	    listen_address, listen_port, port);
	finding_cure(f,
	    "The address changes with each start of WSL: mirrored mode needs no port proxy.");
	return (1);
}

static int
check_windows_admin_keys(const json_t *facts, struct finding *f)
{
	if (json_truth_at(facts, "sshd.windows_admin_keys") != 0)
		return (0);
	finding_set(f->cause,
	    "The SSH server of Windows takes no keys for administrators: their file is missing.");
	finding_set(f->evidence,
	    "the sshd_config in C:\\ProgramData\\ssh names administrators_authorized_keys there");
	finding_cure(f,
	    "Put the public keys into C:\\ProgramData\\ssh\\administrators_authorized_keys (not ~/.ssh).");
	finding_cure(f,
	    "In Windows, as administrator: icacls.exe C:\\ProgramData\\ssh\\administrators_authorized_keys "
	    "/inheritance:r /grant \"*S-1-5-32-544:F\" /grant \"*S-1-5-18:F\"");
	return (1);
}

const struct rule rules_machine[] = {
	{
		.code = CODE_TUNNEL_IN_TUNNEL,
		.certainty = CERTAINTY_LIKELY,
		.needs = { "net.interfaces", "net.gateway.mtu" },
		.check = check_tunnel_in_tunnel,
		.matters = "net.own_tailnet"
	},
	{
		.code = CODE_WSL_JUMBO,
		.certainty = CERTAINTY_LIKELY,
		.needs = { "system.wsl_mode", "net.interfaces" },
		.check = check_wsl_jumbo
	},
	{
		.code = CODE_JUMBO,
		.certainty = CERTAINTY_SUSPECTED,
		.needs = { "net.gateway.mtu" },
		.under = { CODE_WSL_JUMBO },
		.check = check_jumbo
	},
	{
		.code = CODE_WSL_FALLBACK,
		.certainty = CERTAINTY_LIKELY,
		.needs = { "system.wsl_mode", "system.wsl_mode_wanted" },
		.check = check_wsl_fallback
	},
	{
		.code = CODE_NO_TUN,
		.certainty = CERTAINTY_SURE,
		.needs = { "system.tun" },
		.check = check_no_tun
	},
	{
		.code = CODE_RTO_MAX,
		.certainty = CERTAINTY_SURE,
		.needs = { "net.tcp_rto_max_ms", "net.tcp_retries2", "sshd.running" },
		.check = check_rto_max
	},
	{
		.code = CODE_SSHD_DOWN,
		.certainty = CERTAINTY_SURE,
		.needs = { "sshd.running" },
		.check = check_sshd_down,
		.matters = "sshd.enabled"
	},
	{
		.code = CODE_SSHD_LOOPBACK_ONLY,
		.certainty = CERTAINTY_SURE,
		.needs = { "sshd.only_loopback" },
		.check = check_sshd_loopback
	},
	{
		.code = CODE_SSHD_NOT_LOOPBACK,
		.certainty = CERTAINTY_SURE,
		.needs = { "sshd.not_loopback", "tailscale.state" },
		.check = check_sshd_no_loopback
	},
	{
		.code = CODE_SSHD_HOST_KEY_MODES,
		.certainty = CERTAINTY_SURE,
		.needs = { "sshd.host_key_modes_ok" },
		.check = check_host_key_modes
	},
	{
		.code = CODE_AUTHORIZED_KEYS_MODES,
		.certainty = CERTAINTY_SURE,
		.needs = { "sshd.authorized_keys_mode_ok" },
		.check = check_authorized_keys
	},
	{
		.code = CODE_FIREWALL_NO_INTERFACE,
		.certainty = CERTAINTY_LIKELY,
		.needs = { "sshd.firewall_missing_interface" },
		.check = check_firewall
	},
	{
		.code = CODE_WINDOWS_PORTPROXY,
		.certainty = CERTAINTY_LIKELY,
		.needs = { "sshd.windows_portproxy.matches" },
		.check = check_portproxy
	},
	{
		.code = CODE_WINDOWS_ADMIN_KEYS,
		.certainty = CERTAINTY_SURE,
		.needs = { "sshd.windows_admin_keys" },
		.check = check_windows_admin_keys
	},
	{ .code = CODE_NONE }
};
