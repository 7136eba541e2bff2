/* Inside the store: a column of an array of structs as an array parameter. it: one element. */
#pragma once

#include "io/pg/pg.h"

#define STORE_ARRAY(q, type, add, items, n, expr)                                                                      \
    do {                                                                                                               \
        pg_array_begin((q), (type));                                                                                   \
        for (int i_ = 0; i_ < (n); i_++) {                                                                             \
            const __typeof__((items)[0]) *it = &(items)[i_];                                                           \
            add((q), (expr));                                                                                          \
        }                                                                                                              \
        pg_array_end(q);                                                                                               \
    } while (0)
