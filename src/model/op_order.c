#include "model/op_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/die.h"

struct op_order *
op_order_new(enum op_order_kind kind)
{
    struct op_order *order = calloc(1, sizeof(*order));

    if (!order)
        die("out of memory");
    order->kind = kind;
    order->grace_ms = -1;
    return order;
}

void
op_order_add_id(struct op_order *order, const char *id)
{
    char(*longer)[ORDER_ID_BYTES];

    for (size_t i = 0; i < order->n_ids; i++)
        if (strncmp(order->ids[i], id, ORDER_ID_BYTES - 1) == 0)
            return;
    longer = realloc(order->ids, (order->n_ids + 1) * sizeof(*order->ids));
    if (!longer)
        die("out of memory");
    order->ids = longer;
    snprintf(order->ids[order->n_ids++], ORDER_ID_BYTES, "%s", id);
}

void
op_order_free(struct op_order *order)
{
    if (!order)
        return;
    free(order->ids);
    free(order);
}
