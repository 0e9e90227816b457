#!/usr/bin/env python3
"""safetensors_load.py MODEL: loads a model file with the safetensors package.

Checks names, types, shapes and the checksum of the weights against the file's
own description.  Exits 77 when safetensors or NumPy is not installed.
"""
import hashlib
import json
import sys

try:
    import numpy
    from safetensors import safe_open
except ImportError as missing:
    print(missing)
    sys.exit(77)


def main(path):
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    description = json.loads(metadata["latent"])
    columns = description["schema"]["columns"]
    assert tensors["prep.offset"].shape == (columns,)
    assert tensors["prep.offset"].dtype == numpy.float64
    weights = hashlib.sha256()
    for network in description["networks"]:
        for node in network["nodes"]:
            for part in ("weight", "bias"):
                tensor = tensors.get(f"{network['role']}.{node['name']}.{part}")
                if tensor is not None:
                    assert tensor.dtype == numpy.float32 and tensor.shape[0] == node["width"]
                    weights.update(tensor.tobytes())
    assert weights.hexdigest() == description["weights_sha256"]
    print(f"{len(tensors)} tensors, {len(description['networks'])} networks, "
          f"format {description['format']}")


if __name__ == "__main__":
    main(sys.argv[1])
