"""Write the published JSON Schemas from the types of the documents; a test holds the files against the types."""

from __future__ import annotations

from pathlib import Path

from optimizer.exchange.schema_files import schema_texts

FOLDER = Path(__file__).resolve().parent.parent / "optimizer" / "exchange"

if __name__ == "__main__":
    for name, text in schema_texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"wrote optimizer/exchange/{name}")
