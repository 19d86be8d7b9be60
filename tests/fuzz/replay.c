/* SPDX-License-Identifier: ISC */
/* Unit tests: . */

#include <sys/types.h>

#include <dirent.h>
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

/*
 * Runs a fuzz target, fuzz-NAME, over the files of its corpus, corpus/NAME, for the ordinary tests.
 */
int
main(int argc, char **argv)
{
	static uint8_t		 buf[1 << 20];
	const char		*name = strstr(argv[0], "/fuzz-");
	char			 folder[PATH_MAX], path[PATH_MAX];
	struct dirent		*entry;
	size_t			 len;
	DIR			*dir;
	FILE			*fp;
	int			 count = 0;

	(void)argc;
	snprintf(folder, sizeof(folder), CORPUS "/%s", name != NULL ? name + strlen("/fuzz-") : "");
	if ((dir = opendir(folder)) == NULL)
		err(1, "%s", folder);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", folder,
		    entry->d_name) >= (int)sizeof(path) || (fp = fopen(path, "r")) == NULL)
			err(1, "%s", path);
		len = fread(buf, 1, sizeof(buf), fp);
		fclose(fp);
		LLVMFuzzerTestOneInput(buf, len);
		count++;
	}
	closedir(dir);
	printf("%d files of %s\n", count, folder);
	return (count > 0 ? 0 : 1);
}
