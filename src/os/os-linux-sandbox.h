/* SPDX-License-Identifier: ISC */
/* What the sandboxes of Linux share: words for a filter of seccomp(2), and how it is entered. */

#ifndef OS_OS_LINUX_SANDBOX_H
#define OS_OS_LINUX_SANDBOX_H

#include <sys/syscall.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <errno.h>
#include <stddef.h>

/* Calls whose time has 32 bits, which musl calls by other names. */
#ifdef __NR_clock_gettime32
#define __NR_clock_gettime	__NR_clock_gettime32
#define __NR_clock_settime	__NR_clock_settime32
#define __NR_gettimeofday	__NR_gettimeofday_time32
#define __NR_settimeofday	__NR_settimeofday_time32
#endif

#if defined(__x86_64__)
#define SANDBOX_ARCH	AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define SANDBOX_ARCH	AUDIT_ARCH_I386
#elif defined(__arm__) && defined(__ARMEL__)
#define SANDBOX_ARCH	AUDIT_ARCH_ARM
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define SANDBOX_ARCH	AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define SANDBOX_ARCH	AUDIT_ARCH_RISCV64
#elif defined(__s390x__)
#define SANDBOX_ARCH	AUDIT_ARCH_S390X
#else
#define SANDBOX_ARCH	0	/* the numbers of its calls were not checked: no filter */
#endif

/* The lower half of a 64-bit argument, which holds every flag and command. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define ARG(n)	(offsetof(struct seccomp_data, args) + 8 * (n) + 4)
#else
#define ARG(n)	(offsetof(struct seccomp_data, args) + 8 * (n))
#endif

#define LOAD(from)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, from)
#define LOAD_CALL	LOAD(offsetof(struct seccomp_data, nr))
/* Go on if it is that value, else pass over so many steps. */
#define UNLESS(k, n)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, n)
#define ALLOW		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
/*
 * As if this kernel did not have it: the C library then tries an older call, or reports that it
 * failed.
 */
#define MISSING		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS)
/*
 * What a filter begins with: the numbers mean something else for another architecture's calls,
 * which this processor may offer.
 */
#define OWN_CALLS \
	LOAD(offsetof(struct seccomp_data, arch)), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SANDBOX_ARCH, 1, 0), MISSING, LOAD_CALL

/*
 * Files can be reached only below the folder, where they can be made, replaced, listed and removed,
 * and below each of the others, which NULL ends, where they can be read. With "alone", other
 * processes get no signals, and no port of TCP is taken. Calls are judged by the filter. Says what
 * is confined.
 */
const char *sandbox_enter(const char *folder, const char *const *readable, int alone,
	    const struct sock_filter *, size_t);

#endif
