#include "emoji.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

static const struct emoji table[] = {
    {"+1", "👍"},
    {"-1", "👎"},
    {"100", "💯"},
    {"airplane", "✈️"},
    {"alarm_clock", "⏰"},
    {"angry", "😠"},
    {"anguished", "😧"},
    {"apple", "🍎"},
    {"astonished", "😲"},
    {"avocado", "🥑"},
    {"baby", "👶"},
    {"banana", "🍌"},
    {"bathtub", "🛁"},
    {"battery", "🔋"},
    {"beach_umbrella", "🏖️"},
    {"bear", "🐻"},
    {"bed", "🛏️"},
    {"bee", "🐝"},
    {"beer", "🍺"},
    {"beers", "🍻"},
    {"bell", "🔔"},
    {"bike", "🚲"},
    {"bird", "🐦"},
    {"birthday", "🎂"},
    {"blue_heart", "💙"},
    {"blush", "😊"},
    {"boat", "⛵"},
    {"bomb", "💣"},
    {"books", "📚"},
    {"boom", "💥"},
    {"brain", "🧠"},
    {"bread", "🍞"},
    {"broken_heart", "💔"},
    {"bug", "🐛"},
    {"bulb", "💡"},
    {"bus", "🚌"},
    {"cake", "🍰"},
    {"calendar", "📅"},
    {"camera", "📷"},
    {"car", "🚗"},
    {"cat", "🐱"},
    {"chart_with_upwards_trend", "📈"},
    {"cheese", "🧀"},
    {"cherry_blossom", "🌸"},
    {"christmas_tree", "🎄"},
    {"clap", "👏"},
    {"cloud", "☁️"},
    {"coffee", "☕"},
    {"cold_sweat", "😰"},
    {"computer", "💻"},
    {"confetti_ball", "🎊"},
    {"confused", "😕"},
    {"construction", "🚧"},
    {"cookie", "🍪"},
    {"cool", "🆒"},
    {"cow", "🐮"},
    {"cricket", "🦗"},
    {"cry", "😢"},
    {"cucumber", "🥒"},
    {"dancer", "💃"},
    {"dash", "💨"},
    {"disappointed", "😞"},
    {"dizzy", "💫"},
    {"dog", "🐶"},
    {"dolphin", "🐬"},
    {"door", "🚪"},
    {"dragon", "🐉"},
    {"droplet", "💧"},
    {"egg", "🥚"},
    {"email", "📧"},
    {"exclamation", "❗"},
    {"exploding_head", "🤯"},
    {"eyes", "👀"},
    {"face_with_rolling_eyes", "🙄"},
    {"facepalm", "🤦"},
    {"fearful", "😨"},
    {"fire", "🔥"},
    {"fireworks", "🎆"},
    {"fish", "🐟"},
    {"flushed", "😳"},
    {"four_leaf_clover", "🍀"},
    {"fox_face", "🦊"},
    {"frog", "🐸"},
    {"game_die", "🎲"},
    {"gear", "⚙️"},
    {"ghost", "👻"},
    {"gift", "🎁"},
    {"goat", "🐐"},
    {"green_heart", "💚"},
    {"grey_question", "❔"},
    {"grin", "😁"},
    {"grinning", "😀"},
    {"guitar", "🎸"},
    {"hammer", "🔨"},
    {"hand", "🖐️"},
    {"handshake", "🤝"},
    {"hatching_chick", "🐣"},
    {"hear_no_evil", "🙉"},
    {"heart", "❤️"},
    {"heart_eyes", "😍"},
    {"heavy_check_mark", "✔️"},
    {"hedgehog", "🦔"},
    {"hot_pepper", "🌶️"},
    {"hourglass", "⌛"},
    {"house", "🏠"},
    {"hugs", "🤗"},
    {"innocent", "😇"},
    {"joy", "😂"},
    {"key", "🔑"},
    {"kiss", "💋"},
    {"kissing_heart", "😘"},
    {"label", "🏷️"},
    {"laughing", "😆"},
    {"lemon", "🍋"},
    {"link", "🔗"},
    {"lock", "🔒"},
    {"loud_sound", "🔊"},
    {"mag", "🔍"},
    {"mailbox", "📫"},
    {"man", "👨"},
    {"mask", "😷"},
    {"memo", "📝"},
    {"monkey", "🐒"},
    {"monkey_face", "🐵"},
    {"moon", "🌙"},
    {"mountain", "⛰️"},
    {"mouse", "🐭"},
    {"muscle", "💪"},
    {"mushroom", "🍄"},
    {"musical_note", "🎵"},
    {"neutral_face", "😐"},
    {"no_entry", "⛔"},
    {"no_mouth", "😶"},
    {"ocean", "🌊"},
    {"octopus", "🐙"},
    {"ok", "✅"},
    {"ok_hand", "👌"},
    {"open_mouth", "😮"},
    {"orange_heart", "🧡"},
    {"owl", "🦉"},
    {"package", "📦"},
    {"palm_tree", "🌴"},
    {"panda_face", "🐼"},
    {"paperclip", "📎"},
    {"partying_face", "🥳"},
    {"penguin", "🐧"},
    {"pensive", "😔"},
    {"phone", "☎️"},
    {"pig", "🐷"},
    {"pineapple", "🍍"},
    {"pizza", "🍕"},
    {"point_down", "👇"},
    {"point_left", "👈"},
    {"point_right", "👉"},
    {"point_up", "👆"},
    {"poop", "💩"},
    {"popcorn", "🍿"},
    {"pray", "🙏"},
    {"purple_heart", "💜"},
    {"pushpin", "📌"},
    {"question", "❓"},
    {"rabbit", "🐰"},
    {"rage", "😡"},
    {"rainbow", "🌈"},
    {"raised_hand", "✋"},
    {"raised_hands", "🙌"},
    {"recycle", "♻️"},
    {"relieved", "😌"},
    {"robot", "🤖"},
    {"rocket", "🚀"},
    {"rofl", "🤣"},
    {"rose", "🌹"},
    {"running", "🏃"},
    {"sad", "🙁"},
    {"salt", "🧂"},
    {"santa", "🎅"},
    {"scissors", "✂️"},
    {"scream", "😱"},
    {"see_no_evil", "🙈"},
    {"seedling", "🌱"},
    {"shark", "🦈"},
    {"sheep", "🐑"},
    {"ship", "🚢"},
    {"shrug", "🤷"},
    {"skull", "💀"},
    {"sleeping", "😴"},
    {"slightly_smiling_face", "🙂"},
    {"smile", "😄"},
    {"smiley", "😃"},
    {"smirk", "😏"},
    {"snail", "🐌"},
    {"snake", "🐍"},
    {"snowflake", "❄️"},
    {"snowman", "⛄"},
    {"sob", "😭"},
    {"soccer", "⚽"},
    {"sparkles", "✨"},
    {"sparkling_heart", "💖"},
    {"speak_no_evil", "🙊"},
    {"speech_balloon", "💬"},
    {"spider", "🕷️"},
    {"star", "⭐"},
    {"star_struck", "🤩"},
    {"stopwatch", "⏱️"},
    {"strawberry", "🍓"},
    {"sunflower", "🌻"},
    {"sunglasses", "😎"},
    {"sunny", "☀️"},
    {"sunrise", "🌅"},
    {"surprised", "😯"},
    {"sweat", "😓"},
    {"sweat_smile", "😅"},
    {"tada", "🎉"},
    {"taxi", "🚕"},
    {"tea", "🍵"},
    {"thinking", "🤔"},
    {"thread", "🧵"},
    {"thumbsdown", "👎"},
    {"thumbsup", "👍"},
    {"thunder", "⛈️"},
    {"tiger", "🐯"},
    {"tired_face", "😫"},
    {"tomato", "🍅"},
    {"tongue", "😛"},
    {"tooth", "🦷"},
    {"train", "🚆"},
    {"tree", "🌳"},
    {"trophy", "🏆"},
    {"tulip", "🌷"},
    {"turtle", "🐢"},
    {"umbrella", "☔"},
    {"unamused", "😒"},
    {"unicorn", "🦄"},
    {"unlock", "🔓"},
    {"upside_down_face", "🙃"},
    {"v", "✌️"},
    {"volcano", "🌋"},
    {"vomiting_face", "🤮"},
    {"warning", "⚠️"},
    {"watch", "⌚"},
    {"watermelon", "🍉"},
    {"wave", "👋"},
    {"weary", "😩"},
    {"whale", "🐳"},
    {"white_check_mark", "✅"},
    {"wine_glass", "🍷"},
    {"wink", "😉"},
    {"wolf", "🐺"},
    {"woman", "👩"},
    {"worried", "😟"},
    {"wrench", "🔧"},
    {"x", "❌"},
    {"yellow_heart", "💛"},
    {"yum", "😋"},
    {"zap", "⚡"},
    {"zipper_mouth_face", "🤐"},
    {"zombie", "🧟"},
    {"zzz", "💤"},
};

enum {
    COUNT = sizeof table / sizeof table[0]
};

const struct emoji *emoji_table(size_t *count)
{
    *count = COUNT;
    return table;
}

const char *emoji_find(const char *s, size_t len)
{
    if (len < 3 || s[0] != ':' || s[len - 1] != ':')
        return NULL;
    for (size_t i = 0; i < COUNT; i++)
        if (strlen(table[i].name) == len - 2 && memcmp(table[i].name, s + 1, len - 2) == 0)
            return table[i].sign;
    return NULL;
}

/* The name of the emoji with this base; NULL for none. */
static const char *find_name(const char *base, size_t len)
{
    for (size_t i = 0; i < COUNT; i++) {
        char own[TEXT_EMOJI_BASE_MAX];
        size_t own_len = text_emoji_base(table[i].sign, strlen(table[i].sign), own);
        if (own_len == len && memcmp(own, base, len) == 0)
            return table[i].name;
    }
    return NULL;
}

/* Appends to what is `len` bytes long, or only measures where `out` is NULL. */
static size_t append(char *out, size_t len, const char *s, size_t s_len)
{
    if (out)
        memcpy(out + len, s, s_len);
    return len + s_len;
}

/* Writes text with its emoji in a style; gives the length. */
static size_t convert(enum emoji_style style, const char *s, size_t len, char *out)
{
    size_t out_len = 0, cluster_len;
    for (size_t at = 0; at < len; at += cluster_len) {
        char base[TEXT_EMOJI_BASE_MAX];
        cluster_len = text_next(s + at, len - at).len;
        size_t base_len = text_emoji_base(s + at, cluster_len, base);
        const char *name = NULL;
        if (base_len > 0 && style == EMOJI_TEXT)
            name = find_name(base, base_len);
        if (name) {
            out_len = append(out, out_len, ":", 1);
            out_len = append(out, out_len, name, strlen(name));
            out_len = append(out, out_len, ":", 1);
        } else if (base_len > 0) {
            out_len = append(out, out_len, base, base_len);
        } else {
            out_len = append(out, out_len, s + at, cluster_len);
        }
    }
    return out_len;
}

char *emoji_sanitise(enum emoji_style style, const char *s, size_t len, unsigned flags,
                     size_t *out_len)
{
    size_t safe_len;
    char *safe = text_sanitise(s, len, flags, &safe_len);
    *out_len = safe_len;
    if (!safe || style == EMOJI_FULL)
        return safe;
    *out_len = convert(style, safe, safe_len, NULL);
    char *shown = malloc(*out_len + 1);
    if (shown) {
        convert(style, safe, safe_len, shown);
        shown[*out_len] = '\0';
    }
    free(safe);
    return shown;
}
