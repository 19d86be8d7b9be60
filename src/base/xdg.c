/* SPDX-License-Identifier: ISC */
/* Cache and configuration folders of the user. */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xdg.h"

#define OWN_FOLDER	"meshssh"

/*
 * 1 if only root and this user can change what is here, and what is in it if it is a folder; a link
 * counts with its target. In a folder like /tmp others can make new files, but not change what is
 * there: is that allowed?
 */
static int
place_ours(const char *path, int sticky)
{
	struct stat	sb;
	uid_t		own = geteuid();

	if (lstat(path, &sb) == -1 || (sb.st_uid != 0 && sb.st_uid != own))
		return (0);
	return (stat(path, &sb) == 0 && (sb.st_uid == 0 || sb.st_uid == own) &&
	    (!S_ISDIR(sb.st_mode) || (sb.st_mode & S_IWOTH) == 0 ||
	    (sticky && (sb.st_mode & S_ISVTX) != 0)));
}

/* 1 if there is nothing. */
static int
place_empty(const char *path)
{
	struct stat	sb;

	return (lstat(path, &sb) == -1 && (errno == ENOENT || errno == ENOTDIR));
}

/* The folder that a path is in: 1, or 0 if it is the root folder. */
static int
place_up(char path[PATH_MAX])
{
	char	*slash = strrchr(path, '/');

	if (slash == NULL || strcmp(path, "/") == 0)
		return (0);
	while (slash > path && slash[-1] == '/')
		slash--;
	slash[slash == path] = '\0';
	return (1);
}

/*
 * The path of our own folder in another one, which may be below a first one; -1 if it is too long.
 */
static int
folder_path(const char *above, const char *folder, char path[PATH_MAX])
{
	return (snprintf(path, PATH_MAX / 2, "%s%s%s/" OWN_FOLDER, above, folder[0] != '\0' ? "/" :
	    "", folder) < PATH_MAX / 2 ? 0 : -1);
}

/*
 * Whether files in this folder of ours are safe from other users: as far as it and what holds it
 * are there, they belong to root or this user, and so does what holds that. If not, the path is
 * that of the first place that does not; if so, it is lost. What holds it may be hidden: then it is
 * as it was before.
 */
static int
folder_look(char path[PATH_MAX], int before)
{
	size_t	len = strlen(path);
	int	levels;

	while (place_empty(path) && place_up(path))
		continue;
	if (!place_ours(path, 0))
		return (0);
	/*
	 * What holds our own folder, and what holds that; or what holds the place where they will
	 * be made. For root, everything above: whoever owns one of these chooses where we write.
	 */
	levels = geteuid() == 0 ? PATH_MAX : strlen(path) == len ? 2 : 1;
	for (; levels > 0 && place_up(path); levels--) {
		if (place_empty(path))
			return (before);
		if (!place_ours(path, 1))
			return (0);
	}
	return (1);
}

/* The same; once it is safe, a sandbox may hide what holds it (unveil): that stays as it was. */
static int
folder_safe(char path[PATH_MAX])
{
	static char	*safe;
	char		*asked = strdup(path);	/* not fatal, as below */

	if (!folder_look(path, safe != NULL && asked != NULL && strcmp(asked, safe) == 0)) {
		free(asked);
		return (0);
	}
	free(safe);
	safe = asked;
	return (1);
}

/*
 * The home of this user as passwd(5) has it, or NULL; looked up once, for a sandbox may be round us
 * the next time.
 */
static const char *
own_home(void)
{
	static char		*home;
	const struct passwd	*pw;

	if (home == NULL && (pw = getpwuid(geteuid())) != NULL && pw->pw_dir[0] == '/')
		home = strdup(pw->pw_dir);	/* not fatal: a session under way asks too */
	return (home);
}

/* The result's buffer is all that is used: an idle relay would keep another page of its stack. */
int
xdg_path(const char *variable, const char *folder, const char *file, char path[PATH_MAX])
{
	const char	*above = getenv(variable);
	size_t		 len;

	/* sudo may leave the variables of the user who calls it. */
	if (above != NULL && above[0] == '/' && (folder_path(above, "", path) == -1 ||
	    folder_safe(path)))
		folder = "";
	else if ((above = own_home()) == NULL || folder_path(above, folder, path) == -1 ||
	    !folder_safe(path)) {
		errno = ENOENT;
		return (-1);
	}
	if (folder_path(above, folder, path) == 0 && (len = strlen(path)) + 1 + strlen(file) <
	    PATH_MAX) {
		snprintf(path + len, PATH_MAX - len, "/%s", file);
		return (0);
	}
	errno = ENAMETOOLONG;
	return (-1);
}

void
xdg_why(const char *variable, const char *folder, char why[XDG_WHY_MAX])
{
	const char	*value = getenv(variable), *home = own_home();
	char		 place[PATH_MAX] = "";
	struct stat	 sb;
	int		 fits;

	fits = value != NULL && value[0] == '/' ? folder_path(value, "", place) :
	    home != NULL ? folder_path(home, folder, place) : -1;
	if (place[0] == '\0')
		snprintf(why, XDG_WHY_MAX, "user %u has no home directory", (unsigned)geteuid());
	else if (fits == -1 || folder_safe(place))
		snprintf(why, XDG_WHY_MAX, "%.100s is too long", place);
	else if (lstat(place, &sb) == -1 || ((sb.st_uid == 0 || sb.st_uid == geteuid()) &&
	    stat(place, &sb) == -1))
		snprintf(why, XDG_WHY_MAX, "%.80s: %s", place, strerror(errno));
	else if (sb.st_uid != 0 && sb.st_uid != geteuid())
		snprintf(why, XDG_WHY_MAX, "%.80s belongs to user %u, not to root or you", place,
		    (unsigned)sb.st_uid);
	else
		snprintf(why, XDG_WHY_MAX, "other users can write to %.80s", place);
}
