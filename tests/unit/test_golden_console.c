/* The whole screen: golden pictures at every size that has a layout of its own, and what each key
 * does to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "aid/desk.h"
#include "aid/golden.h"

static void
screen(const char *name, struct world *world, int w, int h, const char *keys)
{
    struct desk desk;

    sit_down(&desk, world, w, h);
    press(&desk, keys);
    golden_check(name, desk.canvas);
    get_up(&desk);
}

static void
screens_look_as_they_should(void **state)
{
    (void)state;
    screen("console-80x24", world_incident(), 80, 24, "");
    screen("console-120x40", world_incident(), 120, 40, "");
    screen("console-200x60", world_incident(), 200, 60, "");
    screen("console-60x20", world_incident(), 60, 20, "");
    screen("console-30x8", world_incident(), 30, 8, "");
    screen("console-1x1", world_incident(), 1, 1, "");
    screen("console-healthy", world_healthy(), 80, 24, "");
    screen("console-loading", world_loading(), 80, 24, "");
    screen("console-stale", world_stale(), 80, 24, "");
    screen("console-hostile", world_hostile(), 80, 24, "");
    screen("console-help", world_incident(), 80, 24, "?");
    screen("console-sort", world_incident(), 80, 24, "s");
    screen("console-findings", world_incident(), 80, 24, "!");
}

static void
tab_goes_round_all_panes(void **state)
{
    struct desk desk;

    (void)state;
    sit_down(&desk, world_incident(), 80, 24);
    assert_int_equal(desk.console.focus, PANE_jobs);
    press(&desk, "Tab");
    assert_int_equal(desk.console.focus, PANE_tunnels);
    press(&desk, "S-Tab S-Tab S-Tab");
    assert_int_equal(desk.console.focus, VIEW_events);
    press(&desk, "4");
    assert_int_equal(desk.console.focus, PANE_checks);
    press(&desk, "e");
    assert_int_equal(desk.console.focus, VIEW_events);
    get_up(&desk);
}

static void
moving_selects_by_identity(void **state)
{
    struct desk desk;
    char first[ID_BYTES];

    (void)state;
    sit_down(&desk, world_incident(), 80, 24);
    snprintf(first, sizeof(first), "%s", console_selected(&desk.console));
    press(&desk, "j");
    assert_string_not_equal(console_selected(&desk.console), first);
    press(&desk, "k");
    assert_string_equal(console_selected(&desk.console), first);
    press(&desk, "G");
    assert_int_equal(desk.console.state[PANE_jobs].selected_row,
                     desk.console.state[PANE_jobs].n_shown - 1);
    press(&desk, "g");
    assert_string_equal(console_selected(&desk.console), first);
    get_up(&desk);
}

static void
escape_goes_back_one_step_and_never_quits(void **state)
{
    struct desk desk;

    (void)state;
    sit_down(&desk, world_incident(), 80, 24);
    press(&desk, "z / b Enter Enter w");
    assert_int_equal(desk.console.n_overlays, 2);
    press(&desk, "Esc");
    assert_int_equal(desk.console.n_overlays, 1);
    press(&desk, "Esc");
    assert_int_equal(desk.console.n_overlays, 0);
    assert_string_equal(desk.console.state[PANE_jobs].filter, "b");
    press(&desk, "Esc");
    assert_string_equal(desk.console.state[PANE_jobs].filter, "");
    assert_true(desk.console.is_zoomed);
    press(&desk, "Esc");
    assert_false(desk.console.is_zoomed);
    press(&desk, "Esc Esc");
    assert_false(desk.console.is_quitting);
    assert_true(sees(&desk, "q quits"));
    get_up(&desk);
}

static void
the_filter_acts_while_it_is_typed(void **state)
{
    struct desk desk;

    (void)state;
    sit_down(&desk, world_incident(), 80, 24);
    press(&desk, "/ t r i a g e");
    assert_int_equal(desk.console.state[PANE_jobs].n_shown, 1);
    assert_true(sees(&desk, "/triage"));
    press(&desk, "Esc");
    assert_true(desk.console.state[PANE_jobs].n_shown > 1);
    press(&desk, "/ t r i a g e Enter");
    assert_int_equal(desk.console.prompt.kind, PROMPT_none);
    assert_int_equal(desk.console.state[PANE_jobs].n_shown, 1);
    get_up(&desk);
}

static void
the_command_line_completes_and_remembers(void **state)
{
    struct desk desk;

    (void)state;
    sit_down(&desk, world_incident(), 80, 24);
    press(&desk, ": t u");
    assert_string_equal(desk.console.prompt.ghost, "nnels");
    press(&desk, "Tab Enter");
    assert_int_equal(desk.console.focus, PANE_tunnels);
    press(&desk, "2 : Up");
    assert_string_equal(desk.console.prompt.text, "tunnels");
    press(&desk, "Esc : d a n c e Enter");
    assert_true(sees(&desk, "no command is called \"dance\""));
    get_up(&desk);
}

static void
the_sort_menu_sorts_and_inverts(void **state)
{
    struct desk desk;

    (void)state;
    sit_down(&desk, world_incident(), 80, 24);
    press(&desk, "s j Enter");
    assert_int_equal(desk.console.n_overlays, 0);
    assert_int_equal(desk.console.state[PANE_jobs].sort_column, 0);
    press(&desk, "I");
    assert_true(desk.console.state[PANE_jobs].is_inverted);
    press(&desk, "s g Enter");
    assert_int_equal(desk.console.state[PANE_jobs].sort_column, -1);
    get_up(&desk);
}

static void
help_explains_a_key_here_and_now(void **state)
{
    struct desk desk;

    (void)state;
    sit_down(&desk, world_incident(), 80, 24);
    press(&desk, "? w");
    assert_true(sees(&desk, "w (why)"));
    assert_int_equal(desk.console.n_overlays, 1);
    press(&desk, "X");
    assert_true(sees(&desk, "X does nothing"));
    press(&desk, "q");
    assert_false(desk.console.is_quitting);
    assert_true(sees(&desk, "leave the console"));
    press(&desk, "Esc e ? Enter");
    assert_true(sees(&desk, "Not now: events are not rows"));
    get_up(&desk);
}

static void
an_unbound_key_says_so(void **state)
{
    struct desk desk;

    (void)state;
    sit_down(&desk, world_incident(), 80, 24);
    press(&desk, "X");
    assert_true(sees(&desk, "X does nothing here"));
    get_up(&desk);
}

static void
a_pause_holds_the_picture_and_says_so(void **state)
{
    struct desk desk;

    (void)state;
    sit_down(&desk, world_healthy(), 80, 24);
    press(&desk, "p");
    world_pool(desk.world, "brand-new");
    world_snapshot(desk.world);
    console_update(&desk.console, WORLD_NOW_MS + 5000);
    press(&desk, "1");
    assert_true(sees(&desk, "PAUSED"));
    assert_false(sees(&desk, "brand-new"));
    press(&desk, "p");
    console_update(&desk.console, WORLD_NOW_MS + 5000);
    press(&desk, "G");
    assert_true(sees(&desk, "brand-new"));
    get_up(&desk);
}

static void
refresh_asks_everybody(void **state)
{
    struct desk desk;
    struct wish wish;

    (void)state;
    sit_down(&desk, world_healthy(), 80, 24);
    press(&desk, "r");
    assert_true(store_take_wish(desk.console.store, WISH_FOR_api, &wish));
    assert_int_equal(wish.kind, WISH_refresh);
    assert_true(store_take_wish(desk.console.store, WISH_FOR_probe, &wish));
    get_up(&desk);
}

static void
a_check_is_made_again_on_demand(void **state)
{
    struct desk desk;
    struct wish wish;

    (void)state;
    sit_down(&desk, world_healthy(), 80, 24);
    press(&desk, "x"); /* on a pool */
    assert_true(sees(&desk, "4 goes there"));
    assert_false(store_take_wish(desk.console.store, WISH_FOR_probe, &wish));
    press(&desk, "4 x");
    assert_true(store_take_wish(desk.console.store, WISH_FOR_probe, &wish));
    assert_int_equal(wish.kind, WISH_check);
    assert_string_equal(wish.id, console_selected(&desk.console));
    assert_true(sees(&desk, "checking it now: api tcp/443 v4"));
    get_up(&desk);
}

static void
what_is_looked_at_is_told_a_few_times_a_second(void **state)
{
    struct desk desk;
    struct wish wish;

    (void)state;
    sit_down(&desk, world_healthy(), 80, 24);
    console_look_at(&desk.console, 10000);
    assert_true(store_take_wish(desk.console.store, WISH_FOR_api, &wish));
    assert_int_equal(wish.kind, WISH_look_at);
    assert_string_equal(wish.id, console_selected(&desk.console));
    press(&desk, "j");
    assert_int_equal(console_look_at(&desk.console, 10010), 10400);
    assert_false(store_take_wish(desk.console.store, WISH_FOR_api, &wish));
    assert_int_equal(console_look_at(&desk.console, 10400), INT64_MAX);
    assert_true(store_take_wish(desk.console.store, WISH_FOR_api, &wish));
    get_up(&desk);
}

static void
a_copy_goes_to_the_terminal_and_to_a_file(void **state)
{
    struct desk desk;

    (void)state;
    unsetenv("TMUX");
    setenv("TERM", "xterm", 1);
    sit_down(&desk, world_healthy(), 80, 24);
    press(&desk, "y");
    assert_non_null(desk.console.to_send);
    assert_int_equal(strncmp(desk.console.to_send, "\033]52;c;", 7), 0);
    assert_true(sees(&desk, "/dev/null"));
    press(&desk, "Y");
    assert_true(sees(&desk, "rows"));
    get_up(&desk);
}

static void
events_tell_what_came_and_went(void **state)
{
    struct desk desk;

    (void)state;
    sit_down(&desk, world_healthy(), 80, 24);
    world_fail(desk.world, SOURCE_stats, ERR_NET, "connection refused");
    world_snapshot(desk.world);
    console_update(&desk.console, WORLD_NOW_MS + 1000);
    press(&desk, "e");
    assert_true(sees(&desk, "lost: connection refused"));
    world_source(desk.world, SOURCE_stats)->state = SOURCE_STATE_ok;
    world_snapshot(desk.world);
    console_update(&desk.console, WORLD_NOW_MS + 2000);
    press(&desk, "e");
    assert_true(sees(&desk, "back: "));
    get_up(&desk);
}

static void
publish(struct desk *desk, int64_t ms)
{
    world_snapshot(desk->world);
    console_update(&desk->console, WORLD_NOW_MS + ms);
    press(desk, "e");
}

static void
a_check_with_another_verdict_is_an_event(void **state)
{
    struct world *world = world_new();
    struct check *check = world_check(world, CHECK_EDGE_UDP_7844, "edge region1", 6);
    struct desk desk;

    (void)state;
    world_check(world, CHECK_EDGE_UDP_7844, "edge region1", 4);
    sit_down(&desk, world, 80, 24);
    publish(&desk, 1000);
    assert_false(sees(&desk, "IPv6: pass")); /* how it began is no news */
    check->verdict = CHECK_fail;
    check->failed_stage = STAGE_quic;
    check->error = "timeout after 3000 ms";
    publish(&desk, 2000);
    assert_true(sees(&desk, "IPv6: fail at quic: timeout after 3000 ms"));
    check->failed_stage = STAGE_dns;
    check->error = "NXDOMAIN";
    publish(&desk, 3000);
    assert_true(sees(&desk, "IPv6: fail at dns: NXDOMAIN"));
    check->verdict = CHECK_pass;
    publish(&desk, 4000);
    assert_true(sees(&desk, "IPv6: pass"));
    assert_false(sees(&desk, "IPv4: pass")); /* it passed all the time */
    get_up(&desk);
}

static void
many_checks_that_change_at_once_are_one_event(void **state)
{
    enum { MANY = CHECKS_TOLD + 1 };
    struct check *checks[MANY];
    struct world *world = world_new();
    struct desk desk;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        static const char *const names[MANY] = {"edge r1", "edge r2", "edge r3", "edge r4",
                                                "edge r5"};

        checks[i] = world_check(world, CHECK_EDGE_TCP_7844, names[i], 4);
    }
    sit_down(&desk, world, 120, 40);
    publish(&desk, 1000);
    for (int i = 0; i < MANY; i++) {
        checks[i]->verdict = i == 3 ? CHECK_fail : CHECK_warn;
        checks[i]->failed_stage = STAGE_tls;
        checks[i]->error = "expired";
    }
    publish(&desk, 2000);
    assert_true(sees(&desk, "5 checks changed, among them edge r4"));
    assert_false(sees(&desk, "edge r1 tcp/7844 IPv4: warn"));
    get_up(&desk);
}

static void
what_logs_say_is_an_event_once_a_minute(void **state)
{
    struct log_sighting seen[] = {
        {LOG_SIGNAL_lost, WORLD_NOW_MS - 500, 1, "x"},
        {LOG_SIGNAL_retrying, WORLD_NOW_MS - 500, 1, "x"},
        {LOG_SIGNAL_refused, WORLD_NOW_MS - 3600000, 1, "x"},
    };
    struct world *world = world_healthy();
    struct connector *connector = world_connector(world, "logger", "acme-prod");
    struct desk desk;

    (void)state;
    connector->log = (struct log_facts){.origin = "x", .error = "", .seen = seen, .n_seen = 3};
    sit_down(&desk, world, 80, 24);
    console_update(&desk.console, WORLD_NOW_MS);
    press(&desk, "e");
    assert_true(sees(&desk, "logger, its log: it lost a connection to the edge"));
    assert_false(sees(&desk, "it waits before it dials again")); /* only a note */
    assert_false(sees(&desk, "the edge refused"));               /* long before us */
    get_up(&desk);
}

static void
the_way_of_a_request_marks_the_first_broken_hop(void **state)
{
    struct world *world = world_new();
    struct desk desk;

    (void)state;
    world_tunnel(world, "prod");
    world_connector(world, "gw", "prod");
    world_check(world, CHECK_EDGE_TCP_7844, "region1", 4);
    world_proxy(world, "prod");
    world_upstream(world, "wiki")->reply[OAUTH_ASK_initialize].answer = OAUTH_open;
    sit_down(&desk, world, 120, 60);
    press(&desk, "3");
    press(&desk, "Enter");
    assert_true(sees(&desk, "gw to http://localhost:8080"));
    assert_true(sees(&desk, "listens on :8080, /etc/mcp-gateway/config.yaml"));
    assert_true(sees(&desk, "the first broken hop"));
    assert_true(sees(&desk, "L3-1 wiki: it serves anybody"));
    get_up(&desk);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(screens_look_as_they_should),
        cmocka_unit_test(tab_goes_round_all_panes),
        cmocka_unit_test(moving_selects_by_identity),
        cmocka_unit_test(escape_goes_back_one_step_and_never_quits),
        cmocka_unit_test(the_filter_acts_while_it_is_typed),
        cmocka_unit_test(the_command_line_completes_and_remembers),
        cmocka_unit_test(the_sort_menu_sorts_and_inverts),
        cmocka_unit_test(help_explains_a_key_here_and_now),
        cmocka_unit_test(an_unbound_key_says_so),
        cmocka_unit_test(a_pause_holds_the_picture_and_says_so),
        cmocka_unit_test(refresh_asks_everybody),
        cmocka_unit_test(a_check_is_made_again_on_demand),
        cmocka_unit_test(what_is_looked_at_is_told_a_few_times_a_second),
        cmocka_unit_test(a_copy_goes_to_the_terminal_and_to_a_file),
        cmocka_unit_test(events_tell_what_came_and_went),
        cmocka_unit_test(a_check_with_another_verdict_is_an_event),
        cmocka_unit_test(many_checks_that_change_at_once_are_one_event),
        cmocka_unit_test(what_logs_say_is_an_event_once_a_minute),
        cmocka_unit_test(the_way_of_a_request_marks_the_first_broken_hop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
