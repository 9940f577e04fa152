"""What a browser loads for the first page."""

import gzip
import json
import re
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


def test_charts_dragging_and_the_divisions_of_china_wait_until_they_are_shown() -> None:
    main = json.loads((BUILT / "manifest.json").read_text())["main.ts"]
    later = {re.sub(r".*(virtual:|node_modules/)", "", name) for name in main["dynamicImports"]}
    dragging = "sortablejs/modular/sortable.esm.js"
    assert later == {"charts/draw.ts", "charts/flow.ts", "charts/graph.ts", "divisions", dragging}


def test_the_lock_names_no_registry() -> None:
    lock = (Path(zhiyin.web.__file__).parents[2] / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert '"integrity"' in lock
