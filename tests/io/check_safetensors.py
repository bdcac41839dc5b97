#!/usr/bin/env python3
"""Reads a safetensors file by the format's definition, and compares it with what the writer's test put in.

Uses only the standard library; if Python's safetensors is installed, that must open the file too.
"""
import json
import struct
import sys

FORMATS = {"U8": "B", "F16": "e", "I32": "i", "F32": "f", "F64": "d"}


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def f16(value):
    return struct.unpack("<e", struct.pack("<e", value))[0]


# The test computes float(i) * 0.1f - 0.25f in single precision, rounding after each step.
STEPS = [f32(f32(i * f32(0.1)) - 0.25) for i in range(7)]
EXPECTED = {
    "bytes": ("U8", [5], [i * 50 for i in range(5)]),
    "floats": ("F32", [2, 3], STEPS[:6]),
    "halves": ("F16", [7, 1], [f16(value) for value in STEPS]),
    "ints": ("I32", [4], [i * 1000000 - 2000000 for i in range(4)]),
    "doubles": ("F64", [3], [i / 3 for i in range(3)]),
    "scalar": ("F32", [], [42.0]),
}


def main(path):
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack_from("<Q", content)
    assert length % 8 == 0, "the data is not aligned"
    header = json.loads(content[8 : 8 + length].decode("utf-8"))
    data = content[8 + length :]
    assert header.pop("__metadata__") == {"note": 'é "quoted"'}
    assert sorted(header) == sorted(EXPECTED), sorted(header)
    reached = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        dtype, shape, values = EXPECTED[name]
        begin, end = entry["data_offsets"]
        assert begin == reached, f"{name} does not begin where the one before ends"
        reached = end
        assert (entry["dtype"], entry["shape"]) == (dtype, shape), name
        count = (end - begin) // struct.calcsize("<" + FORMATS[dtype])
        read = list(struct.unpack(f"<{count}{FORMATS[dtype]}", data[begin:end]))
        # A compiler may fuse the multiplication and the subtraction: one unit in the last place apart.
        tolerance = {"F32": 1e-7, "F16": 1e-3}.get(dtype, 0)
        assert len(read) == len(values), name
        assert all(abs(a - b) <= tolerance for a, b in zip(read, values)), (name, read, values)
    assert reached == len(data), "trailing bytes"
    try:
        import safetensors
    except ImportError:
        return
    with safetensors.safe_open(path, framework="numpy") as file:
        assert sorted(file.keys()) == sorted(EXPECTED)


if __name__ == "__main__":
    main(sys.argv[1])
