/* SPDX-License-Identifier: ISC */
/* Unit tests: rules-machine. */

#include "check-rules.h"

/*
 * Facts that make a rule speak, the severity with which it does, and facts of a machine on which
 * all is well.
 */
static const struct rules_pair rows[] = {
	{ "tunnel-in-tunnel", SEVERITY_WARNING,
	    "{'system':{'wsl':2},'net':{'gateway':{'interface':'eth0','mtu':1280},"
	    "'interfaces':[{'name':'tailscale0','mtu':1280,'up':true,'tunnel':true}]}}",
	    "{'system':{'wsl':2},'net':{'gateway':{'interface':'eth0','mtu':1360},"
	    "'interfaces':[{'name':'tailscale0','mtu':1280,'up':true,'tunnel':true}]}}",
	    "ip link set dev eth0 mtu 1500" },
	{ "tunnel-in-tunnel", SEVERITY_WARNING,
	    "{'net':{'gateway':{'interface':'wwan0','mtu':1300},"
	    "'interfaces':[{'name':'tailscale0','mtu':1280,'up':true,'tunnel':true}]}}",
	    "{'net':{'gateway':{'interface':'wwan0','mtu':1300},"
	    "'interfaces':[{'name':'tailscale0','mtu':1280,'up':false,'tunnel':true},"
	    "{'name':'wwan0','mtu':1300,'up':true,'tunnel':true}]}}",
	    "Raise the MTU of wwan0" },
	{ "tunnel-in-tunnel", SEVERITY_WARNING,
	    "{'net':{'gateway':{'interface':'eth0','mtu':1339},"
	    "'interfaces':[{'name':'tailscale0','mtu':1280,'up':true,'tunnel':true}]}}",
	    "{'net':{'gateway':{'interface':'tailscale0','mtu':1280},"
	    "'interfaces':[{'name':'tailscale0','mtu':1280,'up':true,'tunnel':true}]}}",
	    "1340" },
	{ "wsl-jumbo", SEVERITY_WARNING,
	    "{'system':{'wsl':2,'wsl_mode':'mirrored'},'net':{'interfaces':[{'name':'eth1','mtu':9000,'up':true}]}}",
	    "{'system':{'wsl':2,'wsl_mode':'mirrored'},'net':{'interfaces':[{'name':'lo','mtu':65536,'up':true},"
	    "{'name':'loopback0','mtu':65536,'up':true},{'name':'eth2','mtu':9000,'up':false},"
	    "{'name':'eth1','mtu':1500,'up':true}]}}", "ip link set dev eth1 mtu 1500" },
	{ "jumbo", SEVERITY_NOTE, "{'net':{'gateway':{'interface':'ens5','mtu':9001}}}",
	    "{'net':{'gateway':{'interface':'ens5','mtu':1500}}}", "9001" },
	{ "wsl-fallback", SEVERITY_WARNING,
	    "{'system':{'wsl_mode':'nat','wsl_mode_wanted':'mirrored','wsl_mode_source':'wslinfo'}}",
	    "{'system':{'wsl_mode':'consomme','wsl_mode_wanted':'virtioproxy'}}",
	    "networkingMode=mirrored" },
	{ "wsl-fallback", SEVERITY_WARNING,
	    "{'system':{'wsl_mode':'none','wsl_mode_wanted':'nat','wsl_mode_source':'interfaces'}}",
	    "{'system':{'wsl_mode':'nat','wsl_mode_wanted':'nat'}}", "it is none" },
	{ "no-tun", SEVERITY_NOTE, "{'system':{'container':'docker','tun':false}}",
	    "{'system':{'tun':false}}", "docker" },
	{ "no-tun", SEVERITY_NOTE, "{'system':{'container':'lxc','tun':false}}",
	    "{'system':{'container':'lxc','tun':true}}", "userspace" },
	{ "no-tun", SEVERITY_NOTE,
	    "{'system':{'container':'lxc','tun':false},'tailscale':{'host':'mesh'}}",
	    "{'system':{'container':'lxc','tun':false},'tailscale':{'host':'other'}}",
	    "userspace" },
	{ "rto-max", SEVERITY_NOTE,
	    "{'net':{'tcp_rto_max_ms':120000,'tcp_retries2':15},'sshd':{'running':true}}",
	    "{'net':{'tcp_rto_max_ms':2000,'tcp_retries2':255},'sshd':{'running':true}}",
	    "sysctl -w net.ipv4.tcp_retries2=255 net.ipv4.tcp_rto_max_ms=2000" },
	/* A machine that nobody logs in to; a kernel that has no such number. */
	{ "rto-max", SEVERITY_NOTE,
	    "{'net':{'tcp_rto_max_ms':60000,'tcp_retries2':200},'sshd':{'running':true},"
	    "'system':{'distribution':'nixos'}}",
	    "{'net':{'tcp_rto_max_ms':120000,'tcp_retries2':15},'sshd':{'running':false}}",
	    "boot.kernel.sysctl" },
	{ "rto-max", SEVERITY_WARNING,
	    "{'net':{'tcp_rto_max_ms':2000,'tcp_retries2':15},'sshd':{'running':true}}",
	    "{'net':{'tcp_retries2':15},'sshd':{'running':true}}", "outage of 27 s" },
	{ "rto-max", SEVERITY_WARNING,
	    "{'net':{'tcp_rto_max_ms':120000,'tcp_retries2':8},'sshd':{'running':true}}",
	    "{'net':{'tcp_rto_max_ms':1000,'tcp_retries2':250},'sshd':{'running':true}}",
	    "outage of 102 s" },
	{ "sshd-loopback-only", SEVERITY_NOTE,
	    "{'system':{'distribution':'nixos'},'sshd':{'only_loopback':true,'listens':['127.0.0.1:22']}}",
	    "{}", "services.openssh" },
	{ "sshd-down", SEVERITY_WARNING,
	    "{'system':{'systemd':true},'sshd':{'running':false,'installed':true,'enabled':true}}",
	    "{'system':{'systemd':true},'sshd':{'running':true,'installed':true,'enabled':true}}",
	    "systemctl status" },
	/* An image for containers, in which no systemd runs. */
	{ "sshd-loopback-only", SEVERITY_NOTE,
	    "{'sshd':{'only_loopback':true,'listens':['127.0.0.1:22']}}",
	    "{'sshd':{'only_loopback':false,'listens':['0.0.0.0:22']}}", "127.0.0.1:22" },
	{ "sshd-loopback-only", SEVERITY_WARNING,
	    "{'sshd':{'only_loopback':true,'listens':['127.0.0.1:22']},'tailscale':{'state':'up','tun':true}}",
	    "{'sshd':{'only_loopback':true,'listens':['127.0.0.1:22']},'tailscale':{'state':'up','tun':false}}",
	    "ListenAddress" },
	{ "sshd-not-loopback", SEVERITY_WARNING,
	    "{'sshd':{'not_loopback':true,'listens':['192.0.2.1:22']},'tailscale':{'state':'up','tun':false}}",
	    "{'sshd':{'not_loopback':true,'listens':['192.0.2.1:22']},'tailscale':{'state':'up','tun':true}}",
	    "ListenAddress 127.0.0.1" },
	{ "sshd-not-loopback", SEVERITY_WARNING,
	    "{'sshd':{'not_loopback':true,'listens':['192.0.2.1:22']},'tailscale':{'state':'up','tun':false}}",
	    "{'sshd':{'not_loopback':false,'listens':['0.0.0.0:22']},'tailscale':{'state':'up','tun':false}}",
	    "mesh" },
	{ "sshd-host-key-modes", SEVERITY_WARNING,
	    "{'sshd':{'host_key_modes_ok':false,'host_key_open':'/etc/ssh/ssh_host_rsa_key'}}",
	    "{'sshd':{'host_key_modes_ok':true}}", "chmod 600 /etc/ssh/ssh_host_rsa_key" },
	{ "authorized-keys-modes", SEVERITY_WARNING,
	    "{'sshd':{'authorized_keys_mode_ok':false,'authorized_keys_open':'~/.ssh'}}",
	    "{'sshd':{'authorized_keys_mode_ok':true}}", "chmod go-w ~/.ssh" },
	{ "firewall-no-interface", SEVERITY_NOTE,
	    "{'sshd':{'firewall_missing_interface':'wg0','firewall_file':'/etc/nftables.conf'}}",
	    "{'sshd':{}}", "/etc/nftables.conf names wg0" },
	{ "firewall-no-interface", SEVERITY_WARNING,
	    "{'sshd':{'firewall_missing_interface':'tailscale0','firewall_file':'/etc/ufw/user.rules'},"
	    "'tailscale':{'state':'up','tun':false}}",
	    "{'tailscale':{'state':'up','tun':false},'sshd':{}}", "loopback" },
	{ "windows-portproxy", SEVERITY_WARNING,
	    "{'sshd':{'windows_portproxy':{'address':'172.28.1.2','port':'22','listen_address':'0.0.0.0',"
	    "'listen_port':'2222','matches':false}}}",
	    "{'sshd':{'windows_portproxy':{'address':'172.28.1.2','port':'22','listen_address':'0.0.0.0',"
	    "'listen_port':'2222','matches':true}}}", "listenport=2222" },
	{ "windows-admin-keys", SEVERITY_NOTE, "{'sshd':{'windows_admin_keys':false}}",
	    "{'sshd':{'windows_admin_keys':true}}", "administrators_authorized_keys" },
};

/* Machines on which all is well: no rule may warn. */
static const char	*const healthy[] = {
	/* Debian, a server. */
	"{'system':{'os':'linux','release':'6.1.0-18-amd64','wsl':0,'tun':true,'root':false,'systemd':true},"
	"'net':{'interfaces':[{'name':'lo','mtu':65536,'up':true,'tunnel':false,'addresses':['127.0.0.1']},"
	"{'name':'eth0','mtu':1500,'up':true,'tunnel':false,'addresses':['192.0.2.7']}],"
	"'gateway':{'address':'192.0.2.1','interface':'eth0','mtu':1500},'tcp_mtu_probing':0,'own_tailnet':false},"
	"'tailscale':{'state':'none'},'sshd':{'installed':true,'enabled':true,'running':true,"
	"'listens':['0.0.0.0:22','[::]:22'],'only_loopback':false,'not_loopback':false,'host_key_modes_ok':true,"
	"'authorized_keys_mode_ok':true}}",
	/* A desktop with Tailscale, without an SSH server. */
	"{'system':{'os':'linux','wsl':0,'tun':true,'systemd':true},"
	"'net':{'interfaces':[{'name':'wlan0','mtu':1500,'up':true,'tunnel':false},"
	"{'name':'tailscale0','mtu':1280,'up':true,'tunnel':true}],'gateway':{'interface':'wlan0','mtu':1500}},"
	"'tailscale':{'state':'up','tun':true},'sshd':{'installed':false,'enabled':false,'running':false,'listens':[]}}",
	/* A container with tailscaled in userspace mode. */
	"{'system':{'os':'linux','wsl':0,'container':'docker','tun':false,'systemd':false},"
	"'net':{'interfaces':[{'name':'eth0','mtu':1500,'up':true,'tunnel':false}],"
	"'gateway':{'interface':'eth0','mtu':1500}},'tailscale':{'state':'up','tun':false},"
	"'sshd':{'installed':true,'enabled':true,'running':false,'listens':[]}}",
	/* WSL2 without Tailscale, while a VPN of Windows has made eth0 small. */
	"{'system':{'os':'linux','wsl':2,'wsl_mode':'nat','wsl_mode_source':'wslinfo','tun':true,'systemd':true},"
	"'net':{'interfaces':[{'name':'eth0','mtu':1280,'up':true,'tunnel':false}],'eth0_mtu':1280,"
	"'gateway':{'address':'172.28.0.1','interface':'eth0','mtu':1280}},'tailscale':{'state':'none'},"
	"'sshd':{'installed':false,'enabled':false,'running':false,'listens':[]}}",
	/* macOS: next to nothing is seen. */
	"{'system':{'os':'darwin','wsl':0,'root':false,'systemd':false},"
	"'net':{'interfaces':[{'name':'en0','mtu':1500,'up':true},{'name':'utun4','mtu':1280,'up':true,'tunnel':true}]},"
	"'sshd':{'installed':true,'enabled':false}}",
	"{}",
};

static void
test_rows(void **state)
{
	(void)state;
	rules_pairs(rules_machine, rows, COUNT(rows));
}

static void
test_healthy(void **state)
{
	(void)state;
	rules_quiet(rules_machine, healthy, COUNT(healthy), SEVERITY_NOTE);
}

/*
 * Facts may come from a file, --replay: of the wrong types they are not believed, and nothing
 * breaks.
 */
static void
test_odd_types(void **state)
{
	static const char	*const odd[] = {
		"{'net':{'interfaces':'x','gateway':{'interface':1,'mtu':'9000'}},'system':{'wsl_mode':2,'wsl_mode_wanted':[],"
		"'tun':0,'container':{}},'sshd':{'running':0,'listens':{},'only_loopback':true,'not_loopback':true,"
		"'host_key_modes_ok':false,'authorized_keys_mode_ok':false,'firewall_missing_interface':1,"
		"'windows_portproxy':{'matches':false},'windows_admin_keys':'no'},'tailscale':{'state':1,'tun':false}}",
		"{'net':{'interfaces':[1,{},{'name':2,'up':1},null],'gateway':{'interface':'eth0','mtu':1}},"
		"'system':{'wsl_mode':'mirrored'},'sshd':[],'tailscale':[]}",
	};

	(void)state;
	rules_quiet(rules_machine, odd, COUNT(odd), -1);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_odd_types),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
