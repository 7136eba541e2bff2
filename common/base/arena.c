/* Bump allocation in chunks. A request larger than a chunk gets a chunk of its own, linked behind the head so that the
 * head's free space is not wasted. used_bytes counts what was handed out and is what max_bytes limits. */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ARENA_ALIGN_BYTES 16

struct arena_chunk {
    struct arena_chunk *next;
    size_t size_bytes;
    size_t at_bytes;
    _Alignas(ARENA_ALIGN_BYTES) char data[];
};

void arena_init(struct arena *a, size_t max_bytes)
{
    *a = (struct arena){.max_bytes = max_bytes, .chunk_bytes = ARENA_CHUNK_BYTES};
}

static void arena_chunks_free(struct arena_chunk *c)
{
    while (c) {
        struct arena_chunk *next = c->next;
        free(c);
        c = next;
    }
}

void arena_fini(struct arena *a)
{
    arena_chunks_free(a->head);
    a->head = NULL;
    a->used_bytes = 0;
}

void arena_reset(struct arena *a)
{
    if (!a->head)
        return;
    arena_chunks_free(a->head->next);
    a->head->next = NULL;
    a->head->at_bytes = 0;
    a->used_bytes = 0;
}

static struct arena_chunk *arena_chunk_new(size_t size_bytes)
{
    struct arena_chunk *c = malloc(sizeof(*c) + size_bytes);
    if (!c)
        return NULL;
    c->next = NULL;
    c->size_bytes = size_bytes;
    c->at_bytes = 0;
    return c;
}

static void *arena_alloc_large(struct arena *a, size_t n)
{
    struct arena_chunk *c = arena_chunk_new(n);
    if (!c)
        return NULL;
    c->at_bytes = n;
    if (a->head) {
        c->next = a->head->next;
        a->head->next = c;
    } else {
        a->head = c;
    }
    return c->data;
}

void *arena_try_alloc(struct arena *a, size_t n)
{
    if (n > a->max_bytes)
        return NULL;
    n = (n + ARENA_ALIGN_BYTES - 1) & ~(size_t)(ARENA_ALIGN_BYTES - 1);
    if (n > a->max_bytes - a->used_bytes || a->used_bytes > a->max_bytes)
        return NULL;
    void *p;
    if (n > a->chunk_bytes / 2) {
        p = arena_alloc_large(a, n);
    } else {
        if (!a->head || a->head->size_bytes - a->head->at_bytes < n) {
            struct arena_chunk *c = arena_chunk_new(a->chunk_bytes);
            if (!c)
                return NULL;
            c->next = a->head;
            a->head = c;
        }
        p = a->head->data + a->head->at_bytes;
        a->head->at_bytes += n;
    }
    if (p)
        a->used_bytes += n;
    return p;
}

void *arena_try_zalloc(struct arena *a, size_t n)
{
    void *p = arena_try_alloc(a, n);
    if (p)
        memset(p, 0, n);
    return p;
}

void *arena_try_zalloc_n(struct arena *a, size_t n, size_t size_bytes)
{
    if (size_bytes && n > SIZE_MAX / size_bytes)
        return NULL;
    return arena_try_zalloc(a, n * size_bytes);
}

void *arena_alloc(struct arena *a, size_t n)
{
    void *p = arena_try_alloc(a, n);
    if (!p) {
        fputs("arena: out of memory\n", stderr);
        abort();
    }
    return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *p = arena_try_alloc(a, n + 1);
    if (!p)
        return NULL;
    if (n)
        memcpy(p, s, n);
    p[n] = '\0';
    return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return NULL;
    char *p = arena_try_alloc(a, (size_t)n + 1);
    if (!p)
        return NULL;
    va_start(ap, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return p;
}
