/* SPDX-License-Identifier: ISC */
/* Unit tests: e. */

#include <sys/types.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/json.h"
#include "facts/detect.h"
#include "machine.h"
#include "os/run.h"
#include "sshconf/ssh-config.h"

#define SECTIONS_MAX	32
#define USER		1000

int		 __real_access(const char *, int);
int		 __real_connect(int, const struct sockaddr *, socklen_t);
uid_t		 __real_geteuid(void);
struct passwd	*__real_getpwuid(uid_t);
int		 __real_lstat(const char *, struct stat *);
int		 __real_open(const char *, int, ...);
int		 __real_stat(const char *, struct stat *);
int		 __wrap_access(const char *, int);
int		 __wrap_connect(int, const struct sockaddr *, socklen_t);
uid_t		 __wrap_geteuid(void);
struct passwd	*__wrap_getpwuid(uid_t);
int		 __wrap_glob(const char *, int, int (*)(const char *, int), glob_t *);
void		 __wrap_globfree(glob_t *);
int		 __wrap_lstat(const char *, struct stat *);
int		 __wrap_open(const char *, int, ...);
int		 __wrap_run(const char *const[], int, struct run_text *, struct run_text *,
		    const struct run_child *);
int		 __wrap_stat(const char *, struct stat *);

static struct section {
	char		*name;
	const char	*bytes;
	size_t		 len;
	int		 closed;	/* to this user */
}		 sections[SECTIONS_MAX];
static int	 count;
static int	 looking;	/* else the real machine is meant, for libFuzzer calls these, too */

static const struct section *
find(const char *name)
{
	int	i;

	for (i = 0; i < count; i++)
		if (strcmp(sections[i].name, name) == 0)
			return (&sections[i]);
	errno = ENOENT;
	return (NULL);
}

int
__wrap_open(const char *path, int flags, ...)
{
	const struct section	*s;
	va_list			 ap;
	mode_t			 mode;
	int			 fd;

	va_start(ap, flags);
	mode = (flags & O_CREAT) != 0 ? (mode_t)va_arg(ap, int) : 0;
	va_end(ap);
	if (!looking)
		return (__real_open(path, flags, mode));
	if ((s = find(path)) == NULL)
		return (-1);
	if (s->closed) {
		errno = EACCES;
		return (-1);
	}
	must((fd = memfd_create("file", MFD_CLOEXEC)) != -1);
	must(pwrite(fd, s->bytes, s->len, 0) == (ssize_t)s->len);
	return (fd);
}

/* A folder exists if something in it does. */
int
__wrap_stat(const char *path, struct stat *sb)
{
	const struct section	*s;
	size_t			 len = strlen(path);
	int			 i;

	if (!looking)
		return (__real_stat(path, sb));
	memset(sb, 0, sizeof(*sb));
	if ((s = find(path)) != NULL) {
		sb->st_ino = (ino_t)(s - sections + 1);
		sb->st_mode = S_IFREG | (s->closed ? 0666 : 0755);
		sb->st_uid = s->closed ? USER + 1 : USER;
		sb->st_size = (off_t)s->len;
		return (0);
	}
	for (i = 0; i < count; i++)
		if (strncmp(sections[i].name, path, len) == 0 && sections[i].name[len] == '/') {
			sb->st_mode = S_IFDIR | 0755;
			return (0);
		}
	return (-1);
}

int
__wrap_lstat(const char *path, struct stat *sb)
{
	return (looking ? __wrap_stat(path, sb) : __real_lstat(path, sb));
}

int
__wrap_access(const char *path, int mode)
{
	const struct section	*s;

	if (!looking)
		return (__real_access(path, mode));
	if ((s = find(path)) == NULL)
		return (-1);
	errno = EACCES;
	return (s->closed ? -1 : 0);
}

int
__wrap_connect(int fd, const struct sockaddr *to, socklen_t len)
{
	if (!looking)
		return (__real_connect(fd, to, len));
	errno = ECONNREFUSED;
	return (-1);
}

uid_t
__wrap_geteuid(void)
{
	return (looking ? USER : __real_geteuid());
}

struct passwd *
__wrap_getpwuid(uid_t uid)
{
	static char		 names[2][8] = { "root", "u" },
				    homes[2][8] = { "/root", "/home/u" };
	static struct passwd	 pw;

	if (!looking)
		return (__real_getpwuid(uid));
	pw.pw_name = names[uid != 0];
	pw.pw_dir = homes[uid != 0];
	return (&pw);
}

int
__wrap_glob(const char *pattern, int flags, int (*error_cb)(const char *, int), glob_t *g)
{
	int	i;

	must(looking && flags == 0 && error_cb != NULL);
	memset(g, 0, sizeof(*g));
	must((g->gl_pathv = calloc(SECTIONS_MAX + 1, sizeof(*g->gl_pathv))) != NULL);
	for (i = 0; i < count; i++)
		if (ssh_config_pattern(sections[i].name, pattern, 0))
			g->gl_pathv[g->gl_pathc++] = sections[i].name;
	return (g->gl_pathc > 0 ? 0 : GLOB_NOMATCH);
}

void
__wrap_globfree(glob_t *g)
{
	free(g->gl_pathv);
	memset(g, 0, sizeof(*g));
}

static void
print(struct run_text *to, const struct section *s)
{
	if (to == NULL)
		return;
	to->len = s->len < to->size - 1 ? s->len : to->size - 1;
	memcpy(to->buf, s->bytes, to->len);
	to->buf[to->len] = '\0';
}

int
__wrap_run(const char *const argv[], int ms, struct run_text *out, struct run_text *err,
    const struct run_child *child)
{
	static const struct section	 nothing = { .bytes = "" };
	const char			*name = strrchr(argv[0], '/');
	char				 call[1024];
	int				 i, fails;

	(void)ms;
	(void)child;
	strlcpy(call, name != NULL ? name + 1 : argv[0], sizeof(call));
	for (i = 1; argv[i] != NULL; i++) {
		strlcat(call, " ", sizeof(call));
		strlcat(call, argv[i], sizeof(call));
	}
	for (i = 0; i < count; i++) {
		name = sections[i].name;
		fails = name[0] == '!';
		name += fails;
		if (name[0] != '\0' && strncmp(call, name, strlen(name)) == 0) {
			print(out, &sections[i]);
			print(err, &sections[i]);
			return (fails ? 255 : 0);
		}
	}
	print(out, &nothing);
	print(err, &nothing);
	return (-1);
}

/* The next part of the input, up to this byte. */
static const char *
part(const uint8_t **data, size_t *size, int end, size_t *len)
{
	const char	*bytes = (const char *)*data;
	const uint8_t	*at = *size > 0 ? memchr(*data, end, *size) : NULL;

	*len = at != NULL ? (size_t)(at - *data) : *size;
	*data += *len + (at != NULL);
	*size -= *len + (at != NULL);
	return (bytes);
}

static void
machine_begin(const uint8_t *data, size_t size)
{
	const char	*bytes;
	const uint8_t	*body;
	size_t		 len, left, name;

	for (count = 0; size > 0 && count < SECTIONS_MAX; count++) {
		bytes = part(&data, &size, MACHINE_MARK, &len);
		body = (const uint8_t *)bytes;
		left = len;
		bytes = part(&body, &left, '\n', &name);
		sections[count].closed = name > 0 && bytes[0] == '-';
		must((sections[count].name = strndup(bytes + sections[count].closed,
		    name - (size_t)sections[count].closed)) != NULL);
		sections[count].bytes = (const char *)body;
		sections[count].len = left;
	}
	setenv("PATH", "/opt/bin:/usr/bin", 1);
	setenv("HOME", "/home/u", 1);
	looking = 1;
}

static void
machine_end(void)
{
	looking = 0;
	while (count > 0)
		free(sections[--count].name);
}

static void
check_text(const char *text)
{
	for (; *text != '\0'; text++)
		must(*text >= ' ' && *text <= '~');
}

/* Every fact can be shown on a terminal. */
static void
check(const json_t *facts)
{
	const json_t	*value;
	const char	*key;
	size_t		 i;

	if (json_is_string(facts))
		check_text(json_string_value(facts));
	json_object_foreach((json_t *)(uintptr_t)facts, key, value) {
		check_text(key);
		check(value);
	}
	json_array_foreach(facts, i, value)
		check(value);
}

static void
detect_once(const struct detector *detector, const char *host, int full)
{
	struct detect_input	 in = { .root = "", .host = host, .full = full };
	json_t			*facts = json_object();

	must(facts != NULL);
	detect_one(detector, facts, &in);
	check(facts);
	json_decref(facts);
}

void
machine_detect(const struct detector *detector, const uint8_t *data, size_t size)
{
	char		*host;
	const char	*bytes;
	size_t		 len;
	int		 before = dup(STDERR_FILENO), after;

	close(before);
	bytes = part(&data, &size, '\n', &len);
	must((host = strndup(bytes, len)) != NULL);
	if (len == 0 || addr_host_ok(host)) {
		machine_begin(data, size);
		/* The length decides whether everything may be told. */
		detect_once(detector, len > 0 ? host : NULL, size & 1);
		machine_end();
	}
	free(host);
	after = dup(STDERR_FILENO);
	close(after);
	must(after == before);
}
