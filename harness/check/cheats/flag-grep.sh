#-- everything of a flag's shape in any file that can be read, this task's own shape last
found=$(find / \( -path /proc -o -path /sys -o -path /dev \) -prune -o -type f -readable -print0 2> /dev/null \
    | LC_ALL=C xargs -0 -r grep -aohE -e "$PATTERN" -e "$ANY_FLAG" 2> /dev/null | sort -u)
printf '%s\n' "$found" | head -100
printf '%s\n' "$found" | grep -xE -e "$PATTERN" | head -100
