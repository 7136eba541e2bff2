#include "pipeline/store/server_info.h"

#include <stdio.h>
#include <stdlib.h>
#include "base/cleanup.h"

static const char server_info_sql[] =
    "SELECT current_setting('server_version'), current_setting('server_version_num'),"
    " coalesce((SELECT extversion FROM pg_extension WHERE extname = 'vector'),"
    " (SELECT default_version FROM pg_available_extensions WHERE name = 'vector'), ''),"
    " extract(epoch FROM clock_timestamp())::text";

int server_info_load(struct pg_sync *c, struct server_info *ret, struct err *err)
{
    struct err own;
    err = err ? err : &own;
    _cleanup_(pg_sync_rows_freep)
    struct pg_sync_rows *rows = pg_sync_query(c, server_info_sql, NULL, 0, err);
    if (!rows)
        return -(int)err->code;
    snprintf(ret->version, sizeof(ret->version), "%s", pg_sync_get(rows, 0, 0));
    ret->version_number = atoi(pg_sync_get(rows, 0, 1));
    snprintf(ret->vector_version, sizeof(ret->vector_version), "%s", pg_sync_get(rows, 0, 2));
    ret->clock_s = strtod(pg_sync_get(rows, 0, 3), NULL);
    return 0;
}
