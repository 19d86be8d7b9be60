/* JSON of unknown origin. */

#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

/*
 * The document in so many bytes, to be let go with json_decref, with further flags of jansson's; objects with a key twice
 * are refused. NULL with errno: EINVAL if it is no JSON, ENOMEM.
 */
json_t	*json_parse(const char *, size_t, size_t);
/* 1 if memory was wanting since the last call of it: what jansson said meanwhile is not to be relied on. */
int	 json_starved(void);

#endif
