/* token.c — a tunnel's token is replaced and handed over, never shown; its connectors follow. */
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/secret.h"
#include "ops/phases.h"
#include "ops/process.h"

enum { DELIVERY_WITHIN_MS = 60000 };

static struct run_item *
token_of(struct run *run)
{
    return &run->items[0];
}

static void
over(struct engine *engine, struct run *run, enum op_progress progress, const char *note)
{
    struct run_item *item = token_of(run);

    item->progress = progress;
    item->done_ms = engine->wall_ms;
    item_note(item, "%s", note);
    engine_item(engine, run, item);
}

static void
end_undelivered(struct engine *engine, struct run *run, const struct err *err)
{
    over(engine, run, OP_ITEM_failed, err->message);
    engine_end(engine, run, OP_STATE_failed,
               "the token was replaced but could not be handed over (%.100s): the old one opens no "
               "new connection; rotate again",
               err->message);
}

static void
delivered(struct engine *engine, struct run *run)
{
    secret_free(run->token);
    run->token = NULL;
    over(engine, run, OP_ITEM_done, "replaced and handed over");
    engine_next(engine, run);
}

static void
deliver(struct engine *engine, struct run *run)
{
    const struct ops_token *to = engine_token(engine, run->object_id);
    const char *bytes = secret_expose(run->token);
    struct err err = {0};

    if (!to->file) {
        const struct process_plan plan = {.argv = to->command,
                                          .input = bytes,
                                          .input_bytes = strlen(bytes),
                                          .within_ms = DELIVERY_WITHIN_MS};

        if (!engine_run_argv(engine, run, &plan, "deliver", run->object_id) &&
            token_of(run)->progress == OP_ITEM_taken)
            run_summarize(run, "the token was replaced and not handed over, for that could not be "
                               "recorded; rotate again");
        return;
    }
    if (secret_write_file(run->token, to->file, &err))
        delivered(engine, run);
    else
        end_undelivered(engine, run, &err);
}

static void
enter(struct engine *engine, struct run *run)
{
    const struct ops_token *to = engine_token(engine, run->object_id);
    struct run_item *item = token_of(run);
    struct json *body;
    struct err err = {0};
    char *bytes;

    if (item->progress == OP_ITEM_done) {
        engine_next(engine, run);
        return;
    }
    if (run->is_resumed && item->asked_ms) {
        over(engine, run, OP_ITEM_failed, "interrupted before it was handed over");
        engine_end(engine, run, OP_STATE_failed,
                   "it ended in the middle of the rotation: if the token was replaced, the new one "
                   "is lost; rotate again");
        return;
    }
    if (!to || (to->file && !secret_may_write_file(to->file, &err))) {
        over(engine, run, OP_ITEM_failed, to ? err.message : "nowhere to put it");
        engine_end(engine, run, OP_STATE_failed, "nothing was rotated: %s",
                   to ? err.message : "the configuration says no more where the token goes");
        return;
    }
    item->progress = OP_ITEM_sent;
    item->asked_ms = engine->wall_ms;
    body = json_new_object();
    if (*run->reason)
        json_add_string(body, "reason", run->reason);
    bytes = json_print(body, false);
    json_free(body);
    engine_call(engine, run, item, API_CALL_rotate, bytes);
    free(bytes);
}

static void
answered(struct engine *engine, struct run *run, struct run_item *item,
         const struct api_answer *answer)
{
    if (answer->outcome == API_OUTCOME_ok && run->token) {
        item->progress = OP_ITEM_taken;
        item_note(item, "replaced");
        engine_item(engine, run, item);
        deliver(engine,
                run); /* also when that could not be written: nothing else opens the tunnel */
        return;
    }
    over(engine, run, OP_ITEM_failed, answer->err.message);
    if (answer->outcome == API_OUTCOME_unsure || answer->outcome == API_OUTCOME_ok)
        engine_end(
            engine, run, OP_STATE_failed,
            "whether the token was replaced is not known (%.120s): if it was, the new one is "
            "lost; rotate again",
            answer->err.message);
    else
        engine_end(engine, run, OP_STATE_failed, "nothing was rotated: %s", answer->err.message);
}

static void
ended(struct engine *engine, struct run *run, const struct err *err)
{
    if (err)
        end_undelivered(engine, run, err);
    else
        delivered(engine, run);
}

const struct phase phase_rotate = {
    .name = "rotate",
    .doing = "replacing the token",
    .enter = enter,
    .answered = answered,
    .ended = ended,
};
