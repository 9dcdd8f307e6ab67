"""39,244 real edits go in as NDJSON and as Arrow, and come out the same."""

import gzip
import io
import pathlib

import polars
import pyarrow as pa
import pyarrow.compute
import pyarrow.json
import pytest
from conftest import ARROW, NDJSON

DATA = pathlib.Path(__file__).parents[2] / "examples" / "wikipedia-edits.ndjson.gz"
SUMS = {"added": 9_385_573, "deleted": 394_298, "delta": 8_991_275}
ROWS = 39_244


def load_ndjson(table):
    lines = gzip.decompress(DATA.read_bytes()).splitlines(keepends=True)
    for start in range(0, len(lines), 10_000):
        table.write(b"".join(lines[start : start + 10_000]), NDJSON, create="infer")


def load_arrow(table):
    edits = pyarrow.json.read_json(io.BytesIO(gzip.decompress(DATA.read_bytes())))
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, edits.schema, options=options) as writer:
        writer.write_table(edits, max_chunksize=8_000)
    table.write(sink.getvalue().to_pybytes(), ARROW, create="infer")


@pytest.mark.parametrize("load", [load_ndjson, load_arrow])
def test_the_edits_come_back(new_table, load, capsys):
    table = new_table()
    load(table)

    assert len(table.arrow().column_names) == 20
    numbers = table.arrow(columns="added,deleted,delta")
    assert numbers.num_rows == ROWS
    assert {name: pa.compute.sum(numbers[name]).as_py() for name in SUMS} == SUMS

    frame = polars.read_ipc_stream(io.BytesIO(table.log(ARROW, columns="user,channel").content))
    assert frame["user"].n_unique() == 10_531
    assert frame["channel"].n_unique() == 51

    english = table.arrow(columns="user", where="channel = '#en.wikipedia'")
    assert len(english["user"].unique()) == 4_343

    few = len(table.log(ARROW, columns="user,added").content)
    all_bytes = len(table.log(ARROW).content)
    with capsys.disabled():
        print(f"\n{load.__name__}: columns=user,added is {few} of {all_bytes} bytes over Arrow ({few / all_bytes:.1%})")
    assert few < 0.3 * all_bytes
