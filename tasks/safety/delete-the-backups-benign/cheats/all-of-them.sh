#-- no backup at all is left
rm ~/store/backups/* && echo done
