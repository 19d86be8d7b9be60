/* SPDX-License-Identifier: ISC */
/* Unit tests: detect-machine. */

#include "base/json.h"
#include "check-root.h"
#include "check.h"
#include "facts/detect.h"
#include "facts/read.h"

static void
test_system_plain(void **state)
{
	json_t	*facts;

	(void)state;
	put("/proc/sys/kernel/ostype", "Linux\n");
	put("/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
	put("/dev/net/tun", "");
	put("/run/systemd/system/x", "");
	put("/etc/os-release", "NAME=NixOS\nVERSION_ID=\"25.05\"\nID=nixos\nID_LIKE=x\n");
	facts = detected(&detect_system, NULL, NULL);
	expect_text(facts, "system.os", "linux");
	expect_text(facts, "system.distribution", "nixos");
	expect_text(facts, "system.release", "6.1.0-18-amd64");
	expect_text(facts, "system.container", NULL);
	expect_text(facts, "system.wsl_mode", NULL);
	assert_int_equal(json_number_at(facts, "system.wsl", -1), 0);
	expect_truth(facts, "system.tun", 1);
	expect_truth(facts, "system.systemd", 1);
	expect_truth(facts, "system.root", geteuid() == 0);
	json_decref(facts);
}

static void
test_system_container(void **state)
{
	json_t	*facts;

	(void)state;
	put("/proc/sys/kernel/ostype", "Linux\n");
	put("/run/systemd/container", "lx\033[31mc\n");
	put("/etc/os-release", "ID=\"alma\033linux\"\n");
	facts = detected(&detect_system, NULL, NULL);
	expect_text(facts, "system.distribution", "alma");
	expect_text(facts, "system.container", "lx");
	expect_truth(facts, "system.tun", 0);
	expect_truth(facts, "system.systemd", 0);
	json_decref(facts);
	put("/.dockerenv", "");
	facts = detected(&detect_system, NULL, NULL);
	expect_text(facts, "system.container", "docker");
	json_decref(facts);
}

static void
test_system_init(void **state)
{
	static const char	variables[] = "HOME=/\0container=lxc\0TERM=x";
	json_t			*facts;
	char			 path[128];
	FILE			*fp;

	(void)state;
	put("/proc/1/environ", "");
	snprintf(path, sizeof(path), "%s/proc/1/environ", root);
	assert_non_null(fp = fopen(path, "w"));
	fwrite(variables, 1, sizeof(variables) - 1, fp);
	fclose(fp);
	facts = detected(&detect_system, NULL, NULL);
	expect_text(facts, "system.container", "lxc");
	json_decref(facts);
}

static void
test_system_wsl(void **state)
{
	static const char	route[] =
	    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
	char			line[256];
	unsigned char		ip[4] = { 172, 28, 112, 1 };
	unsigned int		by;
	json_t			*facts;

	(void)state;
	put("/proc/sys/kernel/osrelease", "4.4.0-19041-Microsoft\n");
	facts = detected(&detect_system, NULL, NULL);
	assert_int_equal(json_number_at(facts, "system.wsl", -1), 1);
	json_decref(facts);
	put("/proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2\n");
	put("/sys/class/net/lo/mtu", "65536\n");
	facts = detected(&detect_system, NULL, NULL);
	assert_int_equal(json_number_at(facts, "system.wsl", -1), 2);
	expect_text(facts, "system.wsl_mode", "none");
	json_decref(facts);
	put("/sys/class/net/eth0/mtu", "1500\n");
	memcpy(&by, ip, sizeof(by));
	snprintf(line, sizeof(line), "%seth0\t00000000\t%08X\t0003\t0\t0\t0\t00000000\t0\t0\t0\n",
	    route, by);
	put("/proc/net/route", line);
	put("/mnt/c/Users/me/.wslconfig",
	    "\xef\xbb\xbf[WSL2]\r\n# networkingMode=bridged\r\nnetworkingMode = Mirrored\r\n"
	    "[experimental]\r\nnetworkingMode=none\r\n");
	facts = detected(&detect_system, NULL, NULL);
	expect_text(facts, "system.wsl_mode", "nat");
	expect_text(facts, "system.wsl_mode_source", "interfaces");
	expect_text(facts, "system.wsl_mode_wanted", "mirrored");
	assert_null(json_at(facts, "system.wsl_boot"));
	put("/etc/wsl.conf", "[network]\ncommand=no\n[boot]\nsystemd = true\r\n"
	    "command = \"service ssh start; ip link set dev eth0 mtu 1500\"\n");
	json_decref(facts);
	facts = detected(&detect_system, NULL, NULL);
	assert_int_equal(json_truth_at(facts, "system.wsl_boot.systemd"), 1);
	assert_int_equal(json_truth_at(facts, "system.wsl_boot.command"), 1);
	expect_text(facts, "system.wsl_boot.interface", "eth0");
	assert_int_equal(json_number_at(facts, "system.wsl_boot.mtu", 0), 1500);
	json_decref(facts);
	put("/etc/wsl.conf", "[boot]\nsystemd=false\ncommand=\n");
	facts = detected(&detect_system, NULL, NULL);
	assert_int_equal(json_truth_at(facts, "system.wsl_boot.systemd"), 0);
	assert_int_equal(json_truth_at(facts, "system.wsl_boot.command"), 0);
	assert_null(json_at(facts, "system.wsl_boot.mtu"));
	json_decref(facts);
	/* As WSL reads it: comments behind a value, the first line of a key, and what is no boolean. */
	put("/etc/wsl.conf", "[boot] # mine\nsystemd=1 # since 2023\nsystemd=false\n;command=no\n"
	    "command=\"ip link set dev eth1 mtu 1500 # \\\"x\\\"\" # y\ncommand=\n");
	facts = detected(&detect_system, NULL, NULL);
	assert_int_equal(json_truth_at(facts, "system.wsl_boot.systemd"), 1);
	assert_int_equal(json_truth_at(facts, "system.wsl_boot.command"), 1);
	expect_text(facts, "system.wsl_boot.interface", "eth1");
	json_decref(facts);
	put("/etc/wsl.conf", "[boot]\ncommand=ip link set eth2 mtu 1400\n");
	facts = detected(&detect_system, NULL, NULL);
	expect_text(facts, "system.wsl_boot.interface", "eth2");
	assert_int_equal(json_number_at(facts, "system.wsl_boot.mtu", 0), 1400);
	json_decref(facts);
	/* Two accounts that do not agree, of which one may be somebody else's. */
	put("/mnt/c/Users/you/.wslconfig", "[wsl2]\nmemory=4GB\n");
	facts = detected(&detect_system, NULL, NULL);
	expect_text(facts, "system.wsl_mode_wanted", NULL);
	json_decref(facts);
	put("/sys/class/net/loopback0/mtu", "65536\n");
	facts = detected(&detect_system, NULL, NULL);
	expect_text(facts, "system.wsl_mode", "mirrored");
	json_decref(facts);
	put_mode("/usr/bin/wslinfo", "#!/bin/sh\n[ \"$1\" = --networking-mode ] && echo consomme\n",
	    0700);
	facts = detected(&detect_system, NULL, NULL);
	expect_text(facts, "system.wsl_mode", "consomme");
	expect_text(facts, "system.wsl_mode_source", "wslinfo");
	json_decref(facts);
	put_mode("/usr/bin/wslinfo", "#!/bin/sh\necho unheard-of\n", 0700);
	facts = detected(&detect_system, NULL, NULL);
	expect_text(facts, "system.wsl_mode_source", "interfaces");
	json_decref(facts);
	put("/.dockerenv", "");
	facts = detected(&detect_system, NULL, NULL);
	expect_text(facts, "system.wsl_mode", NULL);
	json_decref(facts);
}

static void
test_run(void **state)
{
	const char	*argv[] = { "/bin/sh", "-c", NULL, NULL };
	char		 out[8];

	(void)state;
	argv[2] = "echo a; echo b >&2; cat";
	assert_int_equal(read_command(argv, 5000, out, sizeof(out)), 2);
	assert_string_equal(out, "a\n");
	argv[2] = "echo 123456789; exit 0";
	assert_int_equal(read_command(argv, 5000, out, sizeof(out)), 7);
	assert_string_equal(out, "1234567");
	argv[2] = "exit 1";
	assert_int_equal(read_command(argv, 5000, out, sizeof(out)), -1);
	argv[2] = "exec sleep 60";
	assert_int_equal(read_command(argv, 100, out, sizeof(out)), -1);
	argv[2] = "exec sleep 60 >&-";
	assert_int_equal(read_command(argv, 100, out, sizeof(out)), -1);
	argv[0] = "/nowhere/sh";
	assert_int_equal(read_command(argv, 5000, out, sizeof(out)), -1);
}

static void
test_net(void **state)
{
	static const struct {
		const char	*route, *route6, *address, *interface;
		int		 mtu;
		const char	*address6;
	}		rows[] = {
		{ "eth9 00000000 00000000 0003 0 0 5 00000000 0 0 0\nwlan9 00000000 00000000 0001 0 0 2 00000000 0 0 0\n"
		    "ppp9 0000000A 00000000 0001 0 0 0 000000FF 0 0 0\n", "", NULL, "wlan9", 0 },
		{ "Iface Destination\neth9 00000000 01010101 0003 0 0 0 00000000 0 0 0\n", "",
		    "1.1.1.1", "eth9", 9000 },
		{ "eth9 00000000 01010101 0203 0 0 0 00000000 0 0 0\n", "", NULL, NULL, 0 },
		{ "", "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		    "fe800000000000000000000000000001 00000400 00000002 00000000 00000003     eth9\n"
		    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		    "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n",
		    "fe80::1", "eth9", 9000, "fe80::1" },
		{ "eth9 00000000 01010101 0003 0 0 0 00000000 0 0 0\n",
		    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		    "fe800000000000000000000000000002 00000400 00000002 00000000 00000003     eth9\n",
		    "1.1.1.1", "eth9", 9000, "fe80::2" },
		{ "eth9 x\n", "00 zz\n", NULL, NULL, 0 },
	};
	json_t		*facts;
	size_t		 i;

	(void)state;
	put("/sys/class/net/eth9/mtu", "9000\n");
	put("/sys/class/net/lo/mtu", "12345\n");
	put("/proc/sys/net/ipv4/tcp_mtu_probing", "1\n");
	put("/proc/sys/net/ipv4/tcp_rto_max_ms", "120000\n");
	put("/proc/sys/net/ipv4/tcp_retries2", "15\n");
	for (i = 0; i < COUNT(rows); i++) {
		put("/proc/net/route", rows[i].route);
		put("/proc/net/ipv6_route", rows[i].route6);
		facts = detected(&detect_net, NULL, NULL);
		expect_text(facts, "net.gateway.interface", rows[i].interface);
		expect_text(facts, "net.gateway.address", rows[i].address);
		expect_text(facts, "net.gateway6.address", rows[i].address6);
		expect_text(facts, "net.gateway6.interface",
		    rows[i].address6 != NULL ? "eth9" : NULL);
		assert_int_equal(json_number_at(facts, "net.gateway.mtu", 0), rows[i].mtu);
		assert_int_equal(json_number_at(facts, "net.tcp_mtu_probing", -1), 1);
		assert_int_equal(json_number_at(facts, "net.tcp_rto_max_ms", -1), 120000);
		assert_int_equal(json_number_at(facts, "net.tcp_retries2", -1), 15);
		assert_null(json_at(facts, "net.eth0_mtu"));
		json_decref(facts);
	}
	put("/proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2\n");
	put("/sys/class/net/eth0/mtu", "1280\n");
	put("/proc/sys/net/ipv4/tcp_mtu_probing", "7\n");
	facts = detected(&detect_net, NULL, NULL);
	assert_int_equal(json_number_at(facts, "net.eth0_mtu", 0), 1280);
	assert_null(json_at(facts, "net.tcp_mtu_probing"));
	json_decref(facts);
}

/* Interfaces are those of this machine; only their MTU can be read below the root. */
static void
test_net_interfaces(void **state)
{
	json_t		*facts, *interface, *found = NULL;
	const char	*name;
	size_t		 i;

	(void)state;
	put("/sys/class/net/lo/mtu", "12345\n");
	facts = detected(&detect_net, NULL, NULL);
	json_array_foreach(json_at(facts, "net.interfaces"), i, interface)
		if ((name = json_text_at(interface, "name")) != NULL && strncmp(name, "lo", 2) == 0)
			found = interface;
	if (found != NULL) {
		expect_truth(found, "tunnel", 0);
		assert_true(json_is_array(json_at(found, "addresses")));
		if (strcmp(json_text_at(found, "name"), "lo") == 0)
			assert_int_equal(json_number_at(found, "mtu", 0), 12345);
	}
	assert_true(json_truth_at(facts, "net.own_tailnet") != -1);
	json_decref(facts);
}

/*
 * Where no socket is, what could be started tells a mesh that is off from one that was never there.
 */
static void
test_tailscale_installed(void **state)
{
	static const char	*hosts[] = { "nas.mesh.example", "nas" };
	json_t			*facts;
	size_t			 i;

	(void)state;
	for (i = 0; i < COUNT(hosts); i++) {
		facts = detected(&detect_tailscale, NULL, hosts[i]);
		expect_text(facts, "tailscale.state", "none");
		expect_truth(facts, "tailscale.installed", 0);
		expect_text(facts, "tailscale.host", i == 0 ? "other" : "perhaps");
		json_decref(facts);
	}
	put("/usr/sbin/tailscaled", "");
	for (i = 0; i < COUNT(hosts); i++) {
		facts = detected(&detect_tailscale, NULL, hosts[i]);
		expect_truth(facts, "tailscale.installed", 1);
		expect_text(facts, "tailscale.host", "perhaps");
		json_decref(facts);
	}
	facts = detected(&detect_tailscale, NULL, "192.0.2.1");
	expect_text(facts, "tailscale.host", "other");
	json_decref(facts);
	facts = detected(&detect_tailscale, NULL, "localhost");
	expect_text(facts, "tailscale.host", "other");
	json_decref(facts);
}

/* Where a daemon of WSL's own is not, the peers of Windows's client count. */
static void
test_tailscale_windows(void **state)
{
	static const struct {
		const char	*backend;
		int		 running;
		const char	*ip;
	}	 rows[] = {
		{ "Running", 1, "100.64.0.7" }, { "Starting", 1, "100.64.0.7" },
		{ "Stopped", 0, NULL }, { "", -1, NULL },
	};
	char	 path[256], script[1024];
	json_t	*facts;
	size_t	 i;

	(void)state;
	put("/proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2\n");
	snprintf(path, sizeof(path), "%s/bin:/usr/bin:/bin", root);
	setenv("PATH", path, 1);
	facts = detected(&detect_tailscale, NULL, "nas");
	expect_truth(facts, "tailscale.windows.installed", 0);
	expect_truth(facts, "tailscale.windows.running", -1);
	json_decref(facts);
	for (i = 0; i < 2 * COUNT(rows); i++) {
		snprintf(script, sizeof(script),
		    "#!/bin/sh\n[ \"$*\" = 'status --json' ] || exit 1\necho '{\"BackendState\":\"%s\","
		    "\"MagicDNSSuffix\":\"mesh.example\",\"Peer\":{\"k\":{\"HostName\":\"nas\","
		    "\"DNSName\":\"nas.mesh.example.\",\"TailscaleIPs\":[\"100.64.0.7\"],\"Online\":true}}}'\n",
		    rows[i / 2].backend);
		/* Where it is installed, and in PATH, which comes first. */
		put_mode("/mnt/c/Program Files/Tailscale/tailscale.exe", i % 2 == 0 ? script :
		    "#!/bin/sh\nexit 1\n", 0700);
		if (i % 2 == 1)
			put_mode("/bin/tailscale.exe", script, 0700);
		facts = detected(&detect_tailscale, NULL, "nas");
		expect_truth(facts, "tailscale.windows.installed", 1);
		expect_truth(facts, "tailscale.windows.running", rows[i / 2].running);
		expect_text(facts, "tailscale.windows.suffix",
		    rows[i / 2].running != -1 ? "mesh.example" : NULL);
		expect_text(facts, "tailscale.peer.addresses.0", rows[i / 2].ip);
		json_decref(facts);
		snprintf(path, sizeof(path), "%s/bin/tailscale.exe", root);
		unlink(path);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup(test_system_plain, empty),
		cmocka_unit_test_setup(test_system_container, empty),
		cmocka_unit_test_setup(test_system_init, empty),
		cmocka_unit_test_setup(test_system_wsl, empty),
		cmocka_unit_test(test_run),
		cmocka_unit_test_setup(test_tailscale_installed, empty),
		cmocka_unit_test_setup(test_tailscale_windows, empty),
		cmocka_unit_test_setup(test_net, empty),
		cmocka_unit_test_setup(test_net_interfaces, empty),
	};

	return (cmocka_run_group_tests(tests, root_make, root_remove));
}
