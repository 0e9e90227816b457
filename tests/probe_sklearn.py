#!/usr/bin/env python3
"""probe_sklearn.py RAW.npy CODES.npy TOLD.csv REPORT.json: does scikit-learn say the same?

Fits scikit-learn's StandardScaler, PCA, LogisticRegression(C=1) and
KNeighborsClassifier(10) on the folds that TOLD.csv names, and compares accuracy
and log-loss with what latent probe has told, to 1e-4, and the votes of the
neighbours row by row.  Exits 77 where scikit-learn is not installed.
"""
import csv
import json
import sys
import warnings

try:
    import numpy as np
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.preprocessing import StandardScaler
except ImportError:
    sys.exit(77)

TOLERANCE = 1e-4


def predictions(x, y, fold, dims=None):
    """What is told of every row: class, log-loss, vote; PCA of `dims` when given."""
    told, loss, vote = y.copy(), np.zeros(len(y)), y.copy()
    for f in np.unique(fold):
        train, test = fold != f, fold == f
        a, b = x[train], x[test]
        if dims:
            pca = PCA(dims, svd_solver="full").fit(a)
            a, b = pca.transform(a), pca.transform(b)
        scaler = StandardScaler().fit(a)
        a, b = scaler.transform(a), scaler.transform(b)
        model = LogisticRegression(C=1.0, tol=1e-9, max_iter=20000).fit(a, y[train])
        told[test] = model.predict(b)
        place = np.searchsorted(model.classes_, y[test])
        loss[test] = -model.predict_log_proba(b)[np.arange(len(place)), place]
        vote[test] = KNeighborsClassifier(10, algorithm="brute").fit(a, y[train]).predict(b)
    return told, loss, vote


def main():
    warnings.filterwarnings("ignore")
    raw, codes = (np.load(name).astype(np.float64) for name in sys.argv[1:3])
    with open(sys.argv[3], newline="") as file:
        rows = list(csv.DictReader(file))
    with open(sys.argv[4]) as file:
        report = json.load(file)
    assert [int(r["row"]) for r in rows] == list(range(len(raw)))
    y = np.array([r["label"] for r in rows])
    fold = np.array([int(r["fold"]) for r in rows])
    sets = {"codes": (codes, None), "pca": (raw, codes.shape[1]), "raw": (raw, None)}
    wrong = 0
    for name, (x, dims) in sets.items():
        told, loss, vote = predictions(x, y, fold, dims)
        other = sum(vote != [r[name + "_knn"] for r in rows])
        pairs = [
            ("accuracy", np.mean(told == y), report[name]["accuracy"]["value"]),
            ("log-loss", np.mean(loss), report[name]["log_loss"]["value"]),
            ("log-loss in the file", np.mean(loss), np.mean([float(r[name + "_log_loss"]) for r in rows])),
            ("kNN", np.mean(vote == y), report[name]["knn"]["value"]),
            ("rows voted differently", other, 0),
        ]
        for what, theirs, ours in pairs:
            print(f"{name} {what}: scikit-learn {theirs:.6f}, latent {ours:.6f}")
            wrong += not abs(theirs - ours) <= TOLERANCE
    sys.exit(1 if wrong else 0)


main()
