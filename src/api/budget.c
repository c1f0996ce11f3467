#include "api/budget.h"

#include <stdlib.h>

#include "core/die.h"

struct budget {
    int64_t *sent_ms; /* a ring of what the window holds, oldest first */
    size_t first, n, size;
    int64_t last_ms; /* of the newest request; meaningful when one was sent */
    bool has_sent;
};

struct budget *
budget_new(int64_t per_minute)
{
    struct budget *budget = calloc(1, sizeof(*budget));

    if (per_minute < 1)
        per_minute = 1;
    if (per_minute > BUDGET_MOST_PER_MINUTE)
        per_minute = BUDGET_MOST_PER_MINUTE;
    if (!budget)
        die("out of memory");
    budget->size = (size_t)per_minute;
    budget->sent_ms = calloc(budget->size, sizeof(*budget->sent_ms));
    if (!budget->sent_ms)
        die("out of memory");
    return budget;
}

void
budget_free(struct budget *budget)
{
    if (!budget)
        return;
    free(budget->sent_ms);
    free(budget);
}

static void
forget_old(struct budget *budget, int64_t now_ms)
{
    while (budget->n > 0 && now_ms - budget->sent_ms[budget->first] >= BUDGET_WINDOW_MS) {
        budget->first = (budget->first + 1) % budget->size;
        budget->n--;
    }
}

/* How far apart requests should be now: the even pace, or slower when few are left until the oldest
 * leaves the window. */
static int64_t
pace_ms(const struct budget *budget, int64_t oldest_leaves_in_ms)
{
    int64_t even = BUDGET_WINDOW_MS / (int64_t)budget->size;
    int64_t left = oldest_leaves_in_ms / (int64_t)(budget->size - budget->n);

    return left > even ? left : even;
}

int64_t
budget_wait_ms(struct budget *budget, int64_t now_ms)
{
    int64_t since_last = now_ms - budget->last_ms, oldest_leaves_in_ms, apart_ms;

    forget_old(budget, now_ms);
    if (!budget->has_sent)
        return 0;
    if (budget->n < (budget->size * 2 + 2) / 3)
        return 0;
    oldest_leaves_in_ms = budget->sent_ms[budget->first] + BUDGET_WINDOW_MS - now_ms;
    if (budget->n >= budget->size)
        return oldest_leaves_in_ms;
    apart_ms = pace_ms(budget, oldest_leaves_in_ms);
    return since_last >= apart_ms ? 0 : apart_ms - since_last;
}

void
budget_spend(struct budget *budget, int64_t now_ms)
{
    forget_old(budget, now_ms);
    if (budget->n < budget->size)
        budget->sent_ms[(budget->first + budget->n++) % budget->size] = now_ms;
    budget->last_ms = now_ms;
    budget->has_sent = true;
}

int64_t
budget_used(struct budget *budget, int64_t now_ms)
{
    forget_old(budget, now_ms);
    return (int64_t)budget->n;
}

int64_t
budget_per_minute(const struct budget *budget)
{
    return (int64_t)budget->size;
}
