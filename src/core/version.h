/* version.h — the version of the program. */
#ifndef CORE_VERSION_H
#define CORE_VERSION_H

#define SANDWATCH_VERSION "0.1.0"

#endif
