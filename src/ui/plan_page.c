#include "ui/plan_page.h"

#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "ui/console.h"
#include "ui/op_words.h"

enum { NAME_CELLS = 30, LEAST_NAME_CELLS = 8, BEHIND_CELLS = 38, LINE_BYTES = 600 };

static void
padded_add(struct text *out, const struct page *page, const char *s, size_t cells)
{
    size_t used = text_cells(s);

    text_add_cells(out, s, cells, page->frame->is_ascii ? "~" : "…");
    while (used++ < cells)
        text_add(out, " ");
}

/* When all lose the same, it is said once. */
static const char *
common_loss(const struct op *op)
{
    for (size_t i = 1; i < op->n_items; i++)
        if (strcmp(op->items[i].loses, op->items[0].loses) != 0)
            return "";
    return op->n_items > 1 ? op->items[0].loses : "";
}

/* Is it what the operator waits for? */
static bool
is_open(const struct op_item *item)
{
    return item->progress != OP_ITEM_done && item->progress != OP_ITEM_left;
}

static const char *
name_of(const struct op_item *item)
{
    return item->name[0] ? item->name : item->id;
}

/* As wide as the longest, as far as what stands behind them leaves room. */
static size_t
name_cells(const struct page *page, const struct op *op, bool is_plan)
{
    size_t longest = LEAST_NAME_CELLS, behind = 0, width = page->r.w > 0 ? (size_t)page->r.w : 0;
    size_t narrow = width / 3 < NAME_CELLS ? width / 3 : NAME_CELLS;

    for (size_t i = 0; i < op->n_items; i++) {
        size_t cells = text_cells(name_of(&op->items[i])), what = text_cells(op->items[i].what);

        longest = cells > longest ? cells : longest;
        behind = what > behind ? what : behind;
    }
    if (!is_plan)
        behind = BEHIND_CELLS;
    if (behind + 4 + narrow < width)
        narrow = width - behind - 4;
    narrow = narrow > LEAST_NAME_CELLS ? narrow : LEAST_NAME_CELLS;
    return longest < narrow ? longest : narrow;
}

static void
page_planned_item(struct page *page, const struct op_item *item, size_t cells)
{
    TEXT(line, LINE_BYTES);

    padded_add(&line, page, name_of(item), cells);
    text_addf(&line, "  %s", item->what);
    page_line(page, ROLE_text, ROLE_text, line.bytes);
}

static void
page_item(struct page *page, const struct op_item *item, size_t cells)
{
    TEXT(line, LINE_BYTES);

    padded_add(&line, page, name_of(item), cells);
    text_add(&line, "  ");
    padded_add(&line, page, op_item_word(item->progress), 10);
    if (item->asked_ms > 0 && item->done_ms == 0 && is_open(item)) {
        text_add(&line, "  for ");
        age_add(&line, page->frame, item->asked_ms);
    }
    if (item->note[0]) {
        text_addf(&line, "  %s", item->note);
    } else if (item->done_ms > 0 && item->asked_ms > 0) {
        text_add(&line, "  after ");
        duration_add(&line, item->done_ms - item->asked_ms);
    }
    page_line(page, op_progress_role(item->progress), ROLE_text, line.bytes);
}

static void
page_planned_items(struct page *page, const struct op *op)
{
    const char *common = common_loss(op);

    TEXT(heading, 100);

    if (op->n_items == 0)
        return;
    text_addf(&heading, "WHAT IT IS ABOUT: %zu, as of ", op->n_items);
    moment_add(&heading, page->frame, op->planned_ms); /* its ages stand still */
    page_section(page, heading.bytes);
    page_field(page, "each loses", ROLE_warn, common);
    for (size_t i = 0; i < op->n_items; i++) {
        page_planned_item(page, &op->items[i], name_cells(page, op, true));
        if (!common[0])
            page_field(page, "  loses", ROLE_warn, op->items[i].loses);
    }
}

void
page_op_items(struct page *page, const struct op *op, bool is_all)
{
    size_t n_open = 0, cells = name_cells(page, op, false);

    for (size_t i = 0; i < op->n_items; i++)
        n_open += is_open(&op->items[i]);
    if (n_open > 0)
        page_section(page, "NOT DONE YET");
    for (size_t i = 0; i < op->n_items; i++)
        if (is_open(&op->items[i]))
            page_item(page, &op->items[i], cells);
    if (!is_all || n_open == op->n_items)
        return;
    page_section(page, "DONE");
    for (size_t i = 0; i < op->n_items; i++)
        if (!is_open(&op->items[i]))
            page_item(page, &op->items[i], cells);
}

/* The lines of a kind, a heading before the first. */
static void
page_lines_of(struct page *page, const struct op *op, enum op_line_kind kind, const char *heading)
{
    bool is_first = true;

    for (size_t i = 0; i < op->n_lines; i++) {
        if (op->lines[i].kind != kind)
            continue;
        if (is_first && *heading)
            page_section(page, heading);
        is_first = false;
        page_sentence(page, kind == OP_LINE_warning ? ROLE_warn : ROLE_text,
                      kind == OP_LINE_warning ? ROLE_warn : ROLE_text, op->lines[i].text);
    }
}

/* The line that was just written is where the cursor can stand. */
static void
highlight(struct plan_page *plan, enum dialog_stop stop)
{
    struct page *page = &plan->page;
    int y = page->r.y + page->lines - 1 - page->scroll;

    if (plan->console->dialog.stop != stop)
        return;
    plan->focus_line = page->lines - 1;
    if (y < page->r.y || y >= page->r.y + page->r.h)
        return;
    canvas_text(page->canvas, page->r.x, y, 1, ROLE_key,
                glyph(page->frame->theme, page->frame->is_ascii, ROLE_selected));
    canvas_over(page->canvas, (struct rect){page->r.x + 2, y, page->r.w - 2, 1}, ROLE_selected);
}

static void
page_choice(struct plan_page *plan, unsigned choices, enum op_choice choice)
{
    bool is_chosen = choices & 1u << choice;
    TEXT(line, LINE_BYTES);

    text_addf(&line, "  [%s] %s", is_chosen ? "x" : " ", op_choice_what(choice));
    page_line(&plan->page, ROLE_text, is_chosen ? ROLE_title : ROLE_text, line.bytes);
    highlight(plan, (enum dialog_stop)choice);
}

static void
page_grace(struct plan_page *plan, int64_t grace_ms)
{
    TEXT(line, LINE_BYTES);

    text_add(&line, "  grace time ");
    duration_add(&line, grace_ms);
    text_add(&line, ": until then nothing is forced");
    page_line(&plan->page, ROLE_text, ROLE_text, line.bytes);
    highlight(plan, STOP_grace);
}

static void
page_choices(struct plan_page *plan, const struct op *op)
{
    const struct dialog *dialog = &plan->console->dialog;
    unsigned choices = dialog->is_choosing ? dialog->choices : op->choices;

    if (!op->choices_offered)
        return;
    page_section(&plan->page, dialog->is_choosing ? "YOUR CHOICE (the plan is being made again)"
                                                  : "YOUR CHOICE");
    for (enum op_choice choice = 0; choice < OP_CHOICE_COUNT; choice++)
        if (op->choices_offered & 1u << choice)
            page_choice(plan, choices, choice);
    if (op_has_grace(op))
        page_grace(plan, dialog->is_choosing ? dialog->grace_ms : op->grace_ms);
}

static void
page_planned(struct plan_page *plan, const struct op *op)
{
    struct page *page = &plan->page;

    page_sentence(page, ROLE_text, ROLE_title, op_what(op->kind));
    page_lines_of(page, op, OP_LINE_warning, "");
    page_choices(plan, op);
    page_planned_items(page, op);
    page_lines_of(page, op, OP_LINE_note, "WHAT IS KNOWN");
    page_lines_of(page, op, OP_LINE_call, "CALLS");
    page_lines_of(page, op, OP_LINE_command, "COMMANDS");
}

static void
page_waiting(struct page *page, const struct console *console, const struct op *op)
{
    int64_t waited_ms = console->mono_ms - console->dialog.opened_ms;
    TEXT(line, 160);

    page_sentence(page, ROLE_stale, ROLE_text, "making the plan…");
    if (op)
        page_sentence(page, ROLE_text, ROLE_dim, op->summary);
    if (waited_ms < DIALOG_PATIENCE_MS)
        return;
    text_add(&line, "nothing was heard for ");
    duration_add(&line, waited_ms);
    text_add(&line, "; Esc closes this, and nothing will be done");
    page_sentence(page, ROLE_warn, ROLE_text, line.bytes);
}

static void
page_plan(struct plan_page *plan)
{
    const struct dialog *dialog = &plan->console->dialog;
    const struct op *op = dialog_op(plan->console);
    struct page *page = &plan->page;

    if (!op && dialog->op_id[0]) {
        page_sentence(page, ROLE_stale, ROLE_text,
                      "this plan is not there any more: after two minutes it is forgotten, for the "
                      "world went on; Esc, and ask for it again");
    } else if (!op || op->state == OP_STATE_planning) {
        page_waiting(page, plan->console, op);
    } else if (op->state == OP_STATE_refused) {
        page_sentence(page, ROLE_warn, ROLE_title, op->summary);
        page_blank(page);
        page_sentence(page, ROLE_text, ROLE_dim, "nothing was done");
        page_lines_of(page, op, OP_LINE_warning, "");
        page_lines_of(page, op, OP_LINE_note, "WHAT IS KNOWN");
    } else if (dialog->is_second_step) {
        page_sentence(page, ROLE_fail, ROLE_fail, op->why_retype);
        page_blank(page);
        page_sentence(page, ROLE_text, ROLE_text,
                      "This takes a second confirmation. Esc goes back to the plan.");
    } else {
        page_planned(plan, op);
    }
}

static void
page_arm(struct page *page, const struct control *control)
{
    page_sentence(
        page, ROLE_text, ROLE_text,
        "Armed, keys such as drain, restart and stop may act, each after its own plan. It "
        "locks again by itself: when its time is over, when nobody types for three "
        "minutes, and when this session ends.");
    if (control && control->is_production)
        page_sentence(page, ROLE_warn, ROLE_warn, "This is production.");
    if (control && control->locked_why[0]) {
        page_blank(page);
        page_field(page, "locked now", ROLE_dim, control->locked_why);
    }
}

static void
page_answer(struct plan_page *plan)
{
    const struct op *op = dialog_op(plan->console);
    enum op_offer offer = plan->console->dialog.offer;
    struct page *page = &plan->page;

    if (!op) {
        page_sentence(page, ROLE_stale, ROLE_text, "this op is not there any more");
        return;
    }
    page_sentence(page, ROLE_warn, ROLE_title, op_offer_question(offer));
    page_sentence(page, ROLE_text, ROLE_text, op->offer_text);
    page_blank(page);
    if (strcmp(op->summary, op->offer_text) != 0)
        page_field(page, "stands", ROLE_text, op->summary);
    page_op_items(page, op, false);
}

void
plan_page_draw(struct plan_page *plan)
{
    plan->focus_line = -1;
    switch (plan->console->dialog.kind) {
    case DIALOG_arm:
        page_arm(&plan->page, control_of(&plan->console->snapshot));
        break;
    case DIALOG_plan:
        page_plan(plan);
        break;
    default:
        page_answer(plan);
    }
}
