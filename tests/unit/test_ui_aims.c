/* What an op is about: what was chosen or marked when the key was pressed, whatever moved since. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "aid/op_desk.h"
#include "aid/op_scenes.h"

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
    expect_sent(&desk, ORDER_plan);
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
    expect_sent(&desk, ORDER_confirm);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_op_is_about_what_was_chosen_when_the_key_was_pressed),
        cmocka_unit_test(after_the_row_went_away_the_next_one_is_not_hit),
        cmocka_unit_test(marks_are_by_identity_and_survive_what_changes),
        cmocka_unit_test(a_mark_goes_with_what_it_was_on),
        cmocka_unit_test(while_something_is_marked_no_row_moves),
        cmocka_unit_test(several_pools_have_a_plan_each),
        cmocka_unit_test(a_tunnel_s_connectors_are_chosen_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
