#include "cli/labels.h"

#include <stdio.h>
#include <string.h>

void labels_init(struct labels *l, struct api *api)
{
    *l = (struct labels){.api = api};
}

void labels_fini(struct labels *l)
{
    free(l->rows);
    *l = (struct labels){.api = l->api};
}

static bool labels_ask(struct api *api, const char *path_fmt, const char *job_id, char out[LABELS_BYTES])
{
    char path[160];
    struct api_reply r;
    snprintf(path, sizeof(path), "/api/v1/jobs/%s%s", job_id, path_fmt);
    bool ok = api_call(api, &(struct api_request){.path = path}, &r, NULL) == 0;
    struct str title = json_get_str(r.json, "title"), company = json_get_str(r.json, "company");
    if (company.n == 0) /* of an analysis it is an object */
        company = json_get_str(json_get_obj(r.json, "company"), "name");
    if (ok && (title.n || company.n))
        snprintf(out, LABELS_BYTES, "%.*s%s%.*s", (int)MIN(title.n, 90u), title.p ? title.p : "",
                 title.n && company.n ? ", " : "", (int)MIN(company.n, 60u), company.p ? company.p : "");
    api_reply_fini(&r);
    return ok && *out;
}

const char *labels_of(struct labels *l, struct str job_id)
{
    for (int i = 0; i < l->n; i++)
        if (str_eqc(job_id, l->rows[i].job_id))
            return l->rows[i].text;
    if (job_id.n != UUID_TEXT_BYTES - 1 || l->n == LABELS_MAX)
        return "";
    if (!l->rows)
        l->rows = calloc(LABELS_MAX, sizeof(*l->rows));
    if (!l->rows)
        return "";
    struct label *row = &l->rows[l->n++];
    memcpy(row->job_id, job_id.p, job_id.n);
    if (!labels_ask(l->api, "/analysis", row->job_id, row->text))
        labels_ask(l->api, "", row->job_id, row->text);
    return row->text;
}

const char *labels_band(int64_t score)
{
    return score < 0     ? ""
           : score >= 75 ? "strong"
           : score >= 60 ? "good"
           : score >= 45 ? "moderate"
           : score >= 30 ? "weak"
                         : "poor";
}
