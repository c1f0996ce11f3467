#include "probe/doubt.h"

#include "core/clock.h"
#include "core/text.h"

static bool
is_light_over_udp(const struct place *place)
{
    return place->attempt.is_light && place->row->kind == CHECK_EDGE_UDP_7844;
}

bool
doubt_is_moot(const struct place *place)
{
    enum signal before = place->last.vn_signal, now = place->attempt.result.vn_signal;

    return is_light_over_udp(place) && place->is_known && fault_is_bearable(&place->last.fault) &&
           !fault_is_bearable(&place->attempt.result.fault) && before != SIGNAL_none &&
           (now == SIGNAL_timeout || now == before);
}

bool
doubt_begins(const struct place *place)
{
    bool was_well = place->is_known && fault_is_bearable(&place->last.fault) &&
                    place->last.vn_signal == SIGNAL_none;

    return is_light_over_udp(place) && (was_well || !place->is_known) &&
           place->attempt.result.vn_signal == SIGNAL_timeout;
}

/* --- the end of a look --- */

/* Whether it fails depends on what silence is worth, or it passes. */
static bool
is_in_question(const struct place *place)
{
    return place->n_silent > 0 || (place_is_measured(place) && !place_is_failing(place));
}

static bool
are_all_silent(const struct row *row)
{
    size_t n_silent = 0;

    for (size_t i = 0; i < row->n_places; i++) {
        if (is_in_question(&row->places[i]) && row->places[i].n_silent == 0)
            return false;
        n_silent += row->places[i].n_silent > 0;
    }
    return n_silent > 0;
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
    TEXT(until, 40);

    if (place->is_known)
        text_addf(&until, ", which it answered until %d s ago", seconds_since(place->last.at_ms));
    fault_set(&gone.fault, STAGE_quic, SIGNAL_timeout, gone.fault.code,
              "no answer to version negotiation%s%s", until.bytes, confirmation(place->row));
    place->last = gone;
    place->is_known = true;
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
    void (*settle)(struct place *) = NULL;

    if (row->has_passed_mute)
        settle = forget;
    else if (confirmation(row) && are_all_silent(row))
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
    TEXT(until, 40);

    for (size_t i = 0; i < row->n_places; i++) {
        const struct place *place = &row->places[i];
        int64_t ms = handshakes_wait_ms(&row->handshakes, &place->attempt.address);

        n += is_in_question(place);
        if (place->n_silent == 0)
            continue;
        n_doubtful++;
        wait_ms = ms < wait_ms ? ms : wait_ms;
        if (!longest || place->n_silent > longest->n_silent)
            longest = place;
    }
    if (!longest || (n_doubtful < n && longest->n_silent < 2)) /* one of many, once: chance */
        return NULL;
    if (longest->is_known)
        text_addf(&until, ", which answered until %d s ago", seconds_since(longest->last.at_ms));
    fault_set(fault, STAGE_quic, SIGNAL_unsure, (int)n_doubtful,
              "no answer to version negotiation from %zu of %zu address%s%s; a handshake is due in "
              "%d s",
              n_doubtful, n, n == 1 ? "" : "es", until.bytes, (int)((wait_ms + 999) / 1000));
    return longest;
}
