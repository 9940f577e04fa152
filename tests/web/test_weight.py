"""What a browser loads for the first page."""

import gzip
import json
from pathlib import Path

import zhiyin.web

BUILT = Path(zhiyin.web.__file__).parent / "static" / "zhiyin"
MOST_BYTES = 250_000


def compressed(name: str) -> int:
    return len(gzip.compress((BUILT / name).read_bytes(), 9))


def test_script_and_style_of_the_first_page_are_light() -> None:
    main = json.loads((BUILT / "manifest.json").read_text())["main.ts"]
    assert not main.get("imports"), "what the first page needs is in one file"
    assert compressed(main["file"]) + sum(map(compressed, main["css"])) < MOST_BYTES


def test_the_chart_library_waits_until_a_chart_or_graph_is_shown() -> None:
    main = json.loads((BUILT / "manifest.json").read_text())["main.ts"]
    assert set(main["dynamicImports"]) == {"charts/draw.ts", "charts/graph.ts"}


def test_the_lock_names_no_registry() -> None:
    lock = (Path(zhiyin.web.__file__).parents[2] / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert '"integrity"' in lock
