/* Inverted index over the atoms' stems, and the answer by words for requirements that the skill dictionary does not
 * cover. */
#include "pipeline/engine/match_parts.h"

#define MATCH_WORDS_STRONG   0.66
#define MATCH_WORDS_TRANSFER 0.42

static bool index_put(struct matcher *m, uint32_t stem, size_t atom)
{
    struct match_index *x = &m->index;
    if (x->nodes_n == x->nodes_cap) {
        size_t cap = x->nodes_cap ? x->nodes_cap * 2 : 1024;
        if (cap > INT16_MAX)
            return true; /* an enormous profile: the rest is found by skill only */
        struct match_node *v = ARENA_NEW_N(m->a, struct match_node, cap);
        if (!v)
            return false;
        if (x->nodes_n)
            memcpy(v, x->nodes, x->nodes_n * sizeof(*v));
        x->nodes = v;
        x->nodes_cap = cap;
    }
    int16_t *head = &x->heads[stem & (MATCH_INDEX_SLOTS - 1)];
    x->nodes[x->nodes_n] = (struct match_node){.stem = stem, .atom = (int16_t)atom, .next = *head};
    *head = (int16_t)++x->nodes_n;
    return true;
}

int match_index_build(struct matcher *m, struct err *err)
{
    for (size_t i = 0; i < m->p->atoms_n; i++) {
        const struct atom *x = &m->p->atoms[i];
        for (size_t k = 0; k < x->stems_n; k++)
            if (!index_put(m, x->stems[k], i))
                return err_set(err, ERR_MEMORY, "the match needs more memory than its limit");
    }
    return 0;
}

double match_index_add(const struct matcher *m, const uint32_t *stems, size_t n, double weight)
{
    const struct match_index *x = &m->index;
    double total = 0;
    for (size_t k = 0; k < n; k++) {
        size_t df = 0;
        int16_t head = x->heads[stems[k] & (MATCH_INDEX_SLOTS - 1)];
        for (int16_t i = head; i; i = x->nodes[i - 1].next)
            df += x->nodes[i - 1].stem == stems[k];
        /* a word that the profile is full of says little about one atom */
        double w = weight * (df > 12 ? 0.5 : df > 5 ? 0.75 : 1.0);
        total += w;
        for (int16_t i = head; i; i = x->nodes[i - 1].next)
            if (x->nodes[i - 1].stem == stems[k])
                m->score[x->nodes[i - 1].atom] += w;
    }
    return total;
}

double match_index_hits(const struct matcher *m, const uint32_t *stems, size_t n)
{
    const struct match_index *x = &m->index;
    for (size_t k = 0; k < n; k++)
        for (int16_t i = x->heads[stems[k] & (MATCH_INDEX_SLOTS - 1)]; i; i = x->nodes[i - 1].next)
            if (x->nodes[i - 1].stem == stems[k])
                m->score[x->nodes[i - 1].atom] += 1;
    return (double)n;
}

void match_row_offer(const struct matcher *m, struct match_row *row, double *strengths, size_t atom, double strength)
{
    for (size_t i = 0; i < row->atoms_n; i++)
        if (row->atoms[i] == atom)
            return;
    strength += m->p->atoms[atom].has_number ? 0.01 : 0;
    size_t at = row->atoms_n;
    while (at > 0 && strengths[at - 1] < strength)
        at--;
    if (at == MATCH_EVIDENCE_MAX)
        return;
    size_t n = MIN(row->atoms_n + 1, (size_t)MATCH_EVIDENCE_MAX);
    for (size_t i = n - 1; i > at; i--) {
        row->atoms[i] = row->atoms[i - 1];
        strengths[i] = strengths[i - 1];
    }
    row->atoms[at] = atom;
    strengths[at] = strength;
    row->atoms_n = n;
}

static double words_share(const struct matcher *m, size_t atom, double total)
{
    static const double KIND[] = {[ATOM_HIGHLIGHT] = 1.0, [ATOM_SUMMARY] = 0.95,   [ATOM_ROLE] = 0.95,
                                  [ATOM_SKILL] = 1.0,     [ATOM_EDUCATION] = 0.85, [ATOM_CERTIFICATE] = 1.0,
                                  [ATOM_LANGUAGE] = 0.6,  [ATOM_AWARD] = 0.8,      [ATOM_PUBLICATION] = 0.8};
    return m->score[atom] / total * KIND[m->p->atoms[atom].kind];
}

void match_words(struct matcher *m, struct match_row *row)
{
    const struct match_text *text = &m->match->requirements[row->requirement - m->an->requirements];
    size_t n = text->stems_n;
    if (n == 0)
        return;
    double total = match_index_hits(m, text->stems, n);
    double strengths[MATCH_EVIDENCE_MAX] = {0}, best = 0;
    double floor = n == 1 ? 0.7 : MATCH_WORDS_TRANSFER;
    for (size_t i = 0; i < m->p->atoms_n; i++) {
        double share = m->score[i] > 0 ? words_share(m, i, total) : 0;
        /* one shared word out of several proves nothing */
        bool enough = n == 1 || m->score[i] >= 2;
        if (share >= floor && enough) {
            match_row_offer(m, row, strengths, i, share);
            best = MAX(best, share);
        }
        m->score[i] = 0;
    }
    if (row->atoms_n == 0)
        return;
    struct str place = match_place(m, row->atoms[0]);
    row->matched_form = m->p->atoms[row->atoms[0]].text;
    row->status = best >= MATCH_WORDS_STRONG ? MATCH_STRONG : MATCH_TRANSFERABLE;
    row->reason = row->status == MATCH_STRONG
                      ? match_says(m, "The profile states this in nearly the same words " STR_FMT ".", STR_ARG(place))
                      : match_says(m, "Related experience is stated " STR_FMT ".", STR_ARG(place));
}
