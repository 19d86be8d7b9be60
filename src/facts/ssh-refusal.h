/* SPDX-License-Identifier: ISC */
/*
 * Why ssh refuses its configuration, or a login that asks nobody: it has no codes, so this is the
 * one place where its English is read.
 */

#ifndef FACTS_SSH_REFUSAL_H
#define FACTS_SSH_REFUSAL_H

/*
 * The word for what ssh says: "mode" (others may write to a file), "ipqos", "option" (one that this
 * ssh does not know), or "other". For "mode" *file is set to the file's name within the text,
 * otherwise to NULL.
 */
const char	*ssh_refusal(const char *text, const char **file);

/* 1 if that is what ssh says where it cannot log in without a person. */
int	ssh_refusal_login(const char *text);

#endif
