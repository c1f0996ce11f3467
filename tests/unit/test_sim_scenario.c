/* Scenarios: all of them load, mistakes are told with their place, worlds start aged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aid/folder.h"
#include "sim/populate.h"
#include "sim/queue.h"
#include "sim/scenario.h"

static const int64_t now_ms = 1790000000000;

static const char *const expected[] = {
    "healthy",     "busy",          "no-workers",  "backlog",        "stuck-stopping",
    "lease-lost",  "waiting-human", "key-revoked", "rate-limited",   "spend-capped",
    "api-down",    "api-slow",      "api-garbage", "no-certificate", "cert-expiring",
    "tunnel-down", "hostile",       "large",       "gameday",
};
static const char *const folders[] = {"scenarios", NULL};

static void
every_scenario_that_was_promised_exists_and_says_what_it_is_about(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        struct err err = {0};
        struct scenario *scenario = scenario_load(expected[i], folders, &err);

        if (!scenario)
            fail_msg("%s", err.message);
        assert_string_not_equal(scenario->about, "");
        scenario_free(scenario);
    }
}

static void
every_scenario_fits_on_a_screen(void **state)
{
    DIR *dir = opendir("scenarios");

    (void)state;
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        char path[300];
        FILE *file;
        int lines = 0;

        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "scenarios/%s", entry->d_name);
        file = fopen(path, "r");
        assert_non_null(file);
        for (int c; (c = getc(file)) != EOF;)
            lines += c == '\n';
        fclose(file);
        assert_in_range(lines, 1, 24);
    }
    closedir(dir);
}

/* What loading this text as world.yaml complains about; "" when it does not. */
static void
complaint(const char *text, char out[ERR_MESSAGE_BYTES])
{
    char *folder = folder_new(), path[300];
    struct err err = {0};

    folder_write(folder, "world.yaml", text);
    snprintf(path, sizeof(path), "%s/world.yaml", folder);
    scenario_free(scenario_load(path, folders, &err));
    snprintf(out, ERR_MESSAGE_BYTES, "%s", err.message);
    folder_free(folder);
}

static void
a_mistake_is_told_with_its_line_and_column(void **state)
{
    static const struct {
        const char *text, *place, *word;
    } rows[] = {
        {"about: x\nworkforce: 3\n", ":2:1:", "workforce"},
        {"pools:\n  - {name: a, wrokers: 3}\n", ":2:15:", "wrokers"},
        {"pools:\n  - {name: a, workers: many}\n", ":2:24:", "workers"},
        {"pools:\n  - {workers: 3}\n", ":2:5:", "name"},
        {"switches: {lease.ttl: 0}\n", ":1:12:", "lease.ttl"},
        {"switches: {lease.tll: 9}\n", ":1:12:", "lease.tll"},
        {"switches: {stop.success: 201}\n", ":1:12:", "204|200-json"},
        {"faults: api-down\n", ":1:9:", "faults"},
        {"timeline:\n  - {at: soon}\n", ":2:10:", "at"},
        {"hostile: maybe\n", ":1:10:", "hostile"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char message[ERR_MESSAGE_BYTES];

        complaint(rows[i].text, message);
        if (!strstr(message, rows[i].place) || !strstr(message, rows[i].word))
            fail_msg("expected %s and %s in \"%s\"", rows[i].place, rows[i].word, message);
    }
}

static void
a_scenario_changes_what_its_base_gave_by_name(void **state)
{
    struct err err = {0};
    struct scenario *healthy = scenario_load("healthy", folders, &err);
    struct scenario *stuck = scenario_load("stuck-stopping", folders, &err);
    const struct pool_plan *plan = NULL;

    (void)state;
    assert_non_null(healthy);
    assert_non_null(stuck);
    assert_int_equal(stuck->pools.n, healthy->pools.n);
    for (size_t i = 0; i < stuck->pools.n; i++) {
        plan = stuck->pools.items[i];
        if (plan->stopping > 0)
            break;
    }
    assert_string_equal(plan->name, "us-east-batch");
    assert_true(plan->jobs > 0); /* from the base */
    scenario_free(healthy);
    scenario_free(stuck);
}

static void
scenarios_that_build_on_themselves_are_refused(void **state)
{
    char *folder = folder_new();
    const char *const own[] = {folder, NULL};
    struct err err = {0};

    (void)state;
    folder_write(folder, "snake.yaml", "base: snake\n");
    assert_null(scenario_load("snake", own, &err));
    assert_non_null(strstr(err.message, "build on each other"));
    folder_free(folder);
}

static void
a_large_world_has_its_thousand_pools_and_ten_thousand_jobs(void **state)
{
    struct err err = {0};
    struct scenario *scenario = scenario_load("large", folders, &err);
    struct world *world = populate(scenario, 1, now_ms);

    (void)state;
    assert_int_equal(world->environments.n, 1000);
    assert_int_equal(world->sessions.n, 10000);
    world_end(world);
    scenario_free(scenario);
}

static void
a_world_starts_aged_so_that_one_look_is_enough(void **state)
{
    struct err err = {0};
    struct scenario *scenario = scenario_load("no-workers", folders, &err);
    struct world *world = populate(scenario, 1, now_ms);
    bool found = false;

    (void)state;
    for (size_t i = 0; i < world->environments.n; i++) {
        struct queue_stats stats = queue_stats(world, world->environments.items[i]);

        if (stats.depth > 0) {
            found = true;
            assert_int_equal(stats.polling, 0);
            assert_in_range(now_ms - stats.oldest_ms, 10 * 60 * 1000, 11 * 60 * 1000);
        } else {
            assert_in_range(stats.polling, 1, 20);
        }
    }
    assert_true(found);
    world_end(world);
    scenario_free(scenario);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scenario_that_was_promised_exists_and_says_what_it_is_about),
        cmocka_unit_test(every_scenario_fits_on_a_screen),
        cmocka_unit_test(a_mistake_is_told_with_its_line_and_column),
        cmocka_unit_test(a_scenario_changes_what_its_base_gave_by_name),
        cmocka_unit_test(scenarios_that_build_on_themselves_are_refused),
        cmocka_unit_test(a_large_world_has_its_thousand_pools_and_ten_thousand_jobs),
        cmocka_unit_test(a_world_starts_aged_so_that_one_look_is_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
