#include <errno.h>
#include <stdlib.h>

#include "base/json.h"

/* Without memory jansson takes the text for faulty, or leaves out a byte of it, and does not say so. */
static int	starved;

static void *
json_malloc(size_t size)
{
	void	*p = malloc(size);

	starved |= p == NULL;
	return (p);
}

json_t *
json_parse(const char *buf, size_t len, size_t flags)
{
	json_t	*root;

	starved = 0;
	json_set_alloc_funcs(json_malloc, free);
	root = json_loadb(buf, len, JSON_REJECT_DUPLICATES | flags, NULL);
	if (starved) {
		json_decref(root);
		root = NULL;
	}
	errno = starved ? ENOMEM : EINVAL;
	return (root);
}

int
json_starved(void)
{
	return (starved);
}
