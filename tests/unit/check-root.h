/* SPDX-License-Identifier: ISC */
/* For tests of detectors: a folder in which they find a machine. */

#ifndef UNIT_CHECK_ROOT_H
#define UNIT_CHECK_ROOT_H

#include <sys/stat.h>

#include <pwd.h>

#include "base/json.h"
#include "check.h"
#include "facts/detect.h"
#include "facts/facts.h"

static char	root[] = "/tmp/check-root.XXXXXX";

/* The folders of this file below the root, and the file with this text and mode. */
static inline void
put_mode(const char *file, const char *text, mode_t mode)
{
	char	 path[1024], *slash;
	FILE	*fp;

	snprintf(path, sizeof(path), "%s%s", root, file);
	for (slash = path + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	assert_non_null(fp = fopen(path, "w"));
	fputs(text, fp);
	fclose(fp);
	assert_int_equal(chmod(path, mode), 0);
}

static inline void
put(const char *file, const char *text)
{
	put_mode(file, text, 0600);
}

/* The same in .ssh of this user's home. */
static inline void
put_home(const char *file, const char *text)
{
	const struct passwd	*pw = getpwuid(geteuid());
	char			 path[512];

	assert_non_null(pw);
	snprintf(path, sizeof(path), "%s/.ssh/%s", pw->pw_dir, file);
	put(path, text);
}

/* For each test: nothing is there. */
static inline int
empty(void **state)
{
	char	command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s' && mkdir '%s'", root, root);
	return (system(command));
}

/* For all tests. */
static inline int
root_make(void **state)
{
	(void)state;
	return (mkdtemp(root) != NULL ? 0 : -1);
}

static inline int
root_remove(void **state)
{
	return (empty(state) == 0 ? rmdir(root) : -1);
}

/* What the detector finds below the root, besides these facts, which it takes over. */
static inline json_t *
detected(const struct detector *detector, json_t *facts, const char *host)
{
	static struct facts	seen;
	struct detect_input	in = { .root = root, .host = host, .seen = &seen };

	if (facts == NULL)
		facts = json_object();
	detect_one(detector, facts, &in);
	return (facts);
}

static inline void
expect_text(const json_t *facts, const char *path, const char *text)
{
	const char	*is = json_text_at(facts, path);

	if (text == NULL ? json_at(facts, path) != NULL : is == NULL || strcmp(is, text) != 0)
		fail_msg("%s is %s, not %s", path, is != NULL ? is : "absent",
		    text != NULL ? text : "absent");
}

static inline void
expect_truth(const json_t *facts, const char *path, int truth)
{
	if (json_truth_at(facts, path) != truth)
		fail_msg("%s is %d, not %d", path, json_truth_at(facts, path), truth);
}

#endif
