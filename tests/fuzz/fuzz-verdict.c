#include "fuzz.h"
#include "session/verdict.h"

/* Whatever a file says, the size is none or one that TCP and the ladder can do with. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int	mss_bytes = verdict_parse((const char *)data, size, "net", "nas", 86401);

	if (mss_bytes != 0 && (mss_bytes < 536 || mss_bytes > 1460))
		__builtin_trap();
	return (0);
}
