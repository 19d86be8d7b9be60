/* SPDX-License-Identifier: ISC */
/* Unit tests: rules-names. */

#include "check-rules.h"

#define FAILED_AS(error, code) \
	"'lookups':{'system':{'addresses':[],'error':'" error "','code':'" code "','ms':3}}"
#define FAILED(error)	FAILED_AS(error, "name-unknown")
#define PEER		"'peer':{'found':true,'name':'build.mesh.example','addresses':['100.64.0.7','fd7a:115c:a1e0::7']}"

/*
 * Facts that make a rule speak, the severity with which it does, and facts on which it is silent.
 */
static const struct rules_pair rows[] = {
	{ "name-unknown", SEVERITY_ERROR,
	    "{'names':{'host':'biuld'," FAILED("Name or service not known") "}}",
	    "{'names':{'host':'build','lookups':{'system':{'addresses':['192.0.2.1'],'ms':3}}}}",
	    "biuld" },
	/* Without any resolver meshssh gets there through tailscaled. */
	{ "name-unknown", SEVERITY_ERROR,
	    "{'names':{'host':'build'," FAILED("not known") "},'connect':{'ok':false}}",
	    "{'names':{'host':'build'," FAILED("not known") "},'connect':{'ok':true}}",
	    "not known" },
	{ "name-unknown", SEVERITY_ERROR,
	    "{'names':{'host':'x.mesh.example'," FAILED("not known") "},'tailscale':{'suffix':'mesh.example'}}",
	    "{'names':{'host':'build'," FAILED("not known") "},'tailscale':{" PEER "}}",
	    "x.mesh.example" },
	/* A jump host looks it up; another program does; we do. */
	{ "name-unknown", SEVERITY_ERROR, "{'names':{'host':'build'," FAILED("not known") "},"
	    "'ssh':{'options':{'hostname':'b.example','proxycommand':'meshssh b.example 22'},'proxy':{'ours':true}}}",
	    "{'names':{'host':'build'," FAILED("not known") "},'ssh':{'options':{'hostname':'build','proxyjump':'gate'}}}",
	    "b.example" },
	{ "name-unknown", SEVERITY_ERROR, "{'names':{'host':'build'," FAILED("not known") "},"
	    "'ssh':{'options':{'proxycommand':'none'}}}",
	    "{'names':{'host':'build'," FAILED("not known") "},'ssh':{'options':{'proxycommand':'nc -x p:1 b 22'}}}",
	    "spelling" },
	{ "name-lookup", SEVERITY_ERROR,
	    "{'names':{'host':'build','nameservers':['192.0.2.53']," FAILED_AS("Temporary failure in name resolution",
	    "name-lookup") "}}",
	    "{'names':{'host':'build','nameservers':['192.0.2.53']," FAILED("Name or service not known") "}}",
	    "192.0.2.53" },
	{ "name-lookup", SEVERITY_ERROR, "{'names':{'host':'build'," FAILED_AS("timed out",
	    "name-timeout") "}}", "{'names':{'host':'build'," FAILED_AS("timed out",
	    "name-timeout") "},'connect':{'ok':true}}", "build" },
	{ "name-searched", SEVERITY_NOTE,
	    "{'names':{'host':'build','lookups':{'system':{'addresses':['192.0.2.1']},"
	    "'searched':{'name':'build.corp.example','addresses':['192.0.2.1']}}}}",
	    "{'names':{'host':'build','lookups':{'searched':{'name':'build.mesh.example','addresses':['100.64.0.7']}}},"
	    "'tailscale':{'suffix':'mesh.example'}}", "build.corp.example" },
	{ "name-searched", SEVERITY_WARNING,
	    "{'names':{'host':'build.mesh.example','lookups':{'system':{'addresses':['192.0.2.1']},"
	    "'searched':{'name':'build.mesh.example.corp.example','addresses':['192.0.2.1']}}},"
	    "'tailscale':{'suffix':'mesh.example'}}",
	    "{'names':{'host':'build.mesh.example','lookups':{'system':{'addresses':['100.64.0.7']}}}}",
	    "another host" },
	/* The search domain has it, too, but /etc/hosts came first. */
	{ "name-searched", SEVERITY_NOTE,
	    "{'names':{'host':'build','lookups':{'system':{'addresses':['192.0.2.1']},"
	    "'searched':{'name':'build.corp.example','addresses':['192.0.2.1']}}}}",
	    "{'names':{'host':'build','hosts_entry':'192.0.2.2','lookups':{'system':{'addresses':['192.0.2.2']},"
	    "'searched':{'name':'build.corp.example','addresses':['192.0.2.1']}}}}", "192.0.2.1" },
	{ "name-no-mdns", SEVERITY_ERROR,
	    "{'names':{'host':'printer.local','mdns':false," FAILED("not known") "}}",
	    "{'names':{'host':'printer.local','mdns':true," FAILED("not known") "}}",
	    "libnss-mdns" },
	{ "name-no-mdns", SEVERITY_ERROR,
	    "{'names':{'host':'PRINTER.Local.','mdns':false," FAILED("not known") "}}",
	    "{'names':{'host':'printer.local','mdns':false,'lookups':{'system':{'addresses':['192.0.2.9']}}}}",
	    "mdns" },
	{ "magicdns-off", SEVERITY_WARNING,
	    "{'names':{'host':'build.mesh.example','magicdns_resolver':false," FAILED("not known") "},"
	    "'tailscale':{'suffix':'mesh.example','tun':true}}",
	    "{'names':{'host':'build.mesh.example','magicdns_resolver':true," FAILED("not known") "},"
	    "'tailscale':{'suffix':'mesh.example','tun':true}}", "--accept-dns=true" },
	{ "magicdns-off", SEVERITY_NOTE,
	    "{'names':{'host':'build.mesh.example','magicdns_resolver':false," FAILED("not known") "},"
	    "'tailscale':{'suffix':'mesh.example','tun':false}}",
	    "{'names':{'host':'build.notmesh.example','magicdns_resolver':false," FAILED("not known") "},"
	    "'tailscale':{'suffix':'mesh.example','tun':false}}", "meshssh asks tailscaled" },
	{ "magicdns-off", SEVERITY_NOTE,
	    "{'names':{'host':'build.mesh.example','magicdns_resolver':false," FAILED("not known") "},"
	    "'tailscale':{'suffix':'mesh.example','tun':true,'here':false}}",
	    "{'names':{'host':'build.mesh.example','magicdns_resolver':true," FAILED("not known") "},"
	    "'tailscale':{'suffix':'mesh.example','tun':true,'here':false}}",
	    "meshssh asks tailscaled" },
	{ "magicdns-off", SEVERITY_WARNING,
	    "{'names':{'host':'build.mesh.example','magicdns_resolver':false," FAILED("not known") "},"
	    "'tailscale':{'suffix':'mesh.example','tun':true,'here':true},'connect':{'ok':true},'ssh':{'options':{'port':'22'}}}",
	    "{'names':{'host':'build.mesh.example','magicdns_resolver':false," FAILED("not known") "},"
	    "'tailscale':{'suffix':'mesh.example','tun':true,'here':true},'connect':{'ok':true},"
	    "'ssh':{'options':{'proxycommand':'meshssh %h %p'}}}", "--accept-dns=true" },
	/* A short name, which the mesh has. */
	{ "magicdns-off", SEVERITY_WARNING,
	    "{'names':{'host':'build','magicdns_resolver':false," FAILED("not known") "},'tailscale':{'suffix':'mesh.example',"
	    "'tun':true," PEER "}}",
	    "{'names':{'host':'build','magicdns_resolver':false," FAILED("not known") "},'tailscale':{'suffix':'mesh.example',"
	    "'tun':true}}", "MagicDNS" },
	{ "name-lookup", SEVERITY_ERROR,
	    "{'names':{'host':'build'," FAILED_AS("Non-recoverable failure in name resolution",
	    "name-lookup") "}}", "{}", "name server" },
	/* Of mesh addresses it is ChromeOS's own. */
	{ "hosts-stale", SEVERITY_WARNING,
	    "{'names':{'host':'build','hosts_entry':'100.127.0.9'},'tailscale':{" PEER "}}",
	    "{'names':{'host':'build','hosts_entry':'100.115.92.9'},'tailscale':{" PEER "}}",
	    "100.127.0.9" },
	{ "hosts-stale", SEVERITY_WARNING,
	    "{'names':{'host':'build','hosts_entry':'100.64.0.9','hosts_entries':['100.64.0.9']},'tailscale':{" PEER "}}",
	    "{'names':{'host':'build','hosts_entry':'100.64.0.7','hosts_entries':['100.64.0.7']},'tailscale':{" PEER "}}",
	    "100.64.0.9" },
	{ "hosts-stale", SEVERITY_ERROR,
	    "{'names':{'host':'build','hosts_entry':'100.64.0.9'},'tailscale':{" PEER "},'connect':{'ok':false}}",
	    "{'names':{'host':'build','hosts_entry':'192.0.2.9'},'tailscale':{" PEER "},'connect':{'ok':false}}",
	    "100.64.0.7" },
	{ "hosts-stale", SEVERITY_WARNING,
	    "{'names':{'host':'build','hosts_entry':'fd7a:115c:a1e0::9'},'tailscale':{" PEER "}}",
	    "{'names':{'host':'build','hosts_entry':'100.64.0.9'},'tailscale':{" PEER "},"
	    "'ssh':{'options':{'hostname':'other.example'}}}", "/etc/hosts" },
	{ "name-outside-mesh", SEVERITY_NOTE,
	    "{'names':{'host':'build','lookups':{'system':{'addresses':['192.0.2.9']}}},'tailscale':{" PEER "}}",
	    "{'names':{'host':'build','lookups':{'system':{'addresses':['192.0.2.9','100.64.0.7']}}},'tailscale':{" PEER "}}",
	    "build.mesh.example" },
	{ "name-outside-mesh", SEVERITY_WARNING,
	    "{'names':{'host':'build','lookups':{'system':{'addresses':['192.0.2.9']}}},'tailscale':{" PEER "},"
	    "'connect':{'ok':false}}",
	    "{'names':{'host':'192.0.2.9','lookups':{'system':{'addresses':['192.0.2.9']}}},'tailscale':{" PEER "}}",
	    "192.0.2.9" },
	{ "name-fake", SEVERITY_ERROR,
	    "{'names':{'host':'nas','lookups':{'system':{'addresses':['198.18.0.5']}}},"
	    "'connect':{'ok':true},'server':{'error':'silent'}}",
	    "{'names':{'host':'nas','lookups':{'system':{'addresses':['198.20.0.5']}}},"
	    "'connect':{'ok':true},'server':{'error':'silent'}}",
	    "198.18.0.5" },
	{ "name-fake", SEVERITY_NOTE,
	    "{'names':{'host':'build.mesh.example','lookups':{'system':{'addresses':['fc00::1','198.19.255.1']}}},"
	    "'tailscale':{" PEER ",'suffix':'mesh.example'},'server':{'text':'SSH-2.0-x'}}",
	    "{'names':{'host':'198.19.255.1','lookups':{'system':{'addresses':['198.19.255.1']}}}}",
	    "except mesh.example from" },
};

/* Machines on which all is well: no rule may warn. */
static const char	*const healthy[] = {
	/* Debian; no host was given. */
	"{'names':{'nameservers':['192.0.2.53'],'search':['lan'],'mdns':false,'magicdns_resolver':false},"
	"'tailscale':{'state':'none'}}",
	/* Debian, a host of the internet. */
	"{'names':{'host':'example.org','nameservers':['192.0.2.53'],'search':['lan'],'mdns':false,"
	"'magicdns_resolver':false,'lookups':{'system':{'addresses':['192.0.2.80'],'ms':4}}},"
	"'tailscale':{'state':'none'},'connect':{'ok':true}}",
	/* A short name of the office's. */
	"{'names':{'host':'files','search':['corp.example'],'lookups':{'system':{'addresses':['192.0.2.81']},"
	"'searched':{'name':'files.corp.example','addresses':['192.0.2.81']}}},'connect':{'ok':true}}",
	/*
	 * A container, tailscaled in userspace mode: the resolver knows nothing of the mesh, and
	 * need not.
	 */
	"{'names':{'host':'build','nameservers':['127.0.0.11'],'mdns':false," FAILED("Name or service not known") "},"
	"'tailscale':{'state':'up','tun':false,'suffix':'mesh.example'," PEER "},'connect':{'ok':true}}",
	"{'names':{'host':'build.mesh.example','nameservers':['192.0.2.53'],'mdns':false,'magicdns_resolver':false,"
	FAILED("Name or service not known") "},"
	"'tailscale':{'state':'up','tun':false,'suffix':'mesh.example'," PEER "},'connect':{'ok':true}}",
	/* WSL2 without Tailscale. */
	"{'system':{'wsl':2},'names':{'host':'example.org','nameservers':['10.255.255.254'],'mdns':false,"
	"'lookups':{'system':{'addresses':['192.0.2.80']}}},'connect':{'ok':true}}",
	/* An address. */
	"{'names':{'nameservers':['192.0.2.53'],'mdns':false,'magicdns_resolver':false},"
	"'ssh':{'options':{'hostname':'192.0.2.80'}},'connect':{'ok':false}}",
	"{}",
};

static void
test_rows(void **state)
{
	(void)state;
	rules_pairs(rules_names, rows, COUNT(rows));
}

static void
test_healthy(void **state)
{
	(void)state;
	rules_quiet(rules_names, healthy, COUNT(healthy), SEVERITY_NOTE);
}

static const struct rules_cure cures[] = {
	{ "magicdns-off", "{'names':{'host':'build.mesh.example','magicdns_resolver':false,"
	    FAILED("not known") "},'tailscale':{'suffix':'mesh.example','magicdns':false}}",
	    "Turn MagicDNS on where the mesh is administered." },
};

static void
test_cures(void **state)
{
	(void)state;
	rules_cures(cures, COUNT(cures));
}

/*
 * Facts may come from a file, --replay: of the wrong types they are not believed, and nothing
 * breaks.
 */
static void
test_odd_types(void **state)
{
	static const char	*const odd[] = {
		"{'names':{'host':1,'hosts_entry':2,'mdns':0,'magicdns_resolver':0,'lookups':{'system':[],'searched':[]}},"
		"'tailscale':{'suffix':{},'peer':{'found':true,'addresses':[1,{}]}},'ssh':{'options':[]}}",
		"{'names':{'host':'','hosts_entry':'100.64.0.9','hosts_entries':[1],'mdns':false,'lookups':{"
		"'system':{'addresses':[{}],'error':1},'searched':{'name':1}}},"
		"'tailscale':{'suffix':'','peer':{'found':1,'addresses':'100.64.0.9'}}}",
	};

	(void)state;
	rules_quiet(rules_names, odd, COUNT(odd), -1);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_cures),
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_odd_types),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
