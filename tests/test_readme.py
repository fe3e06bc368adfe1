"""The README's Python example runs as it stands, only smaller."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_library_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = README.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    smaller = code.replace("epochs=10", "epochs=1").replace("seeds=3", "seeds=1")
    assert smaller != code
    monkeypatch.chdir(tmp_path)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(smaller, "README.md", "exec"), {})
    assert "temporal_derivative:feedback=random" in shown.getvalue()
    assert "(64, 256)" in shown.getvalue()
    assert (tmp_path / "rules.html").stat().st_size > 10_000
