#include "aid/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/keys.h"

enum { START_MS = 1000000 };

void
sit_down(struct desk *desk, struct world *world, int w, int h)
{
    struct err err = {0};

    *desk = (struct desk){.world = world, .canvas = canvas_new(w, h), .mono_ms = START_MS};
    desk->options.context = "acme-prod";
    desk->options.thresholds = thresholds_default();
    desk->options.copy_file = "/dev/null";
    assert_true(console_open(&desk->console, &desk->options, world_store(world), &err));
    console_update(&desk->console, WORLD_NOW_MS);
    console_tick(&desk->console, desk->mono_ms);
    console_draw(&desk->console, desk->canvas);
}

void
get_up(struct desk *desk)
{
    struct op_order *order;

    while (take_order(desk, &order))
        op_order_free(order);
    console_close(&desk->console);
    canvas_free(desk->canvas);
    world_free(desk->world);
}

void
press(struct desk *desk, const char *names)
{
    char name[16];
    int used;

    for (; sscanf(names, " %15s%n", name, &used) == 1; names += used) {
        console_key(&desk->console, key_parse(name));
        console_draw(&desk->console, desk->canvas);
    }
}

void
type_text(struct desk *desk, const char *text)
{
    for (; *text; text++)
        console_key(&desk->console, (unsigned char)*text);
    console_draw(&desk->console, desk->canvas);
}

void
pass(struct desk *desk, int64_t ms)
{
    desk->mono_ms += ms;
    world_store(desk->world);
    console_update(&desk->console, desk->console.frame.now_ms + ms);
    console_tick(&desk->console, desk->mono_ms);
    console_draw(&desk->console, desk->canvas);
}

bool
sees(const struct desk *desk, const char *words)
{
    char *printed = NULL;
    size_t n;
    FILE *memory = open_memstream(&printed, &n);
    bool is_seen;

    canvas_print(desk->canvas, memory);
    fclose(memory);
    is_seen = strstr(printed, words) != NULL;
    free(printed);
    return is_seen;
}

bool
take_order(struct desk *desk, struct op_order **out)
{
    struct wish wish;

    if (!store_take_wish(desk->console.store, WISH_FOR_ops, &wish))
        return false;
    *out = wish.order;
    return true;
}
