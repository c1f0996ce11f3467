#include "probe/knock.h"

#include <errno.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/die.h"
#include "probe/quic.h"

enum { ROUNDS = 3 };

static const int round_after_ms[ROUNDS] = {0, 300, 600};

struct
try { /* of one size */
    struct knock *knock;
    struct quic *quic; /* owned: the last one; NULL */
    bool is_answered, is_refused;
};

struct knock {
    struct knock_plan plan;
    struct sweep_result result;
    struct timer next_round, deadline;
    int64_t started_us;
    size_t first, n_sizes; /* those that are tried */
    size_t n_rounds;
    struct try tries[SWEEP_SIZES];
};

static void
hang_up(struct knock *knock)
{
    timer_clear(knock->plan.loop, &knock->next_round);
    timer_clear(knock->plan.loop, &knock->deadline);
    for (size_t i = 0; i < SWEEP_SIZES; i++) {
        quic_free(knock->tries[i].quic);
        knock->tries[i].quic = NULL;
    }
}

static void
tell(void *context)
{
    struct knock *knock = context;

    knock->plan.done(knock->plan.context);
}

static void
conclude(void *context)
{
    struct knock *knock = context;
    struct sweep_result *result = &knock->result;

    hang_up(knock);
    for (size_t i = knock->first; i < knock->n_sizes; i++)
        if (knock->tries[i].is_answered)
            result->passed_bytes = (int64_t)sweep_sizes[i];
    for (size_t i = knock->n_sizes; i-- > knock->first;) {
        if ((int64_t)sweep_sizes[i] <= result->passed_bytes)
            break;
        result->lost_bytes = (int64_t)sweep_sizes[i];
        result->is_local = knock->tries[i].is_refused;
    }
    knock->deadline = (struct timer){.due = tell, .context = knock};
    timer_set(knock->plan.loop, &knock->deadline, 0);
}

/* What is above the largest that was answered, and neither refused nor answered itself. */
static bool
is_complete(const struct knock *knock)
{
    for (size_t i = knock->n_sizes; i-- > knock->first;) {
        if (knock->tries[i].is_answered)
            return true;
        if (!knock->tries[i].is_refused)
            return false;
    }
    return true;
}

static void begin_round(void *context);

static void
knocked(void *context)
{
    struct try *try = context;
    struct knock *knock = try->knock;
    const struct quic_result *result = quic_result(try->quic);

    try->is_answered = result->first_us >= 0;
    try->is_refused = result->fault.signal == SIGNAL_errno && result->fault.code == EMSGSIZE;
    quic_free(try->quic);
    try->quic = NULL;
    if (is_complete(knock)) {
        conclude(knock);
    } else if (try->is_refused && knock->n_rounds == 1) {
        timer_clear(knock->plan.loop, &knock->next_round);
        begin_round(knock); /* no need to wait for the largest */
    }
}

static void
try_size(struct knock *knock, size_t i)
{
    struct try *try = &knock->tries[i];
    const struct quic_plan plan = {
        .loop = knock->plan.loop,
        .trust = knock->plan.trust,
        .address = knock->plan.address,
        .name = knock->plan.name,
        .knock_bytes = sweep_sizes[i],
        .done = knocked,
        .context = try,
    };

    quic_free(try->quic);
    try->knock = knock;
    try->quic = quic_start(&plan);
}

static void
begin_round(void *context)
{
    struct knock *knock = context;
    size_t smallest = knock->n_rounds == 0 ? knock->n_sizes - 1 : knock->first;

    for (size_t i = knock->n_sizes; i-- > smallest && !knock->tries[i].is_answered;)
        if (!knock->tries[i].is_refused)
            try_size(knock, i);
    if (++knock->n_rounds < ROUNDS)
        timer_set(knock->plan.loop, &knock->next_round,
                  knock->started_us + round_after_ms[knock->n_rounds] * INT64_C(1000));
}

struct knock *
knock_start(const struct knock_plan *plan)
{
    struct knock *knock = calloc(1, sizeof(*knock));

    if (!knock)
        die("out of memory");
    knock->plan = *plan;
    knock->started_us = clock_mono_us();
    knock->result = (struct sweep_result){.passed_bytes = plan->passed_bytes, .lost_bytes = -1};
    knock->n_sizes = sweep_n_sizes(plan->address);
    while (knock->first < knock->n_sizes &&
           (int64_t)sweep_sizes[knock->first] <= plan->passed_bytes)
        knock->first++;
    knock->next_round = (struct timer){.due = begin_round, .context = knock};
    knock->deadline = (struct timer){.due = conclude, .context = knock};
    if (knock->first < knock->n_sizes)
        begin_round(knock);
    timer_set(plan->loop, &knock->deadline,
              knock->first < knock->n_sizes ? knock->started_us + KNOCK_DEADLINE_MS * INT64_C(1000)
                                            : 0);
    return knock;
}

const struct sweep_result *
knock_result(const struct knock *knock)
{
    return &knock->result;
}

void
knock_free(struct knock *knock)
{
    if (!knock)
        return;
    hang_up(knock);
    free(knock);
}
