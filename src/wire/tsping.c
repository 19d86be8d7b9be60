/* SPDX-License-Identifier: ISC */
/* tailscaled's answer about a ping. */

#include <jansson.h>
#include <string.h>

#include "base/json.h"
#include "wire/tsping.h"

#define PING_SECONDS_MAX	3600

int
tsping_read(const char *buf, size_t len, struct tsping *ping)
{
	json_t		*root = json_parse(buf, len, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL);
	const char	*error = json_text_at(root, "Err"), *relay;
	double		 seconds = json_number_value(json_object_get(root, "LatencySeconds"));

	memset(ping, 0, sizeof(*ping));
	if (json_text_at(root, "IP") == NULL) {
		json_decref(root);
		return (-1);
	}
	ping->answered = error != NULL && error[0] == '\0';
	if (ping->answered && seconds > 0 && seconds < PING_SECONDS_MAX)
		ping->ms = (int)(seconds * 1000) + 1;
	if (ping->answered && (relay = json_text_at(root, "DERPRegionCode")) != NULL)
		strlcpy(ping->relay, relay, sizeof(ping->relay));
	json_decref(root);
	return (0);
}
