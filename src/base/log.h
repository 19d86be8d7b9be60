/* SPDX-License-Identifier: ISC */
/* Debug lines on standard error; silent unless --debug. */

#ifndef BASE_LOG_H
#define BASE_LOG_H

/* Show debug lines up to this level: 0 none, 1 the steps, 2 every detail. */
void	log_set_level(int);

/* One line "meshssh: debug: ...", vis(3)ed; the level says from which on it is shown. */
void	log_debug(int, const char *, ...) __attribute__((__format__(printf, 2, 3)));

#endif
