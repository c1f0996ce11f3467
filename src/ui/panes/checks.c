#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "ui/panes/check_rows.h"

static const struct check *
check_of(const struct row *row)
{
    return row->data;
}

void
check_id_write(char *out, const struct check *check)
{
    struct text id = {.bytes = out, .size = ID_BYTES};

    text_clear(&id);
    check_id_add(&id, check->target, check->protocol, check->family);
}

/* Valid until the next call. */
static const char *
id(const struct row *row)
{
    static char bytes[ID_BYTES];

    check_id_write(bytes, check_of(row));
    return bytes;
}

static enum role
mark(const struct row *row)
{
    return verdict_role(check_of(row)->verdict);
}

static const char *
target(const struct row *row)
{
    return check_of(row)->target;
}

static enum role
target_role(const struct row *row)
{
    enum role role = mark(row);

    return role == ROLE_fail || role == ROLE_warn ? ROLE_title : ROLE_text;
}

static const char *
protocol(const struct row *row)
{
    return check_of(row)->protocol;
}

static const char *
family(const struct row *row)
{
    return check_of(row)->family == 6 ? "v6" : "v4";
}

const char *
check_verdict_word(const struct row *row)
{
    static const char *const words[] = {
        [CHECK_skip] = "not yet", [CHECK_pass] = "pass",           [CHECK_warn] = "warn",
        [CHECK_fail] = "FAIL",    [CHECK_unsupported] = "no path",
    };

    if (check_of(row)->verdict == CHECK_skip && check_of(row)->at_ms > 0)
        return "skip";
    return words[check_of(row)->verdict];
}

static int64_t
rtt(const struct row *row)
{
    return known(check_of(row)->rtt_us);
}

static int64_t
stage(const struct row *row, enum check_stage which)
{
    return known(check_of(row)->stage_us[which]);
}

static int64_t
dns(const struct row *row)
{
    return stage(row, STAGE_dns);
}

static int64_t
tcp(const struct row *row)
{
    return stage(row, STAGE_tcp);
}

static int64_t
tls(const struct row *row)
{
    return stage(row, STAGE_tls);
}

static int64_t
http(const struct row *row)
{
    return stage(row, STAGE_http);
}

static int64_t
quic(const struct row *row)
{
    return stage(row, STAGE_quic);
}

/* "FAIL" stands in the column of the stage that failed, so that one sees how far it came. */
static void
show_stage(struct text *out, const struct row *row, enum check_stage which)
{
    const struct check *check = check_of(row);

    if (check->verdict == CHECK_fail && check->failed_stage == which)
        text_add(out, row->frame->is_ascii ? "X" : "✘");
    else
        unit_add(out, row->frame, UNIT_us, stage(row, which));
}

static enum role
stage_role(const struct row *row, enum check_stage which)
{
    const struct check *check = check_of(row);

    return check->verdict == CHECK_fail && check->failed_stage == which ? ROLE_fail : ROLE_text;
}

#define STAGE(name)                                                                                \
    static void show_##name(struct text *out, const struct row *row)                               \
    {                                                                                              \
        show_stage(out, row, STAGE_##name);                                                        \
    }                                                                                              \
    static enum role name##_role(const struct row *row)                                            \
    {                                                                                              \
        return stage_role(row, STAGE_##name);                                                      \
    }
STAGE(dns)
STAGE(tcp)
STAGE(tls)
STAGE(http)
STAGE(quic)
#undef STAGE

static int64_t
loss(const struct row *row)
{
    return known(check_loss(check_of(row)));
}

static enum role
loss_role(const struct row *row)
{
    return loss(row) > 0 ? ROLE_warn : ROLE_dim;
}

static int64_t
jitter(const struct row *row)
{
    return known(check_jitter_us(check_of(row)));
}

static const struct series *
trend(const struct row *row)
{
    return &check_of(row)->rtt_trend;
}

static enum role
trend_role(const struct row *row)
{
    (void)row;
    return ROLE_graph;
}

/* What to read beside the verdict: the failure, else what else was seen. */
static const char *
saw(const struct row *row)
{
    return check_of(row)->error[0] ? check_of(row)->error : check_of(row)->note;
}

static enum role
saw_role(const struct row *row)
{
    return check_of(row)->error[0] && mark(row) != ROLE_stale ? ROLE_text : ROLE_dim;
}

static bool
is_stale(const struct row *row)
{
    const struct source_status *status = &row->frame->snapshot->source[SOURCE_checks];

    return source_is_stale(status, row->frame->now_ms);
}

static int
weight(const struct check *check)
{
    static const int weights[] = {
        [CHECK_fail] = 0, [CHECK_warn] = 1,        [CHECK_pass] = 2,
        [CHECK_skip] = 3, [CHECK_unsupported] = 3,
    };

    return weights[check->verdict];
}

static int
order(const struct row *a, const struct row *b)
{
    const struct check *x = check_of(a), *y = check_of(b);

    if (weight(x) != weight(y))
        return weight(x) - weight(y);
    if (x->kind != y->kind)
        return (int)x->kind - (int)y->kind;
    if (strcmp(x->target, y->target) != 0)
        return strcmp(x->target, y->target);
    return x->family - y->family;
}

static const struct column columns[] = {
    {"TARGET", "target", 12, 18, 0, UNIT_none, .text = target, .role = target_role},
    {"PORT", "port", 9, 9, 0, UNIT_none, .text = protocol},
    {"IP", "ip", 2, 2, 0, UNIT_none, .text = family},
    {"VERDICT", "verdict", 7, 7, 1, UNIT_none, .text = check_verdict_word, .role = mark},
    {"RTT", "rtt", 6, 6, 1, UNIT_us, .value = rtt},
    {"DNS", "dns", 5, 6, 5, UNIT_us, .value = dns, .show = show_dns, .role = dns_role},
    {"TCP", "tcp", 5, 6, 4, UNIT_us, .value = tcp, .show = show_tcp, .role = tcp_role},
    {"TLS", "tls", 5, 6, 4, UNIT_us, .value = tls, .show = show_tls, .role = tls_role},
    {"HTTP", "http", 5, 6, 4, UNIT_us, .value = http, .show = show_http, .role = http_role},
    {"QUIC", "quic", 5, 6, 4, UNIT_us, .value = quic, .show = show_quic, .role = quic_role},
    {"LOSS", "loss", 4, 5, 2, UNIT_parts, .value = loss, .role = loss_role},
    {"JITTER", "jitter", 6, 6, 6, UNIT_us, .value = jitter},
    {"TREND", "trend", 8, 30, 3, UNIT_none, .trend = trend, .role = trend_role},
    {"SAW", "saw", 24, 60, 7, UNIT_none, .may_be_blank = true, .text = saw, .role = saw_role},
};

static const struct list list = {
    .columns = columns,
    .n_columns = COUNT_OF(columns),
    .slot = SLOT_checks,
    .id = id,
    .mark = mark,
    .is_stale = is_stale,
    .order = order,
    .empty = "no checks: none is configured",
};

static bool
is_wrong(const struct row *row, const char *key)
{
    (void)key;
    return weight(check_of(row)) <= 1;
}

static bool
is_same_fault(const struct check *a, const struct check *b)
{
    return strcmp(a->error, b->error) == 0 &&
           strcmp(a->cause ? a->cause : "", b->cause ? b->cause : "") == 0 &&
           strcmp(check_next_step(a), check_next_step(b)) == 0;
}

/* How many of the worst there are of its fault; 0 when an earlier one said it. */
static size_t
count_fault(const struct worst *worst, size_t which)
{
    size_t n = 0;

    for (size_t i = 0; i < worst->n; i++) {
        if (!is_same_fault(check_of(&worst->row[i]), check_of(&worst->row[which])))
            continue;
        if (i < which)
            return 0;
        n++;
    }
    return n;
}

static void
page_wrong(struct page *page, const struct row *row, size_t n)
{
    const struct check *check = check_of(row);
    TEXT(line, 700);

    text_add(&line, id(row));
    if (n > 1)
        text_addf(&line, " and %zu more", n - 1);
    if (check->failing_since_ms > 0) {
        text_add(&line, ", failing for ");
        age_add(&line, row->frame, check->failing_since_ms);
    }
    if (check->error[0])
        text_addf(&line, ": %s", check->error);
    if (check->cause && *check->cause)
        text_addf(&line, "; %s", check->cause);
    page_sentence(page, mark(row), ROLE_text, line.bytes);
    if (*check_next_step(check))
        page_next_step(page, check_next_step(check));
}

/* Under the rows, where there is room: what is wrong, in words, each fault once. */
static void
draw(struct canvas *canvas, struct rect r, const struct frame *frame, struct pane_state *state,
     bool is_focused)
{
    int used = pane_draw_rows(&pane_checks, canvas, r, frame, state, is_focused) + 1;
    struct worst worst = {.most = WORST_ROWS, .wanted = is_wrong};
    struct page page = {.canvas = canvas, .frame = frame, .is_cut = true};

    if (used >= r.h || state->n_shown == 0)
        return;
    page.r = (struct rect){r.x, r.y + used, r.w, r.h - used};
    list_worst(&list, frame, &worst);
    for (size_t i = 0; i < worst.n && page.lines < page.r.h; i++)
        if (count_fault(&worst, i) > 0)
            page_wrong(&page, &worst.row[i], count_fault(&worst, i));
}

/* The worst check of a kind, and how many of them fail. */
static void
draw_kind(struct canvas *canvas, struct rect r, const struct row *row)
{
    const struct check *check = check_of(row);
    TEXT(right, 32);
    int cells;

    if (check->verdict == CHECK_fail && check->failing_since_ms > 0)
        age_add(&right, row->frame, check->failing_since_ms);
    else if (check->verdict == CHECK_fail)
        text_add(&right, check_verdict_word(row));
    else
        unit_add(&right, row->frame, UNIT_us, rtt(row));
    if (check->verdict == CHECK_pass &&
        (int)(text_cells(check->protocol) + 1 + text_cells(right.bytes)) > r.w)
        text_clear(&right); /* which port it is about comes first */
    cells = (int)text_cells(right.bytes);
    canvas_text(canvas, r.x, r.y, r.w - (cells > 0 ? 1 + cells : 0), target_role(row),
                check->protocol);
    canvas_right(canvas, r.x + r.w - cells, r.y, cells, ROLE_text, right.bytes);
}

static bool
is_api(const struct row *row, const char *key)
{
    (void)key;
    return check_of(row)->kind == CHECK_API_443;
}

static bool
is_edge_tcp(const struct row *row, const char *key)
{
    (void)key;
    return check_of(row)->kind == CHECK_EDGE_TCP_7844;
}

static bool
is_edge_udp(const struct row *row, const char *key)
{
    (void)key;
    return check_of(row)->kind == CHECK_EDGE_UDP_7844;
}

/* One line for each kind: its worst check. */
static void
draw_summary(struct canvas *canvas, struct rect r, const struct frame *frame)
{
    static bool (*const kinds[])(const struct row *row, const char *key) = {is_api, is_edge_tcp,
                                                                            is_edge_udp};
    int y = 0;

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct worst worst = {.most = 1, .wanted = kinds[i]};

        list_worst(&list, frame, &worst);
        if (worst.n > 0)
            list_draw_line(&list, canvas, (struct rect){r.x, r.y + y++, r.w, 1}, &worst.row[0],
                           draw_kind);
    }
    if (y == 0)
        pane_draw_nothing(&pane_checks, canvas, r, frame);
}

static const enum source sources[] = {SOURCE_checks};

const struct pane pane_checks = {
    .name = "checks",
    .title = "Connectivity",
    .digit = '4',
    .list = &list,
    .sources = sources,
    .n_sources = COUNT_OF(sources),
    .draw = draw,
    .draw_summary = draw_summary,
    .draw_detail = check_draw_detail,
};
