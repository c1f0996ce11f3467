/* A plan on the screen: which keys confirm it, and which do not, with the time passed in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aid/op_desk.h"
#include "aid/op_scenes.h"
#include "ui/burst.h"

static void
cancel_is_the_default(void **state)
{
    struct desk desk;
    struct op_order *order;

    (void)state;
    read_plan(&desk);
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
    read_plan(&desk);
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
    expect_sent(&desk, ORDER_confirm);
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
    expect_sent(&desk, ORDER_confirm);
    op_order_free(order);
    get_up(&desk);
}

static void
a_plan_that_changes_under_the_hand_does_not_act(void **state)
{
    struct desk desk;
    struct op *op;

    (void)state;
    op = read_plan(&desk);
    press(&desk, "Tab");
    world_op_item(desk.world, op, "work_99", "One more");
    pass(&desk, 10);
    press(&desk, "Enter");
    expect_nothing(&desk);
    pass(&desk, CALM_MS);
    press(&desk, "Enter");
    expect_sent(&desk, ORDER_confirm);
    get_up(&desk);
}

static void
letters_confirm_nothing(void **state)
{
    struct desk desk;

    (void)state;
    read_plan(&desk);
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
    op = read_plan(&desk);
    press(&desk, "Tab Enter");
    expect_sent(&desk, ORDER_confirm);
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
    read_plan(&desk);
    press(&desk, "S-Tab");
    type_text(&desk, "INC-4711");
    press(&desk, "Enter Enter");
    expect_sent(&desk, ORDER_dismiss); /* after the reason comes Cancel */
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
    expect_sent(&desk, ORDER_dismiss);
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
    op = read_plan(&desk);
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
    expect_sent(&desk, ORDER_confirm);
    op_order_free(order);
    get_up(&desk);
}

static void
the_grace_time_can_be_changed(void **state)
{
    struct desk desk;
    struct op_order *order;

    (void)state;
    read_plan(&desk);
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

static void
what_cannot_be_shown_cannot_be_confirmed(void **state)
{
    struct desk desk;

    (void)state;
    read_plan(&desk);
    canvas_free(desk.canvas);
    desk.canvas = canvas_new(38, 9);
    pass(&desk, CALM_MS);
    assert_true(sees(&desk, "Esc closes it"));
    press(&desk, "Tab Enter");
    expect_nothing(&desk);
    press(&desk, "Esc");
    expect_sent(&desk, ORDER_dismiss);
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
        cmocka_unit_test(a_plan_that_nobody_waits_for_is_forgotten),
        cmocka_unit_test(a_choice_makes_the_plan_again_before_anything_acts),
        cmocka_unit_test(the_grace_time_can_be_changed),
        cmocka_unit_test(where_nothing_can_be_forced_there_is_no_grace_time),
        cmocka_unit_test(what_cannot_be_shown_cannot_be_confirmed),
        cmocka_unit_test(a_burst_of_different_keys_is_a_paste),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
