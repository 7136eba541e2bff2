#include "cli/names.h"

#include <stdio.h>

const char *names_folder(long index, struct str text, char out[NAMES_BYTES])
{
    size_t n = (size_t)snprintf(out, NAMES_BYTES, "%04ld", index);
    bool gap = true; /* the separator before the first letter */
    for (size_t i = 0; i < text.n && n < NAMES_BYTES - 2; i++) {
        char c = str_lower_char(text.p[i]);
        bool good = str_is_alnum(c) || c == '_' || (c == '.' && !gap);
        if (!good) {
            gap = true;
            continue;
        }
        if (gap)
            out[n++] = '-';
        gap = false;
        out[n++] = c;
    }
    while (n > 0 && (out[n - 1] == '.' || out[n - 1] == '-'))
        n--;
    out[n] = '\0';
    return out;
}
