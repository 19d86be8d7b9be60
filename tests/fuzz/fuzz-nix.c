/* SPDX-License-Identifier: ISC */
/* Fuzz target: nix. */

#include "facts/detect.h"
#include "machine.h"

/*
 * The detector of Nix: nix.conf and the files that it includes, the list of machines, the daemon's
 * units, and root's ssh_config for the builder.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	machine_detect(&detect_nix, data, size);
	return (0);
}
