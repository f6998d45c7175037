#include "signaling/text/kept_texts.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace signaling::text;

TEST_CASE("kept texts: each stays where it is, whatever is added") {
  KeptTexts texts;
  std::vector<std::string_view> views;
  for (int i = 0; i < 100; ++i) views.push_back(texts.keep(std::to_string(i)));
  for (int i = 0; i < 100; ++i) CHECK(views[static_cast<std::size_t>(i)] == std::to_string(i));
}

TEST_CASE("kept texts: a name is a string or a number, and nothing else") {
  KeptTexts texts;
  CHECK(texts.name({JsonKind::string, false, R"("ann")"}) == "ann");
  CHECK(texts.name({JsonKind::string, true, R"("\u0061nn")"}) == "ann");
  CHECK(texts.name({JsonKind::number, false, "7"}) == "7");
  CHECK(texts.name({JsonKind::string, true, R"("\ud800")"}).empty());
  CHECK(texts.name({JsonKind::null, false, "null"}).empty());
  CHECK(texts.name({JsonKind::object, false, "{}"}).empty());
  CHECK(texts.name({}).empty());
}
