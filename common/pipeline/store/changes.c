/* One place that knows the column order of CHANGE_COLUMNS. */
#include "pipeline/store/changes.h"

void change_read(const struct pg_rows *rows, int i, struct change *ret)
{
    ret->what = (enum change_what)pg_get_int4(rows, i, 0);
    ret->tenant_id = pg_get_uuid(rows, i, 1);
    ret->subject_id = pg_get_uuid(rows, i, 2);
    ret->stage = pg_get_int4(rows, i, 3);
    ret->state = pg_get_int4(rows, i, 4);
    ret->batch_id = pg_get_uuid(rows, i, 5);
    ret->seq = pg_get_int8(rows, i, 6);
    ret->priority = pg_get_int4(rows, i, 7);
    ret->code = pg_get_int4(rows, i, 8);
    ret->traceparent = pg_get_text(rows, i, 9);
}
