/* act_target.h — which things a command line means: a name or an id becomes an id of the snapshot.
 */
#ifndef CLI_ACT_TARGET_H
#define CLI_ACT_TARGET_H

#include "core/err.h"
#include "model/store.h"

/* object: "pool" "job" "connector". An id wins over a name; a job is also found by its session's
 * id. The id is borrowed from the snapshot. Not found or several: ERR_USAGE with the candidates in
 * one line. */
bool act_target_find(const struct snapshot *snapshot, const char *object, const char *name,
                     const char **id, struct err *err) MUST_CHECK;

#endif
