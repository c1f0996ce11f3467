#!/bin/sh
# sources.sh — a source dies and comes back while the console watches; the console says so and goes on.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
[ -z "${CONSOLE:-}" ] || { echo "1..0 # SKIP needs the simulator" && exit 0; }

"$SANDWATCH" sim --scenario healthy --seed 7 >"$folder/ready" &
sim=$!
world=
trap 'kill $sim 2>/dev/null; tmux -L "$socket" kill-server 2>/dev/null; rm -rf "$folder" ${world:+"$world"}' EXIT
end=$(($(date +%s) + DEADLINE))
until [ -s "$folder/ready" ] || [ "$(date +%s)" -ge "$end" ]; do sleep 0.03; done
field() {
    sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$folder/ready"
}
fault() { # NAME true|false
    curl -fsS -m 10 -d "{\"name\":\"$1\",\"on\":$2}" "$(field api)/sim/fault" >/dev/null
}

shell_start 120x40
type_line "'$SANDWATCH' --config $(field config); echo status=\$?"
check the_console_shows_what_the_simulator_has see '● [1-9]'
check the_fault_is_switched_on fault api-down true
press r
check a_dead_service_is_named see '✘ .*\(api\|service\|answer\)'
check the_foot_says_which_source see '✘ environments'
check the_last_truth_stays see 'eu-west.*healthy'
press 6 z # all events: later ones would push these out of a small pane
check the_event_is_noted see 'environments  *lost: '
check the_fault_is_switched_off fault api-down false
press r
check its_return_is_noted see 'environments  *back: '
press z
check and_the_foot_is_whole_again gone '✘ environments'
world=$(dirname "$(field config)")
kill -KILL "$sim" # it leaves its keys behind, which a polite end would not
wait "$sim" 2>/dev/null
press r
check without_a_service_it_still_runs see '✘ environments'
check and_has_not_left gone 'status='
press q
check and_quits see 'status=0'
finish
