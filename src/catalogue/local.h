/* SPDX-License-Identifier: ISC */
/* The rows of the catalogue for what is found on this machine; code_row() gives them. */

#ifndef CATALOGUE_LOCAL_H
#define CATALOGUE_LOCAL_H

#include "catalogue/catalogue.h"

#define CODE_LOCAL	CODE_CONFIG_MODE	/* the first of them */

extern const struct code_row	catalogue_local[CODE_COUNT - CODE_LOCAL];

#endif
