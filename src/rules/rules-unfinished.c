/* SPDX-License-Identifier: ISC */
/* Rules: what could not be looked at to the end. */

#include <string.h>

#include "base/json.h"
#include "facts/query.h"
#include "rules/rules.h"

/* --- the host takes no more connections ------------------------------------------------------- */

/* How a later connection failed, in words. */
static const struct stop {
	char	code[16];
	char	words[16];
	int	here;		/* that is this machine's fault */
	int	answered;	/* an answer came */
} stops[] = {
	{ "refused",		"refused",		0, 1 },
	{ "reset",		"reset",		0, 1 },
	{ "no-answer",		"no answer",		0, 0 },
	{ "no-route",		"unreachable",		0, 0 },
	{ "blocked",		"not permitted",	0, 0 },
	{ "system",		"a system error",	1, 0 },
	{ "no-descriptors",	"no descriptors",	1, 0 },
	{ "permission",		"no permission",	1, 0 },
	{ "",			"",			0, 0 },
};

/* NULL: none failed. Of a document without the reason, the host is as good a guess as any. */
static const struct stop *
stop_of(const json_t *facts)
{
	const char	*code = json_text_at(facts, "connect.stopped");
	const struct stop	*row = stops;

	if (code == NULL && !query_is(facts, "server.error", "unconnected"))
		return (NULL);
	while (row->code[0] != '\0' && (code == NULL || strcmp(code, row->code) != 0))
		row++;
	return (row);
}

static int
check_limits(const json_t *facts, struct finding *f)
{
	const struct stop	*stop = stop_of(facts);
	const char		*code = json_text_at(facts, "connect.stopped"),
				    *seen = json_text_at(facts, "mtu.inconclusive");
	int			 made = (int)json_number_at(facts, "connect.made", 1);

	if (query_reached(facts) == 0 || stop == NULL || stop->here)
		return (0);
	if (!stop->answered)
		f->certainty = CERTAINTY_SUSPECTED;
	finding_set(f->cause,
	    "The host stopped taking connections after %d: a rate limit%s.", made, stop->answered ?
	    " of its firewall (ufw limit) or of its sshd" : ", or the path to it has just failed");
	finding_set(f->evidence, "connection %d: %.40s%s%.90s", made + 1, stop->words[0] != '\0' ?
	    stop->words : code != NULL ? code : "failed", seen != NULL ? "; " : "",
	    seen != NULL ? seen : "");
	finding_cure(f,
	    "Wait 30 seconds, then run the command again: a rate limit ends by itself.");
	finding_cure(f,
	    "To see whether it has one, on the host: sudo ufw status (LIMIT); sudo nft list ruleset");
	return (1);
}

/* --- what has no result ----------------------------------------------------------------------- */

/* 1 if the path can be measured: it is direct, and leads to another machine. */
static int
is_measurable(const json_t *facts)
{
	return (json_truth_at(facts, "connect.far") == 1 &&
	    query_is(facts, "connect.route", "direct"));
}

/* A service that says nothing, even to a question, may work, or be stuck. */
static int
lacks_server(const json_t *facts)
{
	return (query_is(facts, "server.error", "unconnected") ||
	    query_is(facts, "service.kind", "unconnected") ||
	    (query_is(facts, "service.kind", "silent") &&
	    json_truth_at(facts, "service.asked") == 1) ||
	    (json_at(facts, "connect.far") != NULL && json_at(facts, "server") == NULL &&
	    json_at(facts, "service") == NULL));
}

static int
lacks_dscp(const json_t *facts)
{
	return (json_truth_at(facts, "dscp.inconclusive") == 1 ||
	    (is_measurable(facts) && json_at(facts, "dscp") == NULL));
}

/* Full-size packets do not pass, and it was not seen which do. */
static int
lacks_size(const json_t *facts, const char *way)
{
	const json_t	*row = json_at(facts, way);
	json_int_t	 bad = json_number_at(row, "smallest_bad", 0);

	return (json_truth_at(row, "ok") == 0 &&
	    (bad == 0 || json_number_at(row, "largest_ok", 0) >= bad));
}

static int
lacks_mtu(const json_t *facts)
{
	return (json_at(facts, "mtu.inconclusive") != NULL || lacks_size(facts, "mtu.forward") ||
	    lacks_size(facts, "mtu.reverse") ||
	    (is_measurable(facts) && json_at(facts, "server.text") != NULL &&
	    json_at(facts, "mtu.forward") == NULL && json_at(facts, "mtu.untested") == NULL));
}

static int
lacks_magicdns(const json_t *facts)
{
	return (query_is(facts, "names.lookups.magicdns.code", "name-timeout"));
}

static const struct unfinished {
	char	what[28];
	char	why[20];	/* where the facts say more, or "" */
	int	(*lacks)(const json_t *facts);
} unfinished[] = {
	{ "what the server says", "", lacks_server },
	{ "marked packets (DSCP)", "", lacks_dscp },
	{ "large packets", "mtu.inconclusive", lacks_mtu },
	{ "what MagicDNS says", "", lacks_magicdns },
};

static int
check_unfinished(const json_t *facts, struct finding *f)
{
	const char	*why;
	char		 list[170] = "";
	size_t		 i;

	if (query_reached(facts) != 1)
		return (0);
	for (i = 0; i < sizeof(unfinished) / sizeof(unfinished[0]); i++) {
		if (!unfinished[i].lacks(facts))
			continue;
		why = unfinished[i].why[0] != '\0' ?
		    json_text_at(facts, unfinished[i].why) : NULL;
		strlcat(list, list[0] != '\0' ? "; " : "", sizeof(list));
		strlcat(list, unfinished[i].what, sizeof(list));
		strlcat(list, why != NULL ? ": " : "", sizeof(list));
		strlcat(list, why != NULL ? why : "", sizeof(list));
	}
	if (list[0] == '\0')
		return (0);
	finding_set(f->cause,
	    "Not everything could be tested to the end, so the path may have a fault that is not seen here.");
	finding_set(f->evidence, "without a result: %s", list);
	finding_cure(f,
	    "Run the command again; a path that loses many packets, or a busy server, may need several runs.");
	finding_cure(f,
	    "If the result stays the same: meshssh --doctor --json HOST is what a bug report needs.");
	return (1);
}

const struct rule rules_unfinished[] = {
	{ .code = CODE_SERVER_LIMITS, .certainty = CERTAINTY_LIKELY,
	  .needs = { "connect.ok" }, .under = { CODE_SERVER_PENALTY, CODE_SERVER_MAXSTARTUPS },
	  .check = check_limits },
	{ .code = CODE_UNFINISHED, .certainty = CERTAINTY_SURE,
	  .needs = { "connect.ok" }, .under = { CODE_SERVER_LIMITS, UNDER_ANY },
	  .check = check_unfinished },
	{ .code = CODE_NONE }
};
