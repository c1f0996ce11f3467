/* Times: read as strictly as they are written, and said in few cells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/text.h"

static void
rfc3339_is_read_with_fractions_and_offsets(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-23T09:07:33Z", INT64_C(1795424853000)},
        {"2026-11-23T09:07:33.512Z", INT64_C(1795424853512)},
        {"2026-11-23T09:07:33.512345678Z", INT64_C(1795424853512)},
        {"2026-11-23t09:07:33z", INT64_C(1795424853000)},
        {"2026-11-23T11:07:33+02:00", INT64_C(1795424853000)},
        {"2026-11-23T04:37:33-04:30", INT64_C(1795424853000)},
        {"2028-02-29T12:00:00Z", INT64_C(1835438400000)},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t ms;

        assert_true(rfc3339_parse(rows[i].text, &ms));
        assert_int_equal(ms, rows[i].ms);
    }
}

static void
what_is_no_time_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "2026-11-23",
        "2026-11-23T09:07:33",
        "2026-11-23T09:07Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-32T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-11-23T09:07:33Zjunk",
        "2026-11-23T09:07:33+0200",
        "26-11-23T09:07:33Z",
        " 2026-11-23T09:07:33Z",
        "null",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t ms = 42;

        assert_false(rfc3339_parse(bad[i], &ms));
        assert_int_equal(ms, 42);
    }
}

static void
written_times_are_read_back(void **state)
{
    TEXT(text, 64);
    int64_t ms;

    (void)state;
    rfc3339_add(&text, INT64_C(1795424853512));
    assert_string_equal(text.bytes, "2026-11-23T09:07:33Z");
    assert_true(rfc3339_parse(text.bytes, &ms));
    assert_int_equal(ms, INT64_C(1795424853000));
}

static void
http_dates_are_read_and_nonsense_is_not(void **state)
{
    static const char *const bad[] = {
        "",
        "2026-11-23T09:07:33Z",
        "Mon, 23 anF 2026 09:07:33 GMT",
        "Mon, 23 Nov 2026 09:07:33",
        "Mon, 32 Nov 2026 09:07:33 GMT",
        "Mon, 23 Nov 2026 25:07:33 GMT",
        "Mon, 23 Nov 2026 09:07:33 CET",
    };
    int64_t ms = 42;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_false(http_date_parse(bad[i], &ms));
        assert_int_equal(ms, 42);
    }
    assert_true(http_date_parse("Mon, 23 Nov 2026 09:07:33 GMT", &ms));
    assert_int_equal(ms, INT64_C(1795424853000));
}

static void
durations_take_two_units_at_most(void **state)
{
    static const struct {
        int64_t s;
        const char *text;
    } rows[] = {
        {-5, "0s"},        {0, "0s"},       {59, "59s"},      {60, "1m00s"},   {221, "3m41s"},
        {599, "9m59s"},    {600, "10m"},    {3599, "59m"},    {3600, "1h00m"}, {8040, "2h14m"},
        {86399, "23h59m"}, {86400, "1d0h"}, {529200, "6d3h"}, {864000, "10d"}, {3542400, "41d"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        TEXT(text, 32);

        duration_add(&text, rows[i].s * 1000);
        assert_string_equal(text.bytes, rows[i].text);
        assert_true(text_cells(text.bytes) <= 6);
    }
}

static void
latencies_keep_two_digits(void **state)
{
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {
        {0, "<0.1ms"},   {400, "0.4ms"},    {1000, "1.0ms"},   {9999, "9.9ms"},
        {12000, "12ms"}, {999999, "999ms"}, {1400000, "1.4s"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        TEXT(text, 32);

        latency_add(&text, rows[i].us);
        assert_string_equal(text.bytes, rows[i].text);
    }
}

static void
the_monotonic_clock_never_steps_back(void **state)
{
    int64_t last = clock_mono_us();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_mono_us();

        assert_true(now >= last);
        last = now;
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc3339_is_read_with_fractions_and_offsets),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(written_times_are_read_back),
        cmocka_unit_test(http_dates_are_read_and_nonsense_is_not),
        cmocka_unit_test(durations_take_two_units_at_most),
        cmocka_unit_test(latencies_keep_two_digits),
        cmocka_unit_test(the_monotonic_clock_never_steps_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
