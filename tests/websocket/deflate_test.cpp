#include "signaling/websocket/deflate.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

namespace signaling::websocket {
namespace {

// The server's answer to an offer: its field, "none", or "failed".
std::string answer(std::string_view offers,
                   const std::optional<DeflateParameters>& wanted = DeflateParameters{}) {
  const auto result = negotiate_deflate(offers, wanted);
  if (!result.ok) return "failed";
  CHECK(result.parameters.has_value() == !result.response.empty());
  return result.parameters ? result.response : "none";
}

std::optional<DeflateParameters> accepted(std::string_view response, const DeflateParameters& offered) {
  const auto result = accept_deflate_response(response, offered);
  CHECK((result.ok || !result.parameters));
  return result.parameters;
}

TEST_CASE("deflate: the offers of the examples are answered (RFC 7692 7.1.3)") {
  CHECK(answer("permessage-deflate") == "permessage-deflate");
  CHECK(answer("permessage-deflate; client_max_window_bits; server_max_window_bits=10") ==
        "permessage-deflate; server_max_window_bits=10");
  CHECK(answer("permessage-deflate; client_max_window_bits; server_max_window_bits=8, "
               "permessage-deflate; client_max_window_bits") == "permessage-deflate");
}

TEST_CASE("deflate: off unless the server wants it") {
  CHECK(answer("permessage-deflate", std::nullopt) == "none");
  CHECK(answer("") == "none");
  CHECK(answer("x-webkit-deflate-frame, permessage-bzip2") == "none");
}

TEST_CASE("deflate: what the client asks for is confirmed (RFC 7692 7.1.1.1, 7.1.2.1)") {
  CHECK(answer("permessage-deflate; server_no_context_takeover") ==
        "permessage-deflate; server_no_context_takeover");
  CHECK(answer("permessage-deflate; client_no_context_takeover") ==
        "permessage-deflate; client_no_context_takeover");
  CHECK(answer("permessage-deflate; server_max_window_bits=\"12\"") ==
        "permessage-deflate; server_max_window_bits=12");
  CHECK(answer("permessage-deflate; client_max_window_bits=11") ==
        "permessage-deflate; client_max_window_bits=11");
  CHECK(answer("permessage-deflate; client_max_window_bits=8") ==
        "permessage-deflate; client_max_window_bits=8");
}

TEST_CASE("deflate: a window that the offer names is answered, the largest too (RFC 7692 7.1.2.1)") {
  for (int bits = 9; bits <= 15; ++bits) {
    const std::string window = "; server_max_window_bits=" + std::to_string(bits);
    CHECK(answer("permessage-deflate" + window) == "permessage-deflate" + window);
    CHECK(answer("permessage-deflate; client_max_window_bits" + window) == "permessage-deflate" + window);
  }
  const DeflateParameters small{false, false, 10, 15};
  CHECK(answer("permessage-deflate; server_max_window_bits=15", small) ==
        "permessage-deflate; server_max_window_bits=10");
}

// RFC 7692 7.1: each parameter at most once and with the right kind of value, in any order; what the answer then holds.
TEST_CASE(
    "deflate: every combination of parameters is answered as the RFC says, in either order (RFC 7692 7.1)") {
  struct Form {
    std::string_view text;
    bool valid;
  };
  constexpr std::array<Form, 4> server_flags{{{"", true},
                                              {"server_no_context_takeover", true},
                                              {"server_no_context_takeover=1", false},
                                              {"server_no_context_takeover=\"true\"", false}}};
  constexpr std::array<Form, 3> client_flags{
      {{"", true}, {"client_no_context_takeover", true}, {"client_no_context_takeover=0", false}}};
  constexpr std::array<Form, 8> server_windows{
      {{"", true},
       {"server_max_window_bits", false},
       {"server_max_window_bits=15", true},
       {"server_max_window_bits=\"9\"", true},
       {"server_max_window_bits=8", false},
       {"server_max_window_bits=09", false},
       {"server_max_window_bits=16", false},
       {"server_max_window_bits=10; server_max_window_bits=10", false}}};
  constexpr std::array<Form, 7> client_windows{{{"", true},
                                                {"client_max_window_bits", true},
                                                {"client_max_window_bits=15", true},
                                                {"client_max_window_bits=\"8\"", true},
                                                {"client_max_window_bits=7", false},
                                                {"client_max_window_bits=x", false},
                                                {"client_max_window_bits; client_max_window_bits=9", false}}};
  const auto expected = [](const std::array<Form, 4>& forms) -> std::string {
    std::string field = "permessage-deflate";
    for (const Form& form : forms) {
      if (!form.valid) return "none";
    }
    if (!forms[0].text.empty()) field += "; server_no_context_takeover";
    if (!forms[1].text.empty()) field += "; client_no_context_takeover";
    if (forms[2].text.ends_with("15")) field += "; server_max_window_bits=15";
    if (forms[2].text.ends_with("\"9\"")) field += "; server_max_window_bits=9";
    if (forms[3].text.ends_with("\"8\"")) field += "; client_max_window_bits=8";
    return field;
  };
  for (const Form& a : server_flags) {
    for (const Form& b : client_flags) {
      for (const Form& c : server_windows) {
        for (const Form& d : client_windows) {
          const std::array<Form, 4> forms{a, b, c, d};
          std::string forward = "permessage-deflate";
          std::string backward = "permessage-deflate";
          for (std::size_t i = 0; i < 4; ++i) {
            if (!forms[i].text.empty()) forward.append("; ").append(forms[i].text);
            if (!forms[3 - i].text.empty()) backward.append(";").append(forms[3 - i].text);
          }
          INFO(forward);
          CHECK(answer(forward) == expected(forms));
          CHECK(answer(backward) == expected(forms));
          // The first offer that can be served is taken, one without parameters always can.
          const std::string second = expected(forms) == "none" ? "permessage-deflate" : expected(forms);
          CHECK(answer("other, " + forward + ", permessage-deflate") == second);
        }
      }
    }
  }
}

TEST_CASE(
    "deflate: what the server wants is asked for, a client window only if the offer names it (RFC 7692 "
    "7.1.2.2)") {
  const DeflateParameters wanted{true, true, 10, 11};
  const std::string flags = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
  CHECK(answer("permessage-deflate", wanted) == flags + "; server_max_window_bits=10");
  CHECK(negotiate_deflate("permessage-deflate", wanted).parameters->client_max_window_bits == 15);
  CHECK(answer("permessage-deflate; client_max_window_bits", wanted) ==
        flags + "; server_max_window_bits=10; client_max_window_bits=11");
  CHECK(answer("permessage-deflate; client_max_window_bits=9; server_max_window_bits=9", wanted) ==
        flags + "; server_max_window_bits=9; client_max_window_bits=9");
}

TEST_CASE(
    "deflate: an offer with a wrong parameter is declined, and the next one is looked at (RFC 7692 7.1)") {
  for (const std::string parameter :
       {"unknown", "server_no_context_takeover=1", "client_no_context_takeover=\"x\"",
        "server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16",
        "server_max_window_bits=010", "server_max_window_bits=1x", "client_max_window_bits=0",
        "client_max_window_bits=150", "server_max_window_bits=8",
        "server_no_context_takeover; server_no_context_takeover",
        "server_max_window_bits=10; server_max_window_bits=10",
        "client_max_window_bits; client_max_window_bits"}) {
    INFO(parameter);
    CHECK(answer("permessage-deflate; " + parameter) == "none");
    CHECK(answer("permessage-deflate; " + parameter + ", permessage-deflate") == "permessage-deflate");
  }
}

TEST_CASE("deflate: a field that breaks the grammar fails the handshake (RFC 6455 9.1)") {
  for (const std::string_view field :
       {"permessage-deflate;", "permessage-deflate; =1", ";", "a b", "a; b=", "a; b=\"", "a; b=\"\"",
        "a; b=\"c d\"", "a; b=\"c\\", "a; b=c d", "a=b", "\"a\""}) {
    INFO(field);
    CHECK(answer(field) == "failed");
    CHECK(answer(field, std::nullopt) == "failed");
  }
  CHECK(answer(", ,permessage-deflate ; server_max_window_bits = \"1\\0\" ,,") ==
        "permessage-deflate; server_max_window_bits=10");
}

TEST_CASE("deflate: the client offers what it wants") {
  CHECK(deflate_offer({}) == "permessage-deflate; client_max_window_bits");
  CHECK(deflate_offer({true, true, 10, 9}) ==
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
        "server_max_window_bits=10; "
        "client_max_window_bits=9");
}

TEST_CASE("deflate: the client takes what fits its offer") {
  CHECK(accepted("permessage-deflate", {}) == DeflateParameters{});
  CHECK(accepted("permessage-deflate; server_max_window_bits=9; client_max_window_bits=10; "
                 "client_no_context_takeover",
                 {}) == DeflateParameters{false, true, 9, 10});
  CHECK(accepted("", {}) == std::nullopt);
  CHECK(accept_deflate_response("", DeflateParameters{}).ok);
}

TEST_CASE("deflate: the client refuses what breaks its offer (RFC 7692 5.1, 7.1)") {
  const DeflateParameters offered{true, false, 10, 15};
  for (const std::string response :
       {"permessage-deflate", "permessage-deflate; server_no_context_takeover",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=11",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_max_window_bits=8",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; x", "other",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=10, other"}) {
    INFO(response);
    CHECK_FALSE(accept_deflate_response(response, offered).ok);
  }
  CHECK(accept_deflate_response("permessage-deflate; server_no_context_takeover; server_max_window_bits=10",
                                offered)
            .ok);
  CHECK_FALSE(accept_deflate_response("permessage-deflate", std::nullopt).ok);
}

}  // namespace
}  // namespace signaling::websocket
