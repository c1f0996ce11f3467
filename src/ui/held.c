#include "ui/held.h"

#include <stdlib.h>

#include "core/die.h"
#include "core/hash.h"

struct place {
    uint64_t key;
    uint32_t rank;
};

struct held {
    size_t n;
    struct place place[]; /* sorted by key */
};

static int
by_key(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return (x->key > y->key) - (x->key < y->key);
}

struct held *
held_new(const struct order *order, const struct frame *frame)
{
    struct held *held = malloc(sizeof(*held) + order->n_all * sizeof(held->place[0]));

    if (!held)
        die("out of memory");
    held->n = order->n_all;
    for (size_t i = 0; i < held->n; i++) {
        struct row row = list_row(order->list, frame, order->all[i]);

        held->place[i] = (struct place){hash_add(HASH_START, order->list->id(&row)), (uint32_t)i};
    }
    qsort(held->place, held->n, sizeof(held->place[0]), by_key);
    return held;
}

void
held_free(struct held *held)
{
    free(held);
}

uint32_t
held_rank(const struct held *held, const char *id)
{
    struct place wanted = {.key = hash_add(HASH_START, id)};
    const struct place *found =
        bsearch(&wanted, held->place, held->n, sizeof(held->place[0]), by_key);

    return found ? found->rank : HELD_NOWHERE;
}
