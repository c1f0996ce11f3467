/* folder.h — a folder that exists for one test. */
#ifndef AID_FOLDER_H
#define AID_FOLDER_H

/* Under $TMPDIR or /tmp; caller frees with folder_free, which removes it with its files. */
char *folder_new(void);
void folder_free(char *folder);

/* Write a file into it; name may not contain a slash. Mode 0600. */
void folder_write(const char *folder, const char *name, const char *content);

#endif
