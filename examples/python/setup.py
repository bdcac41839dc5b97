"""Builds the module for pip, from the headers of this repository. xsimd and xtl are the system's; pybind11 is Python's,
or else the system's."""

import importlib.util
import pathlib
import re
import shutil

from setuptools import Extension, setup

here = pathlib.Path(__file__).resolve().parent
root = here.parent.parent
version = re.findall(r"#define EINET_VERSION_[A-Z]+ (\d+)", (root / "include/einet/version.hpp").read_text())

includes = [str(here.parent), str(root / "include")]
if importlib.util.find_spec("pybind11"):
    import pybind11

    includes.append(pybind11.get_include())

# Where type checkers look for the types of a module that is no package.
stubs = here / "build" / "einet-stubs"
stubs.mkdir(parents=True, exist_ok=True)
shutil.copy(here / "einet.pyi", stubs / "__init__.pyi")

setup(
    version=".".join(version),
    packages=["einet-stubs"],
    package_dir={"einet-stubs": "build/einet-stubs"},
    package_data={"einet-stubs": ["*.pyi"]},
    ext_modules=[
        Extension(
            "einet",
            ["module.cpp"],
            include_dirs=includes,
            define_macros=[("EINET_NO_BASELINE_NOTE", None)],
            extra_compile_args=["-std=c++20", "-fvisibility=hidden"],
            language="c++",
        )
    ],
)
