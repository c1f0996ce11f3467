#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "ui/op_view.h"
#include "ui/op_words.h"
#include "ui/plan_page.h"

static void
page_who(struct page *page, const struct op *op)
{
    TEXT(who, 200);

    text_addf(&who, "%s%s%s", op->user, op->host[0] ? "@" : "", op->host);
    if (op->ssh_client[0])
        text_addf(&who, " from %s", op->ssh_client);
    if (op->is_headless)
        text_add(&who, ", from the command line");
    page_field(page, "by", ROLE_text, who.bytes);
    page_field(page, "reason", ROLE_text, op->reason);
    page_moment(page, "planned", op->planned_ms);
    page_moment(page, "confirmed", op->confirmed_ms);
    page_moment(page, "started", op->started_ms);
    page_moment(page, "ended", op->ended_ms);
    page_field(page, "id", ROLE_dim, op->id);
}

static void
page_progress(struct page *page, const struct op *op)
{
    TEXT(line, 200);

    op_add_counts(&line, op, page->frame->now_ms);
    page_field(page, "progress", ROLE_text, line.bytes);
    page_field(page, "phase", ROLE_text, op_state_is_over(op->state) ? "" : op->phase);
    text_clear(&line);
    if (op_is_going(op) && op->remaining_ms >= 0) {
        text_add(&line, "about ");
        duration_add(&line, op->remaining_ms);
        page_field(page, "left", ROLE_text, line.bytes);
    }
}

static const char *
keys_that_answer(const struct op *op)
{
    if (op->offer == OP_OFFER_resume)
        return "Enter: resume it, or set it aside";
    return "Enter answers";
}

static void
page_offer(struct page *page, const struct op *op)
{
    if (op->offer == OP_OFFER_nothing || op_state_is_over(op->state))
        return;
    page_section(page, "IT ASKS");
    page_sentence(page, ROLE_warn, ROLE_warn, op->offer_text);
    if (op->is_ours || op->offer == OP_OFFER_resume)
        page_next_step(page, keys_that_answer(op));
}

enum { LIVE_LINES = 8 };

static size_t
count_lines(const struct op *op, enum op_line_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < op->n_lines; i++)
        n += op->lines[i].kind == kind;
    return n;
}

/* What was done, with its time; the newest last, as in any log; without the first `skip`. */
static void
page_lines(struct page *page, const struct op *op, enum op_line_kind kind, const char *heading,
           size_t skip)
{
    bool is_first = true;

    for (size_t i = 0; i < op->n_lines; i++) {
        TEXT(line, 1000);

        if (op->lines[i].kind != kind || (skip > 0 && skip--))
            continue;
        if (is_first)
            page_section(page, heading);
        is_first = false;
        if (op->lines[i].at_ms > 0) {
            time_of_day_add(&line, op->lines[i].at_ms);
            text_add(&line, "  ");
        }
        text_add(&line, op->lines[i].text);
        if (kind == OP_LINE_output)
            page_line(page, ROLE_text, ROLE_dim, line.bytes);
        else
            page_sentence(page, ROLE_text, ROLE_text, line.bytes);
    }
}

static void
page_record(struct page *page, const struct op *op, enum op_line_kind kind, const char *heading)
{
    page_lines(page, op, kind, heading, 0);
}

/* What commands say while they run is seen without scrolling. */
static void
page_live_output(struct page *page, const struct op *op)
{
    size_t n = count_lines(op, OP_LINE_output);

    if (op_is_going(op))
        page_lines(page, op, OP_LINE_output, "COMMANDS SAY", n > LIVE_LINES ? n - LIVE_LINES : 0);
}

int
op_page_draw(struct canvas *canvas, struct rect r, const struct frame *frame, const char *op_id,
             int scroll)
{
    struct page page = {.canvas = canvas, .r = r, .frame = frame, .scroll = scroll};
    const struct op *op = op_by_id(frame->snapshot, op_id);
    TEXT(name, 200);

    if (!op) {
        page_sentence(&page, ROLE_stale, ROLE_text, "this op is not known any more");
        return page.lines;
    }
    op_add_name(&name, op);
    page_title(&page, op_state_role(op->state), name.bytes, op_state_name(op->state));
    if (op->summary[0] && strcmp(op->summary, op->offer_text) != 0)
        page_sentence(&page, ROLE_text, ROLE_text, op->summary);
    page_offer(&page, op);
    page_blank(&page);
    page_progress(&page, op);
    page_who(&page, op);
    page_live_output(&page, op);
    page_op_items(&page, op, true);
    page_record(&page, op, OP_LINE_step, "RECORD");
    page_record(&page, op, OP_LINE_output, "OUTPUT OF COMMANDS");
    page_record(&page, op, OP_LINE_warning, "SAID BEFORE");
    page_record(&page, op, OP_LINE_call, "CALLS");
    page_record(&page, op, OP_LINE_command, "COMMANDS");
    return page.lines;
}
