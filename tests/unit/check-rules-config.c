/* SPDX-License-Identifier: ISC */
/* Unit tests: rules-config. */

#include "check-rules.h"

/*
 * A machine as Debian installs it, and one host without configuration of its own: nothing is wrong
 * with it.
 */
#define PLAIN	"'path':'/usr/bin/ssh','version':'OpenSSH_9.2p1','version_number':902,'where':{" \
    "'hashknownhosts':{'file':'/etc/ssh/ssh_config','line':51,'value':'yes','named':false}},'shadowed':[]," \
    "'files':[{'file':'/etc/ssh/ssh_config','readable':true}],'system_includes':true,'system_files':[]," \
    "'key_files':[{'file':'~/.ssh/id_ed25519','mode_ok':true,'encrypted':true}]," \
    "'known':{'found':true,'alias':'nas','types':'ssh-ed25519'}"
#define OPTIONS	"'hostname':'nas','port':'22','addressfamily':'any','canonicalizehostname':'false','connectionattempts':'1'," \
    "'connecttimeout':'none','controlmaster':'false','ipqos':'lowdelay throughput','proxyusefdpass':'no'," \
    "'nohostauthenticationforlocalhost':'no','serveraliveinterval':'0','serveralivecountmax':'3'," \
    "'stricthostkeychecking':'ask','tcpkeepalive':'yes','verifyhostkeydns':'false'"
#define WITH(ssh, options) "{'ssh':{" PLAIN "," ssh "'options':{" OPTIONS options "}}}"
/* The same of a host by the name that was typed. */
#define NAMED(typed, options) "{'names':{'host':'" typed "'},'ssh':{" PLAIN ",'options':{" OPTIONS options "}}}"
/* A key that the host shows, and what is known of it. */
#define SHOWN(known, options, key) "{'ssh':{'known':{'found':true,'alias':'nas'," known "},'options':{" options "}}," \
    "'connect':{'address':'127.0.0.1'},'server':{'host_key':'" key "'}}"
/* The same key in a certificate, and what else is said of that. */
#define CERTIFIED(known, options, more) \
    "{'ssh':{'known':{'found':true,'alias':'nas'," known "},'options':{" options "}}," \
    "'server':{'host_key':'ssh-rsa AAAAAAAA','certificate':{'authority':'ca CCCCCCCC'" more "}}}"

/*
 * The facts, the code, and what is found: "" for nothing, or the severity and a piece of the
 * evidence.
 */
static const struct rules_row rows[] = {
	{ WITH("'refuses':'Bad owner or permissions on ~/.ssh/config','refuses_code':'mode',"
	    "'refuses_file':'~/.ssh/config',", ""), "config-mode", "error", "~/.ssh/config" },
	{ WITH("'refuses':'Bad owner or permissions on /home/u/a b','refuses_code':'mode','refuses_kind':'store',"
	    "'refuses_file':'~/a b',", ""), "config-mode", "error", "Bad owner" },
	{ WITH("'refuses':'Bad owner or permissions on ~/.ssh/config','refuses_code':'mode',"
	    "'refuses_file':'~/.ssh/config',", ""), "config-broken", "", NULL },
	{ WITH("'hidden':{'file':'~/.ssh/work','line':1,'by_file':'~/.ssh/config','by_line':4},", ""),
	    "config-hidden", "error", "~/.ssh/work line 1 names it; the Include is ~/.ssh/config line 4" },
	{ WITH("'early':{'file':'~/.ssh/config','line':7},", ""), "config-early", "warning",
	    "~/.ssh/config line 7" },
	{ WITH("'missing':{'file':'~/.ssh/config','line':2},", ""), "config-missing", "note",
	    "~/.ssh/config line 2" },
	{ WITH("'refuses':'~/.ssh/config: line 3: Bad configuration option: x','refuses_code':'option',",
	    ""), "config-broken", "error", "line 3" },
	{ WITH("'refuses':'~/.ssh/config: line 3: Bad configuration option: x','refuses_code':'option',",
	    ""), "config-mode", "", NULL },
	{ WITH("'refuses':'~/.ssh/config line 4: Bad IPQoS value: 0x00','refuses_code':'ipqos',",
	    ""), "ipqos-hex", "error", "0x00" },
	{ WITH("'refuses':'~/.ssh/config line 4: Bad IPQoS value: 0x00','refuses_code':'ipqos',",
	    ""), "config-broken", "", NULL },
	{ WITH("'where':{'ipqos':{'file':'~/.ssh/config','line':4,'value':'0x00'}},", ""),
	    "ipqos-hex", "note", "~/.ssh/config:4" },
	{ WITH("'where':{'ipqos':{'file':'~/.ssh/config','line':4,'value':'none'}},", ""),
	    "ipqos-hex", "", NULL },
	{ WITH("'slow':true,", ""), "config-slow", "warning", "0.9 s" },
	{ WITH("'version_number':705,'version':'OpenSSH_7.5p1',", ""), "ssh-old", "warning",
	    "OpenSSH_7.5p1" },
	{ WITH("'version_number':706,", ""), "ssh-old", "", NULL },
	{ WITH("'system_includes':false,'system_files':['/etc/ssh/ssh_config.d/9.conf'],", ""),
	    "config-no-include", "warning",
	    "ignored: 1, the first is /etc/ssh/ssh_config.d/9.conf" },
	{ WITH("'system_includes':false,", ""), "config-no-include", "", NULL },
	/* The user's own file reads it: the cure was taken. */
	{ WITH("'system_includes':false,'system_files':['/etc/ssh/ssh_config.d/9.conf'],'files':[{'file':'~/.ssh/config'},"
	    "{'file':'/etc/ssh/ssh_config.d/9.conf'},{'file':'/etc/ssh/ssh_config'}],", ""),
	    "config-no-include", "", NULL },
	{ WITH("'system_includes':false,'system_files':['/etc/ssh/ssh_config.d/1.conf','/etc/ssh/ssh_config.d/9.conf'],"
	    "'files':[{'file':'/etc/ssh/ssh_config.d/1.conf'}],", ""), "config-no-include",
	    "warning", "ignored: 1, the first is /etc/ssh/ssh_config.d/9.conf" },
	{ WITH("'system_files':['/etc/ssh/ssh_config.d/9.conf'],", ""), "config-no-include", "",
	    NULL },
	{ "{'nix':{'installed':true},'ssh':{'system_includes':false,'system_files':['/etc/ssh/ssh_config.d/1.conf',"
	    "'/etc/ssh/ssh_config.d/100-linux-builder.conf']}}", "config-no-include", "error",
	    "ignored: 2" },
	{ WITH("'shadowed':[{'keyword':'port','value':'2222','file':'a','line':5,'named':true,'by_file':'b','by_line':2,"
	    "'by_named':false}],", ""), "config-shadowed", "warning", "a:5 is not used, b:2 is" },
	/* As it should be: the particular one before the general one. */
	{ WITH("'shadowed':[{'keyword':'port','value':'2222','file':'a','line':5,'named':false,'by_file':'b','by_line':2,"
	    "'by_named':true}],", ""), "config-shadowed", "", NULL },
	/* ssh says otherwise. */
	{ WITH("'shadowed':[{'keyword':'port','value':'22','file':'a','line':5,'named':true,'by_file':'b','by_line':2,"
	    "'by_named':false}],", ""), "config-shadowed", "", NULL },
	{ WITH("'shadowed':[{'keyword':'loglevel','value':'x','file':'a','line':5,'named':true,'by_file':'b','by_line':2,"
	    "'by_named':false}],", ""), "config-shadowed", "", NULL },
	{ WITH("'key_files':[{'file':'~/.ssh/a','mode_ok':true},{'file':'~/.ssh/b','mode_ok':false}],",
	    ""), "key-mode", "warning", "~/.ssh/b" },
	{ WITH("'known':{'found':false,'alias':'[10.0.0.1]:22','other':'nas'},", ""),
	    "host-key-alias", "warning", "nas is known" },
	{ WITH("'known':{'found':false,'alias':'nas'},", ""), "host-key-alias", "", NULL },
	{ WITH("'known':{'found':false,'alias':'nas'},", ""), "host-key-strict", "", NULL },
	{ WITH("'known':{'found':false,'alias':'nas'},", ",'stricthostkeychecking':'ask','batchmode':'yes'"),
	    "host-key-strict", "error", "no key for nas is known" },
	{ WITH("'known':{'found':false,'alias':'nas'},", ",'stricthostkeychecking':'false','batchmode':'yes'"),
	    "host-key-strict", "", NULL },
	{ WITH("'known':{'found':false,'alias':'nas'},", ",'stricthostkeychecking':'true'"),
	    "host-key-strict", "error", "no key for nas is known" },
	{ WITH("'known':{'found':false,'alias':'nas','other':'n'},",
	    ",'stricthostkeychecking':'yes'"), "host-key-alias", "", NULL },
	{ WITH("", ",'stricthostkeychecking':'true'"), "host-key-strict", "", NULL },
	{ WITH("", ",'controlmaster':'auto','controlpath':'~/.ssh/%C'"), "control-stale", "note",
	    "ControlMaster auto" },
	{ WITH("", ",'controlmaster':'auto','controlpath':'~/.ssh/%C','serveraliveinterval':'15'"),
	    "control-stale", "", NULL },
	{ WITH("", ",'controlmaster':'auto','controlpath':'none'"), "control-stale", "", NULL },
	{ "{'control':{'listens':true,'answers':true,'passes':false,'ms':5001},'connect':{'ok':true}}",
	    "control-dead", "error", "5001 ms" },
	{ "{'control':{'listens':true,'answers':false,'ms':5001},'connect':{'ok':true}}", "control-dead", "error",
	    "listens" },
	{ "{'control':{'listens':true,'answers':false,'ms':5001},'connect':{'ok':false}}", "control-dead", "warning",
	    "listens" },
	{ "{'control':{'listens':true,'answers':true,'passes':true,'ms':5},'connect':{'ok':true}}", "control-dead", "",
	    NULL },
	{ "{'control':{'listens':true,'answers':true,'ms':5},'connect':{'ok':true}}", "control-dead", "", NULL },
	{ "{'control':{'listens':false,'ms':5},'connect':{'ok':true}}", "control-dead", "", NULL },
	{ "{'ssh':{'known':{'found':true,'alias':'nas','types':'ssh-rsa'}},'server':{'host_key_types':['ssh-ed25519']}}",
	    "host-key-type", "warning", "ssh-rsa" },
	{ "{'ssh':{'known':{'found':true,'alias':'nas','types':'ssh-rsa'}},'server':{'host_key_types':['rsa-sha2-512']}}",
	    "host-key-type", "", NULL },
	{ "{'ssh':{'known':{'found':true,'alias':'nas','types':'ssh-rsa ssh-ed25519'}},'server':{'host_key_types':["
	    "'ssh-ed25519']}}", "host-key-type", "", NULL },
	{ "{'ssh':{'known':{'found':true,'alias':'nas'}},'server':{'host_key_types':['ssh-ed25519']}}",
	    "host-key-type", "", NULL },
	/* Host keys. */
	{ SHOWN("'keys':['ssh-rsa AAAAAAAA']", "", "ssh-rsa BBBBBBBB"), "host-key-changed",
	    "error", "known for nas: ssh-rsa ...AAAAAAAA; it shows ssh-rsa ...BBBBBBBB" },
	{ SHOWN("'keys':['ssh-rsa AAAAAAAA']", "'stricthostkeychecking':'false'", "ssh-rsa BBBBBBBB"), "host-key-changed",
	    "warning", "known for nas" },
	{ SHOWN("'keys':['ssh-rsa AAAAAAAA']", "'stricthostkeychecking':'accept-new'", "ssh-rsa BBBBBBBB"), "host-key-changed",
	    "error", "known for nas" },
	{ SHOWN("'keys':['ssh-rsa AAAAAAAA']", "", "ssh-rsa AAAAAAAA"), "host-key-changed",
	    "", NULL },
	{ SHOWN("'keys':['ssh-rsa AAAAAAAA','ssh-rsa BBBBBBBB']", "", "ssh-rsa BBBBBBBB"), "host-key-changed",
	    "", NULL },
	/* Any key that is known, of whatever type, makes another a changed one. */
	{ SHOWN("'keys':['ssh-dss AAAA',1]", "", "ssh-rsa BBBBBBBB"), "host-key-changed",
	    "error", "known for nas: ssh-dss" },
	{ SHOWN("'keys':[1]", "", "ssh-rsa BBBBBBBB"), "host-key-changed",
	    "", NULL },
	{ SHOWN("'keys':[]", "", "x"), "host-key-changed",
	    "", NULL },
	{ SHOWN("'keys':['x']", "", "y z"), "host-key-changed",
	    "error", "x ...x; it shows y ...y z" },
	{ SHOWN("'keys':['ssh-rsa AAAAAAAA']", "'hostname':'nas','nohostauthenticationforlocalhost':'yes'", "ssh-rsa BBBBBBBB"), "host-key-changed",
	    "", NULL },
	{ SHOWN("'keys':['ssh-rsa AAAAAAAA']", "'hostname':'nas','nohostauthenticationforlocalhost':'yes','hostkeyalias':'nas'", "ssh-rsa BBBBBBBB"), "host-key-changed",
	    "error", "known for nas" },
	{ SHOWN("'keys':['ssh-rsa AAAAAAAA']", "'hostname':'nas','nohostauthenticationforlocalhost':'yes','proxycommand':'x'", "ssh-rsa BBBBBBBB"), "host-key-changed",
	    "error", "known for nas" },
	/* Without the port that is meant, another key is another server's. */
	{ SHOWN("'bare_keys':['ssh-rsa AAAAAAAA']", "'stricthostkeychecking':'ask'", "ssh-rsa BBBBBBBB"), "host-key-changed",
	    "", NULL },
	{ SHOWN("'bare_keys':['ssh-rsa AAAAAAAA']", "'stricthostkeychecking':'true'", "ssh-rsa BBBBBBBB"), "host-key-strict",
	    "error", "no key for nas is known, and without the port another one" },
	{ SHOWN("'bare_keys':['ssh-rsa AAAAAAAA']", "'stricthostkeychecking':'true'", "ssh-rsa AAAAAAAA"), "host-key-strict",
	    "", NULL },
	{ SHOWN("'authorities':['ssh-rsa AAAAAAAA']", "'stricthostkeychecking':'true'", "ssh-rsa BBBBBBBB"), "host-key-strict",
	    "", NULL },
	{ SHOWN("'keys':['ssh-rsa AAAAAAAA']" "," "'revoked':['ssh-rsa AAAAAAAA']", "", "ssh-rsa AAAAAAAA"), "host-key-revoked",
	    "error", "a line @revoked for nas has the key ...AAAAAAAA" },
	{ SHOWN("'keys':['ssh-rsa AAAAAAAA']" "," "'revoked':['ssh-rsa AAAAAAAA']", "'stricthostkeychecking':'false'", "ssh-rsa AAAAAAAA"), "host-key-revoked",
	    "warning", "@revoked" },
	{ SHOWN("'keys':['ssh-rsa AAAAAAAA']" "," "'revoked':['ssh-rsa AAAAAAAA']", "", "ssh-rsa BBBBBBBB"), "host-key-revoked",
	    "", NULL },

	{ SHOWN("'bare_keys':['ssh-rsa AAAAAAAA']", "'stricthostkeychecking':'ask'", "ssh-rsa BBBBBBBB"), "host-key-unknown",
	    "note", "no key for nas is known, and without the port another one; it shows ssh-rsa ...BBBBBBBB" },
	{ SHOWN("'bare_keys':['ssh-rsa AAAAAAAA']", "'stricthostkeychecking':'ask'", "ssh-rsa AAAAAAAA"), "host-key-unknown",
	    "", NULL },
	{ SHOWN("'bare_keys':['ssh-rsa AAAAAAAA']", "'stricthostkeychecking':'ask','batchmode':'yes'", "ssh-rsa BBBBBBBB"), "host-key-unknown",
	    "", NULL },
	{ SHOWN("'bare_keys':['ssh-rsa AAAAAAAA']", "'stricthostkeychecking':'ask','verifyhostkeydns':'true'", "ssh-rsa BBBBBBBB"), "host-key-unknown",
	    "", NULL },
	{ SHOWN("'bare_keys':['ssh-rsa AAAAAAAA']", "'stricthostkeychecking':'accept-new'", "ssh-rsa BBBBBBBB"), "host-key-unknown",
	    "", NULL },
	{ SHOWN("'keys':['ssh-rsa AAAAAAAA'],'address':'[10.0.0.1]:2','address_keys':['ssh-rsa BBBBBBBB']", "'stricthostkeychecking':'ask'", "ssh-rsa AAAAAAAA"), "host-key-address",
	    "warning", "a key for [10.0.0.1]:2 is known, and not ...AAAAAAAA" },
	{ SHOWN("'keys':['ssh-rsa AAAAAAAA'],'address':'[10.0.0.1]:2','address_keys':['ssh-rsa BBBBBBBB']", "'stricthostkeychecking':'ask','batchmode':'yes'", "ssh-rsa AAAAAAAA"), "host-key-address",
	    "error", "CheckHostIP" },
	{ SHOWN("'keys':['ssh-rsa AAAAAAAA'],'address':'[10.0.0.1]:2','address_keys':['ssh-rsa BBBBBBBB']", "'stricthostkeychecking':'accept-new'", "ssh-rsa AAAAAAAA"), "host-key-address",
	    "error", "CheckHostIP" },
	{ SHOWN("'keys':['ssh-rsa AAAAAAAA'],'address':'[10.0.0.1]:2','address_keys':['ssh-rsa BBBBBBBB']", "'stricthostkeychecking':'false'", "ssh-rsa AAAAAAAA"), "host-key-address",
	    "", NULL },
	{ SHOWN("'keys':['ssh-rsa AAAAAAAA'],'address':'[10.0.0.1]:2','address_keys':['ssh-rsa AAAAAAAA']", "'stricthostkeychecking':'ask'", "ssh-rsa AAAAAAAA"), "host-key-address",
	    "", NULL },
	{ SHOWN("'keys':['ssh-rsa AAAAAAAA'],'address':'[10.0.0.1]:2','address_keys':['ssh-rsa BBBBBBBB']", "'stricthostkeychecking':'ask'", "ssh-rsa BBBBBBBB"), "host-key-address",
	    "", NULL },
	/* Certificates. */
	{ CERTIFIED("'authorities':['ca CCCCCCCC']", "'stricthostkeychecking':'true'", ""), "host-key-certificate",
	    "", NULL },
	{ CERTIFIED("'authorities':['ca CCCCCCCC']", "'stricthostkeychecking':'true'", ""), "host-key-strict",
	    "", NULL },
	{ CERTIFIED("'authorities':['ca CCCCCCCC']", "'stricthostkeychecking':'ask'", ",'fault':'user'"), "host-key-certificate",
	    "warning", "@cert-authority for nas; the certificate is signed by ...CCCCCCCC" },
	{ CERTIFIED("'authorities':['ca CCCCCCCC']", "'stricthostkeychecking':'ask'", ",'fault':'early'"), "host-key-certificate",
	    "warning", "@cert-authority for nas; the certificate is signed by ...CCCCCCCC" },
	{ CERTIFIED("'authorities':['ca CCCCCCCC']", "'stricthostkeychecking':'ask'", ",'fault':'expired'"), "host-key-certificate",
	    "warning", "@cert-authority for nas; the certificate is signed by ...CCCCCCCC" },
	{ CERTIFIED("'authorities':['ca CCCCCCCC']", "'stricthostkeychecking':'ask'", ",'fault':'name'"), "host-key-certificate",
	    "warning", "@cert-authority for nas; the certificate is signed by ...CCCCCCCC" },
	{ CERTIFIED("'authorities':['ca CCCCCCCC']", "'stricthostkeychecking':'ask'", ",'fault':'options'"), "host-key-certificate",
	    "warning", "@cert-authority for nas; the certificate is signed by ...CCCCCCCC" },
	{ CERTIFIED("'authorities':['ca CCCCCCCC']", "'stricthostkeychecking':'ask'", ",'fault':'signature'"), "host-key-certificate",
	    "warning", "@cert-authority for nas; the certificate is signed by ...CCCCCCCC" },
	{ CERTIFIED("'authorities':['ca CCCCCCCC']", "'stricthostkeychecking':'ask','batchmode':'yes'", ",'fault':'name'"), "host-key-certificate",
	    "error", "nas" },
	{ CERTIFIED("'authorities':['ca CCCCCCCC']", "'stricthostkeychecking':'accept-new'", ",'fault':'name'"), "host-key-certificate",
	    "", NULL },
	{ CERTIFIED("'authorities':['ca DDDDDDDD']", "'stricthostkeychecking':'true'", ""), "host-key-certificate",
	    "error", "signed by ...CCCCCCCC" },
	{ CERTIFIED("'bare_authorities':['ca CCCCCCCC']", "'stricthostkeychecking':'true'", ""), "host-key-certificate",
	    "", NULL },
	{ CERTIFIED("'authorities':['ca DDDDDDDD'],'bare_authorities':['ca CCCCCCCC']", "'stricthostkeychecking':'true'", ",'fault':'other'"), "host-key-certificate",
	    "", NULL },
	{ CERTIFIED("'authorities':['ca DDDDDDDD'],'keys':['ssh-rsa AAAAAAAA']", "'stricthostkeychecking':'true'", ""), "host-key-certificate",
	    "", NULL },
	{ CERTIFIED("'keys':['ssh-rsa BBBBBBBB']", "'stricthostkeychecking':'true'", ""), "host-key-changed",
	    "error", "nas" },
	{ CERTIFIED("'authorities':['ca CCCCCCCC'],'keys':['ssh-rsa BBBBBBBB']", "'stricthostkeychecking':'true'", ""), "host-key-changed",
	    "", NULL },
	{ CERTIFIED("'authorities':['ca CCCCCCCC'],'revoked':['ca CCCCCCCC']", "'stricthostkeychecking':'true'", ""), "host-key-revoked",
	    "error", "has the authority's key ...CCCCCCCC" },
	{ SHOWN("'authorities':['ca CCCCCCCC']", "'stricthostkeychecking':'yes'", "ssh-rsa AAAAAAAA"), "host-key-certificate",
	    "error", "no certificate was shown" },

	/* Proxies. */
	{ WITH("'proxy':{'program':'/opt/x','absolute':true,'there':false},",
	    ",'proxycommand':'/opt/x'"), "proxy-missing", "error", "/opt/x is not an executable" },
	{ WITH("'proxy':{'program':'x','absolute':false,'there':false,'everywhere':false},",
	    ",'proxycommand':'x'"), "proxy-missing", "error", "PATH" },
	{ WITH("'proxy':{'program':'x','absolute':false,'there':false,'everywhere':false},",
	    ",'proxycommand':'x'"), "proxy-relative", "", NULL },
	/* What meshssh-config wrote does not keep it in the store, and what Nix made does. */
	{ WITH("'proxy':{'program':'/nix/store/x-meshssh/bin/meshssh','there':true},'where':{'proxycommand':"
	    "{'file':'~/.ssh/meshssh.conf','line':3}},", ",'proxycommand':'x'"), "proxy-versioned",
	    "warning", "/nix/store/x-meshssh/bin/meshssh (~/.ssh/meshssh.conf:3)" },
	{ WITH("'proxy':{'program':'/nix/store/x-meshssh/bin/meshssh','there':true},'where':{'proxycommand':"
	    "{'file':'~/.ssh/config','line':3}},", ",'proxycommand':'x'"), "proxy-versioned", "", NULL },
	{ WITH("'proxy':{'program':'/opt/homebrew/Cellar/meshssh/0.9/bin/meshssh','there':true},'where':"
	    "{'proxycommand':{'file':'~/.ssh/config','line':3}},", ",'proxycommand':'x'"), "proxy-versioned",
	    "warning", "/opt/homebrew/Cellar/meshssh/0.9/bin/meshssh (~/.ssh/config:3)" },
	{ WITH("'proxy':{'program':'/nix/store/x-meshssh/bin/meshssh','there':false},'where':{'proxycommand':"
	    "{'file':'~/.ssh/meshssh.conf','line':3}},", ",'proxycommand':'x'"), "proxy-versioned", "",
	    NULL },
	{ WITH("'proxy':{'program':'/opt/homebrew/bin/meshssh','there':true},'where':{'proxycommand':"
	    "{'file':'~/.ssh/meshssh.conf','line':3}},", ",'proxycommand':'x'"), "proxy-versioned", "",
	    NULL },
	{ WITH("'proxy':{'program':'/opt/x','absolute':true,'there':true},",
	    ",'proxycommand':'/opt/x'"), "proxy-missing", "", NULL },
	{ WITH("'proxy':{'program':'/opt/x','absolute':true},", ",'proxycommand':'/opt/x'"),
	    "proxy-missing", "", NULL },
	{ WITH("'proxy':{'program':'meshssh','absolute':false,'there':true,'everywhere':false},",
	    ",'proxycommand':'x'"),
	    "proxy-relative", "note", "meshssh" },
	{ WITH("'proxy':{'program':'nc','absolute':false,'there':true,'everywhere':true},",
	    ",'proxycommand':'nc'"), "proxy-relative", "", NULL },
	{ WITH("'proxy':{'program':'/opt/meshssh','passes_fd':false},",
	    ",'proxycommand':'x','proxyusefdpass':'yes'"), "fdpass-proxy", "error",
	    "without --fdpass" },
	{ WITH("'proxy':{'program':'socat','passes_fd':false},",
	    ",'proxycommand':'x','proxyusefdpass':'yes'"), "fdpass-proxy", "error", "socat" },
	{ WITH("'proxy':{'program':'/opt/meshssh','passes_fd':true},",
	    ",'proxycommand':'x','proxyusefdpass':'yes'"), "fdpass-proxy", "", NULL },
	{ WITH("'proxy':{'program':'/opt/meshssh','passes_fd':true},", ",'proxycommand':'x'"),
	    "fdpass-proxy", "", NULL },
	{ WITH("'proxy':{'program':'nc','passes_fd':true},", ",'proxycommand':'x'"),
	    "fdpass-proxy", "error", "ProxyUseFdpass no" },
	{ WITH("'proxy':{'program':'/opt/meshssh','passes_fd':false},", ",'proxycommand':'x'"),
	    "fdpass-proxy", "", NULL },
	{ WITH("'proxy':{'program':'own'},", ",'proxycommand':'x','proxyusefdpass':'yes'"),
	    "fdpass-proxy", "", NULL },
	{ WITH("", ",'proxycommand':'x','proxyusefdpass':'yes'"), "fdpass-ipqos", "note",
	    "lowdelay" },
	{ "{'dscp':{'dropped':['ef']},'ssh':{'version':'OpenSSH_10.1','options':{'proxycommand':'x','proxyusefdpass':'yes',"
	    "'ipqos':'ef cs0'}}}", "fdpass-ipqos", "", NULL },
	/* Other marks than those that ssh sets are dropped. */
	{ "{'dscp':{'dropped':['af21']},'ssh':{'version':'OpenSSH_10.1','options':{'proxycommand':'x','proxyusefdpass':'yes',"
	    "'ipqos':'ef cs0'}}}", "fdpass-ipqos", "note", "ef cs0" },
	{ WITH("", ",'proxycommand':'x','proxyusefdpass':'yes','ipqos':'none none'"),
	    "fdpass-ipqos", "", NULL },
	{ WITH("", ",'proxycommand':'x'"), "fdpass-ipqos", "", NULL },
	{ WITH("", ",'proxycommand':'x','controlpersist':'60','controlpath':'~/x'"),
	    "control-hides", "note", "60" },
	{ WITH("", ",'proxycommand':'x','controlpersist':'no','controlpath':'~/x'"),
	    "control-hides", "", NULL },
	{ WITH("", ",'controlpersist':'60','controlpath':'~/x'"), "control-hides", "", NULL },
	{ WITH("'known':{'found':false,'alias':'localhost'},",
	    ",'proxycommand':'x','hostname':'localhost',"
	    "'nohostauthenticationforlocalhost':'yes'"), "localhost-proxy", "warning",
	    "localhost" },
	{ WITH("",
	    ",'proxycommand':'x','hostname':'localhost','nohostauthenticationforlocalhost':'yes'"),
	    "localhost-proxy", "", NULL },
	{ WITH("'known':{'found':false,'alias':'localhost'},",
	    ",'hostname':'localhost','nohostauthenticationforlocalhost':'yes'"),
	    "localhost-proxy", "", NULL },
	{ WITH("", ",'proxycommand':'x','canonicalizehostname':'true'"), "canonicalize-proxy",
	    "note", "true" },
	{ WITH("", ",'proxycommand':'x','canonicalizehostname':'always'"), "canonicalize-proxy", "",
	    NULL },
	{ WITH("", ",'canonicalizehostname':'true'"), "canonicalize-proxy", "", NULL },
	{ NAMED("nas", ",'proxyjump':'gate','canonicalizehostname':'true'"), "canonicalize-proxy",
	    "note", "true" },
	/* A jump that only the whole name has. */
	{ NAMED("n", ",'proxyjump':'gate','canonicalizehostname':'true'"), "canonicalize-proxy", "",
	    NULL },
	{ WITH("", ",'proxycommand':'x/meshssh --family=inet --relay -- %h %p','addressfamily':'inet'"),
	    "proxy-ignores", "note", "addressfamily inet" },
	{ WITH("'proxy':{'ours':true},",
	    ",'proxycommand':'x/meshssh --family=inet --relay -- %h %p','addressfamily':'inet'"),
	    "proxy-ignores", "", NULL },
	{ WITH("'proxy':{'ours':true},",
	    ",'proxycommand':'x/meshssh --family=inet --relay -- %h %p','addressfamily':'inet6'"),
	    "proxy-ignores", "note", "addressfamily inet6" },
	{ WITH("", ",'proxycommand':'x','bindaddress':'10.0.0.1'"), "proxy-ignores", "note",
	    "bindaddress 10.0.0.1" },
	{ WITH("", ",'bindaddress':'10.0.0.1'"), "proxy-ignores", "", NULL },
	{ WITH("", ",'proxycommand':'x'"), "proxy-ignores", "", NULL },
};

static void
test_rules(void **state)
{
	(void)state;
	rules_rows(rows, COUNT(rows));
}

/* Each rule speaks in one row at least, and is silent in another, or where all is well. */
static void
test_rows(void **state)
{
	const struct rule	*rule;
	json_t			*doc;

	(void)state;
	doc = rules_judge(WITH("", ",'serveraliveinterval':'15'"));
	for (rule = rules_config; rule->code != CODE_NONE; rule++) {
		if (!rules_speaks(rows, COUNT(rows), code_row(rule->code)->name))
			fail_msg("%s never speaks", code_row(rule->code)->name);
		assert_null(rules_find(doc, code_row(rule->code)->name));
	}
	json_decref(doc);
}

/*
 * A machine as it is installed has no error and no warning, with a host or without, with ssh or
 * without.
 */
static void
test_plain(void **state)
{
	static const char *const	facts[] = { WITH("", ""), "{'ssh':{" PLAIN "}}", "{}",
					    "{'ssh':{'where':{},'shadowed':[],'files':[],'system_files':[]}}" };
	const struct rule		*rule;
	const json_t			*f;
	json_t				*doc;
	size_t				 i;

	(void)state;
	for (i = 0; i < COUNT(facts); i++) {
		doc = rules_judge(facts[i]);
		for (rule = rules_config; rule->code != CODE_NONE; rule++)
			if ((f = rules_find(doc, code_row(rule->code)->name)) != NULL)
				assert_string_equal(json_text_at(f, "severity"), "note");
		json_decref(doc);
	}
}

/* A record in the DNS, of which no fact tells, may have the new key. */
static const struct rules_case cases[] = {
	{ "host-key-changed", SHOWN("'keys':['ssh-rsa AAAAAAAA']", "'verifyhostkeydns':'true'",
	    "ssh-rsa BBBBBBBB"), "error", "likely" },
	{ "host-key-changed", SHOWN("'keys':['ssh-rsa AAAAAAAA']", "'verifyhostkeydns':'false'",
	    "ssh-rsa BBBBBBBB"), "error", "sure" },
};

static void
test_cases(void **state)
{
	(void)state;
	rules_cases(cases, COUNT(cases));
}

static const struct rules_cure cures[] = {
	/* Where root's ssh looks is told by a fact: what sudo takes for its home may be the user's. */
	{ "config-no-include",
	    "{'nix':{'installed':true,'root_home':'/var/root'},'ssh':{'system_includes':false,"
	    "'system_files':['/etc/ssh/ssh_config.d/100-linux-builder.conf']}}",
	    "If that file is managed: put the same line into root's, /var/root/.ssh/config" },
	{ "config-no-include",
	    "{'system':{'distribution':'nixos'},'ssh':{'system_includes':false,"
	    "'system_files':['/etc/ssh/ssh_config.d/x.conf']}}",
	    "In configuration.nix: programs.ssh.extraConfig = \"Include /etc/ssh/ssh_config.d/*.conf\";" },
};

static void
test_cures(void **state)
{
	(void)state;
	rules_cures(cures, COUNT(cures));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_cures),
		cmocka_unit_test(test_plain),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
