/* SPDX-License-Identifier: ISC */
/* Why ssh refuses its configuration, by its words. */

#include <string.h>

#include "facts/ssh-refusal.h"

#define MODE	"Bad owner or permissions on "

const char *
ssh_refusal(const char *text, const char **file)
{
	*file = strstr(text, MODE);
	if (*file != NULL) {
		*file += strlen(MODE);
		return ("mode");
	}
	if (strcasestr(text, "ipqos") != NULL)
		return ("ipqos");
	return (strcasestr(text, "bad configuration option") != NULL ? "option" : "other");
}
