#!/bin/sh
# shell.sh — life with a shell: suspend and resume, resize, a production context, odd command lines.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

console_start 120x24 healthy # the shell tells of the end where the cursor is: in one line
press C-z
check control_z_gives_the_terminal_back see 'Stopped'
type_line 'stty -a | grep -o -- "[-]*echo " | head -1'
check the_shell_can_be_typed_in see '^echo'
type_line 'clear; fg' # a Stopped that is seen afterwards is another one
check fg_draws_everything_again see 'Running jobs'
press j
check and_keys_work_again gone 'Stopped'
press C-z
see 'Stopped'
type_line 'set -b; kill -TERM %1' # the shell says at once when a job has ended
check a_signal_while_it_is_stopped_is_obeyed_without_fg see 'Exit 143'

console_start 200x60 healthy
check a_large_screen_has_a_detail see 'Detail of the selected row'
tmux -L "$socket" resize-window -x 120 -y 40
check a_smaller_one_has_none gone 'Detail of the selected row'
tmux -L "$socket" resize-window -x 60 -y 16
check a_small_one_shows_one_pane gone '3 Tunnels'
tmux -L "$socket" resize-window -x 30 -y 6
check a_tiny_one_shows_the_diagnosis gone 'Running jobs'
tmux -L "$socket" resize-window -x 80 -y 24
check and_everything_comes_back see '3 Tunnels'
press q
check q_quits see 'status=0'
finish
