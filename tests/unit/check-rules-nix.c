/* SPDX-License-Identifier: ISC */
/* Unit tests: rules-nix. */

#include <pwd.h>

#include "base/base64.h"
#include "check-root.h"
#include "check-rules.h"
#include "facts/nix-machines.h"

#define LINE	"'file':'/etc/nix/machines','line':1,'fields':8,'host':'b','user_given':true,'scheme':'ssh','uri':'ssh://...@b'"
#define NIX(nix, builder) "{'nix':{'installed':true,'daemon':true,'root_home':'/root','machines':[]," nix \
    "'builder':{" LINE ",'options_known':true,'serveraliveinterval':'15'" builder "}}}"
#define BUILT(builder, options) "{'nix':{'installed':true,'daemon':true,'builder':{" LINE \
    ",'options_known':true,'serveraliveinterval':'15'" builder "}}," \
    "'ssh':{'options':{" options "}},'server':{'host_key':'ssh-rsa AAAAAAAA'}}"

/*
 * The facts, the code, and what is found: NULL for nothing, or the severity and a piece of the
 * evidence.
 */
static const struct rules_row rows[] = {
	{ NIX("'machines':[{'file':'/etc/nix/machines','line':2,'uri':'x','fields':5,'error':'column 5'}],",
	    ""), "nix-machines", "error", "/etc/nix/machines:2: column 5" },
	{ NIX("'machines':[{'file':'/etc/nix/machines','line':2,'uri':'x','fields':5}],", ""),
	    "nix-machines", NULL, NULL },
	{ NIX("'machines':[{'file':'m','line':2,'uri':'x','fields':9,'remark':'9 columns','remark_code':'columns'}],",
	    ""), "nix-machines-unexpected", "warning", "m:2: 9 columns" },
	{ NIX("'machines':[{'file':'m','line':2,'uri':'x','fields':9,'remark':'column 8 is','remark_code':'host-key'}],",
	    ""), "nix-machines-unexpected", NULL, NULL },
	{ NIX("'root_config_ok':false,", ""), "nix-root-mode", "error", "/root/.ssh/config" },
	{ NIX("'root_config_ok':true,", ""), "nix-root-mode", NULL, NULL },
	{ NIX("", ",'in_root_config':false,'in_user_config':true"), "nix-root-config", "error",
	    "names b" },
	{ NIX("", ",'in_root_config':false,'host':'linux-builder'"), "nix-root-config", "error",
	    "linux-builder" },
	/* Its file is there and not read: that is the cause, and is told. */
	{ "{'ssh':{'system_includes':false,'system_files':['/etc/ssh/ssh_config.d/100-linux-builder.conf']},'nix':{"
	    "'installed':true,'daemon':true,'builder':{'host':'linux-builder','in_root_config':false,"
	    "'port_in_stanza':false}}}", "nix-root-config", NULL, NULL },
	{ "{'ssh':{'system_includes':false,'system_files':['/etc/ssh/ssh_config.d/100-linux-builder.conf']},'nix':{"
	    "'installed':true,'daemon':true,'builder':{'host':'linux-builder','in_root_config':false,"
	    "'port_in_stanza':false}}}", "nix-port", NULL, NULL },
	/* The name may be one that a resolver knows. */
	{ NIX("", ",'in_root_config':false,'in_user_config':false"), "nix-root-config", NULL,
	    NULL },
	{ NIX("", ",'in_root_config':true,'in_user_config':true"), "nix-root-config", NULL, NULL },
	{ NIX("'daemon_sshopts':'-F /etc/nix/ssh_config',",
	    ",'in_root_config':false,'in_user_config':true"), "nix-root-config", NULL, NULL },
	/* Without a daemon Nix is the user's own. */
	{ NIX("'daemon':false,", ",'in_root_config':false,'in_user_config':true"),
	    "nix-root-config", NULL, NULL },
	{ NIX("", ",'port_in_stanza':false,'in_root_config':true,'user_port':2222"), "nix-port",
	    "error", "2222" },
	{ NIX("", ",'port_in_stanza':false,'in_root_config':true,'host':'linux-builder'"),
	    "nix-port", "error", "31022" },
	{ NIX("", ",'port_in_stanza':true,'user_port':2222"), "nix-port", NULL, NULL },
	{ NIX("", ",'port_in_stanza':false,'user_port':2222,'uri_port':2222"), "nix-port", NULL,
	    NULL },
	{ NIX("", ",'port_in_stanza':false"), "nix-port", NULL, NULL },
	{ NIX("", ",'key_file':'/k','key_there':false,'key_readable_by_root':false"), "nix-key",
	    "error", "/k, in " },
	{ NIX("", ",'key_file':'/k','key_there':true,'key_readable_by_root':true"), "nix-key", NULL,
	    NULL },
	{ NIX("", ",'key_file':'/k','key_mode_ok':false"), "nix-key-mode", "error", "/k" },
	{ NIX("", ",'key_file':'/k','key_mode_ok':true"), "nix-key-mode", NULL, NULL },
	{ NIX("", ",'key_file':'/k','key_encrypted':true"), "nix-key-encrypted", "error", "/k" },
	{ NIX("", ",'key_file':'/k','key_encrypted':false"), "nix-key-encrypted", NULL, NULL },
	{ NIX("", ",'host_key_ok':false,'remark':'column 8 is the key itself'"), "nix-host-key",
	    "error", "the key itself" },
	{ NIX("", ",'host_key_ok':true"), "nix-host-key", NULL, NULL },
	{ NIX("", ",'host_key_ok':true,'hostname':'127.0.0.1'"), "nix-host-key-alias", "error",
	    "no HostKeyAlias b" },
	{ NIX("", ",'host_key_ok':true,'hostkeyalias':'c'"), "nix-host-key-alias", "error",
	    "HostKeyAlias c" },
	{ NIX("", ",'host_key_ok':true,'hostname':'127.0.0.1','hostkeyalias':'b'"),
	    "nix-host-key-alias", NULL, NULL },
	{ NIX("", ",'host_key_ok':true,'hostname':'%h.example'"), "nix-host-key-alias", NULL,
	    NULL },
	{ NIX("", ",'host_key_ok':true"), "nix-host-key-alias", NULL, NULL },
	{ NIX("", ",'host_known':false"), "nix-host-key-unknown", "error", "none for b" },
	{ NIX("", ",'host_known':false,'stricthostkeychecking':'accept-new'"),
	    "nix-host-key-unknown", NULL, NULL },
	{ NIX("", ",'host_known':false,'stricthostkeychecking':'off'"),
	    "nix-host-key-unknown", NULL, NULL },
	{ NIX("", ",'host_known':false,'stricthostkeychecking':'false'"),
	    "nix-host-key-unknown", NULL, NULL },
	/* The key that it shows is ssh-rsa AAAAAAAA. */
	{ BUILT(",'known_keys':['ssh-rsa BBBBBBBB'],'host_key_ok':true", "'hostname':'b','port':'22'"), "nix-host-key-changed", "error",
	    "/etc/nix/machines:1: ssh://...@b; it shows ssh-rsa ...AAAAAAAA" },
	{ BUILT(",'known_keys':['ssh-rsa BBBBBBBB']", "'hostname':'b','port':'22'"), "nix-host-key-changed", "error",
	    "it shows" },
	{ BUILT(",'known_keys':['ssh-rsa AAAAAAAA']", "'hostname':'b','port':'22'"), "nix-host-key-changed", NULL,
	    NULL },
	{ BUILT(",'known_keys':['ssh-rsa BBBBBBBB','ssh-rsa AAAAAAAA']", "'hostname':'b','port':'22'"), "nix-host-key-changed", NULL,
	    NULL },
	{ BUILT(",'known_keys':['ssh-rsa BBBBBBBB','ssh-dss C']", "'hostname':'b','port':'22'"), "nix-host-key-changed", NULL,
	    NULL },
	{ BUILT(",'known_keys':[1]", "'hostname':'b','port':'22'"), "nix-host-key-changed", NULL,
	    NULL },
	{ BUILT(",'known_keys':['ssh-rsa BBBBBBBB'],'stricthostkeychecking':'no'", "'hostname':'b','port':'22'"), "nix-host-key-changed", NULL,
	    NULL },
	{ BUILT(",'known_keys':['ssh-rsa BBBBBBBB'],'options_known':false", "'hostname':'b','port':'22'"), "nix-host-key-changed", NULL,
	    NULL },
	/* Another machine, or another port, showed it. */
	{ BUILT(",'known_keys':['ssh-rsa BBBBBBBB']", "'hostname':'c','port':'22'"), "nix-host-key-changed", NULL,
	    NULL },
	{ BUILT(",'known_keys':['ssh-rsa BBBBBBBB'],'hostname':'c'", "'hostname':'C','port':'22'"), "nix-host-key-changed", "error",
	    "it shows" },
	{ BUILT(",'known_keys':['ssh-rsa BBBBBBBB']", "'hostname':'b','port':'2222'"), "nix-host-key-changed", NULL,
	    NULL },
	{ BUILT(",'known_keys':['ssh-rsa BBBBBBBB'],'uri_port':2222", "'hostname':'b','port':'2222'"), "nix-host-key-changed", "error",
	    "it shows" },
	{ BUILT(",'known_keys':['ssh-rsa BBBBBBBB'],'port':'2222'", "'hostname':'b','port':'2222'"), "nix-host-key-changed", "error",
	    "it shows" },
	{ NIX("", ",'host_known':true"), "nix-host-key-unknown", NULL, NULL },
	{ NIX("", ",'proxy_program':'meshssh','proxy_relative':true,'proxy_everywhere':false"),
	    "nix-proxy-relative", "error", "meshssh is not a path" },
	{ NIX("", ",'proxy_program':'/opt/x','proxy_relative':false,'proxy_there':false"),
	    "nix-proxy-relative", "error", "/opt/x is not an executable" },
	{ NIX("", ",'proxy_program':'nc','proxy_relative':true,'proxy_everywhere':true"),
	    "nix-proxy-relative", NULL, NULL },
	{ NIX("", ",'proxy_program':'/opt/x','proxy_relative':false,'proxy_there':true"),
	    "nix-proxy-relative", NULL, NULL },
	{ NIX("", ",'host':'localhost','user_given':false"), "nix-localhost", "warning",
	    "/etc/nix/machines:1" },
	{ NIX("", ",'host':'localhost'"), "nix-localhost", "note", "/etc/nix/machines:1" },
	{ NIX("", ""), "nix-localhost", NULL, NULL },
	{ NIX("", ",'controlmaster':'auto','controlmaster_where':'/root/.ssh/config:3'"),
	    "nix-control", "warning", "/root/.ssh/config:3" },
	{ NIX("", ",'controlmaster':'no'"), "nix-control", NULL, NULL },
	{ NIX("'sshopts':'-F x',", ""), "nix-sshopts", "note", "-F x" },
	{ NIX("'sshopts':'-F x','daemon':false,", ""), "nix-sshopts", NULL, NULL },
	{ NIX("", ",'scheme':'ssh-ng'"), "nix-ng-silent", "note",
	    "/etc/nix/machines:1: ssh://...@b" },
	{ NIX("", ""), "nix-ng-silent", NULL, NULL },
	{ "{'nix':{'daemon':true,'root_home':'/var/root','builder':{" LINE ",'options_known':false}}}",
	    "nix-unseen", "note", "/var/root/.ssh" },
	{ "{'nix':{'daemon':false,'builder':{" LINE ",'options_known':false}}}", "nix-unseen", NULL,
	    NULL },
	{ "{'nix':{'daemon':true,'builder':{" LINE ",'options_known':false,'in_root_config':true}}}",
	    "nix-unseen", NULL, NULL },
	{ NIX("", ""), "nix-unseen", NULL, NULL },
	{ "{'nix':{'daemon':true,'builder':{" LINE ",'options_known':true}}}", "nix-alive", "note",
	    "for b" },
	{ "{'nix':{'daemon':true,'builder':{" LINE ",'options_known':false}}}", "nix-alive", NULL,
	    NULL },
	{ NIX("", ""), "nix-alive", NULL, NULL },
};

static void
test_rules(void **state)
{
	(void)state;
	rules_rows(rows, COUNT(rows));
}

/* Each rule speaks in one row at least, and none where Nix is not, or is all right. */
static void
test_rows(void **state)
{
	static const char *const	healthy[] = { "{}", "{'nix':{'installed':false}}",
	    NIX("", "") };
	const struct rule		*rule;
	json_t				*doc;
	size_t				 i;

	(void)state;
	for (rule = rules_nix; rule->code != CODE_NONE; rule++) {
		if (!rules_speaks(rows, COUNT(rows), code_row(rule->code)->name))
			fail_msg("%s never speaks", code_row(rule->code)->name);
		for (i = 0; i < COUNT(healthy); i++) {
			doc = rules_judge(healthy[i]);
			assert_null(rules_find(doc, code_row(rule->code)->name));
			json_decref(doc);
		}
	}
}

#define PUB	"c3NoLWVkMjU1MTkgQUFBQUMzTnphQzFsWkRJMU5URTVBQUFBSUpCV2N4Yi9CbGFxdDFhdU90RStGOFFVV3JVb3RpQzVxQkorVXVFV2RWQ2Igcm9vdEBuaXhvcwo="

static void
test_line(void **state)
{
	static const struct {
		const char	*line, *scheme, *host, *user;
		int		 port, fields, host_key;
		const char	*error, *remark;
	}		cases[] = {
		{ "ssh-ng://builder@linux-builder aarch64-linux /etc/nix/builder_ed25519 4 1 kvm - " PUB,
		    "ssh-ng", "linux-builder", "builder", 0, 8, 1, "", "" },
		{ "nas", "ssh", "nas", "", 0, 1, 0, "", "" },
		{ "\tnas - - - -  ", "ssh", "nas", "", 0, 5, 0, "", "" },
		{ "ssh://u@nas:2222?compress=true&ssh-key=/k", "ssh", "nas", "u", 2222, 1, 0, "",
		    "" },
		{ "ssh://[fe80::1%25eth0]:22", "ssh", "fe80::1%25eth0", "", 22, 1, 0, "", "" },
		{ "ssh://fe80::1", "ssh", "fe80::1", "", 0, 1, 0, "", "" },
		{ "nas x /k four", "ssh", "nas", "", 0, 4, 0,
		    "column 4 (jobs) is not a whole number", "" },
		{ "nas x /k -1", "ssh", "nas", "", 0, 4, 0, "column 4 (jobs) is not a whole number",
		    "" },
		{ "nas x /k 1 fast", "ssh", "nas", "", 0, 5, 0, "column 5 (speed) is not a number",
		    "" },
		{ "nas x /k 1 1.0", "ssh", "nas", "", 0, 5, 0, "",
		    "column 5 (speed) is not a whole number, which Nix before 2.20 wants" },
		{ "nas x /k 1 1 - - c3NoL!", "ssh", "nas", "", 0, 8, -1, "column 8 is not base64",
		    "" },
		{ "nas x /k 1 1 - - c3NoLWVkMjU1MTk=", "ssh", "nas", "", 0, 8, -1, "",
		    "column 8 is base64 of something that is not a key" },
		/* "ssh-rsa" in front of a key that says ssh-ed25519. */
		{ "nas x /k 1 1 - - c3NoLXJzYSBBQUFBQzNOemFDMWxaREkxTlRFNUFBQUFJQT09", "ssh", "nas",
		    "", 0, 8, -1, "", "column 8 is base64 of something that is not a key" },
		{ "nas x /k 1 1 - - AAAAC3NzaC1lZDI1NTE5AAAA", "ssh", "nas", "", 0, 8, -1, "",
		    "column 8 is the key itself, not base64 of its line" },
		{ "nas x /my key 1 1 a b c d", "ssh", "nas", "", 0, 10, -1,
		    "column 4 (jobs) is not a whole number", NULL },
		{ "nas x /k 1 1 a b - d", "ssh", "nas", "", 0, 9, 0, "",
		    "9 columns where 8 count: is there a blank in one?" },
		{ "/mnt/store x", "local", "", "", 0, 2, 0, "", "" },
		{ "unix:///x", "unix", "", "", 0, 1, 0, "", "" },
	};
	struct nix_machine	m;
	char			text[600];
	size_t			i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		strlcpy(text, cases[i].line, sizeof(text));
		assert_int_equal(nix_machine_parse(text, &m), 1);
		assert_string_equal(m.scheme, cases[i].scheme);
		assert_string_equal(m.host, cases[i].host);
		assert_string_equal(m.user, cases[i].user);
		assert_int_equal(m.port, cases[i].port);
		assert_int_equal(m.fields, cases[i].fields);
		assert_int_equal(m.host_key, cases[i].host_key);
		assert_string_equal(m.error, cases[i].error);
		if (cases[i].remark != NULL)
			assert_string_equal(m.remark, cases[i].remark);
		if (m.remark[0] != '\0')
			assert_string_equal(m.remark_code,
			    strncmp(m.remark, "column 8", 8) == 0 ? "host-key" :
			    strncmp(m.remark, "column 5", 8) == 0 ? "speed" : "columns");
	}
	strlcpy(text, " \t ", sizeof(text));
	assert_int_equal(nix_machine_parse(text, &m), 0);
}

static void
test_detect(void **state)
{
	const struct passwd	*pw = getpwuid(0);
	char			 config[256];
	json_t			*facts, *doc;

	(void)state;
	unsetenv("NIX_SSHOPTS");
	assert_non_null(pw);
	snprintf(config, sizeof(config), "%s/.ssh/config", pw->pw_dir);
	facts = detected(&detect_nix, NULL, "b");
	assert_int_equal(json_truth_at(facts, "nix.installed"), 0);
	assert_int_equal(json_object_size(json_at(facts, "nix")), 1);
	json_decref(facts);

	/* The seed's: a managed /etc/ssh/ssh_config, and linux-builder as nix-darwin writes it. */
	put_mode("/etc/nix/nix.conf",
	    "# builders = x\nbuilders = @/etc/nix/machines ; ssh://other x - y ; @/none\n", 0644);
	put_mode("/etc/nix/machines",
	    "# machines\n\nssh-ng://builder@linux-builder aarch64-linux /etc/nix/key 4 1 kvm - "
	    "" PUB "\n", 0644);
	put_mode("/etc/nix/key",
	    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n", 0640);
	put_mode("/etc/ssh/ssh_config", "Host *\nControlMaster auto\n", 0644);
	put_mode("/etc/systemd/system/nix-daemon.service.d/x.conf",
	    "[Service]\nEnvironment=\"NIX_SSHOPTS=-oPort=1\"\n", 0644);
	facts = detected(&detect_nix, NULL, "linux-builder");
	assert_int_equal(json_truth_at(facts, "nix.installed"), 1);
	assert_int_equal(json_truth_at(facts, "nix.daemon"), 0);
	assert_int_equal(json_truth_at(facts, "nix.root_config"), 0);
	assert_string_equal(json_text_at(facts, "nix.daemon_sshopts"), "-oPort=1");
	assert_int_equal(json_array_size(json_at(facts, "nix.machines")), 2);
	assert_int_equal(json_number_at(facts, "nix.machines.0.line", 0), 3);
	assert_string_equal(json_text_at(facts, "nix.machines.0.uri"),
	    "ssh-ng://...@linux-builder");
	assert_string_equal(json_text_at(facts, "nix.machines.1.file"), "/etc/nix/nix.conf");
	assert_null(json_at(facts, "nix.machines.0.remark"));
	assert_int_equal(json_number_at(facts, "nix.machines.1.line", 0), 2);
	assert_non_null(json_at(facts, "nix.machines.1.error"));
	assert_string_equal(json_text_at(facts, "nix.builder.host"), "linux-builder");
	assert_int_equal(json_truth_at(facts, "nix.builder.host_key_ok"), 1);
	assert_string_equal(json_text_at(facts, "nix.builder.known_keys.0"),
	    "ssh-ed25519 t1auOtE+F8QUWrUotiC5qBJ+UuEWdVCb");
	assert_int_equal(json_array_size(json_at(facts, "nix.builder.known_keys")), 1);
	assert_null(json_at(facts, "nix.builder.host_known"));
	assert_int_equal(json_truth_at(facts, "nix.builder.in_root_config"), 0);
	assert_int_equal(json_truth_at(facts, "nix.builder.port_in_stanza"), 0);
	assert_int_equal(json_truth_at(facts, "nix.builder.key_readable_by_root"), 1);
	assert_int_equal(json_truth_at(facts, "nix.builder.key_mode_ok"), 0);
	assert_int_equal(json_truth_at(facts, "nix.builder.key_encrypted"), 0);
	assert_string_equal(json_text_at(facts, "nix.builder.controlmaster_where"),
	    "/etc/ssh/ssh_config:2");
	json_decref(facts);

	/* No host was named: the first that its line condemns. */
	facts = detected(&detect_nix, NULL, NULL);
	assert_string_equal(json_text_at(facts, "nix.builder.host"), "other");
	json_decref(facts);
	facts = detected(&detect_nix, NULL, "somebody");
	assert_null(json_at(facts, "nix.builder"));
	json_decref(facts);

	/* The list is named behind a blank. */
	put_mode("/etc/nix/nix.conf", "builders = ssh://other x - 1 ; @/etc/nix/machines\n", 0644);
	facts = detected(&detect_nix, NULL, "linux-builder");
	assert_int_equal(json_array_size(json_at(facts, "nix.machines")), 2);
	assert_null(json_at(facts, "nix.machines.0.remark"));
	assert_non_null(strstr(json_text_at(facts, "nix.machines.1.remark"), "behind a blank"));
	assert_string_equal(json_text_at(facts, "nix.machines.1.remark_code"), "blank");
	json_decref(facts);

	/* The same with a stanza for root, one thing amiss in it. */
	put_mode(config,
	    "Host linux-builder\nHostName 127.0.0.1\nPort 31022\nProxyCommand meshssh-none %h "
	    "%p\nControlMaster no\n", 0600);
	put_mode("/etc/nix/key",
	    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n", 0600);
	put_mode("/etc/nix/nix.conf", "", 0644);
	/* launchd's, without systemd's. */
	put_mode("/etc/systemd/system/nix-daemon.service.d/x.conf", "[Service]\n", 0644);
	put_mode("/Library/LaunchDaemons/org.nixos.nix-daemon.plist",
	    "<dict>\n<key>EnvironmentVariables</key>\n<dict>\n<key>NIX_SSHOPTS</key>\n"
	    "<string>-p 7 -C</string>\n</dict>\n</dict>\n", 0644);
	setenv("NIX_SSHOPTS", "-oPort=7", 1);
	facts = detected(&detect_nix, NULL, "linux-builder");
	unsetenv("NIX_SSHOPTS");
	assert_string_equal(json_text_at(facts, "nix.sshopts"), "-oPort=7");
	assert_int_equal(json_truth_at(facts, "nix.builder.in_root_config"), 1);
	assert_int_equal(json_truth_at(facts, "nix.builder.port_in_stanza"), 1);
	assert_int_equal(json_truth_at(facts, "nix.builder.proxy_relative"), 1);
	assert_int_equal(json_truth_at(facts, "nix.builder.proxy_everywhere"), 0);
	assert_int_equal(json_truth_at(facts, "nix.root_config_ok"), 1);
	assert_string_equal(json_text_at(facts, "nix.daemon_sshopts"), "-p 7 -C");
	assert_int_equal(json_put(facts, "nix.daemon", json_true()), 0);
	assert_non_null(doc = json_pack("{s:o}", "facts", facts));
	assert_int_equal(rules_check(doc), 0);
	assert_non_null(rules_find(doc, "nix-host-key-alias"));
	assert_non_null(rules_find(doc, "nix-proxy-relative"));
	assert_null(rules_find(doc, "nix-root-config"));
	assert_null(rules_find(doc, "nix-port"));
	assert_null(rules_find(doc, "nix-control"));
	assert_null(rules_find(doc, "nix-key-mode"));
	json_decref(doc);
}

#define KEY	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJBWcxb/Blaqt1auOtE+F8QUWrUotiC5qBJ+UuEWdVCb"
#define OTHER	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJBWcxb/Blaqt1auOtE+F8QUWrUotiC5qBJ+UuEWdXXX"

/*
 * Which keys Nix's ssh takes: of its line, handed over without a port, and of known_hosts files.
 */
static void
test_known(void **state)
{
	static const struct {
		const char	*uri, *pub, *global, *block;
		int		 known;		/* how many keys */
		int		 host_known;
	} cases[] = {
		{ "ssh://b", PUB, "", "", 1, -1 },
		{ "ssh://b", PUB, "b " OTHER "\n", "", 2, -1 },
		{ "ssh://b", "-", "b " OTHER "\n", "", 1, 1 },
		{ "ssh://b", "-", "c " OTHER "\n", "", 0, 0 },
		{ "ssh://b:7", PUB, "b " OTHER "\n", "", 2, -1 },
		{ "ssh://b:7", "-", "[b]:7 " OTHER "\nb " KEY "\n", "", 1, 1 },
		/* Another name: what is pinned is not looked for. */
		{ "ssh://b", PUB, "", "Host b\nHostName c\n", 0, -1 },
		{ "ssh://b", PUB, "", "Host b\nHostName c\nHostKeyAlias b\n", 1, -1 },
		{ "ssh://b", "-", "", "Host b\nGlobalKnownHostsFile /etc/other\n", 1, 1 },
		{ "ssh://b", "-", "b " KEY "\n", "Host b\nGlobalKnownHostsFile none\n", 0, 0 },
		{ "ssh://b", "-", "b " KEY "\n", "Host b\nKnownHostsCommand /bin/x\n", 0, -1 },
		{ "ssh://b", "-", "@cert-authority b " KEY "\n", "", 0, 1 },
		{ "ssh://b", "-", "@revoked b " KEY "\n", "", 0, 0 },
	};
	const struct passwd	*pw = getpwuid(0);
	char			 config[256], line[512];
	json_t			*facts;
	size_t			 i;

	(void)state;
	assert_non_null(pw);
	snprintf(config, sizeof(config), "%s/.ssh/config", pw->pw_dir);
	put_mode("/etc/ssh/ssh_config", "", 0644);
	put_mode("/etc/nix/nix.conf", "", 0644);
	put_mode("/etc/other", "b " OTHER "\n", 0644);
	for (i = 0; i < COUNT(cases); i++) {
		snprintf(line, sizeof(line), "%s x - 1 1 - - %s\n", cases[i].uri, cases[i].pub);
		put_mode("/etc/nix/machines", line, 0644);
		put_mode("/etc/ssh/ssh_known_hosts", cases[i].global, 0644);
		put_mode(config, cases[i].block, 0600);
		facts = detected(&detect_nix, NULL, "b");
		if ((int)json_array_size(json_at(facts, "nix.builder.known_keys")) !=
		    cases[i].known ||
		    json_truth_at(facts, "nix.builder.host_known") != cases[i].host_known)
			fail_msg("case %zu: %zu keys, %d", i,
			    json_array_size(json_at(facts, "nix.builder.known_keys")),
			    json_truth_at(facts, "nix.builder.host_known"));
		json_decref(facts);
	}
	put_mode("/etc/ssh/ssh_known_hosts", "", 0644);
	put_mode(config, "", 0600);
}

/* A key of RSA with 8192 bits is known as it is, and handed to Nix as it is. */
static void
test_long_key(void **state)
{
	static const char	head[] = "\0\0\0\7ssh-rsa\0\0\0\3\1\0\1\0\0\4\1";
	char			blob[sizeof(head) - 1 + 1025], key[2048] = "ssh-rsa ", line[4096];
	struct nix_machine	m;

	(void)state;
	memset(blob, 'x', sizeof(blob));
	memcpy(blob, head, sizeof(head) - 1);
	base64(key + strlen(key), sizeof(key) - strlen(key), blob, sizeof(blob));
	base64(line + 2048, sizeof(line) - 2048, key, strlen(key));
	assert_true(snprintf(line, 2048, "ssh://b x - 1 1 - - ") > 0);
	memmove(line + strlen(line), line + 2048, strlen(line + 2048) + 1);
	strlcpy(key, strrchr(line, ' ') + 1, sizeof(key));
	assert_int_equal(nix_machine_parse(line, &m), 1);
	assert_int_equal(m.host_key, 1);
	assert_string_equal(m.pinned, key);
}

/* Of all lines of builders the last counts; whether one at the end of a file would be that. */
static void
test_builders(void **state)
{
	static const struct {
		const char	*conf, *custom;		/* nix.conf and nix.custom.conf */
		int		 conf_wins, custom_wins;
		const char	*custom_where;
		int		 custom_line;
	} cases[] = {
		{ "", "", 1, 0, "", 0 },
		{ "!include nix.custom.conf\n", "cores = 1\n", 1, 1, "/etc/nix/nix.custom.conf", 0 },
		{ "builders = x\ninclude /etc/nix/nix.custom.conf\n", "builders = y\n", 1, 1,
		    "/etc/nix/nix.custom.conf", 0 },
		{ "!include nix.custom.conf\n\nbuilders = x\n", "", 1, 0, "/etc/nix/nix.conf", 3 },
	};
	char	where[256], own[256], builders[NIX_BUILDERS_MAX];
	size_t	i;
	int	line;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		put("/etc/nix/nix.conf", cases[i].conf);
		put("/etc/nix/nix.custom.conf", cases[i].custom);
		assert_int_equal(nix_builders_win(root, "/etc/nix/nix.conf", where, &line),
		    cases[i].conf_wins);
		assert_int_equal(nix_builders_win(root, "/etc/nix/nix.custom.conf", where, &line),
		    cases[i].custom_wins);
		assert_string_equal(where, cases[i].custom_where);
		assert_int_equal(line, cases[i].custom_line);
	}
	assert_int_equal(nix_builders_where(root, where), 3);
	assert_string_equal(where, "/etc/nix/nix.conf");
	/* A relative name is one beside the file that includes it; and root's own file comes last. */
	put("/etc/nix/nix.conf", "include sub/x.conf\n");
	put("/etc/nix/sub/x.conf", "\r\nbuilders = x\r\ninclude y.conf\r\n");
	put("/etc/nix/y.conf", "builders = z\n");
	put("/etc/nix/sub/y.conf", "builders = y\r\n");
	nix_builders(root, builders);
	assert_string_equal(builders, "y");
	snprintf(own, sizeof(own), "%s/.config/nix/nix.conf", getpwuid(0)->pw_dir);
	put(own, "builders = home\n");
	assert_int_equal(nix_builders_win(root, "/etc/nix/nix.conf", where, &line), 0);
	assert_string_equal(where, own);
	nix_builders(root, builders);
	assert_string_equal(builders, "home");
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_line),
		cmocka_unit_test_setup(test_detect, empty),
		cmocka_unit_test_setup(test_known, empty),
		cmocka_unit_test(test_long_key),
		cmocka_unit_test_setup(test_builders, empty),
	};

	return (cmocka_run_group_tests_name("rules-nix", tests, root_make, root_remove));
}
