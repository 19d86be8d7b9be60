/* SPDX-License-Identifier: ISC */
/* Rules: whether ssh takes the key that the host shows. */

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/shell.h"
#include "base/yes-no.h"
#include "facts/query.h"
#include "rules/rules-config.h"

#define KNOWN(name)	"ssh.known." name
#define CERTIFICATE(name)	"server.certificate." name

/* What ssh makes of the host's key. */
enum verdict {
	VERDICT_UNSEEN,		/* it is not known here */
	VERDICT_TAKEN,
	VERDICT_NEW,
	VERDICT_CHANGED,
	VERDICT_REVOKED
};

/* --- as ssh judges (sshconnect.c, check_host_key) --------------------------------------------- */

static int
listed(const json_t *facts, const char *path, const char *key)
{
	const json_t	*one;
	const char	*text;
	size_t		 i;

	json_array_foreach(json_at(facts, path), i, one)
		if ((text = json_string_value(one)) != NULL && strcmp(text, key) == 0)
			return (1);
	return (0);
}

static int
any(const json_t *facts, const char *path)
{
	return (json_array_size(json_at(facts, path)) > 0);
}

/* 1 if ssh does not look at the keys of this machine. */
static int
exempt(const json_t *facts)
{
	const char	*address = config_text(facts, "connect.address");

	return (config_on(facts, OPTION("nohostauthenticationforlocalhost")) &&
	    json_at(facts, OPTION("hostkeyalias")) == NULL && query_plain(facts) &&
	    (strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0));
}

/* A certificate that ssh takes, of an authority that is known; without the port only if none is. */
static int
certified(const json_t *facts)
{
	const char	*authority = json_text_at(facts, CERTIFICATE("authority"));

	return (authority != NULL && json_at(facts, CERTIFICATE("fault")) == NULL &&
	    listed(facts, any(facts, KNOWN("authorities")) ? KNOWN("authorities") :
	    KNOWN("bare_authorities"), authority));
}

/* Any other key that is known makes this one a changed one; without the port that is meant, not. */
static enum verdict
judge_key(const json_t *facts, const char *key)
{
	const char	*authority = json_text_at(facts, CERTIFICATE("authority"));

	if (listed(facts, KNOWN("revoked"), key) ||
	    (authority != NULL && listed(facts, KNOWN("revoked"), authority)))
		return (VERDICT_REVOKED);
	if (certified(facts) || listed(facts, KNOWN("keys"), key))
		return (VERDICT_TAKEN);
	if (any(facts, KNOWN("keys")))
		return (VERDICT_CHANGED);
	return (listed(facts, KNOWN("bare_keys"), key) ? VERDICT_TAKEN : VERDICT_NEW);
}

static enum verdict
judge(const json_t *facts)
{
	const char	*key = json_text_at(facts, "server.host_key");
	int		 found = json_truth_at(facts, KNOWN("found"));

	if (exempt(facts))
		return (VERDICT_TAKEN);
	if (key == NULL || found == -1)
		return (found == 0 ? VERDICT_NEW : VERDICT_UNSEEN);
	return (judge_key(facts, key));
}

/* 1 if ssh connects whatever the key is, and then does without passwords and forwarding. */
static int
lax(const json_t *facts)
{
	return (yes_no(config_text(facts, OPTION("stricthostkeychecking"))) == 0);
}

static int
set_to_ask(const json_t *facts)
{
	return (strcmp(config_text(facts, OPTION("stricthostkeychecking")), "ask") == 0);
}

/* 1 if a key that is new makes ssh ask. */
static int
asks(const json_t *facts)
{
	return (set_to_ask(facts) && !config_on(facts, OPTION("batchmode")));
}

/* 1 if such a key is refused, without a question. */
static int
strictly(const json_t *facts)
{
	const char	*strict = config_text(facts, OPTION("stricthostkeychecking"));

	return (yes_no(strict) == 1 || (set_to_ask(facts) && !asks(facts)));
}

/* --- what is told of it ----------------------------------------------------------------------- */

#define LAX	"StrictHostKeyChecking no lets ssh in, without passwords and forwarding"

/* The end of a key, by which people tell it from another. */
static const char *
tail(const char *key)
{
	size_t	len = strlen(key);

	return (key + (len > 8 ? len - 8 : 0));
}

/* The commands that remove the lines: one for each file. */
static void
cure_remove(const json_t *facts, struct finding *f)
{
	const json_t	*files = json_at(facts, KNOWN("files")), *one;
	const char	*alias = SHELL_QUOTED(config_text(facts, KNOWN("alias"))), *file;
	size_t		 i;

	json_array_foreach(files, i, one) {
		file = json_string_value(one);
		if (file == NULL || strcmp(file, "~/.ssh/known_hosts") == 0)
			finding_cure(f, "Then: ssh-keygen -R %s", alias);
		else
			finding_cure(f, "Then: %sssh-keygen -R %s -f %s",
			    strncmp(file, "/etc/", 5) == 0 ? query_sudo(facts) : "", alias,
			    SHELL_QUOTED(file));
	}
	if (i == 0)
		finding_cure(f, "Then: ssh-keygen -R %s", alias);
}

static int
check_changed(const json_t *facts, struct finding *f)
{
	const char	*has = config_text(facts, "server.host_key"), *known;

	if (judge(facts) != VERDICT_CHANGED || strchr(has, ' ') == NULL ||
	    (known = json_string_value(json_array_get(json_at(facts, KNOWN("keys")), 0))) == NULL)
		return (0);
	finding_set(f->cause,
	    "The host's key is not the one that is known for it: it was installed anew, or another machine "
	    "answers; %s.", lax(facts) ? LAX : "ssh refuses it");
	if (lax(facts))
		f->severity = SEVERITY_WARNING;
	/* A signed record in the DNS would be believed. */
	if (config_on(facts, OPTION("verifyhostkeydns")))
		f->certainty = CERTAINTY_LIKELY;
	finding_set(f->evidence, "known for %.60s: %.*s ...%.8s; it shows %.*s ...%.8s",
	    config_text(facts, KNOWN("alias")), (int)strcspn(known, " "), known,
	    tail(known), (int)strcspn(has, " "), has, tail(has));
	finding_cure(f,
	    "Make sure that it is the right machine; on its console: cat /etc/ssh/ssh_host_*_key.pub");
	cure_remove(facts, f);
	return (1);
}

/* Why no certificate of an authority that is known is taken; NULL if there is no such authority. */
static const char *
uncertified(const json_t *facts)
{
	static const char	whys[][2][56] = {
		{ "user",	"its certificate is one of a user" },
		{ "early",	"its certificate is not valid yet" },
		{ "expired",	"its certificate has expired" },
		{ "name",	"its certificate does not name it" },
		{ "options",	"its certificate has options that ssh does not know" },
		{ "signature",	"CASignatureAlgorithms lacks its certificate's" },
	};
	const char		*authority = json_text_at(facts, CERTIFICATE("authority"));
	size_t			 i;

	if (!any(facts, KNOWN("authorities")) && !any(facts, KNOWN("bare_authorities")))
		return (NULL);
	if (authority == NULL)
		return ("it has no certificate");
	if (!listed(facts, KNOWN("authorities"), authority) &&
	    !listed(facts, KNOWN("bare_authorities"), authority))
		return ("another authority signed its certificate");
	for (i = 0; i < sizeof(whys) / sizeof(whys[0]); i++)
		if (query_is(facts, CERTIFICATE("fault"), whys[i][0]))
			return (whys[i][1]);
	return (NULL);
}

static int
check_certificate(const json_t *facts, struct finding *f)
{
	const char	*why = uncertified(facts), *authority;

	if (why == NULL || judge(facts) != VERDICT_NEW || (!strictly(facts) && !asks(facts)))
		return (0);
	if (strictly(facts))
		f->severity = SEVERITY_ERROR;
	finding_set(f->cause,
	    "An authority is known for the host's key, and %s: its key counts as unknown%s.", why,
	    strictly(facts) ? ", and ssh refuses it" : "");
	authority = json_text_at(facts, CERTIFICATE("authority"));
	finding_set(f->evidence, "@cert-authority for %.60s; %s%.8s", config_text(facts,
	    KNOWN("alias")), authority != NULL ? "the certificate is signed by ..." :
	    "no certificate was shown", authority != NULL ? tail(authority) : "");
	finding_cure(f, "Sign its key anew, as the authority: ssh-keygen -s CA -h -I HOST -n NAMES "
	    "ssh_host_ed25519_key.pub");
	finding_cure(f, "On the host, in /etc/ssh/sshd_config: HostCertificate "
	    "/etc/ssh/ssh_host_ed25519_key-cert.pub; then reload sshd");
	return (1);
}

/* 1 if the list of RevokedHostKeys has it: nothing lets ssh in then, and no address is exempt. */
static int
barred(const json_t *facts, const char *key)
{
	return (key != NULL && listed(facts, KNOWN("barred"), key));
}

static int
check_revoked(const json_t *facts, struct finding *f)
{
	const char	*key = config_text(facts, "server.host_key"),
			    *authority = json_text_at(facts, CERTIFICATE("authority"));
	int		 listed_here = barred(facts, key) || barred(facts, authority), itself;

	if (!listed_here && judge(facts) != VERDICT_REVOKED)
		return (0);
	itself = listed_here ? barred(facts, key) : listed(facts, KNOWN("revoked"), key);
	finding_set(f->cause, "The host's key is revoked here: whoever has it may be another machine; %s.",
	    lax(facts) && !listed_here ? LAX : "ssh refuses it");
	if (lax(facts) && !listed_here)
		f->severity = SEVERITY_WARNING;
	finding_set(f->evidence, "%s%.60s has %s ...%.8s", listed_here ?
	    "the file that RevokedHostKeys names" : "a line @revoked for ",
	    listed_here ? "" : config_text(facts, KNOWN("alias")),
	    itself ? "the key" : "the authority's key", tail(itself ? key : authority));
	finding_cure(f,
	    "Ask whoever runs the host; it needs another key: on it, as root, remove the old one, then "
	    "ssh-keygen -A");
	return (1);
}

static int
check_strict(const json_t *facts, struct finding *f)
{
	const char	*other = json_text_at(facts, KNOWN("other"));
	int		 batch = set_to_ask(facts);

	if (judge(facts) != VERDICT_NEW || !strictly(facts) ||
	    config_on(facts, OPTION("verifyhostkeydns")))
		return (0);
	finding_set(f->cause, "The host's key is not known here and %s, so ssh refuses the host.",
	    batch ? "with BatchMode ssh cannot ask" : "StrictHostKeyChecking forbids to ask");
	finding_set(f->evidence, "no key for %s is known%s%s%s",
	    config_text(facts, KNOWN("alias")), other != NULL ? ", but one for " : "",
	    other != NULL ? other : "",
	    any(facts, KNOWN("bare_keys")) ? ", and without the port another one" : "");
	if (other != NULL)
		finding_cure(f, "If both are the same machine, add to its block: HostKeyAlias %s",
		    other);
	finding_cure(f,
	    "Once, after a look at its fingerprint: ssh -o StrictHostKeyChecking=ask%s HOST",
	    batch ? " -o BatchMode=no" : "");
	return (1);
}

static int
check_alias(const json_t *facts, struct finding *f)
{
	const char	*other = json_text_at(facts, KNOWN("other"));

	if (other == NULL || judge(facts) != VERDICT_NEW)
		return (0);
	finding_set(f->cause,
	    "The host's key is known under another of its names, so ssh takes it for a new host.");
	finding_set(f->evidence, "a key for %s is known, none for %s", other,
	    config_text(facts, KNOWN("alias")));
	finding_cure(f, "Add to its block: HostKeyAlias %s", other);
	return (1);
}

/* With CheckHostIP. A certificate is not compared. */
static int
check_address(const json_t *facts, struct finding *f)
{
	const char	*has = config_text(facts, "server.host_key"),
			    *address = config_text(facts, KNOWN("address"));

	if (judge(facts) != VERDICT_TAKEN || !any(facts, KNOWN("address_keys")) || lax(facts) ||
	    listed(facts, KNOWN("address_keys"), has) ||
	    json_at(facts, CERTIFICATE("authority")) != NULL)
		return (0);
	if (!asks(facts))
		f->severity = SEVERITY_ERROR;
	finding_set(f->cause,
	    "The host's key is right for its name, and another one is known for its address: ssh %s.",
	    asks(facts) ? "asks at each login" : "refuses it");
	finding_set(f->evidence, "CheckHostIP yes; a key for %.60s is known, and not ...%.8s",
	    address, tail(has));
	finding_cure(f, "If the address went from one machine to another: ssh-keygen -R %s",
	    SHELL_QUOTED(address));
	finding_cure(f, "Or, where addresses change, in the host's block: CheckHostIP no");
	return (1);
}

/* The path is healthy: what is told is for programs that cannot be asked. */
static int
check_unknown(const json_t *facts, struct finding *f)
{
	const char	*has = config_text(facts, "server.host_key");

	if (judge(facts) != VERDICT_NEW || !asks(facts) ||
	    config_on(facts, OPTION("verifyhostkeydns")))
		return (0);
	finding_set(f->cause,
	    "The host's key is not known here: ssh asks at the first login, and programs that cannot "
	    "ask (ansible, cron, nix-daemon) fail.");
	finding_set(f->evidence, "no key for %.60s is known%s; it shows %.*s ...%.8s",
	    config_text(facts, KNOWN("alias")), any(facts, KNOWN("bare_keys")) ?
	    ", and without the port another one" : "", (int)strcspn(has, " "), has, tail(has));
	finding_cure(f, "Log in once by hand, and compare the fingerprint before you answer yes.");
	return (1);
}

/* 1 if a key of a type known here is one of those that the server has. */
static int
type_offered(const char *known, const json_t *offered)
{
	const char	*type;
	size_t		 i, len;

	for (; *known != '\0'; known += len + (known[len] == ' ')) {
		len = strcspn(known, " ");
		for (i = 0; i < json_array_size(offered); i++) {
			if ((type = json_string_value(json_array_get(offered, i))) == NULL)
				continue;
			if ((strlen(type) == len && strncmp(type, known, len) == 0) ||
			    (strncmp(known, "ssh-rsa", len) == 0 &&
			    strncmp(type, "rsa-sha2-", 9) == 0))
				return (1);
		}
	}
	return (0);
}

static int
check_type(const json_t *facts, struct finding *f)
{
	const json_t	*offered = json_at(facts, "server.host_key_types");
	const char	*known = config_text(facts, KNOWN("types")),
			    *first = json_string_value(json_array_get(offered, 0));

	if (known[0] == '\0' || first == NULL || type_offered(known, offered) || exempt(facts) ||
	    any(facts, KNOWN("authorities")))
		return (0);
	finding_set(f->cause,
	    "The server has no host key of the type that is known here: it was installed anew, or it "
	    "is another one.");
	finding_set(f->evidence, "known for %s: %.60s; the server has %.60s",
	    config_text(facts, KNOWN("alias")), known, first);
	finding_cure(f,
	    "Make sure that it is the right machine (ssh-keyscan and the fingerprint on its console "
	    "agree)");
	cure_remove(facts, f);
	return (1);
}

const struct rule rules_host_key[] = {
	{ CODE_HOST_KEY_REVOKED, CERTAINTY_SURE, { "server.host_key" }, { CODE_NONE },
	    check_revoked },
	{ CODE_HOST_KEY_CHANGED, CERTAINTY_SURE, { KNOWN("found") }, { CODE_NONE },
	    check_changed, KNOWN("alias") },
	{ CODE_HOST_KEY_CERTIFICATE, CERTAINTY_SURE, { "server.host_key", KNOWN("found") },
	    { CODE_NONE }, check_certificate },
	{ CODE_HOST_KEY_STRICT, CERTAINTY_SURE,
	    { KNOWN("found"), OPTION("stricthostkeychecking") },
	    { CODE_HOST_KEY_CERTIFICATE },
	    check_strict, "ssh.slow" },
	{ CODE_HOST_KEY_TYPE, CERTAINTY_LIKELY, { KNOWN("found"), "server.host_key_types" },
	    { CODE_HOST_KEY_CHANGED }, check_type },
	{ CODE_HOST_KEY_ALIAS, CERTAINTY_SUSPECTED, { KNOWN("found") }, { CODE_HOST_KEY_STRICT },
	    check_alias, KNOWN("alias") },
	{ CODE_HOST_KEY_ADDRESS, CERTAINTY_SURE, { "server.host_key", KNOWN("address_keys") },
	    { CODE_NONE }, check_address },
	{ CODE_HOST_KEY_UNKNOWN, CERTAINTY_SURE, { "server.host_key", KNOWN("found") },
	    { CODE_HOST_KEY_STRICT, CODE_HOST_KEY_ALIAS, CODE_HOST_KEY_CERTIFICATE,
	    CODE_LOCALHOST_PROXY }, check_unknown },
	{ .code = CODE_NONE }
};
