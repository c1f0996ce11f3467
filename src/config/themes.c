/* Themes of all folders: a later folder's theme takes the place of an earlier one's of that name.
 */
#include <string.h>

#include "config/folders.h"
#include "config/loader.h"
#include "config/theme.h"
#include "core/arena.h"
#include "core/yaml.h"

enum state { STATE_unread, STATE_reading, STATE_good, STATE_bad };

struct theme_file {
    const char *path;
    struct theme theme; /* its name is known from the start */
    enum state state;
    struct mistakes mistakes;
};

struct shelf {
    struct loader *loader;
    struct theme_file *files; /* [0] is the built-in theme; later ones take the place of earlier */
    size_t n, room;
};

static struct theme_file *
add_file(struct shelf *shelf, const char *path, const char *name)
{
    struct arena *arena = shelf->loader->context.arena;
    struct theme_file *file;

    if (shelf->n == shelf->room) {
        struct theme_file *larger = arena_array(arena, shelf->room * 2 + 8, sizeof(*larger));

        if (shelf->n > 0)
            memcpy(larger, shelf->files, shelf->n * sizeof(*larger));
        shelf->files = larger;
        shelf->room = shelf->room * 2 + 8;
    }
    file = &shelf->files[shelf->n++];
    file->path = path;
    file->mistakes.arena = arena;
    memcpy(file->theme.name, name, strlen(name));
    return file;
}

/* The last file of that name before `before`; NULL when there is none. */
static struct theme_file *
find(struct shelf *shelf, const char *name, const struct theme_file *before)
{
    struct theme_file *found = NULL;

    for (size_t i = 0; i < shelf->n; i++)
        if (&shelf->files[i] != before && strcmp(shelf->files[i].theme.name, name) == 0 &&
            (strcmp(before->theme.name, name) != 0 || &shelf->files[i] < before))
            found = &shelf->files[i];
    return found;
}

static void read_file(struct shelf *shelf, struct theme_file *file);

static const char *
advice(struct shelf *shelf, const char *wrong)
{
    struct words names = {0};

    for (size_t i = 0; i < shelf->n; i++)
        words_add(&names, shelf->loader->context.arena, shelf->files[i].theme.name);
    return words_advice(&names, shelf->loader->context.arena, wrong);
}

/* What the theme starts from: another one, nothing at all, or the built-in one. */
static bool
extend(struct shelf *shelf, struct theme_file *file, const struct yaml *extends)
{
    static const struct style nothing = {
        COLOUR_DEFAULT, COLOUR_DEFAULT, COLOUR_DEFAULT, COLOUR_DEFAULT, 0, "", ""};
    struct theme theme = shelf->files[0].theme;
    struct theme_file *other = NULL;

    if (extends && strcmp(extends->value, "none") == 0) {
        for (enum role role = 0; role < ROLE_COUNT; role++)
            theme.role[role] = nothing;
    } else if (extends) {
        other = find(shelf, extends->value, file);
        if (other)
            read_file(shelf, other);
        if (!other || other->state != STATE_good) {
            mistakes_add(&file->mistakes, file->path, extends->line, extends->column,
                         "extends: %s \"%.40s\"%s",
                         !other                          ? "there is no theme"
                         : other->state == STATE_reading ? "this leads back here:"
                                                         : "there are mistakes in",
                         extends->value, other ? "" : advice(shelf, extends->value));
            return false;
        }
        theme = other->theme;
    }
    memcpy(theme.name, file->theme.name, sizeof(theme.name));
    file->theme = theme;
    return true;
}

static void
read_file(struct shelf *shelf, struct theme_file *file)
{
    struct err err = {0};
    const struct yaml *root;
    bool is_good;

    if (file->state != STATE_unread)
        return;
    file->state = STATE_reading;
    root = yaml_load(shelf->loader->context.arena, file->path, &err);
    if (!root)
        mistakes_add(&file->mistakes, "", 0, 0, "%s", err.message);
    is_good = root && extend(shelf, file, yaml_get(root, "extends")) &&
              theme_read(root, file->path, &file->theme, &file->mistakes) &&
              theme_check(&file->theme, file->path, &file->mistakes);
    file->state = is_good ? STATE_good : STATE_bad;
}

static bool
is_last_of_name(const struct shelf *shelf, size_t i)
{
    for (size_t j = i + 1; j < shelf->n; j++)
        if (strcmp(shelf->files[j].theme.name, shelf->files[i].theme.name) == 0)
            return false;
    return true;
}

/* The chosen theme must be there and whole; another one's mistakes hurt nobody now. */
static void
judge(struct shelf *shelf)
{
    struct loader *loader = shelf->loader;
    const char *chosen = loader->config->theme;
    bool is_found = false;

    for (size_t i = 0; i < shelf->n; i++) {
        const struct theme_file *file = &shelf->files[i];
        bool is_chosen = strcmp(file->theme.name, chosen) == 0;

        if (!is_last_of_name(shelf, i))
            continue;
        mistakes_append(is_chosen ? &loader->fatal : &loader->minor, &file->mistakes);
        is_found = is_found || is_chosen;
    }
    if (!is_found)
        loader_unknown_theme(loader, advice(shelf, chosen));
}

void
loader_read_themes(struct loader *loader)
{
    struct shelf shelf = {.loader = loader};
    struct theme_file *builtin = add_file(&shelf, "", "");
    const struct folder_file *files;
    struct theme *themes;
    size_t n;

    builtin->theme = *theme_builtin();
    builtin->state = STATE_good;
    files = folders_list(loader->context.arena, loader->request->theme_folders,
                         sizeof(builtin->theme.name) - 1, &n);
    for (size_t i = 0; i < n; i++)
        add_file(&shelf, files[i].path, files[i].name);
    n = 0;
    themes = arena_array(loader->context.arena, shelf.n, sizeof(*themes));
    for (size_t i = 0; i < shelf.n; i++) {
        if (!is_last_of_name(&shelf, i))
            continue;
        read_file(&shelf, &shelf.files[i]);
        if (shelf.files[i].state == STATE_good)
            themes[n++] = shelf.files[i].theme;
    }
    judge(&shelf);
    loader->config->themes = themes;
    loader->config->n_themes = n;
}
