#!/bin/sh
echo "the disk of the setup is upside down" >&2
exit 7
