/* SPDX-License-Identifier: ISC */
/* Access to the facts, held against their schema. */

#include "base/error.h"
#include "base/json.h"
#include "facts/fact.h"
#include "facts/schema.h"

#define FACT_TEXT_BYTES	256	/* of a text in the facts */

json_t *
fact_at(const json_t *facts, const char *path)
{
	return (fact_ok(fact_find(path) != NULL, path) ? json_at(facts, path) : NULL);
}

const char *
fact_text(const json_t *facts, const char *path)
{
	return (fact_ok(fact_is(path, FACT_TEXT) || fact_is(path, FACT_WORDS), path) ?
	    json_text_at(facts, path) : NULL);
}

json_int_t
fact_number(const json_t *facts, const char *path, json_int_t otherwise)
{
	return (fact_ok(fact_is(path, FACT_NUMBER), path) ? json_number_at(facts, path, otherwise) :
	    otherwise);
}

int
fact_truth(const json_t *facts, const char *path)
{
	return (fact_ok(fact_is(path, FACT_TRUTH), path) ? json_truth_at(facts, path) : -1);
}

void
fact_put(json_t *facts, const char *path, json_t *value)
{
	if (fact_ok(fact_fits(path, value), path))
		json_put(facts, path, value);
	else
		json_decref(value);
}

void
fact_put_text(json_t *facts, const char *path, const char *raw)
{
	fact_put(facts, path, fact_string(raw));
}

void
fact_put_number(json_t *facts, const char *path, json_int_t number)
{
	fact_put(facts, path, json_integer(number));
}

void
fact_put_truth(json_t *facts, const char *path, int truth)
{
	fact_put(facts, path, json_boolean(truth));
}

json_t *
fact_string(const char *raw)
{
	char	text[FACT_TEXT_BYTES];

	return (json_string(error_vis(text, sizeof(text), raw)));
}

void
fact_append_text(json_t *list, const char *raw)
{
	json_array_append_new(list, fact_string(raw));
}
