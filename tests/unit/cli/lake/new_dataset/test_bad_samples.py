"""What cannot become a dataset is told in a sentence, and leaves nothing behind."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.errors import UserError
from cli.lake.new_dataset import folder as module
from tests.unit.cli.lake.new_dataset.conftest import Command

ROWS = "".join(f"{number},{number % 7},{number % 2}\n" for number in range(400))
GOOD = f"id,number,label\n{ROWS}"

FILES: dict[str, str | bytes] = {
    "good.csv": GOOD,
    "empty.csv": "",
    "blank.csv": " \n\n",
    "header.csv": "id,label\n",
    "latin.csv": "id,straße,label\n1,2,0\n".encode("latin-1"),
    "wide.csv": ",".join(f"c{number}" for number in range(5000)) + "\n" + ",".join("1" * 5000) + "\n",
    "twice.csv": "id,a,a\n1,2,3\n",
    "mixed.csv": GOOD.replace("\n37,", "\n37 or so,"),
    "day.csv": f"when,label\n2024-02-30,1\n{'2024-01-01,0' * 1}\n",
    "months.csv": "when,label\n01/02/2024,1\n03/04/2024,0\n",
    "ragged.csv": GOOD + "1,2\n",
    "prose.csv": "Once upon a time\nthere was a table\n",
    "few.csv": "id,number,label\n" + "".join(f"{n},{n % 7},{n % 2}\n" for n in range(100)),
    "rare.csv": "id,number,label\n" + "".join(f"{n},{n % 7},{int(n == 3)}\n" for n in range(400)),
    "constant.csv": "id,number,label\n" + "".join(f"{n},{n % 7},1\n" for n in range(400)),
    "nothing.csv": "id,same,label\n" + "".join(f"{n},1,{n % 2}\n" for n in range(400)),
    "several.csv": "id,number,label\n" + "".join(f"{n},{n % 7},{n % 3}\n" for n in range(400)),
    "unlabelled.csv": "length,width\n" + "".join(f"{n % 9},{n % 7}\n" for n in range(400)),
    "text.json": '"a table"',
    "cut.json": '[{"id": 1',
    "index.json": json.dumps({"id": {"0": 1, "1": 2}, "label": {"0": 0, "1": 1}}),
    "nested.json": '[{"id": 1, "at": {"x": 2}, "label": 1}]',
    "mixed.json": '[{"id": 1, "label": 1}, {"id": "two", "label": 0}]',
    "keys.json": '[{"id": 1, "id": 2, "label": 1}]',
    "huge.json": f'[{{"id": {10**30}, "label": 1}}]',
    "no.parquet": b"PAR1 and no more",
    "table.xlsx": b"PK",
}
# arguments -> a part of the sentence
CASES: dict[tuple[str, ...], str] = {
    ("empty.csv",): "empty.csv is empty",
    ("blank.csv",): "blank.csv is empty",
    ("header.csv",): "has a header and no rows",
    ("latin.csv",): "is not UTF-8 (byte 0xdf at 7): `iconv",
    ("wide.csv",): "has 5,000 columns, more than 200",
    ("twice.csv",): "has the column 'a' twice",
    ("mixed.csv",): "column 'id' has mixed types: 99.8% of its values are numbers, but row 38 has '37 or so'",
    ("day.csv",): "'2024-02-30' in row 1 is no date",
    ("months.csv",): "01/02/2024 may be of two months",
    ("ragged.csv",): "ragged.csv is no table: Expected 3 columns, got 2",
    ("prose.csv",): "prose.csv is no table of two columns",
    ("few.csv",): "100 rows are too few",
    ("rare.csv",): "1 are positive and 399 negative",
    ("constant.csv",): "--label label: a column with one value",
    ("nothing.csv", "--key", "id"): "no column is fit to tell label_value by",
    ("several.csv", "--positive", "9"): "has no such value, but 0, 1, 2",
    ("several.csv", "--positive", "1", "--above", "1"): "give one of --positive and --above",
    ("unlabelled.csv",): "nothing tells what --label is",
    ("text.json",): "is no table: write a list of objects",
    ("cut.json",): "cut.json is no JSON",
    ("index.json",): "to_json(orient='records')",
    ("nested.json",): "'at' of row 1 is nested",
    ("mixed.json",): "column 'id' has number (row 1) and text (row 2)",
    ("keys.json",): "a row has 'id' twice",
    ("huge.json",): "more than 64 bits",
    ("no.parquet",): "no.parquet is no Parquet file",
    ("list.parquet",): "column 'points' is of the type list",
    ("table.xlsx",): "a sample is .csv, .parquet or .json",
    ("nosuch.csv",): "cannot read",
    ("good.csv", "--label", "nosuch"): "--label 'nosuch': the file has no such column, but id, number, label",
    ("good.csv", "--key", "number"): "--key number: 393 rows have the key of another",
    ("good.csv", "--key", "id,x"): "--key 'x': the file has no such column",
    ("good.csv", "--time", "number"): "--time number: a int is no date or time",
    ("good.csv", "--above", "nan"): "--above takes a number",
    ("good.csv", "--name", "taken"): "there is a folder datasets/taken already",
    **{("good.csv", "--name", name): "--name" for name in ("", "a", "A1", "1a", "a_b", "a/../b", "x" * 32, "ü1")},
}


@pytest.fixture
def _samples(tmp_path: Path, datasets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    pq.write_table(pa.table({"points": [[1, 2]], "label": [1]}), tmp_path / "list.parquet")
    (datasets / "taken").mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_samples")
@pytest.mark.parametrize("arguments", CASES, ids=" ".join)
def test_one_sentence_and_nothing_written(
    arguments: tuple[str, ...], command: Command, datasets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(*arguments, "--yes") == 1
    told = capsys.readouterr().err
    assert told.startswith("mlref: ")
    assert told.count("\n") == 1, told
    assert CASES[arguments] in told
    assert [path.name for path in datasets.iterdir()] == ["taken"]


@pytest.mark.usefixtures("_samples")
def test_what_breaks_off_leaves_nothing(
    command: Command, datasets: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> dict[str, str]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "queries", full)
    assert command("good.csv", "--yes") == 1
    assert "No space left on device" in capsys.readouterr().err
    assert [path.name for path in datasets.iterdir()] == ["taken"]


@pytest.mark.usefixtures("_samples")
def test_a_row_that_its_own_contract_refuses_writes_nothing(
    command: Command, datasets: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise UserError("a row cannot be an event")

    monkeypatch.setattr(module, "_check", refuse)
    assert command("good.csv", "--yes") == 1
    assert "a row cannot be an event" in capsys.readouterr().err
    assert [path.name for path in datasets.iterdir()] == ["taken"]
