#include "core/colour.h"

#include <math.h>

const char *const colour_names[] = {
    "black",        "red",
    "green",        "yellow",
    "blue",         "magenta",
    "cyan",         "white",
    "bright-black", "bright-red",
    "bright-green", "bright-yellow",
    "bright-blue",  "bright-magenta",
    "bright-cyan",  "bright-white",
    NULL,
};

/* xterm's defaults (XTerm-col.ad) */
static const int32_t first_16[] = {
    0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5,
    0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF,
};

enum { CUBE = 16, CUBE_SIDE = 6, GREYS = 232, BRIGHT = 8 };

static int
cube_level(int i)
{
    return i == 0 ? 0 : 55 + 40 * i;
}

int32_t
colour_of_256(uint8_t index)
{
    int i = index - CUBE;

    if (index < CUBE)
        return first_16[index];
    if (index >= GREYS)
        return (8 + 10 * (index - GREYS)) * 0x010101;
    return cube_level(i / (CUBE_SIDE * CUBE_SIDE)) << 16 |
           cube_level(i / CUBE_SIDE % CUBE_SIDE) << 8 | cube_level(i % CUBE_SIDE);
}

static int
channel(int32_t rgb, int shift)
{
    return rgb >> shift & 0xFF;
}

/* Weighted by how the eye sees each channel ("redmean", T. Riemersma); a distance, squared. */
static int64_t
distance(int32_t a, int32_t b)
{
    int64_t red = (channel(a, 16) + channel(b, 16)) / 2;
    int64_t r = channel(a, 16) - channel(b, 16);
    int64_t g = channel(a, 8) - channel(b, 8);
    int64_t u = channel(a, 0) - channel(b, 0);

    return (512 + red) * r * r + 1024 * g * g + (767 - red) * u * u;
}

static uint8_t
nearest(int32_t rgb, int first, int end)
{
    int best = first;

    for (int i = first + 1; i < end; i++)
        if (distance(rgb, colour_of_256((uint8_t)i)) < distance(rgb, colour_of_256((uint8_t)best)))
            best = i;
    return (uint8_t)best;
}

uint8_t
colour_to_256(int32_t rgb)
{
    return nearest(rgb, CUBE, 256);
}

uint8_t
colour_to_16(int32_t rgb)
{
    return nearest(rgb, 0, CUBE);
}

static int32_t
at_depth(int32_t rgb, int16_t among_16, enum colour_depth depth)
{
    if (depth == COLOUR_DEPTH_none)
        return COLOUR_DEFAULT;
    if (depth == COLOUR_DEPTH_8 || depth == COLOUR_DEPTH_16)
        return among_16;
    if (depth == COLOUR_DEPTH_true || rgb == COLOUR_DEFAULT)
        return rgb;
    return colour_to_256(rgb);
}

struct pen
colour_pen(const struct style *style, enum colour_depth depth)
{
    struct pen pen = {
        .fg = at_depth(style->fg, style->fg16, depth),
        .bg = at_depth(style->bg, style->bg16, depth),
        .attributes = style->attributes,
    };

    if (pen.fg != COLOUR_DEFAULT)
        pen.attributes &= (uint8_t)~STYLE_DIM;
    if (pen.bg != COLOUR_DEFAULT)
        pen.attributes &= (uint8_t)~STYLE_REVERSE;
    if (depth == COLOUR_DEPTH_8 && pen.fg >= BRIGHT) {
        pen.fg -= BRIGHT;
        pen.attributes |= STYLE_BOLD;
    }
    if (depth == COLOUR_DEPTH_8 && pen.bg >= BRIGHT)
        pen.bg -= BRIGHT;
    return pen;
}

struct pen
colour_pen_over(struct pen under, struct pen over)
{
    bool keeps =
        over.bg != COLOUR_DEFAULT || over.attributes & STYLE_REVERSE || under.bg != COLOUR_DEFAULT;
    int32_t first = keeps ? under.fg : over.fg, second = keeps ? over.fg : under.fg;

    struct pen pen = {
        .fg = first != COLOUR_DEFAULT ? first : second,
        .bg = under.bg != COLOUR_DEFAULT ? under.bg : over.bg,
        .attributes = under.attributes | over.attributes,
    };

    if (pen.fg != COLOUR_DEFAULT)
        pen.attributes &= (uint8_t)~STYLE_DIM;
    return pen;
}

static double
linear(int value)
{
    double c = value / 255.0;

    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double
luminance(int32_t rgb)
{
    return 0.2126 * linear(channel(rgb, 16)) + 0.7152 * linear(channel(rgb, 8)) +
           0.0722 * linear(channel(rgb, 0));
}

double
colour_contrast(int32_t a, int32_t b)
{
    double la = luminance(a), lb = luminance(b);

    return la > lb ? (la + 0.05) / (lb + 0.05) : (lb + 0.05) / (la + 0.05);
}
