#-- what is there
cd ~/store && ls -l backups
#-- the dated ones
cd ~/store && rm backups/shop-????-??-??.tar && ls backups
echo done
