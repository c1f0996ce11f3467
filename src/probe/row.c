#include "probe/row.h"

#include <string.h>

#include "core/clock.h"

static void place_done(void *context);
static void meter_done(void *context);

void
row_resolved(struct row *row, const struct address *addresses, size_t n, uint16_t port)
{
    struct attempt_result known[DNS_ADDRESSES];
    int64_t full_at_ms[DNS_ADDRESSES] = {0};
    bool is_known[DNS_ADDRESSES] = {false};

    for (size_t i = 0; i < n; i++) {
        struct address address = addresses[i];

        address_set_port(&address, port);
        for (size_t k = 0; k < row->n_places; k++)
            if (address_is_same(&address, &row->places[k].attempt.address)) {
                known[i] = row->places[k].last;
                full_at_ms[i] = row->places[k].full_at_ms;
                is_known[i] = row->places[k].is_known;
            }
    }
    for (size_t i = 0; i < n; i++) {
        struct place *place = &row->places[i];

        memset(place, 0, sizeof(*place));
        place->row = row;
        place->attempt.address = addresses[i];
        address_set_port(&place->attempt.address, port);
        place->is_known = is_known[i];
        place->full_at_ms = full_at_ms[i];
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

static bool
is_full_due(const struct place *place)
{
    return place->full_at_ms == 0 || clock_mono_ms() - place->full_at_ms >= FULL_EVERY_MS;
}

/* The address that stands for all where one is enough: the first that is not known to fail. */
static const struct place *
exemplar(const struct row *row)
{
    for (size_t i = 0; i < row->n_places; i++)
        if (!place_is_failing(&row->places[i]))
            return &row->places[i];
    return row->places;
}

static void
start(struct place *place, bool is_whole)
{
    struct row *row = place->row;
    struct attempt *attempt = &place->attempt;

    attempt->tools = row->tools;
    attempt->kind = row->kind;
    attempt->url = row->url;
    attempt->name = row->tls_name;
    attempt->is_light = !is_whole && !is_full_due(place);
    attempt->proxy = row->proxy;
    attempt->other_name = row->other_name;
    attempt->tries_large = !attempt->is_light && row->other_name && place == exemplar(row);
    attempt->done = place_done;
    attempt->context = place;
    row->running++;
    attempt_start(attempt);
}

bool
row_look(struct row *row, bool is_whole)
{
    size_t n_known, n_failing = row_failing(row, &n_known);

    if (row->n_places == 0)
        return false;
    row->look_rtt_us = -1;
    row->look_sent = row->look_lost = 0;
    row->is_closer = is_whole;
    row->next = (row->next + 1) % row->n_places;
    for (size_t i = 0; i < row->n_places; i++) {
        struct place *place = &row->places[i];

        /* a few bad addresses among good ones are watched; all bad ones only in turn */
        if (is_whole || i == row->next || (place_is_failing(place) && n_failing < row->n_places) ||
            !place->is_known)
            start(place, is_whole);
    }
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
    return row_look(row, true);
}

void
row_cancel(struct row *row)
{
    for (size_t i = 0; i < row->n_places; i++) {
        if (row->is_extra && row->running > 0)
            row->places[i].full_at_ms = 0;
        attempt_cancel(&row->places[i].attempt);
    }
    row->running = 0;
    row->is_extra = false;
    row->wants_meter |= row->meter != NULL;
    meter_free(row->meter);
    row->meter = NULL;
}

/* --- loss and jitter --- */

static const struct place *
passing_place(const struct row *row)
{
    for (size_t i = 0; i < row->n_places; i++) {
        const struct place *place = &row->places[(row->latest + i) % row->n_places];

        if (place->is_known && fault_is_bearable(&place->last.fault))
            return place;
    }
    return NULL;
}

/* False when there is nothing to measure, because no address works. */
static bool
start_meter(struct row *row)
{
    const struct place *place = passing_place(row);

    if (!row->wants_meter || row->meter)
        return false;
    row->wants_meter = false;
    if (!place)
        return false;
    row->meter = meter_start(row->tools->loop, &place->attempt.address, meter_done, row);
    return true;
}

static void
remember_burst(struct check_burst *burst, const struct meter_result *result)
{
    bool is_known = meter_has_measured(result);

    burst->sent = is_known ? result->sent : 0;
    burst->lost = is_known ? result->lost : 0;
    burst->single_sent = result->single_sent;
    burst->single_lost = result->single_lost;
    burst->rtt_us = result->rtt_us;
    burst->best_us = result->best_us;
    burst->worst_us = result->worst_us;
    burst->jitter_us = result->jitter_us;
    burst->at_ms = is_known ? clock_wall_ms() : 0;
    series_add(&burst->loss,
               is_known ? (int32_t)(result->lost * 1000 / result->sent) : SERIES_UNKNOWN);
    series_add(&burst->jitter, result->jitter_us < 0 || result->jitter_us > INT32_MAX
                                   ? SERIES_UNKNOWN
                                   : (int32_t)result->jitter_us);
}

static void
meter_done(void *context)
{
    struct row *row = context;

    row->metered = *meter_result(row->meter);
    remember_burst(&row->burst, &row->metered);
    meter_free(row->meter);
    row->meter = NULL;
    row->changed(row->context, row->waits_for_meter && !row->is_extra);
}

/* All addresses of the look have answered, or not. */
static void
end_look(struct row *row)
{
    bool was_extra = row->is_extra;
    bool is_metering;

    remember(row);
    row->wants_meter |= row->waits_for_meter;
    is_metering = start_meter(row);
    row->is_extra = false;
    row->changed(row->context, !was_extra && !(is_metering && row->waits_for_meter));
}

/* Version negotiation fails, where a handshake has passed: a peer that never answered it is not
 * failing, and one that did must be asked again wholly before it counts. */
static bool
is_doubtful(const struct place *place)
{
    return place->attempt.is_light && place->row->kind == CHECK_EDGE_UDP_7844 && place->is_known &&
           fault_is_bearable(&place->last.fault) &&
           !fault_is_bearable(&place->attempt.result.fault);
}

/* A light attempt says nothing about handshake and answer: what was known of them stays. */
static void
merge(struct place *place)
{
    struct attempt_result fresh = place->attempt.result;
    const struct attempt_result *old = &place->last;

    if (!place->attempt.is_light)
        place->full_at_ms = clock_mono_ms();
    else if (place->is_known && fresh.fault.signal == SIGNAL_none) {
        memcpy(fresh.note, old->note, sizeof(fresh.note));
        fresh.stage_us[STAGE_tls] = old->stage_us[STAGE_tls];
        fresh.stage_us[STAGE_http] = old->stage_us[STAGE_http];
        fresh.stage_us[STAGE_quic] = old->stage_us[STAGE_quic];
        fresh.datagram_bytes = old->datagram_bytes;
        fresh.knows_clock = old->knows_clock;
        fresh.clock_off_ms = old->clock_off_ms;
        if (fault_is_deep(&old->fault))
            fresh.fault = old->fault;
    }
    place->last = fresh;
    place->is_known = true;
}

static void
tell(struct row *row)
{
    if (row->running == 0)
        end_look(row);
    else
        row->changed(row->context, false);
}

static void
place_done(void *context)
{
    struct place *place = context;
    struct row *row = place->row;
    const struct attempt_result *result = &place->attempt.result;
    bool was_known = place->is_known, was_failing = place_is_failing(place);
    bool failed_before_tls = was_failing && !fault_is_deep(&place->last.fault);
    bool was_light = place->attempt.is_light;

    row->running--;
    row->latest = (size_t)(place - row->places);
    if (is_doubtful(place)) {
        bool is_usual = result->is_vn_silent && place->last.is_vn_silent;

        row->look_sent += is_usual ? 0 : result->sent;
        row->look_lost += is_usual ? 0 : result->lost;
        row->at_ms = result->at_ms;
        if (!is_usual)
            start(place, true);
        tell(row);
        return;
    }
    merge(place);
    row->at_ms = result->at_ms;
    if (!fault_is_own(&result->fault)) {
        row->look_sent += result->sent;
        row->look_lost += result->lost;
    }
    if (!fault_is_bearable(&result->fault))
        row->last_failure_ms = result->at_ms;
    else if (row->look_rtt_us < 0 || result->rtt_us < row->look_rtt_us)
        row->look_rtt_us = result->rtt_us;
    if (was_light && failed_before_tls && fault_is_bearable(&result->fault))
        start(place, true); /* it is back: is it still the same peer? */
    if (was_known && was_failing != place_is_failing(place) && !row->is_closer) {
        row->is_closer = true; /* news: how about the others? */
        for (size_t i = 0; i < row->n_places; i++)
            if (&row->places[i] != place && !row->places[i].attempt.is_running)
                start(&row->places[i], false);
    }
    tell(row);
}
