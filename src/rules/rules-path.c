/* SPDX-License-Identifier: ISC */
/* Rules: MTU and DSCP on the path. */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/shell.h"
#include "base/yes-no.h"
#include "facts/query.h"
#include "rules/rules.h"

#define ETHERNET	1500	/* what a link of the internet carries at most */
/* OpenSSH 10.1 changes its mark while a session runs, and ignores the old words */
#define REMARKS_DSCP		1001
#define IPQOS_MAX	64

/*
 * 1 if large packets vanish this way ("there" or "back"), for sure where sizes around the limit
 * were seen.
 */
static int
has_black_hole(const json_t *facts, const char *way, struct finding *f, int *ok, int *bad)
{
	char	path[40];

	*ok = *bad = 0;
	snprintf(path, sizeof(path), "mtu.%s.ok", way);
	if (json_truth_at(facts, path) != 0)
		return (0);
	snprintf(path, sizeof(path), "mtu.%s.largest_ok", way);
	*ok = (int)json_number_at(facts, path, 0);
	snprintf(path, sizeof(path), "mtu.%s.smallest_bad", way);
	*bad = (int)json_number_at(facts, path, 0);
	/* That nothing passes is no matter of size. */
	if (*bad == 0 || *ok >= *bad)
		return (0);
	if (*ok == 0 && f != NULL) {
		f->severity = SEVERITY_WARNING;
		f->certainty = CERTAINTY_LIKELY;
	}
	return (1);
}

/*
 * The interface whose MTU decides: the route's, or the mesh's for its hosts, or that of the default
 * route; or NULL.
 */
static const char *
interface_of(const json_t *facts)
{
	const json_t	*list = json_at(facts, "net.interfaces"), *row;
	const char	*name = json_text_at(facts, "mtu.route_interface");
	size_t		 i;

	if (name != NULL)
		return (name);
	if (query_mesh(facts) != 1 || !query_kernel(facts))
		return (json_text_at(facts, "net.gateway.interface"));
	for (i = 0; i < json_array_size(list); i++)
		if (query_mesh_address(row = json_array_get(list, i), "addresses"))
			return (json_text_at(row, "name"));
	return (NULL);
}

static const char *
link_command(const json_t *facts)
{
	return (query_is(facts, "system.os", "linux") ? "ip link set dev" : "ifconfig");
}

/* What this machine can do: its own packets, and what it asks others to send, get smaller. */
static void
cure_mtu(const json_t *facts, struct finding *f, int ok)
{
	const char	*interface = interface_of(facts);
	json_int_t	 eth0 = json_number_at(facts, "net.eth0_mtu", ETHERNET);

	finding_cure(f, "meshssh HOST gets through: it sends smaller packets");
	/* Tailscale's packets are 80 bytes longer outside than inside. */
	if (json_number_at(facts, "system.wsl", 0) == 2 && eth0 < 1360 && query_mesh(facts) == 1 &&
	    query_kernel(facts))
		finding_cure(f, "For all programs: %sip link set dev eth0 mtu %d",
		    query_sudo(facts), ETHERNET);
	else if (interface != NULL && ok >= 576)
		finding_cure(f, "For all programs: %s%s %s mtu %d%s", query_sudo(facts),
		    link_command(facts), SHELL_QUOTED(interface), ok, ok < 1280 ? " (it has no IPv6 then)" : "");
}

static int
check_black_hole_forward(const json_t *facts, struct finding *f)
{
	int	ok, bad, other;

	if (has_black_hole(facts, "reverse", NULL, &ok, &other) ||
	    !has_black_hole(facts, "forward", f, &ok, &bad))
		return (0);
	finding_set(f->cause,
	    "Large packets to the host vanish on the way; plain ssh hangs in the key exchange.");
	finding_set(f->evidence,
	    "to the host, packets of %d bytes pass and those of %d do not; the route's MTU is %lld",
	    ok, bad, (long long)json_number_at(facts, "mtu.route_mtu", ETHERNET));
	cure_mtu(facts, f, ok);
	if (json_number_at(facts, "net.tcp_mtu_probing", 1) == 0)
		finding_cure(f, "%ssysctl -w net.ipv4.tcp_mtu_probing=1", query_sudo(facts));
	return (1);
}

static int
check_black_hole_reverse(const json_t *facts, struct finding *f)
{
	int	ok, bad, other;

	if (has_black_hole(facts, "forward", NULL, &ok, &other) ||
	    !has_black_hole(facts, "reverse", f, &ok, &bad))
		return (0);
	finding_set(f->cause,
	    "Large packets from the host vanish on the way; plain ssh hangs at the key exchange or at output.");
	finding_set(f->evidence, "from the host, packets of %d bytes pass and those of %d do not",
	    ok, bad);
	cure_mtu(facts, f, ok);
	finding_cure(f, "On the host: sudo sysctl -w net.ipv4.tcp_mtu_probing=1");
	return (1);
}

static int
check_black_hole_both(const json_t *facts, struct finding *f)
{
	int	forward_ok, forward_bad, reverse_ok, reverse_bad;

	if (!has_black_hole(facts, "forward", f, &forward_ok, &forward_bad) ||
	    !has_black_hole(facts, "reverse", f, &reverse_ok, &reverse_bad))
		return (0);
	finding_set(f->cause,
	    "Large packets vanish in both directions; plain ssh hangs in the key exchange.");
	finding_set(f->evidence,
	    "to the host %d bytes pass and %d do not; from it %d pass and %d do not", forward_ok,
	    forward_bad, reverse_ok, reverse_bad);
	cure_mtu(facts, f, forward_ok < reverse_ok ? forward_ok : reverse_ok);
	finding_cure(f,
	    "Where the small link is a tunnel: set the MTU of its interface to what passes.");
	return (1);
}

/* Through tailscaled or a proxy only the answer, or none, is seen. */
static int
check_through(const json_t *facts, struct finding *f)
{
	int	pieces = json_truth_at(facts, "mtu.through.pieces") == 1;

	if (json_truth_at(facts, "mtu.through.whole") == 1 || !query_is(facts, "connect.route",
	    "localapi"))
		return (0);
	f->certainty = pieces ? CERTAINTY_LIKELY : CERTAINTY_SUSPECTED;
	finding_set(f->cause, pieces ?
	    "Large packets to the host are lost below the mesh; plain ssh hangs in the key exchange." :
	    "The host goes silent in the key exchange: large packets from it seem to be lost below the mesh.");
	finding_set(f->evidence, "a key exchange through tailscaled is not answered%s", pieces ?
	    ", but it is if it is sent in pieces of 900 bytes" :
	    json_truth_at(facts, "mtu.through.pieces") == 0 ? ", nor in pieces of 900 bytes" : "");
	if (pieces)
		finding_cure(f, "meshssh HOST gets in: it begins with small pieces");
	else
		finding_cure(f, "ssh -o KexAlgorithms=curve25519-sha256 HOST may get in: the answer is small");
	finding_cure(f,
	    "Set the MTU of the network below the mesh (a VPN, PPPoE, WSL's eth0) to 1360 or more");
	finding_cure(f, "Or, for tailscaled on both machines: TS_DEBUG_MTU=1200 in its environment");
	return (1);
}

/* The hole begins where Ethernet ends: the fault is here. */
static int
check_jumbo(const json_t *facts, struct finding *f)
{
	int		 mtu = (int)json_number_at(facts, "mtu.route_mtu", 0), ok, bad;
	const char	*interface = interface_of(facts);

	if (mtu <= ETHERNET || (!has_black_hole(facts, "forward", NULL, &ok, &bad) &&
	    !has_black_hole(facts, "reverse", NULL, &ok, &bad)) || bad <= ETHERNET)
		return (0);
	finding_set(f->cause,
	    "This machine sends jumbo packets on a path that does not carry them; plain ssh hangs.");
	finding_set(f->evidence,
	    "the route's MTU is %d; packets of %d bytes pass and those of %d do not", mtu, ok, bad);
	finding_cure(f, "%s%s %s mtu %d", query_sudo(facts), link_command(facts),
	    SHELL_QUOTED(interface != NULL ? interface : "INTERFACE"),
	    ok >= 1280 && ok < ETHERNET ? ok : ETHERNET);
	finding_cure(f, "meshssh HOST gets through: it sends smaller packets");
	return (1);
}

/* 1 if packets with this mark, as ssh_config names it, are known to be dropped. */
static int
is_dropped(const json_t *facts, const char *mark)
{
	static const char	ignored[][12] = { "lowdelay", "throughput", "reliability" };
	const json_t		*list = json_at(facts, "dscp.dropped");
	const char		*text;
	size_t			 i;

	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		if (strcasecmp(mark, ignored[i]) == 0 &&
		    json_number_at(facts, "ssh.version_number", 0) >= REMARKS_DSCP)
			return (0);
	for (i = 0; i < json_array_size(list); i++)
		if ((text = json_string_value(json_array_get(list, i))) != NULL &&
		    strcasecmp(text, mark) == 0)
			return (1);
	return (0);
}

/* The two marks that ssh would set, for a terminal and for the rest: how many there are. */
static int
ssh_marks(const json_t *facts, char marks[2][IPQOS_MAX])
{
	const char	*ipqos = json_text_at(facts, "ssh.options.ipqos");
	int		 n;

	if (ipqos == NULL || (n = sscanf(ipqos, "%63s %63s", marks[0], marks[1])) < 1)
		return (0);
	if (n == 1)
		strlcpy(marks[1], marks[0], IPQOS_MAX);
	return (2);
}

static const char *
dropped_list(const json_t *facts, char *buf, size_t size)
{
	const json_t	*list = json_at(facts, "dscp.dropped");
	const char	*text;
	size_t		 i;

	buf[0] = '\0';
	for (i = 0; i < json_array_size(list); i++)
		if ((text = json_string_value(json_array_get(list, i))) != NULL) {
			strlcat(buf, i > 0 ? " " : "", size);
			strlcat(buf, text, size);
		}
	return (buf);
}

static int
check_dscp_forward(const json_t *facts, struct finding *f)
{
	char	marks[2][IPQOS_MAX], list[100];

	if (json_array_size(json_at(facts, "dscp.dropped")) == 0 ||
	    json_truth_at(facts, "dscp.inconclusive") == 1)
		return (0);
	/*
	 * Where ssh sets none of them nothing is lost; where it sets the first, nothing gets
	 * through.
	 */
	if (ssh_marks(facts, marks))
		f->severity = query_plain(facts) && is_dropped(facts, marks[0]) ?
		    SEVERITY_ERROR : SEVERITY_NOTE;
	finding_set(f->cause,
	    "Something on the way drops packets with certain marks (DSCP), as plain ssh sets them.");
	finding_set(f->evidence, "dropped: %s; unmarked packets pass in %lld ms",
	    dropped_list(facts, list, sizeof(list)), (long long)json_number_at(facts,
	    "dscp.unmarked_ms", 0));
	finding_cure(f, "In ~/.ssh/config, in the host's block: IPQoS none");
	finding_cure(f, "meshssh HOST gets through: it sets no marks");
	return (1);
}

/* The connection is made with one mark, or none, and goes on with one that is dropped. */
static int
check_dscp_remarked(const json_t *facts, struct finding *f)
{
	const char	*fdpass = json_text_at(facts, "ssh.options.proxyusefdpass");
	char		 marks[2][IPQOS_MAX], list[100];
	int		 passed = yes_no(fdpass) == 1 && !query_plain(facts), first, second;

	if (json_array_size(json_at(facts, "dscp.dropped")) == 0 ||
	    json_truth_at(facts, "dscp.inconclusive") == 1 || !ssh_marks(facts, marks))
		return (0);
	first = is_dropped(facts, marks[0]);
	second = is_dropped(facts, marks[1]);
	if (!(passed && (first || second)) && !(query_plain(facts) && !first && second))
		return (0);
	finding_set(f->cause,
	    "ssh marks the connection anew after the login, with a mark that is dropped; the session hangs then.");
	finding_set(f->evidence, "IPQoS %s %s%s; dropped: %s", marks[0], marks[1],
	    passed ? " and ProxyUseFdpass yes" : "", dropped_list(facts, list, sizeof(list)));
	finding_cure(f, "In ~/.ssh/config, in the host's block: IPQoS none");
	return (1);
}

static int
check_dscp_reverse(const json_t *facts, struct finding *f)
{
	char	list[100];

	if (json_array_size(json_at(facts, "dscp.dropped")) == 0 ||
	    json_truth_at(facts, "dscp.inconclusive") == 1)
		return (0);
	finding_set(f->cause,
	    "What drops marked packets to the host may drop them on the reverse path: a session hangs after the login.");
	finding_set(f->evidence,
	    "dropped on the forward path: %s; the reverse path shows only after a login",
	    dropped_list(facts, list, sizeof(list)));
	finding_cure(f, "If it hangs so, on the host, in /etc/ssh/sshd_config: IPQoS none");
	return (1);
}

#define MEASURED(which, way, function) \
	{ .code = which, .certainty = CERTAINTY_SURE, .needs = { way }, \
	  .under = { CODE_PATH_JUMBO }, .check = function, .matters = "connect.far" }

const struct rule rules_path[] = {
	{ .code = CODE_PATH_JUMBO, .certainty = CERTAINTY_SURE,
	  .needs = { "mtu.route_mtu" }, .check = check_jumbo },
	MEASURED(CODE_PMTU_BOTH, "mtu.forward", check_black_hole_both),
	MEASURED(CODE_PMTU_FORWARD, "mtu.forward", check_black_hole_forward),
	MEASURED(CODE_PMTU_REVERSE, "mtu.reverse", check_black_hole_reverse),
	{ .code = CODE_MESH_MTU, .certainty = CERTAINTY_LIKELY,
	  .needs = { "mtu.through.whole" }, .check = check_through },
	{ .code = CODE_DSCP_FORWARD, .certainty = CERTAINTY_SURE,
	  .needs = { "dscp.dropped" }, .under = { CODE_DSCP_REMARKED },
	  .check = check_dscp_forward, .matters = "connect.far" },
	{ .code = CODE_DSCP_REMARKED, .certainty = CERTAINTY_SURE,
	  .needs = { "dscp.dropped", "ssh.options.ipqos" }, .check = check_dscp_remarked },
	{ .code = CODE_DSCP_REVERSE, .certainty = CERTAINTY_SUSPECTED,
	  .needs = { "dscp.dropped" }, .check = check_dscp_reverse },
	{ .code = CODE_NONE }
};
