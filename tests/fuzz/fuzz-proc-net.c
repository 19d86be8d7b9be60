/* SPDX-License-Identifier: ISC */
/* Fuzz target: proc-net. */

#include <stdint.h>
#include <string.h>

#include "os/proc-net.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A line, as fgets(3) gives it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET };
	struct sockaddr_in6	sin6 = { .sin6_family = AF_INET6 };
	struct proc_net		row;
	char			line[512];

	if (size >= sizeof(line))
		return (0);
	memcpy(line, data, size);
	line[size] = '\0';
	if (proc_net_row(line, &row) == 0) {
		if (row.port < 0 || row.port > 65535)
			__builtin_trap();
		proc_net_takes(&row, (struct sockaddr *)&sin);
		proc_net_takes(&row, (struct sockaddr *)&sin6);
	}
	return (0);
}
