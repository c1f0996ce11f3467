/* Hands-safe: what a key may and may not do to the world, with the time passed in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "aid/desk.h"
#include "aid/op_scenes.h"
#include "ui/burst.h"

enum { CALM_MS = 500 };

static void
sit_down_armed(struct desk *desk)
{
    sit_down(desk, ops_armed(), 80, 24);
}

/* The next order must be of that kind. Caller frees. */
static struct op_order *
expect_order(struct desk *desk, enum op_order_kind kind)
{
    struct op_order *order = NULL;

    assert_true(take_order(desk, &order));
    assert_int_equal(order->kind, kind);
    return order;
}

static void
expect(struct desk *desk, enum op_order_kind kind)
{
    op_order_free(expect_order(desk, kind));
}

static void
expect_nothing(struct desk *desk)
{
    struct op_order *order = NULL;

    if (take_order(desk, &order))
        fail_msg("an order of kind %d was sent", order->kind);
}

static bool
is_asking(struct desk *desk)
{
    struct overlay *top = console_overlay(&desk->console);

    return top && top->kind == OVERLAY_dialog;
}

/* Ask for a drain of the pool under the cursor and let its plan arrive. */
static struct op *
ask_to_drain(struct desk *desk)
{
    struct op_order *order;
    struct op *op;

    press(desk, "1 d");
    order = expect_order(desk, ORDER_plan);
    assert_int_equal(order->op, OP_drain_pool);
    op = ops_add_plan(desk->world, order->ticket);
    op_order_free(order);
    pass(desk, 10);
    return op;
}

static void
cancel_is_the_default(void **state)
{
    struct desk desk;
    struct op_order *order;

    (void)state;
    sit_down_armed(&desk);
    ask_to_drain(&desk);
    pass(&desk, CALM_MS);
    press(&desk, "Enter");
    order = expect_order(&desk, ORDER_dismiss);
    assert_string_equal(order->op_id, "op_1");
    op_order_free(order);
    expect_nothing(&desk);
    assert_false(is_asking(&desk));
    get_up(&desk);
}

static void
what_is_highlighted_is_what_enter_does(void **state)
{
    struct desk desk;
    struct op_order *order;

    (void)state;
    sit_down_armed(&desk);
    ask_to_drain(&desk);
    pass(&desk, CALM_MS);
    press(&desk, "Tab");
    assert_true(sees(&desk, "▸ [ Drain eu-west ]"));
    press(&desk, "Enter");
    order = expect_order(&desk, ORDER_confirm);
    assert_string_equal(order->op_id, "op_1");
    assert_false(order->is_headless);
    op_order_free(order);
    assert_false(is_asking(&desk));
    get_up(&desk);
}

static void
nothing_acts_in_the_first_400_ms(void **state)
{
    struct desk desk;

    (void)state;
    sit_down_armed(&desk);
    ask_to_drain(&desk);
    assert_true(desk.console.wants_flush);
    press(&desk, "Tab Enter Esc q");
    expect_nothing(&desk);
    assert_true(is_asking(&desk));
    pass(&desk, 389);
    press(&desk, "Tab Enter");
    expect_nothing(&desk);
    pass(&desk, 11);
    press(&desk, "Tab Enter");
    expect(&desk, ORDER_confirm);
    get_up(&desk);
}

static void
a_plan_that_arrives_late_is_read_before_it_acts(void **state)
{
    struct desk desk;
    struct op_order *order;

    (void)state;
    sit_down_armed(&desk);
    press(&desk, "1 d");
    order = expect_order(&desk, ORDER_plan);
    pass(&desk, 5000);
    press(&desk, "Tab Enter");
    assert_true(sees(&desk, "still being made"));
    ops_add_plan(desk.world, order->ticket);
    pass(&desk, 10);
    press(&desk, "Enter");
    assert_true(sees(&desk, "only just appeared"));
    expect_nothing(&desk);
    pass(&desk, CALM_MS);
    press(&desk, "Enter");
    expect(&desk, ORDER_confirm);
    op_order_free(order);
    get_up(&desk);
}

static void
a_plan_that_changes_under_the_hand_does_not_act(void **state)
{
    struct desk desk;
    struct op *op;

    (void)state;
    sit_down_armed(&desk);
    op = ask_to_drain(&desk);
    pass(&desk, CALM_MS);
    press(&desk, "Tab");
    world_op_item(desk.world, op, "work_99", "One more");
    pass(&desk, 10);
    press(&desk, "Enter");
    expect_nothing(&desk);
    pass(&desk, CALM_MS);
    press(&desk, "Enter");
    expect(&desk, ORDER_confirm);
    get_up(&desk);
}

static void
letters_confirm_nothing(void **state)
{
    struct desk desk;

    (void)state;
    sit_down_armed(&desk);
    ask_to_drain(&desk);
    pass(&desk, CALM_MS);
    press(&desk, "y Y d Space");
    expect_nothing(&desk);
    assert_true(is_asking(&desk));
    assert_true(sees(&desk, "confirms nothing"));
    get_up(&desk);
}

static void
a_plan_that_somebody_overtook_is_shown_again_with_the_second_question(void **state)
{
    struct desk desk;
    struct op_order *order;
    struct op *op;

    (void)state;
    sit_down_armed(&desk);
    op = ask_to_drain(&desk);
    pass(&desk, CALM_MS);
    press(&desk, "Tab Enter");
    expect(&desk, ORDER_confirm);
    pass(&desk, 10);
    assert_false(is_asking(&desk)); /* not taken in yet */
    op->must_retype = "eu-west";
    op->why_retype = "alice@ops2 is at it: drain pool eu-west";
    pass(&desk, 10);
    assert_true(is_asking(&desk));
    assert_true(sees(&desk, "not confirmed: alice@ops2 is at it"));
    press(&desk, "Tab Enter"); /* typed ahead */
    expect_nothing(&desk);
    pass(&desk, CALM_MS);
    press(&desk, "Tab Enter");
    pass(&desk, CALM_MS);
    assert_true(sees(&desk, "second confirmation"));
    type_text(&desk, "eu-west");
    press(&desk, "Enter");
    order = expect_order(&desk, ORDER_confirm);
    assert_string_equal(order->op_id, "op_1");
    assert_string_equal(order->retyped, "eu-west");
    op_order_free(order);
    get_up(&desk);
}

static void
a_name_must_be_typed_where_the_plan_says_so(void **state)
{
    struct desk desk;
    struct op_order *order;
    struct op *op;

    (void)state;
    sit_down_armed(&desk);
    op = ask_to_drain(&desk);
    op->must_type = "eu-west";
    pass(&desk, CALM_MS);
    pass(&desk, CALM_MS);
    press(&desk, "Tab Enter");
    assert_true(sees(&desk, "type \"eu-west\" to confirm"));
    type_text(&desk, "eu-wes");
    press(&desk, "Enter");
    expect_nothing(&desk);
    type_text(&desk, "t");
    press(&desk, "Enter");
    order = expect_order(&desk, ORDER_confirm);
    assert_string_equal(order->typed, "eu-west");
    op_order_free(order);
    get_up(&desk);
}

static void
a_second_confirmation_is_a_step_of_its_own(void **state)
{
    struct desk desk;
    struct op_order *order;
    struct op *op;

    (void)state;
    sit_down_armed(&desk);
    op = ask_to_drain(&desk);
    op->must_retype = "alice";
    op->why_retype = "alice drains this pool since 13:47";
    pass(&desk, CALM_MS);
    pass(&desk, CALM_MS);
    press(&desk, "Tab Enter");
    expect_nothing(&desk);
    assert_true(sees(&desk, "alice drains this pool"));
    press(&desk, "Tab Enter");
    expect_nothing(&desk);
    pass(&desk, CALM_MS);
    type_text(&desk, "alice");
    press(&desk, "Enter");
    order = expect_order(&desk, ORDER_confirm);
    assert_string_equal(order->retyped, "alice");
    op_order_free(order);
    get_up(&desk);
}

static void
the_reason_is_asked_once_a_session(void **state)
{
    struct desk desk;
    struct op_order *order;

    (void)state;
    sit_down_armed(&desk);
    ask_to_drain(&desk);
    pass(&desk, CALM_MS);
    press(&desk, "S-Tab");
    type_text(&desk, "INC-4711");
    press(&desk, "Enter Enter");
    expect(&desk, ORDER_dismiss); /* after the reason comes Cancel */
    ask_to_drain(&desk);
    pass(&desk, CALM_MS);
    press(&desk, "S-Tab");
    type_text(&desk, "INC-4711");
    press(&desk, "Tab Tab Enter");
    order = expect_order(&desk, ORDER_confirm);
    assert_string_equal(order->reason, "INC-4711");
    op_order_free(order);
    ask_to_drain(&desk);
    assert_true(sees(&desk, "[INC-4711"));
    get_up(&desk);
}

static void
an_op_is_about_what_was_chosen_when_the_key_was_pressed(void **state)
{
    struct desk desk;
    struct op_order *order;
    char chosen[ID_BYTES];

    (void)state;
    sit_down_armed(&desk);
    press(&desk, "j");
    snprintf(chosen, sizeof(chosen), "%s", console_selected(&desk.console));
    press(&desk, "S");
    ((struct job *)world_row(desk.world, SLOT_jobs, 1))->id = "work_other";
    ((struct job *)world_row(desk.world, SLOT_jobs, 1))->heartbeat_ms = world_ago(500);
    pass(&desk, 1000);
    order = expect_order(&desk, ORDER_plan);
    assert_int_equal(order->op, OP_stop_job);
    assert_int_equal(order->n_ids, 1);
    assert_string_equal(order->ids[0], chosen);
    op_order_free(order);
    get_up(&desk);
}

static void
after_the_row_went_away_the_next_one_is_not_hit(void **state)
{
    struct desk desk;

    (void)state;
    sit_down_armed(&desk);
    press(&desk, "j");
    ((struct job *)world_row(desk.world, SLOT_jobs, 1))->id = "work_other";
    ((struct job *)world_row(desk.world, SLOT_jobs, 1))->heartbeat_ms = world_ago(500);
    pass(&desk, 100);
    press(&desk, "S");
    expect_nothing(&desk);
    assert_true(sees(&desk, "the cursor has just moved"));
    pass(&desk, 1000);
    press(&desk, "S");
    expect(&desk, ORDER_plan);
    get_up(&desk);
}

static void
marks_are_by_identity_and_survive_what_changes(void **state)
{
    struct desk desk;
    struct op_order *order;

    (void)state;
    sit_down_armed(&desk);
    press(&desk, "Space j Space");
    assert_int_equal(desk.console.state[PANE_jobs].marks.n, 2);
    ((struct job *)world_row(desk.world, SLOT_jobs, 6))->heartbeat_ms = world_ago(500);
    pass(&desk, 1000);
    press(&desk, "/ n o t h e r e Enter Esc I S");
    order = expect_order(&desk, ORDER_plan);
    assert_int_equal(order->n_ids, 2);
    assert_string_equal(order->ids[0], "work_1");
    assert_string_equal(order->ids[1], "work_3");
    op_order_free(order);
    get_up(&desk);
}

static void
a_mark_goes_with_what_it_was_on(void **state)
{
    struct desk desk;

    (void)state;
    sit_down_armed(&desk);
    press(&desk, "Space Space");
    ((struct job *)world_row(desk.world, SLOT_jobs, 0))->id = "work_other";
    pass(&desk, 1000);
    assert_int_equal(desk.console.state[PANE_jobs].marks.n, 1);
    press(&desk, "U");
    assert_int_equal(desk.console.state[PANE_jobs].marks.n, 0);
    get_up(&desk);
}

static void
while_something_is_marked_no_row_moves(void **state)
{
    struct desk desk;
    struct job *last;

    (void)state;
    sit_down_armed(&desk);
    last = world_row(desk.world, SLOT_jobs, 6);
    press(&desk, "Space g");
    assert_string_equal(console_selected(&desk.console), "work_1");
    last->heartbeat_ms = world_ago(500); /* now the worst, which would stand on top */
    pass(&desk, 1000);
    press(&desk, "g");
    assert_string_equal(console_selected(&desk.console), "work_1");
    press(&desk, "U g");
    assert_string_equal(console_selected(&desk.console), last->id);
    get_up(&desk);
}

static void
several_pools_have_a_plan_each(void **state)
{
    struct desk desk;
    struct op_order *order;
    uint64_t first;

    (void)state;
    sit_down_armed(&desk);
    press(&desk, "1 Space Space d");
    order = expect_order(&desk, ORDER_plan);
    assert_int_equal(order->n_ids, 1);
    assert_true(sees(&desk, "  1 of 2"));
    first = order->ticket;
    ops_add_plan(desk.world, order->ticket);
    op_order_free(order);
    pass(&desk, CALM_MS);
    pass(&desk, CALM_MS);
    press(&desk, "Tab Enter");
    expect(&desk, ORDER_confirm);
    order = expect_order(&desk, ORDER_plan);
    assert_int_equal(order->n_ids, 1);
    assert_true(order->ticket != first);
    assert_true(is_asking(&desk));
    assert_true(sees(&desk, "  2 of 2"));
    press(&desk, "Tab Enter"); /* typed ahead: for the one before */
    expect_nothing(&desk);
    op_order_free(order);
    get_up(&desk);
}

struct refusal {
    void (*arrange)(struct desk *desk, struct control *control);
    const char *why;
};

static void
read_only(struct desk *desk, struct control *control)
{
    (void)desk;
    control->is_read_only = true;
}

static void
locked(struct desk *desk, struct control *control)
{
    (void)desk;
    control->armed_until_ms = 0;
    control->locked_why = "nobody typed for three minutes";
}

static void
never(struct desk *desk, struct control *control)
{
    (void)desk;
    control->arm = ARM_never;
}

static void
unrecorded(struct desk *desk, struct control *control)
{
    (void)desk;
    control->journal = "No space left on device";
}

static void
paused(struct desk *desk, struct control *control)
{
    (void)control;
    press(desk, "p");
}

static void
elsewhere(struct desk *desk, struct control *control)
{
    (void)control;
    press(desk, "4");
}

static void
a_key_that_may_not_act_says_why(void **state)
{
    static const struct refusal refusals[] = {
        {read_only, "this is read-only"},
        {locked, "A arms; it locked because nobody"},
        {never, "arm: never"},
        {unrecorded, "No space left on device"},
        {paused, "the picture is held"},
        {elsewhere, "stop is for a job, and nothing here is one"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct desk desk;

        sit_down_armed(&desk);
        refusals[i].arrange(&desk, world_control(desk.world));
        pass(&desk, 1000);
        press(&desk, "S");
        expect_nothing(&desk);
        assert_false(is_asking(&desk));
        if (!sees(&desk, refusals[i].why))
            fail_msg("it does not say \"%s\" but \"%s\"", refusals[i].why, desk.console.message);
        press(&desk, "? S");
        assert_non_null(strstr(desk.console.explanation, "Not now: "));
        get_up(&desk);
    }
}

static void
arming_takes_the_name_of_the_context(void **state)
{
    struct desk desk;
    struct op_order *order;

    (void)state;
    sit_down_armed(&desk);
    world_control(desk.world)->armed_until_ms = 0;
    pass(&desk, 1000);
    press(&desk, "A");
    type_text(&desk, "acme-prod"); /* too soon */
    press(&desk, "Enter");
    expect_nothing(&desk);
    pass(&desk, CALM_MS);
    type_text(&desk, "acme-pro");
    press(&desk, "Enter");
    expect_nothing(&desk);
    type_text(&desk, "d");
    press(&desk, "Enter");
    order = expect_order(&desk, ORDER_arm);
    assert_string_equal(order->typed, "acme-prod");
    op_order_free(order);
    get_up(&desk);
}

static void
read_only_cannot_be_armed(void **state)
{
    struct desk desk;

    (void)state;
    sit_down_armed(&desk);
    world_control(desk.world)->armed_until_ms = 0;
    world_control(desk.world)->is_read_only = true;
    pass(&desk, 1000);
    press(&desk, "A");
    assert_false(is_asking(&desk));
    assert_true(sees(&desk, "arm: this is read-only"));
    get_up(&desk);
}

static void
three_minutes_without_a_key_lock(void **state)
{
    struct desk desk;
    struct op_order *order;

    (void)state;
    sit_down_armed(&desk);
    world_control(desk.world)->armed_until_ms = WORLD_NOW_MS + 600000;
    pass(&desk, 170000);
    press(&desk, "j");
    pass(&desk, 170000);
    expect_nothing(&desk);
    pass(&desk, 10000);
    order = expect_order(&desk, ORDER_disarm);
    assert_string_equal(order->typed, "nobody typed for three minutes");
    op_order_free(order);
    pass(&desk, 1000);
    expect_nothing(&desk);
    get_up(&desk);
}

static void
leaving_locks(void **state)
{
    struct desk desk;

    (void)state;
    sit_down_armed(&desk);
    console_leave(&desk.console);
    expect(&desk, ORDER_disarm);
    get_up(&desk);
}

static void
lock_locks(void **state)
{
    struct desk desk;

    (void)state;
    sit_down_armed(&desk);
    press(&desk, ": l o c k Enter");
    expect(&desk, ORDER_disarm);
    world_control(desk.world)->armed_until_ms = 0;
    world_control(desk.world)->locked_why = "you locked it";
    pass(&desk, 1000);
    assert_true(sees(&desk, "LOCKED"));
    assert_true(sees(&desk, "locked: you locked it"));
    get_up(&desk);
}

static void
u_undoes_what_has_not_begun_before_what_runs(void **state)
{
    struct desk desk;
    struct op_order *order;
    struct op *op;

    (void)state;
    sit_down_armed(&desk);
    press(&desk, "u");
    assert_true(sees(&desk, "nothing is pending"));
    ops_add_drain(desk.world);
    op = world_op(desk.world, OP_stop_job, "work_2", "Triage inbox");
    op->state = OP_STATE_undo;
    op->undo_until_ms = WORLD_NOW_MS + 5000;
    pass(&desk, 1000);
    assert_true(sees(&desk, "stop Triage inbox starts in 4s; u undoes it"));
    press(&desk, "u");
    order = expect_order(&desk, ORDER_cancel);
    assert_string_equal(order->op_id, "op_2");
    op_order_free(order);
    op->state = OP_STATE_cancelled;
    op->ended_ms = WORLD_NOW_MS;
    pass(&desk, 1000);
    press(&desk, "u");
    order = expect_order(&desk, ORDER_cancel);
    assert_string_equal(order->op_id, "op_1");
    op_order_free(order);
    get_up(&desk);
}

/* In a dialog, u is a letter like any other. */
static void
what_the_status_line_says_to_press_can_be_pressed(void **state)
{
    struct desk desk;
    struct op *op;

    (void)state;
    sit_down_armed(&desk);
    op = world_op(desk.world, OP_stop_job, "work_2", "Triage inbox");
    op->state = OP_STATE_undo;
    op->undo_until_ms = WORLD_NOW_MS + 5000;
    ask_to_drain(&desk);
    pass(&desk, CALM_MS);
    assert_true(sees(&desk, "; Esc u undoes it"));
    op->state = OP_STATE_running;
    pass(&desk, 1000);
    assert_true(sees(&desk, "stop Triage inbox"));
    assert_false(sees(&desk, "u cancels"));
    get_up(&desk);
}

static void
how_far_what_ended_early_came_counts_all(void **state)
{
    struct desk desk;
    struct op *op;
    struct op_item *items;

    (void)state;
    sit_down_armed(&desk);
    op = ops_add_drain(desk.world);
    items = (struct op_item *)op->items;
    op->state = OP_STATE_failed;
    op->ended_ms = WORLD_NOW_MS;
    for (size_t i = 0; i < op->n_items; i++)
        if (items[i].progress != OP_ITEM_done)
            items[i].progress = OP_ITEM_left;
    pass(&desk, 1000);
    press(&desk, "o");
    assert_true(sees(&desk, "17/20"));
    get_up(&desk);
}

static void
the_ops_of_others_are_seen_and_left_alone(void **state)
{
    struct desk desk;

    (void)state;
    sit_down_armed(&desk);
    ops_add_others(desk.world);
    pass(&desk, 1000);
    press(&desk, "u");
    expect_nothing(&desk);
    press(&desk, "o");
    assert_true(sees(&desk, "alice@b"));
    press(&desk, "g u");
    expect_nothing(&desk);
    assert_true(sees(&desk, "runs in another console"));
    get_up(&desk);
}

static void
when_others_begin_is_not_made_up(void **state)
{
    struct desk desk;
    struct op *op;

    (void)state;
    sit_down_armed(&desk);
    op = world_op(desk.world, OP_stop_job, "work_9", "Docs sweep");
    op->is_ours = false;
    op->state = OP_STATE_undo;
    op->undo_until_ms = 0;
    pass(&desk, MESSAGE_MS + 1);
    assert_true(sees(&desk, "stop Docs sweep: confirmed"));
    assert_false(sees(&desk, "starts at"));
    get_up(&desk);
}

static void
what_goes_on_beside_the_jobs_is_said_in_the_status_line(void **state)
{
    struct desk desk;
    struct op *op;

    (void)state;
    sit_down_armed(&desk);
    op = ops_add_drain(desk.world);
    op->phase = "waiting until nothing is left";
    op->remaining_ms = -1;
    pass(&desk, MESSAGE_MS + 1);
    assert_true(sees(&desk, "drain eu-west: 17 of 20 stopped"));
    for (size_t i = 0; i < op->n_items; i++)
        ((struct op_item *)(uintptr_t)op->items)[i].progress = OP_ITEM_done;
    pass(&desk, 1000);
    assert_true(sees(&desk, "drain eu-west: waiting until nothing is left; u cancels"));
    get_up(&desk);
}

static void
leaving_with_a_cancelled_op_does_not_offer_to_cancel_it(void **state)
{
    struct desk desk;

    (void)state;
    sit_down_armed(&desk);
    ops_add_drain(desk.world)->state = OP_STATE_stopping;
    pass(&desk, 1000);
    press(&desk, "q");
    assert_true(sees(&desk, "cancelled. q again does not wait"));
    get_up(&desk);
}

static void
leaving_with_an_op_under_way_asks(void **state)
{
    struct desk desk;

    (void)state;
    sit_down_armed(&desk);
    ops_add_drain(desk.world);
    pass(&desk, 1000);
    press(&desk, "q");
    assert_false(desk.console.is_quitting);
    assert_true(sees(&desk, "pending: drain eu-west (17 of 20). q again leaves it"));
    press(&desk, "j q");
    assert_false(desk.console.is_quitting);
    pass(&desk, MESSAGE_MS + 1);
    press(&desk, "q");
    assert_false(desk.console.is_quitting);
    press(&desk, "q");
    assert_true(desk.console.is_quitting);
    get_up(&desk);
}

static void
a_plan_that_nobody_waits_for_is_forgotten(void **state)
{
    struct desk desk;
    struct op_order *order;

    (void)state;
    sit_down_armed(&desk);
    press(&desk, "1 d");
    order = expect_order(&desk, ORDER_plan);
    pass(&desk, CALM_MS);
    press(&desk, "Esc");
    expect_nothing(&desk);
    ops_add_plan(desk.world, order->ticket);
    pass(&desk, 1000);
    expect(&desk, ORDER_dismiss);
    pass(&desk, 1000);
    expect_nothing(&desk);
    op_order_free(order);
    get_up(&desk);
}

static void
a_choice_makes_the_plan_again_before_anything_acts(void **state)
{
    struct desk desk;
    struct op_order *order;
    struct op *op;

    (void)state;
    sit_down_armed(&desk);
    op = ask_to_drain(&desk);
    pass(&desk, CALM_MS);
    press(&desk, "Tab Tab Tab Tab Space");
    order = expect_order(&desk, ORDER_choose);
    assert_true(order->has_choices);
    assert_true(order->choices & 1u << OP_CHOICE_stop_queued);
    assert_int_equal(order->grace_ms, 60000);
    press(&desk, "S-Tab S-Tab S-Tab Enter");
    expect_nothing(&desk);
    assert_true(sees(&desk, "still being made"));
    op->choices = order->choices;
    pass(&desk, CALM_MS);
    pass(&desk, CALM_MS);
    press(&desk, "Enter");
    expect(&desk, ORDER_confirm);
    op_order_free(order);
    get_up(&desk);
}

static void
the_grace_time_can_be_changed(void **state)
{
    struct desk desk;
    struct op_order *order;

    (void)state;
    sit_down_armed(&desk);
    ask_to_drain(&desk);
    pass(&desk, CALM_MS);
    press(&desk, "S-Tab S-Tab +");
    order = expect_order(&desk, ORDER_choose);
    assert_int_equal(order->grace_ms, 70000);
    op_order_free(order);
    get_up(&desk);
}

static void
where_nothing_can_be_forced_there_is_no_grace_time(void **state)
{
    struct desk desk;
    struct op *op;

    (void)state;
    sit_down_armed(&desk);
    op = ask_to_drain(&desk);
    assert_true(sees(&desk, "grace time"));
    op->choices_offered &= ~(1u << OP_CHOICE_force);
    pass(&desk, CALM_MS);
    assert_false(sees(&desk, "grace time"));
    get_up(&desk);
}

/* What it asks is said once, where it asks. */
static void
a_question_stands_on_its_page_once(void **state)
{
    struct desk desk;
    struct op *op;

    (void)state;
    sit_down_armed(&desk);
    op = ops_add_asking(desk.world);
    op->summary = op->offer_text = "still here: force it?";
    pass(&desk, 1000);
    press(&desk, "o Enter");
    assert_true(sees(&desk, "▲ still here: force it?"));
    assert_false(sees(&desk, "│ still here: force it?"));
    get_up(&desk);
}

static void
s_forces_only_what_asks_for_it(void **state)
{
    struct desk desk;
    struct op_order *order;
    struct op *op;

    (void)state;
    sit_down_armed(&desk);
    op = ops_add_asking(desk.world);
    op->state = OP_STATE_running;
    op->offer = OP_OFFER_nothing;
    op->grace_until_ms = WORLD_NOW_MS + 30000;
    op->must_type = "Release notes 4.12";
    pass(&desk, 1000);
    press(&desk, "j j S");
    expect_nothing(&desk);
    assert_true(sees(&desk, "force is offered in 29s"));
    op->state = OP_STATE_asking;
    op->offer = OP_OFFER_force;
    pass(&desk, 1000);
    press(&desk, "S");
    assert_true(sees(&desk, "It does not end the process"));
    pass(&desk, CALM_MS);
    press(&desk, "Tab Enter");
    expect_nothing(&desk);
    type_text(&desk, "Release notes 4.12");
    press(&desk, "Enter");
    order = expect_order(&desk, ORDER_force);
    assert_string_equal(order->op_id, "op_1");
    assert_string_equal(order->typed, "Release notes 4.12");
    op_order_free(order);
    get_up(&desk);
}

static void
a_message_is_typed_and_never_empty(void **state)
{
    struct desk desk;
    struct op_order *order;
    struct op *op;

    (void)state;
    sit_down_armed(&desk);
    op = ops_add_asking(desk.world);
    op->kind = OP_restart_job;
    op->offer = OP_OFFER_message;
    pass(&desk, 1000);
    press(&desk, "o Enter Enter");
    pass(&desk, CALM_MS);
    assert_true(dialog_takes_paste(&desk.console));
    press(&desk, "Tab Tab Enter");
    assert_true(sees(&desk, "type the message first"));
    press(&desk, "S-Tab S-Tab");
    type_text(&desk, "go on, please");
    press(&desk, "Tab Tab Enter");
    order = expect_order(&desk, ORDER_message);
    assert_string_equal(order->typed, "go on, please");
    op_order_free(order);
    get_up(&desk);
}

static void
an_interrupted_op_is_announced_and_resumed_or_set_aside(void **state)
{
    struct desk desk;
    struct world *world = ops_armed();

    (void)state;
    ops_add_interrupted(world);
    sit_down(&desk, world, 80, 24);
    pass(&desk, MESSAGE_MS + 1);
    assert_true(sees(&desk, "interrupted: drain eu-west; o shows it"));
    press(&desk, "o Enter Enter");
    pass(&desk, CALM_MS);
    press(&desk, "Tab Tab Enter");
    expect(&desk, ORDER_resume);
    press(&desk, "Enter");
    pass(&desk, CALM_MS);
    press(&desk, "Tab Enter");
    expect(&desk, ORDER_dismiss);
    get_up(&desk);
}

static void
what_took_a_name_takes_it_again_to_be_resumed(void **state)
{
    struct desk desk;
    struct op_order *order;
    struct world *world = ops_armed();

    (void)state;
    ops_add_interrupted(world)->must_type = "eu-west";
    sit_down(&desk, world, 80, 24);
    press(&desk, "o");
    assert_true(sees(&desk, "17/20      —")); /* nobody saw how long it took */
    press(&desk, "Enter Enter");
    pass(&desk, CALM_MS);
    press(&desk, "S-Tab Enter");
    expect_nothing(&desk);
    assert_true(sees(&desk, "type \"eu-west\" to confirm"));
    press(&desk, "e u - w e s t Enter");
    order = expect_order(&desk, ORDER_resume);
    assert_string_equal(order->typed, "eu-west");
    op_order_free(order);
    get_up(&desk);
}

static void
a_tunnel_s_connectors_are_chosen_by_name(void **state)
{
    struct desk desk;
    struct op_order *order;

    (void)state;
    sit_down_armed(&desk);
    press(&desk, "3 R j Enter");
    order = expect_order(&desk, ORDER_plan);
    assert_int_equal(order->op, OP_restart_connector);
    assert_string_equal(order->ids[0], "http://127.0.0.1:20242");
    op_order_free(order);
    pass(&desk, CALM_MS);
    assert_true(sees(&desk, "Restart eu-2"));
    press(&desk, "Esc j d"); /* staging has one */
    order = expect_order(&desk, ORDER_plan);
    assert_int_equal(order->op, OP_drain_connector);
    op_order_free(order);
    pass(&desk, CALM_MS);
    press(&desk, "Esc : r o t a t e Enter");
    order = expect_order(&desk, ORDER_plan);
    assert_int_equal(order->op, OP_rotate_token);
    assert_string_equal(order->ids[0], "tnl_staging");
    op_order_free(order);
    get_up(&desk);
}

static void
what_came_of_it_is_said_and_kept_in_the_events(void **state)
{
    struct desk desk;
    struct op *op;

    (void)state;
    sit_down_armed(&desk);
    op = ops_add_drain(desk.world);
    pass(&desk, 1000);
    op->state = OP_STATE_failed;
    op->summary = "3 jobs are still there";
    op->ended_ms = WORLD_NOW_MS + 1000;
    pass(&desk, 1000);
    assert_true(sees(&desk, "✘ drain eu-west: failed: 3 jobs are still there"));
    pass(&desk, 30000);
    assert_false(sees(&desk, "✘ drain eu-west: failed: 3 jobs are still there"));
    press(&desk, "e");
    assert_true(sees(&desk, "drain eu-west: failed: 3 jobs are still there (INC-4711)"));
    get_up(&desk);
}

static void
what_cannot_be_shown_cannot_be_confirmed(void **state)
{
    struct desk desk;

    (void)state;
    sit_down_armed(&desk);
    ask_to_drain(&desk);
    pass(&desk, CALM_MS);
    canvas_free(desk.canvas);
    desk.canvas = canvas_new(38, 9);
    pass(&desk, CALM_MS);
    assert_true(sees(&desk, "Esc closes it"));
    press(&desk, "Tab Enter");
    expect_nothing(&desk);
    press(&desk, "Esc");
    expect(&desk, ORDER_dismiss);
    get_up(&desk);
}

static void
a_burst_of_different_keys_is_a_paste(void **state)
{
    static const int word[] = {'d', 'r', 'a', 'i', 'n', ' ', 'i', 't', '!'};
    static const int held[] = {'j', 'j', 'j', 'j', 'j', 'j', 'j', 'j', 'j', 'j'};
    struct burst burst = {0};

    (void)state;
    assert_true(burst_is_paste(&burst, word, 9, 5000));
    assert_false(burst_is_paste(&burst, word, 8, 6000));
    assert_true(burst_is_paste(&burst, word, 1, 6019));
    assert_false(burst_is_paste(&burst, word, 1, 6045));
    assert_false(burst_is_paste(&burst, held, 10, 7000)); /* a key that repeats on a slow line */
    assert_false(burst_is_paste(&burst, word, 1, 8000));
}

static void
what_a_driver_says_is_asked_for_without_arming_and_opens_by_itself(void **state)
{
    struct desk desk;
    struct op_order *order;
    struct op *op;

    (void)state;
    sit_down_armed(&desk);
    world_control(desk.world)->armed_until_ms = 0;
    pass(&desk, 10);
    press(&desk, "1 L");
    order = expect_order(&desk, ORDER_plan);
    assert_int_equal(order->op, OP_logs_pool);
    assert_false(is_asking(&desk));
    op = ops_add_plan(desk.world, order->ticket);
    op->kind = OP_logs_pool;
    op->state = OP_STATE_running;
    op->n_items = 0;
    for (int i = 0; i < 50; i++)
        world_op_line(desk.world, op, OP_LINE_output, i < 49 ? "a line" : "the newest line");
    op_order_free(order);
    pass(&desk, 10);
    assert_int_equal(console_overlay(&desk.console)->kind, OVERLAY_op);
    assert_true(sees(&desk, "logs "));
    assert_true(sees(&desk, "newest"));
    press(&desk, "g");
    assert_false(sees(&desk, "newest"));
    press(&desk, "Esc q");
    assert_true(desk.console.is_quitting); /* nothing is pending that would be left */
    get_up(&desk);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cancel_is_the_default),
        cmocka_unit_test(what_is_highlighted_is_what_enter_does),
        cmocka_unit_test(nothing_acts_in_the_first_400_ms),
        cmocka_unit_test(a_plan_that_arrives_late_is_read_before_it_acts),
        cmocka_unit_test(a_plan_that_changes_under_the_hand_does_not_act),
        cmocka_unit_test(letters_confirm_nothing),
        cmocka_unit_test(a_plan_that_somebody_overtook_is_shown_again_with_the_second_question),
        cmocka_unit_test(a_name_must_be_typed_where_the_plan_says_so),
        cmocka_unit_test(a_second_confirmation_is_a_step_of_its_own),
        cmocka_unit_test(the_reason_is_asked_once_a_session),
        cmocka_unit_test(an_op_is_about_what_was_chosen_when_the_key_was_pressed),
        cmocka_unit_test(after_the_row_went_away_the_next_one_is_not_hit),
        cmocka_unit_test(marks_are_by_identity_and_survive_what_changes),
        cmocka_unit_test(a_mark_goes_with_what_it_was_on),
        cmocka_unit_test(while_something_is_marked_no_row_moves),
        cmocka_unit_test(several_pools_have_a_plan_each),
        cmocka_unit_test(a_key_that_may_not_act_says_why),
        cmocka_unit_test(arming_takes_the_name_of_the_context),
        cmocka_unit_test(read_only_cannot_be_armed),
        cmocka_unit_test(three_minutes_without_a_key_lock),
        cmocka_unit_test(leaving_locks),
        cmocka_unit_test(lock_locks),
        cmocka_unit_test(u_undoes_what_has_not_begun_before_what_runs),
        cmocka_unit_test(what_the_status_line_says_to_press_can_be_pressed),
        cmocka_unit_test(how_far_what_ended_early_came_counts_all),
        cmocka_unit_test(the_ops_of_others_are_seen_and_left_alone),
        cmocka_unit_test(when_others_begin_is_not_made_up),
        cmocka_unit_test(leaving_with_a_cancelled_op_does_not_offer_to_cancel_it),
        cmocka_unit_test(what_goes_on_beside_the_jobs_is_said_in_the_status_line),
        cmocka_unit_test(leaving_with_an_op_under_way_asks),
        cmocka_unit_test(a_plan_that_nobody_waits_for_is_forgotten),
        cmocka_unit_test(a_choice_makes_the_plan_again_before_anything_acts),
        cmocka_unit_test(the_grace_time_can_be_changed),
        cmocka_unit_test(where_nothing_can_be_forced_there_is_no_grace_time),
        cmocka_unit_test(a_question_stands_on_its_page_once),
        cmocka_unit_test(s_forces_only_what_asks_for_it),
        cmocka_unit_test(a_message_is_typed_and_never_empty),
        cmocka_unit_test(an_interrupted_op_is_announced_and_resumed_or_set_aside),
        cmocka_unit_test(what_took_a_name_takes_it_again_to_be_resumed),
        cmocka_unit_test(a_tunnel_s_connectors_are_chosen_by_name),
        cmocka_unit_test(what_came_of_it_is_said_and_kept_in_the_events),
        cmocka_unit_test(what_cannot_be_shown_cannot_be_confirmed),
        cmocka_unit_test(a_burst_of_different_keys_is_a_paste),
        cmocka_unit_test(what_a_driver_says_is_asked_for_without_arming_and_opens_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
