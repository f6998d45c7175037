"""Tests the Conan package with the programs of tests/package/consumer."""

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout


class SignalingTestConan(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        package = self.dependencies["signaling"]
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["WAY"] = "find_package"
        toolchain.cache_variables["COMPONENTS"] = ";".join(package.cpp_info.components)
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure(build_script_folder="../consumer")
        cmake.build()

    def test(self):
        if can_run(self):
            self.run("ctest --no-tests=error --output-on-failure", cwd=self.build_folder, env="conanrun")
