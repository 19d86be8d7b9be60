/* SPDX-License-Identifier: ISC */
/* What --version says. */

#include <sys/types.h>
#include <sys/utsname.h>

#include <event2/event.h>
#include <jansson.h>

#include "base/version.h"

void
version_print(FILE *fp, const char *program, const char *libsodium)
{
	struct utsname	uts;
	const char	*jansson = JANSSON_VERSION;

#if JANSSON_VERSION_HEX >= 0x020d00
	jansson = jansson_version_str();
#endif
	fprintf(fp, "%s %s\nbuild: %s\nlibraries: libevent %s, jansson %s%s%s\n", program,
	    PACKAGE_VERSION, HOW_BUILT, event_get_version(), jansson, libsodium == NULL ?
	    ", no libsodium" : libsodium[0] != '\0' ? ", libsodium " : "",
	    libsodium != NULL ? libsodium : "");
	if (uname(&uts) != -1)
		fprintf(fp, "platform: %s %s %s\n", uts.sysname, uts.release, uts.machine);
}
