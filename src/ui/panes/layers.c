#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "ui/panes/rows.h"

/* A row is a tunnel with its three layers, as a request passes them. */
static const struct layer *
layers_of(const struct row *row)
{
    return row->data;
}

static size_t
count(const struct frame *frame)
{
    return frame->assessment->n_layers / LAYERS;
}

static const void *
at(const struct frame *frame, size_t index)
{
    return &frame->assessment->layers[index * LAYERS];
}

static const char *
id(const struct row *row)
{
    return layers_of(row)->tunnel_id;
}

static const char *
name(const struct row *row)
{
    return layers_of(row)->tunnel_name;
}

static enum layer_verdict
worst_verdict(const struct row *row)
{
    enum layer_verdict worst = LAYER_verified;

    for (size_t i = 0; i < LAYERS; i++)
        if (layer_verdict_rank(layers_of(row)[i].verdict) > layer_verdict_rank(worst))
            worst = layers_of(row)[i].verdict;
    return worst;
}

static enum role
mark(const struct row *row)
{
    return layer_role(worst_verdict(row));
}

/* As a cell has room for it. */
static const char *
short_word(enum layer_verdict verdict)
{
    return verdict == LAYER_not_observable  ? "not seen"
           : verdict == LAYER_accepted_risk ? "accepted"
                                            : layer_verdict_word(verdict);
}

static void
show_layer(struct text *out, const struct row *row, size_t i)
{
    enum layer_verdict verdict = layers_of(row)[i].verdict;

    text_addf(out, "%s %s", glyph(row->frame->theme, row->frame->is_ascii, layer_role(verdict)),
              short_word(verdict));
}

#define LAYER(i)                                                                                   \
    static void show_##i(struct text *out, const struct row *row)                                  \
    {                                                                                              \
        show_layer(out, row, (i)-1);                                                               \
    }                                                                                              \
    static int64_t value_##i(const struct row *row)                                                \
    {                                                                                              \
        return layer_verdict_rank(layers_of(row)[(i)-1].verdict);                                  \
    }                                                                                              \
    static enum role role_##i(const struct row *row)                                               \
    {                                                                                              \
        return layer_role(layers_of(row)[(i)-1].verdict);                                          \
    }
LAYER(1)
LAYER(2)
LAYER(3)
#undef LAYER

/* Where a request stops. NULL: nowhere that was seen. */
static const struct layer *
first_broken(const struct row *row)
{
    for (size_t i = 0; i < LAYERS; i++)
        if (layers_of(row)[i].verdict == LAYER_failed)
            return &layers_of(row)[i];
    return NULL;
}

static const struct layer *
first_warning(const struct row *row)
{
    for (size_t i = 0; i < LAYERS; i++)
        if (layers_of(row)[i].verdict == LAYER_warning)
            return &layers_of(row)[i];
    return NULL;
}

static size_t
unseen(const struct row *row)
{
    size_t n = 0;

    for (size_t i = 0; i < LAYERS; i++)
        n += layers_of(row)[i].verdict == LAYER_not_observable;
    return n;
}

/* NULL: none. */
static const struct finding *
finding_of(const struct frame *frame, const struct layer *layer)
{
    const struct assessment *assessment = frame->assessment;

    for (size_t i = 0; i < assessment->n_findings; i++)
        if (finding_is_about(frame, &assessment->findings[i], layer->tunnel_id) &&
            finding_is_of_layer(&assessment->findings[i], layer->number))
            return &assessment->findings[i];
    return NULL;
}

/* Why a layer is not well: as the diagnosis says, else as the check that failed. */
static const char *
cause_of(const struct frame *frame, const struct layer *layer)
{
    const struct finding *finding = finding_of(frame, layer);
    const struct layer_check *check = layer_cause(layer);

    if (finding)
        return finding->summary;
    return check ? check->evidence : layer_verdict_word(layer->verdict);
}

/* The pane's point in one sentence; never more than was seen. */
static void
broken_add(struct text *out, const struct row *row)
{
    const struct layer *broken = first_broken(row);

    if (broken)
        text_addf(out, "%s: %s", broken->name, cause_of(row->frame, broken));
    else if (first_warning(row))
        text_addf(out, "none; %s: %s", first_warning(row)->name,
                  cause_of(row->frame, first_warning(row)));
    else if (unseen(row) > 0)
        text_addf(out, "none seen; %zu of %d not observable from here", unseen(row), LAYERS);
    else
        text_add(out, "none");
}

static enum role
broken_role(const struct row *row)
{
    return first_broken(row) || first_warning(row) ? ROLE_text : ROLE_dim;
}

static bool
is_stale(const struct row *row)
{
    return source_is_stale(&row->frame->snapshot->source[SOURCE_tunnels], row->frame->now_ms);
}

static int
order(const struct row *a, const struct row *b)
{
    int left = layer_verdict_rank(worst_verdict(a)), right = layer_verdict_rank(worst_verdict(b));

    return left != right ? right - left : strcasecmp(name(a), name(b));
}

static const struct column columns[] = {
    {"TUNNEL", "tunnel", 10, 24, 0, UNIT_none, .keeps_end = true, .text = name},
    {"OUTER mTLS", "outer", 11, 14, 1, UNIT_none, .show = show_1, .value = value_1, .role = role_1},
    {"INNER TLS", "inner", 11, 14, 1, UNIT_none, .show = show_2, .value = value_2, .role = role_2},
    {"OAUTH", "oauth", 11, 14, 1, UNIT_none, .show = show_3, .value = value_3, .role = role_3},
    {"FIRST BROKEN LINK", "broken", 24, 90, 2, UNIT_none, .show = broken_add, .role = broken_role},
};

static const struct list list = {
    .columns = columns,
    .n_columns = COUNT_OF(columns),
    .slot = SLOT_COUNT,
    .count = count,
    .at = at,
    .id = id,
    .mark = mark,
    .is_stale = is_stale,
    .order = order,
    .empty = "no tunnels, so no layers to check",
};

/* The last line of the evidence, when something could not be seen. */
static void
page_unseen(struct page *page, const struct layer *layer)
{
    for (size_t i = 0; i < layer->n_checks; i++)
        if (layer->checks[i].verdict == LAYER_not_observable) {
            page_point(page, ROLE_text, "", ROLE_dim, layer->evidence[layer->n_evidence - 1]);
            return;
        }
}

static void
page_layer(struct page *page, const struct layer *layer)
{
    TEXT(line, 160);

    text_addf(&line, "%d %s: %s", layer->number, layer->name, layer_verdict_word(layer->verdict));
    page_line(page, layer_role(layer->verdict), layer_role(layer->verdict), line.bytes);
    for (size_t i = 0; i < layer->n_checks; i++) {
        const struct layer_check *check = &layer->checks[i];
        enum role role = layer_role(check->verdict);

        if (check->verdict != LAYER_not_observable)
            page_point(page, role, check->id, check->verdict == LAYER_verified ? ROLE_text : role,
                       check->evidence);
    }
    page_unseen(page, layer);
}

static void
page_first_broken(struct page *page, const struct row *row)
{
    const struct layer *broken = first_broken(row);
    const struct finding *finding = broken ? finding_of(row->frame, broken) : NULL;
    TEXT(line, 600);

    text_addf(&line, "%s: first broken link: ", name(row));
    broken_add(&line, row);
    if (broken && broken->number > 1)
        text_add(&line, "; nothing before it is seen to fail");
    page_sentence(page, broken ? ROLE_fail : mark(row), broken ? ROLE_title : ROLE_dim, line.bytes);
    if (finding && finding->next_step && *finding->next_step)
        page_next_step(page, finding->next_step);
}

void
page_layers_of(struct page *page, const char *tunnel_id)
{
    for (size_t i = 0; i < count(page->frame); i++) {
        struct row row = list_row(&list, page->frame, i);

        if (strcmp(id(&row), tunnel_id) != 0)
            continue;
        page_first_broken(page, &row);
        for (size_t j = 0; j < LAYERS; j++)
            page_layer(page, &layers_of(&row)[j]);
    }
}

/* Under the rows, where there is room: the evidence of the selected tunnel. */
static void
draw(struct canvas *canvas, struct rect r, const struct frame *frame, struct pane_state *state,
     bool is_focused)
{
    int used = pane_draw_rows(&pane_layers, canvas, r, frame, state, is_focused) + 1;

    if (used + 1 < r.h && state->n_shown > 0) {
        struct page page = {.canvas = canvas, .frame = frame, .is_cut = true};

        page.r = (struct rect){r.x, r.y + used, r.w, r.h - used};
        page_layers_of(&page, state->selected);
    }
}

/* "acme-prod   ✓ ◌ ◌": the glyphs left to right. */
static void
draw_line(struct canvas *canvas, struct rect r, const struct row *row)
{
    canvas_name(canvas, r.x, r.y, r.w - 1 - 2 * LAYERS, ROLE_text, name(row));
    for (int i = 0; i < LAYERS; i++) {
        enum role role = layer_role(layers_of(row)[i].verdict);

        canvas_text(canvas, r.x + r.w - 2 * (LAYERS - i) + 1, r.y, 1, role,
                    glyph(row->frame->theme, row->frame->is_ascii, role));
    }
}

/* One tunnel is the usual case: then its layers by name. */
static void
draw_summary(struct canvas *canvas, struct rect r, const struct frame *frame)
{
    if (count(frame) != 1) {
        pane_draw_worst(&pane_layers, canvas, r, frame, draw_line);
        return;
    }
    for (int i = 0; i < LAYERS && i < r.h; i++) {
        const struct layer *layer = &frame->assessment->layers[i];
        enum role role = layer_role(layer->verdict);

        canvas_text(canvas, r.x, r.y + i, 1, role, glyph(frame->theme, frame->is_ascii, role));
        canvas_text(canvas, r.x + 2, r.y + i, r.w - 2, ROLE_text, layer->name);
    }
}

static int
draw_detail(struct canvas *canvas, struct rect r, const struct frame *frame, const char *tunnel_id,
            int scroll)
{
    struct page page = {.canvas = canvas, .r = r, .frame = frame, .scroll = scroll};

    for (size_t i = 0; i < count(frame); i++) {
        struct row row = list_row(&list, frame, i);

        if (strcmp(id(&row), tunnel_id) != 0)
            continue;
        page_title(&page, mark(&row), name(&row), layer_verdict_word(worst_verdict(&row)));
        page_sentence(&page, ROLE_text, ROLE_dim, "a request passes the layers from 1 to 3");
        page_blank(&page);
        page_layers_of(&page, tunnel_id);
        page_findings(&page, tunnel_id);
        return page.lines;
    }
    page_sentence(&page, ROLE_stale, ROLE_text, "this tunnel is no longer there");
    return page.lines;
}

static const enum source sources[] = {SOURCE_tunnels, SOURCE_certificates, SOURCE_connectors};

const struct pane pane_layers = {
    .name = "layers",
    .title = "Security layers",
    .digit = '5',
    .list = &list,
    .sources = sources,
    .n_sources = COUNT_OF(sources),
    .draw = draw,
    .draw_summary = draw_summary,
    .draw_detail = draw_detail,
};
