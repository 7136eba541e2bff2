/* Scope-bound ownership: _cleanup_(fn) runs fn(&variable) at the end of the scope; TAKE_PTR hands the value over and
 * leaves NULL. */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(fn) __attribute__((cleanup(fn)))

#define TAKE_PTR(p)                                                                                                    \
    ({                                                                                                                 \
        __typeof__(p) *take_pp_ = &(p);                                                                                \
        __typeof__(p) take_v_ = *take_pp_;                                                                             \
        *take_pp_ = NULL;                                                                                              \
        take_v_;                                                                                                       \
    })

#define TAKE_FD(fd)                                                                                                    \
    ({                                                                                                                 \
        int *take_fp_ = &(fd);                                                                                         \
        int take_f_ = *take_fp_;                                                                                       \
        *take_fp_ = -1;                                                                                                \
        take_f_;                                                                                                       \
    })

/* Defines fn##p(T **), to be named in _cleanup_(). fn must accept NULL. */
#define CLEANUP_DEFINE(T, fn)                                                                                          \
    static inline void fn##p(T **p)                                                                                    \
    {                                                                                                                  \
        fn(*p);                                                                                                        \
        *p = NULL;                                                                                                     \
    }

static inline void cleanup_free(void *p)
{
    void **pp = (void **)p;
    free(*pp);
    *pp = NULL;
}

static inline void cleanup_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

#define _cleanup_free_  _cleanup_(cleanup_free)
#define _cleanup_close_ _cleanup_(cleanup_close)

#define MUST_CHECK                __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a)         __attribute__((format(printf, f, a)))
#define UNUSED                    __attribute__((unused))
#define ARRAY_LEN(a)              (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(p, T, field) ((T *)((char *)(p)-offsetof(T, field)))
#define MIN(a, b)                 ((a) < (b) ? (a) : (b))
#define MAX(a, b)                 ((a) > (b) ? (a) : (b))
