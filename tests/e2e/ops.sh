#!/bin/sh
# ops.sh — drain, restart and stop by key, on a real terminal against the simulator, at 80x24: refused, armed, undone,
# cancelled, forced; and never the wrong row.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
[ -z "${CONSOLE:-}" ] || { echo "1..0 # SKIP needs the simulator" && exit 0; }

CONSOLE="'$SANDWATCH' demo --scenario healthy --seed 7 --read-only"
console_start 80x24 healthy
check read_only_is_in_the_bar see 'READ-ONLY'
check a_key_says_why_it_does_not_act press_until S 'this is read-only'
press A
check read_only_cannot_be_armed see 'arm: this is read-only'
check the_hints_show_what_is_refused see '(S stop)'
console_stop
CONSOLE=

console_start 80x24 drain-stuck
check it_starts_locked see LOCKED
check a_locked_key_says_how_to_arm press_until S 'locked; A arms'
check the_context_s_name_arms arm demo

press g # nobody chose a row yet, and rows still find their places: choose one
check a_stop_shows_its_plan press_until S 'stop a job: '
check its_default_is_cancel see '▸ \[ Cancel \]'
check it_shows_the_very_call press_until PPage 'POST /v1/environments/\|CALLS\|WHAT IT IS'
check force_is_not_chosen see '\[ \] when the grace time'
printf '\t\r' | tmux -L "$socket" load-buffer -
tmux -L "$socket" paste-buffer -p
check what_is_pasted_is_dropped see 'pasted text is dropped'
printf '\t\rtrue please\r' | tmux -L "$socket" load-buffer -
tmux -L "$socket" paste-buffer
check also_by_a_terminal_that_does_not_mark_it see '▸ \[ Cancel \]'
check escape_cancels press_until Escape 'nothing was done'
check escape_does_nothing gone '┌ Stop'

press_until S '┌ Stop'
check the_stop_is_confirmed confirm Stop
check for_five_seconds_it_can_be_undone see 'starts in [1-5]s; u undoes it'
press u
check u_undoes_it see 'cancelled'
press 6
check and_nothing_was_sent gone ': running'

press 2
press g
press_until S '┌ Stop'
check another_stop_is_confirmed confirm Stop
check it_stops_the_job see '● stop .* done'
press o
check the_view_remembers_both see 'cancelled .*stop'
check with_their_results see 'done .*stop'
press Enter
check an_op_has_its_record see 'RECORD'
press Escape
check escape_goes_back_to_the_view gone '┌ Op ─'
press Escape
gone '┌ Ops'

press 1
press / e u Enter
see '/eu'
press g
check a_drain_shows_its_plan press_until d '┌ Drain eu-west-build'
check with_its_objects see 'WHAT IT IS ABOUT: \(19\|20\)'
check the_drain_is_confirmed confirm Drain
check it_says_how_far_it_is see 'drain eu-west-build: [0-9]* of [0-9]* stopped'
press q
check leaving_asks see 'pending: drain eu-west-build'
press u
check u_cancels_the_drain see 'drain eu-west-build: cancelled: '
gone '◆ drain eu-west-build'
press o
check what_was_done_stays_done see 'cancelled .*drain'
press Escape
gone '┌ Ops'

press_until d '▸ \[ Cancel \]'
check the_grace_time_is_reached press_until Tab '▸  *grace time'
for _ in 1 2 3 4 5; do press -- -; done
check and_made_shorter see 'grace time 10s'
check it_is_drained_again confirm Drain
check the_deaf_one_is_asked_about see 'drain eu-west-build asks: force what is left? o answers'
check the_same_key_offers_force press_until d '▸ \[ Not now \].*\[ Force \]'
check it_says_what_force_does_not_do see '30 s'
check force_takes_the_name_again type_word eu-west-build
check force_is_confirmed confirm Force
check nothing_is_left see '● drain eu-west-build.*done'
console_stop
finish
