/* SPDX-License-Identifier: ISC */
/* Fuzz target: ssh. */

#include "facts/detect.h"
#include "machine.h"

/*
 * The detector of ssh: the output of ssh -V, ssh -G and ssh-keygen -F, ssh_config and the files
 * that it includes, known_hosts, private keys.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	machine_detect(&detect_ssh, data, size);
	return (0);
}
