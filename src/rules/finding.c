/* SPDX-License-Identifier: ISC */
/* The texts of a finding. */

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "rules/rules.h"

static void	finding_text(char [200], const char *, va_list) __attribute__((__format__(printf, 2,
		    0)));

static void
finding_text(char to[200], const char *fmt, va_list ap)
{
	char	raw[400];

	vsnprintf(raw, sizeof(raw), fmt, ap);
	error_vis(to, 200, raw);
}

void
finding_set(char to[200], const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	finding_text(to, fmt, ap);
	va_end(ap);
}

void
finding_cure(struct finding *f, const char *fmt, ...)
{
	va_list	ap;
	int	i = 0;

	while (i < FINDING_CURES && f->cure[i][0] != '\0')
		i++;
	if (i == FINDING_CURES)
		return;
	va_start(ap, fmt);
	finding_text(f->cure[i], fmt, ap);
	va_end(ap);
}
