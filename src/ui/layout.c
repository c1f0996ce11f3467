#include "ui/layout.h"

enum {
    STRIP_LINES = 6, /* the boxes of the summaries with their frames, at 24 lines */
    STRIP_MOST_LINES = 9,
    EVENTS_LEAST_LINES = 5,
};

static int
least(int a, int b)
{
    return a < b ? a : b;
}

static int
most(int a, int b)
{
    return a > b ? a : b;
}

static int
between(int low, int n, int high)
{
    return most(low, least(n, high));
}

static void
place(struct layout *layout, int view, struct rect r, enum view_size size)
{
    layout->view[view] = r;
    layout->size[view] = size;
}

/* The lines above and below the panes; returns what is left between them. */
static struct rect
edges(struct layout *layout, int w, int h)
{
    int top = 0, bottom = h;

    layout->bar = (struct rect){0, top++, w, 1};
    layout->diagnosis = (struct rect){0, top++, w, 1};
    if (h >= 12)
        layout->hints = (struct rect){0, --bottom, w, 1};
    if (h >= 16)
        layout->message = (struct rect){0, --bottom, w, 1};
    return (struct rect){0, top, w, bottom - top};
}

/* Below 40 by 10: the diagnosis, as many lines as there are, and the counts. */
static void
only_counts(struct layout *layout, int w, int h)
{
    layout->is_counts = true;
    layout->is_symbol = w < 8;
    layout->bar = (struct rect){0, 0, w, 1};
    layout->diagnosis = (struct rect){0, h > 1 ? 1 : 0, w, h > 1 ? h - 1 : 0};
}

/* One table and a strip of summaries of the others; events at the foot where lines allow. */
static void
strip(struct layout *layout, struct rect body, int focus)
{
    int big = focus, strip_lines = between(STRIP_LINES, body.h / 4, STRIP_MOST_LINES);
    int n = 0, x = body.x, boxes = PANE_COUNT - 1;
    int events_lines = body.h >= 34 ? 8 : 0;

    if (focus == VIEW_events && events_lines)
        big = PANE_jobs;
    if (big == VIEW_events)
        boxes = PANE_COUNT;
    for (int view = 0; view < PANE_COUNT; view++) {
        int w;

        if (view == big)
            continue;
        n++;
        w = body.x + body.w * n / boxes - x;
        place(layout, view, (struct rect){x, body.y, w, strip_lines}, VIEW_SUMMARY);
        x += w;
    }
    place(layout, big,
          (struct rect){body.x, body.y + strip_lines, body.w, body.h - strip_lines - events_lines},
          VIEW_WHOLE);
    if (events_lines)
        place(layout, VIEW_events,
              (struct rect){body.x, body.y + body.h - events_lines, body.w, events_lines},
              VIEW_WHOLE);
}

/* Put views on top of each other; heights are shares of the whole, the last gets the rest. */
static void
stack(struct layout *layout, struct rect r, const int *views, const int *lines, int n)
{
    for (int i = 0; i < n; i++) {
        int h = i == n - 1 ? r.h : lines[i];

        place(layout, views[i], (struct rect){r.x, r.y, r.w, h}, VIEW_WHOLE);
        r.y += h;
        r.h -= h;
    }
}

static struct rect
events_below(struct layout *layout, struct rect body)
{
    int lines = between(EVENTS_LEAST_LINES, body.h / 5, 14);

    place(layout, VIEW_events, (struct rect){body.x, body.y + body.h - lines, body.w, lines},
          VIEW_WHOLE);
    body.h -= lines;
    return body;
}

/* Lists on the left, what the host sees on the right. */
static void
two_columns(struct layout *layout, struct rect body)
{
    static const int left_views[] = {PANE_pools, PANE_jobs};
    static const int right_views[] = {PANE_tunnels, PANE_checks, PANE_layers};
    int w = body.w * 11 / 20;
    struct rect left, right;

    body = events_below(layout, body);
    left = (struct rect){body.x, body.y, w, body.h};
    right = (struct rect){body.x + w, body.y, body.w - w, body.h};
    stack(layout, left, left_views, (int[]){between(8, left.h / 3, 18)}, 2);
    stack(layout, right, right_views, (int[]){right.h * 3 / 10, right.h * 4 / 10}, 3);
}

/* The same, with the selected row in full between them. */
static void
three_columns(struct layout *layout, struct rect body)
{
    static const int left_views[] = {PANE_pools, PANE_jobs};
    static const int right_views[] = {PANE_tunnels, PANE_checks};
    int left_w = body.w * 2 / 5, right_w = body.w * 3 / 10, middle_w, detail_lines;
    struct rect left, right;

    body = events_below(layout, body);
    middle_w = body.w - left_w - right_w;
    left = (struct rect){body.x, body.y, left_w, body.h};
    right = (struct rect){body.x + left_w + middle_w, body.y, right_w, body.h};
    stack(layout, left, left_views, (int[]){between(8, left.h * 2 / 5, 24)}, 2);
    detail_lines = body.h * 11 / 20;
    layout->detail = (struct rect){body.x + left_w, body.y, middle_w, detail_lines};
    place(layout, PANE_layers,
          (struct rect){body.x + left_w, body.y + detail_lines, middle_w, body.h - detail_lines},
          VIEW_WHOLE);
    stack(layout, right, right_views, (int[]){right.h / 2}, 2);
}

struct layout
layout_make(int w, int h, int focus, bool is_zoomed)
{
    struct layout layout = {.has_frames = true};
    struct rect body;

    if (w < 40 || h < 10) {
        only_counts(&layout, w, h);
        return layout;
    }
    body = edges(&layout, w, h);
    if (w < 80 || h < 24 || is_zoomed)
        place(&layout, focus, body, VIEW_WHOLE);
    else if (w >= 170 && h >= 44)
        three_columns(&layout, body);
    else if (w >= 118 && h >= 36)
        two_columns(&layout, body);
    else
        strip(&layout, body, focus);
    layout.has_frames = body.h >= 4;
    return layout;
}
