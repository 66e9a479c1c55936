# Makes a section of RESULTS.md of what tests/bench/client measured: round, what, size, then
# name=value fields.

{
    if ($1 > rounds)
        rounds = $1
    for (i = 4; i <= NF; i++) {
        split_at = index($i, "=")
        value[$1, $2, $3, substr($i, 1, split_at - 1)] = substr($i, split_at + 1)
        if ($i ~ /^failed=/)
            failed[++failures] = $2 " " $3 ": " substr($i, 8, 200)
    }
}

# The middle of the rounds; "" for none.
function middle(what, size, field,    r, n, list, i, j, swap) {
    for (r = 1; r <= rounds; r++)
        if ((r, what, size, field) in value)
            list[++n] = value[r, what, size, field] + 0
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && list[j - 1] > list[j]; j--) {
            swap = list[j]; list[j] = list[j - 1]; list[j - 1] = swap
        }
    return n == 0 ? "" : n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

function cell(what, size, field, by, format,    m) {
    m = middle(what, size, field)
    return m == "" ? "–" : sprintf(format, m / by)
}

function goal(measure, limit, what, size, field, by, format,    m) {
    m = middle(what, size, field)
    printf("| %s | %s | %s | %s |\n", measure, limit, cell(what, size, field, by, format),
        m == "" ? "–" : m / by <= limit ? "yes" : "**no**")
}

function row(name, what, size) {
    if (middle(what, size, "first_ms") == "")
        return
    printf("| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", name, size,
        cell(what, size, "first_ms", 1, "%.0f"), cell(what, size, "cpu_ms", 1, "%.0f"),
        cell(what, size, "rss_kib", 1024, "%.1f"), cell(what, size, "pss_kib", 1024, "%.1f"),
        cell(what, size, "key_us", 1000, "%.2f"), cell(what, size, "key99_us", 1000, "%.1f"),
        cell(what, size, "wakeups", 1, "%.1f"))
}

function fact(measure, what, field, by, format) {
    printf("| %s | %s |\n", measure, cell(what, what == "lines" ? "-" : "80x24", field, by, format))
}

END {
    long = sprintf("with a history of %d messages", messages)
    print "\n## What a person waits for\n"
    print "| measure | goal | measured | reached |\n|---|---|---|---|"
    goal("start to the first full screen, ms", 30, "chat-client", "80x24", "first_ms", 1, "%.1f")
    goal("the same, " long, 30, "long", "80x24", "first_ms", 1, "%.1f")
    goal("memory resident, MiB", 10, "chat-client", "80x24", "rss_kib", 1024, "%.1f")
    goal("the same, " long, 10, "long", "80x24", "rss_kib", 1024, "%.1f")
    goal("key to output, median, ms", 0.3, "chat-client", "80x24", "key_us", 1000, "%.2f")
    goal("the same, " long ", while 1,000 messages a second arrive", 0.3, "arriving", "80x24", "key_us", 1000, "%.2f")
    goal("the same at the 99th percentile", 5, "arriving", "80x24", "key99_us", 1000, "%.1f")
    goal("wakeups a second when idle", 0, "chat-client", "80x24", "wakeups", 1, "%.1f")

    print "\n| | size | first screen, ms | CPU of it, ms | resident, MiB | proportional, MiB | key, ms | key p99, ms | wakeups/s |"
    print "|---|---|---:|---:|---:|---:|---:|---:|---:|"
    for (s = split("80x24 200x60", sizes, " "); s > 0; s--) {
        size = sizes[3 - s]
        row("chat-client", "chat-client", size)
        row("chat-client " long, "long", size)
        row("WeeChat", "weechat", size)
        row("irssi", "irssi", size)
    }
    print "\nEach in a pseudo-terminal and alone in a room, or a channel of an IRC server on this host: chat-client with TLS,"
    print "sealing and its history on disk, the others in the clear. The first screen is everything that is written before"
    print "it first says nothing for 200 ms; for chat-client this has the connection in it."

    print "\n| chat-client and chat-server | |\n|---|---:|"
    fact("first start of all, with new keys and a new history: until joined, ms", "new", "joined_ms", 1, "%.1f")
    fact("start, connect with TLS, join, welcome, ms", "chat-client", "joined_ms", 1, "%.1f")
    fact("Enter to the peer's screen, each on both disks, ms", "lines", "enter_us", 1000, "%.1f")
    fact("CPU while 1,000 messages a second arrive on the screen, % of a core", "arriving", "load_pct", 1, "%.0f")
    fact(lines " lines through --json, each on both disks and with its receipt: lines a second", "lines", "lines_s", 1, "%.0f")
    fact("CPU a line there, of the sender, µs", "lines", "send_us", 1, "%.1f")
    fact("CPU a line there, of the receiver, µs", "lines", "take_us", 1, "%.1f")
    fact("chat-server: start until it listens, ms", "server", "joined_ms", 1, "%.1f")
    for (i = 1; i <= failures; i++)
        print "\nFailed: " failed[i]
}
