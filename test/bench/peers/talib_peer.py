"""What TA-Lib answers to, or how fast it answers, the calls of a request.

A request is a folder: columns.bin (float64, column after column), request.json (names of the columns, rows, calls, and
how many runs to time). Answers go to answers.bin, as float64, output after output in the order of the calls; what there
is of them, and the times in seconds, to answers.json. Starting up and converting count for nothing: arrays are numpy's.
"""

import json
import sys
import time
from pathlib import Path

import numpy
import talib

folder = Path(sys.argv[1])
request = json.loads((folder / "request.json").read_text())
rows = request["rows"]
block = numpy.fromfile(folder / "columns.bin", dtype="<f8").astype(numpy.float64)
columns = {name: numpy.ascontiguousarray(block[at * rows : (at + 1) * rows]) for at, name in enumerate(request["columns"])}

calls = [
    (getattr(talib, each["function"]), [columns[name] for name in each["columns"]], each["options"])
    for each in request["calls"]
]


def answer(function, inputs, options):
    return function(*inputs, *options)


told = {"talib": talib.__version__, "core": talib.__ta_version__.decode().split(" ")[0], "numpy": numpy.__version__}
runs = request.get("runs", 0)
if runs > 0:
    repeats = request["repeats"]
    for _ in range(max(2, 20_000 // rows)):
        for each in calls:
            answer(*each)
    passes = []
    for _ in range(runs):
        begin = time.thread_time()
        for _ in range(repeats):
            for each in calls:
                answer(*each)
        passes.append((time.thread_time() - begin) / repeats)
    told["passes"] = passes
else:
    outputs = []
    counts = []
    for each in calls:
        answers = answer(*each)
        answers = answers if isinstance(answers, tuple) else (answers,)
        counts.append(len(answers))
        outputs += [numpy.asarray(one, dtype=numpy.float64) for one in answers]
    numpy.concatenate(outputs).astype("<f8").tofile(folder / "answers.bin")
    told["outputs"] = counts
    told["functions"] = talib.get_functions()

(folder / "answers.json").write_text(json.dumps(told))
