#include "model/looks.h"

enum role
severity_role(enum severity severity)
{
    static const enum role roles[] = {
        [SEVERITY_info] = ROLE_ok,
        [SEVERITY_warn] = ROLE_warn,
        [SEVERITY_critical] = ROLE_fail,
    };

    return roles[severity];
}

enum role
verdict_role(enum check_verdict verdict)
{
    static const enum role roles[] = {
        [CHECK_skip] = ROLE_stale, [CHECK_pass] = ROLE_ok,           [CHECK_warn] = ROLE_warn,
        [CHECK_fail] = ROLE_fail,  [CHECK_unsupported] = ROLE_stale,
    };

    return roles[verdict];
}

enum role
layer_role(enum layer_verdict verdict)
{
    static const enum role roles[] = {
        [LAYER_verified] = ROLE_ok,        [LAYER_warning] = ROLE_warn,
        [LAYER_failed] = ROLE_fail,        [LAYER_not_observable] = ROLE_stale,
        [LAYER_accepted_risk] = ROLE_info,
    };

    return roles[verdict];
}

enum role
source_role(const struct source_status *status, int64_t now_ms)
{
    if (status->state == SOURCE_STATE_error)
        return ROLE_fail;
    if (status->state != SOURCE_STATE_ok || source_is_stale(status, now_ms))
        return ROLE_stale;
    return ROLE_ok;
}

enum role
op_state_role(enum op_state state)
{
    static const enum role roles[OP_STATE_COUNT] = {
        [OP_STATE_planning] = ROLE_stale,   [OP_STATE_planned] = ROLE_stale,
        [OP_STATE_refused] = ROLE_warn,     [OP_STATE_undo] = ROLE_info,
        [OP_STATE_running] = ROLE_info,     [OP_STATE_asking] = ROLE_warn,
        [OP_STATE_stopping] = ROLE_info,    [OP_STATE_done] = ROLE_ok,
        [OP_STATE_failed] = ROLE_fail,      [OP_STATE_cancelled] = ROLE_stale,
        [OP_STATE_interrupted] = ROLE_warn, [OP_STATE_dismissed] = ROLE_stale,
    };

    return roles[state];
}

enum role
op_progress_role(enum op_progress progress)
{
    static const enum role roles[] = {
        [OP_ITEM_waiting] = ROLE_stale, [OP_ITEM_sent] = ROLE_info,   [OP_ITEM_taken] = ROLE_info,
        [OP_ITEM_done] = ROLE_ok,       [OP_ITEM_failed] = ROLE_fail, [OP_ITEM_left] = ROLE_stale,
    };

    return roles[progress];
}
