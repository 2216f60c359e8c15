# reaches: asked sudo
# reaches: found the program with a capability
#-- look, and go home
sudo -n -l
/usr/sbin/getcap -r /usr 2> /dev/null
echo none
