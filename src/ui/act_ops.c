/* act_ops.c — commands that change the world: which objects they are about, and why they can do
 * nothing. They open dialogs, and never do anything themselves. */
#include "ui/act_ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/die.h"
#include "core/text.h"
#include "ui/console.h"
#include "ui/list.h"
#include "ui/op_view.h"
#include "ui/op_words.h"

enum { SURPRISE_MS = 1000 };

/* What the rows of a pane are to an op, and the column that names them. */
static const struct {
    const char *object[2], *name_column;
} rows_as[PANE_COUNT] = {
    [PANE_pools] = {{"pool"}, "pool"},
    [PANE_jobs] = {{"job"}, "session"},
    [PANE_tunnels] = {{"connector", "tunnel"}, "tunnel"},
};

bool
ops_is_verb(enum command_id command)
{
    for (int kind = 0; kind < OP_KIND_COUNT; kind++)
        if (strcmp(op_verb((enum op_kind)kind), command_infos[command].name) == 0)
            return true;
    return false;
}

/* The pane that a command is about; PANE_COUNT for the events. */
static int
view_here(const struct console *console)
{
    const struct pane *pane = console_pane(console);
    int view = 0;

    while (view < PANE_COUNT && panes[view] != pane)
        view++;
    return view;
}

enum op_kind
ops_kind_here(const struct console *console, enum command_id command)
{
    const char *verb = command_infos[command].name;
    enum op_kind kind = OP_KIND_COUNT;
    int view = view_here(console);

    for (size_t i = 0; view < PANE_COUNT && i < COUNT_OF(rows_as[view].object); i++)
        if (rows_as[view].object[i] && kind == OP_KIND_COUNT)
            kind = op_kind_find(verb, rows_as[view].object[i]);
    return kind;
}

/* Read-only is known before the ops room has said anything. */
static bool
may(const struct console *console, enum op_kind kind, struct err *err)
{
    static const struct control read_only = {.is_read_only = true};
    const struct control *control = control_of(&console->snapshot);

    if (op_is_look(kind))
        return true;
    if (console->frame.is_read_only)
        control = &read_only;
    return permit_check(control, kind, false, console->frame.now_ms, err);
}

bool
ops_is_permitted(const struct console *console, enum command_id command)
{
    enum op_kind kind = ops_kind_here(console, command);

    return kind != OP_KIND_COUNT && may(console, kind, NULL);
}

static bool
is_markable(const struct console *console)
{
    int view = view_here(console);

    return view < PANE_COUNT && rows_as[view].object[0];
}

/* "drain is for a pool or a connector, and nothing here is one" */
static void
explain_verb(struct text *out, const char *verb)
{
    const char *before = " is for a ";

    text_add(out, verb);
    for (int kind = 0; kind < OP_KIND_COUNT; kind++) {
        if (strcmp(op_verb((enum op_kind)kind), verb) != 0)
            continue;
        text_addf(out, "%s%s", before, op_object((enum op_kind)kind));
        before = " or a ";
    }
    text_add(out, ", and nothing here is one");
}

static bool
has_marks(struct console *console)
{
    return !console->n_overlays && console_state(console) && console_state(console)->marks.n > 0;
}

static void
refuse_selection(struct console *console, struct text *out)
{
    struct pane_state *state = console_state(console);

    if (has_marks(console))
        return;
    if (!list_has(console_pane(console)->list, &console->frame, console_selected(console)))
        text_add(out, "no row is selected");
    else if (!console->n_overlays && state->moved_ms > 0 &&
             console->frame.now_ms - state->moved_ms < SURPRISE_MS)
        text_add(out, "the cursor has just moved, because the rows did: look again, then press it "
                      "again");
}

void
ops_refusal(struct console *console, enum command_id command, struct text *out)
{
    enum op_kind kind;
    struct err err = {0};

    if (command == COMMAND_mark && !is_markable(console))
        text_add(out,
                 "there is nothing to do to these rows; pools, jobs and tunnels can be marked");
    if (!ops_is_verb(command))
        return;
    kind = ops_kind_here(console, command);
    if (console->n_overlays && console_overlay(console)->kind >= OVERLAY_ops)
        text_add(out, "these are ops; Esc goes back to the rows");
    else if (kind == OP_KIND_COUNT)
        explain_verb(out, command_infos[command].name);
    else if (!may(console, kind, &err))
        text_add(out, err.message);
    else if (console->frame.is_paused)
        text_add(out, "the picture is held, and the world may be another; p goes on");
    else
        refuse_selection(console, out);
}

/* What is selected or marked, as ids that stay what they are. Caller frees. */
static char (*chosen_ids(struct console *console, size_t *n))[ORDER_ID_BYTES]
{
    const struct marks *marks = has_marks(console) ? &console_state(console)->marks : NULL;
    char(*ids)[ORDER_ID_BYTES];

    *n = marks ? marks->n : 1;
    ids = calloc(*n, sizeof(*ids));
    if (!ids)
        die("out of memory");
    for (size_t i = 0; i < *n; i++)
        snprintf(ids[i], sizeof(ids[i]), "%s", marks ? marks->ids[i] : console_selected(console));
    return ids;
}

/* What its row calls it. */
static void
name_add(struct console *console, struct text *out, const char *id)
{
    const struct list *list = console_pane(console)->list;
    const char *name = rows_as[view_here(console)].name_column;
    size_t n = list_count(list, &console->frame);

    for (size_t i = 0; i < n; i++) {
        struct row row = list_row(list, &console->frame, i);

        if (strcmp(list->id(&row), id) != 0)
            continue;
        for (size_t j = 0; j < list->n_columns; j++)
            if (strcmp(list->columns[j].name, name) == 0)
                column_show(&list->columns[j], out, &row);
        return;
    }
    text_add(out, id);
}

/* It is under way already: answer what it asks, or say how far it is. */
static bool
is_under_way(struct console *console, enum op_kind kind, const char *id)
{
    const struct op *op = op_going_about(&console->snapshot, kind, id);
    TEXT(line, 300);

    if (!op)
        return false;
    if (op->state == OP_STATE_asking && op->offer != OP_OFFER_nothing) {
        dialog_open_answer(console, op);
        return true;
    }
    if (op->grace_until_ms > console->frame.now_ms && op->state == OP_STATE_running) {
        op_add_name(&line, op);
        text_add(&line, " is under way: force is offered in ");
        duration_add(&line, op->grace_until_ms - console->frame.now_ms);
    } else {
        op_line_add(&line, op, &console->frame, &(struct op_line_keys){":undo", ":undo", ":ops"},
                    0);
    }
    console_say(console, ROLE_info, "%s", line.bytes);
    return true;
}

/* What changes nothing needs no dialog: its page opens when it is there. */
static void
look(struct console *console, enum op_kind kind, const char *id)
{
    struct op_order *order = op_order_new(ORDER_plan);

    order->op = kind;
    order->ticket = console->look_ticket = ++console->last_ticket;
    op_order_add_id(order, id);
    if (store_order(console->store, order))
        console_say(console, ROLE_info, "asking the driver for the %s", op_verb(kind));
    else
        console_say(console, ROLE_warn, "%s: still busy with what was asked before", op_verb(kind));
}

static void
plan(struct console *console, enum op_kind kind, const char (*ids)[ORDER_ID_BYTES], size_t n)
{
    TEXT(name, DIALOG_NAME_BYTES);

    if (op_is_look(kind)) {
        look(console, kind, ids[0]);
        return;
    }
    if (n == 1 && is_under_way(console, kind, ids[0]))
        return;
    if (n > 1)
        text_addf(&name, "%zu %ss", n, op_object(kind));
    else
        name_add(console, &name, ids[0]);
    if (console_state(console))
        console_state(console)->is_chosen = true;
    dialog_open_plan(console, kind, ids, n, name.bytes);
}

/* A tunnel's row stands for its connectors: the one, or which of them? */
static void
plan_connectors(struct console *console, enum op_kind kind, const char (*rows)[ORDER_ID_BYTES],
                size_t n_rows)
{
    struct pick pick = {.kind = kind};
    size_t n;
    const struct connector *all = snapshot_connectors(&console->snapshot, &n);

    for (size_t i = 0; i < n && pick.n < COUNT_OF(pick.ids); i++)
        for (size_t j = 0; j < n_rows; j++)
            if (strcmp(all[i].tunnel_id, rows[j]) == 0 || strcmp(all[i].name, rows[j]) == 0 ||
                strcmp(all[i].url, rows[j]) == 0) {
                snprintf(pick.ids[pick.n++], ORDER_ID_BYTES, "%s", all[i].url);
                break;
            }
    if (pick.n == 0) {
        console_say(console, ROLE_dim, "%s: no connector of it is known to this host",
                    op_verb(kind));
        return;
    }
    console->pick = pick;
    if (pick.n == 1)
        pick_take(console, 0);
    else
        console_open_overlay(console, OVERLAY_pick, console_selected(console));
}

void
pick_take(struct console *console, int choice)
{
    const struct connector *connector;
    struct pick pick = console->pick;
    const char(*id)[ORDER_ID_BYTES] = (const char(*)[ORDER_ID_BYTES]) & pick.ids[choice];

    if (choice < 0 || (size_t)choice >= pick.n)
        return;
    connector = pick_connector(console, choice);
    if (console->n_overlays && console_overlay(console)->kind == OVERLAY_pick)
        console->n_overlays--;
    if (op_is_look(pick.kind)) {
        look(console, pick.kind, *id);
        return;
    }
    if (is_under_way(console, pick.kind, *id))
        return;
    dialog_open_plan(console, pick.kind, id, 1,
                     connector && connector->name[0] ? connector->name : *id);
}

const struct connector *
pick_connector(const struct console *console, int choice)
{
    size_t n;
    const struct connector *all = snapshot_connectors(&console->snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].url, console->pick.ids[choice]) == 0)
            return &all[i];
    return NULL;
}

static void
act_verb(struct console *console, enum command_id command)
{
    enum op_kind kind = ops_kind_here(console, command);
    size_t n;
    char(*ids)[ORDER_ID_BYTES] = chosen_ids(console, &n);
    const char(*given)[ORDER_ID_BYTES] = (const char(*)[ORDER_ID_BYTES])ids;

    if (strcmp(op_object(kind), "connector") == 0)
        plan_connectors(console, kind, given, n);
    else
        plan(console, kind, given, n);
    free(ids);
}

#define VERB(name)                                                                                 \
    void act_##name(struct console *console, const char *argument)                                 \
    {                                                                                              \
        (void)argument;                                                                            \
        act_verb(console, COMMAND_##name);                                                         \
    }
VERB(drain)
VERB(restart)
VERB(stop)
VERB(rotate)
VERB(status)
VERB(logs)
#undef VERB

void
act_mark(struct console *console, const char *argument)
{
    struct pane_state *state = console_state(console);

    (void)argument;
    if (!marks_toggle(&state->marks, state->selected)) {
        console_say(console, ROLE_warn, "no more than %d rows can be marked", MARKS_MOST);
        return;
    }
    list_move(console_pane(console)->list, &console->frame, state, 1);
}

void
act_unmark_all(struct console *console, const char *argument)
{
    size_t n = 0;

    (void)argument;
    for (int i = 0; i < PANE_COUNT; i++) {
        n += console->state[i].marks.n;
        marks_clear(&console->state[i].marks);
    }
    console_say(console, ROLE_dim, n ? "%zu marks taken away" : "nothing is marked", n);
}
