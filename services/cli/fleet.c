#include "cli/fleet.h"

#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "base/str.h"
#include "cli/args.h"
#include "pipeline/store/states.h"

int fleet_kinds(struct fleet_kind *kinds)
{
    int n = 0;
    kinds[n++] = (struct fleet_kind){.name = FLEET_GATEWAY};
    kinds[n++] = (struct fleet_kind){.name = FLEET_DISPATCHER};
    for (int s = 1; s <= STAGE_MAX && n < FLEET_KINDS_MAX; s++) {
        const struct stage_row *row = stage_row((enum stage)s);
        if (row)
            kinds[n++] = (struct fleet_kind){.name = row->service, .stage = true};
    }
    return n;
}

int fleet_kind_find(const char *name, struct err *err)
{
    struct fleet_kind kinds[FLEET_KINDS_MAX];
    const char *names[FLEET_KINDS_MAX];
    char list[160] = "";
    int n = fleet_kinds(kinds);
    for (int i = 0; i < n; i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return i;
        names[i] = kinds[i].name;
        size_t at = strlen(list);
        snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "", kinds[i].name);
    }
    const char *near = args_nearest(name, names, n);
    if (near)
        err_set(err, ERR_CONFIG, "there is no kind \"%.40s\": did you mean %s?", name, near);
    else
        err_set(err, ERR_CONFIG, "there is no kind \"%.40s\": there are %s", name, list);
    return -1;
}

int fleet_counts_parse(const char *text, unsigned *counts, struct err *err)
{
    struct str rest = str_of(text), field;
    while (str_next_field(&rest, ',', &field)) {
        char word[64], name[40];
        unsigned count;
        snprintf(word, sizeof(word), STR_FMT, (int)MIN(field.n, sizeof(word) - 1), field.p);
        int rc = args_assignment(word, name, sizeof(name), FLEET_OF_KIND_MAX, &count, err);
        int kind = rc == 0 ? fleet_kind_find(name, err) : -1;
        if (kind < 0)
            return -ERR_CONFIG;
        counts[kind] = count;
    }
    return 0;
}
