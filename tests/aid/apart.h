/* apart.h — tests that mostly wait, each in a process of its own, a few side by side. */
#ifndef AID_APART_H
#define AID_APART_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Instead of cmocka_run_group_tests, for tests that share nothing but what they begin and end
 * themselves; call while no thread runs. How many failed. */
int apart_run(const struct CMUnitTest *tests, size_t n);

#endif
