/* SPDX-License-Identifier: ISC */
/* Emitter: a line of fstab, or the units of a tunnel. */

#include <limits.h>
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/json.h"
#include "emit/emit-hosts.h"
#include "emit/emit-ssh.h"
#include "emit/emit.h"
#include "facts/query.h"

#define NFS_PORT	2049
#define TUNNEL_PORT	20490	/* on this machine, unless another is wanted */

/* What the line and the unit are made of, all checked. */
struct nfs {
	const char	*host;		/* as ssh is to be called with it */
	const char	*name;		/* as the kernel is to find it */
	const char	*program;
	const char	*export;
	const char	*dir;
	const char	*tailscaled;	/* NULL: where it usually listens */
	char		 via[ADDR_HOST_MAX + 16];	/* or "" */
	int		 port;
	const char	*seen;
	int		 mesh;		/* the host is one of it */
	int		 behind;	/* another host or program, for ssh */
	int		 soft;		/* programs get an error where the host is away */
};

static int
is_elsewhere(const json_t *facts)
{
	return (query_mesh(facts) != 1);
}

static int
is_userspace(const json_t *facts)
{
	return (json_truth_at(facts, "tailscale.tun") == 0);
}

/* Another network namespace has the interface: a container beside this one. */
static int
is_beside(const json_t *facts)
{
	return (json_truth_at(facts, "tailscale.here") == 0);
}

static int
is_routed_by_others(const json_t *facts)
{
	return (json_truth_at(facts, "tailscale.windows.running") == 1 ||
	    json_truth_at(facts, "net.own_tailnet") == 1);
}

static int
is_proxied(const json_t *facts)
{
	return (json_array_size(json_at(facts, "tailscale.proxies")) > 0);
}

/* Which way the packets of a file system go: the first row whose question is answered with yes. */
static const struct nfs_way {
	int	(*is)(const json_t *);
	/* 2: through the proxy of the facts, which a unit does not have in its environment */
	int	tunnel;
	char	seen[112];
} ways[] = {
	{ is_elsewhere, 0,
	    "the host is not known as one of the mesh: the kernel reaches it as any other" },
	{ query_kernel, 0,
	    "the host is one of the mesh, and the kernel has a route to it: tailscaled has a TUN" },
	{ is_userspace, 1,
	    "the host is one of the mesh, and the kernel has no route to it: userspace-networking mode" },
	{ is_beside, 1,
	    "the host is one of the mesh, and tailscaled's interface is in another network namespace" },
	{ is_routed_by_others, 0,
	    "the host is one of a mesh that this machine has an address of, or Windows around it" },
	{ is_proxied, 2, "the host is one of the mesh, and a proxy leads there" },
	{ NULL, 0, "" }
};

/* What ssh's own configuration says comes before all of them. */
static const struct nfs_way	behind = { NULL, 1,
    "ssh reaches the host through another host or program, which the kernel cannot do" };

/*
 * An absolute path of printable text, of which blanks are a part; one whose parts are names if it
 * is a place here.
 */
static int
path_ok(const char *path, int here)
{
	const char	*p, *end;

	if (path == NULL || path[0] != '/' || strlen(path) >= PATH_MAX)
		return (0);
	for (p = path; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == '\x7f')
			return (0);
	for (p = path; here && *p != '\0'; p = end) {
		p += strspn(p, "/");
		end = p + strcspn(p, "/");
		if ((end - p == 1 && p[0] == '.') || (end - p == 2 && strncmp(p, "..", 2) == 0))
			return (0);
	}
	return (!here || path[strspn(path, "/")] != '\0');
}

/* As fstab(5) wants a word. */
static void
put_word(FILE *fp, const char *word)
{
	for (; *word != '\0'; word++)
		if (*word == ' ' || *word == '\\')
			fprintf(fp, "\\%03o", (unsigned int)(unsigned char)*word);
		else
			fputc(*word, fp);
}

static void
put_seen(FILE *fp, const json_t *doc, const struct nfs *nfs)
{
	emit_header(fp, doc, "#");
	fprintf(fp, "# seen: %s\n", nfs->seen);
}

static void
put_tunnel(FILE *fp, const json_t *doc, const struct nfs *nfs)
{
	fprintf(fp, "# /etc/systemd/system/meshssh-nfs-%d.service\n", nfs->port);
	put_seen(fp, doc, nfs);
	fprintf(fp, "# ssh runs as root: root's key and known_hosts count; try it once, as root.\n");
	if (nfs->behind)
		fprintf(fp, "# So does root's ssh_config: it needs the lines that yours has for this host, and for "
		    "those on the way.\n");
	fprintf(fp,
	    "# The host must permit forwarding, and export to localhost with \"insecure\": there the port is no low one.\n"
	    "[Unit]\nDescription=NFS of ");
	emit_percents(fp, nfs->host);
	fprintf(fp,
	    " through ssh\nWants=network-online.target\nAfter=network-online.target tailscaled.service\n\n"
	    "[Service]\nType=exec\nExecStart=\"");
	emit_percents(fp, nfs->program);
	fputc('"', fp);
	if (nfs->tailscaled != NULL) {
		fprintf(fp, " \"--tailscaled=");
		emit_percents(fp, nfs->tailscaled);
		fputc('"', fp);
	}
	if (nfs->via[0] != '\0') {
		fprintf(fp, " --via=");
		emit_percents(fp, nfs->via);
	}
	/*
	 * A connection that other sessions share would end with them. A dead one ends soon: the
	 * next loses nothing, and goes on at once when the network is back.
	 */
	fprintf(fp,
	    " -N -T -o BatchMode=yes -o ControlPath=none -o ExitOnForwardFailure=yes -o ServerAliveInterval=15"
	    " -o ServerAliveCountMax=4 -L 127.0.0.1:%d:127.0.0.1:%d ", nfs->port, NFS_PORT);
	emit_percents(fp, nfs->host);
	fprintf(fp, "\nRestart=always\nRestartSec=5\n\n");
}

/* 1 if it is a folder that boot or each login looks into. */
static int
boot_needs(const char *dir)
{
	static const char	folders[][8] = { "", "/etc", "/home", "/opt", "/root", "/srv",
				    "/usr", "/var" };
	size_t			i, len = strlen(dir);

	while (len > 0 && dir[len - 1] == '/')
		len--;
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (strlen(folders[i]) == len && strncmp(dir, folders[i], len) == 0)
			return (1);
	return (0);
}

/*
 * hard: a program waits for a mesh that is away, and nothing that it wrote is lost; but no boot and
 * no look waits long.
 */
static void
put_line(FILE *fp, const json_t *doc, const struct nfs *nfs, int tunnel)
{
	fprintf(fp, "# /etc/fstab: a line for it; afterwards: systemctl daemon-reload && "
	    "systemctl restart remote-fs.target\n");
	put_seen(fp, doc, nfs);
	if (nfs->soft)
		fprintf(fp, "# soft: where the host is away for a minute, programs get an error, and what they "
		    "wrote may be lost.\n");
	if (boot_needs(nfs->dir))
		fprintf(fp, "# The system itself looks into this folder, at boot and at each login: while the "
		    "host is away, each\n# look waits up to 30 seconds. A folder below it is the better "
		    "place.\n");
	if (tunnel)
		fprintf(fp, "127.0.0.1:");
	else
		fprintf(fp, strchr(nfs->name, ':') != NULL ? "[%s]:" : "%s:", nfs->name);
	put_word(fp, nfs->export);
	fputc(' ', fp);
	put_word(fp, nfs->dir);
	if (tunnel)
		fprintf(fp, " nfs4 port=%d,noresvport,x-systemd.requires=meshssh-nfs-%d.service,",
		    nfs->port, nfs->port);
	else
		/* In this order the file system is gone at shutdown before the mesh is. */
		fprintf(fp, " nfs %s", nfs->mesh ? "x-systemd.after=tailscaled.service," : "");
	fprintf(fp,
	    "_netdev,nofail,%s,timeo=150,retrans=3,x-systemd.automount,x-systemd.mount-timeout=30s,"
	    "x-systemd.idle-timeout=10min 0 0\n", nfs->soft ? "soft" : "hard");
}

/* Fill in what is wanted, checked: 0, or -1 with the error set. */
static int
nfs_read(struct nfs *nfs, const json_t *doc, struct error *err)
{
	const char	*port = json_text_at(doc, "wanted.port");

	memset(nfs, 0, sizeof(*nfs));
	nfs->host = json_text_at(doc, "target.host");
	nfs->name = json_text_at(doc, "target.name");
	nfs->export = json_text_at(doc, "wanted.nfs.export");
	nfs->dir = json_text_at(doc, "wanted.nfs.dir");
	nfs->port = port != NULL ? addr_port(port) : TUNNEL_PORT;
	if (nfs->host == NULL || nfs->name == NULL || !addr_host_ok(nfs->host) ||
	    !addr_host_ok(nfs->name)) {
		error_set(err, CODE_BAD_HOST, "\"%.60s\" is not a host name or address",
		    nfs->host != NULL ? nfs->host : "");
		return (-1);
	}
	if (!path_ok(nfs->export, 0)) {
		error_set(err, CODE_BAD_PATH, "\"%.60s\" is not a path on the host",
		    nfs->export != NULL ? nfs->export : "");
		return (-1);
	}
	if (!path_ok(nfs->dir, 1)) {
		error_set(err, CODE_BAD_PATH, "\"%.60s\": nothing can be mounted there",
		    nfs->dir != NULL ? nfs->dir : "");
		return (-1);
	}
	if (nfs->port == -1) {
		error_set(err, CODE_USAGE, "--port=%.20s is not a port", port);
		return (-1);
	}
	return (0);
}

/* A path that systemd takes as it stands, in double quotes and with percents doubled. */
static int
unit_path_ok(const char *path)
{
	return (path_ok(path, 0) && strpbrk(path, "\"'\\$") == NULL);
}

/* What the unit has besides: 0, or -1 with the error set. */
static int
tunnel_read(struct nfs *nfs, const json_t *doc, int proxied, struct error *err)
{
	const char	*kind = json_text_at(doc, "facts.tailscale.proxies.0.kind");
	const char	*address = json_text_at(doc, "facts.tailscale.proxies.0.address");
	const char	*tailscaled = json_text_at(doc, "wanted.tailscaled");
	char		 host[ADDR_HOST_MAX + 1];
	int		 port;

	nfs->program = json_text_at(doc, "wanted.program");
	if (!unit_path_ok(nfs->program) || (tailscaled != NULL && !unit_path_ok(tailscaled))) {
		error_set(err, CODE_UNQUOTABLE_PATH, "%.100s: cannot stand in a unit",
		    !unit_path_ok(nfs->program) ? (nfs->program != NULL ?
		    nfs->program : "meshssh") : tailscaled);
		return (-1);
	}
	nfs->tailscaled = tailscaled;
	if (!proxied)
		return (0);
	if (kind == NULL || address == NULL || (strcmp(kind, "socks5") != 0 &&
	    strcmp(kind, "http") != 0) || addr_split(address, host, &port) == -1) {
		error_set(err, CODE_NO_PROXY, "the proxy has an odd address");
		return (-1);
	}
	snprintf(nfs->via, sizeof(nfs->via), "%s=%s", kind, address);
	return (0);
}

int
emit_nfs(FILE *fp, const json_t *doc, struct error *err)
{
	const json_t		*facts = json_at(doc, "facts");
	const struct nfs_way	*way = ways;
	struct nfs		 nfs;

	if (nfs_read(&nfs, doc, err) == -1)
		return (-1);
	while (way->is != NULL && !way->is(facts))
		way++;
	if (emit_ssh_elsewhere(doc, 0))
		way = &behind;
	else if (way->is == NULL) {
		error_set(err, CODE_MESH_DOWN,
		    "%.60s is one of the mesh, and which way leads there cannot be seen now",
		    nfs.host);
		return (-1);
	}
	nfs.seen = way->seen;
	nfs.mesh = query_mesh(facts) == 1;
	nfs.behind = way == &behind;
	nfs.soft = json_truth_at(doc, "wanted.soft") == 1;
	if (way->tunnel && tunnel_read(&nfs, doc, way->tunnel == 2, err) == -1)
		return (-1);
	if (way->tunnel)
		put_tunnel(fp, doc, &nfs);
	put_line(fp, doc, &nfs, way->tunnel);
	return (0);
}
