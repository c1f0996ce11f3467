/* place.h — the folder and the file of the journal: made as private as they should be, or as shared
 * as the operator made the folder.
 *
 * A folder that is not there becomes 0700 and the file in it 0600. An operator who wants one
 * journal for several users makes the folder beforehand, writable and set-group-ID for their group
 * (chmod 2770); then the file is 0660 and that group's. A folder that everybody may write is
 * refused. Errors are ERR_IO and name the path. */
#ifndef HISTORY_PLACE_H
#define HISTORY_PLACE_H

#include "core/err.h"

enum { PLACE_PATH_BYTES = 4096 };

struct place {
    char folder[PLACE_PATH_BYTES]; /* without links */
    char file[PLACE_PATH_BYTES];
};

/* Make what is not there. */
bool place_make(const char *folder, struct place *out, struct err *err) MUST_CHECK;
/* Only look; *is_there says whether there is a file. */
bool place_find(const char *folder, struct place *out, bool *is_there, struct err *err) MUST_CHECK;

/* Only one process at a time prepares the file: a lock on the folder. The descriptor holds it until
 * it is closed; -1 and err. */
int place_lock(const struct place *place, struct err *err) MUST_CHECK;

#endif
