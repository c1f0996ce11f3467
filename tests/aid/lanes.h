/* lanes.h — many trials that mostly wait, each in a process of its own, several side by side. */
#ifndef AID_LANES_H
#define AID_LANES_H

#include "core/base.h"

/* The nth trial, from 0; false when there is no nth, nor any after it. It fails as tests do. */
typedef bool lanes_trial(int nth);

/* How many processes at once, where so many are usual: fewer where a sanitizer makes each of them
 * slow, so that none starves. */
int lanes_beside(int usual);

/* Run trials until there are no more, about `lanes` processes at a time, each taking every nth;
 * call while no thread runs. How many there were; fails the test when one failed, or when there are
 * `most` of them. */
int lanes_run(int lanes, int most, lanes_trial *trial);

#endif
