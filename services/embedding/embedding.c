/* Computes the embeddings: two of a posting, three of a profile. */
#include "embedding/embedding.h"

#include "pipeline/engine/embed.h"

static int embedding_needs(int kind)
{
    return kind == TASK_KIND_PROFILE_VECTORS ? STAGE_NEEDS_PROFILE : STAGE_NEEDS_POSTING;
}

static int embedding_posting(const struct stage_input *in, struct arena *a, struct stage_output *out, struct err *err)
{
    struct posting posting;
    struct analysis *analysis;
    struct embed_posting *vectors = ARENA_NEW(a, struct embed_posting);
    if (!vectors)
        return err_set(err, ERR_MEMORY, "no memory for the embeddings");
    int rc = posting_read(a, in->posting, &posting, err);
    if (rc == 0)
        rc = analysis_make_requirements(a, &posting, &analysis, err);
    if (rc == 0)
        rc = embed_posting_make(a, &posting, analysis, vectors, err);
    out->vectors = vectors->description; /* requirements follow in the struct */
    return rc;
}

static int embedding_profile(const struct stage_input *in, struct arena *a, struct stage_output *out, struct err *err)
{
    struct embed_profile *vectors = ARENA_NEW(a, struct embed_profile);
    if (!vectors)
        return err_set(err, ERR_MEMORY, "no memory for the embeddings");
    out->vectors = vectors->skills; /* experience and goals follow in the struct */
    return embed_profile_make(a, in->profile, vectors, err);
}

_Static_assert(sizeof(struct embed_posting) == 2 * EMBED_DIMENSIONS * sizeof(float), "parts lie side by side");
_Static_assert(sizeof(struct embed_profile) == 3 * EMBED_DIMENSIONS * sizeof(float), "parts lie side by side");

static enum verdict embedding_plan(const struct stage_input *in, struct arena *a, struct stage_output *out,
                                   struct err *err)
{
    int rc =
        in->kind == TASK_KIND_PROFILE_VECTORS ? embedding_profile(in, a, out, err) : embedding_posting(in, a, out, err);
    return rc < 0 ? VERDICT_REJECT : VERDICT_DONE;
}

const struct stage_spec embedding_stage = {
    .stage = STAGE_EMBED,
    .about = "Computes the embeddings of postings and profiles.",
    .needs = embedding_needs,
    .plan = embedding_plan,
    .model = &embedding_model,
};
