/* layout.h — who gets which part of the screen. Pure: the size and the focus decide. */
#ifndef UI_LAYOUT_H
#define UI_LAYOUT_H

#include "ui/pane.h"

/* What the operator can focus: the panes, then the events. */
enum { VIEW_events = PANE_COUNT, VIEW_COUNT };

enum view_size {
    VIEW_HIDDEN,
    VIEW_SUMMARY, /* a few words, see draw_summary */
    VIEW_WHOLE,
};

struct layout {
    /* lines; h is 0 where there is no room */
    struct rect bar, diagnosis, message, hints;
    struct rect detail; /* of the selection, beside the panes; w is 0 when there is none */
    enum view_size size[VIEW_COUNT];
    struct rect view[VIEW_COUNT];
    bool has_frames; /* too small for frames otherwise */
    bool is_counts;  /* below 40 by 10: the diagnosis and the counts */
    bool is_symbol;  /* below 8 by 1: the worst symbol */
};

struct layout layout_make(int w, int h, int focus, bool is_zoomed);

#endif
