/* SPDX-License-Identifier: ISC */
/* libc's <unistd.h>, and the end of inherited descriptors, which a libc may lack. */

#include_next <unistd.h>

#ifndef COMPAT_UNISTD_H
#define COMPAT_UNISTD_H

void	closefrom(int from);

#endif
