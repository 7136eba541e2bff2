/* SQL inside the store: what an application waits for, where that is parked itself. */
#pragma once

/* The shared task (analysis, embeddings) that is parked and that the waiting task k of an application needs: one row at
 * most. */
#define TASKS_PARKED_SHARED                                                                                            \
    "SELECT s.stage, s.code, s.parked_why, s.not_before FROM tasks s WHERE k.state = 1 AND s.tenant_id = k.tenant_id"  \
    " AND s.subject_id IN (k.job_id, k.profile_id) AND s.state = 5"                                                    \
    " AND ((k.stage = 1 AND s.kind = 2) OR (k.stage = 5 AND s.kind IN (3, 4))) ORDER BY s.not_before DESC LIMIT 1"
