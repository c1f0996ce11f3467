/* looks.h — the role in which a judgement is drawn and printed, so that the screen and the command
 * line mark it alike. What was not seen is grey, never green. */
#ifndef MODEL_LOOKS_H
#define MODEL_LOOKS_H

#include "core/style.h"
#include "model/check.h"
#include "model/judge.h"
#include "model/layer_verdict.h"
#include "model/op.h"
#include "model/store.h"

enum role severity_role(enum severity severity); /* info is ok: nothing to do */
enum role verdict_role(enum check_verdict verdict);
enum role layer_role(enum layer_verdict verdict);
enum role source_role(const struct source_status *status, int64_t now_ms);
enum role op_state_role(enum op_state state);
enum role op_progress_role(enum op_progress progress);

#endif
