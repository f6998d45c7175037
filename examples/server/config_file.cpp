#include "config_file.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "option_values.hpp"

namespace {

constexpr std::string_view space = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(space);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

bool is_enclosed(std::string_view text, char first, char last) {
  return text.size() >= 2 && text.front() == first && text.back() == last;
}

std::string_view unquoted(std::string_view text) {
  const bool quoted = is_enclosed(text, '"', '"') || is_enclosed(text, '\'', '\'');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// A `#` inside of a word, or of quotes, is a part of it.
std::string_view without_comment(std::string_view line) {
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool begins_word = i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t';
    if (quote == '\0' && c == '#' && begins_word) return line.substr(0, i);
    if (c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '"' || c == '\'') && (begins_word || line[i - 1] == '=')) {
      quote = c;
    }
  }
  return line;
}

std::vector<std::string> values_of(std::string_view text) {
  if (!is_enclosed(text, '[', ']')) return {std::string(unquoted(text))};
  std::vector<std::string> values = split_list(text.substr(1, text.size() - 2));
  for (std::string& value : values) value = std::string(unquoted(value));
  return values;
}

CLI::ConfigError wrong(std::size_t number, std::string_view line, std::string_view why) {
  return CLI::ConfigError("--config, line " + std::to_string(number) + ": '" + std::string(line) + "' " +
                          std::string(why));
}

bool is_set_in_environment(const std::string& option) {
  const char* const value = std::getenv(environment_name(option).c_str());
  return value != nullptr && *value != '\0';
}

// One item for each option, wherever in the file its values are.
void add(std::vector<CLI::ConfigItem>& items, const std::string& name, std::vector<std::string> values) {
  auto item = std::ranges::find(items, name, &CLI::ConfigItem::name);
  if (item == items.end()) {
    item = items.insert(items.end(), CLI::ConfigItem());
    item->name = name;
  }
  std::ranges::move(values, std::back_inserter(item->inputs));
}

}  // namespace

std::vector<CLI::ConfigItem> ConfigFile::from_config(std::istream& input) const {
  std::vector<CLI::ConfigItem> entries;
  std::string text;
  for (std::size_t number = 1; std::getline(input, text); ++number) {
    const std::string_view line = trimmed(without_comment(text));
    if (line.empty() || line.front() == ';') continue;
    const std::size_t equals = line.find('=');
    const std::string name(trimmed(line.substr(0, equals)));
    if (name.empty()) throw wrong(number, line, "has no option before the =");
    if (name.front() == '[')
      throw wrong(number, line, "is not an option: a configuration file has no sections");
    if (app_.get_option_no_throw("--" + name) == nullptr) throw wrong(number, line, "is not an option");
    const bool is_flag = equals == std::string_view::npos;
    if (is_set_in_environment(name)) continue;
    add(entries, name,
        is_flag ? std::vector<std::string>{"true"} : values_of(trimmed(line.substr(equals + 1))));
  }
  return entries;
}
