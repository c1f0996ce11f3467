#include "probe/checks.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/die.h"
#include "core/text.h"
#include "model/store.h"
#include "model/wish.h"
#include "probe/survey.h"
#include "probe/view.h"

enum {
    SWEEP_EVERY_MS = 300000,     /* names are asked for again then, too */
    WHOLE_AGAIN_AFTER_MS = 1000, /* however often somebody asks for it */
    PUBLISH_EVERY_MS = 100,      /* results come in bunches; a screen needs no more */
    METER_ROUNDS = 30,           /* of the light ones: each path's loss once in five minutes */
};

/* Whose question it is, and which. */
struct asker {
    struct checks *checks;
    struct lookup *lookup;
};

struct checks {
    struct tools *tools;
    struct store *store;
    const char *region;
    int64_t interval_ms, sweep_ms;
    struct target *targets;
    size_t n_targets;
    struct asker *askers; /* owned: FAMILIES for each target */
    struct view_facts facts;
    struct lookup discovery;
    bool has_discovery; /* some targets are found by SRV */
    struct timer round, publish;
    int64_t round_at_ms, whole_at_ms, published_at_us; /* of the monotonic clock */
    bool is_in_round, wants_whole;
    enum row_look look; /* of the round */
    size_t n_left;      /* rows and surveys that the round still waits for */
    size_t n_light;     /* rounds so far, to take the meter from row to row */
    struct source_status status;
};

/* --- publishing --- */

static void
publish_now(struct checks *checks)
{
    struct arena *arena = arena_new();
    size_t n;
    struct check *rows = view_checks(checks->targets, checks->n_targets, &checks->facts, arena, &n);

    timer_clear(checks->tools->loop, &checks->publish);
    checks->published_at_us = clock_mono_us();
    store_publish(checks->store, SLOT_checks, arena, rows, n);
}

static void
publish_due(void *context)
{
    publish_now(context);
}

static void
publish_soon(struct checks *checks)
{
    if (!checks->publish.is_set)
        timer_set(checks->tools->loop, &checks->publish,
                  checks->published_at_us + PUBLISH_EVERY_MS * INT64_C(1000));
}

/* --- rounds --- */

/* Ten per cent either way, so that a fleet of consoles does not knock in step. */
static int64_t
jittered(int64_t ms)
{
    uint16_t r = 0;

    if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
        return ms;
    return ms * 9 / 10 + ms / 5 * r / UINT16_MAX;
}

static void
each_row(struct checks *checks, void (*visit)(struct row *row))
{
    for (size_t i = 0; i < checks->n_targets; i++)
        for (size_t k = 0; k < checks->targets[i].n_rows; k++)
            visit(checks->targets[i].rows[k]);
}

static void
check_if_wanted(struct row *row)
{
    if (row->wants_check)
        row_check(row);
}

/* Only where something fails that a proxy is thought to help with. */
static void
look_for_proxied(struct checks *checks)
{
    bool fails = false;

    for (size_t i = 0; i < checks->n_targets; i++)
        for (size_t k = 0; k < checks->targets[i].n_rows; k++) {
            size_t n_known;

            fails |=
                !checks->targets[i].is_api && row_failing(checks->targets[i].rows[k], &n_known) > 0;
        }
    checks->facts.proxied = (struct proxied){0};
    if (fails)
        proxied_find("/proc", &checks->facts.proxied);
}

static void
end_round(struct checks *checks)
{
    struct source_status *status = &checks->status;
    int64_t next_ms = checks->round_at_ms + jittered(checks->interval_ms);

    checks->is_in_round = false;
    each_row(checks, check_if_wanted);
    if (checks->look != LOOK_light)
        look_for_proxied(checks);
    publish_now(checks);
    status->state = SOURCE_STATE_ok;
    status->rounds++;
    status->ok_at_ms = clock_wall_ms();
    store_source(checks->store, SOURCE_checks, status);
    timer_set(checks->tools->loop, &checks->round, next_ms * 1000);
}

static void
part_over(struct checks *checks)
{
    publish_soon(checks);
    if (--checks->n_left == 0)
        end_round(checks);
}

static void
row_changed(void *context, bool is_done)
{
    struct checks *checks = context;

    if (is_done)
        part_over(checks);
    else
        publish_soon(checks);
}

/* Measure the rows of this host and family with the addresses that they have. */
static void
start_rows(struct checks *checks, struct lookup *lookup)
{
    struct target *target = lookup->target;

    for (size_t i = 0; i < target->n_rows; i++) {
        struct row *row = target->rows[i];

        if (row->family != lookup->family || row_look(row, checks->look))
            continue;
        row_unresolved(row, &lookup->query.fault);
        part_over(checks);
    }
}

/* --- names --- */

/* The resolver has spoken: hand the addresses to the rows, and measure them. */
static void
settle(struct checks *checks, struct lookup *lookup)
{
    struct target *target = lookup->target;

    if (target->is_discovered && !checks->discovery.is_settled)
        return; /* discovered() will come back to it */
    for (size_t i = 0; i < target->n_rows; i++) {
        struct row *row = target->rows[i];

        if (row->family != lookup->family)
            continue;
        row->dns_us = lookup->query.us;
        row_resolved(row, lookup->query.addresses, lookup->query.n_addresses,
                     target_port(target, row));
    }
    start_rows(checks, lookup);
}

static void
ask(struct checks *checks, struct lookup *lookup)
{
    if (!lookup_ask(lookup, lookup->target->host))
        settle(checks, lookup);
}

static bool
is_wanted(const struct lookup *lookup)
{
    for (size_t i = 0; i < lookup->target->n_rows; i++)
        if (lookup->target->rows[i]->family == lookup->family)
            return true;
    return false;
}

/* Visit every question about a name that some row depends on. */
static void
each_lookup(struct checks *checks, void (*visit)(struct checks *checks, struct lookup *lookup))
{
    for (size_t i = 0; i < checks->n_targets; i++)
        for (int f = 0; f < FAMILIES; f++)
            if (is_wanted(&checks->targets[i].lookups[f]))
                visit(checks, &checks->targets[i].lookups[f]);
}

static void
looked_up(void *context)
{
    struct asker *asker = context;

    settle(asker->checks, asker->lookup);
}

static void
surveyed(void *context)
{
    struct asker *asker = context;

    part_over(asker->checks);
}

static void
libc_spoke(void *context)
{
    part_over(context);
}

static void
survey(struct checks *checks, struct lookup *lookup)
{
    checks->n_left += lookup_survey(lookup, lookup->target->host);
}

/* What each resolver says by itself, and what applications are told. */
static void
survey_all(struct checks *checks)
{
    each_lookup(checks, survey);
    for (size_t i = 0; i < checks->n_targets; i++) {
        struct target *target = &checks->targets[i];

        if (!target->has_published_ranges || target->n_rows == 0)
            continue;
        target->libc.done = libc_spoke;
        target->libc.context = checks;
        libc_ask(checks->tools->loop, &target->libc, target->host);
        checks->n_left++;
    }
}

static void
ask_again(struct checks *checks, struct lookup *lookup)
{
    if (lookup->target->is_discovered)
        ask(checks, lookup);
}

static void
go_on(struct checks *checks, struct lookup *lookup)
{
    if (lookup->target->is_discovered && lookup->is_settled)
        settle(checks, lookup);
}

/* The well-known names were asked for at the same time: mostly they are the right ones. */
static void
discovered(void *context)
{
    struct checks *checks = context;
    const struct lookup *discovery = &checks->discovery;
    bool is_second = discovery->opinion == OPINION_differs;

    if (targets_discovered(checks->targets, checks->n_targets,
                           is_second ? &discovery->dot.answer : &discovery->query))
        each_lookup(checks, ask_again);
    else
        each_lookup(checks, go_on);
}

static bool
is_in_docker(const struct dns *dns)
{
    char servers[DNS_SERVERS][ADDRESS_TEXT_BYTES];

    return dns_servers(dns, servers) > 0 && strncmp(servers[0], "127.0.0.11:", 11) == 0;
}

static void
discover(struct checks *checks)
{
    TEXT(service, DNS_NAME_BYTES);

    target_service_name(checks->region, &service);
    (void)lookup_ask(&checks->discovery, service.bytes); /* it is never a literal address */
}

/* --- the course of a round --- */

static void
ask_if_failed(struct checks *checks, struct lookup *lookup)
{
    if (lookup_has_failed(lookup))
        ask(checks, lookup);
    else
        start_rows(checks, lookup);
}

/* The n-th row over UDP; NULL. */
static struct row *
nth_over_udp(const struct checks *checks, size_t n)
{
    for (size_t i = 0; i < checks->n_targets; i++)
        for (size_t k = 0; k < checks->targets[i].n_rows; k++)
            if (checks->targets[i].rows[k]->kind == CHECK_EDGE_UDP_7844 && n-- == 0)
                return checks->targets[i].rows[k];
    return NULL;
}

/* One path after the other, so that the bursts never add up. */
static void
pass_meter_on(struct checks *checks)
{
    size_t n = 0, every;
    struct row *row;

    while (nth_over_udp(checks, n))
        n++;
    if (n == 0)
        return;
    every = n < METER_ROUNDS ? METER_ROUNDS / n : 1;
    row = nth_over_udp(checks, checks->n_light / every % n);
    row->wants_meter |= checks->n_light % every == every / 2;
    checks->n_light++;
}

static void
cancel_extra(struct row *row)
{
    if (row->is_extra)
        row_cancel(row);
}

static enum row_look
look_due(const struct checks *checks, int64_t now_ms)
{
    if (checks->wants_whole)
        return LOOK_wished;
    return now_ms - checks->whole_at_ms >= checks->sweep_ms ? LOOK_sweep : LOOK_light;
}

static void
begin_round(void *context)
{
    struct checks *checks = context;
    int64_t now_ms = clock_mono_ms();

    each_row(checks, cancel_extra);
    checks->look = look_due(checks, now_ms);
    if (checks->look == LOOK_light)
        pass_meter_on(checks);
    checks->wants_whole = false;
    checks->is_in_round = true;
    checks->round_at_ms = now_ms;
    checks->status.tried_at_ms = clock_wall_ms();
    checks->n_left = 0;
    for (size_t i = 0; i < checks->n_targets; i++)
        checks->n_left += checks->targets[i].n_rows;
    if (checks->n_left == 0) { /* of what was asked for, there is nothing */
        end_round(checks);
        return;
    }
    if (checks->look == LOOK_light) {
        each_lookup(checks, ask_if_failed);
        return;
    }
    checks->whole_at_ms = now_ms;
    dns_reload(checks->tools->dns);
    resolvers_reload(checks->tools->resolvers);
    checks->facts.is_in_docker = is_in_docker(checks->tools->dns);
    survey_all(checks);
    if (checks->has_discovery)
        discover(checks);
    each_lookup(checks, ask);
}

static void
cancel_lookup(struct checks *checks, struct lookup *lookup)
{
    (void)checks;
    lookup_cancel(lookup);
}

static void
abandon_round(struct checks *checks)
{
    each_lookup(checks, cancel_lookup);
    lookup_cancel(&checks->discovery);
    for (size_t i = 0; i < checks->n_targets; i++)
        libc_cancel(&checks->targets[i].libc);
    each_row(checks, row_cancel);
    timer_clear(checks->tools->loop, &checks->round);
    checks->is_in_round = false;
}

void
checks_refresh(struct checks *checks)
{
    if (checks->is_in_round && checks->look == LOOK_wished)
        return; /* that is what it does */
    abandon_round(checks);
    checks->wants_whole = true;
    timer_set(checks->tools->loop, &checks->round,
              checks->whole_at_ms > 0 ? (checks->whole_at_ms + WHOLE_AGAIN_AFTER_MS) * 1000 : 0);
}

void
checks_check(struct checks *checks, const char *id)
{
    for (size_t i = 0; i < checks->n_targets; i++)
        for (size_t k = 0; k < checks->targets[i].n_rows; k++) {
            struct row *row = checks->targets[i].rows[k];
            TEXT(own, WISH_ID_BYTES);

            target_add_id(&own, &checks->targets[i], row);
            if (strcmp(own.bytes, id) != 0)
                continue;
            row->wants_check = checks->is_in_round;
            if (!checks->is_in_round && !row_check(row))
                checks_refresh(checks); /* it has no address: ask for one */
            return;
        }
}

static void
set_lookup(struct checks *checks, struct lookup *lookup, struct asker *asker)
{
    *asker = (struct asker){checks, lookup};
    lookup->tools = checks->tools;
    lookup->settled = looked_up;
    lookup->surveyed = surveyed;
    lookup->context = asker;
}

struct checks *
checks_open(const struct probe_options *options, struct tools *tools, struct store *store,
            struct err *err)
{
    struct checks *checks = calloc(1, sizeof(*checks));

    if (!checks)
        die("out of memory");
    checks->targets = targets_new(options, &checks->n_targets, err);
    if (!checks->targets) {
        free(checks);
        return NULL;
    }
    checks->askers = calloc(checks->n_targets, FAMILIES * sizeof(*checks->askers));
    if (!checks->askers)
        die("out of memory");
    checks->tools = tools;
    checks->store = store;
    checks->region = options->region;
    checks->interval_ms = options->interval_ms;
    checks->sweep_ms = options->sweep_ms > 0 ? options->sweep_ms : SWEEP_EVERY_MS;
    checks->discovery = (struct lookup){
        .tools = tools, .is_public = true, .settled = discovered, .context = checks};
    checks->facts.discovery = &checks->discovery;
    checks->facts.has_proxy = options->proxy_url != NULL;
    checks->round = (struct timer){.due = begin_round, .context = checks};
    checks->publish = (struct timer){.due = publish_due, .context = checks};
    checks->status.interval_ms = options->interval_ms;
    for (size_t i = 0; i < checks->n_targets; i++) {
        struct target *target = &checks->targets[i];

        checks->has_discovery |= target->is_discovered && target->n_rows > 0;
        for (int f = 0; f < FAMILIES; f++)
            set_lookup(checks, &target->lookups[f], &checks->askers[FAMILIES * i + (size_t)f]);
        for (size_t k = 0; k < target->n_rows; k++) {
            target->rows[k]->tools = tools;
            target->rows[k]->changed = row_changed;
            target->rows[k]->handshakes.every_ms =
                checks->sweep_ms < HANDSHAKE_EVERY_MS ? checks->sweep_ms : HANDSHAKE_EVERY_MS;
            target->rows[k]->waits_for_meter =
                options->measures_loss && target->rows[k]->kind == CHECK_EDGE_UDP_7844;
            target->rows[k]->context = checks;
        }
    }
    publish_now(checks); /* the rows are known before their numbers */
    checks_refresh(checks);
    return checks;
}

void
checks_close(struct checks *checks)
{
    if (!checks)
        return;
    abandon_round(checks);
    timer_clear(checks->tools->loop, &checks->publish);
    targets_free(checks->targets, checks->n_targets);
    free(checks->askers);
    free(checks);
}
