#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "option_values.hpp"
#include "options.hpp"

/// Options of one program: what each of them is called, also in the environment, and where its value goes.
///
/// The targets must outlive `parse`. Values that CLI11 has no type for are kept as texts, and turned into what they mean
/// when all are there.
class OptionSet {
 public:
  OptionSet(const std::string& description, const std::string& version);

  /// Throws CLI::ParseError.
  void parse(int argc, char** argv);
  /// The code that the program is to end with after that error; what there is to say is printed.
  ExitCode explain(const CLI::ParseError& error) const;

  template <class T>
  CLI::Option* option(const std::string& name, T& target, const std::string& help) {
    const std::string environment = environment_name(name.substr(2));
    if constexpr (std::is_same_v<T, bool>) {
      return app_.add_flag(name, target, help)->envname(environment);
    } else {
      return app_.add_option(name, target, help)->envname(environment);
    }
  }

  /// One that may be given several times, or with several values at once, which `split` takes apart.
  using Split = std::vector<std::string> (*)(std::string_view text);
  void list(const std::string& name, std::vector<std::string>& texts, const std::string& type,
            const std::string& help, Split split = split_list);
  void addresses(const std::string& name, std::vector<ListenAddress>& target, const std::string& help);
  /// Gives the option, for whoever wants to know whether it was given.
  CLI::Option* bound(const std::string& name, std::size_t& target, const std::string& help);
  void bound(const std::string& name, std::uint32_t& target, const std::string& help);
  CLI::Option* duration(const std::string& name, std::chrono::milliseconds& target, const std::string& help);

  /// Runs when all texts are there, in the order of these calls. May throw CLI::ValidationError.
  void finally(std::function<void()> function) { finish_.push_back(std::move(function)); }

 private:
  CLI::App app_;
  std::vector<std::function<void()>> finish_;
};

/// What `function` gives. If it throws CLI::ValidationError, that says which option the trouble is with.
template <class Function>
auto named(const std::string& name, Function function) {
  try {
    return function();
  } catch (const CLI::ValidationError& error) {
    throw CLI::ValidationError(name, error.what());
  }
}
