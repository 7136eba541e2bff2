/* Any bytes as the text of a résumé: reading refuses with a code or gives a JSON Resume that profile_read accepts,
 * whose sources lie inside the text. The first byte says which format it is. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include "pipeline/engine/profile.h"
#include "pipeline/resume/resume.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct str json;
    struct err err = {0};
    struct profile *p;
    if (size == 0)
        return 0;
    static const enum doc_format FORMATS[] = {0, DOC_FORMAT_TEXT, DOC_FORMAT_MARKDOWN, DOC_FORMAT_JSON};
    enum doc_format format = FORMATS[data[0] % 4];
    struct str bytes = {.p = (const char *)data + 1, .n = size - 1};
    arena_init(&a, (size_t)256 << 20);
    int rc = format == DOC_FORMAT_JSON ? resume_read_json(&a, bytes, &json, &err)
                                       : resume_read_text(&a, bytes, format, &json, &err);
    if (rc < 0) {
        assert(err.code != ERR_NONE && err.msg[0]);
    } else if (json.n <= PROFILE_MAX_BYTES) {
        assert(profile_read(&a, json, &p, &err) == 0);
        for (size_t i = 0; i < p->atoms_n; i++)
            assert(p->atoms[i].source.start <= p->atoms[i].source.end);
    }
    arena_fini(&a);
    return 0;
}
