/* SPDX-License-Identifier: ISC */
/* Time that does not jump. */

#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <sys/time.h>

#include <stdint.h>

/* Milliseconds since some moment in the past; while the machine is suspended, it stands still. */
int64_t		clock_ms(void);
/* The same, but counting the time suspended, where the system can. */
int64_t		clock_boot_ms(void);
/* For libevent: a timeval of so many milliseconds. */
struct timeval	clock_timeval(int64_t);

#endif
