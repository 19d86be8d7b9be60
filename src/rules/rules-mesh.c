/* SPDX-License-Identifier: ISC */
/* Rules: tailscaled on this machine. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/shell.h"
#include "facts/query.h"
#include "facts/tailscale-fault.h"
#include "rules/rules.h"

#define DIAL_MINOR	24	/* 1.24 is the first whose LocalAPI connects for others */
#define SOON_DAYS	14

#define START	"start"		/* cures that differ from system to system */
#define RESTART	"restart"
#define UP	"up"

/* What to do about tailscaled's faults, one a rule. */
static const struct down {
	enum code code;		/* CODE_NONE ends them */
	char	cure[2][120];	/* "" ends them */
} downs[] = {
	{ CODE_MESH_DOWN, { START,
	    "If it listens somewhere else, name its socket: --tailscaled=SOCKET, or TS_SOCKET." } },
	{ CODE_MESH_PERMISSION_DENIED,
	    { "Look at the modes of the socket and of its folder: tailscaled makes them 0666 and 0755.",
	    "Where a container has the socket mounted, mount its whole folder." } },
	{ CODE_MESH_HUNG, { RESTART, "" } },
	{ CODE_MESH_UNEXPECTED, { "Name the right socket: --tailscaled=SOCKET, or TS_SOCKET.",
	    RESTART } },
	{ CODE_MESH_STOPPED, { UP, "" } },
	{ CODE_MESH_LOGGED_OUT, { UP, "tailscale status says what it waits for." } },
	{ CODE_MESH_UNAPPROVED, { "Approve it in the admin console, under Machines.", "" } },
	{ CODE_MESH_OTHER_USER, { "Let that user log out: tailscale logout", "" } },
	{ CODE_MESH_NO_STATE, { "Wait a moment and ask again.",
	    "If it stays so: is that server reached? curl -I https://controlplane.tailscale.com (or your own)" } },
	{ CODE_NONE, { "", "" } }
};

static const char *
text_or(const json_t *facts, const char *path, const char *otherwise)
{
	const char	*text = json_text_at(facts, path);

	return (text != NULL ? text : otherwise);
}

/*
 * How much it matters that the mesh is not there: 2 if this host is missed for it, 1 if no host was
 * asked for, 0 if the host is another's, or was reached all the same.
 */
static int
missed(const json_t *facts)
{
	int	mesh = query_mesh(facts);

	if (mesh == -1)
		return (1);
	return (mesh != 0 && query_reached(facts) != 1 ? 2 : 0);
}

/* Set severity and certainty of a state that matters so much. */
static int
weigh(const json_t *facts, struct finding *f)
{
	int	how = missed(facts);

	if (how == 1)
		f->severity = SEVERITY_WARNING;
	/* The name may be one of the mesh, or of nobody; with dots, of all the world. */
	if (query_mesh(facts) == 2)
		f->certainty = strchr(text_or(facts, "names.host", ""), '.') != NULL ?
		    CERTAINTY_SUSPECTED :
		    CERTAINTY_LIKELY;
	return (how != 0);
}

/*
 * 1 if it is, or may be, one of Tailscale's graphical builds for macOS, which listen on a port, or
 * out of sight.
 */
static int
gui(const json_t *facts)
{
	return (query_is(facts, "system.os", "darwin") &&
	    text_or(facts, "tailscale.socket", "port ")[0] != '/');
}

/* How it is started here, or started again. */
static void
cure_daemon(const json_t *facts, struct finding *f, int again)
{
	const char	*sudo = query_sudo(facts);

	if (gui(facts))
		finding_cure(f, again ? "osascript -e 'quit app \"Tailscale\"'; open -a Tailscale" :
		    "open -a Tailscale");
	else if (query_is(facts, "system.os", "darwin"))
		finding_cure(f,
		    "sudo launchctl kickstart -k system/com.tailscale.tailscaled; with Homebrew: sudo brew services "
		    "restart tailscale");
	else if (json_truth_at(facts, "system.systemd") == 1)
		finding_cure(f, "%ssystemctl %s tailscaled", sudo,
		    again ? "restart" : query_nixos(facts) ? "start" :
		    "enable --now");
	else if (again)
		finding_cure(f, "End tailscaled and start it again.");
	else
		finding_cure(f, "%stailscaled%s &", sudo, json_truth_at(facts, "system.tun") == 0 ?
		    " --tun=userspace-networking" : "");
}

static void
cure_down(const json_t *facts, struct finding *f, const char *cure)
{
	if (strcmp(cure, START) == 0 || strcmp(cure, RESTART) == 0)
		cure_daemon(facts, f, strcmp(cure, RESTART) == 0);
	else if (strcmp(cure, UP) == 0 && gui(facts))
		finding_cure(f, "tailscale up (or Connect, in Tailscale's menu)");
	else if (strcmp(cure, UP) == 0)
		finding_cure(f, "%stailscale up", query_sudo(facts));
	else
		finding_cure(f, "%s", cure);
}

/* The fault that the facts name, if it is this rule's and matters; NULL if not. */
static const struct tailscale_fault *
fault_of(const json_t *facts, struct finding *f)
{
	const struct tailscale_fault	*fault = tailscale_fault_by_name(
					    text_or(facts, "tailscale.state", ""),
					    text_or(facts, "tailscale.backend", ""));
	int				 down = fault->state == ENV_TAILSCALE_DOWN;

	/* A state of tomorrow is not told: it may be one that works. */
	if (fault->code != f->rule->code || (down && fault->backend[0] == '\0') || !weigh(facts, f))
		return (NULL);
	if (fault->state == ENV_TAILSCALE_NONE && json_truth_at(facts, "tailscale.installed") != 1)
		return (NULL);
	if (fault->code == CODE_MESH_DOWN && query_other_way(facts))
		return (NULL);
	/* That the key has expired is the cause, and has its own rule. */
	return (down && json_truth_at(facts, "tailscale.key_expired") == 1 ? NULL : fault);
}

static int
check_down(const json_t *facts, struct finding *f)
{
	const struct tailscale_fault	*fault = fault_of(facts, f);
	const struct down		*d = downs;
	const char			*host = "", *health = "";
	int				 i;

	if (fault == NULL)
		return (0);
	while (d->code != CODE_NONE && d->code != fault->code)
		d++;
	if (missed(facts) == 2)
		host = query_mesh(facts) == 2 ? ", and the host may be one of its mesh" :
		    ", and the host is one of its mesh";
	finding_set(f->cause, "%s%s.", fault->cause, host);
	/* Without its control server it may say why; else it says the same again. */
	if ((fault->code == CODE_MESH_NO_STATE || fault->code == CODE_MESH_LOGGED_OUT) &&
	    json_truth_at(facts, "tailscale.health_harmless") == 0)
		health = text_or(facts, "tailscale.health", "");
	finding_set(f->evidence, "%.60s: %.40s%s%.100s", text_or(facts, "tailscale.socket",
	    "its socket"), fault->seen, health[0] != '\0' ? "; it says: " : "", health);
	for (i = 0; i < 2 && d->cure[i][0] != '\0'; i++)
		cure_down(facts, f, d->cure[i]);
	return (1);
}

static int
check_absent(const json_t *facts, struct finding *f)
{
	if (!query_is(facts, "tailscale.state", "none") || query_mesh(facts) != 1 ||
	    query_reached(facts) == 1 || query_other_way(facts) ||
	    json_truth_at(facts, "tailscale.installed") == 1 ||
	    json_truth_at(facts, "tailscale.windows.installed") == 1)
		return (0);
	finding_set(f->cause,
	    "The host is one of a mesh, and there is no tailscaled on this machine.");
	finding_set(f->evidence,
	    "no socket of tailscaled in any of the usual places, no proxy, no interface of the mesh");
	if (query_nixos(facts))
		finding_cure(f,
		    "In configuration.nix: services.tailscale.enable = true; then: %stailscale up",
		    query_sudo(facts));
	else
		finding_cure(f, "Install it (https://tailscale.com/download), then: %stailscale up",
		    query_sudo(facts));
	finding_cure(f,
	    "If it runs elsewhere, say where: --tailscaled=SOCKET, or ALL_PROXY=socks5://localhost:1055");
	return (1);
}

static int
check_windows(const json_t *facts, struct finding *f)
{
	if (json_truth_at(facts, "tailscale.windows.running") != 0 ||
	    query_is(facts, "tailscale.state", "up") || query_other_way(facts) ||
	    missed(facts) != 2 || query_mesh(facts) != 1)
		return (0);
	finding_set(f->cause,
	    "Tailscale on Windows is not connected, and the host is one of its mesh.");
	finding_set(f->evidence, "tailscale.exe status says %s",
	    text_or(facts, "tailscale.windows.backend", "no state"));
	finding_cure(f, "tailscale.exe up");
	return (1);
}

static int
check_key_expired(const json_t *facts, struct finding *f)
{
	json_int_t	days = json_number_at(facts, "tailscale.key_expires_days", 0);

	/* Where tailscaled is connected, it is the clock here that is wrong. */
	if (json_truth_at(facts, "tailscale.key_expired") != 1 ||
	    query_is(facts, "tailscale.state", "up") || !weigh(facts, f))
		return (0);
	finding_set(f->cause, "This machine's key for the mesh has expired.");
	if (days < 0)
		finding_set(f->evidence, "it expired %llu days ago; tailscaled says %.60s",
		    0ULL - (unsigned long long)days, text_or(facts, "tailscale.backend",
		    "nothing"));
	else
		finding_set(f->evidence, "tailscaled marks it as expired, and says %.60s",
		    text_or(facts, "tailscale.backend", "nothing"));
	finding_cure(f, "%stailscale up --force-reauth", query_sudo(facts));
	return (1);
}

static int
check_key_expires(const json_t *facts, struct finding *f)
{
	json_int_t	days = json_number_at(facts, "tailscale.key_expires_days", -1);

	if (days < 0 || days > SOON_DAYS || json_truth_at(facts, "tailscale.key_expired") == 1 ||
	    !query_is(facts, "tailscale.state", "up") || query_mesh(facts) == 0)
		return (0);
	finding_set(f->cause,
	    "This machine's key for the mesh expires soon; it drops out of the mesh then.");
	finding_set(f->evidence, "%lld days left", (long long)days);
	finding_cure(f, "%stailscale up --force-reauth", query_sudo(facts));
	finding_cure(f, "For a server: disable key expiry in the admin console, under Machines.");
	return (1);
}

/* 1 if plain ssh would be used for this host of the mesh, or no host was asked for. */
static int
plain_matters(const json_t *facts)
{
	int	mesh = query_mesh(facts);

	return (query_is(facts, "tailscale.state", "up") &&
	    (mesh == -1 || (mesh == 1 && query_plain(facts))));
}

static void
cure_plain(struct finding *f)
{
	finding_cure(f, "meshssh HOST instead of ssh HOST");
	finding_cure(f,
	    "In ~/.ssh/config, in a Host block of the mesh's names: ProxyCommand meshssh%s",
	    SHELL_RELAY);
}

static int
check_userspace(const json_t *facts, struct finding *f)
{
	if (json_truth_at(facts, "tailscale.tun") != 0 || !plain_matters(facts))
		return (0);
	finding_set(f->cause,
	    "tailscaled runs in userspace-networking mode: meshssh gets into the mesh, plain ssh does not.");
	finding_set(f->evidence, "tailscaled %s says that it has no TUN",
	    text_or(facts, "tailscale.version", ""));
	cure_plain(f);
	return (1);
}

static int
check_elsewhere(const json_t *facts, struct finding *f)
{
	if (json_truth_at(facts, "tailscale.tun") != 1 ||
	    json_truth_at(facts, "tailscale.here") != 0 || !plain_matters(facts))
		return (0);
	finding_set(f->cause,
	    "tailscaled's interface is in another network namespace: meshssh gets into the mesh, plain ssh does not.");
	finding_set(f->evidence, "tailscaled has a TUN, and no interface here has its address");
	cure_plain(f);
	return (1);
}

static int
check_too_old(const json_t *facts, struct finding *f)
{
	const char	*version = text_or(facts, "tailscale.version", "");
	int		 major, minor;

	if (sscanf(version, "%4d.%4d", &major, &minor) != 2 || major < 0 || major > 1 ||
	    (major == 1 && minor >= DIAL_MINOR) || query_kernel(facts) || !weigh(facts, f))
		return (0);
	finding_set(f->cause,
	    "tailscaled is too old to connect for others, and the kernel has no way into its mesh.");
	finding_set(f->evidence, "version %.40s; 1.%d is the first that can", version, DIAL_MINOR);
	finding_cure(f, "Update Tailscale: https://tailscale.com/kb/1067/update");
	finding_cure(f, "Until then start tailscaled with --socks5-server=localhost:1055");
	return (1);
}

static int
check_health(const json_t *facts, struct finding *f)
{
	const char	*health = text_or(facts, "tailscale.health", "");

	if (health[0] == '\0' || json_truth_at(facts, "tailscale.health_harmless") == 1 ||
	    !query_is(facts, "tailscale.state", "up") || query_mesh(facts) == 0)
		return (0);
	if (missed(facts) == 2)
		f->severity = SEVERITY_WARNING;
	finding_set(f->cause, "tailscaled complains of its own health.");
	finding_set(f->evidence, "%.180s", health);
	finding_cure(f, "tailscale status");
	return (1);
}

/* A sidecar's proxy is the only way in. */
static int
check_no_localapi(const json_t *facts, struct finding *f)
{
	const char	*route = text_or(facts, "connect.route", "");

	if (query_is(facts, "tailscale.state", "up") || query_mesh(facts) != 1 ||
	    (strcmp(route, "socks5") != 0 && strcmp(route, "http") != 0))
		return (0);
	finding_set(f->cause,
	    "The mesh is reached through a proxy only, which cannot say why a connection fails.");
	finding_set(f->evidence, "tailscaled's socket: %s; the way that works: %s",
	    text_or(facts, "tailscale.state", "unknown"), route);
	finding_cure(f,
	    "Mount the folder of tailscaled's socket here, and name it: TS_SOCKET, or --tailscaled=SOCKET");
	return (1);
}

#define DOWN(which) \
	{ .code = which, .certainty = CERTAINTY_SURE, \
	  .needs = { "tailscale.state" }, .check = check_down }

const struct rule rules_mesh[] = {
	DOWN(CODE_MESH_DOWN),
	DOWN(CODE_MESH_PERMISSION_DENIED),
	DOWN(CODE_MESH_HUNG),
	DOWN(CODE_MESH_UNEXPECTED),
	DOWN(CODE_MESH_STOPPED),
	DOWN(CODE_MESH_LOGGED_OUT),
	DOWN(CODE_MESH_UNAPPROVED),
	DOWN(CODE_MESH_OTHER_USER),
	DOWN(CODE_MESH_NO_STATE),
	{ .code = CODE_MESH_ABSENT, .certainty = CERTAINTY_LIKELY,
	  .needs = { "tailscale.state", "tailscale.host" }, .check = check_absent },
	{ .code = CODE_MESH_WINDOWS_DOWN, .certainty = CERTAINTY_SURE,
	  .needs = { "tailscale.windows.running", "tailscale.host" }, .check = check_windows },
	{ .code = CODE_MESH_KEY_EXPIRED, .certainty = CERTAINTY_SURE,
	  .needs = { "tailscale.key_expired" }, .check = check_key_expired,
	    .matters = "tailscale.backend" },
	{ .code = CODE_MESH_TOO_OLD, .certainty = CERTAINTY_SURE,
	  .needs = { "tailscale.version" }, .check = check_too_old },
	{ .code = CODE_MESH_HEALTH, .certainty = CERTAINTY_SUSPECTED,
	  .needs = { "tailscale.health" }, .check = check_health },
	{ .code = CODE_MESH_USERSPACE, .certainty = CERTAINTY_SURE,
	  .needs = { "tailscale.tun" }, .check = check_userspace },
	{ .code = CODE_MESH_ELSEWHERE, .certainty = CERTAINTY_SURE,
	  .needs = { "tailscale.tun", "tailscale.here" }, .check = check_elsewhere },
	{ .code = CODE_MESH_KEY_EXPIRES, .certainty = CERTAINTY_SURE,
	  .needs = { "tailscale.key_expires_days" }, .check = check_key_expires },
	{ .code = CODE_MESH_NO_LOCALAPI, .certainty = CERTAINTY_SURE,
	  .needs = { "tailscale.state", "connect.route" }, .check = check_no_localapi },
	{ .code = CODE_NONE }
};
