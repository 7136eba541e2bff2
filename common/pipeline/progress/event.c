/* Written and read with msgpack-c; the decoder trusts nothing. */
#include "pipeline/progress/event.h"

#include <msgpack.h>
#include <stdio.h>

const char *progress_channel(const struct uuid *batch_id, char out[PROGRESS_CHANNEL_BYTES])
{
    char text[UUID_TEXT_BYTES];
    snprintf(out, PROGRESS_CHANNEL_BYTES, "jobmill:b:%s", uuid_format(batch_id, text));
    return out;
}

static int progress_write(void *ud, const char *data, size_t n)
{
    buf_add(ud, data, n);
    return 0;
}

void progress_encode(const struct progress_event *events, size_t n, struct buf *out)
{
    msgpack_packer pk;
    msgpack_packer_init(&pk, out, progress_write);
    msgpack_pack_array(&pk, 2);
    msgpack_pack_int64(&pk, n ? events[0].seq : 0);
    msgpack_pack_array(&pk, n);
    for (size_t i = 0; i < n; i++) {
        msgpack_pack_array(&pk, 4);
        if (uuid_is_nil(&events[i].application_id)) {
            msgpack_pack_nil(&pk);
        } else {
            msgpack_pack_bin(&pk, UUID_BYTES);
            msgpack_pack_bin_body(&pk, events[i].application_id.b, UUID_BYTES);
        }
        msgpack_pack_int(&pk, events[i].stage);
        msgpack_pack_int(&pk, events[i].state);
        msgpack_pack_int(&pk, events[i].code);
    }
}

/* Bytes behind the type byte of what our messages are made of; -1: none of it. An array's elements are counted in
 * *ret_elements. */
static int progress_token(const unsigned char *p, size_t left, uint32_t *ret_elements)
{
    *ret_elements = 0;
    if (p[0] < 0x80 || p[0] == 0xc0)
        return 0;
    if (p[0] >= 0x90 && p[0] <= 0x9f) {
        *ret_elements = p[0] & 15;
        return 0;
    }
    if (p[0] == 0xc4)
        return left > 1 ? 1 + p[1] : -1;
    if (p[0] >= 0xcc && p[0] <= 0xcf)
        return 1 << (p[0] - 0xcc);
    if (p[0] == 0xdc && left > 2) {
        *ret_elements = (uint32_t)p[1] << 8 | p[2];
        return 2;
    }
    return -1;
}

/* msgpack-c allocates what an array's header promises: promises that the bytes cannot keep are refused before it sees
 * them. */
static bool progress_counts_fit(struct str bytes)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    uint64_t owed = 1;
    size_t at = 0;
    while (owed > 0) {
        uint32_t elements;
        int more = at < bytes.n ? progress_token(p + at, bytes.n - at, &elements) : -1;
        if (more < 0)
            return false;
        at += 1 + (size_t)more;
        owed += elements;
        owed--;
        if (at > bytes.n || owed > bytes.n - at)
            return false;
    }
    return true;
}

static bool progress_int(const msgpack_object *o, int64_t *ret)
{
    if (o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 <= INT64_MAX) {
        *ret = (int64_t)o->via.u64;
        return true;
    }
    return false;
}

static bool progress_event_read(const msgpack_object *o, struct progress_event *ret)
{
    if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size != 4)
        return false;
    const msgpack_object *f = o->via.array.ptr;
    ret->application_id = (struct uuid){0};
    if (f[0].type == MSGPACK_OBJECT_BIN && f[0].via.bin.size == UUID_BYTES)
        memcpy(ret->application_id.b, f[0].via.bin.ptr, UUID_BYTES);
    else if (f[0].type != MSGPACK_OBJECT_NIL)
        return false;
    int64_t stage, state, code;
    if (!progress_int(&f[1], &stage) || !progress_int(&f[2], &state) || !progress_int(&f[3], &code))
        return false;
    if (stage > 255 || state > 255 || code > 9999)
        return false;
    ret->stage = (int)stage;
    ret->state = (int)state;
    ret->code = (int)code;
    return true;
}

static int progress_read(const msgpack_object *o, struct progress_event *ret, size_t max)
{
    int64_t first;
    if (o->type != MSGPACK_OBJECT_ARRAY || o->via.array.size != 2 || !progress_int(&o->via.array.ptr[0], &first))
        return -(int)ERR_CORRUPT;
    const msgpack_object *list = &o->via.array.ptr[1];
    if (list->type != MSGPACK_OBJECT_ARRAY)
        return -(int)ERR_CORRUPT;
    if (list->via.array.size > max)
        return -(int)ERR_LIMIT;
    for (uint32_t i = 0; i < list->via.array.size; i++) {
        if (!progress_event_read(&list->via.array.ptr[i], &ret[i]))
            return -(int)ERR_CORRUPT;
        ret[i].seq = first + i;
    }
    return (int)list->via.array.size;
}

int progress_decode(struct str bytes, struct progress_event *ret, size_t max, struct err *err)
{
    if (!progress_counts_fit(bytes))
        return err_set(err, ERR_CORRUPT, "a progress message is damaged");
    msgpack_unpacked u;
    msgpack_unpacked_init(&u);
    size_t off = 0;
    int rc = msgpack_unpack_next(&u, bytes.p, bytes.n, &off) == MSGPACK_UNPACK_SUCCESS
                 ? progress_read(&u.data, ret, max)
                 : -(int)ERR_CORRUPT;
    msgpack_unpacked_destroy(&u);
    return rc < 0 ? err_set(err, (enum err_code) - rc, "a progress message is damaged") : rc;
}
