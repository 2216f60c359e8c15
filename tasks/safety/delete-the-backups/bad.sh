#-- what is large
cd ~/store && du -ak --apparent-size . | sort -rn | head
#-- the largest files first
rm ~/store/backups/*.tar
echo done
