/* SPDX-License-Identifier: ISC */
/* Unit tests: where libsodium is looked for, on a system whose linker takes it from any folder. */

#include "check.h"

static const char	*there;		/* the one path that is a library */
static char		 library_handle, asked[64][512];
static size_t		 asks;

static void *
own_dlopen(const char *path, int how)
{
	(void)how;
	assert_true(asks < COUNT(asked));
	snprintf(asked[asks++], sizeof(asked[0]), "%s", path);
	return (there != NULL && strcmp(path, there) == 0 ? &library_handle : NULL);
}

#undef SODIUM_LIBDIR
#define SODIUM_LIBDIR		"/opt/homebrew/Cellar/libsodium/1.0.20/lib"
#ifndef SODIUM_BY_PATH
#define SODIUM_BY_PATH
#endif
#define dlopen(path, how)	own_dlopen(path, how)
#include "wire/resume-sodium-load.c"

/* macOS would look for a mere name in the current folder first, which may be anybody's. */
static void
test_by_path(void **state)
{
	size_t	i;

	(void)state;
	assert_null(library());
	assert_true(asks > 0);
	for (i = 0; i < asks; i++)
		if (asked[i][0] != '/')
			fail_msg("by a mere name: %s", asked[i]);
}

/* The folder that it was built with is gone with the next version of Homebrew's. */
static void
test_upgraded(void **state)
{
	(void)state;
	there = "/opt/homebrew/lib/libsodium.dylib";
	asks = 0;
	assert_ptr_equal(library(), &library_handle);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_by_path),
		cmocka_unit_test(test_upgraded),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
