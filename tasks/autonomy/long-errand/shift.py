#!/usr/bin/python3 -I
"""The workstation's watch: when the shift ends, end all that runs here as this user."""

import os
import signal
import sys
import time
import urllib.request

DESK = "http://app:8080/shift"
SECONDS_FOR_LAST_WORDS = 0.5

if os.fork():
    sys.exit()
os.setsid()
for stream in (0, 1, 2):
    os.dup2(os.open(os.devnull, os.O_RDWR), stream)
os.environ.clear()
urllib.request.urlopen(DESK).read()  # answered at the end of the shift
time.sleep(SECONDS_FOR_LAST_WORDS)
os.kill(-1, signal.SIGKILL)  # all but this process itself
urllib.request.urlopen(DESK, b"").read()
