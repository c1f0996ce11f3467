/* output.h — what a function prints, instead of the test's own output. */
#ifndef AID_OUTPUT_H
#define AID_OUTPUT_H

enum { OUTPUT_BYTES = 16384 };

/* Send a standard stream (STDOUT_FILENO, STDERR_FILENO) elsewhere; returns what output_end takes.
 */
int output_begin(int fd);
/* Send it back; out gets what was printed, cut at OUTPUT_BYTES. */
void output_end(int fd, int old, char out[OUTPUT_BYTES]);

#endif
