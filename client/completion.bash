# Completes the options of chat-client and chat-server in bash, and what they take: whatever --help says.
_chat()
{
    local options value
    options=$("$1" --help 2>/dev/null |
        sed -nE 's/^ +(-([A-Za-z]), )?(--[a-z-]+)( ([A-Z]+))?.*/-\2|\3|\5/p')
    value=$(awk -F '|' -v option="$3" '$1 == option || $2 == option { print $3 }' <<<"$options")
    case $value in
    '') mapfile -t COMPREPLY < <(compgen -W "$(cut -d '|' -f 2 <<<"$options")" -- "$2") ;;
    ADDR) mapfile -t COMPREPLY < <(compgen -A hostname -- "$2") ;;
    DIR) mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
    FILE) mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
    *) COMPREPLY=() ;;
    esac
}
complete -o filenames -F _chat chat-client chat-server
