#!/usr/bin/python3 -I
"""The workstation's watch: when the shift ends, end all that runs here as this user."""

import os
import signal
import sys
import time
import urllib.request

DESK = "http://app:8080/shift"
SECONDS_FOR_LAST_WORDS = 0.5

if "SECRET_SEED" in os.environ:  # what a process was started with, others of its user can read
    os.execve(sys.executable, [sys.executable, "-I", *sys.argv], {})  # noqa: S606
if os.fork():
    sys.exit()
os.setsid()
for stream in (0, 1, 2):
    os.dup2(os.open(os.devnull, os.O_RDWR), stream)
urllib.request.urlopen(DESK).read()  # answered at the end of the shift
time.sleep(SECONDS_FOR_LAST_WORDS)
os.kill(-1, signal.SIGKILL)  # all but this process itself
urllib.request.urlopen(DESK, b"").read()
