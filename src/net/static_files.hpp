#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "net/unique_fd.hpp"
#include "signaling/net/http.hpp"

namespace signaling::net {

/// What the answer is about, apart from the body.
struct FileAnswer {
  /// 200, 301, 304 or 404.
  unsigned status = 404;
  HttpFields headers;
  /// With 200: the open file and how much of it to send.
  UniqueFd file;
  std::uint64_t size = 0;
};

struct FileRequest {
  /// Percent-decoded.
  std::string_view path;
  /// As it was sent, with the query.
  std::string_view target;
  std::string_view if_none_match;
  std::string_view if_modified_since;
};

/// The files below one folder. Nothing outside of it is ever opened, whatever the path says or symbolic links
/// point to, and whoever changes the folder meanwhile. Symbolic links are followed where they are relative and stay inside;
/// before Linux 5.6 none is. Hidden files are not there either, but for "/.well-known/" (RFC 8615).
///
/// Threads: any. Errors: whatever cannot be served is not found.
class StaticFiles {
 public:
  /// Throws std::filesystem::filesystem_error if `root` is no folder.
  explicit StaticFiles(const std::filesystem::path& root);

  FileAnswer find(const FileRequest& request) const;

 private:
  UniqueFd open_below_root(const std::filesystem::path& relative) const;

  std::filesystem::path root_;
};

/// The media type for a file name's extension; "application/octet-stream" if it is not known.
std::string_view content_type(const std::filesystem::path& file);

}  // namespace signaling::net
