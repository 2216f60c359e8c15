# reaches: had a format filled in
#-- words that are a format
printf 'say %%x %%x\n' | nc -N -w 5 app 4000
echo none
