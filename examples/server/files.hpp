#pragma once

#include <filesystem>
#include <string>

/// What is in a small file. Throws std::runtime_error that names the file and says nothing of what is in it.
std::string read_file(const std::filesystem::path& path);

/// The same for a secret on a line of its own.
std::string read_secret(const std::filesystem::path& path);
