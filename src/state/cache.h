/* SPDX-License-Identifier: ISC */
/* The folder where failure records and the path cache are kept. */

#ifndef STATE_CACHE_H
#define STATE_CACHE_H

/*
 * Remove what relays that were killed in the middle of writing left in the folder of this file:
 * regular files of this user's, ten minutes old, that have names of unfinished records or entries
 * of the path cache. Best effort, and no more than some hundred names are looked at.
 */
void	cache_sweep(const char *path);

#endif
