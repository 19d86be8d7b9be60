/* SPDX-License-Identifier: ISC */
/* The tables of what may be told. */

#include <string.h>
#include <strings.h>

#include "sshconf/redact.h"

/* ssh_config(5), with what older and other releases have. */
static const struct keyword {
	char		name[36];
	enum redact	kind;
} keywords[] = {
	{ "addkeystoagent",			REDACT_VALUES },
	{ "addressfamily",			REDACT_VALUES },
	{ "batchmode",				REDACT_VALUES },
	{ "bindaddress",			REDACT_HOSTS },
	{ "bindinterface",			REDACT_HOSTS },
	{ "canonicaldomains",			REDACT_HOSTS },
	{ "canonicalizefallbacklocal",		REDACT_VALUES },
	{ "canonicalizehostname",		REDACT_VALUES },
	{ "canonicalizemaxdots",		REDACT_VALUES },
	{ "canonicalizepermittedcnames",	REDACT_NOTHING },
	{ "casignaturealgorithms",		REDACT_NAMES },
	{ "certificatefile",			REDACT_PATHS },
	{ "challengeresponseauthentication",	REDACT_VALUES },
	{ "channeltimeout",			REDACT_NOTHING },
	{ "checkhostip",			REDACT_VALUES },
	{ "cipher",				REDACT_NAMES },
	{ "ciphers",				REDACT_NAMES },
	{ "clearallforwardings",		REDACT_VALUES },
	{ "compression",			REDACT_VALUES },
	{ "compressionlevel",			REDACT_VALUES },
	{ "connectionattempts",			REDACT_VALUES },
	{ "connecttimeout",			REDACT_VALUES },
	{ "controlmaster",			REDACT_VALUES },
	{ "controlpath",			REDACT_PATHS },
	{ "controlpersist",			REDACT_VALUES },
	{ "dsaauthentication",			REDACT_VALUES },
	{ "dynamicforward",			REDACT_NOTHING },
	{ "enableescapecommandline",		REDACT_VALUES },
	{ "enablesshkeysign",			REDACT_VALUES },
	{ "escapechar",				REDACT_VALUES },
	{ "exitonforwardfailure",		REDACT_VALUES },
	{ "fingerprinthash",			REDACT_VALUES },
	{ "forkafterauthentication",		REDACT_VALUES },
	{ "forwardagent",			REDACT_VALUES },
	{ "forwardx11",				REDACT_VALUES },
	{ "forwardx11timeout",			REDACT_VALUES },
	{ "forwardx11trusted",			REDACT_VALUES },
	{ "gatewayports",			REDACT_VALUES },
	{ "globalknownhostsfile",		REDACT_PATHS },
	{ "gssapiauthentication",		REDACT_VALUES },
	{ "gssapiclientidentity",		REDACT_NOTHING },
	{ "gssapidelegatecredentials",		REDACT_VALUES },
	{ "gssapikexalgorithms",		REDACT_NAMES },
	{ "gssapikeyexchange",			REDACT_VALUES },
	{ "gssapirenewalforcesrekey",		REDACT_VALUES },
	{ "gssapiserveridentity",		REDACT_NOTHING },
	{ "gssapitrustdns",			REDACT_VALUES },
	{ "hashknownhosts",			REDACT_VALUES },
	{ "host",				REDACT_HOSTS },
	{ "hostbasedacceptedalgorithms",	REDACT_NAMES },
	{ "hostbasedauthentication",		REDACT_VALUES },
	{ "hostbasedkeytypes",			REDACT_NAMES },
	{ "hostkeyalgorithms",			REDACT_NAMES },
	{ "hostkeyalias",			REDACT_HOSTS },
	{ "hostname",				REDACT_HOSTS },
	{ "identitiesonly",			REDACT_VALUES },
	{ "identityagent",			REDACT_PATHS },
	{ "identityfile",			REDACT_PATHS },
	{ "ignoreunknown",			REDACT_NOTHING },
	{ "include",				REDACT_PATHS },
	{ "ipqos",				REDACT_VALUES },
	{ "kbdinteractiveauthentication",	REDACT_VALUES },
	{ "kbdinteractivedevices",		REDACT_NOTHING },
	{ "kexalgorithms",			REDACT_NAMES },
	{ "knownhostscommand",			REDACT_COMMAND },
	{ "localcommand",			REDACT_COMMAND },
	{ "localforward",			REDACT_NOTHING },
	{ "loglevel",				REDACT_VALUES },
	{ "logverbose",				REDACT_NOTHING },
	{ "macs",				REDACT_NAMES },
	{ "match",				REDACT_NOTHING },
	{ "nohostauthenticationforlocalhost",	REDACT_VALUES },
	{ "numberofpasswordprompts",		REDACT_VALUES },
	{ "obscurekeystroketiming",		REDACT_VALUES },
	{ "passwordauthentication",		REDACT_VALUES },
	{ "permitlocalcommand",			REDACT_VALUES },
	{ "permitremoteopen",			REDACT_NOTHING },
	{ "pkcs11provider",			REDACT_PATHS },
	{ "port",				REDACT_VALUES },
	{ "preferredauthentications",		REDACT_VALUES },
	{ "protocol",				REDACT_VALUES },
	{ "proxycommand",			REDACT_COMMAND },
	{ "proxyjump",				REDACT_HOSTS },
	{ "proxyusefdpass",			REDACT_VALUES },
	{ "pubkeyacceptedalgorithms",		REDACT_NAMES },
	{ "pubkeyacceptedkeytypes",		REDACT_NAMES },
	{ "pubkeyauthentication",		REDACT_VALUES },
	{ "refuseconnection",			REDACT_NOTHING },
	{ "rekeylimit",				REDACT_VALUES },
	{ "remotecommand",			REDACT_COMMAND },
	{ "remoteforward",			REDACT_NOTHING },
	{ "requesttty",				REDACT_VALUES },
	{ "requiredrsasize",			REDACT_VALUES },
	{ "revokedhostkeys",			REDACT_PATHS },
	{ "rhostsrsaauthentication",		REDACT_VALUES },
	{ "rsaauthentication",			REDACT_VALUES },
	{ "securitykeyprovider",		REDACT_PATHS },
	{ "sendenv",				REDACT_NOTHING },
	{ "serveralivecountmax",		REDACT_VALUES },
	{ "serveraliveinterval",		REDACT_VALUES },
	{ "sessiontype",			REDACT_VALUES },
	{ "setenv",				REDACT_NOTHING },
	{ "skeyauthentication",			REDACT_VALUES },
	{ "stdinnull",				REDACT_VALUES },
	{ "streamlocalbindmask",		REDACT_VALUES },
	{ "streamlocalbindunlink",		REDACT_VALUES },
	{ "stricthostkeychecking",		REDACT_VALUES },
	{ "syslogfacility",			REDACT_VALUES },
	{ "tag",				REDACT_NOTHING },
	{ "tcpkeepalive",			REDACT_VALUES },
	{ "tisauthentication",			REDACT_VALUES },
	{ "tunnel",				REDACT_VALUES },
	{ "tunneldevice",			REDACT_VALUES },
	{ "updatehostkeys",			REDACT_VALUES },
	{ "usekeychain",			REDACT_VALUES },
	{ "useprivilegedport",			REDACT_VALUES },
	{ "user",				REDACT_NOTHING },
	{ "useroaming",				REDACT_VALUES },
	{ "userknownhostsfile",			REDACT_PATHS },
	{ "verifyhostkeydns",			REDACT_VALUES },
	{ "versionaddendum",			REDACT_NOTHING },
	{ "visualhostkey",			REDACT_VALUES },
	{ "warnweakcrypto",			REDACT_VALUES },
	{ "xauthlocation",			REDACT_PATHS },
};

/*
 * What errors of ssh's, complaints of tailscaled's and refusals of proxies are made of. None of
 * them is a secret, wherever it stands; what a sentence says besides, such as a URL to log in with,
 * is not told.
 */
static const char	sentence_words[][18] = {
	"--accept-routes", "a", "accept", "access", "accessible", "active", "address",
	"addresses", "adguardhome", "administrator", "advertise", "advertised", "advertising",
	"after", "again", "all", "allowed", "already", "am", "an", "and", "another", "any",
	"approval", "approved", "are", "arguments", "as", "at", "attribute", "authentication",
	"authorized", "auto-update", "available", "bad", "base64", "be", "because", "been",
	"before", "begins", "behind", "blank", "blocked", "boolean", "broken", "but", "by", "can", "can't", "cannot",
	"captive", "certificate", "change", "changed", "check", "checks", "cipher", "client",
	"clock", "closed", "coalesced", "column", "columns", "com", "command", "command-line",
	"condition", "config", "configuration", "configured", "configuring", "conflicting",
	"connect",
	"connected", "connecting", "connection", "connections", "connectivity", "contain",
	"context", "control", "coordination", "could", "couldn't", "current", "currently",
	"daemon", "data", "deadline", "default", "denied", "deprecated", "derp", "destination",
	"detected", "device", "devices", "dial", "directive", "directory", "disabled",
	"disconnected", "discover", "dns", "do", "does", "doesn't", "domain", "don't", "down",
	"due", "empty", "enable", "enabled", "encrypted", "end", "entry", "error", "exceeded",
	"exist", "exists", "exit", "expired", "expires", "extra", "failed", "failure", "false",
	"features", "feedback", "few", "file", "firewall", "first", "for", "forbidden",
	"forward", "forwarding", "found", "from", "functionality", "garbage", "gateway", "get",
	"gone", "handshake", "has", "have", "health", "healthy", "home", "host", "hosts", "http",
	"https", "i/o", "if", "impaired", "in", "include", "incoming", "inside", "installed",
	"integer", "interface", "internal", "internet", "invalid", "ip", "ipv4", "ipv6", "is",
	"isn't", "it", "its", "keep", "kernel", "key", "keyword", "latest", "limit", "limited",
	"line", "lines", "linux", "list", "local", "localapi", "localnetwork", "lock", "log",
	"logged", "login", "longer", "lookup", "lost", "machine", "magicdns", "many", "map", "may", "method",
	"missing", "mode", "more", "mtu", "name", "names", "need", "needed", "needs",
	"netfilter", "netmap", "netmask", "netstack", "network", "networking", "no", "node",
	"nodes", "none", "not", "number", "of", "offline", "on", "one", "only", "open",
	"operation", "option", "options", "or", "other", "out", "outdated", "over", "owner",
	"packets", "password", "path", "peer", "peers", "permission", "permissions", "permitted",
	"please", "poll", "port", "portal", "process", "protocol", "proxy", "quote", "reach",
	"reachable", "read", "received", "recently", "recommended", "refused", "region",
	"regions", "relay", "reply", "request", "required", "reset", "resolv.conf", "resolve",
	"resolver", "response", "restart", "rfc", "route", "router", "routes", "routing", "rule",
	"rules", "running", "security", "see", "seen", "server", "servers", "service", "set",
	"settings", "should", "signed", "since", "slow", "socket", "some", "something", "speed",
	"ssh", "ssl", "stable", "start", "started", "starting", "state", "status", "stopped",
	"subnet", "such", "support", "supported", "sync", "system", "systemd-resolved",
	"tagged", "tailnet", "tailscale", "tailscaled", "takes", "tcp", "tcp4", "tcp6", "temporarily",
	"temporary", "terminate", "than", "that", "the", "there", "this", "time", "timed",
	"timeout", "tls", "to", "too", "traffic", "trusted", "try", "tun", "udp", "uid",
	"unable", "unauthorized", "unavailable", "unencrypted", "unexpected", "unknown",
	"unreachable", "unsigned", "unstable", "unsupported", "up", "update", "updated",
	"updates", "upstream", "use", "used", "user", "userspace", "using", "valid", "value",
	"version", "very", "via", "wait", "waiting", "want", "wanted", "warning", "was", "way",
	"weak", "when", "while", "whole", "will", "with", "within", "without", "working",
	"write", "wrong", "yes", "you", "your"
};

int
redact_keyword(const char *keyword)
{
	size_t	i;

	for (i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (strcmp(keyword, keywords[i].name) == 0)
			return ((int)keywords[i].kind);
	return (-1);
}

int
redact_is_word(const char *word)
{
	size_t	i;

	for (i = 0; i < sizeof(sentence_words) / sizeof(sentence_words[0]); i++)
		if (strcasecmp(word, sentence_words[i]) == 0)
			return (1);
	return (0);
}
