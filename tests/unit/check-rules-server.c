#include "check-rules.h"

/* What little of the facts decides, and how sure the rule is; "" if it must say nothing. */
static const struct rules_case cases[] = {
	{ "server-refuses", "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,"
	    "\"ms\":9,\"error\":\"refused\"}]}}", "error", "sure" },
	{ "server-refuses", "{\"connect\":{\"ok\":true,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,"
	    "\"ms\":9,\"error\":\"refused\"}]}}", "", "" },
	{ "server-refuses", "{\"connect\":{\"ok\":false,\"port\":2049,\"addresses\":[{\"address\":\"192.0.2.1\","
	    "\"family\":4,\"ms\":9,\"error\":\"refused\"}]}}", "", "" },
	{ "server-refuses", "{\"connect\":{\"ok\":false,\"routes\":[{\"route\":\"localapi\",\"ok\":false,\"ms\":1,"
	    "\"detail\":\"h port 22: tailscaled: dial failure: connection was refused\"}]}}", "error", "sure" },
	{ "server-refuses", "{\"connect\":{\"ok\":false,\"routes\":[{\"route\":\"localapi\",\"ok\":false,\"ms\":1,"
	    "\"detail\":\"refused port 22: tailscaled: odd\"}]}}", "", "" },
	{ "nfs-closed", "{\"connect\":{\"ok\":false,\"port\":2049,\"addresses\":[{\"address\":\"192.0.2.1\","
	    "\"family\":4,\"ms\":9,\"error\":\"refused\"}]}}", "error", "sure" },
	{ "nfs-closed", "{\"connect\":{\"ok\":true,\"port\":2049},\"service\":{\"ok\":false,\"kind\":\"closed\"}}", "", "" },
	{ "nfs-closed", "{\"connect\":{\"ok\":false,\"port\":22,\"addresses\":[{\"address\":\"192.0.2.1\","
	    "\"family\":4,\"ms\":9,\"error\":\"refused\"}]}}", "", "" },
	{ "peer-userspace", "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":true}},\"connect\":{\"ok\":false,"
	    "\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"refused\"}]}}", "note", "suspected" },
	{ "peer-userspace", "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":true,\"self\":true}},"
	    "\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,"
	    "\"ms\":9,\"error\":\"refused\"}]}}", "", "" },
	{ "peer-userspace", "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,"
	    "\"ms\":9,\"error\":\"refused\"}]}}", "", "" },
	{ "server-no-answer", "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,"
	    "\"ms\":9,\"error\":\"timeout\"}]}}", "error", "suspected" },
	{ "server-no-answer", "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":true}},\"connect\":{\"ok\":false,"
	    "\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"timeout\"}]}}", "", "" },
	{ "server-no-answer", "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":false}},\"connect\":{\"ok\":false,"
	    "\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"timeout\"}]}}", "", "" },
	{ "server-no-answer", "{\"tailscale\":{\"state\":\"down\",\"host\":\"mesh\"},\"connect\":{\"ok\":false,"
	    "\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"timeout\"}]}}", "", "" },
	{ "peer-silent", "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":true}},\"connect\":{\"ok\":false,"
	    "\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"timeout\"}]}}", "error", "suspected" },
	{ "peer-silent", "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":false}},\"connect\":{\"ok\":false,"
	    "\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"timeout\"}]}}", "", "" },
	{ "peer-silent", "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":true}},\"connect\":{\"ok\":false,"
	    "\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"refused\"}]}}", "", "" },
	{ "server-closes", "{\"banner\":{\"error\":\"closed\",\"ms\":3}}", "error", "sure" },
	{ "server-closes", "{\"banner\":{\"error\":\"closed\",\"refusal\":\"penalty\","
	    "\"first\":\"Not allowed at this time\"}}", "", "" },
	{ "server-penalty", "{\"banner\":{\"error\":\"closed\",\"refusal\":\"penalty\","
	    "\"first\":\"Not allowed at this time\"}}", "error", "sure" },
	{ "server-maxstartups", "{\"banner\":{\"refusal\":\"maxstartups\",\"kind\":\"openssh\"}}", "error", "sure" },
	{ "server-mute", "{\"banner\":{\"error\":\"silent\",\"ms\":5000}}", "error", "sure" },
	{ "server-resets", "{\"banner\":{\"error\":\"reset\"}}", "error", "sure" },
	{ "server-http", "{\"banner\":{\"kind\":\"http\"},\"service\":{\"kind\":\"http\",\"ok\":true}}", "", "" },
	{ "server-other", "{\"banner\":{\"kind\":\"other\",\"first\":\"220 x\"}}", "error", "sure" },
	{ "server-other", "{\"banner\":{\"kind\":\"dropbear\"}}", "", "" },
	{ "server-windows", "{\"banner\":{\"kind\":\"openssh-windows\"}}", "note", "sure" },
	{ "server-tailscale-ssh", "{\"banner\":{\"kind\":\"tailscale\"}}", "note", "sure" },
	{ "server-too-old", "{\"banner\":{\"host_key_types\":[\"ssh-rsa\"]},\"ssh\":{\"version_number\":807}}", "", "" },
	{ "server-too-old", "{\"banner\":{\"host_key_types\":[\"ssh-rsa\"]},\"ssh\":{\"version_number\":808}}", "error", "likely" },
	{ "server-too-old", "{\"banner\":{\"host_key_types\":[\"ssh-rsa\",\"rsa-sha2-256\"]},"
	    "\"ssh\":{\"version_number\":808}}", "", "" },
	{ "server-too-old", "{\"banner\":{\"host_key_types\":[]},\"ssh\":{\"version_number\":808}}", "", "" },
	{ "server-too-old", "{\"banner\":{\"host_key_types\":[\"ssh-rsa\"]},\"ssh\":{\"version_number\":902,"
	    "\"options\":{\"hostkeyalgorithms\":\"ssh-ed25519,rsa-sha2-512\"}}}", "error", "sure" },
	{ "server-too-old", "{\"banner\":{\"host_key_types\":[\"ssh-rsa\"]},\"ssh\":{\"version_number\":902,"
	    "\"options\":{\"hostkeyalgorithms\":\"ssh-ed25519,ssh-rsa\"}}}", "", "" },
	{ "server-too-old", "{\"banner\":{\"host_key_types\":[\"ssh-ed25519\"],"
	    "\"kex\":[\"diffie-hellman-group1-sha1\"]},\"ssh\":{\"version_number\":902,"
	    "\"options\":{\"kexalgorithms\":\"curve25519-sha256\"}}}", "error", "sure" },
	{ "server-too-old", "{\"banner\":{\"host_key_types\":[\"ssh-ed25519\"],\"kex\":[\"a\","
	    "\"curve25519-sha256\"]},\"ssh\":{\"version_number\":902,"
	    "\"options\":{\"kexalgorithms\":\"curve25519-sha256\"}}}", "", "" },
};

static void
test_cases(void **state)
{
	(void)state;
	rules_cases(cases, COUNT(cases));
}

static void
test_odd_types(void **state)
{
	(void)state;
	rules_odd_values(rules_server);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_odd_types),
	};

	return (cmocka_run_group_tests_name("rules-server", tests, NULL, NULL));
}
