#include "model/control.h"

bool
permit_check(const struct control *control, enum op_kind kind, bool is_headless, int64_t now_ms,
             struct err *err)
{
    const char *verb = op_verb(kind), *object = op_object(kind);

    if (!control)
        return err_set(err, ERR_FORBIDDEN, "%s %s: not ready yet", verb, object);
    if (control->is_read_only)
        return err_set(err, ERR_FORBIDDEN,
                       "%s %s: this is read-only (--read-only, or read_only in the configuration)",
                       verb, object);
    if (control->arm == ARM_never)
        return err_set(err, ERR_FORBIDDEN, "%s %s: the configuration says arm: never", verb,
                       object);
    if (control->journal[0])
        return err_set(err, ERR_FORBIDDEN, "%s %s: it could not be recorded: %s", verb, object,
                       control->journal);
    if (is_headless || control->armed_until_ms > now_ms)
        return true;
    return err_set(err, ERR_FORBIDDEN, "%s %s: locked; A arms%s%s", verb, object,
                   control->locked_why[0] ? "; it locked because " : "", control->locked_why);
}
