// What comes out of Redis, where anybody may have written it, and URLs: no input is read beyond its end, a publication that is
// read is written the same each time, and no error tells a password.
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/require.hpp"
#include "redis/inbox_codec.hpp"
#include "redis/publication_codec.hpp"
#include "redis/url.hpp"

namespace {

using namespace signaling;
using namespace signaling::redis;

bool is_inside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

// A length may be written in more bytes than it needs, so that only the second writing is the same as the first.
void check_publications(std::string_view text) {
  std::string_view left = text;
  while (!left.empty()) {
    const auto publication = take_publication(left);
    if (!publication) return;
    if (const auto* const published = std::get_if<PublishedMessage>(&*publication)) {
      const auto& [message, route] = *published;
      for (const std::string_view part :
           {message.event, message.to, message.room, message.payload, message.language, message.original,
            route.from, route.from_metadata, route.from_rooms, route.room}) {
        require(is_inside(part, text));
      }
    }
    const auto written = [](const Publication& one) {
      std::string bytes;
      if (const auto* const published = std::get_if<PublishedMessage>(&one)) {
        append(bytes, published->message, published->route);
      } else {
        append(bytes, std::get<NodeCommand>(one));
      }
      return bytes;
    };
    const std::string first = written(*publication);
    std::string_view rest = first;
    const auto again = take_publication(rest);
    require(again && rest.empty() && written(*again) == first);
  }
}

void check_inbox(std::string_view text) {
  const std::size_t cut = text.find('|');
  const std::string id(text.substr(0, cut));
  const std::string value(cut == std::string_view::npos ? std::string_view() : text.substr(cut + 1));
  const auto entries = inbox_entries({{1, "stream"}, {3, id}, {4, "e"}, {4, value}});
  require(entries.size() <= 1);
  for (const InboxEntry& entry : entries) {
    require(stream_id(entry.place).size() <= 41);
    if (entry.kind == InboxEntry::Kind::change) require(value.size() > entry.change.member.id.size());
  }
  StoreMember member;
  (void)unpack_member(text, member);
}

// What an exception says never holds a password.
void check_url(std::string_view text) {
  try {
    const RedisUrl url = parse_redis_url(text);
    require(!url.host.empty() && url.database >= 0);
  } catch (const std::invalid_argument&) {  // NOLINT(bugprone-empty-catch): as it should
  }
  const std::string secret = "hunter2-hunter2";
  try {
    (void)parse_redis_url("redis://user:" + secret + "@" + std::string(text));
  } catch (const std::invalid_argument& error) {
    const std::string_view said = error.what();
    require(said.find(secret) == std::string_view::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // libFuzzer's own buffer may be larger than the input; a block of its size lets AddressSanitizer see the end.
  const std::vector<char> exact(data, data + size);
  const std::string_view text(exact.data(), exact.size());
  check_publications(text);
  check_inbox(text);
  check_url(text);
  return 0;
}
