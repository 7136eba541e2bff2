/* The embedded migrations, made by cmake/embed_sql.py from migrations/NNNN_name.sql. Forward only. */
#pragma once

#include <stddef.h>

struct migration {
    int version;      /* 1, 2, ... */
    const char *name; /* "schema" */
    const char *sql;  /* NUL-terminated */
    size_t sql_bytes;
};

extern const struct migration migrations[];
extern const int migrations_count;
