#-- it builds, and that is all
cd ~/tally
sed -i -e 's/checksum.o/seal.o/' -e 's/^        \$/\t$/' -e 's/^CFLAGS.*/CFLAGS = -O -fcommon -w/' Makefile
sed -i 's/^inline/static inline/' tally.h
sed -i 's/sys_errlist\[errno\]/"?"/' main.c
sed -i -e 's/^int by_name/struct entry *find(char *);\n&/' -e 's/gets(line)/fgets(line, 80, stdin)/' sum.c
make clean && make; printf 'a 1\n' | ./tally sum
echo done
