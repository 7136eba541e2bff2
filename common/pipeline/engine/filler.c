#include "pipeline/engine/filler.h"

#include "pipeline/engine/lex.h"

bool filler_has(struct str text)
{
    static const char *const BANNED_PHRASES[] = {
#define BANNED(phrase) phrase,
#include "pipeline/engine/letter_banned.def"
#undef BANNED
        NULL};
    struct lex_text t;
    lex_text_init(&t, text);
    return lex_text_has_any(&t, BANNED_PHRASES);
}
