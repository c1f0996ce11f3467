/* disk.h — files of the proxy as they lie on the disk, and its data folder, in which the CA may
 * have any name (facts/connectivity.md D1).
 *
 * Nothing here waits: regular files only. Paths and contents are owned by the arena. */
#ifndef PROBE_DISK_H
#define PROBE_DISK_H

#include "probe/certificate.h"

enum { DISK_MOST_FILES = 64 }; /* of a folder: more is no data folder of a proxy */

/* Path NULL or "": nothing is read. */
struct certificate_file disk_read(struct arena *arena, const char *path, size_t largest);

/* NAME in the folder, when there is such a file; "" otherwise. Folder NULL: none. */
const char *disk_find(struct arena *arena, const char *folder, const char *name);

/* The file, first by name, that begins with a certificate of an authority; "". */
const char *disk_find_authority(struct arena *arena, const char *folder);
/* The file, first by name, that holds that authority's private key; "". The keys that were looked
 * at are forgotten. */
const char *disk_find_key(struct arena *arena, const char *folder,
                          const struct certificate_file *authority);

#endif
