/* Writes the generated pages of docs/ from the tables: docs_gen DIR. The lint compares them with what is committed. */
#include <stdio.h>
#include "base/buf.h"
#include "base/err.h"
#include "core/config.h"
#include "core/metrics.h"
#include "pipeline/store/states.h"

#define DOCS_PAGE_MAX_BYTES ((size_t)1024 * 1024)

static void docs_configuration(struct buf *out)
{
    config_docs(out);
    buf_adds(out, "\nGenerated from `common/core/config.def`.\n");
}

static void docs_metrics(struct buf *out)
{
    buf_adds(out, "# Metrics\n\nGenerated from `common/core/metrics.def`. Every process serves them at `/metrics`.\n\n");
    metrics_docs(out);
}

static void docs_errors(struct buf *out)
{
    buf_adds(out, "# Errors\n\nGenerated from `proto/errors.def`. The slug is the `code` of a problem and the end of its `type`.\n\n"
                  "| slug | HTTP status | meaning |\n|---|---|---|\n");
    static const enum err_code codes[] = {
#define ERR(name, number, class_, status, slug, title) ERR_##name,
#include "errors.def"
#undef ERR
    };
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        buf_addf(out, "| `%s` | %d | %s |\n", err_slug(codes[i]), err_http_status(codes[i]), err_title(codes[i]));
}

static void docs_states(struct buf *out)
{
    buf_adds(out, "# States\n\nGenerated from `proto/states.def` and `proto/pipeline.def`.\n\n## Stages\n\n| stage | daemon | about | needs | does |\n|---|---|---|---|---|\n");
    for (int i = 1; i <= STAGE_MAX; i++) {
        const struct stage_row *r = stage_row((enum stage)i);
        buf_addf(out, "| %s | jobmill-%s | %s | %s | %s |\n", r->name, r->service, r->subject, r->needs[0] ? r->needs : "-", r->what);
    }
    buf_adds(out, "\n## Tasks\n\n");
    states_docs(out);
}

static const struct {
    const char *file;
    void (*write)(struct buf *out);
} docs_pages[] = {
    {"CONFIGURATION.md", docs_configuration}, {"METRICS.md", docs_metrics}, {"ERRORS.md", docs_errors}, {"STATES.md", docs_states}};

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: docs_gen DIR\n");
        return 2;
    }
    for (size_t i = 0; i < ARRAY_LEN(docs_pages); i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", argv[1], docs_pages[i].file);
        struct buf page;
        buf_init(&page, DOCS_PAGE_MAX_BYTES);
        docs_pages[i].write(&page);
        FILE *f = fopen(path, "w");
        if (!f || fwrite(buf_str(&page), 1, page.len, f) != page.len || fclose(f) != 0) {
            fprintf(stderr, "docs_gen: cannot write %s\n", path);
            return 1;
        }
        buf_fini(&page);
    }
    return 0;
}
