#!/bin/sh
# ops_world.sh — the world changes between a key and its dialog, and a console is killed in the middle of a drain.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
[ -z "${CONSOLE:-}" ] || { echo "1..0 # SKIP needs the simulator" && exit 0; }

"$SANDWATCH" sim --scenario drain-stuck --seed 7 >"$folder/ready" &
sim=$!
trap 'kill $sim 2>/dev/null; tmux -L "$socket" kill-server 2>/dev/null; rm -rf "$folder"' EXIT
end=$(($(date +%s) + DEADLINE))
until [ -s "$folder/ready" ] || [ "$(date +%s)" -ge "$end" ]; do sleep 0.03; done
field() {
    sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$folder/ready"
}
headless() { # ARGUMENT…
    env -i HOME="$folder" PATH="$PATH" LC_ALL=C.UTF-8 "$SANDWATCH" --config "$(field config)" "$@"
}
id_of() { # BEGINNING OF A TITLE
    headless status --json | python3 -c '
import json, sys
print([job["id"] for job in json.load(sys.stdin)["jobs"] if job["title"].startswith(sys.argv[1])][0])' "$1"
}
stopped() { # the work items that anybody asked to stop
    curl -fsS -m 10 "$(field api)/sim/log" | grep -o 'work/work_[A-Za-z0-9]*/stop' | sort -u
}
stop_it() {
    headless stop job "$id" --yes --timeout 30 >"$folder/last" 2>&1
}
start() {
    shell_start 80x24
    type_line "'$SANDWATCH' --config $(field config); echo status=\$?"
    see '● [1-9]' && see '● active'
}

check the_console_starts start
check it_is_armed arm sim
# nobody chose a row yet, and rows still find their places: choose one
press g
chosen=$(screen | sed -n 's/^│● active *//p' | head -1 | sed 's/….*//; s/  .*//')
check the_dialog_names_what_was_chosen press_until S "┌ Stop $chosen"
id=$(id_of "$chosen")
check another_operator_stops_it_meanwhile stop_it
check the_dialog_still_means_the_same see "┌ Stop $chosen"
check it_is_confirmed confirm Stop
check it_ends_well see "● stop $chosen.* done"
only_it() {
    [ "$(stopped)" = "work/$id/stop" ] || { stopped >"$folder/last" && return 1; }
}
check nobody_else_was_stopped only_it

press 1
press / e u Enter
see '/eu'
press g
check a_drain_is_planned press_until d '┌ Drain eu-west-build'
check it_is_drained confirm Drain
check jobs_stop see 'drain eu-west-build: [1-9][0-9]* of [12][0-9]'
pane=$(tmux -L "$socket" display -p '#{pane_pid}')
check the_console_is_killed kill -KILL "$(pgrep -P "$pane")"
start
check the_next_one_announces_it see 'interrupted: drain eu-west-build'
check it_is_armed_again arm sim
press o
check the_ops_view_has_it see 'interrupted  *drain'
press Enter
check it_says_what_is_known see 'NOT DONE YET'
press Enter
check it_offers_to_resume see '\[ Resume \]'
check it_is_resumed confirm Resume
press Escape
gone '┌ Op ─'
press Escape
check it_goes_on see 'drain eu-west-build: 1[0-9] of [12][0-9]'
twice() {
    curl -fsS -m 10 "$(field api)/sim/log" | grep -o 'work/work_[A-Za-z0-9]*/stop' | sort | uniq -d >"$folder/last"
    [ ! -s "$folder/last" ]
}
check nothing_was_sent_twice twice
press u
check u_cancels_it_here see 'drain eu-west-build: cancelled'
see '◌ drain eu-west-build: cancelled: '
press q
check and_it_quits see 'status=0'
finish
