"""The Conan 2 recipe: docs/installing.md tells how it is used."""

import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir

required_conan_version = ">=2.0"

# What each component links.
COMPONENTS = {
    "text": [],
    "core": ["text", "boost::headers"],
    "websocket": ["text", "core"],
    "protocols": ["text", "core"],
    "socketio": ["text", "core", "protocols"],
    "testing": ["text", "core"],
    "identity": ["text", "core", "openssl::crypto"],
    "net": ["text", "core", "websocket", "protocols", "socketio", "openssl::ssl", "openssl::crypto"],
    "operation": ["text", "core", "net"],
    "redis": ["text", "core", "openssl::ssl", "openssl::crypto"],
}
OPTIONAL = ("identity", "net", "redis")  # each has an option of its own
PARTS = {"operation": "net"}  # comes with the option of another
WINDOWS_LIBRARIES = ["ws2_32", "mswsock"]  # as in cmake/SignalingDependencies.cmake


class SignalingConan(ConanFile):
    name = "signaling"
    description = "WebRTC signaling to embed in a C++ server"
    license = "BSL-1.0"
    topics = ("webrtc", "signaling", "websocket", "socket.io")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {
        "shared": [True, False],
        "fPIC": [True, False],
        "with_identity": [True, False],
        "with_net": [True, False],
        "with_redis": [True, False],
    }
    default_options = {
        "shared": False,
        "fPIC": True,
        "with_identity": True,
        "with_net": True,
        "with_redis": True,
        "boost/*:header_only": True,
    }
    implements = ["auto_shared_fpic"]
    exports_sources = (
        "CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*", "!cmake/vcpkg/*",
        "examples/web/signaling.js", "examples/web/session.js", "docs/protocol.schema.json",
    )

    def set_version(self):
        text = load(self, os.path.join(self.recipe_folder, "CMakeLists.txt"))
        self.version = re.search(r"VERSION (\d+\.\d+\.\d+)", text).group(1)

    def config_options(self):
        if self.settings.os == "Windows":
            self.options.rm_safe("fPIC")
        if self.settings.os != "Linux":
            self.options.with_net = False

    def layout(self):
        cmake_layout(self)

    def _built(self):
        return [name for name in COMPONENTS if self._is_built(name)]

    def _is_built(self, name):
        option = PARTS.get(name, name)
        return option not in OPTIONAL or bool(self.options.get_safe(f"with_{option}"))

    def _needs_openssl(self):
        return any(part.startswith("openssl::") for name in self._built() for part in COMPONENTS[name])

    def requirements(self):
        self.requires("boost/1.88.0", transitive_headers=True)
        if self._needs_openssl():
            self.requires("openssl/[>=3 <4]")

    def validate(self):
        check_min_cppstd(self, 20)
        if self.options.with_net and self.settings.os != "Linux":
            raise ConanInvalidConfiguration("with_net: signaling::net waits with epoll, which only Linux has")
        if self.options.shared and self.settings.os == "Windows":
            raise ConanInvalidConfiguration("shared: signaling has no DLLs for Windows, only static libraries")

    def generate(self):
        toolchain = CMakeToolchain(self)
        for name in OPTIONAL:
            toolchain.cache_variables[f"SIGNALING_BUILD_{name.upper()}"] = bool(self.options.get_safe(f"with_{name}"))
        for name in ("BUILD_EXAMPLES", "BUILD_FUZZERS", "BUILD_TESTS", "CCACHE", "WARNINGS_AS_ERRORS"):
            toolchain.cache_variables[f"SIGNALING_{name}"] = False
        toolchain.cache_variables["SIGNALING_INSTALL"] = True
        toolchain.cache_variables["SIGNALING_SANITIZE"] = ""
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        # Conan writes what finds the package, from package_info().
        for folder in (("lib", "cmake"), ("lib", "pkgconfig"), ("share", "doc")):
            rmdir(self, os.path.join(self.package_folder, *folder))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "signaling")
        self.cpp_info.set_property("cmake_config_version_compat", "SameMinorVersion")
        postfix = "d" if self.settings.build_type == "Debug" else ""
        for name in self._built():
            component = self.cpp_info.components[name]
            component.set_property("cmake_target_name", f"signaling::{name}")
            component.set_property("pkg_config_name", f"signaling-{name}")
            component.libs = [f"signaling_{name}{postfix}"]
            component.requires = COMPONENTS[name]
            if self.settings.os == "Windows":
                component.system_libs = WINDOWS_LIBRARIES if name == "core" else []
            elif self.settings.os == "Linux":
                component.system_libs = ["pthread"]
            if not self.options.shared:
                component.defines = ["SIGNALING_STATIC"]
