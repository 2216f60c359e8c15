#-- the damaged file as it is
cp /srv/shop/shop.db ~/recovered.db; echo done
