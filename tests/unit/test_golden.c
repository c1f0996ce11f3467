/* Golden screens: every pane, as the operator reads it, compared with tests/golden/NAME.txt.
 * GOLDEN=write rewrites them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aid/scene.h"
#include "ui/console.h"
#include "ui/list.h"
#include "ui/why.h"

struct picture {
    const char *name; /* "pools-full" */
    struct world *(*world)(void);
    enum pane_id pane;
    int w, h;
    bool is_ascii;
    const char *filter; /* or keys to press */
    void (*draw)(struct canvas *canvas, const struct picture *picture, struct scene *scene);
};

static void
draw_pane(struct canvas *canvas, const struct picture *picture, struct scene *scene)
{
    const struct pane *pane = panes[picture->pane];
    struct pane_state state = {.sort_column = -1};
    struct rect inner =
        canvas_frame(canvas, canvas_all(canvas), scene->frame.theme, scene->frame.is_ascii, true);

    if (picture->filter)
        snprintf(state.filter, sizeof(state.filter), "%s", picture->filter);
    canvas_clip(canvas, inner);
    pane->draw(canvas, inner, &scene->frame, &state, true);
    canvas_clip(canvas, canvas_all(canvas));
    pane_draw_title(canvas, canvas_all(canvas), pane, &scene->frame, &state, true);
    pane_state_free(&state);
}

static void
draw_summary(struct canvas *canvas, const struct picture *picture, struct scene *scene)
{
    panes[picture->pane]->draw_summary(canvas, canvas_all(canvas), &scene->frame);
}

/* Of the row that the pane puts first. */
static void
draw_detail(struct canvas *canvas, const struct picture *picture, struct scene *scene)
{
    const struct pane *pane = panes[picture->pane];
    struct worst worst = {.most = 1};

    list_worst(pane->list, &scene->frame, &worst);
    assert_int_equal(worst.n, 1);
    pane->draw_detail(canvas, canvas_all(canvas), &scene->frame, pane->list->id(&worst.row[0]), 0);
}

static void
draw_why(struct canvas *canvas, const struct picture *picture, struct scene *scene)
{
    (void)picture;
    why_draw(canvas, canvas_all(canvas), &scene->frame, "", 0);
}

static void
draw_findings(struct canvas *canvas, const struct picture *picture, struct scene *scene)
{
    (void)picture;
    findings_draw(canvas, canvas_all(canvas), &scene->frame, 0);
}

/* The whole console, after the keys in `filter`. */
static void
draw_screen(struct canvas *canvas, const struct picture *picture, struct scene *scene)
{
    const struct ui_options options = {.context = "acme-prod", .thresholds = thresholds_default()};
    struct console console;
    struct err err;

    assert_true(console_open(&console, &options, world_store(scene->world), &err));
    console.frame.is_ascii = picture->is_ascii;
    console_update(&console, WORLD_NOW_MS);
    console_draw(&console, canvas);
    for (const char *key = picture->filter ? picture->filter : ""; *key; key++) {
        console_key(&console, *key);
        console_draw(&console, canvas);
    }
    console_close(&console);
}

#define PICTURES(pane)                                                                             \
    {#pane "-full", scene_full, PANE_##pane, 120, 16, false, NULL, draw_pane},                     \
        {#pane "-wide", scene_full, PANE_##pane, 198, 16, false, NULL, draw_pane},                 \
        {#pane "-80", scene_full, PANE_##pane, 80, 14, false, NULL, draw_pane},                    \
        {#pane "-narrow", scene_full, PANE_##pane, 38, 10, false, NULL, draw_pane},                \
        {#pane "-ascii", scene_full, PANE_##pane, 80, 14, true, NULL, draw_pane},                  \
        {#pane "-empty", world_empty, PANE_##pane, 80, 6, false, NULL, draw_pane},                 \
        {#pane "-loading", world_loading, PANE_##pane, 80, 6, false, NULL, draw_pane},             \
        {#pane "-stale", world_stale, PANE_##pane, 100, 14, false, NULL, draw_pane},               \
        {#pane "-refused", scene_refused, PANE_##pane, 80, 10, false, NULL, draw_pane},            \
        {#pane "-hostile", world_hostile, PANE_##pane, 100, 8, false, NULL, draw_pane},            \
        {#pane "-summary", scene_full, PANE_##pane, 18, 3, false, NULL, draw_summary},             \
    {                                                                                              \
#pane "-detail", scene_full, PANE_##pane, 66, 44, false, NULL, draw_detail                 \
    }

static const struct picture pictures[] = {
    PICTURES(pools),
    PICTURES(jobs),
    PICTURES(tunnels),
    PICTURES(checks),
    PICTURES(layers),
    {"jobs-filtered", scene_full, PANE_jobs, 100, 10, false, "east !queued age>10m", draw_pane},
    {"jobs-no-match", scene_full, PANE_jobs, 80, 6, false, "nosuchword", draw_pane},
    {"jobs-large", scene_large, PANE_jobs, 120, 20, false, NULL, draw_pane},
    {"pools-large", scene_large, PANE_pools, 120, 20, false, NULL, draw_pane},
    {"pools-hostile-detail", world_hostile, PANE_pools, 66, 44, false, NULL, draw_detail},
    {"jobs-hostile-detail", world_hostile, PANE_jobs, 66, 44, false, NULL, draw_detail},
    {"jobs-orphan-detail", scene_orphan, PANE_jobs, 66, 32, false, NULL, draw_detail},
    {"why", scene_full, PANE_pools, 76, 30, false, NULL, draw_why},
    {"why-empty", world_empty, PANE_pools, 76, 20, false, NULL, draw_why},
    {"screen-80x24", scene_full, PANE_jobs, 80, 24, false, NULL, draw_screen},
    {"screen-80x24-ascii", scene_full, PANE_jobs, 80, 24, true, NULL, draw_screen},
    {"screen-80x24-stale", world_stale, PANE_jobs, 80, 24, false, NULL, draw_screen},
    {"screen-80x24-tunnels", scene_full, PANE_jobs, 80, 24, false, "3", draw_screen},
    {"screen-80x24-why", scene_full, PANE_jobs, 80, 24, false, "w", draw_screen},
    {"screen-120x40", scene_full, PANE_jobs, 120, 40, false, NULL, draw_screen},
    {"screen-120x40-refused", scene_refused, PANE_jobs, 120, 40, false, NULL, draw_screen},
    {"screen-200x60", scene_full, PANE_jobs, 200, 60, false, NULL, draw_screen},
    {"screen-200x60-pool", scene_full, PANE_jobs, 200, 60, false, "1", draw_screen},
    {"screen-60x20", scene_full, PANE_jobs, 60, 20, false, NULL, draw_screen},
    {"screen-38x9", scene_full, PANE_jobs, 38, 9, false, NULL, draw_screen},
    {"screen-1x1", scene_full, PANE_jobs, 1, 1, false, NULL, draw_screen},
    {"findings", scene_full, PANE_pools, 100, 60, false, NULL, draw_findings},
};

/* Caller frees. */
static char *
print(const struct picture *picture)
{
    struct canvas *canvas = canvas_new(picture->w, picture->h);
    struct scene scene;
    char *printed = NULL;
    size_t n;
    FILE *out = open_memstream(&printed, &n);

    assert_non_null(out);
    scene_open(&scene, picture->world());
    scene.frame.is_ascii = picture->is_ascii;
    picture->draw(canvas, picture, &scene);
    canvas_print(canvas, out);
    fclose(out);
    scene_close(&scene);
    canvas_free(canvas);
    return printed;
}

static FILE *
open_golden(const struct picture *picture, const char *mode)
{
    char path[200];

    snprintf(path, sizeof(path), "tests/golden/%s.txt", picture->name);
    return fopen(path, mode);
}

static void
write_golden(const struct picture *picture, const char *printed)
{
    FILE *file = open_golden(picture, "w");

    assert_non_null(file);
    assert_true(fputs(printed, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void
compare_golden(const struct picture *picture, const char *printed)
{
    FILE *file = open_golden(picture, "r");
    char *line = NULL;
    size_t room = 0, number = 0;
    ssize_t n;

    if (!file)
        fail_msg("no tests/golden/%s.txt; make golden writes it", picture->name);
    while ((n = getline(&line, &room, file)) >= 0) {
        number++;
        if (strncmp(printed, line, (size_t)n) != 0)
            fail_msg("tests/golden/%s.txt line %zu: expected\n%sfound\n%.*s", picture->name, number,
                     line, (int)strcspn(printed, "\n"), printed);
        printed += n;
    }
    assert_string_equal(printed, "");
    free(line);
    fclose(file);
}

static void
is_drawn_as_before(void **state)
{
    const struct picture *picture = *state;
    const char *mode = getenv("GOLDEN");
    char *printed = print(picture);

    if (mode && strcmp(mode, "write") == 0)
        write_golden(picture, printed);
    else
        compare_golden(picture, printed);
    free(printed);
}

int
main(void)
{
    struct CMUnitTest tests[COUNT_OF(pictures)];

    for (size_t i = 0; i < COUNT_OF(pictures); i++)
        tests[i] = (struct CMUnitTest){.name = pictures[i].name,
                                       .test_func = is_drawn_as_before,
                                       .initial_state = (void *)&pictures[i]};
    return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
