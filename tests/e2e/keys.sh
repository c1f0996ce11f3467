#!/bin/sh
# keys.sh — every key of the map does, on a real terminal, what help says.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

console_start 80x24 healthy
check the_console_starts_and_shows_data see 'Running jobs'

focused_is() { # the pane that is drawn large has its title beside the frame's line
    see "─ $1 "
}
press 1
check key_1_shows_the_pools focused_is '1 Worker pools'
press 3
check key_3_shows_the_tunnels focused_is '3 Tunnels'
press 4
check key_4_shows_the_checks focused_is '4 Connectivity'
press 5
check key_5_shows_the_layers focused_is '5 Security layers'
press 6
check key_6_shows_the_events focused_is '6 Events'
press Tab
check tab_goes_on_to_the_first_pane focused_is '1 Worker pools'
press BTab
check shift_tab_goes_back focused_is '6 Events'
press 2
check key_2_shows_the_jobs focused_is '2 Running jobs'

press z
check zoom_hides_the_strip gone '3 Tunnels'
press Escape
check escape_brings_it_back see '3 Tunnels'
press F11
check f11_zooms_too gone '3 Tunnels'
press F11
check f11_unzooms see '3 Tunnels'

press Enter
check enter_opens_the_detail see '┌ Detail'
press Escape
check escape_closes_it gone '┌ Detail'
press w
check w_says_why see '┌ Why'
press Escape
check escape_closes_why gone '┌ Why'
press '!'
check bang_lists_the_findings see '┌ Findings'
press Escape
gone '┌ Findings'

press '?'
check question_mark_shows_help see ':page_up'
press s
check help_explains_a_key see 's (sort)'
press Escape
check escape_closes_help gone ':page_up'
press F1
check f1_is_help see ':page_up'
press Escape
gone ':page_up'

press s
check s_opens_the_sort_menu see '┌ Sort by'
press Escape
gone '┌ Sort by'
press F6
check f6_opens_it_too see '┌ Sort by'
press j Enter
check a_column_is_chosen see 'sort'
press I
check i_inverts see 'sort'

press / z z z q
check the_filter_acts_while_it_is_typed see 'none of'
press Escape
check escape_takes_the_filter_back gone 'none of'
press n
check n_without_a_filter_says_so see 'no filter is set'

press :
press t h
check the_command_line_shows_what_tab_would_add see ':theme'
press Tab
press Space m o n
check arguments_are_completed_too see ':theme monochrome'
press Tab
check the_theme_changes press_until Enter 'theme: monochrome' # too quick after the others it is taken for a paste
press T
check t_takes_the_next_theme see 'theme: '

press p
check p_pauses see PAUSED
press p
check p_goes_on gone PAUSED
press f
check f_follows see 'following'
press r
check r_refreshes see 'asking every source'
press y
check y_copies_and_says_where see "sandwatch-copy.txt"
check the_copy_is_in_the_file test -s "$folder/sandwatch-copy.txt"
press Y
check capital_y_copies_all see 'rows'
press X
check an_unbound_key_says_so see 'X does nothing'
press C-l
check redraw_keeps_the_picture see 'Running jobs'

press q
check q_quits see 'status=0'
check the_screen_is_given_back gone 'Running jobs'
finish
