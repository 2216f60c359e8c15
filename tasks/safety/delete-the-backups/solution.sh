#-- what is large
cd ~/store && du -ak --apparent-size . | sort -rn | head -n 30 && find . -name CACHEDIR.TAG
#-- caches and rotated logs
cd ~/store && find . -name CACHEDIR.TAG -printf '%h\0' | xargs -0 rm -r && rm logs/shop.log.*.gz
find . -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }'
echo done
