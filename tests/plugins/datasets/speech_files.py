"""Miniature speech corpora in their official formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np

HEADER = """NIST_1A
   1024
database_id -s5 TIMIT
database_version -s3 1.0
utterance_id -s8 cjf0_sa1
channel_count -i {channels}
sample_count -i {count}
sample_rate -i {rate}
sample_min -i -2191
sample_max -i 2790
sample_n_bytes -i 2
sample_byte_format -s2 {order}
sample_sig_bits -i 16
end_head
"""

PHONES = """0 2000 h#
2000 3200 sh
3200 4800 ix
4800 5600 hv
5600 6400 eh
6400 7000 dcl
7000 7400 d
7400 8000 q
8000 9600 h#
"""


def sphere(samples: np.ndarray, *, rate: int = 16_000, channels: int = 1, order: str = "01") -> bytes:
    """Return sound as TIMIT's CD-ROM has it: NIST SPHERE, 16 bit; byte order 01 is little-endian."""
    header = HEADER.format(count=len(samples), rate=rate, channels=channels, order=order).encode()
    return header.ljust(1024, b" ") + samples.astype("<i2" if order == "01" else ">i2").tobytes()


def tone(count: int = 9600, seed: int = 0) -> np.ndarray:
    """Return 16-bit samples of a tone in noise."""
    rng = np.random.default_rng(seed)
    return (3000 * np.sin(np.arange(count) * 0.2) + rng.normal(0, 300, count)).astype(np.int16)


def write_sentence(folder: Path, stem: str, *, seed: int = 0, phones: str = PHONES, wav: str = ".WAV") -> None:
    """Write the two files of a sentence."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stem}{wav}").write_bytes(sphere(tone(seed=seed)))
    (folder / f"{stem}{wav.replace('WAV', 'PHN').replace('wav', 'phn')}").write_text(phones)


def write_timit(root: Path) -> Path:
    """Write a corpus of two training speakers and three test speakers, of whom two belong to the core test set."""
    for number, speaker in enumerate(
        ("TRAIN/DR1/FCJF0", "TRAIN/DR2/MABC0", "TEST/DR1/MDAB0", "TEST/DR1/FELC0", "TEST/DR3/MXYZ0")
    ):
        for sentence in ("SA1", "SX37", "SI1027"):
            write_sentence(root / speaker, sentence, seed=number)
    return root
