#pragma once

#include <string>
#include <string_view>

/// Appends `value` as a JSON string of ASCII only, so that neither a terminal nor a reader of lines finds anything special
/// in it. In what is not UTF-8, each byte that is not ASCII becomes U+FFFD.
void append_json_string(std::string& line, std::string_view value);
