/* SPDX-License-Identifier: ISC */
/* tailscaled's status document, without the peers. */

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "wire/tsjson.h"

json_t *
tsjson_open(const char *buf, size_t len, char *state, size_t size)
{
	/* Capabilities may hold any number and any string, and are not looked at. */
	json_t	*root = json_parse(buf, len, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL);

	tsjson_text(root, "BackendState", state, size);
	if (state[0] != '\0')
		return (root);
	json_decref(root);
	return (NULL);
}

void
tsjson_text(const json_t *root, const char *key, char *to, size_t size)
{
	const char	*text = json_string_value(json_object_get(root, key));

	strlcpy(to, text != NULL ? text : "", size);
}

static void
tsjson_addrs(const json_t *list, struct tsjson *status)
{
	const char	*text;
	size_t		 i;

	for (i = 0; i < json_array_size(list) && status->addr_count < TSJSON_ADDRS_MAX; i++) {
		text = json_string_value(json_array_get(list, i));
		if (text != NULL && strlen(text) < ADDR_TEXT_MAX && addr_host_ok(text))
			strlcpy(status->addrs[status->addr_count++], text, ADDR_TEXT_MAX);
	}
}

static void
tsjson_suffix(const json_t *root, struct tsjson *status)
{
	const char	*text = json_string_value(json_object_get(root, "MagicDNSSuffix"));
	size_t		 len;

	if (text == NULL)
		return;
	text += strspn(text, ".");
	for (len = strlen(text); len > 0 && text[len - 1] == '.'; len--)
		continue;
	if (len > ADDR_HOST_MAX)
		return;
	memcpy(status->suffix, text, len);
	status->suffix[len] = '\0';
	if (!addr_host_ok(status->suffix))
		status->suffix[0] = '\0';
}

static void
tsjson_health(const json_t *list, struct tsjson *status)
{
	const char	*text;
	size_t		 i;
	int		 count = 0;

	for (i = 0; i < json_array_size(list) && count < TSJSON_HEALTH_MAX; i++) {
		text = json_string_value(json_array_get(list, i));
		if (text != NULL && text[0] != '\0')
			strlcpy(status->health[count++], text, sizeof(status->health[0]));
	}
}

/* When the node was made, as Go writes it: RFC 3339, of which only UTC counts. */
static int64_t
tsjson_created(const json_t *self)
{
	const char	*text = json_string_value(json_object_get(self, "Created"));
	struct tm	 tm;
	time_t		 when;

	memset(&tm, 0, sizeof(tm));
	if (text == NULL || strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) == NULL ||
	    text[strlen(text) - 1] != 'Z' || tm.tm_year < 70 || tm.tm_year > 8099)
		return (0);
	return ((when = timegm(&tm)) > 0 ? (int64_t)when : 0);
}

int
tsjson_status(const char *buf, size_t len, struct tsjson *status)
{
	const json_t	*tun;
	json_t		*root;

	memset(status, 0, sizeof(*status));
	if ((root = tsjson_open(buf, len, status->state, sizeof(status->state))) == NULL)
		return (-1);
	tsjson_text(root, "Version", status->version, sizeof(status->version));
	tun = json_object_get(root, "TUN");
	if (json_is_boolean(tun))
		status->tun = json_is_true(tun) ? TSJSON_TUN_YES : TSJSON_TUN_NO;
	tsjson_suffix(root, status);
	tsjson_addrs(json_object_get(root, "TailscaleIPs"), status);
	tsjson_health(json_object_get(root, "Health"), status);
	status->created_s = tsjson_created(json_object_get(root, "Self"));
	status->exit_node = json_is_object(json_object_get(root, "ExitNodeStatus"));
	json_decref(root);
	return (0);
}

int
tsjson_accepts_routes(const char *buf, size_t len)
{
	json_t		*root = json_parse(buf, len, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL);
	const json_t	*all = json_object_get(root, "RouteAll");
	int		 accepts = json_is_boolean(all) ? json_is_true(all) : -1;

	json_decref(root);
	return (accepts);
}
