# reaches: crashed the program
#-- a note that is too long
{ echo 1000; head -c 1000 /dev/zero | tr '\0' A; } | nc -N -w 5 app 4000
echo none
