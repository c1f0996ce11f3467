/* Who may act: keys that are refused say why, and what locks the console. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "aid/op_desk.h"

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
    expect_sent(&desk, ORDER_disarm);
    get_up(&desk);
}

static void
lock_locks(void **state)
{
    struct desk desk;

    (void)state;
    sit_down_armed(&desk);
    press(&desk, ": l o c k Enter");
    expect_sent(&desk, ORDER_disarm);
    world_control(desk.world)->armed_until_ms = 0;
    world_control(desk.world)->locked_why = "you locked it";
    pass(&desk, 1000);
    assert_true(sees(&desk, "LOCKED"));
    assert_true(sees(&desk, "locked: you locked it"));
    get_up(&desk);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_that_may_not_act_says_why),
        cmocka_unit_test(arming_takes_the_name_of_the_context),
        cmocka_unit_test(read_only_cannot_be_armed),
        cmocka_unit_test(three_minutes_without_a_key_lock),
        cmocka_unit_test(leaving_locks),
        cmocka_unit_test(lock_locks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
