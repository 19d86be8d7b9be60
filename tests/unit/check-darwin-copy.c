/* SPDX-License-Identifier: ISC */
/* Unit tests: attributes of files on macOS, whose copyfile(3) is played here. */

#include <errno.h>

#include "check.h"

#include "os/os-darwin-copy.c"

struct copyfile_state {
	copyfile_callback_t	 cb;
	void			*ctx;
	const char		*name;
};

/* Attributes of a file, and with which errno each of them cannot be set. */
struct attribute {
	const char	*name;
	int		 error;
};

static const struct attribute	*attributes;
static struct copyfile_state	 the_state;
static const char		*copied;
static int			 states;

copyfile_state_t
copyfile_state_alloc(void)
{
	memset(&the_state, 0, sizeof(the_state));
	states++;
	return (&the_state);
}

int
copyfile_state_free(copyfile_state_t state)
{
	assert_ptr_equal(state, &the_state);
	states--;
	errno = 0;
	return (0);
}

int
copyfile_state_get(copyfile_state_t state, uint32_t what, void *to)
{
	assert_int_equal(what, COPYFILE_STATE_XATTRNAME);
	memcpy(to, &state->name, sizeof(state->name));
	return (0);
}

int
copyfile_state_set(copyfile_state_t state, uint32_t what, const void *from)
{
	if (what == COPYFILE_STATE_STATUS_CB)
		state->cb = (copyfile_callback_t)(uintptr_t)from;
	else {
		assert_int_equal(what, COPYFILE_STATE_STATUS_CTX);
		state->ctx = (void *)(uintptr_t)from;
	}
	return (0);
}

/* Without a callback, it goes on after a failure, and fails in the end. */
int
fcopyfile(int from, int to, copyfile_state_t state, uint32_t flags)
{
	const struct attribute	*a;
	int			 result = 0;

	assert_int_equal(from, 3);
	assert_int_equal(to, 4);
	assert_int_equal(flags, COPYFILE_ACL | COPYFILE_XATTR);
	for (a = attributes; a->name != NULL; a++) {
		if (state != NULL) {
			state->name = a->name;
			assert_int_equal(state->cb(COPYFILE_COPY_XATTR, COPYFILE_START, state,
			    NULL, NULL, state->ctx), COPYFILE_CONTINUE);
		}
		if ((errno = a->error) == 0)
			copied = a->name;
		else if (state == NULL)
			result = -1;
		else if (state->cb(COPYFILE_COPY_XATTR, COPYFILE_ERR, state, NULL, NULL,
		    state->ctx) == COPYFILE_QUIT) {
			errno = ECANCELED;
			return (-1);
		}
	}
	return (result);
}

/*
 * What macOS alone may give is left out; files that a program of unknown origin made have such. Of
 * the others none may be lost.
 */
static void
test_attributes(void **state)
{
	static const struct attribute	provenance[] = { { "com.apple.provenance", EPERM },
					    { "org.example.note", 0 }, { NULL, 0 } };
	static const struct attribute	refused[] = { { "org.example.note", ENOSPC },
					    { "org.example.other", 0 }, { NULL, 0 } };
	static const struct attribute	alike[] = { { "com.apple", EPERM }, { NULL, 0 } };

	(void)state;
	attributes = provenance;
	assert_int_equal(os_attributes_copy(3, 4), 0);
	assert_string_equal(copied, "org.example.note");
	attributes = refused;
	assert_int_equal(os_attributes_copy(3, 4), -1);
	assert_int_equal(errno, ENOSPC);
	attributes = alike;
	assert_int_equal(os_attributes_copy(3, 4), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(states, 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_attributes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
