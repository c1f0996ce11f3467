/* desk.h — a console without a terminal: keys by name go in, a canvas comes out, and the test says
 * what time it is. */
#ifndef AID_DESK_H
#define AID_DESK_H

#include "aid/world.h"
#include "ui/console.h"

struct desk {
    struct world *world; /* freed by get_up */
    struct ui_options options;
    struct console console;
    struct canvas *canvas;
    int64_t mono_ms; /* what the console was told last; starts at 1,000,000 */
};

/* Takes ownership of the world. */
void sit_down(struct desk *desk, struct world *world, int w, int h);
void get_up(struct desk *desk);

/* Press keys by name, "Tab Tab / x Enter", and draw. */
void press(struct desk *desk, const char *names);
/* Type each character of the text. */
void type_text(struct desk *desk, const char *text);
/* Let so much time pass on both clocks, take what the world published, and draw. */
void pass(struct desk *desk, int64_t ms);
bool sees(const struct desk *desk, const char *words);
/* The next order that the console sent; false when there is none. Caller frees with op_order_free.
 */
bool take_order(struct desk *desk, struct op_order **out);

#endif
