/* The budget: a window that never holds too many, and that is never silent for long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/budget.h"
#include "api/fetch.h"
#include "api/gate.h"
#include "api/skew.h"

enum { MINUTES = 5, MOST_SENT = 4096 };

/* Sends whatever may be sent for some minutes, from time 1,000,000 on. */
static size_t
send_all(struct budget *budget, int64_t sent_ms[MOST_SENT])
{
    int64_t now_ms = 1000000, end_ms = now_ms + MINUTES * BUDGET_WINDOW_MS;
    size_t n = 0;

    while (now_ms < end_ms && n < MOST_SENT) {
        int64_t wait_ms = budget_wait_ms(budget, now_ms);

        if (wait_ms > 0) {
            now_ms += wait_ms;
            continue;
        }
        budget_spend(budget, now_ms);
        sent_ms[n++] = now_ms;
    }
    return n;
}

static void
no_minute_ever_holds_more_than_the_budget(void **state)
{
    static int64_t sent_ms[MOST_SENT];
    static const int64_t limits[] = {1, 2, 3, 7, 60, 300, 499};

    (void)state;
    for (size_t k = 0; k < sizeof(limits) / sizeof(*limits); k++) {
        struct budget *budget = budget_new(limits[k]);
        size_t n = send_all(budget, sent_ms), limit = (size_t)limits[k];

        for (size_t i = limit; i < n; i++)
            assert_true(sent_ms[i] - sent_ms[i - limit] >= BUDGET_WINDOW_MS);
        budget_free(budget);
    }
}

static void
most_of_the_budget_is_used_and_it_is_never_mute_for_long(void **state)
{
    static int64_t sent_ms[MOST_SENT];
    struct budget *budget = budget_new(300);
    size_t n = send_all(budget, sent_ms);

    (void)state;
    assert_true(n >= MINUTES * 300 * 8 / 10);
    for (size_t i = 1; i < n; i++)
        assert_true(sent_ms[i] - sent_ms[i - 1] <= 2000);
    budget_free(budget);
}

static void
two_thirds_may_go_at_once(void **state)
{
    struct budget *budget = budget_new(30);

    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(budget_wait_ms(budget, 5000), 0);
        budget_spend(budget, 5000);
    }
    assert_true(budget_wait_ms(budget, 5000) > 0);
    assert_int_equal(budget_used(budget, 5000), 20);
    assert_int_equal(budget_used(budget, 5000 + BUDGET_WINDOW_MS), 0);
    budget_free(budget);
}

static void
limits_that_make_no_sense_are_brought_into_range(void **state)
{
    struct budget *none = budget_new(-5), *huge = budget_new(INT64_MAX);

    (void)state;
    assert_int_equal(budget_per_minute(none), 1);
    assert_int_equal(budget_per_minute(huge), BUDGET_MOST_PER_MINUTE);
    budget_free(none);
    budget_free(huge);
}

static void
retries_wait_twice_as_long_each_time_up_to_eight_seconds(void **state)
{
    uint32_t random = 1;

    (void)state;
    for (uint32_t attempt = 0; attempt < 12; attempt++) {
        int64_t full = attempt < 4 ? 500 << attempt : 8000;
        int64_t ms = fetch_backoff_ms(attempt, &random);

        assert_true(ms <= full && ms >= full * 3 / 4);
    }
}

static void
an_outage_is_suspected_first_and_then_probed_one_by_one(void **state)
{
    struct gate gate = {0};
    struct err err = {.code = ERR_NET};

    (void)state;
    assert_true(gate_admits(&gate, 31, 0));
    gate_close(&gate, GATE_OUTAGE, &err, 0, 1000);
    assert_false(gate.is_sure);
    assert_true(gate_admits(&gate, 0, 1000));
    assert_false(gate_admits(&gate, 1, 1000));
    gate_close(&gate, GATE_OUTAGE, &err, 0, 1000);
    assert_true(gate.is_sure);
    assert_false(gate_admits(&gate, 0, 1499));
    assert_true(gate_admits(&gate, 0, 1500));
    for (int i = 0; i < 20; i++)
        gate_close(&gate, GATE_OUTAGE, &err, 0, 2000);
    assert_int_equal(gate.until_ms, 2000 + GATE_LONGEST_MS);
    assert_true(gate_answered(&gate, false)); /* any answer ends an outage */
    assert_true(gate_admits(&gate, 31, 2000));
}

static void
a_rate_limit_lasts_as_long_as_the_service_says(void **state)
{
    struct gate gate = {0};
    struct err err = {.code = ERR_RATE};

    (void)state;
    gate_close(&gate, GATE_RATE, &err, 17000, 1000);
    assert_false(gate_admits(&gate, 0, 17999));
    assert_true(gate_admits(&gate, 0, 18000));
    assert_false(gate_answered(&gate, false)); /* another refusal does not open it */
    assert_true(gate_answered(&gate, true));
}

static void
a_spend_cap_leaves_one_request_a_minute(void **state)
{
    struct gate gate = {0};
    struct err err = {.code = ERR_SPEND};

    (void)state;
    gate_close(&gate, GATE_SPEND, &err, 1, 1000);
    assert_false(gate_admits(&gate, 0, 60999));
    assert_true(gate_admits(&gate, 0, 61000));
    assert_false(gate_admits(&gate, 1, 61000));
}

static void
many_dates_give_a_clock_offset_finer_than_a_second(void **state)
{
    struct skew skew = {0};
    const int64_t offset_ms = 7300; /* the service is ahead */

    (void)state;
    assert_int_equal(skew_ms(&skew), 0);
    for (int64_t ours = 100000; ours < 103000; ours += 170) {
        int64_t date_ms = (ours + offset_ms) / 1000 * 1000; /* written between asking and reading */

        skew_add(&skew, ours - 20, ours + 20, date_ms);
    }
    assert_true(skew_ms(&skew) > offset_ms - 250 && skew_ms(&skew) < offset_ms + 250);
}

static void
clocks_that_may_agree_do_agree(void **state)
{
    struct skew skew = {0};

    (void)state;
    for (int64_t ours = 100000; ours < 103000; ours += 170)
        skew_add(&skew, ours - 20, ours + 20, ours / 1000 * 1000);
    assert_int_equal(skew_ms(&skew), 0);
}

static void
a_clock_that_is_set_is_followed_at_once(void **state)
{
    struct skew skew = {0};

    (void)state;
    skew_add(&skew, 1000, 1040, 1000);
    skew_add(&skew, 2000, 2040, 3602000);
    assert_true(skew_ms(&skew) > 3599000 && skew_ms(&skew) < 3602000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_minute_ever_holds_more_than_the_budget),
        cmocka_unit_test(most_of_the_budget_is_used_and_it_is_never_mute_for_long),
        cmocka_unit_test(two_thirds_may_go_at_once),
        cmocka_unit_test(limits_that_make_no_sense_are_brought_into_range),
        cmocka_unit_test(retries_wait_twice_as_long_each_time_up_to_eight_seconds),
        cmocka_unit_test(an_outage_is_suspected_first_and_then_probed_one_by_one),
        cmocka_unit_test(a_rate_limit_lasts_as_long_as_the_service_says),
        cmocka_unit_test(a_spend_cap_leaves_one_request_a_minute),
        cmocka_unit_test(many_dates_give_a_clock_offset_finer_than_a_second),
        cmocka_unit_test(clocks_that_may_agree_do_agree),
        cmocka_unit_test(a_clock_that_is_set_is_followed_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
