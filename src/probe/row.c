#include "probe/row.h"

#include <string.h>

#include "core/clock.h"
#include "probe/burst.h"
#include "probe/doubt.h"

enum { MUTE_LOOKS = 3 }; /* facts/connectivity.md F3 */

static void place_done(void *context);
static void tell(struct row *row);

void
row_resolved(struct row *row, const struct address *addresses, size_t n, uint16_t port)
{
    struct attempt_result known[DNS_ADDRESSES];
    struct fault deep[DNS_ADDRESSES] = {0};
    bool is_known[DNS_ADDRESSES] = {false};
    unsigned n_silent[DNS_ADDRESSES] = {0};

    for (size_t i = 0; i < n; i++) {
        struct address address = addresses[i];

        address_set_port(&address, port);
        for (size_t k = 0; k < row->n_places; k++)
            if (address_is_same(&address, &row->places[k].attempt.address)) {
                known[i] = row->places[k].last;
                is_known[i] = row->places[k].is_known;
                deep[i] = row->places[k].deep;
                n_silent[i] = row->places[k].n_silent;
            }
    }
    for (size_t i = 0; i < n; i++) {
        struct place *place = &row->places[i];

        memset(place, 0, sizeof(*place));
        place->row = row;
        place->attempt.address = addresses[i];
        address_set_port(&place->attempt.address, port);
        place->is_known = is_known[i];
        place->deep = deep[i];
        place->n_silent = n_silent[i];
        if (is_known[i])
            place->last = known[i];
    }
    row->n_places = n;
    row->latest = row->next = 0;
    fault_clear(&row->dns_fault);
}

static void
remember(struct row *row)
{
    size_t at = row->rtt_trend.next;

    row->sent[at] = row->look_sent;
    row->lost[at] = row->look_lost;
    series_add(&row->rtt_trend, row->look_rtt_us < 0 || row->look_rtt_us > INT32_MAX
                                    ? SERIES_UNKNOWN
                                    : (int32_t)row->look_rtt_us);
}

void
row_unresolved(struct row *row, const struct fault *fault)
{
    row->dns_fault = *fault;
    row->n_places = 0;
    row->at_ms = row->last_failure_ms = clock_wall_ms();
    row->look_rtt_us = -1;
    row->look_sent = row->look_lost = 0;
    remember(row);
}

bool
place_is_measured(const struct place *place)
{
    return place->is_known && !fault_is_own(&place->last.fault);
}

bool
place_is_failing(const struct place *place)
{
    return place_is_measured(place) && !fault_is_bearable(&place->last.fault);
}

size_t
row_failing(const struct row *row, size_t *n_known)
{
    size_t n = 0;

    *n_known = 0;
    for (size_t i = 0; i < row->n_places; i++) {
        *n_known += place_is_measured(&row->places[i]);
        n += place_is_failing(&row->places[i]);
    }
    return n;
}

bool
row_is_mute(const struct row *row)
{
    return row->n_mute >= MUTE_LOOKS;
}

/* --- politeness --- */

static bool
is_handshake_due(const struct place *place)
{
    return handshakes_wait_ms(&place->row->handshakes, &place->attempt.address) == 0;
}

/* Its handshake is kept for a doubt: it is one of several, and nothing says yet that it does not
 * answer version negotiation. */
static bool
is_reserve(const struct place *place)
{
    const struct row *row = place->row;
    bool is_well = !place->is_known ||
                   (place->last.vn_signal == SIGNAL_none && fault_is_bearable(&place->last.fault));

    return row->kind == CHECK_EDGE_UDP_7844 && row->n_places > 1 && !row->spends_reserve &&
           place == &row->places[row->n_sweeps % row->n_places] && is_well && place->n_silent == 0;
}

/* The n-th address of those that stand for all where one is enough, because they are not known to
 * fail; NULL. */
static const struct place *
exemplar(const struct row *row, size_t n)
{
    for (size_t i = 0; i < row->n_places; i++)
        if (!place_is_failing(&row->places[i]) && !is_reserve(&row->places[i]) && n-- == 0)
            return &row->places[i];
    return NULL;
}

/* What is asked at one address only: how large datagrams may be, and whether a handshake passes
 * that begins with two packets. The latter replaces the handshake of a second address, or, where
 * there is none, that of every other sweep, so that no address is asked for two; unless somebody
 * asks. */
static void
set_extras(struct place *place, enum row_look look)
{
    const struct row *row = place->row;
    struct attempt *attempt = &place->attempt;
    bool may = !attempt->is_light && row->other_name;
    const struct place *second = exemplar(row, 1);

    attempt->tries_sizes = may && place == exemplar(row, 0);
    attempt->tries_large = attempt->tries_sizes && !second && look == LOOK_wished;
    attempt->is_large = second
                            ? may && place == second
                            : attempt->tries_sizes && look != LOOK_wished && row->n_sweeps % 2 == 0;
}

static void
start(struct place *place, enum row_look look)
{
    struct row *row = place->row;
    struct attempt *attempt = &place->attempt;

    attempt->tools = row->tools;
    attempt->kind = row->kind;
    attempt->url = row->url;
    attempt->name = row->tls_name;
    attempt->is_light = look != LOOK_wished && (!is_handshake_due(place) || is_reserve(place));
    attempt->proxy = row->proxy;
    attempt->other_name = row->other_name;
    set_extras(place, look);
    attempt->done = place_done;
    attempt->context = place;
    row->running++;
    attempt_start(attempt);
}

/* --- looking --- */

/* A few bad addresses among good ones are watched; all bad ones only in turn. */
static bool
is_watched(const struct place *place, bool some_pass)
{
    return !place->is_known || place->n_silent > 0 || (some_pass && place_is_failing(place));
}

static void
look_at_some(struct row *row)
{
    size_t n_known, n_failing = row_failing(row, &n_known);

    row->next = (row->next + 1) % row->n_places;
    for (size_t i = 0; i < row->n_places; i++)
        if (i == row->next || is_watched(&row->places[i], n_failing < row->n_places))
            start(&row->places[i], LOOK_light);
}

static void
look_at_all(struct row *row, enum row_look look)
{
    row->is_closer = true;
    if (look == LOOK_sweep)
        row->n_sweeps++;
    for (size_t i = 0; i < row->n_places; i++)
        start(&row->places[i], look);
}

/* Where only handshakes tell anything, they are spread over the time instead of made all at once,
 * so that what happens in between is seen. */
static void
look_where_mute(struct row *row)
{
    int64_t now_ms = clock_mono_ms();
    size_t first = row->next + 1;

    for (size_t i = 0; i < row->n_places; i++) {
        size_t k = (first + i) % row->n_places;
        struct place *place = &row->places[k];

        if (!is_handshake_due(place) || (place->is_known && now_ms < row->mute_next_ms))
            continue;
        row->next = k;
        row->mute_next_ms = now_ms + row->handshakes.every_ms / (int64_t)row->n_places;
        start(place, LOOK_light);
    }
}

static void
idle_is_over(void *context)
{
    struct row *row = context;

    row->running--;
    tell(row);
}

/* The look is over as soon as the loop turns. */
static void
be_idle(struct row *row)
{
    row->running++;
    row->idle = (struct timer){.due = idle_is_over, .context = row};
    timer_set(row->tools->loop, &row->idle, 0);
}

bool
row_look(struct row *row, enum row_look look)
{
    if (row->n_places == 0)
        return false;
    if (row->wants_whole)
        look = LOOK_wished;
    row->wants_whole = false;
    row->look_rtt_us = -1;
    row->look_sent = row->look_lost = 0;
    row->is_closer = row->is_confirmed = false;
    row->spends_reserve = look == LOOK_wished;
    row->has_negotiated = row->has_passed_mute = false;
    if (look != LOOK_wished && row_is_mute(row))
        look_where_mute(row);
    else if (look == LOOK_light)
        look_at_some(row);
    else
        look_at_all(row, look);
    if (row->running == 0)
        be_idle(row);
    return true;
}

bool
row_check(struct row *row)
{
    row->wants_check = false;
    row->wants_meter = row->kind == CHECK_EDGE_UDP_7844;
    if (row->running > 0)
        return true;
    row->is_extra = true;
    return row_look(row, LOOK_wished);
}

/* The peer has seen that handshake, however it ended. */
static void
account_for(struct place *place)
{
    struct handshakes *handshakes = &place->row->handshakes;
    int64_t at_ms = place->attempt.result.shaken_at_ms;

    if (at_ms > 0)
        handshakes_add(handshakes, &place->attempt.address, at_ms);
}

void
row_cancel(struct row *row)
{
    row->wants_whole |= row->is_extra && row->running > 0;
    for (size_t i = 0; i < row->n_places; i++) {
        if (row->places[i].attempt.is_running)
            account_for(&row->places[i]);
        attempt_cancel(&row->places[i].attempt);
    }
    timer_clear(row->tools->loop, &row->idle);
    row->running = 0;
    row->is_extra = false;
    burst_cancel(row);
}

/* --- the end of a look --- */

/* Only handshakes count, for what fails says nothing about version negotiation. */
static void
count_mute(struct row *row)
{
    if (row->has_negotiated)
        row->n_mute = 0;
    else if (row->has_passed_mute && row->n_mute < MUTE_LOOKS)
        row->n_mute++;
}

/* All addresses of the look have answered, or not. */
static void
end_look(struct row *row)
{
    bool was_extra = row->is_extra;
    bool is_metering;

    doubt_settle(row);
    if (row->neighbour && row->neighbour->running == 0)
        doubt_settle(row->neighbour); /* it may have waited for what is known here */
    count_mute(row);
    remember(row);
    row->wants_meter |= row->waits_for_meter;
    is_metering = burst_start(row);
    row->is_extra = false;
    row->changed(row->context, !was_extra && !(is_metering && row->waits_for_meter));
}

static void
tell(struct row *row)
{
    if (row->running == 0)
        end_look(row);
    else
        row->changed(row->context, false);
}

/* --- what an attempt says --- */

/* A light attempt says nothing about handshake and answer: what was known of them stays, whatever
 * happened on the network meanwhile. */
static void
merge(struct place *place)
{
    struct attempt_result fresh = place->attempt.result;
    const struct attempt_result *old = &place->last;

    if (place->attempt.is_light && place->is_known && fresh.fault.signal == SIGNAL_none) {
        memcpy(fresh.note, old->note, sizeof(fresh.note));
        fresh.stage_us[STAGE_tls] = old->stage_us[STAGE_tls];
        fresh.stage_us[STAGE_http] = old->stage_us[STAGE_http];
        fresh.stage_us[STAGE_quic] = old->stage_us[STAGE_quic];
        fresh.datagram_bytes = old->datagram_bytes;
        fresh.knows_clock = old->knows_clock;
        fresh.clock_off_ms = old->clock_off_ms;
        fresh.fault = place->deep;
    }
    if (!place->attempt.is_light &&
        (fault_is_bearable(&fresh.fault) || fault_is_deep(&fresh.fault)))
        place->deep = fresh.fault;
    place->last = fresh;
    place->is_known = true;
    place->n_silent = 0;
}

/* News of one address: how about the others? Once in a look. */
static void
look_at_the_others(const struct place *place)
{
    struct row *row = place->row;

    if (row->is_closer)
        return;
    row->is_closer = true;
    for (size_t i = 0; i < row->n_places; i++) {
        struct place *other = &row->places[i];

        if (other != place && !other->attempt.is_running &&
            (!row_is_mute(row) || is_handshake_due(other)))
            start(other, LOOK_light);
    }
}

static void
doubt(struct place *place)
{
    place->row->spends_reserve = true;
    if (place->is_known && is_handshake_due(place)) {
        start(place, LOOK_light);
        return;
    }
    place->n_silent++; /* where nothing is known, the others may tell by the end of this look */
    look_at_the_others(place);
}

static void
believe(struct place *place)
{
    struct row *row = place->row;
    const struct attempt_result *result = &place->attempt.result;
    bool was_known = place->is_known, was_failing = place_is_failing(place), passes;

    merge(place);
    passes = fault_is_bearable(&result->fault);
    if (!passes)
        row->last_failure_ms = result->at_ms;
    else if (row->look_rtt_us < 0 || result->rtt_us < row->look_rtt_us)
        row->look_rtt_us = result->rtt_us;
    if (row->kind == CHECK_EDGE_UDP_7844 && !place->attempt.is_light) {
        row->has_passed_mute |= passes && result->vn_signal != SIGNAL_none;
        row->is_confirmed |= !was_failing && result->fault.signal == SIGNAL_timeout;
    }
    row->has_negotiated |= result->vn_signal == SIGNAL_none;
    if (was_known && was_failing != place_is_failing(place))
        look_at_the_others(place);
}

static void
place_done(void *context)
{
    struct place *place = context;
    struct row *row = place->row;
    const struct attempt_result *result = &place->attempt.result;

    row->running--;
    row->latest = (size_t)(place - row->places);
    row->at_ms = result->at_ms;
    account_for(place);
    if (!doubt_is_moot(place)) {
        row->look_sent += fault_is_own(&result->fault) ? 0 : result->sent;
        row->look_lost += fault_is_own(&result->fault) ? 0 : result->lost;
        if (doubt_begins(place))
            doubt(place);
        else
            believe(place);
    }
    tell(row);
}
