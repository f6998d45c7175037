#include "option_set.hpp"

#include <utility>

#include "config_file.hpp"

OptionSet::OptionSet(const std::string& description, const std::string& version) : app_(description) {
  app_.set_version_flag("--version", version);
  app_.set_config("--config", "",
                  "File with `option=value` lines; the command line and the environment take precedence");
  app_.config_formatter(std::make_shared<ConfigFile>(app_));
  app_.allow_config_extras(CLI::config_extras_mode::error);
  app_.get_formatter()->column_width(44);
  app_.footer(
      "Every option with (Env:...) can also be set in the environment.\n"
      "Durations have the form 500ms, 5s or 2m. 0 disables a limit or duration, unless docs/limits.md says "
      "otherwise.");
}

void OptionSet::parse(int argc, char** argv) {
  app_.parse(argc, argv);
  for (const auto& finish : finish_) finish();
}

// CLI11 has a code for each kind of error; for a shell there are two: fine, and misused.
ExitCode OptionSet::explain(const CLI::ParseError& error) const { return {app_.exit(error) == 0 ? 0 : 2}; }

void OptionSet::list(const std::string& name, std::vector<std::string>& texts, const std::string& type,
                     const std::string& help, Split split) {
  auto given = std::make_shared<std::vector<std::string>>();
  option(name, *given, help)->type_name(type)->allow_extra_args(false);
  finally([given, &texts, split] {
    for (const std::string& text : *given) {
      for (std::string& each : split(text)) texts.push_back(std::move(each));
    }
  });
}

void OptionSet::addresses(const std::string& name, std::vector<ListenAddress>& target,
                          const std::string& help) {
  auto texts = std::make_shared<std::vector<std::string>>();
  list(name, *texts, "ADDRESS:PORT", help);
  finally([texts, &target, name] {
    for (const std::string& text : *texts) target.push_back(named(name, [&] { return parse_address(text); }));
  });
}

CLI::Option* OptionSet::bound(const std::string& name, std::size_t& target, const std::string& help) {
  return option(name, target, help)->type_name("N")->check(check_number)->capture_default_str();
}

void OptionSet::bound(const std::string& name, std::uint32_t& target, const std::string& help) {
  option(name, target, help)->type_name("N")->check(check_number)->capture_default_str();
}

CLI::Option* OptionSet::duration(const std::string& name, std::chrono::milliseconds& target,
                                 const std::string& help) {
  auto text = std::make_shared<std::string>(duration_text(target));
  finally([text, &target, name] { target = named(name, [&] { return parse_duration(*text); }); });
  return option(name, *text, help)->type_name("TIME")->capture_default_str();
}
