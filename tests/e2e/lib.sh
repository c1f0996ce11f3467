# shellcheck shell=sh
# lib.sh — a console in a private tmux server, and waiting for what it shows; sourced by the tests beside it.
#
#   console_start 80x24 healthy        the demo with a scenario, under an interactive shell
#   press j j Enter                    tmux key names
#   see TEXT / gone TEXT               wait until it is, or is no longer, on the screen; false after $DEADLINE seconds
#   press_until KEY TEXT, type_word WORD   again and again: a dialog answers to nothing in its first 400 ms
#   leave_by KEY TEXT                   press a key, again when it did nothing, until TEXT is gone
#   arm CONTEXT / confirm VERB          type the context's name; press the button of a plan
#   check NAME COMMAND…                one test; a sentence with underscores
#   finish                             the result
#
# Environment: SANDWATCH (build/release/sandwatch), CONSOLE (what is started instead of its demo).
set -u
cd "$(dirname "$0")/../.." || exit 1
SANDWATCH=${SANDWATCH:-$PWD/build/release/sandwatch}
DEADLINE=${DEADLINE:-60}
servers=0
socket=sandwatch-e2e-$$-0
folder=$(mktemp -d)
passed=0
failed=0
number=0
trap 'tmux -L "$socket" kill-server 2>/dev/null; rm -rf "$folder"' EXIT

# The least of an environment, so that the tester's own does not count.
shell_start() { # SIZE [VARIABLE=VALUE…]
    size=$1 && shift
    tmux -L "$socket" kill-server 2>/dev/null
    servers=$((servers + 1))
    socket=sandwatch-e2e-$$-$servers # a server that is still ending keeps its name
    cat >"$folder/rc" <<RC
HISTFILE=
PS1='ready\$ '
stty sane
RC
    tmux -L "$socket" -f /dev/null new-session -d -x "${size%x*}" -y "${size#*x}" \
        "exec env -i HOME='$folder' PATH='$PATH' LC_ALL=C.UTF-8 TERM=screen-256color XDG_RUNTIME_DIR='$folder' $* \
        ASAN_OPTIONS='${ASAN_OPTIONS:-}' TSAN_OPTIONS='${TSAN_OPTIONS:-}' \
        bash --noprofile --rcfile '$folder/rc' -i"
    tmux -L "$socket" set-option -g status off
    see 'ready\$'
}

type_line() {
    tmux -L "$socket" send-keys -l "$1"
    tmux -L "$socket" send-keys Enter
}

console_start() { # SIZE SCENARIO [VARIABLE=VALUE…]
    size=$1 scenario=$2 && shift 2
    shell_start "$size" "$@"
    type_line "${CONSOLE:-'$SANDWATCH' demo --scenario $scenario --seed 7}; echo status=\$?"
    see '● [1-9]' || see '+ [1-9]'
}

console_stop() {
    press q
    see 'status=0'
}

press() { # KEY…
    tmux -L "$socket" send-keys "$@"
}

screen() {
    tmux -L "$socket" capture-pane -p 2>/dev/null
}

see() { # PATTERN
    tmux -L "$socket" has-session 2>/dev/null || return 1
    end=$(($(date +%s) + DEADLINE))
    until screen | grep -q -- "$1"; do
        [ "$(date +%s)" -lt "$end" ] || { screen >"$folder/last" && return 1; }
        sleep 0.03
    done
}

gone() { # PATTERN
    end=$(($(date +%s) + DEADLINE))
    while screen | grep -q -- "$1"; do
        [ "$(date +%s)" -lt "$end" ] || { screen >"$folder/last" && return 1; }
        sleep 0.03
    done
}

# Is it on the screen within half a second? What was answered late must not be asked again: the next press may mean more.
soon() { # PATTERN
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        screen | grep -q -- "$1" && return 0
        sleep 0.05
    done
    return 1
}

# Press until it is there: a dialog answers to nothing in its first 400 ms.
press_until() { # KEY PATTERN
    end=$(($(date +%s) + DEADLINE))
    screen | grep -q -- "$2" && return 0
    until press "$1" && soon "$2"; do
        [ "$(date +%s)" -lt "$end" ] || { screen >"$folder/last" && return 1; }
    done
}

# Type a word into a field until exactly that stands there: of keys that were taken for a paste, a part may have been.
type_word() { # WORD
    end=$(($(date +%s) + DEADLINE))
    until soon "\[$1 *\]"; do
        [ "$(date +%s)" -lt "$end" ] || { screen >"$folder/last" && return 1; }
        press C-u
        for letter in $(echo "$1" | sed 's/./& /g'); do press "$letter"; done
    done
}

# A key that ends a dialog, pressed once more where it was dropped: with what came before it looked like a paste, or the
# dialog had just changed what it shows. Only where the dialog is still there, so that it is nobody else's key.
leave_by() { # KEY PATTERN
    end=$(($(date +%s) + DEADLINE))
    while screen | grep -q -- "$2"; do
        [ "$(date +%s)" -lt "$end" ] || { screen >"$folder/last" && return 1; }
        press "$1"
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            screen | grep -q -- "$2" || return 0
            sleep 0.05
        done
    done
}

# The action button, once it has the cursor.
confirm() { # VERB
    press_until Tab "▸ \[ $1" && see "Enter: $1" && leave_by Enter "▸ \[ $1"
}

arm() { # CONTEXT; there is nothing to arm while the journal is being opened
    see LOCKED && press_until A '┌ Arm' && type_word "$1" && leave_by Enter '┌ Arm' && see 'ARMED [0-9]'
}

result() { # STATUS NAME
    number=$((number + 1))
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
        echo "ok $number - $2"
    else
        failed=$((failed + 1))
        echo "not ok $number - $2"
        [ ! -s "$folder/last" ] || sed 's/^/# /' "$folder/last"
    fi
    rm -f "$folder/last"
}

check() { # NAME COMMAND…
    name=$1 && shift
    "$@"
    result $? "$name"
}

finish() {
    echo "1..$number"
    echo "# $passed passed, $failed failed"
    [ "$failed" = 0 ]
}
