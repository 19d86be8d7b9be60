/* SPDX-License-Identifier: ISC */
/*
 * libsodium, loaded when a session can be resumed: as a library of the program it would cost the
 * start of every relay 50 to 90 microseconds.
 */

#include <dlfcn.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "wire/resume-sodium.h"

/* What is used of it is the same in all of these. */
static const char *const	names[] = {
	"libsodium.so.26", "libsodium.so.23", "libsodium.so", "libsodium.dylib"
};
/* Where it was when this was built, and where the linker looks. */
static const char *const	folders[] = {
#ifdef SODIUM_BY_PATH
	/*
	 * For a mere name, macOS looks into the current folder first, whoever owns that. Each
	 * version of Homebrew's has a folder of its own, and a link here.
	 */
	SODIUM_LIBDIR "/", "/opt/homebrew/lib/", "/usr/local/lib/", "/opt/local/lib/"
#else
	"", SODIUM_LIBDIR "/"
#endif
};

static void *
library(void)
{
	char	 path[512];
	void	*handle = NULL;
	size_t	 count = sizeof(names) / sizeof(names[0]), i;

	for (i = 0; i < count * sizeof(folders) / sizeof(folders[0]) && handle == NULL; i++) {
		snprintf(path, sizeof(path), "%s%s", folders[i / count], names[i % count]);
		handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	}
	return (handle);
}

/* A pointer to a function is of the size of dlsym's. */
#define FIND(member, name) do {						\
	__typeof__(&name)	found;					\
	void			*symbol = dlsym(handle, #name);		\
									\
	if (symbol == NULL)						\
		return (-1);						\
	memcpy(&found, &symbol, sizeof(found));				\
	sodium->member = found;						\
} while (0)

int
resume_sodium_find(struct resume_sodium *sodium)
{
	void	*handle = library();

	if (handle == NULL)
		return (-1);
	FIND(init, sodium_init);
	FIND(hash, crypto_generichash);
	FIND(public, crypto_scalarmult_curve25519_base);
	FIND(shared, crypto_scalarmult_curve25519);
	FIND(differ, sodium_memcmp);
	FIND(wipe, sodium_memzero);
	FIND(version, sodium_version_string);
	return (0);
}
