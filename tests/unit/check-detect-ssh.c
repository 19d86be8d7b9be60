/* SPDX-License-Identifier: ISC */
/* Unit tests: detect-ssh. */

#include <pwd.h>

#include "check-root.h"
#include "sshconf/ssh-ask.h"
#include "sshconf/ssh-config.h"
#include "sshconf/ssh-key.h"
#include "sshconf/ssh-proxy.h"

static char	home[256];

static void
clear(void)
{
	char	command[600];

	snprintf(command, sizeof(command), "rm -rf '%s'/*", root);
	assert_int_equal(system(command), 0);
}

/* What stands for ssh: it prints these lines for -G. */
static void
put_ssh(const char *lines, const char *err, int status)
{
	char	script[4096], path[512];

	snprintf(script, sizeof(script),
	    "#!/bin/sh\nif [ \"$1\" = -V ]; then echo 'OpenSSH_9.2p1 Debian-2, OpenSSL 3' "
	    ">&2; exit 0; " "fi\ncat <<'EOF'\n%sEOF\nprintf '%%s' '%s' >&2\nexit %d\n", lines, err,
	    status);
	put_mode("/bin/ssh", script, 0755);
	snprintf(path, sizeof(path), "%s/bin:/usr/bin:/bin", root);
	setenv("PATH", path, 1);
}

/* The facts of a host, to be let go. */
static json_t *
look(const char *host, int full)
{
	struct detect_input	 in = { .root = root, .host = host, .full = full };
	json_t			*facts = json_object();

	unsetenv("MESHSSH_TRIED");
	unsetenv("HOME");
	detect_one(&detect_ssh, facts, &in);
	return (facts);
}

static void
test_pattern(void **state)
{
	static const struct {
		const char	*text, *pattern;
		int		 fold, match;
	}		rows[] = {
		{ "nas", "nas", 0, 1 }, { "nas", "NAS", 0, 0 }, { "nas", "NAS", 1, 1 },
		    { "nas", "*", 0, 1 },
		    { "", "*", 0, 1 },
		{ "", "", 0, 1 }, { "nas", "", 0, 0 }, { "nas", "n?s", 0, 1 },
		    { "nas", "n*", 0, 1 },
		    { "nas", "*s", 0, 1 },
		{ "nas", "*x*", 0, 0 }, { "a.b.c", "*.c", 0, 1 }, { "aXbXc", "a*X*c", 0, 1 },
		    { "nas", "nas?", 0, 0 },
		{ "nas1", "nas", 0, 0 }, { "n", "n**", 0, 1 },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_int_equal(ssh_config_pattern(rows[i].text, rows[i].pattern, rows[i].fold),
		    rows[i].match);
}

static void
where_is(const char *config, const char *host, const char *keyword, const char *expected)
{
	json_t		*facts;
	const json_t	*where;
	char		 path[80], got[256] = "";

	clear();
	put_ssh("", "no", 1);
	put_home("config", config);
	facts = look(host, 1);
	snprintf(path, sizeof(path), "ssh.where.%s", keyword);
	if ((where = json_at(facts, path)) != NULL)
		snprintf(got, sizeof(got), "%d %s", (int)json_number_at(where, "line", 0),
		    json_text_at(where, "value"));
	assert_string_equal(got, expected);
	json_decref(facts);
}

/* Blocks: whose first value counts. "" is "that cannot be told". */
static void
test_where(void **state)
{
	static const struct {
		const char	*config, *host, *keyword, *expected;
	}		rows[] = {
		{ "Port 1\n", "nas", "port", "1 1" },
		{ "# Port 1\n\n  port=2\nPort 3\n", "nas", "port", "3 2" },
		{ "Host a nas b\nPort 1\nHost *\nPort 2\n", "nas", "port", "2 1" },
		{ "Host * !nas\nPort 1\nHost *\nPort 2\n", "nas", "port", "4 2" },
		{ "Host NAS\nPort 1\n", "nas", "port", "" },
		{ "Host \"nas\"\nPort 1 # one\n", "nas", "port", "2 1" },
		{ "Host 'nas'\nPort 1\n", "nas", "port", "2 1" },
		{ "Host x n\"as\"\nPort 1\n", "nas", "port", "2 1" },
		{ "Host \\\"nas\nPort 1\n", "\"nas", "port", "2 1" },
		{ "Host *\nProxyCommand \"/a b\" %h # x\n", "nas", "proxycommand",
		    "2 \"/a b\" %h # x" },
		{ "Match host nas\nPort 1\n", "nas", "port", "2 1" },
		{ "HostName x.example\nMatch host x.example\nPort 1\n", "nas", "port", "3 1" },
		{ "HostName x.example\nMatch host nas\nPort 1\n", "nas", "port", "" },
		{ "HostName x.example\nMatch originalhost nas\nPort 1\n", "nas", "port", "3 1" },
		{ "Match all\nPort 1\n", "nas", "port", "2 1" },
		{ "Match host=nas,b user=u,*\nPort 1\n", "nas", "port", "2 1" },
		{ "Match !host nas\nPort 1\nMatch all\nPort 2\n", "nas", "port", "4 2" },
		/* A program decides, and nobody runs it: unless its line has lost already. */
		{ "Match exec \"touch /tmp/never\"\nPort 1\nHost *\nPort 2\n", "nas", "port", "" },
		{ "Match host b exec \"touch /tmp/never\"\nPort 1\nHost *\nPort 2\n", "nas", "port",
		    "4 2" },
		{ "Port 9\nMatch exec \"touch /tmp/never\"\nPort 1\n", "nas", "port", "1 9" },
		{ "Match localnetwork 10.0.0.0/8\nPort 1\nHost *\nPort 2\nUser x\n", "nas", "port",
		    "" },
		{ "Match odd\nPort 1\nHost *\nPort 2\n", "nas", "port", "" },
		{ "Tag t\nMatch tagged t\nPort 1\n", "nas", "port", "3 1" },
		{ "Match tagged t\nPort 1\nMatch all\nPort 2\n", "nas", "port", "4 2" },
		/* The last word of all, and so of no weight before others. */
		{ "Match final all\nPort 1\nMatch all\nPort 2\n", "nas", "port", "4 2" },
		{ "Match canonical host nas\nPort 1\n", "nas", "port", "" },
		/* Either of these two takes the other's place. */
		{ "ProxyJump j\nProxyCommand c\n", "nas", "proxycommand", "" },
		{ "ProxyCommand ssh bob@j -W x\n", "nas", "proxycommand", "1 ssh bob@j -W x" },
		{ "ProxyCommand none\nProxyJump j\n", "nas", "proxyjump", "" },
		/* What is not known of may be in there. */
		{ "Include ${X}/y\nPort 1\n", "nas", "port", "" },
		{ "Port 1\nInclude ${X}/y\n", "nas", "port", "1 1" },
		{ "Include none-such\nPort 1\n", "nas", "port", "2 1" },
		{ "Host \"nas\nPort 1\n", "nas", "port", "" },
		{ "Port 1", "nas", "port", "1 1" },
		{ "Port 1\r\n", "nas", "port", "1 1" },
		{ "=\n = \nPort\nPort 1\n", "nas", "port", "3 " },
	};
	struct stat	sb;
	size_t		i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		where_is(rows[i].config, rows[i].host, rows[i].keyword, rows[i].expected);
	assert_int_equal(stat("/tmp/never", &sb), -1);
}

/* What an option of ssh's sets is in no file, and neither is what it takes the place of. */
static void
test_given(void **state)
{
	static const struct {
		const char	*args[2], *keyword;
		int		 given;
	}			 rows[] = {
		{ { "-p1" }, "port", 1 }, { { "-oPort=1" }, "port", 1 },
		{ { "-o port  1" }, "port", 1 }, { { "-oPortal=1" }, "port", 0 },
		{ { "-lu", "-p1" }, "port", 1 }, { { "-lu" }, "port", 0 },
		{ { "-Jj" }, "proxycommand", 1 }, { { "-oProxyJump=j" }, "proxycommand", 1 },
		{ { "-oProxyCommand=c" }, "proxycommand", 1 }, { { "-6" }, "addressfamily", 1 },
		{ { "-6" }, "proxycommand", 0 },
	};
	struct detect_input	 in = { .root = root, .host = "nas" };
	char			*args[3] = { NULL }, path[80];
	json_t			*facts;
	size_t			 i;

	(void)state;
	clear();
	put_ssh("", "no", 1);
	put_home("config", "Port 2\nProxyCommand nc\nAddressFamily any\n");
	for (i = 0; i < COUNT(rows); i++) {
		args[0] = (char *)(uintptr_t)rows[i].args[0];
		args[1] = (char *)(uintptr_t)rows[i].args[1];
		in.ssh_args = args;
		facts = json_object();
		detect_one(&detect_ssh, facts, &in);
		snprintf(path, sizeof(path), "ssh.where.%s", rows[i].keyword);
		if ((json_at(facts, path) == NULL) != rows[i].given)
			fail_msg("%s: %s", rows[i].args[0], path);
		json_decref(facts);
	}
}

/*
 * ssh reads on behind a NUL, and so does the reader; what it cannot read leaves what follows
 * unknown.
 */
static void
test_odd_files(void **state)
{
	static const char	nul[] = "Port 1\nIPQoS none\0 x\nTCPKeepAlive no\n\377\376 1\nTag \377\n";
	static char		huge[(8 << 20) + 64];
	char			path[512];
	json_t			*facts;
	FILE			*fp;
	size_t			i;

	(void)state;
	clear();
	put_ssh("", "no", 1);
	put_home("config", "");
	snprintf(path, sizeof(path), "%s%s/.ssh/config", root, home);
	assert_non_null(fp = fopen(path, "w"));
	assert_int_equal(fwrite(nul, sizeof(nul) - 1, 1, fp), 1);
	fclose(fp);
	facts = look("nas", 1);
	assert_string_equal(json_text_at(facts, "ssh.where.ipqos.value"), "none");
	assert_int_equal(json_number_at(facts, "ssh.where.tcpkeepalive.line", 0), 3);
	assert_string_equal(json_text_at(facts, "ssh.where.tag.value"), "M^?");
	json_decref(facts);

	for (i = 0; i + 6 < sizeof(huge); i += 6)
		memcpy(huge + i, "Tag x\n", 6);
	put_home("config", huge);
	put("/etc/ssh/ssh_config", "Port 1\n");
	facts = look("nas", 0);
	assert_null(json_at(facts, "ssh.where.tag"));
	assert_null(json_at(facts, "ssh.where.port"));
	json_decref(facts);

	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	facts = look("nas", 0);
	assert_int_equal(json_number_at(facts, "ssh.where.port.line", 0), 1);
	json_decref(facts);
}

/* Files: their order, their folders, what a block means for them, an endless chain. */
static void
test_files(void **state)
{
	json_t	*facts;

	(void)state;
	clear();
	put_ssh("", "", 0);
	put_home("config",
	    "Include conf.d/*.conf ~/.ssh/more\nHost other\nInclude never\nHost *\nInclude loop\nPort "
	    "5\n");
	put_home("conf.d/b.conf", "Host nas\nHostName b\n");
	put_home("conf.d/a.conf", "Host nas\nHostName a\nPort 1\n");
	put_home("more", "IPQoS none\n");
	put_home("never", "User never\nCompression yes\n");
	put_home("loop", "Include loop\nTCPKeepAlive no\n");
	put("/etc/ssh/ssh_config",
	    "Include /etc/ssh/ssh_config.d/*.conf\nHost *\nUserKnownHostsFile /x\n");
	put("/etc/ssh/ssh_config.d/10.conf", "ForwardAgent no\nPort 7\n");
	facts = look("nas", 0);
	assert_string_equal(json_text_at(facts, "ssh.where.hostname.value"), "a");
	assert_string_equal(json_text_at(facts, "ssh.where.hostname.file"), "~/.ssh/conf.d/a.conf");
	assert_int_equal(json_number_at(facts, "ssh.where.hostname.line", 0), 2);
	assert_int_equal(json_truth_at(facts, "ssh.where.hostname.named"), 1);
	assert_string_equal(json_text_at(facts, "ssh.where.ipqos.file"), "~/.ssh/more");
	assert_int_equal(json_truth_at(facts, "ssh.where.ipqos.named"), 0);
	assert_null(json_at(facts, "ssh.where.compression"));
	/* Too deep: what follows is not known, and neither is what the chain sets. */
	assert_null(json_at(facts, "ssh.where.tcpkeepalive"));
	assert_null(json_at(facts, "ssh.where.userknownhostsfile"));
	assert_string_equal(json_text_at(facts, "ssh.shadowed.0.value"), "b");
	assert_string_equal(json_text_at(facts, "ssh.shadowed.0.by_file"), "~/.ssh/conf.d/a.conf");
	assert_int_equal(json_truth_at(facts, "ssh.system_includes"), -1);
	assert_string_equal(json_text_at(facts, "ssh.system_files.0"),
	    "/etc/ssh/ssh_config.d/10.conf");
	json_decref(facts);

	put_home("config", "Host nas\nPort 4\n");
	facts = look("nas", 1);
	assert_int_equal(json_truth_at(facts, "ssh.system_includes"), 1);
	assert_int_equal(json_array_size(json_at(facts, "ssh.files")), 3);
	assert_int_equal(json_truth_at(facts, "ssh.files.0.mode_ok"), 1);
	assert_null(json_at(facts, "ssh.files.1.mode_ok"));
	assert_int_equal(json_truth_at(facts, "ssh.files.2.mode_ok"), 1);
	assert_string_equal(json_text_at(facts, "ssh.shadowed.0.file"),
	    "/etc/ssh/ssh_config.d/10.conf");
	assert_int_equal(json_truth_at(facts, "ssh.shadowed.0.named"), 0);
	assert_int_equal(json_truth_at(facts, "ssh.shadowed.0.by_named"), 1);
	assert_non_null(strstr(json_text_at(facts, "ssh.files.0.file"), home));
	json_decref(facts);

	put("/etc/ssh/ssh_config", "Host *\nSendEnv LANG\n");
	put_mode("/etc/ssh/ssh_config.d/10.conf", "Port 7\n", 0666);
	facts = look("nas", 0);
	assert_int_equal(json_truth_at(facts, "ssh.system_includes"), 0);
	assert_int_equal(json_array_size(json_at(facts, "ssh.shadowed")), 0);
	json_decref(facts);
}

#define KEY	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJBWcxb/Blaqt1auOtE+F8QUWrUotiC5qBJ+UuEWdVCb"

#define RSA	"AAAAB3NzaC1yc2EAAAADAQAB"	/* its beginning */
#define SK_KEY	"sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIJBWcxb/Blaqt1auOtE+F8QUWrUo" \
	"tiC5qBJ+UuEWdVCbAAAABHNzaDo="

static void
test_options(void **state)
{
	char	longer[2000] = "proxycommand /bin/nc ";
	json_t	*facts;

	(void)state;
	clear();
	put_ssh("user bob\nkexalgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256\nmacs \n"
	    "hostname 100.64.0.7\nport 2222\nproxycommand /opt/meshssh --proxy-auth u:p %h %p\nipqos "
	    "none none\n"
	    "identityfile ~/.ssh/id_ed25519\nidentityfile ~/.ssh/id_none\nidentityfile ~/.ssh/old\n"
	    "userknownhostsfile ~/.ssh/known_hosts ~/.ssh/known_hosts2\nglobalknownhostsfile "
	    "/etc/ssh/ssh_known_hosts\n", "Pseudo-terminal", 0);
	put_home("id_ed25519",
	    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n");
	put_home("old", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n");
	put_home("known_hosts", "nas " KEY "\n");
	facts = look("nas", 0);
	assert_string_equal(json_text_at(facts, "ssh.version"), "OpenSSH_9.2p1");
	assert_int_equal(json_number_at(facts, "ssh.version_number", 0), 902);
	assert_string_equal(json_text_at(facts, "ssh.options.port"), "2222");
	assert_string_equal(json_text_at(facts, "ssh.options.proxycommand"),
	    "/opt/meshssh ... %h %p");
	assert_int_equal(json_truth_at(facts, "ssh.proxy.ours"), 1);
	assert_null(json_at(facts, "ssh.options.user"));
	assert_int_equal(json_array_size(json_at(facts, "ssh.algorithms.kexalgorithms")), 2);
	assert_string_equal(json_text_at(facts, "ssh.algorithms.kexalgorithms.0"),
	    "sntrup761x25519-sha512@openssh.com");
	assert_null(json_at(facts, "ssh.algorithms.ciphers"));
	assert_null(json_at(facts, "ssh.refuses"));
	assert_int_equal(json_array_size(json_at(facts, "ssh.key_files")), 2);
	assert_int_equal(json_truth_at(facts, "ssh.key_files.0.encrypted"), 0);
	assert_int_equal(json_truth_at(facts, "ssh.key_files.0.mode_ok"), 1);
	assert_int_equal(json_truth_at(facts, "ssh.key_files.1.encrypted"), 1);
	assert_string_equal(json_text_at(facts, "ssh.proxy.program"), "/opt/meshssh");
	assert_int_equal(json_truth_at(facts, "ssh.proxy.there"), 0);
	assert_int_equal(json_truth_at(facts, "ssh.proxy.passes_fd"), 0);
	assert_int_equal(json_truth_at(facts, "ssh.known.found"), 0);
	assert_string_equal(json_text_at(facts, "ssh.known.alias"), "[100.64.0.7]:2222");
	assert_string_equal(json_text_at(facts, "ssh.known.other"), "nas");
	json_decref(facts);

	/* Blanks in the name of a file look like those between two. */
	put_ssh("hostname nas\nport 22\nuserknownhostsfile /none ~/.ssh/my hosts /none\nglobalknownhostsfile none\n",
	    "", 0);
	put_home("my hosts", "nas " KEY "\n");
	facts = look("nas", 0);
	assert_int_equal(json_truth_at(facts, "ssh.known.found"), 1);
	json_decref(facts);
	/*
	 * What only a shell can tell, and a line that is no keyword of ssh's, are not told, but
	 * what follows from them is.
	 */
	put_ssh("hostname nas\nproxycommand sh -c 'exec /opt/meshssh %h hunter2'\n", "", 0);
	put_home("config", "IgnoreUnknown *\nhunter2 x\nPort 22\nRemoteCommand x --key hunter2\n");
	facts = look("nas", 0);
	assert_string_equal(json_text_at(facts, "ssh.options.proxycommand"), "sh -c ...");
	assert_int_equal(json_truth_at(facts, "ssh.proxy.ours"), 0);
	assert_null(json_at(facts, "ssh.where.hunter2"));
	assert_string_equal(json_text_at(facts, "ssh.where.port.value"), "22");
	assert_string_equal(json_text_at(facts, "ssh.where.remotecommand.value"), "x ...");
	json_decref(facts);
	put_home("config", "");

	/* Another port than 22, and the key of the name without it: ssh takes that, too. */
	put_ssh("hostname nas\nport 2222\nuserknownhostsfile ~/.ssh/known_hosts\nglobalknownhostsfile none\n",
	    "", 0);
	facts = look("nas", 0);
	assert_int_equal(json_truth_at(facts, "ssh.known.found"), 1);
	assert_string_equal(json_text_at(facts, "ssh.known.alias"), "[nas]:2222");
	assert_null(json_at(facts, "ssh.known.keys"));
	assert_null(json_at(facts, "ssh.known.types"));
	assert_string_equal(json_text_at(facts, "ssh.known.bare_keys.0"),
	    "ssh-ed25519 t1auOtE+F8QUWrUotiC5qBJ+UuEWdVCb");
	json_decref(facts);

	/* What a program says may make each of them right or wrong. */
	put_ssh("hostname nas\nport 22\nuserknownhostsfile ~/.ssh/known_hosts\nglobalknownhostsfile none\n"
	    "knownhostscommand /bin/keys %H\n", "", 0);
	facts = look("nas", 0);
	assert_string_equal(json_text_at(facts, "ssh.known.alias"), "nas");
	assert_null(json_at(facts, "ssh.known.found"));
	json_decref(facts);

	put_ssh("hostname 100.64.0.7\nport 22\nhostkeyalias box\nuserknownhostsfile ~/.ssh/known_hosts\n"
	    "globalknownhostsfile /etc/ssh/ssh_known_hosts\n", "", 0);
	put("/etc/ssh/ssh_known_hosts", "box " KEY "\n");
	facts = look("nas", 0);
	assert_int_equal(json_truth_at(facts, "ssh.known.found"), 1);
	assert_string_equal(json_text_at(facts, "ssh.known.types"), "ssh-ed25519");
	assert_string_equal(json_text_at(facts, "ssh.known.keys.0"),
	    "ssh-ed25519 t1auOtE+F8QUWrUotiC5qBJ+UuEWdVCb");
	json_decref(facts);

	/* Revoked is not known, and two of a type are two. */
	put("/etc/ssh/ssh_known_hosts",
	    "@revoked box ssh-rsa " RSA "11111111111111111111111111111111\n"
	    "box ssh-rsa " RSA "22222222222222222222222222222222\n"
	    "box \tssh-rsa  " RSA "33333333333333333333333333333333 me\n"
	    "box ssh-dss " RSA "44444444444444444444444444444444\n"
	    "box ssh-rsx " RSA "55555555555555555555555555555555\n");
	facts = look("nas", 0);
	assert_int_equal(json_array_size(json_at(facts, "ssh.known.keys")), 2);
	assert_string_equal(json_text_at(facts, "ssh.known.revoked.0"),
	    "ssh-rsa 11111111111111111111111111111111");
	assert_string_equal(json_text_at(facts, "ssh.known.types"), "ssh-rsa");
	assert_string_equal(json_text_at(facts, "ssh.known.files.0"), "/etc/ssh/ssh_known_hosts");
	assert_int_equal(json_array_size(json_at(facts, "ssh.known.files")), 1);
	assert_string_equal(json_text_at(facts, "ssh.known.keys.1"),
	    "ssh-rsa 33333333333333333333333333333333");
	json_decref(facts);

	put("/etc/ssh/ssh_known_hosts", "@revoked box " KEY "\n");
	facts = look("nas", 0);
	assert_int_equal(json_truth_at(facts, "ssh.known.found"), 0);
	json_decref(facts);

	put("/etc/ssh/ssh_known_hosts", "box " SK_KEY "\nbox " KEY "\n");
	facts = look("nas", 0);
	assert_string_equal(json_text_at(facts, "ssh.known.types"),
	    "sk-ssh-ed25519@openssh.com ssh-ed25519");
	json_decref(facts);

	put("/etc/ssh/ssh_known_hosts", "");
	facts = look("nas", 0);
	assert_int_equal(json_truth_at(facts, "ssh.known.found"), 0);
	assert_string_equal(json_text_at(facts, "ssh.known.alias"), "box");
	assert_string_equal(json_text_at(facts, "ssh.known.other"), "nas");
	json_decref(facts);

	/* Of what is too long the beginning is told. */
	memset(longer + strlen(longer), 'x', sizeof(longer) - strlen(longer) - 2);
	longer[sizeof(longer) - 2] = '\n';
	put_ssh(longer, "", 0);
	facts = look("nas", 0);
	assert_string_equal(json_text_at(facts, "ssh.proxy.program"), "/bin/nc");
	json_decref(facts);

	put_mode("/bin/ssh", "#!/bin/sh\necho 'No user exists for uid 7' >&2\nexit 255\n", 0755);
	facts = look("nas", 0);
	assert_string_equal(json_text_at(facts, "ssh.refuses"), "No user exists for uid 7");
	assert_string_equal(json_text_at(facts, "ssh.refuses_code"), "other");
	json_decref(facts);

	put_ssh("", "Bad owner or permissions on /etc/ssh/ssh_config\r\n", 255);
	facts = look(NULL, 0);
	assert_string_equal(json_text_at(facts, "ssh.refuses_code"), "mode");
	assert_string_equal(json_text_at(facts, "ssh.refuses_file"), "/etc/ssh/ssh_config");
	json_decref(facts);
	put_ssh("", "Bad owner or permissions on /mnt/c/none/config\r\n", 255);
	facts = look(NULL, 0);
	assert_string_equal(json_text_at(facts, "ssh.refuses_kind"), "drive");
	json_decref(facts);

	/* No host: nothing about one, but whether ssh works at all. */
	put_ssh("", "~/.ssh/config: line 3: Bad configuration option: x\033y\nterminating\n", 255);
	facts = look(NULL, 0);
	assert_string_equal(json_text_at(facts, "ssh.refuses"),
	    "~/.ssh/config: line 3: Bad configuration option: ...");
	assert_string_equal(json_text_at(facts, "ssh.refuses_code"), "option");
	assert_null(json_at(facts, "ssh.refuses_file"));
	assert_null(json_at(facts, "ssh.options"));
	assert_null(json_at(facts, "ssh.known"));
	json_decref(facts);

	/* One that never ends. */
	put_mode("/bin/ssh",
	    "#!/bin/sh\n[ \"$1\" = -V ] && { echo OpenSSH_10.1 >&2; exit; }\nsleep 60 & sleep 60\n",
	    0755);
	facts = look("nas", 0);
	assert_int_equal(json_truth_at(facts, "ssh.slow"), 1);
	assert_int_equal(json_number_at(facts, "ssh.version_number", 0), 1001);
	json_decref(facts);
}

static void
test_proxy(void **state)
{
	static const struct {
		const char	*command, *program;
		int		 result, absolute, there, everywhere, passes;
	}		rows[] = {
		{ "/opt/meshssh --fdpass %h %p", "/opt/meshssh", 0, 1, 1, -1, 1 },
		{ "\"/opt/my dir/meshssh\" %h %p", "/opt/my dir/meshssh", 0, 1, 0, -1, 0 },
		{ "exec nc %h %p", "nc", 0, 0, 1, 1, 0 },
		{ "nc -NF %h %p", "nc", 0, 0, 1, 1, 1 },
		{ "own %h %p", "own", 0, 0, 1, 0, -1 },
		{ "no-such-program %h", "no-such-program", 0, 0, 0, 0, -1 },
		{ "./here", "./here", 0, 0, -1, -1, -1 },
		{ "~/bin/x", "~/bin/x", 0, 1, 1, -1, -1 },
		{ "/opt", "/opt", 0, 1, 0, -1, -1 },
		{ "X=1 nc %h", NULL, -1, 0, 0, 0, 0 },
		{ "nc %h %p | tee x", NULL, -1, 0, 0, 0, 0 },
		{ "if true", NULL, -1, 0, 0, 0, 0 },
		{ "$HOME/x", NULL, -1, 0, 0, 0, 0 },
		{ "~bob/x", NULL, -1, 0, 0, 0, 0 },
		{ "\"unended", NULL, -1, 0, 0, 0, 0 },
		{ "", NULL, -1, 0, 0, 0, 0 },
	};
	struct ssh_proxy	p;
	char			path[512];
	size_t			i;

	(void)state;
	clear();
	put_mode("/opt/meshssh", "", 0755);
	put_mode("/usr/bin/nc", "", 0755);
	put_mode("/own/own", "", 0755);
	put_mode("/home/bob/bin/x", "", 0755);
	setenv("PATH", "/own:/bin", 1);
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(ssh_proxy_look(rows[i].command, root, "/home/bob", &p),
		    rows[i].result);
		if (rows[i].result == -1)
			continue;
		assert_string_equal(p.program, rows[i].program);
		assert_int_equal(p.absolute, rows[i].absolute);
		assert_int_equal(p.there, rows[i].there);
		assert_int_equal(p.everywhere, rows[i].everywhere);
		assert_int_equal(p.passes_fd, rows[i].passes);
	}
	snprintf(path, sizeof(path), "%s/bin:/usr/bin:/bin", root);
	setenv("PATH", path, 1);
}

/* By the name of the program, not by one that is elsewhere in the command. */
static void
test_proxy_ours(void **state)
{
	static const struct {
		const char	*command;
		int		 ours;
	}		rows[] = {
		{ "meshssh %h %p", 1 },
		{ "/opt/meshssh --relay -- %h %p", 1 },
		{ "~/bin/meshssh", 1 },
		{ " exec  meshssh %h %p", 1 },
		{ "\"/opt/my dir/meshssh\" %h %p", 1 },
		{ "'/opt/my dir/meshssh' %h %p", 1 },
		{ "env -i TS_SOCKET=/run/x.sock meshssh %h %p", 1 },
		{ "TS_SOCKET=/run/x.sock /opt/meshssh %h %p", 1 },
		{ "nc -x meshssh %h %p", 0 },
		{ "/opt/meshssh/nc %h %p", 0 },
		{ "nc -X connect %h %p # not meshssh", 0 },
		{ "ssh -W %h:%p meshssh", 0 },
		{ "socat - PROXY:meshssh.example:%h:%p", 0 },
		{ "meshssh-wrapper %h %p", 0 },
		{ "my-meshssh %h %p", 0 },
		{ "env A=/x/meshssh nc %h %p", 0 },
		{ "A=b", 0 },
		{ "\"", 0 },
		{ "exec", 0 },
		{ "", 0 },
	};
	size_t		i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		if (ssh_proxy_ours(rows[i].command) != rows[i].ours)
			fail_msg("%s: %d", rows[i].command, !rows[i].ours);
}

static void
test_proxy_line(void **state)
{
	static const struct ssh_proxy_tokens	good = { "10.0.0.3", "alias", "vsock%/3", "me", 2222 },
	    bad = { "nas;id", "$(id)", "-oX", "a`b", 22 }, none = { NULL, NULL, NULL, NULL, 22 };
	static const struct {
		const char			*command;
		const struct ssh_proxy_tokens	*tokens;
		const char			*line;
	}		rows[] = {
		{ "nc %h %p", &good, "exec nc 10.0.0.3 2222" },
		{ "%n%k %r 100%%h", &good, "exec vsock%/3alias me 100%h" },
		{ "nc -X 5", &bad, "exec nc -X 5" }, { "", &none, "exec " },
		/* ssh refuses what it does not know. */
		{ "nc %d", &good, NULL }, { "nc %", &good, NULL }, { "%u", &good, NULL },
		{ "nc %h", &bad, NULL }, { "nc %k", &bad, NULL }, { "nc %n", &bad, NULL },
		{ "nc %r", &bad, NULL }, { "nc %h", &none, NULL }, { "nc %p", &bad, "exec nc 22" },
	};
	char		*line;
	size_t		 i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		line = ssh_proxy_line(rows[i].command, rows[i].tokens);
		if (rows[i].line == NULL)
			assert_null(line);
		else
			assert_string_equal(line, rows[i].line);
		free(line);
	}
}

static void
test_key(void **state)
{
	struct ssh_key	key;

	(void)state;
	clear();
	put_mode("/k",
	    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHI\n", 0640);
	ssh_key_look(root, "/k", geteuid(), &key);
	assert_int_equal(key.there, 1);
	assert_int_equal(key.mode_ok, 0);
	assert_int_equal(key.encrypted, 1);
	assert_int_equal(key.readable, 1);
	ssh_key_look(root, "/k", geteuid() + 1, &key);
	assert_int_equal(key.mode_ok, 1);
	put("/k", "odd");
	ssh_key_look(root, "/k", geteuid(), &key);
	assert_int_equal(key.encrypted, -1);
	ssh_key_look(root, "/none", geteuid(), &key);
	assert_int_equal(key.there, 0);
	assert_int_equal(key.mode_ok, -1);
}

/* Too much on both streams does not stop what is asked. */
static void
test_ask(void **state)
{
	const char	*argv[] = { "/bin/sh", "-c", NULL, NULL };
	struct ssh_ask	*ask = malloc(sizeof(*ask));

	(void)state;
	assert_non_null(ask);
	argv[2] = (char *)(uintptr_t)"head -c 300000 /dev/zero | tr '\\0' a; head -c 300000 /dev/zero | tr '\\0' b "
	    ">&2; exit 3";
	ssh_ask(argv, 5000, ask);
	assert_int_equal(ask->status, 3);
	assert_int_equal(strlen(ask->out), sizeof(ask->out) - 1);
	assert_int_equal(strlen(ask->err), sizeof(ask->err) - 1);
	argv[2] = (char *)(uintptr_t)"exec >&- 2>&-; sleep 60";
	ssh_ask(argv, 100, ask);
	assert_int_equal(ask->status, -1);
	argv[0] = (char *)(uintptr_t)"/no/such/program";
	ssh_ask(argv, 1000, ask);
	assert_int_equal(ask->status, 127);
	free(ask);
}

static void
test_proxy_words(void **state)
{
	static const struct {
		const char	*line, *words;		/* with a bar behind each; NULL: not plain */
	}		rows[] = {
		{ "exec meshssh nas 22", "meshssh|nas|22|" }, { "exec ", "" },
		{ "exec \"/a b/meshssh\" --via=http=10.0.0.1:9  -- 'nas'\t\"22\" ",
		    "/a b/meshssh|--via=http=10.0.0.1:9|--|nas|22|" },
		{ "exec ~/bin/meshssh nas 22", "~/bin/meshssh|nas|22|" },
		{ "exec meshssh '--via=http=[::1]:9' nas 22", "meshssh|--via=http=[::1]:9|nas|22|" },
		{ "exec meshssh $X nas 22", NULL }, { "exec meshssh nas 22; true", NULL },
		{ "exec meshssh \"$X\" 22", NULL }, { "exec meshssh --via=\"x\" nas 22", NULL },
		{ "exec meshssh n\\as 22", NULL }, { "exec meshssh nas 22 2>/dev/null", NULL },
		{ "exec meshssh 'nas'x 22", NULL }, { "exec meshssh nas | cat", NULL },
	};
	char		**words, text[100];
	size_t		  i, j;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		words = ssh_proxy_words(rows[i].line);
		assert_int_equal(words != NULL, rows[i].words != NULL);
		for (text[0] = '\0', j = 0; words != NULL && words[j] != NULL; j++) {
			strlcat(text, words[j], sizeof(text));
			strlcat(text, "|", sizeof(text));
		}
		if (words != NULL)
			assert_string_equal(text, rows[i].words);
		free(words);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_pattern),
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_given),
		cmocka_unit_test(test_odd_files),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_proxy_ours),
		cmocka_unit_test(test_proxy_line),
		cmocka_unit_test(test_proxy_words),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_ask),
	};
	const struct passwd	*pw = getpwuid(geteuid());
	int			 result;

	if (mkdtemp(root) == NULL || pw == NULL)
		return (1);
	strlcpy(home, pw->pw_dir, sizeof(home));
	result = cmocka_run_group_tests(tests, NULL, NULL);
	clear();
	rmdir(root);
	return (result);
}
