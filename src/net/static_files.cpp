#include "net/static_files.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "net/http_date.hpp"
#include "net/url.hpp"
#include "signaling/text/http_field.hpp"

namespace signaling::net {
namespace {

namespace fs = std::filesystem;

// The path below the root, or nothing if no file could have it.
std::optional<fs::path> relative_path(std::string_view path) {
  if (path.find('\0') != std::string_view::npos || path.find('\\') != std::string_view::npos)
    return std::nullopt;
  // An absolute path would replace the root instead of continuing it.
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  const fs::path relative(path);
  const bool hidden = std::any_of(relative.begin(), relative.end(), [](const fs::path& part) {
    return part.native().starts_with('.') && part != ".well-known";
  });
  return hidden ? std::nullopt : std::optional(relative);
}

// O_NONBLOCK: a FIFO would keep the whole thread waiting for a writer.
constexpr int read_flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
constexpr int folder_flags = O_PATH | O_DIRECTORY | O_CLOEXEC;

// The kernel itself refuses what leads out of the folder while it opens: looking first and opening later would leave time
// to put a link in between. Nothing, with errno: there is no such file, or no such system call.
UniqueFd open_beneath(int folder, const fs::path& relative) {
  open_how how{};
  how.flags = read_flags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, folder, relative.c_str(), &how, sizeof how)));
}

// For kernels before 5.6: name by name, and no link is followed.
UniqueFd open_without_links(int folder, const fs::path& relative) {
  UniqueFd at;
  for (auto part = relative.begin(); part != relative.end(); ++part) {
    const bool last = std::next(part) == relative.end();
    // The empty part behind a slash at the end.
    const char* const name = part->empty() ? "." : part->c_str();
    at = UniqueFd(::openat(at ? at.get() : folder, name, (last ? read_flags : folder_flags) | O_NOFOLLOW));
    if (!at) break;
  }
  return at;
}

std::string hex(std::uint64_t number) {
  std::array<char, 16> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return {digits.data(), result.ptr};
}

std::string entity_tag(const struct stat& status) {
  const auto nanoseconds = static_cast<std::uint64_t>(status.st_mtim.tv_sec) * 1'000'000'000 +
                           static_cast<std::uint64_t>(status.st_mtim.tv_nsec);
  return '"' + hex(static_cast<std::uint64_t>(status.st_size)) + '-' + hex(nanoseconds) + '"';
}

// If-None-Match compares weakly (RFC 9110 13.1.2).
bool lists_tag(std::string_view list, std::string_view tag) {
  if (text::trim(list) == "*") return true;
  const auto differs = [tag](std::string_view element) {
    if (element.starts_with("W/")) element.remove_prefix(2);
    return element != tag;
  };
  return !text::visit_list(list, differs);
}

// A date is compared as text: it is the one that this server gave, or else the file is sent again.
bool is_unchanged(const FileRequest& request, std::string_view tag, std::string_view modified) {
  if (!request.if_none_match.empty()) return lists_tag(request.if_none_match, tag);
  return !request.if_modified_since.empty() && request.if_modified_since == modified;
}

FileAnswer redirect_to_folder(std::string_view target) {
  const TargetParts parts = split_target(target);
  std::string_view path = parts.path;
  // "//host" would be another server's address.
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  std::string location = '/' + std::string(path) + '/';
  if (!parts.query.empty()) location += '?' + std::string(parts.query);
  FileAnswer answer;
  answer.status = 301;
  answer.headers = {{"Location", std::move(location)}};
  return answer;
}

FileAnswer serve(UniqueFd file, const struct stat& status, const fs::path& name, const FileRequest& request) {
  FileAnswer answer;
  const std::string tag = entity_tag(status);
  const std::string modified = format_http_date(status.st_mtim.tv_sec);
  answer.headers = {{"ETag", tag},
                    {"Last-Modified", modified},
                    {"Cache-Control", "no-cache"},
                    {"X-Content-Type-Options", "nosniff"}};
  if (is_unchanged(request, tag, modified)) {
    answer.status = 304;
    return answer;
  }
  answer.status = 200;
  answer.headers.emplace_back("Content-Type", content_type(name));
  answer.size = static_cast<std::uint64_t>(status.st_size);
  answer.file = std::move(file);
  return answer;
}

}  // namespace

StaticFiles::StaticFiles(const fs::path& root) : root_(fs::canonical(root)) {
  if (!fs::is_directory(root_)) {
    throw fs::filesystem_error("not a directory", root, std::make_error_code(std::errc::not_a_directory));
  }
}

UniqueFd StaticFiles::open_below_root(const fs::path& relative) const {
  // Each time: a folder that was put in its place since is the one to serve.
  const UniqueFd root(::open(root_.c_str(), folder_flags));
  if (!root) return {};
  const fs::path name = relative.empty() ? "." : relative;
  UniqueFd file = open_beneath(root.get(), name);
  if (!file && (errno == ENOSYS || errno == EPERM)) return open_without_links(root.get(), name);
  return file;
}

FileAnswer StaticFiles::find(const FileRequest& request) const {
  std::optional<fs::path> relative = relative_path(request.path);
  if (!relative) return {};
  UniqueFd file = open_below_root(*relative);
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return {};
  if (S_ISDIR(status.st_mode)) {
    const fs::path index = *relative / "index.html";
    UniqueFd index_file = open_below_root(index);
    struct stat index_status {};
    if (!index_file || ::fstat(index_file.get(), &index_status) != 0 || !S_ISREG(index_status.st_mode))
      return {};
    if (!request.path.ends_with('/')) return redirect_to_folder(request.target);
    return serve(std::move(index_file), index_status, index, request);
  }
  if (!S_ISREG(status.st_mode) || request.path.ends_with('/')) return {};
  return serve(std::move(file), status, *relative, request);
}

std::string_view content_type(const fs::path& file) {
  struct Type {
    std::string_view extension;
    std::string_view type;
  };
  static constexpr std::array types{
      Type{".html", "text/html; charset=utf-8"},
      Type{".js", "text/javascript; charset=utf-8"},
      Type{".mjs", "text/javascript; charset=utf-8"},
      Type{".css", "text/css; charset=utf-8"},
      Type{".txt", "text/plain; charset=utf-8"},
      Type{".json", "application/json"},
      Type{".map", "application/json"},
      Type{".wasm", "application/wasm"},
      Type{".svg", "image/svg+xml"},
      Type{".png", "image/png"},
      Type{".jpg", "image/jpeg"},
      Type{".ico", "image/x-icon"},
      Type{".webp", "image/webp"},
      Type{".woff2", "font/woff2"},
  };
  const std::string extension = text::to_lower(file.extension().native());
  const auto found =
      std::find_if(types.begin(), types.end(), [&](const Type& t) { return t.extension == extension; });
  return found == types.end() ? "application/octet-stream" : found->type;
}

}  // namespace signaling::net
