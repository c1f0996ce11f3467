/* record.h — the journal's side of an op: nothing takes effect before it was written down. */
#ifndef OPS_RECORD_H
#define OPS_RECORD_H

#include "ops/engine.h"

/* Each writes, then reaches a checkpoint. False: it could not be written, and err says why. */
bool record_begin(struct engine *engine, struct run *run, struct err *err);
bool record_state(struct engine *engine, const struct run *run, struct err *err);
bool record_item(struct engine *engine, const struct run *run, const struct run_item *item,
                 struct err *err);
/* All items that are marked as unwritten, at once. */
bool record_items(struct engine *engine, struct run *run, struct err *err);
bool record_step(struct engine *engine, const struct run *run, const char *what, const char *target,
                 const char *detail, int64_t *seq, struct err *err);
bool record_result(struct engine *engine, const struct run *run, int64_t seq, const char *result,
                   struct err *err);

/* What is certain of a command about this target, after an interruption. */
enum record_command {
    RECORD_not_run, /* it was not even written down */
    RECORD_perhaps, /* it was begun, and not seen to succeed */
    RECORD_run,     /* it succeeded */
};
enum record_command record_command_of(struct engine *engine, const struct run *run,
                                      const char *what, const char *target);

/* From the journal to memory, to go on with it: what was asked for without an answer is unproven.
 */
struct run *record_revive(const struct journal_op *op);

/* Median and 90th percentile of the stops seen in this pool; -1 without any. */
void record_stop_times(struct engine *engine, const char *pool_id, int64_t *median_ms,
                       int64_t *p90_ms);

/* Read what others wrote, and what is past. */
void record_read_others(struct engine *engine);
/* The same when that is due: after somebody wrote, and now and then while an op of another console
 * goes on, which may be killed without a word. */
void record_look_at_others(struct engine *engine);
int64_t others_due_ms(const struct engine *engine); /* monotonic; INT64_MAX */

/* An op of another, living console that is about this object, or about its pool; NULL. */
const struct journal_op *record_claim_on(const struct engine *engine, const char *object_id,
                                         const char *pool_id);

#endif
