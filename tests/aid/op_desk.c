#include "aid/op_desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aid/op_scenes.h"

void
sit_down_armed(struct desk *desk)
{
    sit_down(desk, ops_armed(), 80, 24);
}

struct op_order *
expect_order(struct desk *desk, enum op_order_kind kind)
{
    struct op_order *order = NULL;

    assert_true(take_order(desk, &order));
    assert_int_equal(order->kind, kind);
    return order;
}

void
expect_sent(struct desk *desk, enum op_order_kind kind)
{
    op_order_free(expect_order(desk, kind));
}

void
expect_nothing(struct desk *desk)
{
    struct op_order *order = NULL;

    if (take_order(desk, &order))
        fail_msg("an order of kind %d was sent", order->kind);
}

bool
is_asking(struct desk *desk)
{
    struct overlay *top = console_overlay(&desk->console);

    return top && top->kind == OVERLAY_dialog;
}

struct op *
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

struct op *
read_plan(struct desk *desk)
{
    struct op *op;

    sit_down_armed(desk);
    op = ask_to_drain(desk);
    pass(desk, CALM_MS);
    return op;
}
