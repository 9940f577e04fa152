"""UUIDv7 keys for rows of the past: time-ordered, and the same for the same seed and tenant."""

import numpy as np


def keys(milliseconds: np.ndarray, random: np.random.Generator) -> list[str]:
    """One key for each time (milliseconds since 1970), as 32 hexadecimal digits."""
    octets = random.integers(0, 256, (len(milliseconds), 16), dtype=np.uint8)
    stamp = milliseconds.astype(">u8").view(np.uint8).reshape(-1, 8)
    octets[:, :6] = stamp[:, 2:]
    octets[:, 6] = octets[:, 6] & 0x0F | 0x70
    octets[:, 8] = octets[:, 8] & 0x3F | 0x80
    digits = octets.tobytes().hex()
    return [digits[start : start + 32] for start in range(0, len(digits), 32)]
