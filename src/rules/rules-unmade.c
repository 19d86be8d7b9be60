/* SPDX-License-Identifier: ISC */
/* Rules: who has said that a connection cannot be made, and whose network an address is in. */

#include <string.h>

#include "base/json.h"
#include "base/shell.h"
#include "facts/query.h"
#include "rules/rules.h"

/* What an ICMP message comes to, and from whom; "" ends the cures. */
static const struct unmade {
	enum code	code;		/* CODE_NONE ends them */
	char		said_by[8];
	enum certainty	certainty;
	char		cause[120];
	char		cure[2][120];
} unmades[] = {
	{ CODE_PATH_FIREWALL, "other", CERTAINTY_SURE,
	    "A firewall on the way turns the connection away; the host did not see it.",
	    { "Ask who runs the machine with this address to let the port pass.",
	    "Or take another way: ProxyJump through a host beyond it, or the mesh." } },
	{ CODE_HOST_ABSENT, "own", CERTAINTY_SURE,
	    "No machine on this network answers for the address: the host is off, asleep, or has another address now.",
	    { "Switch it on, or wake it.",
	    "If it is on, look up its address there or in the router's list, and correct HostName or /etc/hosts." } },
	{ CODE_HOST_OFF, "other", CERTAINTY_SURE,
	    "A router says that it cannot reach the host: it is off, asleep, or has another address now.",
	    { "Switch it on, or wake it.",
	    "If it is on, look up its address there, and correct HostName, /etc/hosts or the DNS." } },
	{ CODE_HOST_OFF, "host", CERTAINTY_LIKELY,
	    "What has this address forwards the port to a machine that it cannot reach.",
	    { "Is the machine behind it on, and is the forwarding to its address of today?", "" } },
	{ CODE_ROUTER_NO_ROUTE, "other", CERTAINTY_SURE,
	    "A router on the way does not know where the host's network is.",
	    { "Is the address right, and the link or VPN behind that router up?",
	    "If another router should have it: ip route get ADDRESS shows which one this machine uses." } },
	{ CODE_NONE, "", CERTAINTY_SURE, "", { "", "" } }
};

static int
check_unmade(const json_t *facts, struct finding *f)
{
	const struct unmade	*u = unmades;
	struct query_attempt	 a;
	const char		*detail, *interface, *said_by;
	int			 i;

	/* Where only tailscaled has a way, its own rules say what is wrong with it. */
	if ((query_mesh(facts) == 1 && !query_kernel(facts)) ||
	    !query_ended(facts, code_row(f->rule->code)->name, &a))
		return (0);
	/* Where no messages are shown, a host is absent by this system's own word. */
	said_by = json_text_at(a.row, "said_by");
	while (u->code != CODE_NONE && (u->code != f->rule->code ||
	    strcmp(said_by != NULL ? said_by : "own", u->said_by) != 0))
		u++;
	if (u->code == CODE_NONE)
		return (0);
	detail = json_text_at(a.row, "detail");
	interface = json_text_at(a.row, "interface");
	f->certainty = u->certainty;
	finding_set(f->cause, "%s", u->cause);
	if (u->code == CODE_HOST_ABSENT)
		finding_set(f->evidence, "%s: no answer on the network of %.16s in %d ms", a.text,
		    interface != NULL ? interface : "an interface of ours", a.ms);
	else
		finding_set(f->evidence, "%s: %.90s, after %d ms", a.text,
		    detail != NULL ? detail : "an ICMP message", a.ms);
	for (i = 0; i < 2 && u->cure[i][0] != '\0'; i++)
		finding_cure(f, "%s", u->cure[i]);
	if (u->code == CODE_HOST_ABSENT && interface != NULL)
		finding_cure(f,
		    "If it is elsewhere, behind a VPN for example: the network of %.16s has the same addresses, and takes it.",
		    interface);
	return (1);
}

/* Terminal and sshd are free of it, whatever is started there. */
static int
check_local_network(const json_t *facts, struct finding *f)
{
	struct query_attempt	 a;
	const char		*interface;

	if (!query_ended(facts, "local-network", &a))
		return (0);
	interface = json_text_at(a.row, "interface");
	finding_set(f->cause,
	    "macOS does not let this program reach the hosts of its own network: the app that it was started from is not allowed to.");
	finding_set(f->evidence, "%s: no route to host, told in %d ms, though it is in the network of %.16s",
	    a.text, a.ms, interface != NULL ? interface : "an interface of ours");
	finding_cure(f, "Allow the app in System Settings, Privacy & Security, Local Network; then quit and start it again.");
	finding_cure(f, "Or run ssh in Terminal, which is free of this; a launch agent is not, a launch daemon is.");
	return (1);
}

/* Networks within this machine, by the names that their interfaces have by default. */
static const struct inner {
	char	interface[12];		/* before a hexadecimal number; "" ends them */
	char	whose[12];
	char	cure[110];
} inners[] = {
	{ "docker", "Docker", "bip and default-address-pools in /etc/docker/daemon.json" },
	{ "br-", "Docker", "default-address-pools in /etc/docker/daemon.json" },
	{ "virbr", "libvirt", "sudo virsh net-edit default" },
	{ "lxcbr", "LXC", "LXC_ADDR and LXC_NETWORK in /etc/default/lxc-net" },
	{ "lxdbr", "LXD", "lxc network set lxdbr0 ipv4.address" },
	{ "incusbr", "Incus", "incus network set incusbr0 ipv4.address" },
	{ "podman", "Podman", "default_subnet in /etc/containers/containers.conf" },
	{ "cni-podman", "Podman", "the files in /etc/cni/net.d" },
	{ "cni", "Kubernetes", "the files in /etc/cni/net.d" },
	{ "vboxnet", "VirtualBox", "the host-only networks of VirtualBox" },
	{ "vmnet", "VMware", "the virtual network editor of VMware" },
	{ "", "", "" }
};

static int
inner_is(const struct inner *row, const char *interface)
{
	size_t	len = strlen(row->interface);

	return (strncmp(interface, row->interface, len) == 0 &&
	    interface[len + strspn(interface + len, "0123456789abcdef")] == '\0');
}

/* Whose network the interface leads to, or NULL if it may be any. */
static const struct inner *
inner_find(const json_t *facts, const char *interface)
{
	static const struct inner	 wsl = { "eth0", "WSL",
					    "networkingMode=mirrored in .wslconfig on Windows; then wsl --shutdown" };
	const struct inner		*row = inners;

	if (json_number_at(facts, "system.wsl", 0) == 2 &&
	    query_is(facts, "system.wsl_mode", "nat") && strcmp(interface, "eth0") == 0)
		return (&wsl);
	while (row->interface[0] != '\0' && !inner_is(row, interface))
		row++;
	return (row->interface[0] != '\0' ? row : NULL);
}

/* The address was meant for another network than the one of this machine's own that takes it. */
static int
check_overlap(const json_t *facts, struct finding *f)
{
	const struct inner	*inner = NULL;
	const json_t		*row;
	const char		*address, *interface;
	const char		*gateway = json_text_at(facts, "net.gateway.address");
	size_t			 i;

	if (query_reached(facts) == 1)
		return (0);
	json_array_foreach(json_at(facts, "connect.addresses"), i, row)
		if ((interface = json_text_at(row, "interface")) != NULL &&
		    (address = json_text_at(row, "address")) != NULL &&
		    json_text_at(row, "gateway") == NULL &&
		    (gateway == NULL || strcmp(gateway, address) != 0) &&
		    (inner = inner_find(facts, interface)) != NULL)
			break;
	if (inner == NULL)
		return (0);
	/* What answers may well be what is meant. */
	if (!query_is(row, "error", "host-absent")) {
		f->severity = SEVERITY_NOTE;
		f->certainty = CERTAINTY_SUSPECTED;
	}
	finding_set(f->cause,
	    "The address is in a network of %s on this machine, so packets to it do not go anywhere else.",
	    inner->whose);
	finding_set(f->evidence, "%.60s is in the network of %.16s", address, interface);
	finding_cure(f, "If it is meant: does the machine or container run that has this address?");
	finding_cure(f, "If a host elsewhere is meant, give the network here other addresses: %s",
	    inner->cure);
	finding_cure(f, "Or, for this host alone: %sip route add %s dev INTERFACE-TO-THE-HOST",
	    query_sudo(facts), SHELL_QUOTED(address));
	return (1);
}

#define UNMADE(which) \
	{ .code = which, .certainty = CERTAINTY_SURE, \
	  .needs = { "connect.addresses" }, .under = { CODE_HOSTS_STALE }, .check = check_unmade }

const struct rule rules_unmade[] = {
	UNMADE(CODE_PATH_FIREWALL),
	UNMADE(CODE_HOST_ABSENT),
	UNMADE(CODE_HOST_OFF),
	UNMADE(CODE_ROUTER_NO_ROUTE),
	{ .code = CODE_LOCAL_NETWORK, .certainty = CERTAINTY_LIKELY,
	  .needs = { "connect.addresses" }, .check = check_local_network },
	{ .code = CODE_NETWORK_OVERLAP, .certainty = CERTAINTY_LIKELY,
	  .needs = { "connect.addresses" }, .check = check_overlap },
	{ .code = CODE_NONE }
};
