// A host that links text: what it reads in JSON, it writes into a URL and into JSON again.
#include <signaling/text/base64.hpp>
#include <signaling/text/json_members.hpp>
#include <signaling/text/json_writer.hpp>
#include <signaling/text/percent.hpp>
#include <string>

namespace text = signaling::text;

int main() {
  const auto [name] = text::members_of(R"({"id":7,"name":"Zo\u00eb"})", {"name"});
  const std::string characters = name.as_string().value_or("none");
  if (text::percent_encode(characters) != "Zo%C3%AB") return 1;
  std::string json;
  text::JsonWriter(json).raw("[").string(text::to_base64(characters, text::Base64::url)).raw("]");
  return json == R"(["Wm_Dqw"])" ? 0 : 1;
}
