# Makes RESULTS.md of the file "about" (name=value lines), the file "rounds" (round, scenario,
# server, then name=value fields) and the file "parts" (lines for people). With -v data=FILE, also
# writes what idle.gnuplot draws.

FILENAME ~ /about$/ {
    split_at = index($0, "=")
    about[substr($0, 1, split_at - 1)] = substr($0, split_at + 1)
    next
}

FILENAME ~ /parts$/ {
    part[++parts] = $0
    if ($1 == "seal:") {
        seals = $2
        opens = $4
    } else if ($1 == "ssl:") {
        record_us = $2
        end_bytes = $11
    }
    next
}

{
    if (!($2 in seen_scenario))
        scenario_name[++scenarios] = $2
    if (!($3 in seen_server))
        server_name[++servers] = $3
    seen_scenario[$2] = seen_server[$3] = 1
    runs++
    failed_count += /failed=1/
    if ($1 > rounds)
        rounds = $1
    for (i = 4; i <= NF; i++) {
        split_at = index($i, "=")
        value[$1, $2, $3, substr($i, 1, split_at - 1)] = substr($i, split_at + 1)
        if ($3 ~ /^chat/)
            total[substr($i, 1, split_at - 1)] += substr($i, split_at + 1)
    }
    if (($1, $2, $3, "others_pct") in value && value[$1, $2, $3, "others_pct"] > 3)
        spoilt[++spoilt_count] = sprintf("%s %s (%s %%)", $2, $3, value[$1, $2, $3, "others_pct"])
}

# The middle of list[1..n]; "" for none.
function median(n,    i, j, swap) {
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && list[j - 1] > list[j]; j--) {
            swap = list[j]; list[j] = list[j - 1]; list[j - 1] = swap
        }
    return n == 0 ? "" : n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

function middle(scenario, server, field,    r, n) {
    for (r = 1; r <= rounds; r++)
        if ((r, scenario, server, field) in value)
            list[++n] = value[r, scenario, server, field] + 0
    return median(n + 0)
}

# How many times as much as another, each time in the same round.
function ratio(field, scenario, server, base_scenario, base_server,    r, n, base) {
    for (r = 1; r <= rounds; r++) {
        if (!((r, base_scenario, base_server, field) in value) || !((r, scenario, server, field) in value))
            continue
        base = value[r, base_scenario, base_server, field] + 0
        if (base > 0)
            list[++n] = value[r, scenario, server, field] / base
    }
    return median(n + 0)
}

function to_bare(field, scenario) {
    return ratio(field, scenario, "chat", scenario, "bare-poll")
}

function number(x, format) {
    return x == "" ? "–" : sprintf(format, x)
}

# A goal, and whether it is reached. `sign` 1: at most `limit`; -1: at least.
function goal(what, limit, measured, sign, format,    reached) {
    reached = measured * sign <= limit * sign
    goals[++goal_count] = sprintf("| %s | %s " format " | %s | %s |", what, sign > 0 ? "≤" : "≥", limit,
        number(measured, format), measured == "" ? "–" : reached ? "yes" : "**no**")
    if (measured == "")
        return
    measured_count++
    if (!reached)
        missed[++missed_count] = what
}

# What OpenSSL alone takes, beside the goal that is about it.
function floor_of(what, measured, format) {
    goals[++goal_count] = sprintf("| %s | | %s | |", what, number(measured, format))
}

function at_most_of_bare(what, scenario, limit) {
    goal("CPU a message, " what, limit, to_bare("cpu_us", scenario), 1, "%.2f")
}

function at_most_of_inspircd(what, scenario, limit) {
    goal("CPU a message against InspIRCd, " what, limit,
        ratio("cpu_us", scenario, "chat", scenario, "inspircd"), 1, "%.2f")
}

function set_goals_of_tls(    open, sealed) {
    goal("TLS: memory of an idle joined connection, bytes", 16384,
        middle("idle-1000", "chat-tls", "idle_bytes"), 1, "%.0f")
    floor_of("of them, OpenSSL by itself", end_bytes, "%.0f")
    open = middle("flood1-100", "chat", "cpu_us")
    sealed = middle("flood1-100", "chat-tls", "cpu_us")
    goal("TLS: CPU added a message, floods of 100 pairs, window 1, µs", 2.5,
        open == "" || sealed == "" ? "" : sealed - open, 1, "%.2f")
    floor_of("of it, OpenSSL by itself, for two records read and two written",
        record_us == "" ? "" : 2 * record_us, "%.2f")
    goal("TLS: messages a second in floods of 100 pairs, window 64, against plaintext", 0.5,
        ratio("rate", "flood64-100", "chat-tls", "flood64-100", "chat"), -1, "%.2f")
}

function set_goals() {
    goal("messages lost, repeated, reordered or damaged, and runs that failed, of chat-server", 0,
        total["lost"] + total["repeated"] + total["reordered"] + total["damaged"] + total["failed"], 1, "%d")
    at_most_of_bare("100 pairs in ping-pong", "play-100", 1.15)
    at_most_of_bare("floods of 100 pairs, window 1", "flood1-100", 1.10)
    at_most_of_bare("floods of 1,000 pairs, window 1", "flood1-1000", 1.10)
    at_most_of_inspircd("floods of 100 pairs, window 1", "flood1-100", 1)
    at_most_of_inspircd("floods of 1,000 pairs, window 1", "flood1-1000", 1)
    at_most_of_bare("floods of 10 pairs, window 64", "flood64-10", 2)
    at_most_of_bare("floods of 100 pairs, window 64", "flood64-100", 2)
    at_most_of_inspircd("floods of 10 pairs, window 64", "flood64-10", 0.5)
    at_most_of_inspircd("floods of 100 pairs, window 64", "flood64-100", 0.5)
    at_most_of_bare("floods of 10 pairs, window 64, 1 KiB", "flood64-10-1k", 2)
    at_most_of_bare("floods of 100 pairs, window 64, 1 KiB", "flood64-100-1k", 2)
    at_most_of_bare("one pair", "play-1", 1.10)
    goal("p50 one way, one pair", 1.10, to_bare("p50_us", "play-1"), 1, "%.2f")
    goal("CPU a message, one pair among 10,000 idle, against its own among none", 1.20,
        ratio("cpu_us", "idle-10000", "chat", "play-1", "chat"), 1, "%.2f")
    goal("p50 one way, one pair among 10,000 idle, against its own among none", 1.20,
        ratio("p50_us", "idle-10000", "chat", "play-1", "chat"), 1, "%.2f")
    goal("memory of an idle joined connection, plaintext, bytes", 1024,
        middle("idle-10000", "chat", "idle_bytes"), 1, "%.0f")
    goal("joins a second", 0.8, to_bare("rate", "join"), -1, "%.2f")
    set_goals_of_tls()
    goal("messages a second into the queue on disk", 20000, middle("queue", "chat", "rate"), -1, "%.0f")
    goal("messages into the queue on disk, against one a commit", 1,
        ratio("rate", "queue", "chat", "queue-one", "chat"), -1, "%.0f")
    goal("seals a second, 64 bytes", 300000, seals, -1, "%.0f")
    goal("opens a second, 64 bytes", 300000, opens, -1, "%.0f")
}

function print_goals(    i) {
    set_goals()
    printf "\n## The goals\n\n%d of the %d that were measured are reached", measured_count - missed_count,
        measured_count
    for (i = 1; i <= missed_count; i++)
        printf "%s%s", i == 1 ? "; not reached:\n- " : ";\n- ", missed[i]
    print ".\n\nRatios are to the bare poll relay of the same round, where nothing else is said.\n"
    print "| measure | goal | measured | reached |\n|---|---:|---:|---|"
    for (i = 1; i <= goal_count; i++)
        print goals[i]
}

# A table of one field: a row for each scenario, a column for each server.
function print_table(title, field, format, compared,    i, j, line, some, cell, r) {
    printf "\n## %s\n\n| |", title
    line = "|---|"
    for (j = 1; j <= servers; j++) {
        printf " %s |", server_name[j]
        line = line "---:|"
    }
    print "\n" line
    for (i = 1; i <= scenarios; i++) {
        some = 0
        line = "| " scenario_name[i] " |"
        for (j = 1; j <= servers; j++) {
            cell = middle(scenario_name[i], server_name[j], field)
            if (cell == 0) # it has no such measure
                cell = ""
            r = ratio(field, scenario_name[i], server_name[j], scenario_name[i], "bare-poll")
            some = some || cell != ""
            line = line " " number(cell, format) (compared && r != "" ? sprintf(" (%.2f)", r) : "") " |"
        }
        if (some)
            print line
    }
}

function print_data(    i, j, n, cpu) {
    for (j = 1; j <= servers; j++) {
        n = 0
        for (i = 1; i <= scenarios; i++) {
            if (scenario_name[i] != "play-1" && scenario_name[i] !~ /^idle-/)
                continue
            cpu = middle(scenario_name[i], server_name[j], "cpu_us")
            if (cpu == "")
                continue
            if (n++ == 0)
                print server_name[j] >data
            print(scenario_name[i] == "play-1" ? 2 : substr(scenario_name[i], 6) + 2, cpu) >data
        }
        if (n > 0)
            printf "\n\n" >data
    }
}

END {
    print "# What the relay costs\n"
    print "Made by `" about["command"] "`; do not edit.\n"
    print "- machine: " about["machine"]
    print "- version: " about["version"]
    print "- rounds: " about["rounds"] "; the server on one core, the load generator on another; medians"
    printf "- messages through chat-server: %d sent, %d lost, %d repeated, %d reordered, %d damaged\n",
        total["sent"], total["lost"], total["repeated"], total["reordered"], total["damaged"]
    printf "- runs: %d, of which %d failed and %d were **spoilt**: others took more than 3 %% of the machine\n",
        runs, failed_count, spoilt_count
    print_goals()
    print "\n![CPU a message against idle connections](idle.svg)"
    print "\n`play-N`: N pairs in ping-pong. `floodW-N`: one of each of N pairs floods the other, W messages ahead of"
    print "the receipts. `idle-N`: one pair in ping-pong among N idle connections. 64 bytes of content, or 1 KiB (`-1k`);"
    print "the bare relay moves these alone. `join`: connections that come, meet their peer and go. `queue`: into the"
    print "durable queue of an absent peer, until `stored`; `queue-one`: one message a commit."
    print "`drain`: 100,000 messages go from there to somebody who comes back, while one pair is in ping-pong: the times are"
    print "this pair's. Servers of others are told to set no limits; where they know no receipts these are messages too."
    print_table("CPU of the server a message, µs (and as a ratio to bare-poll)", "cpu_us", "%.2f", 1)
    print_table("One way, p50, µs (and as a ratio to bare-poll)", "p50_us", "%.0f", 1)
    print_table("One way, p99, µs", "p99_us", "%.0f", 0)
    print_table("Messages, or joins, a second (and as a ratio to bare-poll)", "rate", "%.0f", 1)
    print_table("Memory of an idle joined connection, bytes", "idle_bytes", "%.0f", 0)
    print_table("Memory of the server for a message in the queue, bytes", "queued_bytes", "%.0f", 0)
    print_table("How much of its core the server used, %", "server_pct", "%.0f", 0)
    if (parts) {
        print "\n## One part alone\n\n```"
        for (i = 1; i <= parts; i++)
            print part[i]
        print "```"
    }
    if (spoilt_count) {
        print "\n## Spoilt runs\n"
        for (i = 1; i <= spoilt_count; i++)
            print spoilt[i] (i < spoilt_count ? "," : ".")
    }
    if (data)
        print_data()
}
