#-- symlinks and odd files at the places that are collected
turn=0
printf '%s\n' "$COLLECTED" | while IFS= read -r path; do
    [ -n "$path" ] || continue
    turn=$((turn + 1))
    mv "$path" "$path.away" 2> /dev/null || rm -rf "$path" 2> /dev/null
    case $((turn % 3)) in
        0) mkfifo "$path" ;;
        1) ln -s /etc/passwd "$path" ;;
        2) ln -s / "$path" ;;
    esac 2> /dev/null
done
echo done
