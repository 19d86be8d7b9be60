/* SPDX-License-Identifier: ISC */
/* What check-darwin-copy needs of macOS' header, by the names that copyfile(3) has. */

#ifndef UNIT_DARWIN_COPYFILE_H
#define UNIT_DARWIN_COPYFILE_H

#include <stdint.h>

enum {
	COPYFILE_ACL = 1 << 0, COPYFILE_XATTR = 1 << 2,
	COPYFILE_STATE_STATUS_CB = 6, COPYFILE_STATE_STATUS_CTX = 7, COPYFILE_STATE_XATTRNAME = 9,
	COPYFILE_COPY_XATTR = 5,
	COPYFILE_START = 1, COPYFILE_FINISH = 2, COPYFILE_ERR = 3,
	COPYFILE_CONTINUE = 0, COPYFILE_QUIT = 2
};

typedef struct copyfile_state	*copyfile_state_t;
typedef int			(*copyfile_callback_t)(int, int, copyfile_state_t, const char *,
				    const char *, void *);

copyfile_state_t	copyfile_state_alloc(void);
int			copyfile_state_free(copyfile_state_t);
int			copyfile_state_get(copyfile_state_t, uint32_t, void *);
int			copyfile_state_set(copyfile_state_t, uint32_t, const void *);
int			fcopyfile(int, int, copyfile_state_t, uint32_t);

#endif
