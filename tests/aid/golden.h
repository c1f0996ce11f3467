/* golden.h — a picture compared with tests/golden/NAME.txt; GOLDEN=write rewrites it. */
#ifndef AID_GOLDEN_H
#define AID_GOLDEN_H

struct canvas;

/* Fails the running cmocka test at the first line that differs. */
void golden_check(const char *name, const struct canvas *canvas);

#endif
