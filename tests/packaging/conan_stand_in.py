"""Follows conanfile.py as Conan would, with stand-ins for what it imports. usage: conan_stand_in.py ROOT FOLDER"""

import fnmatch
import os
import re
import shutil
import sys
import types

root, out = (os.path.abspath(path) for path in sys.argv[1:])


def fail(text):
    sys.exit(f"conanfile.py: {text}")


class Component:
    def __init__(self):
        self.properties = {}

    def set_property(self, name, value):
        self.properties[name] = value


class CppInfo(Component):
    def __init__(self):
        super().__init__()
        self.components = {}

        class Components(dict):
            def __missing__(self, name):
                self[name] = Component()
                return self[name]

        self.components = Components()


class ConanFile:
    def __init__(self):
        self.recipe_folder = self.source_folder = root
        self.package_folder = out
        self.cpp_info = CppInfo()
        self.required = []
        self.requires = self.required.append


def copy(_, pattern, source, target, excludes=None):
    copied = []
    for folder, _, files in os.walk(source):
        for file in files:
            name = os.path.relpath(os.path.join(folder, file), source)
            if fnmatch.fnmatch(name, pattern) and not (excludes and fnmatch.fnmatch(name, excludes)):
                os.makedirs(os.path.dirname(os.path.join(target, name)), exist_ok=True)
                shutil.copy(os.path.join(source, name), os.path.join(target, name))
                copied.append(name)
    if not copied:
        fail(f"copies nothing by {pattern}")
    return copied


def load(_, path):
    with open(path, encoding="utf-8") as file:
        return file.read()


for name, members in {
    "conan": {"ConanFile": ConanFile},
    "conan.tools": {},
    "conan.tools.build": {"check_min_cppstd": lambda recipe, standard: None},
    "conan.tools.files": {"copy": copy, "load": load},
    "conan.tools.layout": {"basic_layout": lambda recipe: None},
}.items():
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__dict__.update(members)

sys.dont_write_bytecode = True
sys.path.insert(0, root)
from conanfile import EinetConan  # noqa: E402

recipe = EinetConan()
recipe.set_version()
recipe.requirements()
recipe.validate()
recipe.package()
recipe.package_info()

numbers = re.findall(r"^#define EINET_VERSION_\w+ (\d+)$", load(None, f"{root}/include/einet/version.hpp"), re.MULTILINE)
if recipe.version != ".".join(numbers):
    fail(f"is of version {recipe.version}")
if not os.path.exists(f"{out}/licenses/LICENSE"):
    fail("packs no license")

# Every header that a packed one includes is packed.
packed = {os.path.relpath(os.path.join(folder, file), f"{out}/include")
          for folder, _, files in os.walk(f"{out}/include") for file in files}
for name in packed:
    for included in re.findall(r"^ *# *include <(einet/[^>]*)>", load(None, f"{out}/include/{name}"), re.MULTILINE):
        if included not in packed:
            fail(f"packs {name}, but not {included}")
for name, folder in {"einet": "run/planner", "paper": "paper/hybrid", "inference": "nn/graph", "eval": "eval/judged"}.items():
    if recipe.cpp_info.components.get(name) is None or f"einet/{folder}.hpp" not in packed:
        fail(f"does not pack the component {name}")
if set(recipe.cpp_info.components) != {"einet", "paper", "inference", "eval"}:
    fail(f"has components of which this test does not know: {sorted(recipe.cpp_info.components)}")
