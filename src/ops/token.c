/* token.c — a tunnel's token is replaced and handed over, never shown; its connectors follow. */
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/replace.h"
#include "core/secret.h"
#include "core/text.h"
#include "ops/phases.h"
#include "ops/process.h"
#include "ops/record.h"

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

/* Recorded like a command; but when it cannot be, it is done all the same: nothing else opens the
 * tunnel. */
static void
deliver_to_file(struct engine *engine, struct run *run, const char *path)
{
    TEXT(detail, RUN_NOTE_BYTES);
    struct err err = {0}, write_err = {0};
    int64_t step;
    bool is_written;

    text_addf(&detail, "write %s", path);
    if (!record_step(engine, run, token_of(run), "deliver", detail.bytes, &step, &err))
        run_say(run, OP_LINE_warning, engine->wall_ms, "not recorded: %s", err.message);
    run_say(run, OP_LINE_step, engine->wall_ms, "%s", detail.bytes);
    is_written = secret_write_file(run->token, path, &write_err);
    engine_result(engine, run, step, is_written ? RECORD_WRITTEN : write_err.message);
    if (is_written)
        delivered(engine, run);
    else
        end_undelivered(engine, run, &write_err);
}

static void
deliver_to_command(struct engine *engine, struct run *run, const char *const *argv)
{
    const char *bytes = secret_expose(run->token);
    const struct process_plan plan = {.argv = argv,
                                      .input = bytes,
                                      .input_bytes = strlen(bytes),
                                      .within_ms = DELIVERY_WITHIN_MS};

    if (!engine_run_argv(engine, run, &plan, "deliver", token_of(run)) &&
        token_of(run)->progress == OP_ITEM_taken)
        run_summarize(run, "the token was replaced and not handed over, for that could not be "
                           "recorded; rotate again");
}

static void
deliver(struct engine *engine, struct run *run)
{
    const struct ops_token *to = engine_token(engine, run->object_id);

    if (to->file)
        deliver_to_file(engine, run, to->file);
    else
        deliver_to_command(engine, run, to->command);
}

/* --- one that was interrupted --- */

enum fate { FATE_untouched, FATE_doubtful, FATE_replaced, FATE_delivered };

static const char *const fate_words[] = {
    [FATE_untouched] = "",
    [FATE_doubtful] = ": whether the token was replaced is not known; if it was, the new one is "
                      "lost, and the old one opens no new connection: rotate again",
    [FATE_replaced] = ": the token was replaced, and whether the new one was handed over is not "
                      "known; if it was not, it is lost, and the old one opens no new connection: "
                      "rotate again",
    [FATE_delivered] = "",
};

static enum fate
fate_of(struct engine *engine, const struct run *run)
{
    const struct run_item *item = &run->items[0];
    enum known sent;

    if (item->progress == OP_ITEM_done ||
        record_known(engine, run, "deliver", item, NULL) == KNOWN_succeeded)
        return FATE_delivered;
    sent = record_known(engine, run, "send", item, NULL);
    if (item->progress == OP_ITEM_taken || sent == KNOWN_succeeded)
        return FATE_replaced;
    return sent == KNOWN_not_begun ? FATE_untouched : FATE_doubtful;
}

const char *
token_doubt(struct engine *engine, const struct run *run)
{
    return fate_words[fate_of(engine, run)];
}

/* Never rotated a second time: what it brought first may be in use. */
static bool
goes_on(struct engine *engine, struct run *run)
{
    enum fate fate = run->is_resumed ? fate_of(engine, run) : FATE_untouched;

    if (fate == FATE_untouched)
        return true;
    if (fate == FATE_delivered) {
        delivered(engine, run);
        return false;
    }
    over(engine, run, OP_ITEM_failed, "its console ended in the middle of the rotation");
    engine_end(engine, run, OP_STATE_failed, "its console ended in the middle%s", fate_words[fate]);
    return false;
}

/* --- the phase --- */

static void
rotate(struct engine *engine, struct run *run)
{
    struct run_item *item = token_of(run);
    struct json *body = json_new_object();
    char *bytes;

    item->progress = OP_ITEM_sent;
    item->asked_ms = engine->wall_ms;
    if (*run->reason)
        json_add_string(body, "reason", run->reason);
    bytes = json_print(body, false);
    json_free(body);
    engine_call(engine, run, item, API_CALL_rotate, bytes);
    free(bytes);
}

static void
enter(struct engine *engine, struct run *run)
{
    const struct ops_token *to = engine_token(engine, run->object_id);
    struct err err = {0};

    if (!goes_on(engine, run))
        return;
    if (to && (!to->file || replace_try(to->file, &err))) {
        rotate(engine, run);
        return;
    }
    over(engine, run, OP_ITEM_failed, to ? err.message : "nowhere to put it");
    engine_end(engine, run, OP_STATE_failed, "nothing was rotated: %s",
               to ? err.message : "the configuration says no more where the token goes");
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
