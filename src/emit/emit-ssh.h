/* Stanzas of ssh_config(5). */

#ifndef EMIT_EMIT_SSH_H
#define EMIT_EMIT_SSH_H

#include <jansson.h>
#include <stdio.h>

struct error;

/* A Host block for the target of the document. */
int	emit_ssh_stanza(FILE *, const json_t *, struct error *);

/*
 * A value as ssh_config(5) takes it in all versions from 7.2 on, in double quotes where it has blanks: the buffer, or NULL if
 * it cannot stand there, or does not fit.
 */
const char *emit_ssh_word(const char *, char *, size_t);
/* "    Keyword value", behind a comment that says why, unless that is NULL. */
void	emit_ssh_line(FILE *, const char *keyword, const char *value, const char *why);
/* The same for the ProxyCommand by meshssh; 0, or -1 with the error set if the program's path cannot stand there. */
int	emit_ssh_proxy(FILE *, const json_t *, const char *options, struct error *);

#endif
