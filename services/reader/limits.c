/* rlimits, then a filter of system calls: nothing that starts a program, opens a connection, traces or signals others.
 * The filter answers EPERM instead of killing, so that a library that merely asks goes on. */
#include "reader/limits.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#if defined(__SANITIZE_ADDRESS__)
#define LIMITS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LIMITS_SANITIZED 1
#endif
#endif

#if defined(__x86_64__)
#define LIMITS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define LIMITS_ARCH AUDIT_ARCH_AARCH64
#endif

static int limit(int what, rlim_t value, const char *name, struct err *err)
{
    struct rlimit r;
    if (getrlimit(what, &r) == 0 && r.rlim_max != RLIM_INFINITY)
        value = MIN(value, r.rlim_max);
    r = (struct rlimit){.rlim_cur = value, .rlim_max = value};
    if (what == RLIMIT_CPU) /* SIGXCPU first, then SIGKILL */
        r.rlim_max = value + 1;
    if (setrlimit(what, &r) < 0)
        return err_set(err, ERR_IO, "cannot limit %s: %s", name, strerror(errno));
    return 0;
}

#if defined(LIMITS_ARCH) && !defined(LIMITS_SANITIZED)
#define DENY(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

static int filter_set(struct err *err)
{
    static struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LIMITS_ARCH, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        DENY(SYS_execve),
        DENY(SYS_execveat),
        DENY(SYS_socket),
        DENY(SYS_connect),
        DENY(SYS_ptrace),
        DENY(SYS_process_vm_readv),
        DENY(SYS_process_vm_writev),
        DENY(SYS_kill),
        DENY(SYS_tkill),
        DENY(SYS_mount),
        DENY(SYS_setsid),
        DENY(SYS_bpf),
        DENY(SYS_keyctl),
        DENY(SYS_unlinkat),
        DENY(SYS_renameat2),
        DENY(SYS_mkdirat),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = ARRAY_LEN(code), .filter = code};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 && errno != EINVAL && errno != ENOSYS)
        return err_set(err, ERR_IO, "cannot set the filter of system calls: %s", strerror(errno));
    return 0;
}
#endif

int limits_set(struct err *err)
{
    int rc = limit(RLIMIT_CORE, 0, "core files", err);
    if (rc == 0)
        rc = limit(RLIMIT_CPU, READER_CPU_S, "CPU time", err);
    if (rc == 0)
        rc = limit(RLIMIT_NOFILE, READER_FILES, "open files", err);
    if (rc == 0)
        rc = limit(RLIMIT_FSIZE, READER_WRITE_BYTES, "written files", err);
#ifndef LIMITS_SANITIZED
    if (rc == 0)
        rc = limit(RLIMIT_AS, READER_MEMORY_BYTES, "memory", err);
#endif
    if (rc == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        rc = err_set(err, ERR_IO, "cannot give up privileges: %s", strerror(errno));
#if defined(LIMITS_ARCH) && !defined(LIMITS_SANITIZED)
    if (rc == 0)
        rc = filter_set(err);
#endif
    return rc;
}
