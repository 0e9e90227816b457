"""What the benchmarks share: running latent, finding data, printing tables.

LATENT is the program to measure (default: build/latent of this tree) and
LATENT_TEST_DATA the folder with mnist/ and adbench/ (default: ../shared/data
beside this tree).
"""
import array
import ast
import glob
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LATENT = os.environ.get("LATENT", os.path.join(ROOT, "build", "latent"))
DATA = os.environ.get("LATENT_TEST_DATA", os.path.join(ROOT, "..", "shared", "data"))


def skip(why):
    print(f"not measured: {why}")
    sys.exit(0)


def data(name):
    """The path of a data file, or None."""
    path = os.path.normpath(os.path.join(DATA, name))
    return path if os.path.exists(path) else None


def need(name):
    """The path of a data file; ends the benchmark, with a message, when it is absent."""
    path = data(name)
    if not path:
        skip(f"{name} is not under {os.path.normpath(DATA)}; set LATENT_TEST_DATA")
    return path


def write_npy(path, descr, shape, body):
    """An array of the bytes `body` in C order."""
    head = "{'descr': '%s', 'fortran_order': False, 'shape': %r, }" % (descr, tuple(shape))
    head += " " * (63 - (10 + len(head)) % 64) + "\n"
    with open(path, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode() + body)


def write_floats(path, shape, values):
    write_npy(path, "<f4", shape, array.array("f", values).tobytes())


def read_floats(path):
    """Shape and values of an array that write_floats or latent wrote."""
    raw = open(path, "rb").read()
    end = 10 + int.from_bytes(raw[8:10], "little")
    head = ast.literal_eval(raw[10:end].decode())
    if head["descr"] != "<f4" or head["fortran_order"]:
        sys.exit(f"{path}: is no array of f4 in C order")
    values = array.array("f")
    values.frombytes(raw[end:])
    return head["shape"], values


def write_picture(path, rows, zoom=1, gap=2):
    """A grey PNG of rows of images of one size, each a list of lines of values in [0, 1]."""
    lines, white = [], 255
    for images in rows:
        wide = sum(len(i[0]) * zoom + gap for i in images) + gap
        lines += [bytes([white] * wide)] * gap
        for y in range(len(images[0]) * zoom):
            line = [white] * gap
            for image in images:
                line += [min(255, max(0, round(255 * v))) for v in image[y // zoom] for _ in range(zoom)]
                line += [white] * gap
            lines.append(bytes(line))
    lines += [bytes([white] * wide)] * gap
    def chunk(kind, body):
        return (struct.pack(">I", len(body)) + kind + body +
                struct.pack(">I", zlib.crc32(kind + body)))
    head = struct.pack(">IIBBBBB", wide, len(lines), 8, 0, 0, 0, 0)
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) +
                chunk(b"IDAT", zlib.compress(b"".join(b"\0" + line for line in lines), 9)) +
                chunk(b"IEND", b""))


def mnist():
    """The files of training and of test images."""
    return need("mnist/train-images-idx3-ubyte.gz"), need("mnist/t10k-images-idx3-ubyte.gz")


def adbench(names=None):
    """The tables that are there, all or those whose file names contain one of `names`."""
    files = sorted(glob.glob(os.path.join(DATA, "adbench", "*.npz")))
    if names:
        files = [f for f in files if any(n in os.path.basename(f) for n in names)]
    if not files:
        skip(f"no adbench/*.npz under {os.path.normpath(DATA)}; set LATENT_TEST_DATA")
    return files


def folder():
    """A fresh folder for models, removed at the end."""
    return tempfile.TemporaryDirectory(prefix="latent-bench-")


def need_program():
    if not os.access(LATENT, os.X_OK):
        sys.exit(f"{LATENT} is missing; ./dev build makes it")


def latent(*arguments, may_fail=False):
    """Runs latent with --json; (result, wall seconds).  result is None when it failed and may."""
    need_program()
    command = [LATENT, *map(str, arguments), "--json", "--quiet"]
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        if may_fail:
            return None, seconds
        sys.exit(f"failed with exit status {done.returncode}: {' '.join(command)}")
    return json.loads(done.stdout), seconds


def best(run, times=5):
    """The least wall time of several runs, in seconds."""
    least = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        run()
        least = min(least, time.perf_counter() - started)
    return least


def number(value, digits=3):
    return "" if value is None else f"{value:.{digits}f}"


def table(head, rows):
    """A markdown table with aligned columns."""
    cells = [head, *[[str(c) for c in row] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    for at, row in enumerate(cells):
        print("| " + " | ".join(c.ljust(w) for c, w in zip(row, widths)) + " |")
        if at == 0:
            print("|" + "|".join("-" * (w + 2) for w in widths) + "|")


def compare(result):
    """The judged errors of train or eval as one line of words."""
    return (f"squared error {result['squared_error']:.3f}, "
            f"PCA-{result['pca']['dims']} {result['pca']['squared_error']:.3f}, "
            f"mean {result['mean']['squared_error']:.3f}: {result['verdict']}")


def curve(result, points=12):
    """Prints the error on the rows that stop training against seconds of training."""
    history = result["history"]
    rows = list(zip(history["seconds"], history["steps"], history["valid_error"]))
    picked = sorted({round(i * (len(rows) - 1) / max(1, points - 1)) for i in range(points)})
    print("\nerror on the rows that stop training, against seconds of training:")
    table(["seconds", "steps", "squared error"],
          [(number(rows[i][0], 1), int(rows[i][1]), number(rows[i][2])) for i in picked])


def train_and_judge(train, test, model, *options):
    """Trains, then judges on test rows; prints command, seconds and errors; (train, eval)."""
    words = ["train", train, "-o", model, *options]
    shown = ["latent"] + [os.path.basename(str(w)) if os.sep in str(w) else str(w) for w in words]
    print("$ " + " ".join(shown), flush=True)
    trained, seconds = latent(*words)
    judged, _ = latent("eval", model, test)
    print(f"  {seconds:.1f} s for the whole command, {trained['training']['seconds']:.1f} s of them "
          f"training; {trained['network']}, {trained['settings']['optimizer']}, "
          f"{trained['settings']['precision']}")
    print(f"  {judged['rows']} test rows: {compare(judged)}", flush=True)
    return trained, judged
