#include "cli/op_report.h"

#include <string.h>

#include "cli/fields.h"
#include "core/clock.h"
#include "core/text.h"
#include "model/looks.h"

enum { TIME_BYTES = 32, TITLE_BYTES = 192, MOST_CELLS = 40 };

static const char *const line_kinds[] = {
    [OP_LINE_call] = "call", [OP_LINE_command] = "command", [OP_LINE_warning] = "warning",
    [OP_LINE_note] = "note", [OP_LINE_step] = "step",       [OP_LINE_output] = "output",
};

/* ---- in words ---- */

void
op_title_add(struct text *out, const struct op *op)
{
    bool says_what = strcmp(op_object(op->kind), "job") == 0 && op->n_items > 1; /* "3 jobs" */

    text_addf(out, "%s ", op_verb(op->kind));
    if (!says_what)
        text_addf(out, "%s ", op_object(op->kind));
    text_add(out, op->object_name[0] ? op->object_name : op->object_id);
}

void
op_standing_add(struct text *out, const struct op *op, int64_t now_ms)
{
    text_add(out, op->phase[0] ? op->phase : op_state_name(op->state));
    if (op->n_items > 0)
        text_addf(out, ": %zu of %zu done", op->n_done, op->n_items);
    if (op->started_ms > 0 && now_ms >= op->started_ms) {
        text_add(out, ", ");
        duration_add(out, now_ms - op->started_ms);
    }
    if (op->remaining_ms >= 0 && now_ms > 0) {
        text_add(out, ", about ");
        duration_add(out, op->remaining_ms);
        text_add(out, " left");
    }
}

/* ---- for people ---- */

static void
print_lines(const struct page *page, const struct op *op, enum op_line_kind kind,
            const char *heading)
{
    bool has_any = false;

    for (size_t i = 0; i < op->n_lines; i++) {
        if (op->lines[i].kind != kind)
            continue;
        if (!has_any)
            page_heading(page, heading);
        has_any = true;
        fputs("  - ", page->out);
        page_wrap(page, op->lines[i].text, 4);
    }
}

/* What all of them lose, said once; NULL when it differs. */
static const char *
common_loss(const struct op *op)
{
    for (size_t i = 1; i < op->n_items; i++)
        if (strcmp(op->items[i].loses, op->items[0].loses) != 0)
            return NULL;
    return op->n_items > 1 ? op->items[0].loses : NULL;
}

static void
print_planned_items(const struct page *page, const struct op *op)
{
    static const char *const headings[] = {"what", "id", "state", "loses", NULL};
    static const char *const alike[] = {"what", "id", "state", NULL};
    const char *common = common_loss(op);
    struct table *table;

    if (op->n_items == 0)
        return;
    page_heading(page, "What it is about");
    if (common && *common) {
        fputs("  each loses: ", page->out);
        page_wrap(page, common, 4);
    }
    table = table_new(common ? alike : headings);
    for (size_t i = 0; i < op->n_items; i++) {
        table_row(table, op->items[i].progress == OP_ITEM_left ? ROLE_stale : ROLE_info);
        table_cell_short(table, op->items[i].name, MOST_CELLS);
        table_cell(table, "%s", op->items[i].id);
        table_cell_short(table, op->items[i].what, MOST_CELLS);
        if (!common)
            table_cell(table, "%s", op->items[i].loses);
    }
    table_print(page->out, table, page->marking);
    table_free(table);
}

static void
print_choices(const struct page *page, const struct op *op)
{
    TEXT(grace, TIME_BYTES);

    if (!op->choices_offered)
        return;
    page_heading(page, "Choices");
    for (int i = 0; i < OP_CHOICE_COUNT; i++) {
        if (!(op->choices_offered & 1u << i))
            continue;
        fprintf(page->out, "  [%c] %s: ", op->choices & 1u << i ? 'x' : ' ',
                op_choice_name((enum op_choice)i));
        page_wrap(page, op_choice_what((enum op_choice)i), 6);
    }
    if (!op_has_grace(op))
        return;
    duration_add(&grace, op->grace_ms);
    fprintf(page->out, "  grace time %s: until then nothing is forced\n", grace.bytes);
}

void
op_print_plan(const struct page *page, const struct op *op)
{
    TEXT(title, TITLE_BYTES);

    text_add(&title, "Plan: ");
    op_title_add(&title, op);
    page_heading(page, title.bytes);
    fputs("  ", page->out);
    page_wrap(page, op_what(op->kind), 2);
    print_lines(page, op, OP_LINE_warning, "Beware");
    print_choices(page, op);
    print_planned_items(page, op);
    print_lines(page, op, OP_LINE_note, "Known");
    print_lines(page, op, OP_LINE_call, "Calls");
    print_lines(page, op, OP_LINE_command, "Commands");
    fputc('\n', page->out);
}

void
op_print_items(const struct page *page, const struct op *op)
{
    static const char *const headings[] = {"what", "id", "progress", "note", NULL};
    struct table *table;

    if (op->n_items == 0)
        return;
    table = table_new(headings);
    for (size_t i = 0; i < op->n_items; i++) {
        const struct op_item *item = &op->items[i];

        table_row(table, op_progress_role(item->progress));
        table_cell_short(table, item->name, MOST_CELLS);
        table_cell(table, "%s", item->id);
        table_cell(table, "%s", op_progress_name(item->progress));
        table_cell(table, "%s", item->note);
    }
    table_print(page->out, table, page->marking);
    table_free(table);
}

void
op_print_end(const struct page *page, const struct op *op, int64_t now_ms)
{
    enum role role = op_state_role(op->state);
    int64_t until_ms = op->ended_ms > 0 ? op->ended_ms : now_ms;
    TEXT(title, TITLE_BYTES);

    op_title_add(&title, op);
    if (op->started_ms > 0 && until_ms >= op->started_ms) {
        text_add(&title, ", ");
        duration_add(&title, until_ms - op->started_ms);
    }
    op_print_items(page, op);
    marking_begin(page->out, page->marking, role);
    fprintf(page->out, "%s %s", marking_glyph(page->marking, role), op_state_name(op->state));
    marking_end(page->out, page->marking);
    fputs(": ", page->out);
    marking_text(page->out, page->marking, title.bytes);
    if (op->summary[0]) {
        fputs(": ", page->out);
        marking_text(page->out, page->marking, op->summary);
    }
    fputc('\n', page->out);
}

/* ---- as JSON ---- */

static void
add_choices(struct json *object, const char *key, unsigned choices)
{
    struct json *array = json_add_array(object, key);

    for (int i = 0; i < OP_CHOICE_COUNT; i++)
        if (choices & 1u << i)
            json_add(array, NULL, json_new_string(op_choice_name((enum op_choice)i)));
}

static void
add_items(struct json *object, const struct op *op)
{
    struct json *array = json_add_array(object, "items");

    for (size_t i = 0; i < op->n_items; i++) {
        const struct op_item *item = &op->items[i];
        struct json *member = json_add_object(array, NULL);

        json_add_string(member, "id", item->id);
        field_word(member, "name", item->name);
        json_add_string(member, "progress", op_progress_name(item->progress));
        field_word(member, "what", item->what);
        field_word(member, "loses", item->loses);
        field_word(member, "note", item->note);
        field_time(member, "asked_at", item->asked_ms);
        field_time(member, "done_at", item->done_ms);
    }
}

void
op_add_json(struct json *object, const struct op *op)
{
    field_word(object, "id", op->id);
    json_add_string(object, "verb", op_verb(op->kind));
    json_add_string(object, "object", op_object(op->kind));
    json_add_string(object, "state", op_state_name(op->state));
    json_add_bool(object, "is_over", op_state_is_over(op->state));
    field_word(object, "object_id", op->object_id);
    field_word(object, "object_name", op->object_name);
    field_word(object, "pool_id", op->pool_id);
    field_word(object, "summary", op->summary);
    field_word(object, "phase", op->phase);
    field_word(object, "user", op->user);
    field_word(object, "host", op->host);
    field_word(object, "ssh_client", op->ssh_client);
    field_word(object, "reason", op->reason);
    json_add_bool(object, "is_headless", op->is_headless);
    add_choices(object, "choices", op->choices);
    field_seconds(object, "grace_seconds", op->grace_ms);
    field_time(object, "planned_at", op->planned_ms);
    field_time(object, "confirmed_at", op->confirmed_ms);
    field_time(object, "started_at", op->started_ms);
    field_time(object, "ended_at", op->ended_ms);
    add_items(object, op);
}

static bool
is_of_record(enum op_line_kind kind)
{
    return kind == OP_LINE_step || kind == OP_LINE_output;
}

void
op_add_lines(struct json *document, const struct op *op)
{
    struct json *plan = json_add_array(document, "plan");
    struct json *steps = json_add_array(document, "steps");

    for (size_t i = 0; i < op->n_lines; i++) {
        const struct op_line *line = &op->lines[i];
        struct json *member = json_add_object(is_of_record(line->kind) ? steps : plan, NULL);

        json_add_string(member, "kind", line_kinds[line->kind]);
        json_add_string(member, "text", line->text);
        if (is_of_record(line->kind))
            field_time(member, "at", line->at_ms);
    }
}
