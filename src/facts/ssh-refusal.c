/* SPDX-License-Identifier: ISC */
/* Why ssh refuses its configuration or a login, by its words. */

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

int
ssh_refusal_login(const char *text)
{
	static const char *const	words[] = { "Permission denied (", "Host key verification failed",
					    "Too many authentication failures",
					    "Confirm user presence" };
	size_t				i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(text, words[i]) != NULL)
			return (1);
	return (0);
}
