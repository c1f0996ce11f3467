/* colour.h — from the 24 bits of a theme to the colours a terminal has, and how well one is read on
 * another. Pure. */
#ifndef CORE_COLOUR_H
#define CORE_COLOUR_H

#include "core/style.h"

enum colour_depth {
    COLOUR_DEPTH_none, /* attributes and glyphs carry everything */
    COLOUR_DEPTH_8,
    COLOUR_DEPTH_16,
    COLOUR_DEPTH_256,
    COLOUR_DEPTH_true,
    COLOUR_DEPTH_COUNT
};

/* What to send for one style at one depth. */
struct pen {
    int32_t fg,
        bg; /* COLOUR_DEFAULT, 0xRRGGBB at COLOUR_DEPTH_true, else an index of the palette */
    uint8_t attributes;
};

/* Dim and reverse stand in for a colour: they are left out where the depth gives the style one. A
 * bright colour among 8 is the plain one in bold, as terminals with 8 colours have always done. */
struct pen colour_pen(const struct style *style, enum colour_depth depth);

/* `over` laid over `under`: a highlight, which has a background or is reversed, keeps the colours
 * of the text below, so that a selected failing cell shows both; a tint replaces the colour of text
 * that stands on the terminal's own background. */
struct pen colour_pen_over(struct pen under, struct pen over);

/* The nearest of xterm's fixed colours, 16 to 255 (the first 16 belong to the user). */
uint8_t colour_to_256(int32_t rgb);
/* The nearest of xterm's first 16. */
uint8_t colour_to_16(int32_t rgb);

/* What xterm shows for an index of its palette. */
int32_t colour_of_256(uint8_t index);

/* Contrast of two 0xRRGGBB, 1 to 21 (WCAG 2.2, "contrast ratio"). */
double colour_contrast(int32_t a, int32_t b);

/* The 16 names, as in theme files: "red", "bright-red". NULL-terminated, in the palette's order. */
extern const char *const colour_names[];

#endif
