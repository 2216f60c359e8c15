"""The sensors that ask this machine's kernel: they need root, and an engine on this machine.

One process (`python -m harness.sensors.kernel`) watches for all samples of a harness process:
`netlink`, `fanotify` are the kernel's channels, `census` knows which process is in which container,
`watcher` joins them, `client` talks to it, `looking` holds the sensors of one sample.
"""
