#include "ops/ops.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "api/call.h"
#include "core/arena.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/map.h"
#include "core/thread.h"
#include "ops/mailbox.h"
#include "ops/phases.h"
#include "ops/process.h"
#include "ops/record.h"
#include "ops/turn.h"

enum { FIXED_FDS = 4, MOST_COMMANDS = 28, LONGEST_WAIT_MS = 60000 };
enum { TOKEN_WITHIN_MS = API_EFFECT_WITHIN_MS + 5000 }; /* the answer, and where the token goes */
enum { NOTICE_FOR_MS = 5000, NOTICE_EACH_MS = 250, NOTICE_SELDOM_MS = 10000 };

struct ops {
    pthread_t thread;
    int stop_fd;
    struct arena *arena; /* owns options */
    struct ops_options options;
    struct engine engine; /* the thread's, once it runs */
};

/* --- copying the options --- */

static const char *
copy(struct arena *arena, const char *s)
{
    return s ? arena_strdup(arena, s) : NULL;
}

static const char *const *
copy_words(struct arena *arena, const char *const *words, size_t n)
{
    const char **copied = arena_array(arena, n + 1, sizeof(*copied));

    for (size_t i = 0; i < n; i++)
        copied[i] = copy(arena, words[i]);
    return copied;
}

static size_t
count_words(const char *const *words)
{
    size_t n = 0;

    while (words && words[n])
        n++;
    return n;
}

static void
copy_controls(struct ops *ops, const struct ops_options *from)
{
    struct ops_control *controls = arena_array(ops->arena, from->n_controls, sizeof(*controls));
    struct ops_token *tokens = arena_array(ops->arena, from->n_tokens, sizeof(*tokens));

    for (size_t i = 0; i < from->n_controls; i++) {
        const struct driver_use *use = &from->controls[i].use;

        controls[i] = (struct ops_control){
            .kind = copy(ops->arena, from->controls[i].kind),
            .id = copy(ops->arena, from->controls[i].id),
            .use = {use->driver, copy_words(ops->arena, use->values, use->driver->n_fields)},
        };
    }
    for (size_t i = 0; i < from->n_tokens; i++) {
        const struct ops_token *token = &from->tokens[i];

        tokens[i] = (struct ops_token){
            .tunnel_id = copy(ops->arena, token->tunnel_id),
            .file = copy(ops->arena, token->file),
            .command = token->command
                           ? copy_words(ops->arena, token->command, count_words(token->command))
                           : NULL,
        };
    }
    ops->options.controls = controls;
    ops->options.tokens = tokens;
}

static void
copy_options(struct ops *ops, const struct ops_options *from)
{
    ops->options = *from;
    ops->options.context = copy(ops->arena, from->context ? from->context : "");
    ops->options.journal_folder = copy(ops->arena, from->journal_folder);
    ops->options.who = (struct ops_who){
        .user = copy(ops->arena, from->who.user ? from->who.user : ""),
        .host = copy(ops->arena, from->who.host ? from->who.host : ""),
        .ssh_client = copy(ops->arena, from->who.ssh_client ? from->who.ssh_client : ""),
    };
    copy_controls(ops, from);
}

/* --- the thread --- */

static void
take_wishes(struct engine *engine)
{
    struct wish wish;

    while (store_take_wish(engine->store, WISH_FOR_ops, &wish))
        if (wish.kind == WISH_order) {
            orders_take(engine, wish.order);
            op_order_free(wish.order);
        }
}

static void
look_at_clocks(struct engine *engine)
{
    engine->now_ms = clock_mono_ms();
    engine->wall_ms = clock_wall_ms();
    if (engine->wall_ms < engine->last_wall_ms)
        turn_set_back(engine);
    engine->last_wall_ms = engine->wall_ms;
}

static void
publish(struct engine *engine)
{
    int64_t now_ms = clock_mono_ms();

    if (engine->ops_changed && now_ms >= engine->publish_ms) {
        publish_ops(engine);
        engine->publish_ms = engine_seldom(now_ms);
    }
    if (engine->control_changed)
        publish_control(engine);
}

/* What others write is seen when its bytes are written, and counts only once they are on disk: it
 * is looked for often for a while, and now and then for ever, since a disk may take its time. */
static int64_t
notice_due_ms(const struct engine *engine, int64_t now_ms)
{
    if (!engine->journal)
        return INT64_MAX;
    return now_ms + (now_ms < engine->notice_until_ms ? NOTICE_EACH_MS : NOTICE_SELDOM_MS);
}

static void
notice_others(struct engine *engine, bool is_written)
{
    if (is_written)
        engine->notice_until_ms = clock_mono_ms() + NOTICE_FOR_MS;
    if (engine->journal && journal_noticed(engine->journal))
        engine->others_are_old = true;
}

/* Until something happens, or that moment comes; is_leaving: it was told to stop already. */
static void
wait_until(struct ops *ops, int64_t due_ms, bool is_leaving)
{
    struct engine *engine = &ops->engine;
    struct pollfd fds[FIXED_FDS + MOST_COMMANDS] = {
        {.fd = is_leaving ? -1 : ops->stop_fd, .events = POLLIN},
        {.fd = store_wish_fd(engine->store, WISH_FOR_ops), .events = POLLIN},
        {.fd = mailbox_fd(engine->mailbox), .events = POLLIN},
        {.fd = engine->journal ? journal_fd(engine->journal) : -1, .events = POLLIN},
    };
    nfds_t n = FIXED_FDS;
    int64_t wait_ms;

    for (const struct run *run = engine->runs; run && n < COUNT_OF(fds); run = run->next) {
        if (!run->command)
            continue;
        fds[n++] = (struct pollfd){.fd = process_fd(run->command), .events = POLLIN};
        if (process_deadline_ms(run->command) < due_ms)
            due_ms = process_deadline_ms(run->command);
    }
    due_ms = earliest(due_ms, notice_due_ms(engine, clock_mono_ms()));
    wait_ms = due_ms == INT64_MAX ? -1 : due_ms - clock_mono_ms();
    if (wait_ms > LONGEST_WAIT_MS)
        wait_ms = LONGEST_WAIT_MS;
    poll(fds, n, due_ms == INT64_MAX ? -1 : (int)(wait_ms > 0 ? wait_ms : 0));
    notice_others(engine, fds[3].revents != 0);
}

static void
wait_for_news(struct ops *ops)
{
    wait_until(ops, turn_due_ms(&ops->engine), false);
}

static bool
is_stopped(const struct ops *ops)
{
    struct pollfd fd = {.fd = ops->stop_fd, .events = POLLIN};

    return poll(&fd, 1, 0) > 0;
}

/* The journal takes milliseconds to open, which the screen must not wait for. */
static void
open_journal(struct engine *engine)
{
    if (!engine->options->journal_folder)
        err_set(&engine->journal_error, ERR_IO,
                "no folder for the journal: neither XDG_STATE_HOME nor HOME is set");
    else
        engine->journal = journal_open(engine->options->journal_folder, &engine->journal_error);
    engine->notice_until_ms = clock_mono_ms() + NOTICE_FOR_MS; /* what was written just before */
    record_read_others(engine);
}

/* A token that was asked for opens the tunnel, and the old one does not: it is waited for, a while.
 */
static void
take_last_token(struct ops *ops)
{
    struct engine *engine = &ops->engine;
    int64_t until_ms = clock_mono_ms() + TOKEN_WITHIN_MS;

    for (look_at_clocks(engine); turn_holds_token(engine) && engine->now_ms < until_ms;
         look_at_clocks(engine)) {
        store_snapshot(engine->store, &engine->snapshot);
        turn_take_last(engine);
        store_release(engine->store, &engine->snapshot);
        if (turn_holds_token(engine))
            wait_until(ops, until_ms, true);
    }
}

static void *
run(void *context)
{
    struct ops *ops = context;
    struct engine *engine = &ops->engine;

    open_journal(engine);
    engine->ops_changed = engine->control_changed = true;
    while (!is_stopped(ops)) {
        look_at_clocks(engine);
        store_snapshot(engine->store, &engine->snapshot);
        turn_lock(engine);
        take_wishes(engine);
        turn_take(engine);
        store_release(engine->store, &engine->snapshot);
        record_look_at_others(engine);
        publish(engine);
        wait_for_news(ops);
    }
    take_last_token(ops);
    return NULL;
}

/* --- starting and ending --- */

struct ops *
ops_start(const struct ops_options *options, struct api *api, struct store *store, struct err *err)
{
    struct ops *ops = calloc(1, sizeof(*ops));

    if (!ops)
        die("out of memory");
    ops->arena = arena_new();
    copy_options(ops, options);
    ops->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (ops->stop_fd < 0)
        die("cannot make an eventfd: %s", strerror(errno));
    ops->engine = (struct engine){
        .options = &ops->options,
        .api = api,
        .store = store,
        .mailbox = mailbox_new(),
        .armed_until_ms = options->arm == ARM_always && !options->is_read_only ? INT64_MAX : 0,
    };
    if (thread_start(&ops->thread, "ops", run, ops, err))
        return ops;
    err_context(err, "ops");
    mailbox_free(ops->engine.mailbox);
    close(ops->stop_fd);
    arena_free(ops->arena);
    free(ops);
    return NULL;
}

/* What still runs is left to whoever resumes it; what was cancelled is over: nobody goes on with
 * it. */
static void
leave(struct engine *engine, struct run *run)
{
    const struct kind *kind = &kinds[run->kind];
    const char *doubt = kind->doubt && run->is_recorded ? kind->doubt(engine, run) : "";

    if (run->is_recorded && run->state == OP_STATE_stopping) {
        engine_end(engine, run, OP_STATE_cancelled,
                   "cancelled: %zu of %zu done; how what was on its way ended was not waited for%s",
                   run_count(run, OP_ITEM_done), run->n_items, doubt);
    } else if (run->is_recorded && !op_state_is_over(run->state)) {
        run->state = OP_STATE_interrupted;
        if (*doubt)
            run_summarize(run, "its console ended in the middle%s", doubt);
        record_state(engine, run, NULL);
    }
    run_free(run);
}

void
ops_stop(struct ops *ops)
{
    uint64_t one = 1;
    struct engine *engine;

    if (!ops)
        return;
    engine = &ops->engine;
    (void)!write(ops->stop_fd, &one, sizeof(one));
    pthread_join(ops->thread, NULL);
    api_call_forget(engine->api, engine->mailbox);
    while (engine->runs) {
        struct run *next = engine->runs->next;

        leave(engine, engine->runs);
        engine->runs = next;
    }
    journal_close(engine->journal);
    arena_free(engine->others_arena);
    map_free(engine->jobs);
    mailbox_free(engine->mailbox);
    close(ops->stop_fd);
    arena_free(ops->arena);
    free(ops);
}
