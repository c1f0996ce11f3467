/* record.h — the journal's side of an op: nothing takes effect before it was written down. */
#ifndef OPS_RECORD_H
#define OPS_RECORD_H

#include "ops/engine.h"

/* Each is one transaction, after which a checkpoint is reached. False: it could not be written, and
 * err says why. */
/* Unless a second word was given: only when no other console is at it, however lately it began;
 * else *rival is what it does, owned by the arena. A checkpoint is reached before, too. */
bool record_begin(struct engine *engine, struct run *run, struct arena *arena,
                  const struct journal_op **rival, struct err *err);
/* The op, and with it all items that are marked as unwritten. */
bool record_state(struct engine *engine, struct run *run, struct err *err);
/* These items alone. */
bool record_items(struct engine *engine, struct run *run, struct err *err);
bool record_item(struct engine *engine, const struct run *run, const struct run_item *item,
                 struct err *err);
/* What is about to be done, and with it the item that it is about; NULL: the op's object. */
bool record_step(struct engine *engine, const struct run *run, const struct run_item *item,
                 const char *what, const char *detail, int64_t *seq, struct err *err);
bool record_result(struct engine *engine, const struct run *run, int64_t seq, const char *result,
                   struct err *err);

/* The result of a step that succeeded and was no command. */
#define RECORD_WRITTEN "written"

/* What is certain of the step of that name about this item (NULL: the op's object), after an
 * interruption; err says how it failed. */
enum known record_known(struct engine *engine, const struct run *run, const char *what,
                        const struct run_item *item, struct err *err);

/* One op as it is now, owned by the arena; NULL and err. */
const struct journal_op *record_find(const struct engine *engine, const char *id,
                                     struct arena *arena, struct err *err);
/* Make it ours; a checkpoint is reached before. */
bool record_claim(struct engine *engine, const char *id, struct err *err);

/* From the journal to memory, to go on with it now: what was asked for without an answer is
 * unproven. */
struct run *record_revive(const struct engine *engine, const struct journal_op *op);

/* Median and 90th percentile of the stops seen in this pool; -1 without any. */
void record_stop_times(struct engine *engine, const char *pool_id, int64_t *median_ms,
                       int64_t *p90_ms);

/* Read what others wrote, and what is past; what was read before stays when that fails, and it is
 * tried again. */
void record_read_others(struct engine *engine);
/* The same when that is due: after somebody wrote, and now and then while an op of another console
 * goes on, which may be killed without a word. */
void record_look_at_others(struct engine *engine);
int64_t others_due_ms(const struct engine *engine); /* monotonic; INT64_MAX */

/* Of what was read of others: an op of another, living console that is at the same objects; NULL.
 */
const struct journal_op *record_rival(const struct engine *engine, const struct run *run);

#endif
