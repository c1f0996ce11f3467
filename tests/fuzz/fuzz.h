/* fuzz.h — what libFuzzer calls with every input that it thinks of: FUZZ(name) { … bytes, n … } */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef FUZZ_REPLAY /* several in one program, each under its own name */
#define FUZZ(name) static int fuzz_##name(const uint8_t *bytes, size_t n)
#else
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
#define FUZZ(name) int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
#endif

/* Like assert, but also in a release build. */
#define INSIST(truth)                                                                              \
    do {                                                                                           \
        if (!(truth)) {                                                                            \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #truth);                    \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
