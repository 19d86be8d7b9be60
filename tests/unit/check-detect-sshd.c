/* SPDX-License-Identifier: ISC */
/* Unit tests: detect-sshd. */

#include <pwd.h>
#include <time.h>

#include "base/json.h"
#include "check-root.h"
#include "check.h"
#include "facts/detect.h"

static void
test_names(void **state)
{
	json_t	*facts;

	(void)state;
	put("/etc/resolv.conf",
	    "# c\ndomain old.example\nsearch mesh.example \tcorp.example\nnameserver \t192.0.2.53 \n"
	    "nameserver 100.100.100.100\noptions ndots:2\n");
	put("/etc/nsswitch.conf",
	    "passwd: files\nhosts:\tfiles mdns4_minimal [NOTFOUND=return] dns # resolve\n");
	put("/etc/hosts",
	    "127.0.0.1 localhost\n# 192.0.2.1 build\n100.64.0.9\tother  BUILD # build\n"
	    "fd7a:115c:a1e0::9 build\n192.0.2.8 build.example\n");
	facts = detected(&detect_names, NULL, "build");
	expect_text(facts, "names.host", "build");
	expect_text(facts, "names.nameservers.0", "192.0.2.53");
	expect_text(facts, "names.nameservers.1", "100.100.100.100");
	expect_text(facts, "names.search.0", "mesh.example");
	expect_text(facts, "names.search.1", "corp.example");
	expect_text(facts, "names.search.2", NULL);
	expect_text(facts, "names.hosts_entry", "100.64.0.9");
	expect_text(facts, "names.hosts_entries.1", "fd7a:115c:a1e0::9");
	expect_text(facts, "names.hosts_entries.2", NULL);
	expect_truth(facts, "names.mdns", 1);
	expect_truth(facts, "names.magicdns_resolver", 1);
	json_decref(facts);
	/* An address is not looked up; without a host nothing is. */
	facts = detected(&detect_names, NULL, "192.0.2.8");
	expect_text(facts, "names.host", NULL);
	json_decref(facts);
	facts = detected(&detect_names, NULL, NULL);
	expect_text(facts, "names.hosts_entry", NULL);
	json_decref(facts);
}

/* Who asks others is not judged by what it is asked through. */
static void
test_names_forwarders(void **state)
{
	static const struct {
		const char	*resolv, *nsswitch, *uplink;
		int		 magicdns, mdns;
	}		rows[] = {
		{ "nameserver 192.0.2.53\n", "hosts: files dns\n", NULL, 0, 0 },
		{ "nameserver 192.0.2.53\n", "hosts: files resolve dns\n", NULL, -1, -1 },
		{ "nameserver 127.0.0.53\n", "hosts: files dns\n", NULL, -1, -1 },
		{ "nameserver 127.0.0.53\n", "hosts: files mdns dns\n", "nameserver 192.0.2.53\n",
		    0, 1 },
		{ "nameserver 127.0.0.53\n", "hosts: files dns\n",
		    "nameserver 192.0.2.53\nnameserver fd7a:115c:a1e0::53\n", 1, -1 },
		{ "nameserver 127.0.0.1\n", "passwd: files\n", NULL, -1, -1 },
		{ "nameserver ::1\n", "hosts: files dns\n", NULL, -1, 0 },
		{ "nameserver 10.255.255.254\n", "hosts: files dns\n", NULL, -1, 0 },
		{ "search x\n", "hosts: files dns\n", NULL, -1, 0 },
		{ "nameserver\nsearch\n \n", "hosts:\n", NULL, -1, 0 },
	};
	json_t		*facts;
	size_t		 i;

	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(empty(state), 0);
		put("/etc/resolv.conf", rows[i].resolv);
		put("/etc/nsswitch.conf", rows[i].nsswitch);
		if (rows[i].uplink != NULL)
			put("/run/systemd/resolve/resolv.conf", rows[i].uplink);
		facts = detected(&detect_names, NULL, NULL);
		expect_truth(facts, "names.magicdns_resolver", rows[i].magicdns);
		expect_truth(facts, "names.mdns", rows[i].mdns);
		json_decref(facts);
	}
	assert_int_equal(empty(state), 0);
	facts = detected(&detect_names, NULL, "build");
	expect_truth(facts, "names.magicdns_resolver", -1);
	expect_truth(facts, "names.mdns", -1);
	json_decref(facts);
	put("/etc/resolv.conf", "nameserver 192.0.2.53\n");
	facts = detected(&detect_names, json_pack("{s:{s:s}}", "system", "os", "darwin"), NULL);
	expect_text(facts, "names.nameservers", NULL);
	json_decref(facts);
}

#define SOCKET(addr, state)	"   0: " addr " 00000000:0000 " state " 00000000:00000000 00:00000000 00000000 0 0 1 1\n"
#define SOCKET6(addr, state)	"   0: " addr " 00000000000000000000000000000000:0000 " state " 00000000:00000000 00:0 0\n"
#define ANY6			"00000000000000000000000000000000"

/*
 * The same on machines of either byte order: addresses whose bytes are all alike, or told by the
 * test.
 */
static void
test_listens(void **state)
{
	char		 loopback[128], word[16];
	unsigned char	 ip[4] = { 127, 0, 0, 1 };
	unsigned int	 number;
	json_t		*facts;

	(void)state;
	memcpy(&number, ip, sizeof(number));
	snprintf(word, sizeof(word), "%08X:0016", number);
	snprintf(loopback, sizeof(loopback), SOCKET("%s", "0A"), word);
	put("/usr/sbin/sshd", "");
	put("/etc/systemd/system/multi-user.target.wants/ssh.service", "");
	put("/etc/ssh/sshd_config",
	    "Include /etc/ssh/sshd_config.d/*.conf\n#Port 22\n\nMatch User x\nPort 7\n");
	put("/proc/net/tcp", "  sl  local_address rem_address   st\n" SOCKET("00000000:0016", "0A")
	    SOCKET("00000000:0017", "0A"));
	put("/proc/net/tcp6", SOCKET6(ANY6 ":0016", "0A"));
	facts = detected(&detect_sshd, NULL, NULL);
	expect_truth(facts, "sshd.installed", 1);
	expect_truth(facts, "sshd.enabled", 1);
	expect_truth(facts, "sshd.running", 1);
	expect_text(facts, "sshd.listens.0", "0.0.0.0:22");
	expect_text(facts, "sshd.listens.1", "[::]:22");
	expect_text(facts, "sshd.listens.2", NULL);
	expect_truth(facts, "sshd.only_loopback", 0);
	expect_truth(facts, "sshd.not_loopback", 0);
	json_decref(facts);
	put("/proc/net/tcp", loopback);
	put("/proc/net/tcp6", "");
	facts = detected(&detect_sshd, NULL, NULL);
	expect_text(facts, "sshd.listens.0", "127.0.0.1:22");
	expect_truth(facts, "sshd.only_loopback", 1);
	expect_truth(facts, "sshd.not_loopback", 0);
	json_decref(facts);
	/* Another state than listening; another port; an address of the network. */
	put("/proc/net/tcp", SOCKET("00000000:0016", "01") SOCKET("0A0A0A0A:08AE", "0A"));
	facts = detected(&detect_sshd, NULL, NULL);
	expect_truth(facts, "sshd.running", 0);
	expect_truth(facts, "sshd.only_loopback", -1);
	json_decref(facts);
	put("/etc/ssh/sshd_config.d/port.conf",
	    "Port=2222\nListenAddress \"[::1]:24\"\nMatch all\n");
	facts = detected(&detect_sshd, NULL, NULL);
	expect_text(facts, "sshd.listens.0", "10.10.10.10:2222");
	expect_truth(facts, "sshd.not_loopback", 1);
	json_decref(facts);
	/* The ports are not known: a drop-in of systemd's socket may have changed them. */
	put("/proc/net/tcp", "");
	put("/etc/systemd/system/ssh.socket.d/x.conf", "");
	facts = detected(&detect_sshd, NULL, NULL);
	expect_truth(facts, "sshd.running", -1);
	json_decref(facts);
	facts = detected(&detect_sshd, NULL, "build");
	assert_null(json_at(facts, "sshd"));
	json_decref(facts);
}

static void
test_modes(void **state)
{
	static const struct {
		mode_t		 folder, file;
		int		 ok;
		const char	*says;
	}			 rows[] = {
		{ 0700, 0600, 1, NULL }, { 0755, 0644, 1, NULL }, { 0775, 0664, 1, NULL },
		{ 0700, 0646, 0, "~/.ssh/authorized_keys" }, { 0777, 0600, 0, "~/.ssh" },
	};
	const struct passwd	*pw = getpwuid(geteuid());
	char			 file[256], path[512];
	json_t			*facts;
	size_t			 i;

	(void)state;
	put_mode("/etc/ssh/ssh_host_rsa_key", "", 0600);
	facts = detected(&detect_sshd, NULL, NULL);
	expect_truth(facts, "sshd.host_key_modes_ok", 1);
	expect_truth(facts, "sshd.authorized_keys_mode_ok", -1);
	expect_truth(facts, "sshd.running", -1);
	json_decref(facts);
	put_mode("/etc/ssh/ssh_host_rsa_key", "", 0644);
	put_mode("/etc/ssh/ssh_host_rsa_key.pub", "", 0644);
	facts = detected(&detect_sshd, NULL, NULL);
	expect_truth(facts, "sshd.host_key_modes_ok", 0);
	expect_text(facts, "sshd.host_key_open", "/etc/ssh/ssh_host_rsa_key");
	json_decref(facts);
	/* A group's, which is not "ssh_keys". */
	put_mode("/etc/ssh/ssh_host_rsa_key", "", 0640);
	facts = detected(&detect_sshd, NULL, NULL);
	expect_truth(facts, "sshd.host_key_modes_ok", 0);
	json_decref(facts);
	if (pw == NULL || strlen(pw->pw_dir) > 100 || strcmp(pw->pw_dir, "/") == 0)
		return;
	snprintf(file, sizeof(file), "%s/.ssh/authorized_keys", pw->pw_dir);
	snprintf(path, sizeof(path), "%s%s/.ssh", root, pw->pw_dir);
	for (i = 0; i < COUNT(rows); i++) {
		put_mode(file, "", rows[i].file);
		assert_int_equal(chmod(path, rows[i].folder), 0);
		facts = detected(&detect_sshd, NULL, NULL);
		expect_truth(facts, "sshd.authorized_keys_mode_ok", rows[i].ok);
		expect_text(facts, "sshd.authorized_keys_open", rows[i].says);
		json_decref(facts);
	}
	put("/etc/ssh/sshd_config", "StrictModes no\n");
	facts = detected(&detect_sshd, NULL, NULL);
	expect_truth(facts, "sshd.authorized_keys_mode_ok", -1);
	json_decref(facts);
}

static void
test_firewall(void **state)
{
	json_t	*facts;

	(void)state;
	put("/sys/class/net/lo/mtu", "65536\n");
	put("/etc/nftables.conf",
	    "# iifname \"tailscale0\"\n  iifname { \"eth0\", \"tailscale7\" } accept\n");
	put("/etc/ufw/ufw.conf", "ENABLED=no\n");
	put("/etc/ufw/user.rules",
	    "### tuple ### allow in_wg8\n-A ufw-user-input -i wg8 -p tcp --dport 22 -j ACCEPT\n");
	facts = detected(&detect_sshd, NULL, NULL);
	expect_text(facts, "sshd.firewall_missing_interface", NULL);
	json_decref(facts);
	put("/etc/systemd/system/sysinit.target.wants/nftables.service", "");
	facts = detected(&detect_sshd, NULL, NULL);
	expect_text(facts, "sshd.firewall_missing_interface", "tailscale7");
	expect_text(facts, "sshd.firewall_file", "/etc/nftables.conf");
	json_decref(facts);
	put("/sys/class/net/tailscale7/mtu", "1280\n");
	facts = detected(&detect_sshd, NULL, NULL);
	expect_text(facts, "sshd.firewall_missing_interface", NULL);
	json_decref(facts);
	put("/etc/ufw/ufw.conf", "# x\nENABLED=yes\n");
	facts = detected(&detect_sshd, NULL, NULL);
	expect_text(facts, "sshd.firewall_missing_interface", "wg8");
	json_decref(facts);
	put("/etc/ufw/ufw.conf", "");
	put("/etc/systemd/system/multi-user.target.wants/firewalld.service", "");
	put("/etc/firewalld/zones/trusted.xml",
	    "<zone>\n  <interface name=\"tailscale0\"/>\n</zone>\n");
	facts = detected(&detect_sshd, NULL, NULL);
	expect_text(facts, "sshd.firewall_missing_interface", "tailscale0");
	json_decref(facts);
}

static json_t *
wsl_facts(const char *mode, const char *address)
{
	return (json_pack("{s:{s:i, s:s}, s:{s:[{s:s, s:[s]}]}}", "system", "wsl", 2, "wsl_mode",
	    mode, "net", "interfaces", "name", "eth0", "addresses", address));
}

static void
test_windows(void **state)
{
	json_t	*facts;

	(void)state;
	put_mode("/mnt/c/Windows/System32/netsh.exe",
	    "#!/bin/sh\n[ \"$*\" = 'interface portproxy show v4tov4' ] || exit 1\n"
	    "printf '\\r\\nAuf IPv4 horchen\\r\\n\\r\\nAdresse Port Adresse Port\\r\\n------- ---- ------- ----\\r\\n'\n"
	    "printf '0.0.0.0 80 172.28.1.9 80\\r\\n* 8022 10.0.0.1 22\\r\\n0.0.0.0 2222 172.28.1.2 22\\r\\n'\n",
	    0700);
	facts = detected(&detect_sshd, wsl_facts("nat", "172.28.1.2"), NULL);
	expect_truth(facts, "sshd.windows_portproxy.matches", 1);
	json_decref(facts);
	facts = detected(&detect_sshd, wsl_facts("nat", "172.30.1.2"), NULL);
	expect_truth(facts, "sshd.windows_portproxy.matches", 0);
	expect_text(facts, "sshd.windows_portproxy.address", "172.28.1.2");
	expect_text(facts, "sshd.windows_portproxy.listen_port", "2222");
	json_decref(facts);
	/* It leads to a port of sshd's, or is not about it. */
	put("/etc/ssh/sshd_config", "Port 2200\nPort 80\n");
	facts = detected(&detect_sshd, wsl_facts("nat", "172.28.1.9"), NULL);
	expect_text(facts, "sshd.windows_portproxy.address", "172.28.1.9");
	json_decref(facts);
	put("/etc/ssh/sshd_config", "Port 2200\n");
	facts = detected(&detect_sshd, wsl_facts("nat", "172.28.1.2"), NULL);
	expect_text(facts, "sshd.windows_portproxy.address", NULL);
	json_decref(facts);
	facts = detected(&detect_sshd, wsl_facts("mirrored", "192.0.2.1"), NULL);
	expect_text(facts, "sshd.windows_portproxy.address", NULL);
	expect_truth(facts, "sshd.windows_admin_keys", -1);
	json_decref(facts);
	put("/mnt/c/ProgramData/ssh/sshd_config", "#Match\r\nMatch Group administrators\r\n"
	    "       AuthorizedKeysFile __PROGRAMDATA__/ssh/administrators_authorized_keys\r\n");
	facts = detected(&detect_sshd, wsl_facts("mirrored", "192.0.2.1"), NULL);
	expect_truth(facts, "sshd.windows_admin_keys", 0);
	json_decref(facts);
	put("/mnt/c/ProgramData/ssh/administrators_authorized_keys", "");
	facts = detected(&detect_sshd, wsl_facts("mirrored", "192.0.2.1"), NULL);
	expect_truth(facts, "sshd.windows_admin_keys", 1);
	json_decref(facts);
}

/* So many times this line is the file. */
static void
put_lines(const char *file, const char *line, int count)
{
	char	*text = malloc(strlen(line) * (size_t)count + 1), *at = text;

	assert_non_null(text);
	for (*at = '\0'; count > 0; count--)
		at = stpcpy(at, line);
	put(file, text);
	free(text);
}

/*
 * Files that name themselves again and again, and such as have no end: a look takes a second of the
 * processor at most.
 */
static void
test_hostile(void **state)
{
	const struct detector	*const *d;
	char			 path[128];
	clock_t			 began;
	json_t			*facts = json_object();

	(void)state;
	put_lines("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config\n", 100);
	put_lines("/etc/nix/machines", "@/etc/nix/machines\n", 100);
	put_lines("/etc/nix/nix.conf", "include /etc/nix/nix.conf\n", 100);
	put_lines("/etc/ssh/ssh_config", "Include /etc/ssh/ssh_config\n", 100);
	put_lines("/etc/hosts", "0.0.0.0 ads.example\n", 200000);
	put("/etc/resolv.conf", "");
	snprintf(path, sizeof(path), "%s/etc/resolv.conf", root);
	assert_int_equal(truncate(path, (off_t)8 << 30), 0);
	snprintf(path, sizeof(path), "%s/etc/nsswitch.conf", root);
	assert_int_equal(mkfifo(path, 0600), 0);
	for (d = detectors; *d != NULL; d++) {
		began = clock();
		json_decref(detected(*d, json_incref(facts), "nas"));
		json_decref(detected(*d, json_incref(facts), NULL));
		if (clock() - began > 2 * CLOCKS_PER_SEC)
			fail_msg("%s takes %ld us", (*d)->name, (long)(clock() - began));
	}
	json_decref(facts);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup(test_names, empty),
		cmocka_unit_test_setup(test_names_forwarders, empty),
		cmocka_unit_test_setup(test_listens, empty),
		cmocka_unit_test_setup(test_modes, empty),
		cmocka_unit_test_setup(test_firewall, empty),
		cmocka_unit_test_setup(test_windows, empty),
		cmocka_unit_test_setup(test_hostile, empty),
	};

	return (cmocka_run_group_tests(tests, root_make, root_remove));
}
