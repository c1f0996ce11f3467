/* The made-up worlds that other tests draw and judge: what the diagnosis says about each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aid/world.h"

static void
a_healthy_fleet_has_no_findings(void **state)
{
    struct world *world = world_healthy();

    (void)state;
    assert_string_equal(world_rules(world), "");
    assert_int_equal(world_assess(world)->counts.warn, 0);
    assert_int_equal(world_assess(world)->counts.fail, 0);
    assert_int_equal(world_assess(world)->counts.unknown, 0);
    world_free(world);
}

static void
an_empty_account_has_no_findings(void **state)
{
    struct world *world = world_empty();

    (void)state;
    assert_string_equal(world_rules(world), "");
    world_free(world);
}

static void
nothing_is_judged_before_anything_was_read(void **state)
{
    struct world *world = world_loading();

    (void)state;
    assert_string_equal(world_rules(world), "");
    world_free(world);
}

static void
a_dead_api_is_one_finding_and_hides_what_follows(void **state)
{
    struct world *world = world_stale();

    (void)state;
    assert_string_equal(world_rules(world), "api.unreachable");
    assert_int_equal(world_finding(world, "api.unreachable")->severity, SEVERITY_critical);
    assert_int_equal(world_assess(world)->counts.unknown, 4);
    assert_true(world_assess(world)->counts.fail > 0); /* no zero beside a critical finding */
    world_free(world);
}

static void
strings_from_outside_cause_no_finding(void **state)
{
    struct world *world = world_hostile();

    (void)state;
    assert_string_equal(world_rules(world), "");
    world_free(world);
}

static void
an_incident_is_told_in_full(void **state)
{
    struct world *world = world_incident();

    (void)state;
    assert_string_equal(world_rules(world),
                        "connector.degraded job.bounced job.orphaned job.stale_heartbeat "
                        "job.stuck_stopping job.waiting_human pool.backlog "
                        "pool.no_environment_key pool.no_workers tunnel.no_certificate");
    world_free(world);
}

static void
every_finding_has_words_evidence_and_a_next_step(void **state)
{
    struct world *worlds[] = {world_stale(), world_incident(), world_large(100, 1000)};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(worlds); i++) {
        const struct assessment *assessment = world_assess(worlds[i]);

        assert_true(assessment->n_findings > 0);
        for (size_t j = 0; j < assessment->n_findings; j++) {
            const struct finding *finding = &assessment->findings[j];

            if (getenv("SHOW")) {
                printf("%s %s [%s|%s] %s\n", severity_name(finding->severity), finding->rule,
                       finding->subject, finding->subject_id, finding->summary);
                for (size_t k = 0; k < finding->n_evidence; k++)
                    printf("    - %s\n", finding->evidence[k]);
                printf("    > %s\n", finding->next_step);
            }
            assert_true(finding->summary[0] && finding->next_step[0] && finding->subject[0]);
            assert_true(finding->subject_id && finding->n_evidence > 0);
        }
        world_free(worlds[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_fleet_has_no_findings),
        cmocka_unit_test(an_empty_account_has_no_findings),
        cmocka_unit_test(nothing_is_judged_before_anything_was_read),
        cmocka_unit_test(a_dead_api_is_one_finding_and_hides_what_follows),
        cmocka_unit_test(strings_from_outside_cause_no_finding),
        cmocka_unit_test(an_incident_is_told_in_full),
        cmocka_unit_test(every_finding_has_words_evidence_and_a_next_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
