#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "emit/emit-ssh.h"
#include "emit/emit.h"

#define SSH_WORD_MAX	1024

const char *
emit_ssh_word(const char *value, char *out, size_t size)
{
	const char	*quote = value[0] == '\0' || strpbrk(value, " #=,") != NULL ? "\"" : "";
	const char	*p;

	for (p = value; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == '\x7f' || strchr("\"'\\`$", *p) != NULL)
			return (NULL);
	return ((size_t)snprintf(out, size, "%s%s%s", quote, value, quote) < size ? out : NULL);
}

void
emit_ssh_line(FILE *fp, const char *keyword, const char *value, const char *why)
{
	if (why != NULL)
		fprintf(fp, "    # %s\n", why);
	fprintf(fp, "    %s %s\n", keyword, value);
}

int
emit_ssh_proxy(FILE *fp, const json_t *doc, const char *options, struct error *err)
{
	const char	*program = json_text_at(doc, "wanted.program"), *p, *quote;

	/* It passes through ssh's own quotes and percents, and then through a shell, whichever that is. */
	if (program == NULL || program[0] != '/' || strpbrk(program, "\"'\\$`!*?[]{}();<>|&#~^\n\r\t") != NULL) {
		error_set(err, MSG_ODD_PATH, "%.100s: cannot stand in a ProxyCommand", program != NULL ? program : "meshssh");
		return (-1);
	}
	quote = strchr(program, ' ') != NULL ? "\"" : "";
	fprintf(fp, "    ProxyCommand %s", quote);
	for (p = program; *p != '\0'; p++)
		fprintf(fp, *p == '%' ? "%%%%" : "%c", *p);
	fprintf(fp, "%s%s %%h %%p\n", quote, options);
	return (0);
}

int
emit_ssh_stanza(FILE *fp, const json_t *doc, struct error *err)
{
	const char	*host = json_text_at(doc, "target.host"), *name = json_text_at(doc, "target.name");

	fprintf(fp, "Host %s\n", host);
	if (name != NULL && strcmp(name, host) != 0)
		emit_ssh_line(fp, "HostName", name, NULL);
	if (emit_ssh_proxy(fp, doc, "", err) == -1)
		return (-1);
	emit_ssh_line(fp, "IPQoS", "none", "marks that a router may drop are of no use behind a relay");
	emit_ssh_line(fp, "ServerAliveInterval", "15", "a dead link is noticed after a minute");
	emit_ssh_line(fp, "ServerAliveCountMax", "4", NULL);
	return (0);
}
