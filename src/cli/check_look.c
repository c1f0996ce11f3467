#include "cli/check_look.h"

#include <string.h>

#include "cli/check_report.h"
#include "cli/fields.h"
#include "core/arena.h"
#include "core/clock.h"
#include "core/text.h"

enum { LINE_BYTES = 640 };

void
check_look(struct check_look *out, const struct check_options *options, struct store *store)
{
    const struct outlook_scope scope = {.has_layers = options->only.has_layers,
                                        .is_part = options->only.is_part};

    *out = (struct check_look){
        .options = options, .store = store, .arena = arena_new(), .now_ms = clock_wall_ms()};
    store_snapshot(store, &out->snapshot);
    out->assessment = assess(&out->snapshot, &options->look.thresholds, out->now_ms);
    outlook_of(&out->snapshot, out->assessment, &scope, out->arena, &out->outlook);
}

void
check_look_away(struct check_look *look)
{
    arena_free(look->arena);
    assessment_free(look->assessment);
    store_release(look->store, &look->snapshot);
}

void
check_look_print(FILE *out, const struct check_look *look)
{
    const struct check_options *options = look->options;
    struct check_report report = {
        .report = {&options->look, &look->snapshot, look->assessment, look->now_ms},
        .outlook = &look->outlook,
        .has_layers = options->only.has_layers,
    };

    if (!options->look.is_json)
        check_report_text(out, &report);
    else /* while watching: one a line */
        fields_print(out, check_report_json(&report), !options->is_watching);
}

/* ---- news ---- */

static void
say(FILE *out, int64_t at_ms, const struct text *what)
{
    TEXT(line, LINE_BYTES + 40);

    if (!out)
        return;
    rfc3339_add(&line, at_ms);
    text_addf(&line, "  %s", what->bytes);
    fprintf(out, "%s\n", line.bytes);
}

static const struct check *
same_check(const struct snapshot *snapshot, const struct check *check)
{
    size_t n;
    const struct check *checks = snapshot_checks(snapshot, &n);

    for (size_t i = 0; i < n; i++)
        if (checks[i].family == check->family && strcmp(checks[i].target, check->target) == 0 &&
            strcmp(checks[i].protocol, check->protocol) == 0)
            return &checks[i];
    return NULL;
}

static bool
tell_checks(FILE *out, const struct check_look *before, const struct check_look *now)
{
    size_t n;
    const struct check *checks = snapshot_checks(&now->snapshot, &n);
    bool has_news = false;

    for (size_t i = 0; i < n; i++) {
        const struct check *old = same_check(&before->snapshot, &checks[i]);
        TEXT(line, LINE_BYTES);

        if (checks[i].at_ms == 0 || (old && old->at_ms > 0 && old->verdict == checks[i].verdict &&
                                     old->failed_stage == checks[i].failed_stage))
            continue;
        has_news = true;
        check_line_add(&line, &checks[i]);
        say(out, checks[i].at_ms, &line);
    }
    return has_news;
}

static const struct layer *
same_layer(const struct assessment *assessment, const struct layer *layer)
{
    for (size_t i = 0; i < assessment->n_layers; i++)
        if (assessment->layers[i].number == layer->number &&
            strcmp(assessment->layers[i].tunnel_id, layer->tunnel_id) == 0)
            return &assessment->layers[i];
    return NULL;
}

static bool
tell_layers(FILE *out, const struct check_look *before, const struct check_look *now)
{
    bool has_news = false;

    for (size_t i = 0; now->options->only.has_layers && i < now->assessment->n_layers; i++) {
        const struct layer *layer = &now->assessment->layers[i];
        const struct layer *old = same_layer(before->assessment, layer);
        const struct layer_check *cause = layer_cause(layer);
        TEXT(line, LINE_BYTES);

        if (old && old->verdict == layer->verdict)
            continue;
        has_news = true;
        text_addf(&line, "layer %d (%s) of %s: %s", layer->number, layer->name, layer->tunnel_name,
                  layer_verdict_name(layer->verdict));
        if (cause)
            text_addf(&line, ": %s %s", cause->id, cause->evidence);
        say(out, now->now_ms, &line);
    }
    return has_news;
}

bool
check_look_news(FILE *out, const struct check_look *before, const struct check_look *now)
{
    bool has_checks = tell_checks(out, before, now), has_layers = tell_layers(out, before, now);
    bool is_other = before->outlook.verdict != now->outlook.verdict;
    TEXT(line, LINE_BYTES);

    if (is_other) {
        text_addf(&line, "%s: %s", outlook_verdict_name(now->outlook.verdict),
                  now->outlook.summary);
        say(out, now->now_ms, &line);
    }
    return has_checks || has_layers || is_other;
}
