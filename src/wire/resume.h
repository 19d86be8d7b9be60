/* SPDX-License-Identifier: ISC */
/*
 * The protocol that lets a session outlive its connections, version 1, as bytes in memory: hello,
 * reply, and the heads of frames. Numbers are big endian.
 */

#ifndef WIRE_RESUME_H
#define WIRE_RESUME_H

#include <stddef.h>
#include <stdint.h>

#define RESUME_VERSION		1
#define RESUME_HELLO_BYTES	96	/* of either hello, and of either reply */
#define RESUME_ID_BYTES		16
#define RESUME_BOOT_BYTES	8
#define RESUME_PUBLIC_BYTES	32	/* X25519 */
#define RESUME_RANDOM_BYTES	16
#define RESUME_PROOF_BYTES	16
/* where the proof of a RESUME hello or reply stands; it covers the bytes before it */
#define RESUME_PROOF_AT		80

#define RESUME_WINDOW_MIN	65536	/* and what may be sent before the reply tells the window */
#define RESUME_HEAD_BYTES	12
#define RESUME_DATA_MAX		65536	/* bytes of one DATA frame */
#define RESUME_TEXT_MAX		199	/* bytes of text in a CLOSE frame, behind the reason */

/* A flag of these that the reader does not know makes a hello or reply one of another version. */
#define RESUME_FLAGS_MUST	0xf0u

enum resume_kind {
	RESUME_NEW = 1,
	RESUME_AGAIN = 2	/* RESUME: go on with a session */
};

enum resume_status {
	RESUME_OK,
	RESUME_UNKNOWN,		/* no such session: it ended, or the host was restarted */
	RESUME_DENIED,		/* wrong proof, or a number that was used */
	RESUME_BUSY,		/* a limit is reached; try later */
	RESUME_NO_SSHD,		/* sshd cannot be reached there */
	RESUME_OTHER_VERSION	/* version or flags of the hello are not understood there */
};

/* What is wrong with bytes that were to be a hello, a reply or a head. */
enum resume_wrong {
	RESUME_RIGHT,
	RESUME_WRONG_MAGIC,	/* another protocol */
	RESUME_WRONG_VERSION,	/* or a flag that must be understood, and is not */
	RESUME_WRONG_KIND,	/* unknown kind of hello, status of a reply, or type of frame */
	RESUME_WRONG_WINDOW,	/* too small */
	RESUME_WRONG_LENGTH	/* not allowed for this type of frame */
};

/* Kind NEW has window, hold_s and public; AGAIN has the other four. Both have random. */
struct resume_hello {
	enum resume_kind kind;
	uint8_t		 flags;
	uint32_t	 window;	/* bytes that may be sent to the client unacknowledged */
	uint32_t	 hold_s;	/* for which the session is kept without a connection */
	uint8_t		 public[RESUME_PUBLIC_BYTES];
	uint8_t		 id[RESUME_ID_BYTES];
	uint32_t	 number;	/* higher than any that was accepted */
	uint64_t	 received;	/* position of the next byte that is wanted */
	uint8_t		 random[RESUME_RANDOM_BYTES];
	uint8_t		 proof[RESUME_PROOF_BYTES];
};

/*
 * OK to NEW has window, hold_s, public, id and boot; OK to AGAIN has number, received, random
 * and proof; any other status has boot only.
 */
struct resume_reply {
	enum resume_status status;
	uint8_t		 flags;
	uint32_t	 window;
	uint32_t	 hold_s;
	uint8_t		 public[RESUME_PUBLIC_BYTES];
	uint8_t		 id[RESUME_ID_BYTES];
	uint8_t		 boot[RESUME_BOOT_BYTES];	/* of this run of the host */
	uint32_t	 number;
	uint64_t	 received;
	uint8_t		 random[RESUME_RANDOM_BYTES];
	uint8_t		 proof[RESUME_PROOF_BYTES];
};

enum resume_type {
	RESUME_DATA = 1,
	RESUME_ACK,
	RESUME_PING,
	RESUME_PONG,
	RESUME_END,		/* the sender's stream has ended with the last DATA */
	RESUME_CLOSE		/* the session is over: reason, text */
};

/* First byte of CLOSE. A reader that does not know a reason has the text. */
enum resume_reason {
	RESUME_CLOSE_DONE = 1,	/* both streams have ended and were delivered */
	RESUME_CLOSE_CLIENT,	/* ssh is gone */
	RESUME_CLOSE_SSHD,	/* sshd ended the connection without ending its stream: reset */
	RESUME_CLOSE_HELD,	/* no connection for too long */
	RESUME_CLOSE_FAULT	/* the sender could not go on; text says why */
};

struct resume_head {
	enum resume_type type;
	uint32_t	 length;	/* of what follows the head */
	/* of the stream towards the sender of the head: what it has delivered so far */
	uint64_t	 position;
};

/*
 * Write all RESUME_HELLO_BYTES. Reserved bytes are zero. A proof is written as it stands in the
 * struct; usually it is made over these bytes and put in afterward (wire/resume-proof.h).
 */
void	resume_hello_encode(uint8_t *, const struct resume_hello *);
/*
 * Read them. Fields that the kind does not have are zero; reserved bytes are passed over. What is
 * wrong, or RESUME_RIGHT; the struct counts only then. The proof is not checked here.
 */
enum resume_wrong resume_hello_decode(struct resume_hello *, const uint8_t *);
/* The same for the reply to a hello of this kind. */
void	resume_reply_encode(uint8_t *, const struct resume_reply *, enum resume_kind);
enum resume_wrong resume_reply_decode(struct resume_reply *, const uint8_t *, enum resume_kind);

/* Write or read RESUME_HEAD_BYTES. What is wrong with type or length, or RESUME_RIGHT. */
void	resume_head_encode(uint8_t *, const struct resume_head *);
enum resume_wrong resume_head_decode(struct resume_head *, const uint8_t *);

#endif
