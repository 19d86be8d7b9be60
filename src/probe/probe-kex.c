/* SPDX-License-Identifier: ISC */
/* A key exchange up to the server's reply, to move packets of known sizes. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "os/os.h"
#include "probe/probe-kex.h"
#include "probe/probe-net.h"
#include "route/mss.h"
#include "wire/sshkex.h"
#include "wire/sshwire.h"

#define TICK_MS		5
/* the server's kernel has sent it again three times by then: at once, after 200 and 600 ms */
#define GAP_MS		700
#define PIECE_SLACK	64	/* the tail of each group, see probe-kex-retry.c */

/* One connection. */
struct kex {
	const struct kex_try	*try;
	const struct probe_input *in;
	struct kex_result	*r;
	struct kex_wire		 wire;
	struct probe_talk	 talk;
	struct sshwire_id	 id;
	size_t			 at;		/* how much of what the server said was read */
	size_t			 sent;		/* of our identification, before this */
	char			 out[SSHKEX_PACKET_MAX];
};

/* --- what the server says --------------------------------------------------------------------- */

/* The identification, and nothing behind it: 0, or -1 if it does not come. */
static int
kex_hear_id(struct kex *k)
{
	int64_t	until_ms = clock_ms() + k->in->timeout_ms;

	do {
		while (k->at < k->talk.len && k->id.state == SSHWIRE_MORE)
			sshwire_id_feed(&k->id, k->talk.buf + k->at++, 1);
	} while (k->id.state == SSHWIRE_MORE && probe_hear(&k->talk, until_ms) == 1);
	return (k->id.state == SSHWIRE_SSH ? 0 : -1);
}

/* Whether to wait on for what was awaited since then: the result so far, or UNTRIED for yes. */
static int
kex_patience(const struct kex *k, const struct os_tcp *tcp, int64_t since_ms)
{
	int64_t	waited_ms = clock_ms() - since_ms;

	if (k->talk.over)
		return (KEX_REVERSE_ENDED);
	/* What came waits for what did not. */
	if (tcp->gap && waited_ms >= GAP_MS + 2 * tcp->rtt_ms)
		return (KEX_REVERSE_LOST);
	if (!tcp->gap && waited_ms >= k->try->quiet_ms + 5 * tcp->rtt_ms)
		return (KEX_REVERSE_SILENT);
	return (KEX_REVERSE_UNTRIED);
}

/*
 * The server's next packet that says something: WHOLE, or what keeps it from coming; UNTRIED if the
 * time is over. All that it is to answer was acknowledged before.
 */
static int
kex_hear(struct kex *k, struct sshkex_packet *packet)
{
	struct os_tcp	tcp;
	int64_t		progress_ms = clock_ms();
	int		n, result;

	for (;;) {
		while ((n = sshkex_packet(k->talk.buf + k->at, k->talk.len - k->at, packet)) == 1) {
			k->at += packet->bytes;
			if (packet->type != SSHKEX_IGNORE && packet->type != SSHKEX_DEBUG)
				return (KEX_REVERSE_WHOLE);
		}
		if (n == -1)
			return (KEX_REVERSE_ENDED);
		if (clock_ms() >= k->wire.until_ms)
			return (KEX_REVERSE_UNTRIED);
		if (probe_hear(&k->talk, clock_ms() + TICK_MS) == 1) {
			progress_ms = clock_ms();
			continue;
		}
		if (os_tcp(k->talk.fd, &tcp) == -1)
			return (KEX_REVERSE_ENDED);
		if ((result = kex_patience(k, &tcp, progress_ms)) != KEX_REVERSE_UNTRIED)
			return (result);
	}
}

/* --- the reverse path ------------------------------------------------------------------------- */

static int
kex_packet_size(const struct kex *k, size_t bytes)
{
	int	size = (int)bytes + k->wire.options + k->wire.header;

	return (size < k->r->reverse_full ? size : k->r->reverse_full);
}

/* The answer is there: how large was the largest packet that it came in? */
static void
kex_reverse_whole(struct kex *k, const struct sshkex_packet *reply, size_t begins)
{
	int64_t	until_ms = clock_ms() + TICK_MS;
	size_t	bytes = reply->bytes;

	while (probe_hear(&k->talk, until_ms) == 1)
		continue;
	/* What comes behind the reply was written with it. */
	if (k->try->openssh)
		bytes = k->talk.len - begins;
	k->r->reverse_bytes = kex_packet_size(k, bytes);
	if (k->try->kexinit_bytes > 0 && k->r->reverse_bytes < kex_packet_size(k,
	    (size_t)k->try->kexinit_bytes))
		k->r->reverse_bytes = kex_packet_size(k, (size_t)k->try->kexinit_bytes);
}

static void
kex_reverse(struct kex *k, const int *sizes, int count)
{
	const struct sshkex_method	*method;
	struct sshkex_packet		 packet;
	struct sshkex_list		 lists[SSHKEX_LISTS];
	struct kex_result		 unused = { .state = KEX_TALKED };
	size_t				 len, begins;

	k->r->reverse = kex_hear(k, &packet);
	k->r->reverse_bytes = k->r->reverse_full;
	/* It is no larger than what it holds. */
	if (k->r->reverse == KEX_REVERSE_SILENT && k->try->kexinit_bytes > 0)
		k->r->reverse_bytes = kex_packet_size(k, (size_t)k->try->kexinit_bytes);
	if (k->r->reverse != KEX_REVERSE_WHOLE)
		return;
	if (sshkex_parse(&packet, lists) == -1) {
		k->r->reverse = KEX_REVERSE_ENDED;
		return;
	}
	if ((method = sshkex_method(&lists[SSHKEX_KEX])) == NULL) {
		k->r->reverse = KEX_REVERSE_SMALL;
		return;
	}
	begins = k->at;
	len = sshkex_init(k->out, sizeof(k->out), method);
	/* In packets as large as those that got through. */
	k->r->reverse = KEX_REVERSE_ENDED;
	if (kex_steps(&k->wire, &sizes[count - 1], 1, k->out, len, &unused) == -1)
		return;
	k->r->in_reply = 1;
	k->r->reverse = kex_hear(k, &packet);
	if (k->r->reverse == KEX_REVERSE_WHOLE && packet.type != SSHKEX_REPLY)
		k->r->reverse = KEX_REVERSE_ENDED;
	else if (k->r->reverse == KEX_REVERSE_WHOLE)
		kex_reverse_whole(k, &packet, begins);
}

/* --- the connection --------------------------------------------------------------------------- */

/* What TCP has agreed on. 0, or -1 if that is not to be had. */
static int
kex_agreed(struct kex *k)
{
	struct os_tcp	tcp;

	if (os_tcp(k->talk.fd, &tcp) == -1)
		return (-1);
	k->wire.header = k->try->sa->sa_family == AF_INET6 ? 60 : 40;
	k->wire.options = tcp.option_bytes;
	k->r->mss_bytes = tcp.receive_bytes;
	k->r->full = tcp.send_bytes + k->wire.header;
	/* No packet of SSH is long enough to fill the frames of some links twice. */
	if (k->r->full > SSHKEX_PACKET_MAX / 2)
		k->r->full = SSHKEX_PACKET_MAX / 2;
	/* A server says how large its own link is by what it takes. */
	k->r->reverse_full = (mss_reverse(&tcp) < tcp.send_bytes ?
	    mss_reverse(&tcp) : tcp.send_bytes) + k->wire.header;
	return (0);
}

/* The sizes that can be sent on this connection; *total is how many bytes they hold. */
static int
kex_sizes(const struct kex *k, int sizes[KEX_SIZES_MAX + 1], size_t *total)
{
	int	i, count = 0, most = k->r->full;

	for (i = 0; i < k->try->count; i++)
		if (k->try->sizes[i] < most || (k->try->sizes[i] == most && !k->try->to_full))
			sizes[count++] = k->try->sizes[i];
	if (k->try->to_full || count == 0)
		sizes[count++] = most;
	for (*total = 0, i = 0; i < count; i++)
		*total += (size_t)(sizes[i] - k->wire.header - k->wire.options) + PIECE_SLACK / 2;
	return (count);
}

static void
kex_talk(struct kex *k)
{
	/* The cookie guards a secret that nobody here has. */
	static const unsigned char	cookie[SSHKEX_COOKIE + 1] = "meshssh --doctor";
	int				sizes[KEX_SIZES_MAX + 1], count;
	size_t				total, len;

	k->r->state = KEX_MUTE;
	if (probe_send(k->talk.fd, &SSHKEX_ID[k->sent], SSHKEX_ID_LEN - k->sent,
	    clock_ms() + k->in->timeout_ms) == -1 || kex_hear_id(k) == -1) {
		k->r->refusal = sshwire_refusal(&k->id);
		return;
	}
	k->r->state = KEX_TALKED;
	count = kex_sizes(k, sizes, &total);
	if ((len = sshkex_kexinit(k->out, sizeof(k->out), total, cookie)) == 0 ||
	    kex_steps(&k->wire, sizes, count, k->out, len, k->r) == -1)
		return;
	if (k->try->reverse)
		kex_reverse(k, sizes, count);
}

static void
kex_end(struct kex *k)
{
	struct linger	at_once = { .l_onoff = 1, .l_linger = 0 };
	struct os_tcp	tcp;
	char		goodbye[128];
	size_t		len;
	int		waits;

	waits = k->r->state == KEX_TALKED && os_tcp(k->talk.fd, &tcp) == 0 && tcp.waiting_bytes > 0;
	if (k->r->state == KEX_TALKED && !waits) {
		len = sshkex_disconnect(goodbye, sizeof(goodbye),
		    "meshssh --doctor has seen enough");
		probe_end(k->talk.fd, goodbye, len);
		return;
	}
	/*
	 * No goodbye gets through behind what waits; without a reset the server would wait until
	 * its patience ends.
	 */
	if (waits)
		setsockopt(k->talk.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(k->talk.fd);
}

void
probe_kex(const struct kex_try *try, const struct probe_input *in, struct kex_result *r)
{
	struct kex	*k = xcalloc(1, sizeof(*k));

	memset(r, 0, sizeof(*r));
	k->try = try;
	k->in = in;
	k->r = r;
	k->wire.talk = &k->talk;
	k->wire.in = in;
	k->talk.fd = probe_kept(in, try->mss_bytes, &k->sent);
	if (!(r->kept = k->talk.fd != -1))
		k->talk.fd = probe_dial(try->sa, try->len, in, try->mss_bytes, 0,
		    in->timeout_ms);
	if (k->talk.fd == -1)
		r->error = errno;
	else {
		r->state = KEX_BLIND;
		k->wire.until_ms = clock_ms() + 3 * (int64_t)in->timeout_ms;
		if (kex_agreed(k) == 0)
			kex_talk(k);
		r->late = clock_ms() >= k->wire.until_ms;
		kex_end(k);
	}
	free(k);
}
