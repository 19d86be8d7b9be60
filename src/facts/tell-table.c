#include <string.h>
#include <strings.h>

#include "facts/tell.h"

/* ssh_config(5), with what older and other releases have. */
static const struct keyword {
	char		name[36];
	enum tell	kind;
} keywords[] = {
	{ "addkeystoagent",			TELL_VALUES },
	{ "addressfamily",			TELL_VALUES },
	{ "batchmode",				TELL_VALUES },
	{ "bindaddress",			TELL_HOSTS },
	{ "bindinterface",			TELL_HOSTS },
	{ "canonicaldomains",			TELL_HOSTS },
	{ "canonicalizefallbacklocal",		TELL_VALUES },
	{ "canonicalizehostname",		TELL_VALUES },
	{ "canonicalizemaxdots",		TELL_VALUES },
	{ "canonicalizepermittedcnames",	TELL_NOTHING },
	{ "casignaturealgorithms",		TELL_NAMES },
	{ "certificatefile",			TELL_PATHS },
	{ "challengeresponseauthentication",	TELL_VALUES },
	{ "channeltimeout",			TELL_NOTHING },
	{ "checkhostip",			TELL_VALUES },
	{ "cipher",				TELL_NAMES },
	{ "ciphers",				TELL_NAMES },
	{ "clearallforwardings",		TELL_VALUES },
	{ "compression",			TELL_VALUES },
	{ "compressionlevel",			TELL_VALUES },
	{ "connectionattempts",			TELL_VALUES },
	{ "connecttimeout",			TELL_VALUES },
	{ "controlmaster",			TELL_VALUES },
	{ "controlpath",			TELL_PATHS },
	{ "controlpersist",			TELL_VALUES },
	{ "dsaauthentication",			TELL_VALUES },
	{ "dynamicforward",			TELL_NOTHING },
	{ "enableescapecommandline",		TELL_VALUES },
	{ "enablesshkeysign",			TELL_VALUES },
	{ "escapechar",				TELL_VALUES },
	{ "exitonforwardfailure",		TELL_VALUES },
	{ "fingerprinthash",			TELL_VALUES },
	{ "forkafterauthentication",		TELL_VALUES },
	{ "forwardagent",			TELL_VALUES },
	{ "forwardx11",				TELL_VALUES },
	{ "forwardx11timeout",			TELL_VALUES },
	{ "forwardx11trusted",			TELL_VALUES },
	{ "gatewayports",			TELL_VALUES },
	{ "globalknownhostsfile",		TELL_PATHS },
	{ "gssapiauthentication",		TELL_VALUES },
	{ "gssapiclientidentity",		TELL_NOTHING },
	{ "gssapidelegatecredentials",		TELL_VALUES },
	{ "gssapikeyexchange",			TELL_VALUES },
	{ "gssapirenewalforcesrekey",		TELL_VALUES },
	{ "gssapiserveridentity",		TELL_NOTHING },
	{ "gssapitrustdns",			TELL_VALUES },
	{ "hashknownhosts",			TELL_VALUES },
	{ "host",				TELL_HOSTS },
	{ "hostbasedacceptedalgorithms",	TELL_NAMES },
	{ "hostbasedauthentication",		TELL_VALUES },
	{ "hostbasedkeytypes",			TELL_NAMES },
	{ "hostkeyalgorithms",			TELL_NAMES },
	{ "hostkeyalias",			TELL_HOSTS },
	{ "hostname",				TELL_HOSTS },
	{ "identitiesonly",			TELL_VALUES },
	{ "identityagent",			TELL_PATHS },
	{ "identityfile",			TELL_PATHS },
	{ "ignoreunknown",			TELL_NOTHING },
	{ "include",				TELL_PATHS },
	{ "ipqos",				TELL_VALUES },
	{ "kbdinteractiveauthentication",	TELL_VALUES },
	{ "kbdinteractivedevices",		TELL_NOTHING },
	{ "kexalgorithms",			TELL_NAMES },
	{ "knownhostscommand",			TELL_COMMAND },
	{ "localcommand",			TELL_COMMAND },
	{ "localforward",			TELL_NOTHING },
	{ "loglevel",				TELL_VALUES },
	{ "logverbose",				TELL_NOTHING },
	{ "macs",				TELL_NAMES },
	{ "match",				TELL_NOTHING },
	{ "nohostauthenticationforlocalhost",	TELL_VALUES },
	{ "numberofpasswordprompts",		TELL_VALUES },
	{ "obscurekeystroketiming",		TELL_VALUES },
	{ "passwordauthentication",		TELL_VALUES },
	{ "permitlocalcommand",			TELL_VALUES },
	{ "permitremoteopen",			TELL_NOTHING },
	{ "pkcs11provider",			TELL_PATHS },
	{ "port",				TELL_VALUES },
	{ "preferredauthentications",		TELL_VALUES },
	{ "protocol",				TELL_VALUES },
	{ "proxycommand",			TELL_COMMAND },
	{ "proxyjump",				TELL_HOSTS },
	{ "proxyusefdpass",			TELL_VALUES },
	{ "pubkeyacceptedalgorithms",		TELL_NAMES },
	{ "pubkeyacceptedkeytypes",		TELL_NAMES },
	{ "pubkeyauthentication",		TELL_VALUES },
	{ "refuseconnection",			TELL_NOTHING },
	{ "rekeylimit",				TELL_VALUES },
	{ "remotecommand",			TELL_COMMAND },
	{ "remoteforward",			TELL_NOTHING },
	{ "requesttty",				TELL_VALUES },
	{ "requiredrsasize",			TELL_VALUES },
	{ "revokedhostkeys",			TELL_PATHS },
	{ "rhostsrsaauthentication",		TELL_VALUES },
	{ "rsaauthentication",			TELL_VALUES },
	{ "securitykeyprovider",		TELL_PATHS },
	{ "sendenv",				TELL_NOTHING },
	{ "serveralivecountmax",		TELL_VALUES },
	{ "serveraliveinterval",		TELL_VALUES },
	{ "sessiontype",			TELL_VALUES },
	{ "setenv",				TELL_NOTHING },
	{ "skeyauthentication",			TELL_VALUES },
	{ "stdinnull",				TELL_VALUES },
	{ "streamlocalbindmask",		TELL_VALUES },
	{ "streamlocalbindunlink",		TELL_VALUES },
	{ "stricthostkeychecking",		TELL_VALUES },
	{ "syslogfacility",			TELL_VALUES },
	{ "tag",				TELL_NOTHING },
	{ "tcpkeepalive",			TELL_VALUES },
	{ "tisauthentication",			TELL_VALUES },
	{ "tunnel",				TELL_VALUES },
	{ "tunneldevice",			TELL_VALUES },
	{ "updatehostkeys",			TELL_VALUES },
	{ "usekeychain",			TELL_VALUES },
	{ "useprivilegedport",			TELL_VALUES },
	{ "user",				TELL_NOTHING },
	{ "useroaming",				TELL_VALUES },
	{ "userknownhostsfile",			TELL_PATHS },
	{ "verifyhostkeydns",			TELL_VALUES },
	{ "versionaddendum",			TELL_NOTHING },
	{ "visualhostkey",			TELL_VALUES },
	{ "warnweakcrypto",			TELL_VALUES },
	{ "xauthlocation",			TELL_PATHS },
};

/*
 * What errors of ssh's, complaints of tailscaled's and refusals of proxies are made of. None of them is a secret, wherever it
 * stands; what a sentence says besides, such as a URL to log in with, is not told.
 */
static const char	sentence_words[][18] = {
	"--accept-routes", "a", "accept", "access", "accessible", "active", "address",
	"addresses", "adguardhome", "administrator", "advertise", "advertised", "advertising",
	"after", "again", "all", "allowed", "already", "am", "an", "and", "another", "any",
	"approval", "approved", "are", "arguments", "as", "at", "authentication", "authorized",
	"auto-update", "available", "bad", "base64", "be", "because", "been", "before", "begins",
	"behind", "blank", "blocked", "boolean", "broken", "but", "by", "can", "can't", "cannot",
	"captive", "certificate", "change", "changed", "check", "checks", "cipher", "client",
	"clock", "closed", "coalesced", "column", "columns", "com", "command", "command-line",
	"config", "configuration", "configured", "configuring", "conflicting", "connect",
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
	"line", "lines", "linux", "list", "local", "localapi", "lock", "log", "logged", "login",
	"longer", "lookup", "lost", "machine", "magicdns", "many", "map", "may", "method",
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
	"tailnet", "tailscale", "tailscaled", "takes", "tcp", "tcp4", "tcp6", "temporarily",
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
tell_keyword(const char *keyword)
{
	size_t	i;

	for (i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (strcmp(keyword, keywords[i].name) == 0)
			return ((int)keywords[i].kind);
	return (-1);
}

int
tell_is_word(const char *word)
{
	size_t	i;

	for (i = 0; i < sizeof(sentence_words) / sizeof(sentence_words[0]); i++)
		if (strcasecmp(word, sentence_words[i]) == 0)
			return (1);
	return (0);
}
