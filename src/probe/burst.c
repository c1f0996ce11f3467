#include "probe/burst.h"

#include "core/clock.h"

/* Where a burst would say something. */
static const struct place *
passing_place(const struct row *row)
{
    for (size_t i = 0; i < row->n_places; i++) {
        const struct place *place = &row->places[(row->latest + i) % row->n_places];

        if (place->is_known && place->n_silent == 0 && fault_is_bearable(&place->last.fault))
            return place;
    }
    return NULL;
}

static void
remember(struct check_burst *burst, const struct meter_result *result)
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
    remember(&row->burst, &row->metered);
    meter_free(row->meter);
    row->meter = NULL;
    row->changed(row->context, row->waits_for_meter && !row->is_extra);
}

bool
burst_start(struct row *row)
{
    const struct place *place = passing_place(row);

    if (!row->wants_meter || row->meter)
        return false;
    row->wants_meter = false;
    if (!place || row_is_mute(row))
        return false;
    row->meter = meter_start(row->tools->loop, &place->attempt.address, meter_done, row);
    return true;
}

void
burst_cancel(struct row *row)
{
    row->wants_meter |= row->meter != NULL;
    meter_free(row->meter);
    row->meter = NULL;
}
