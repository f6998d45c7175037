#pragma once

#include <CLI/CLI.hpp>
#include <istream>
#include <vector>

/// The file of --config: a line for each option, `name = value`, or its name alone for a flag.
///
/// Lines that begin with `#` or `;` are comments, and what follows a space and `#` is one. Values may be quoted; a list may
/// also be written as `[a, b]`, or on several lines. What the environment says as well is left out, because the environment
/// wins, and CLI11 alone would let the file win. A line that means nothing throws CLI::ConfigError, which names it.
class ConfigFile final : public CLI::ConfigBase {
 public:
  /// Of the options of `app`, which must outlive this.
  explicit ConfigFile(const CLI::App& app) : app_(app) {}
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;

 private:
  const CLI::App& app_;
};
