#include <sys/types.h>

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/xdg.h"

int
xdg_path(const char *variable, const char *folder, const char *file, char path[PATH_MAX])
{
	const char		*value = getenv(variable);
	const struct passwd	*pw;
	int			 n;

	if (value != NULL && value[0] == '/')
		n = snprintf(path, PATH_MAX, "%s/%s", value, file);
	else if ((pw = getpwuid(geteuid())) != NULL)
		n = snprintf(path, PATH_MAX, "%s/%s/%s", pw->pw_dir, folder, file);
	else
		return (-1);
	return (n < 0 || n >= PATH_MAX ? -1 : 0);
}
