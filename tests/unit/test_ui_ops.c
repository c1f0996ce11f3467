/* Ops under way, interrupted and over: what is said of them, and which keys answer them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aid/op_desk.h"
#include "aid/op_scenes.h"

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
    expect_sent(&desk, ORDER_resume);
    press(&desk, "Enter");
    pass(&desk, CALM_MS);
    press(&desk, "Tab Enter");
    expect_sent(&desk, ORDER_dismiss);
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
        cmocka_unit_test(u_undoes_what_has_not_begun_before_what_runs),
        cmocka_unit_test(what_the_status_line_says_to_press_can_be_pressed),
        cmocka_unit_test(how_far_what_ended_early_came_counts_all),
        cmocka_unit_test(the_ops_of_others_are_seen_and_left_alone),
        cmocka_unit_test(when_others_begin_is_not_made_up),
        cmocka_unit_test(leaving_with_a_cancelled_op_does_not_offer_to_cancel_it),
        cmocka_unit_test(what_goes_on_beside_the_jobs_is_said_in_the_status_line),
        cmocka_unit_test(leaving_with_an_op_under_way_asks),
        cmocka_unit_test(a_question_stands_on_its_page_once),
        cmocka_unit_test(s_forces_only_what_asks_for_it),
        cmocka_unit_test(a_message_is_typed_and_never_empty),
        cmocka_unit_test(an_interrupted_op_is_announced_and_resumed_or_set_aside),
        cmocka_unit_test(what_took_a_name_takes_it_again_to_be_resumed),
        cmocka_unit_test(what_came_of_it_is_said_and_kept_in_the_events),
        cmocka_unit_test(what_a_driver_says_is_asked_for_without_arming_and_opens_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
