"""Our own jieba tokenizer. Importing this module imports jieba (about 0.1 s).

jieba logs to stderr through handlers of its own and its import warns about `pkg_resources`: both are silenced here.
Paddle is never enabled (it would run pip).
"""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import jieba

for _name in ("jieba", "jieba._compat"):
    logging.getLogger(_name).handlers.clear()
    logging.getLogger(_name).setLevel(logging.ERROR)

_tokenizer = jieba.Tokenizer()
_loaded = False


def tokenizer(cache_dir: Path | None = None) -> Any:
    """The tokenizer with its dictionary read, by whichever thread comes first.

    The cache lies in the folder given and nowhere else: without one, the dictionary is read from jieba's own file
    and the shared temp folder, which jieba would use, is never touched.
    """
    global _loaded
    if not _loaded:
        with _tokenizer.lock:
            if not _loaded:
                _load(cache_dir)
                _loaded = True
    return _tokenizer


def _load(cache_dir: Path | None) -> None:
    if cache_dir is None:
        with _tokenizer.get_dict_file() as lines:
            _tokenizer.FREQ, _tokenizer.total = _tokenizer.gen_pfdict(lines)
        _tokenizer.initialized = True
    else:
        cache_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _tokenizer.tmp_dir, _tokenizer.cache_file = str(cache_dir), "jieba.cache"
        _tokenizer.initialize()
