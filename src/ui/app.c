#include "ui/app.h"

int
ui_run(const struct ui_options *options, struct store *store, struct err *err)
{
    (void)options;
    (void)store;
    err_set(err, ERR_IO, "ui: not built yet");
    return 1;
}

bool
term_is_usable(struct err *err)
{
    return err_set(err, ERR_IO, "ui: not built yet");
}
