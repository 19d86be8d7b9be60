/* SPDX-License-Identifier: ISC */
/*
 * For fuzz targets of detectors: a machine in memory, whose files, and the output of whose
 * programs, are the input. Nothing of the real machine is read, and no program is run.
 */

#ifndef FUZZ_MACHINE_H
#define FUZZ_MACHINE_H

#include "fuzz.h"

struct detector;

/*
 * Let the detector look at a machine. The input is a line with the host, or an empty line, and then
 * sections with MACHINE_MARK between them: a line with the name, and the bytes. The name of a file
 * is its path; "-" before it makes the file another user's, and unreadable. Any other name is the
 * beginning of a command line: the program prints the bytes on both of its outputs; with "!" before
 * the name it fails.
 */
void	machine_detect(const struct detector *, const uint8_t *, size_t);

#define MACHINE_MARK	0x1e	/* ASCII's record separator */

#endif
