/* SPDX-License-Identifier: ISC */
/* Emitter: lines of .wslconfig and wsl.conf. */

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "emit/emit-hosts.h"
#include "emit/emit.h"
#include "facts/query.h"

#define MESH_MTU	1280
#define OUTER_BYTES	60	/* IPv4, UDP and WireGuard around a packet */
#define ETHERNET_MTU	1500
#define NAME_MAX_BYTES	15	/* of an interface */

/* What is to be changed, and why: each text is NULL if there is nothing. */
struct wsl {
	const char	*mode;		/* networkingMode */
	const char	*mode_why;
	int		 serves;	/* a server shall live on when nobody looks */
	int		 systemd;	/* it is to be switched on */
	int		 restart;	/* it is, and does not run yet */
	int		 command;	/* wsl.conf has one */
	int		 too_early;	/* for systemd, if it is to start a service */
	const char	*interface;	/* whose MTU is to be 1500 */
	int		 is_set;	/* by that command */
	char		 interface_why[160];
};

static int
serves(const json_t *facts)
{
	return (json_truth_at(facts, "sshd.enabled") == 1 ||
	    json_truth_at(facts, "sshd.running") == 1);
}

/* Windows did not give what .wslconfig asks for, and WSL itself says so. */
static int
fell_back(const json_t *facts)
{
	return (query_is(facts, "system.wsl_mode_wanted", "mirrored") &&
	    query_is(facts, "system.wsl_mode_source", "wslinfo") &&
	    !query_is(facts, "system.wsl_mode", "mirrored"));
}

/*
 * Which network fits: the first row whose question is answered with yes; if none is, what there is
 * fits.
 */
static const struct wsl_mode {
	char	name[12];
	int	(*fits)(const json_t *);
	char	why[184];
} modes[] = {
	{ "nat", query_kernel,
	    "tailscaled runs in here: mirrored, its packets would leave by adapters whose MTU Windows sets" },
	{ "nat", fell_back,
	    "Windows does not give mirrored mode (it needs Windows 11 22H2, and wsl --update)" },
	{ "mirrored", serves,
	    "sshd in here is reached at the addresses of Windows, without a port proxy; Hyper-V's\n"
	    "# firewall, which does not let it in, is opened by: meshssh-config windows --forward=PORT" },
	{ "", NULL, "" }
};

static void
choose_mode(struct wsl *wsl, const json_t *facts)
{
	const struct wsl_mode	*mode;

	for (mode = modes; mode->name[0] != '\0' && !mode->fits(facts); mode++)
		continue;
	if (mode->name[0] == '\0' || query_is(facts, "system.wsl_mode", mode->name))
		return;
	wsl->mode = mode->name;
	wsl->mode_why = mode->why;
}

/* The name goes into a command. */
static int
plain_interface(const char *name)
{
	size_t	len = name != NULL ? strlen(name) : 0;

	return (len > 0 && len <= NAME_MAX_BYTES && name[0] != '-' && strspn(name,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == len);
}

/* The size of the mesh's packets, by a tailscaled in here; 0 if there is none. */
static int
mesh_mtu(const json_t *facts)
{
	const json_t	*interface;
	const char	*name;
	size_t		 i;
	int		 mtu, most = query_is(facts, "tailscale.state", "up") ? MESH_MTU : 0;

	json_array_foreach(json_at(facts, "net.interfaces"), i, interface) {
		name = json_text_at(interface, "name");
		mtu = (int)json_number_at(interface, "mtu", 0);
		if (name != NULL && strncmp(name, "tailscale", 9) == 0 &&
		    json_truth_at(interface, "up") == 1 &&
		    json_truth_at(interface, "tunnel") == 1 && mtu > most &&
		    mtu <= ETHERNET_MTU - OUTER_BYTES)
			most = mtu;
	}
	return (most);
}

/* A packet of the mesh that does not fit into what carries it. */
static void
choose_outer(struct wsl *wsl, const json_t *facts)
{
	const char	*name = json_text_at(facts, "net.gateway.interface");
	int		 mtu = (int)json_number_at(facts, "net.gateway.mtu", 0),
			    inner = mesh_mtu(facts);

	if (name == NULL || mtu == 0) {
		name = "eth0";
		mtu = (int)json_number_at(facts, "net.eth0_mtu", 0);
	}
	if (inner == 0 || mtu == 0 || inner + OUTER_BYTES <= mtu || !plain_interface(name) ||
	    strncmp(name, "tailscale", 9) == 0)
		return;
	wsl->interface = name;
	snprintf(wsl->interface_why, sizeof(wsl->interface_why),
	    "%s has an MTU of %d, and a packet of the mesh takes %d bytes in it: large ones get lost",
	    name, mtu, inner + OUTER_BYTES);
}

/* An adapter of Windows that says more than its network takes, taken over by mirrored mode. */
static void
choose_jumbo(struct wsl *wsl, const json_t *facts)
{
	const json_t	*interface;
	const char	*name;
	size_t		 i;
	int		 mtu;

	json_array_foreach(json_at(facts, "net.interfaces"), i, interface) {
		name = json_text_at(interface, "name");
		mtu = (int)json_number_at(interface, "mtu", 0);
		if (wsl->interface != NULL || !plain_interface(name) ||
		    strncmp(name, "lo", 2) == 0 || json_truth_at(interface, "up") != 1 ||
		    mtu <= ETHERNET_MTU)
			continue;
		wsl->interface = name;
		snprintf(wsl->interface_why, sizeof(wsl->interface_why),
		    "%s has an MTU of %d, taken over from Windows: most networks take 1500", name,
		    mtu);
	}
}

static void
choose(struct wsl *wsl, const json_t *facts)
{
	memset(wsl, 0, sizeof(*wsl));
	choose_mode(wsl, facts);
	wsl->serves = serves(facts);
	wsl->systemd = json_truth_at(facts, "sshd.enabled") == 1 &&
	    json_truth_at(facts, "system.systemd") == 0;
	wsl->restart = wsl->systemd && json_truth_at(facts, "system.wsl_boot.systemd") == 1;
	wsl->command = json_truth_at(facts, "system.wsl_boot.command") == 1;
	choose_outer(wsl, facts);
	if (wsl->interface == NULL && query_is(facts, "system.wsl_mode", "mirrored"))
		choose_jumbo(wsl, facts);
	wsl->too_early = wsl->command && json_at(facts, "system.wsl_boot.mtu") == NULL &&
	    (wsl->systemd || json_truth_at(facts, "system.wsl_boot.systemd") == 1);
	wsl->is_set = wsl->interface != NULL && query_is(facts, "system.wsl_boot.interface",
	    wsl->interface) && json_number_at(facts, "system.wsl_boot.mtu", 0) == ETHERNET_MTU;
}

/*
 * What suits any: a server that lives on, at the addresses of Windows; the MTU only as an example.
 */
static const struct wsl	generic = {
	.mode = "mirrored",
	.mode_why = "servers in WSL are reached at the addresses of Windows, without a port proxy (Windows 11 22H2); Hyper-V's\n"
	    "# firewall, which does not let them in, is opened by: meshssh-config windows --forward=PORT",
	.serves = 1,
	.systemd = 1,
	.interface = "eth0",
	.interface_why = "only where tailscaled runs in WSL, and ip link shows less than 1340 for eth0"
};

/* The name of a mode, as a fact has it; it is one word of a few. */
static const char *
mode_seen(const json_t *facts)
{
	static const char	known[][12] = { "nat", "mirrored", "bridged", "consomme",
				    "virtioproxy", "none" };
	size_t			i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (query_is(facts, "system.wsl_mode", known[i]))
			return (known[i]);
	return ("unknown");
}

static void
put_seen(FILE *fp, const json_t *doc, const json_t *facts)
{
	emit_header(fp, doc, "#");
	if (facts == NULL)
		fprintf(fp, "# seen: nothing; this is for any WSL 2\n");
	else
		fprintf(fp, "# seen: WSL 2, network %s, %s sshd that runs or starts by itself, "
		    "%s tailscaled that is connected\n", mode_seen(facts),
		    serves(facts) ? "an" : "no", query_is(facts, "tailscale.state", "up") ?
		    "a" : "no");
}

static void
put_windows_file(FILE *fp, const struct wsl *wsl)
{
	if (wsl->mode != NULL || wsl->serves)
		fprintf(fp, "[wsl2]\n");
	if (wsl->mode != NULL)
		fprintf(fp, "# %s\nnetworkingMode=%s\n", wsl->mode_why, wsl->mode);
	if (wsl->serves)
		fprintf(fp,
		    "# a server goes on when the last window is closed; a distribution too, where WSL knows "
		    "that key\nvmIdleTimeout=-1\n\n[general]\ninstanceIdleTimeout=-1\n");
}

static void
put_linux_file(FILE *fp, const struct wsl *wsl, int example)
{
	fprintf(fp, "[boot]\n");
	if (wsl->restart)
		fprintf(fp, "# systemd=true is there, and takes effect after: wsl --shutdown\n");
	else if (wsl->systemd)
		fprintf(fp, "# sshd is started by systemd\nsystemd=true\n");
	if (wsl->too_early)
		fprintf(fp, "# the command that is there runs before systemd and cannot start services with it:\n"
		    "# instead of \"service NAME start\" there, run once: sudo systemctl enable NAME\n");
	if (wsl->is_set)
		fprintf(fp, "# %s\n# the command that is there sets it at the start of WSL, and WSL sets it anew when an "
		    "adapter of\n# Windows comes or goes: then run this by hand: sudo ip link set dev %s mtu %d\n",
		    wsl->interface_why, wsl->interface, ETHERNET_MTU);
	else if (wsl->interface != NULL)
		fprintf(fp, "# %s\n"
		    "# WSL sets it anew when an adapter of Windows comes or goes: then run this line by hand, as root\n"
		    "%s%scommand=%sip link set dev %s mtu %d\n", wsl->interface_why, wsl->command ?
		    "# there is a command, and WSL runs one only: put this behind it, with \"; \" between\n" : "",
		    example || wsl->command ? "# " : "", wsl->command ? "...; " : "", wsl->interface,
		    ETHERNET_MTU);
}

/* Why there is nothing to say about this machine, or NULL. */
static const char *
no_wsl(const json_t *facts)
{
	if (json_number_at(facts, "system.wsl", 0) == 0)
		return ("this machine is no WSL");
	return (json_at(facts, "system.container") != NULL ?
	    "this is a container within WSL, with a network of its own" :
	    NULL);
}

int
emit_wsl(FILE *fp, const json_t *doc, struct error *err)
{
	const json_t	*facts = json_at(doc, "facts");
	struct wsl	 wsl = generic;
	int		 any = json_truth_at(doc, "wanted.generic") == 1;

	if (!any && no_wsl(facts) != NULL) {
		error_set(err, CODE_NOT_WSL, "%s", no_wsl(facts));
		return (-1);
	}
	if (!any && json_number_at(facts, "system.wsl", 0) == 1) {
		fprintf(fp,
		    "# nothing to do: WSL 1 has the network of Windows itself, and neither file changes that\n");
		return (0);
	}
	if (!any)
		choose(&wsl, facts);
	if (wsl.mode == NULL && !wsl.serves && !wsl.systemd && wsl.interface == NULL &&
	    !wsl.too_early) {
		fprintf(fp,
		    "# nothing to do: WSL 2, network %s, no server in here, no packet too large\n",
		    mode_seen(facts));
		return (0);
	}
	if (wsl.mode != NULL || wsl.serves) {
		fprintf(fp,
		    "# %%UserProfile%%\\.wslconfig, in Windows: lines for it; afterwards, there: wsl --shutdown\n");
		put_seen(fp, doc, any ? NULL : facts);
		put_windows_file(fp, &wsl);
	}
	if (wsl.systemd || wsl.interface != NULL || wsl.too_early) {
		fprintf(fp,
		    "%s# /etc/wsl.conf, in WSL: lines for it; afterwards, in Windows: wsl --shutdown\n",
		    wsl.mode != NULL || wsl.serves ? "\n" : "");
		put_seen(fp, doc, any ? NULL : facts);
		put_linux_file(fp, &wsl, any);
	}
	return (0);
}
