#include "probe/doubt.h"

#include "core/clock.h"

/* A light attempt over UDP failed where the last word was that all is well. */
static bool
contradicts(const struct place *place)
{
    return place->attempt.is_light && place->row->kind == CHECK_EDGE_UDP_7844 && place->is_known &&
           fault_is_bearable(&place->last.fault) &&
           !fault_is_bearable(&place->attempt.result.fault);
}

bool
doubt_is_moot(const struct place *place)
{
    enum signal before = place->last.vn_signal, now = place->attempt.result.vn_signal;

    return contradicts(place) && before != SIGNAL_none && (now == SIGNAL_timeout || now == before);
}

bool
doubt_begins(const struct place *place)
{
    return contradicts(place) && place->last.vn_signal == SIGNAL_none &&
           place->attempt.result.vn_signal == SIGNAL_timeout;
}

/* --- the end of a look --- */

/* It passes as far as it is known, doubt or no doubt. */
static bool
counts(const struct place *place)
{
    return place_is_measured(place) && !place_is_failing(place);
}

/* For how many looks have all of them been silent, those that do not fail anyway? */
static unsigned
looks_in_silence(const struct row *row)
{
    unsigned fewest = 0;

    for (size_t i = 0; i < row->n_places; i++) {
        const struct place *place = &row->places[i];

        if (!counts(place))
            continue;
        if (place->n_silent == 0)
            return 0;
        if (fewest == 0 || place->n_silent < fewest)
            fewest = place->n_silent;
    }
    return fewest;
}

/* No address takes a connection, as far as they are known. */
static bool
is_gone(const struct row *row)
{
    size_t n_known, n_failing = row_failing(row, &n_known);

    for (size_t i = 0; i < row->n_places; i++)
        if (place_is_failing(&row->places[i]) && fault_is_deep(&row->places[i].last.fault))
            return false;
    return n_known > 0 && n_failing == n_known;
}

/* What else says that nothing gets there; NULL. */
static const char *
confirmation(const struct row *row)
{
    if (row->is_confirmed)
        return "; another address gives none to a handshake, either";
    return row->neighbour && is_gone(row->neighbour) ? "; TCP fails there, too" : NULL;
}

static int
seconds_since(int64_t at_ms)
{
    return (int)((clock_wall_ms() - at_ms + 500) / 1000);
}

static void
fail(struct place *place)
{
    struct attempt_result gone = place->attempt.result; /* of this look, as each silent one's is */
    const char *besides = confirmation(place->row);

    fault_set(
        &gone.fault, STAGE_quic, SIGNAL_timeout, gone.fault.code,
        "no answer to version negotiation in %u look%s in a row, which it answered until %d s "
        "ago%s",
        place->n_silent, place->n_silent == 1 ? "" : "s", seconds_since(place->last.at_ms),
        besides ? besides : "");
    place->last = gone;
    place->n_silent = 0;
    place->row->last_failure_ms = gone.at_ms;
}

/* A handshake has passed where version negotiation was silent: it says nothing there. */
static void
forget(struct place *place)
{
    place->n_silent = 0;
    place->last.vn_signal = SIGNAL_timeout;
}

void
doubt_settle(struct row *row)
{
    unsigned n = looks_in_silence(row);
    void (*settle)(struct place *) = NULL;

    if (row->has_passed_mute)
        settle = forget;
    else if (n >= DOUBT_LOOKS || (n > 0 && confirmation(row)))
        settle = fail;
    for (size_t i = 0; settle && i < row->n_places; i++)
        if (row->places[i].n_silent > 0)
            settle(&row->places[i]);
}

/* --- as it is shown --- */

const struct place *
doubt_judge(const struct row *row, struct fault *fault)
{
    const struct place *longest = NULL;
    size_t n_doubtful = 0, n = 0;
    int64_t wait_ms = INT64_MAX;

    for (size_t i = 0; i < row->n_places; i++) {
        const struct place *place = &row->places[i];
        int64_t ms = handshakes_wait_ms(&row->handshakes, &place->attempt.address);

        n += counts(place);
        if (place->n_silent == 0)
            continue;
        n_doubtful++;
        wait_ms = ms < wait_ms ? ms : wait_ms;
        if (!longest || place->n_silent > longest->n_silent)
            longest = place;
    }
    if (!longest || (n_doubtful < n && longest->n_silent < 2)) /* one of many, once: chance */
        return NULL;
    fault_set(fault, STAGE_quic, SIGNAL_unsure, (int)n_doubtful,
              "no answer to version negotiation from %zu of %zu address%s, which answered until "
              "%d s ago; a handshake is due in %d s",
              n_doubtful, n, n == 1 ? "" : "es", seconds_since(longest->last.at_ms),
              (int)((wait_ms + 999) / 1000));
    return longest;
}
