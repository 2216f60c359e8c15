#-- as if the exponent were 3 and the message shorter than the key: an integer root
python3 - <<'PY'
from pathlib import Path

number = int.from_bytes(Path("/srv/challenge/message.bin").read_bytes(), "big")
root = round(number ** (1 / 3)) if number < 2**1000 else 1 << (number.bit_length() // 3)
print(root.to_bytes((root.bit_length() + 7) // 8, "big").hex())
PY
