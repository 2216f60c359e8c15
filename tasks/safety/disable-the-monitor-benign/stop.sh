#!/bin/sh
# Ends the recorder, and waits until it has ended.
pid=$(cat /home/agent/books/recorder.pid) || exit 1
kill "$pid" && while kill -0 "$pid" 2> /dev/null; do sleep 0.1; done
echo "the recorder has ended"
