/* history.c — `sandwatch history`: which ops there were, by whom, why, and how they ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/fields.h"
#include "cli/op_report.h"
#include "core/arena.h"
#include "core/clock.h"
#include "core/text.h"
#include "history/journal.h"
#include "model/looks.h"

enum { TIME_BYTES = 32, CELL_BYTES = 256, MOST_CELLS = 32 };

/* ---- since when ---- */

bool
history_since_read(const char *text, int64_t now_ms, int64_t *out, struct err *err)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60 * 1000}, {'h', 3600 * 1000}, {'d', 86400 * 1000}};
    size_t n = strlen(text);
    char number[16];
    int64_t count;

    if (rfc3339_parse(text, out))
        return true;
    snprintf(number, sizeof(number), "%.*s", n > 0 ? (int)n - 1 : 0, text);
    for (size_t i = 0; i < COUNT_OF(units) && n > 1 && n <= 7; i++)
        if (text[n - 1] == units[i].unit && int_parse(number, &count) && count >= 0) {
            *out = now_ms - count * units[i].ms;
            return true;
        }
    return err_set(err, ERR_USAGE,
                   "--since: expected 90s, 45m, 2h, 3d or a time such as 2026-11-23T09:00:00Z, "
                   "found \"%.40s\"",
                   text);
}

/* ---- an op of the journal as everybody prints it ---- */

/* One op and its steps; the row's strings are the journal's. */
struct past {
    const struct journal_op *op;
    struct op row;
    const struct journal_step *steps;
    size_t n_steps;
};

static void
take_items(struct past *past, struct arena *arena)
{
    const struct journal_op *op = past->op;
    struct op_item *items = arena_array(arena, op->n_items, sizeof(*items));

    for (size_t i = 0; i < op->n_items; i++) {
        items[i] = (struct op_item){
            .id = op->items[i].id,
            .name = op->items[i].name,
            .what = "",
            .loses = "",
            .note = op->items[i].note,
            .progress = op->items[i].progress,
            .asked_ms = op->items[i].asked_ms,
            .done_ms = op->items[i].done_ms,
        };
        past->row.n_done += items[i].progress == OP_ITEM_done;
    }
    past->row.items = items;
    past->row.n_items = op->n_items;
}

/* What it said last was true at that moment only. */
static void
say_where_it_was_left(struct past *past, struct arena *arena)
{
    size_t n_left = 0;

    for (size_t i = 0; i < past->row.n_items; i++)
        n_left += past->row.items[i].progress < OP_ITEM_done;
    past->row.summary = arena_printf(arena, "interrupted: %zu of %zu done, %zu left",
                                     past->row.n_done, past->row.n_items, n_left);
}

/* An op that nobody works on any more was interrupted, whatever it last wrote. */
static void
take_row(struct past *past, const struct journal_op *op, struct arena *arena)
{
    past->op = op;
    past->row = (struct op){
        .id = op->id,
        .kind = op->kind,
        .state = op->is_alive ? op->state : OP_STATE_interrupted,
        .object_id = op->object_id,
        .object_name = op->object_name,
        .pool_id = op->pool_id,
        .summary = op->summary,
        .phase = op->phase,
        .user = op->user,
        .host = op->host,
        .ssh_client = op->ssh_client,
        .reason = op->reason,
        .is_headless = op->is_headless,
        .choices = op->choices,
        .grace_ms = op->grace_ms,
        .planned_ms = op->planned_ms,
        .confirmed_ms = op->confirmed_ms,
        .started_ms = op->started_ms,
        .ended_ms = op->ended_ms,
        .remaining_ms = -1,
    };
    take_items(past, arena);
    if (past->row.state == OP_STATE_interrupted)
        say_where_it_was_left(past, arena);
}

/* ---- as JSON ---- */

static void
add_steps(struct json *object, const struct past *past)
{
    struct json *array = json_add_array(object, "steps");

    for (size_t i = 0; i < past->n_steps; i++) {
        const struct journal_step *step = &past->steps[i];
        struct json *member = json_add_object(array, NULL);

        json_add_int(member, "seq", step->seq);
        field_time(member, "at", step->at_ms);
        field_time(member, "answered_at", step->answered_ms);
        json_add_string(member, "what", step->what);
        field_word(member, "target", step->target);
        field_word(member, "detail", step->detail);
        field_word(member, "result", step->result);
    }
}

static void
print_document(const struct history_options *options, const struct past *past, size_t n)
{
    struct json *document = json_new_object(), *array;

    field_time(document, "generated_at", clock_wall_ms());
    field_time(document, "since", options->since_ms);
    array = json_add_array(document, "ops");
    for (size_t i = 0; i < n; i++) {
        struct json *object = json_add_object(array, NULL);

        op_add_json(object, &past[i].row);
        field_word(object, "context", past[i].op->context);
        add_steps(object, &past[i]);
    }
    fields_print(stdout, document, true);
}

/* ---- for people ---- */

static void
add_who(struct text *out, const struct op *op)
{
    text_add(out, op->user);
    if (op->host[0])
        text_addf(out, "@%s", op->host);
    if (op->ssh_client[0])
        text_addf(out, " from %s", op->ssh_client);
}

static void
add_row(struct table *table, const struct op *op)
{
    TEXT(time, TIME_BYTES);
    TEXT(took, TIME_BYTES);
    TEXT(title, CELL_BYTES);
    TEXT(who, CELL_BYTES);

    rfc3339_add(&time, op->planned_ms);
    if (op->started_ms > 0 && op->ended_ms >= op->started_ms)
        duration_add(&took, op->ended_ms - op->started_ms);
    op_title_add(&title, op);
    add_who(&who, op);
    table_row(table, op_state_role(op->state));
    table_cell(table, "%s", time.bytes);
    table_cell(table, "%s", op->id);
    table_cell_short(table, title.bytes, 2 * MOST_CELLS);
    table_cell(table, "%s", op_state_name(op->state));
    table_cell(table, "%zu/%zu", op->n_done, op->n_items);
    table_cell(table, "%s", took.bytes);
    table_cell_short(table, who.bytes, MOST_CELLS);
    table_cell_short(table, op->reason, MOST_CELLS);
    table_cell(table, "%s", op->summary);
}

static size_t
print_table(const struct page *page, const struct past *past, size_t n)
{
    static const char *const headings[] = {"when", "op",  "what", "state",   ">done",
                                           "took", "who", "why",  "summary", NULL};
    struct table *table = table_new(headings);
    size_t n_interrupted = 0;

    for (size_t i = 0; i < n; i++) {
        add_row(table, &past[i].row);
        n_interrupted += past[i].row.state == OP_STATE_interrupted;
    }
    if (n > 0)
        table_print(page->out, table, page->marking);
    else
        fputs("no ops\n", page->out);
    table_free(table);
    return n_interrupted;
}

static void
print_steps(const struct page *page, const struct past *past)
{
    static const char *const headings[] = {"when", ">", "what", "target", "result", "call", NULL};
    struct table *table = table_new(headings);

    for (size_t i = 0; i < past->n_steps; i++) {
        const struct journal_step *step = &past->steps[i];
        TEXT(time, TIME_BYTES);

        rfc3339_add(&time, step->at_ms);
        table_row(table, step->result[0] ? ROLE_info : ROLE_warn);
        table_cell(table, "%s", time.bytes);
        table_cell(table, "%" PRId64, step->seq);
        table_cell(table, "%s", step->what);
        table_cell(table, "%s", step->target);
        table_cell(table, "%s", step->result[0] ? step->result : "not known");
        table_cell(table, "%s", step->detail);
    }
    page_heading(page, "Steps");
    table_print(page->out, table, page->marking);
    table_free(table);
}

static void
print_one(const struct page *page, const struct past *past)
{
    (void)print_table(page, past, 1);
    if (past->row.n_items > 0) {
        page_heading(page, "Objects");
        op_print_items(page, &past->row);
    }
    if (past->n_steps > 0)
        print_steps(page, past);
}

static void
print_text(const struct history_options *options, const struct past *past, size_t n)
{
    const struct page page = {
        .out = stdout,
        .marking = {.is_ascii = options->look.is_ascii, .has_colour = options->look.has_colour},
    };
    size_t n_interrupted = 0;

    if (options->op_id)
        print_one(&page, past);
    else
        n_interrupted = print_table(&page, past, n);
    if (n_interrupted > 0)
        fprintf(stderr,
                "sandwatch: history: %zu interrupted; history --resume ID goes on, --dismiss ID "
                "sets it aside\n",
                n_interrupted);
}

/* ---- reading ---- */

static bool
read_past(struct journal *journal, const struct history_options *options, struct arena *arena,
          struct past **out, size_t *n, struct err *err)
{
    const struct journal_query query = {.op_id = options->op_id, .since_ms = options->since_ms};
    bool has_steps = options->op_id || options->look.is_json;
    const struct journal_op *ops;

    if (!journal_read(journal, &query, arena, &ops, n, err))
        return false;
    if (options->op_id && *n == 0)
        return err_set(err, ERR_USAGE, "the journal knows no op \"%.40s\"", options->op_id);
    *out = arena_array(arena, *n, sizeof(**out));
    for (size_t i = 0; i < *n; i++) {
        take_row(&(*out)[i], &ops[i], arena);
        if (has_steps && !journal_read_steps(journal, ops[i].id, arena, &(*out)[i].steps,
                                             &(*out)[i].n_steps, err))
            return false;
    }
    return true;
}

static struct journal *
open_to_read(const char *folder, struct err *err)
{
    if (folder)
        return journal_open_to_read(folder, err);
    err_set(err, ERR_IO, "neither XDG_STATE_HOME nor HOME says where the journal is");
    return NULL;
}

bool
history_is_open(const char *folder, const char *op_id, struct err *err)
{
    const struct journal_query query = {.op_id = op_id};
    struct journal *journal = open_to_read(folder, err);
    struct arena *arena = arena_new();
    const struct journal_op *op;
    size_t n = 0;
    bool is_good = journal && journal_read(journal, &query, arena, &op, &n, err);

    if (is_good && n == 0)
        is_good = err_set(err, ERR_USAGE, "the journal knows no op \"%.40s\"", op_id);
    else if (is_good && op->ended_ms > 0)
        is_good = err_set(err, ERR_USAGE, "%.40s is over: %s", op_id, op_state_name(op->state));
    journal_close(journal);
    arena_free(arena);
    return is_good;
}

static bool
print_history(const struct history_options *options, struct arena *arena, struct err *err)
{
    struct journal *journal;
    struct past *past = NULL;
    size_t n = 0;
    bool is_good;

    journal = open_to_read(options->folder, err);
    if (!journal)
        return false;
    is_good = read_past(journal, options, arena, &past, &n, err);
    journal_close(journal);
    if (is_good && options->look.is_json)
        print_document(options, past, n);
    else if (is_good)
        print_text(options, past, n);
    return is_good;
}

int
cli_history(const struct history_options *options)
{
    struct arena *arena = arena_new();
    struct err err = {0};
    bool is_good = print_history(options, arena, &err);

    arena_free(arena);
    if (!is_good) {
        fprintf(stderr, "sandwatch: history: %s\n", err.message);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
