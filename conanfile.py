"""Recipe for Conan 2: `conan create .` puts einet into the local cache. The parts that need xsimd and nothing more."""

import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout


class EinetConan(ConanFile):
    name = "einet"
    license = "BSD-3-Clause"
    author = "einet contributors"
    description = "Elastic inference: multi-exit networks that can be stopped at any moment"
    topics = ("inference", "real-time", "anytime", "multi-exit", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    exports_sources = "include/*", "LICENSE"
    no_copy_source = True

    folders = ("base", "plan", "search", "predict", "run", "posix", "profile", "paper", "nn", "eval")

    def set_version(self):
        text = load(self, os.path.join(self.recipe_folder, "include", "einet", "version.hpp"))
        self.version = ".".join(re.findall(r"^#define EINET_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$", text, re.MULTILINE))

    def layout(self):
        basic_layout(self)

    def requirements(self):
        self.requires("xsimd/[>=8.1]")

    def validate(self):
        check_min_cppstd(self, 20)

    def package_id(self):
        self.info.clear()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        source = os.path.join(self.source_folder, "include")
        target = os.path.join(self.package_folder, "include")
        for header in ("einet", "paper", "version"):  # `*` would take folders, too
            copy(self, f"einet/{header}.hpp", source, target)
        for folder in self.folders:
            copy(self, f"einet/{folder}/*.hpp", source, target, excludes="einet/nn/training/*")

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "einet")
        self.cpp_info.set_property("pkg_config_name", "einet")
        needs = {"einet": ["xsimd::xsimd"], "paper": ["einet"], "inference": ["einet"], "eval": ["paper"]}
        for name, requires in needs.items():
            component = self.cpp_info.components[name]
            component.set_property("cmake_target_name", f"einet::{name}")
            component.bindirs = []
            component.libdirs = []
            component.requires = requires
