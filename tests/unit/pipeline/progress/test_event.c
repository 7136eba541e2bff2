/* Progress messages: there and back, and every damaged form refused. */
#include <criterion/criterion.h>
#include <string.h>
#include "pipeline/progress/event.h"
#include "../../leak.h"

#define MANY PROGRESS_EVENTS_MAX

static void fill(struct progress_event *e, size_t n, int64_t first)
{
    for (size_t i = 0; i < n; i++) {
        e[i] = (struct progress_event){.seq = first + (int64_t)i,
                                       .stage = (int)(i % 5),
                                       .state = 1 + (int)(i % 9),
                                       .code = (int)(i % 40)};
        if (i % 3)
            memset(e[i].application_id.b, (int)(1 + i % 255), UUID_BYTES);
    }
}

static void there_and_back(size_t n, int64_t first)
{
    static struct progress_event in[MANY], out[MANY];
    struct buf b;
    struct err err;
    buf_init(&b, 1 << 20);
    fill(in, n, first);
    progress_encode(in, n, &b);
    cr_assert_not(buf_failed(&b));
    memset(out, 0xee, sizeof(out));
    cr_assert_eq(progress_decode((struct str){.p = b.data, .n = b.len}, out, MANY, &err), (int)n);
    for (size_t i = 0; i < n; i++) {
        cr_assert_eq(out[i].seq, in[i].seq);
        cr_assert(uuid_eq(&out[i].application_id, &in[i].application_id), "%zu", i);
        cr_assert_eq(out[i].stage, in[i].stage);
        cr_assert_eq(out[i].state, in[i].state);
        cr_assert_eq(out[i].code, in[i].code);
    }
    buf_fini(&b);
}

Test(progress, there_and_back)
{
    there_and_back(1, 1);
    there_and_back(2, 4294967296);
    there_and_back(17, INT64_MAX - 17);
    there_and_back(MANY, 1);
    LEAK_NONE();
}

Test(progress, message_holds_ids_and_counters_only)
{
    struct progress_event e[1] = {{.seq = 7, .stage = 2, .state = 6, .code = 0}};
    struct buf b;
    buf_init(&b, 4096);
    progress_encode(e, 1, &b);
    static const unsigned char want[] = {0x92, 0x07, 0x91, 0x94, 0xc0, 0x02, 0x06, 0x00};
    cr_assert_eq(b.len, sizeof(want));
    cr_assert_eq(memcmp(b.data, want, sizeof(want)), 0);
    buf_fini(&b);
}

Test(progress, cut_at_every_byte)
{
    static struct progress_event in[20], out[20];
    struct buf b;
    buf_init(&b, 1 << 16);
    fill(in, ARRAY_LEN(in), 1000);
    progress_encode(in, ARRAY_LEN(in), &b);
    for (size_t n = 0; n < b.len; n++) {
        struct err err = {0};
        char *copy = malloc(n ? n : 1); /* a buffer of its own, so that a sanitizer sees a read behind it */
        if (n)
            memcpy(copy, b.data, n);
        cr_assert_eq(progress_decode((struct str){.p = copy, .n = n}, out, ARRAY_LEN(out), &err), -(int)ERR_CORRUPT,
                     "%zu of %zu bytes", n, b.len);
        cr_assert_eq(err.code, ERR_CORRUPT);
        free(copy);
    }
    buf_fini(&b);
    LEAK_NONE();
}

Test(progress, more_events_than_asked_for)
{
    struct progress_event in[5], out[4];
    struct buf b;
    struct err err;
    buf_init(&b, 4096);
    fill(in, 5, 1);
    progress_encode(in, 5, &b);
    cr_assert_eq(progress_decode((struct str){.p = b.data, .n = b.len}, out, 4, &err), -(int)ERR_LIMIT);
    buf_fini(&b);
}

#define BYTES(...)                                                                                                     \
    {                                                                                                                  \
        sizeof((unsigned char[]){__VA_ARGS__}),                                                                        \
        {                                                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }
static const struct damaged {
    size_t n;
    unsigned char b[40];
} damaged[] = {
    BYTES(0x00),                                                             /* a number */
    BYTES(0xc0),                                                             /* nil */
    BYTES(0x90),                                                             /* an empty array */
    BYTES(0x91, 0x01),                                                       /* one element */
    BYTES(0x93, 0x01, 0x90, 0x00),                                           /* three */
    BYTES(0x92, 0xa1, 'x', 0x90),                                            /* first sequence number is text */
    BYTES(0x92, 0xff, 0x90),                                                 /* ... is negative */
    BYTES(0x92, 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x90), /* ... does not fit */
    BYTES(0x92, 0xca, 0x3f, 0x80, 0x00, 0x00, 0x90),                         /* ... is a float */
    BYTES(0x92, 0x01, 0xc0),                                                 /* no list */
    BYTES(0x92, 0x01, 0x91, 0xc0),                                           /* an event that is nil */
    BYTES(0x92, 0x01, 0x91, 0x93, 0xc0, 0x01, 0x01),                         /* three fields */
    BYTES(0x92, 0x01, 0x91, 0x95, 0xc0, 0x01, 0x01, 0x00, 0x00),             /* five */
    BYTES(0x92, 0x01, 0x91, 0x94, 0xc4, 0x02, 1, 2, 0x01, 0x01, 0x00),       /* an id of two bytes */
    BYTES(0x92, 0x01, 0x91, 0x94, 0xa1, 'x', 0x01, 0x01, 0x00),              /* an id that is text */
    BYTES(0x92, 0x01, 0x91, 0x94, 0xc0, 0xc0, 0x01, 0x00),                   /* stage nil */
    BYTES(0x92, 0x01, 0x91, 0x94, 0xc0, 0xff, 0x01, 0x00),                   /* stage negative */
    BYTES(0x92, 0x01, 0x91, 0x94, 0xc0, 0xcd, 0x01, 0x00, 0x01, 0x00),       /* stage 256 */
    BYTES(0x92, 0x01, 0x91, 0x94, 0xc0, 0x01, 0xcd, 0x01, 0x00, 0x00),       /* state 256 */
    BYTES(0x92, 0x01, 0x91, 0x94, 0xc0, 0x01, 0x01, 0xcd, 0x27, 0x10),       /* code 10000 */
    BYTES(0x92, 0x01, 0xdd, 0xff, 0xff, 0xff, 0xff), /* a list of four billion that is not there */
    BYTES(0xdd, 0xff, 0xff, 0xff, 0xff),
    BYTES(0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91), /* nesting that does not end */
};

Test(progress, wrong_types)
{
    struct progress_event out[4];
    for (size_t i = 0; i < ARRAY_LEN(damaged); i++) {
        struct err err = {0};
        int rc = progress_decode((struct str){.p = (const char *)damaged[i].b, .n = damaged[i].n}, out, ARRAY_LEN(out),
                                 &err);
        cr_expect(rc == -(int)ERR_CORRUPT || rc == -(int)ERR_LIMIT, "case %zu: %d", i, rc);
        cr_expect_eq(-rc, (int)err.code, "case %zu", i);
    }
    LEAK_NONE();
}

Test(progress, channel_names_the_batch)
{
    struct uuid id;
    char out[PROGRESS_CHANNEL_BYTES];
    cr_assert(uuid_parse(STR("01234567-89ab-7def-8123-456789abcdef"), &id));
    cr_assert_eq(progress_channel(&id, out), out);
    cr_assert_str_eq(out, "jobmill:b:01234567-89ab-7def-8123-456789abcdef");
}
