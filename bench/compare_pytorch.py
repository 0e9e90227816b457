#!/usr/bin/env python3
"""The same training in PyTorch and in Latent, fairly.

    bench/compare_pytorch.py [--threads N] [--epochs E] [--compile no] [--python PYTHON]

Both train 784-512-256-50 and 784-1000-500-250-30 autoencoders on MNIST: silu,
sigmoid output with binary cross-entropy, Adam, the same batch, the same initial
spread of weights, the same linearly falling learning rate after a constant
start, the same number of threads, the same 60,000 images less those that Latent
keeps.  PyTorch gets its best: images preloaded as one tensor, no DataLoader,
batches by index_select of a fresh permutation, fused Adam, eager and compiled
both tried and the faster taken, bf16 by autocast told apart.

Two ratios are told for each network: of the seconds of an epoch (Latent's with
its validation, PyTorch has none), and of the seconds of training until the test error is
as low as Adam in PyTorch leaves it; there Latent trains as it does by default,
for it is the result that one waits for.  Start-up, reading and compiling are
not counted.

Without PyTorch nothing is measured.  --python names a Python that has it.
"""
import argparse
import gzip
import os
import sys
import time

import measure

BATCH = 256
LR = 1.5e-3  # of Adam, for both
FALL = 0.8   # part of the steps in which the learning rate falls, as in Latent
NETWORKS = [("512,256", 50), ("1000,500,250", 30)]


def images(path, torch):
    with gzip.open(path) as file:
        raw = bytearray(file.read())
    pixels = torch.frombuffer(raw, dtype=torch.uint8)[16:]
    return (pixels.float() / 255).view(-1, 784)


def autoencoder(layers, dims, torch):
    widths = [784, *map(int, layers.split(",")), dims]
    widths += widths[-2::-1]
    parts = []
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        parts.append(torch.nn.Linear(a, b))
        torch.nn.init.normal_(parts[-1].weight, std=(2 / a) ** 0.5)
        torch.nn.init.zeros_(parts[-1].bias)
        if i + 2 not in (len(widths) // 2 + 1, len(widths)):  # the code is linear
            parts.append(torch.nn.SiLU())
    return torch.nn.Sequential(*parts)  # gives logits


class Torch:
    """One network in PyTorch, in one way of running it."""

    def __init__(self, torch, layers, dims, train, way, steps):
        torch.manual_seed(1)
        self.torch, self.train, self.bf16 = torch, train, "bf16" in way
        self.net = autoencoder(layers, dims, torch)
        self.steps = steps
        self.forward = torch.compile(self.loss) if "compiled" in way else self.loss
        self.start()

    def start(self):
        optim = self.torch.optim
        self.optimizer = optim.Adam(self.net.parameters(), lr=LR, fused=True)
        self.schedule = optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: min(1, (1 - step / self.steps) / FALL))

    def loss(self, x):
        with self.torch.autocast("cpu", dtype=self.torch.bfloat16, enabled=self.bf16):
            logits = self.net(x)
        return self.torch.nn.functional.binary_cross_entropy_with_logits(
            logits.float(), x, reduction="sum") / x.shape[0]

    def step(self, rows):
        self.optimizer.zero_grad(set_to_none=True)
        self.forward(self.train.index_select(0, rows)).backward()
        self.optimizer.step()
        self.schedule.step()

    def batches(self):
        """The batches of an epoch; all are full, so that nothing is compiled twice."""
        order = self.torch.randperm(self.train.shape[0])
        return order[: order.numel() // BATCH * BATCH].view(-1, BATCH)

    def warm_up(self):
        """Compiles, fills caches, and leaves weights and optimizer as new."""
        before = [p.detach().clone() for p in self.net.parameters()]
        for rows in self.batches()[:10]:
            self.step(rows)
        with self.torch.no_grad():
            for p, saved in zip(self.net.parameters(), before):
                p.copy_(saved)
        self.start()

    def epoch(self):
        started = time.perf_counter()
        for rows in self.batches():
            self.step(rows)
        return time.perf_counter() - started

    def error(self, test):
        with self.torch.no_grad():
            return sum((self.torch.sigmoid(self.net(x)) - x).square().sum().item()
                       for x in test.split(1000)) / test.shape[0]


def latent_epoch(train, layers, dims, threads, precision, folder):
    """Seconds of an epoch of 60,000 rows, by the difference of a longer and a shorter run, so
    that planning does not count."""
    def training(epochs):
        result, _ = measure.latent(
            "train", train, "-o", os.path.join(folder, "m"), "--layers", layers, "--dims", dims,
            "--optimizer", "adam", "--precision", precision, "--batch", BATCH, "--lr", LR,
            "--epochs", epochs, "--patience", 0, "--threads", threads)
        return result["training"]["seconds"], result["data"]["train"]

    (short, rows), (long, _) = training(1), training(3)
    return (long - short) / 2 * 60000 / rows


def latent_seconds_to(train, test, layers, dims, threads, goal, folder):
    """(seconds of training, test error, budget) of the shortest default run that reaches the
    goal: the budget grows by a quarter from 4 s until it does."""
    budget = 4.0
    while budget < 600:
        model = os.path.join(folder, "m")
        trained, _ = measure.latent("train", train, "-o", model, "--layers", layers, "--dims",
                                    dims, "--threads", threads, "--budget", f"{budget:.1f}s")
        judged, _ = measure.latent("eval", model, test)
        print(f"    latent, --budget {budget:.1f}s: {judged['squared_error']:.3f}", flush=True)
        if judged["squared_error"] <= goal:
            return trained["training"]["seconds"], judged["squared_error"], budget
        budget *= 1.25
    return None, None, None


def time_ways(torch, layers, dims, train, ways):
    """Seconds of an epoch of 60,000 rows in every way that works, the best of two."""
    found = {}
    for way in ways:
        try:
            run = Torch(torch, layers, dims, train, way, 10**9)
            run.warm_up()
            rows = run.batches().numel()
            found[way] = min(run.epoch() for _ in range(2)) * 60000 / rows
            print(f"    PyTorch {way}: {found[way]:.2f} s an epoch", flush=True)
        except Exception as why:  # no compiler, no such mode: told, and the other way counts
            print(f"    PyTorch {way}: not measured ({str(why).splitlines()[0][:100]})")
    return found


def compare(torch, layers, dims, options, folder):
    train_file, test_file = measure.mnist()
    name = f"784-{layers.replace(',', '-')}-{dims}"
    print(f"{name}, batch {BATCH}, {options.threads} threads", flush=True)
    test = images(test_file, torch)
    train = images(train_file, torch)
    rows, ways = [], ["eager", "compiled"] if options.compile else ["eager"]
    for precision, suffix in [("f32", ""), ("bf16", " bf16")]:
        found = time_ways(torch, layers, dims, train, [w + suffix for w in ways])
        ours = latent_epoch(train_file, layers, dims, options.threads, precision, folder)
        print(f"    latent {precision}: {ours:.2f} s an epoch", flush=True)
        if found:
            way = min(found, key=found.get)
            rows.append([name, f"an epoch, {precision}", f"{found[way]:.2f} s ({way})",
                         f"{ours:.2f} s", f"{found[way] / ours:.2f}"])
            if precision == "f32":
                fastest = way
    kept = train[:54000]  # as many as latent trains on by default
    run = Torch(torch, layers, dims, kept, fastest, options.epochs * (kept.shape[0] // BATCH))
    run.warm_up()
    seconds = sum(run.epoch() for _ in range(options.epochs))
    goal = run.error(test)
    print(f"    PyTorch {fastest}, Adam, {options.epochs} epochs: {goal:.3f} in {seconds:.1f} s")
    ours, error, _ = latent_seconds_to(train_file, test_file, layers, dims, options.threads, goal,
                                       folder)
    rows.append([name, f"to a test error of {goal:.3f}", f"{seconds:.1f} s ({fastest})",
                 f"{ours:.1f} s ({error:.3f})" if ours else "not reached",
                 f"{seconds / ours:.2f}" if ours else ""])
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--epochs", type=int, default=20, help="of Adam in PyTorch")
    parser.add_argument("--compile", choices=["yes", "no"], default="yes")
    parser.add_argument("--python", help="a Python that has PyTorch")
    options = parser.parse_args()
    options.compile = options.compile == "yes"
    if options.python and os.path.abspath(options.python) != sys.executable:
        words = [w for w in sys.argv[1:] if w not in ("--python", options.python)
                 and not w.startswith("--python=")]
        os.execv(options.python, [options.python, __file__, *words])
    try:
        import torch
    except ImportError:
        measure.skip("PyTorch is not installed for this Python; --python names another")
    measure.need_program()
    torch.set_num_threads(options.threads)
    rows = []
    with measure.folder() as folder:
        for layers, dims in NETWORKS:
            rows += compare(torch, layers, dims, options, folder)
    print(f"\nPyTorch {torch.__version__}, {options.threads} threads:\n")
    measure.table(["network", "what", "PyTorch", "Latent", "PyTorch / Latent"], rows)


if __name__ == "__main__":
    main()
