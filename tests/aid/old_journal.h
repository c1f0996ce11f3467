/* old_journal.h — the journal as programs wrote it that knew version 1 of its schema. */
#ifndef AID_OLD_JOURNAL_H
#define AID_OLD_JOURNAL_H

/* A new file of that version, filled by these statements. */
void old_journal_write(const char *path, const char *statements);

/* What such a program runs for an op, an item and a step: op_older, work_older. */
extern const char old_journal_statements[];

#endif
