#include <sys/types.h>

#include <dirent.h>
#include <err.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Runs a fuzz target over the files of its corpus, for the ordinary tests. */
int
main(void)
{
	static uint8_t		 buf[1 << 20];
	char			 path[PATH_MAX];
	struct dirent		*entry;
	size_t			 len;
	DIR			*dir;
	FILE			*fp;
	int			 count = 0;

	if ((dir = opendir(CORPUS)) == NULL)
		err(1, "%s", CORPUS);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", CORPUS, entry->d_name);
		if ((fp = fopen(path, "r")) == NULL)
			err(1, "%s", path);
		len = fread(buf, 1, sizeof(buf), fp);
		fclose(fp);
		LLVMFuzzerTestOneInput(buf, len);
		count++;
	}
	closedir(dir);
	printf("%d files of %s\n", count, CORPUS);
	return (count > 0 ? 0 : 1);
}
