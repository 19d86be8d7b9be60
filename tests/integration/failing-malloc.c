/*
 * Preloaded: memory runs out. Counts the allocations from main() on; with FAIL_FROM=N the Nth and
 * all after it fail, with FAIL_AT=N only the Nth. The first failure fills the first byte of the
 * file FAIL_MARK, so that a run that met none is known; it is mapped from the start, for a sandbox
 * would be in the way. From when its second byte is set, all fail. With FAIL_SPARE the C library's
 * own allocations are spared: glibc's name lookup aborts when one fails. Programs that are started
 * from there are left alone.
 */

#define _GNU_SOURCE

#include <sys/mman.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void	*__libc_malloc(size_t);
void	*__libc_calloc(size_t, size_t);
void	*__libc_realloc(void *, size_t);
void	*__libc_memalign(size_t, size_t);
int	 __libc_start_main(int (*)(int, char **, char **), int, char **, void (*)(void),
    void (*)(void), void (*)(void), void *);

static int		(*real_main)(int, char **, char **);
static atomic_long	 count;
static long		 fail_from, fail_at;
static volatile char	*mark;
static atomic_int	 armed;
static void		*spared;	/* where the C library begins, if it is spared */

static int
fails(const void *caller)
{
	Dl_info	info;
	long	n;

	if (!armed || (spared != NULL && dladdr(caller, &info) != 0 && info.dli_fbase == spared))
		return (0);
	n = ++count;
	if (!(fail_from > 0 && n >= fail_from) && !(fail_at > 0 && n == fail_at) &&
	    (mark == NULL || mark[1] == '\0'))
		return (0);
	if (mark != NULL)
		*mark = 'x';
	errno = ENOMEM;
	return (1);
}

void *
malloc(size_t size)
{
	return (fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size));
}

void *
calloc(size_t n, size_t size)
{
	return (fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size));
}

void *
realloc(void *p, size_t size)
{
	return (fails(__builtin_return_address(0)) ? NULL : __libc_realloc(p, size));
}

void *
aligned_alloc(size_t align, size_t size)
{
	return (fails(__builtin_return_address(0)) ? NULL : __libc_memalign(align, size));
}

int
posix_memalign(void **p, size_t align, size_t size)
{
	void	*got;

	if (fails(__builtin_return_address(0)) || (got = __libc_memalign(align, size)) == NULL)
		return (ENOMEM);
	*p = got;
	return (0);
}

/* The two bytes of that file, or NULL. */
static volatile char *
mark_map(const char *path)
{
	void	*p;
	int	 fd;

	if (path == NULL || (fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) == -1)
		return (NULL);
	p = ftruncate(fd, 2) == -1 ? MAP_FAILED :
	    mmap(NULL, 2, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return (p == MAP_FAILED ? NULL : p);
}

static int
counted_main(int argc, char **argv, char **envp)
{
	armed = 1;
	return (real_main(argc, argv, envp));
}

static long
number(const char *name)
{
	const char	*text = getenv(name);

	return (text == NULL ? 0 : strtol(text, NULL, 10));
}

int
__libc_start_main(int (*main_fn)(int, char **, char **), int argc, char **argv, void (*init)(void),
    void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	Dl_info	info;
	int	(*start)(int (*)(int, char **, char **), int, char **, void (*)(void),
		    void (*)(void), void (*)(void), void *);

	*(void **)&start = dlsym(RTLD_NEXT, "__libc_start_main");
	fail_from = number("FAIL_FROM");
	fail_at = number("FAIL_AT");
	if (getenv("FAIL_SPARE") != NULL && dladdr(*(void **)&start, &info) != 0)
		spared = info.dli_fbase;
	mark = mark_map(getenv("FAIL_MARK"));
	unsetenv("LD_PRELOAD");
	real_main = main_fn;
	return (start(counted_main, argc, argv, init, fini, rtld_fini, stack_end));
}
