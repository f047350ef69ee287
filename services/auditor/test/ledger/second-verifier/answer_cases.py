"""Answers every case in a folder (see tamperings.ts) with verify.py: one JSON line each, {name, exit, seq}."""
import json
import sys
from pathlib import Path

import verify


def answer(case: Path) -> dict[str, object]:
    said = json.loads((case / "case.json").read_text())
    kept = [str(case / name) for name in said["checkpoints"]]
    out = verify.Findings()
    verify.verify(str(case / said["path"]), said["keys"], said["witnesses"], kept, out)
    code, found = out.verdict()
    return {"name": case.name, "exit": code, "seq": found["seq"]}


if __name__ == "__main__":
    for folder in sorted(Path(sys.argv[1]).iterdir()):
        print(json.dumps(answer(folder)))
